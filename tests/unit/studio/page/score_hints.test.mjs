import assert from "node:assert/strict";
import { test } from "node:test";

import { fixLabel, hintParts, hintWidth, playingLine, sentence } from "../../../../sequencer/studio/page/score_hints.js";

test("the snap errors of a hint have their colours", () => {
  assert.deepEqual(hintParts("⟶ c17 · −625 ms"), [
    { text: "c17 · ", look: "" },
    { text: "−625 ms", look: "early" },
  ]);
  assert.deepEqual(hintParts("⟶ c3 · +125 ms, c15 · −250 ms").map((part) => part.look), ["", "late", "", "early"]);
  assert.deepEqual(hintParts("⟶ exact, 0:03.000"), [{ text: "exact, 0:03.000", look: "" }]);
});

test("a longer hint has more room", () => {
  const widths = ["⟶ c0", "⟶ c17 · −625 ms", "⟶ c6–28 at most · worst −6 ms", "⟶ c1 c2 c3 … 700 in all, worst −625 ms"].map(hintWidth);
  assert.deepEqual(widths, [1, 2, 3, 4]);
});

test("the button of a fix names what it writes", () => {
  assert.equal(fixLabel([{ from: 1, to: 4, text: "10.1" }]), "Write 10.1");
  assert.equal(fixLabel([{ from: 1, to: 1, text: " bars" }]), "Add bars");
  assert.equal(fixLabel([{ from: 1, to: 4, text: "" }]), "Remove");
  assert.equal(fixLabel([{ from: 1, to: 4, text: "x".repeat(40) }]), "Fix");
  assert.equal(fixLabel([{ from: 1, to: 4, text: "a" }, { from: 5, to: 6, text: "b" }]), "Fix");
});

test("messages are sentences", () => {
  assert.equal(sentence("bar 9 has 4 beats"), "Bar 9 has 4 beats.");
  assert.equal(sentence("Which one?"), "Which one?");
});

test("the line that plays is that of the last prompt on screen", () => {
  const line = (n, fields) => ({ n, revision: 1, line: n, kinds: ["prompt"], landed: null, ...fields });
  const lines = [line(11, { landed: 0 }), line(15, { landed: 6 }), line(16, { landed: 17 }), line(17, { kinds: ["sr"], landed: 8 }), line(18, {})];
  assert.equal(playingLine(lines, 3)?.n, 11);
  assert.equal(playingLine(lines, 9.5)?.n, 15);
  assert.equal(playingLine(lines, 40)?.n, 16);
  assert.equal(playingLine([], 40), null);
});
