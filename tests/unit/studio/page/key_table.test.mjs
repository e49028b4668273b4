import assert from "node:assert/strict";
import { test } from "node:test";

import { KEYS, PAD_CODES, findKey, groupedKeys, keyLabel, padNumber } from "../../../../sequencer/studio/page/key_table.js";

/** A stroke as a US keyboard reports it. */
function stroke(code, key, more = {}) {
  return { code, key, control: false, alt: false, typing: false, ...more };
}

const idOf = (one, mode = "show", role = "operator") => findKey(one, mode, role)?.id ?? null;

test("every key has one meaning: no two match the same stroke", () => {
  for (const mode of ["edit", "rehearse", "show", "report"]) {
    for (const control of [false, true]) {
      const seen = new Map();
      for (const key of KEYS) {
        if (!key.modes.includes(mode) || (key.control ?? false) !== control) continue;
        for (const one of [...(key.codes ?? []), ...(key.characters ?? [])]) {
          assert.equal(seen.get(one), undefined, `${one} means ${seen.get(one)} and ${key.id} in ${mode}`);
          seen.set(one, key.id);
        }
      }
    }
  }
});

test("GO is Space, only while a run plays and not while typing", () => {
  assert.equal(idOf(stroke("Space", " ")), "go");
  assert.equal(idOf(stroke("Space", " "), "rehearse"), "go");
  assert.equal(idOf(stroke("Space", " "), "edit"), null);
  assert.equal(idOf(stroke("Space", " ", { typing: true })), null);
  assert.equal(idOf(stroke("Space", " ", { control: true })), null);
  assert.equal(idOf(stroke("Space", " ", { alt: true })), null);
  assert.equal(idOf(stroke("Space", " "), "show", "viewer"), null);
  assert.equal(idOf(stroke("Space", " "), "show", "remote"), "go");
});

test("panic and taking over also act while typing", () => {
  assert.equal(idOf(stroke("Period", ".", { control: true, typing: true })), "panic");
  assert.equal(idOf(stroke("Enter", "Enter", { control: true, typing: true })), "take-over");
  assert.equal(idOf(stroke("Enter", "Enter", { typing: true })), null);
  assert.equal(idOf(stroke("Period", ".")), null);
});

test("a remote neither finishes nor edits", () => {
  for (const [code, key, more] of [["KeyQ", "q"], ["KeyE", "e"], ["Enter", "Enter", { control: true }], ["KeyS", "s", { control: true }]]) {
    assert.equal(idOf(stroke(code, key, more), "show", "remote"), null, code);
    assert.notEqual(idOf(stroke(code, key, more), "show", "operator"), null, code);
  }
});

test("letters count by position, so that one key has one meaning in every layout", () => {
  assert.equal(idOf(stroke("KeyA", "q")), "pad"); // AZERTY
  assert.equal(idOf(stroke("KeyQ", "a")), "finish");
  assert.equal(padNumber("KeyA", "q"), 0);
  assert.equal(idOf(stroke("BracketLeft", "ü")), "offset-down"); // QWERTZ
  assert.equal(idOf(stroke("Digit8", "[", { alt: true })), "offset-down", "AltGr and 8");
  assert.equal(idOf(stroke("Slash", "-")), "zoom-out");
});

test("a keyboard that reports no position counts as a US keyboard", () => {
  assert.equal(idOf(stroke("", "p")), "pause");
  assert.equal(idOf(stroke("", " ")), "go");
  assert.equal(padNumber("", "3"), 10);
  assert.equal(padNumber("", "x"), -1);
});

test("a pad shows what its key types", () => {
  assert.equal(keyLabel("KeyA", new Map([["KeyA", "q"]])), "Q");
  assert.equal(keyLabel("KeyA", null), "A");
  assert.equal(keyLabel("Digit3", new Map()), "3");
  assert.equal(PAD_CODES.length, 17);
});

test("the table shows every key", () => {
  assert.equal(
    groupedKeys().reduce((count, [, keys]) => count + keys.length, 0),
    KEYS.length,
  );
});
