import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cueRows,
  lineNow,
  onStages,
  orderLines,
  rowAfterKey,
  rowFacts,
  rowOffsets,
  visibleRows,
} from "../../../../sequencer/studio/page/cue_rows.js";

function line(n, more = {}) {
  return {
    n,
    place: `jam ${n}.1`,
    section: "jam",
    kinds: ["prompt"],
    fired: "",
    planned: null,
    earliest: null,
    latest: null,
    chunk: null,
    landed: null,
    status: "planned",
    reason: "",
    changed: false,
    ...more,
  };
}
const landed = (n, chunk, more = {}) => line(n, { planned: chunk, chunk, landed: chunk, status: "landed", ...more });
const numbers = (lines) => lines.map((one) => one.n);
const names = (rows) => rows.map((row) => (row.kind === "fold" ? "fold" : `${row.line.n}${row.role === "" ? "" : ` ${row.role}`}`));

test("what a rule fired comes before the first cue of a later chunk", () => {
  const lines = [landed(1, 0), landed(2, 6), line(3, { planned: 17 }), landed(9, 11, { fired: "note D3" }), landed(8, 10, { fired: "cc 20" })];
  assert.deepEqual(numbers(orderLines(lines)), [1, 2, 8, 9, 3]);
});

test("a cue that was skipped stays where the score has it", () => {
  const lines = [
    landed(1, 6),
    line(2, { planned: 17, status: "skipped" }),
    line(3, { planned: 15, chunk: 15 }),
    landed(8, 11, { fired: "note D3" }),
    line(9, { chunk: 16, fired: "note E3" }),
  ];
  assert.deepEqual(numbers(orderLines(lines)), [1, 8, 2, 3, 9]);
});

test("the cue on screen is the last prompt that landed", () => {
  const lines = orderLines([landed(1, 0), landed(2, 6), landed(3, 10, { kinds: ["sr"] }), line(4, { planned: 17 })]);
  assert.equal(lineNow(lines), 2);
  assert.equal(lineNow([landed(3, 10, { kinds: ["sr"] })]), 3);
  assert.equal(lineNow([line(1)]), null);
});

test("landed cues before the last one are folded", () => {
  const lines = [landed(1, 0), landed(2, 3), landed(3, 6), landed(4, 9), line(5, { planned: 12 })];
  assert.deepEqual(names(cueRows(lines, { next: 5, isOpen: false })), ["fold", "3", "4 now", "5 next"]);
  assert.deepEqual(names(cueRows(lines, { next: 5, isOpen: true })), ["fold", "1", "2", "3", "4 now", "5 next"]);
  assert.deepEqual(names(cueRows(lines.slice(1), { next: 5, isOpen: false })), ["2", "3", "4 now", "5 next"]);
});

test("a cue that was refused is never folded", () => {
  const lines = [landed(1, 0), line(2, { planned: 3, status: "lost" }), landed(3, 6), landed(4, 9), landed(5, 12)];
  assert.deepEqual(names(cueRows(lines, { next: null, isOpen: false })), ["1", "2", "3", "4", "5 now"]);
});

test("a row has a second line only if something is to be said", () => {
  assert.equal(rowFacts(line(1, { reason: "refused at chunk 17" })), "refused at chunk 17");
  assert.equal(rowFacts(line(1, { fired: "note D3", place: "jam 2.3" })), "in jam 2.3");
  assert.equal(rowFacts(line(1, { changed: true })), "changed by the edit");
  assert.equal(rowFacts(line(1)), "");
});

test("of 10,000 rows only those in view are drawn", () => {
  const rows = cueRows(
    Array.from({ length: 10_000 }, (_, n) => line(n, { planned: n })),
    { next: 5000, isOpen: false },
  );
  const offsets = rowOffsets(rows, { row: 38, tall: 48, fold: 30 });
  assert.equal(offsets[10_000], 10_000 * 38 + 10);
  assert.deepEqual(visibleRows(offsets, 0, 300, 2), { first: 0, last: 10 });
  const { first, last } = visibleRows(offsets, 5000 * 38, 300, 0);
  assert.equal(first, 5000);
  assert.ok(last - first < 10);
  assert.deepEqual(visibleRows(offsets, 1e9, 300, 0), { first: 9999, last: 10_000 });
  assert.deepEqual(visibleRows(new Float64Array(1), 0, 300, 2), { first: 0, last: 0 });
});

test("keys move the selection within the list", () => {
  assert.equal(rowAfterKey("ArrowDown", -1, 5, 8), 0);
  assert.equal(rowAfterKey("ArrowUp", 0, 5, 8), 0);
  assert.equal(rowAfterKey("PageDown", 1, 5, 8), 4);
  assert.equal(rowAfterKey("End", 0, 5, 8), 4);
  assert.equal(rowAfterKey("Home", 4, 5, 8), 0);
  assert.equal(rowAfterKey("a", 4, 5, 8), null);
  assert.equal(rowAfterKey("ArrowDown", -1, 0, 8), null);
});

test("cues of several stages are in the order of their times", () => {
  const lines = [line(3, { time_s: 16, stages: ["left"] }), line(4, { time_s: 8, stages: ["right"] }), line(0, { time_s: 0 })];
  assert.deepEqual(numbers(orderLines(lines, true)), [0, 4, 3]);
  assert.deepEqual(numbers(orderLines(lines)), [0, 3, 4]);
});

test("a cue names its stages unless it is for all", () => {
  assert.equal(onStages(line(1, { stages: ["left", "right"] })), "on left, right");
  assert.equal(onStages(line(1)), "");
});
