import assert from "node:assert/strict";
import test from "node:test";
import { Row, placeFlags, shortenTo, widestStretch, wrapText } from "../../../../sequencer/studio/page/timeline_labels.js";

/** Each character is ten pixels wide. @param {string} text */
const measure = (text) => [...text].length * 10;

test("a text that fits stays as it is; a longer one ends with an ellipsis", () => {
  assert.equal(shortenTo("rain", 40, measure), "rain");
  assert.equal(shortenTo("raining", 50, measure), "rain…");
  assert.equal(shortenTo("rain falls", 60, measure), "rain…");
  assert.equal(shortenTo("rain", 15, measure), "");
});

test("characters outside of the basic plane are not cut in half", () => {
  assert.equal(shortenTo("🌧🌧🌧🌧", 30, measure), "🌧🌧…");
});

test("lines break between words, and the last one is shortened", () => {
  assert.deepEqual(wrapText("now the rain grows", 80, 3, measure), ["now the", "rain", "grows"]);
  assert.deepEqual(wrapText("now the rain grows", 80, 2, measure), ["now the", "rain gr…"]);
  assert.deepEqual(wrapText("umbrella", 50, 3, measure), ["umbr…"]);
  assert.deepEqual(wrapText("  ", 50, 3, measure), []);
});

test("the first line leaves room for the key of a pad", () => {
  assert.deepEqual(wrapText("now the rain", 70, 3, measure, 20), ["now", "the", "rain"]);
});

test("ideographs may be parted anywhere", () => {
  assert.deepEqual(wrapText("電車が止まる", 30, 3, measure), ["電車が", "止まる"]);
});

test("a text goes into the widest stretch between lines", () => {
  const lines = [
    { x: 120, name: "made" },
    { x: 40, name: "seen" },
    { x: 500, name: "outside" },
  ];
  assert.deepEqual(widestStretch(0, 200, lines), { from: 40, to: 120, after: "seen" });
  assert.deepEqual(widestStretch(0, 200, []), { from: 0, to: 200, after: "" });
});

test("it stays where it is until another stretch is clearly wider", () => {
  const lines = [{ x: 110, name: "made" }];
  assert.equal(widestStretch(0, 200, lines, "made").after, "made");
  assert.equal(widestStretch(0, 200, [{ x: 130, name: "made" }], "made").after, "");
  assert.equal(widestStretch(0, 200, lines, "gone").after, "");
});

test("labels of a row never overlap", () => {
  const row = new Row();
  assert.equal(row.take(10, 20), true);
  assert.equal(row.take(19, 25), false);
  assert.equal(row.take(20, 25), true);
  assert.equal(row.take(0, 10), true);
});

test("flags go to their side, to the other one, or are left out", () => {
  const flags = [
    { x: 100, width: 50 },
    { x: 120, width: 60 },
    { x: 90, width: 40, side: /** @type {const} */ ("left") },
    { x: 290, width: 20 },
  ];
  assert.deepEqual(placeFlags(flags, 0, 300), [
    { from: 100, side: "right" },
    null,
    { from: 50, side: "left" },
    { from: 270, side: "left" },
  ]);
});
