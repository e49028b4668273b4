import assert from "node:assert/strict";
import { test } from "node:test";

import {
  choosePads,
  isJustFired,
  padCode,
  padFacts,
  valueAfterKey,
  valueAt,
} from "../../../../sequencer/studio/page/pad_choice.js";

function pad(id, more = {}) {
  return {
    id,
    label: id,
    trigger: id,
    command: id,
    kind: "note",
    sections: ["jam"],
    leaves: false,
    listening: true,
    thresholds: [],
    value: null,
    fired: 0,
    last_at: null,
    last_chunk: null,
    line: 1,
    ...more,
  };
}

const ids = (pads) => choosePads(pads).map((one) => one.id);

test("the go that leaves a section is on GO, and other exits come last", () => {
  const pads = [
    pad("note C3", { leaves: true }),
    pad("go out", { kind: "go", leaves: true }),
    pad("note D3"),
    pad("go rest", { kind: "go", sections: [] }),
  ];
  assert.deepEqual(ids(pads), ["note D3", "go rest", "note C3"]);
});

test("a section with two go that leave it has a pad for each", () => {
  const pads = [pad("go out", { kind: "go", leaves: true }), pad("go away", { kind: "go", leaves: true })];
  assert.deepEqual(ids(pads), ["go out", "go away"]);
  const elsewhere = [pads[0], pad("go away", { kind: "go", leaves: true, sections: ["drop"] })];
  assert.deepEqual(ids(elsewhere), []);
});

test("the order does not depend on what plays", () => {
  const pads = [pad("a", { listening: false }), pad("b"), pad("c", { listening: false })];
  const later = pads.map((one) => ({ ...one, listening: !one.listening, fired: 3 }));
  assert.deepEqual(ids(pads), ids(later));
});

test("pads beyond the keys have none", () => {
  assert.equal(padCode(0), "KeyA");
  assert.equal(padCode(16), "Digit9");
  assert.equal(padCode(17), null);
});

test("a pad names the sections in which it acts, and how often it has fired", () => {
  const now = { chunk: 11, paused: false };
  assert.equal(padFacts(pad("a", { listening: false }), now), "in jam");
  assert.equal(padFacts(pad("a", { listening: false, sections: [], label: "resume" }), now), "while paused");
  assert.equal(padFacts(pad("a", { listening: false, sections: [] }), now), "not now");
  assert.equal(padFacts(pad("a", { fired: 1, last_chunk: 11 }), now), "1× · on c11");
  assert.equal(padFacts(pad("a", { fired: 2, last_chunk: 10 }), now), "fired 2×");
  assert.equal(padFacts(pad("a"), now), "");
});

test("the ring of a pad ends with its chunk", () => {
  assert.equal(isJustFired(pad("a", { last_chunk: 11 }), { chunk: 10 }), true);
  assert.equal(isJustFired(pad("a", { last_chunk: 11 }), { chunk: 11 }), true);
  assert.equal(isJustFired(pad("a", { last_chunk: 11 }), { chunk: 12 }), false);
  assert.equal(isJustFired(pad("a"), { chunk: 0 }), false);
});

test("a fader covers 0 to 127", () => {
  assert.deepEqual([-1, 0, 0.5, 1, 2].map(valueAt), [0, 0, 64, 127, 127]);
  assert.equal(valueAfterKey("ArrowRight", 127, []), 127);
  assert.equal(valueAfterKey("ArrowDown", 64, []), 63);
  assert.equal(valueAfterKey("Home", 64, []), 0);
  assert.equal(valueAfterKey("End", 64, []), 127);
  assert.equal(valueAfterKey("x", 64, []), null);
});

test("Page Up and Page Down of a fader cross the next threshold", () => {
  assert.equal(valueAfterKey("PageUp", 40, [32, 64]), 65);
  assert.equal(valueAfterKey("PageUp", 64, [32, 64]), 65);
  assert.equal(valueAfterKey("PageDown", 40, [32, 64]), 31);
  assert.equal(valueAfterKey("PageUp", 100, [32, 64]), 116);
  assert.equal(valueAfterKey("PageDown", 10, [32, 64]), 0);
});
