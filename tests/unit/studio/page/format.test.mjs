import assert from "node:assert/strict";
import { test } from "node:test";

import {
  countdownUnit,
  formatChunk,
  formatCountdown,
  formatDuration,
  formatSigned,
  shorten,
  toneOf,
} from "../../../../sequencer/studio/page/format.js";

test("a countdown has tenths below ten seconds and minutes from one minute on", () => {
  const written = [8.14, 9.94, 9.96, 42.4, 59.4, 59.6, 125, 0.04, 0, -3, Number.NaN].map(formatCountdown);
  assert.deepEqual(written, ["8.1", "9.9", "10", "42", "59", "1:00", "2:05", "0.0", "0.0", "0.0", "0.0"]);
  assert.deepEqual([3, 59.4, 59.6].map(countdownUnit), ["s", "s", ""]);
});

test("a duration has hours only if it needs them", () => {
  assert.deepEqual([0, 250.9, 3723, -1].map(formatDuration), ["0:00", "4:10", "1:02:03", "0:00"]);
});

test("an error has its direction, and less than half a millisecond has none", () => {
  assert.deepEqual([250, -625.4, 0.4, -0.4].map(formatSigned), ["+250", "−625", "0", "0"]);
  assert.deepEqual([250, -625.4, 0.4, -0.4].map(toneOf), ["late", "early", "soft", "soft"]);
});

test("a chunk that is not known is a range", () => {
  const none = { landed: null, chunk: null, planned: null, earliest: null, latest: null, status: "planned" };
  assert.equal(formatChunk({ ...none, planned: 17, chunk: 18, landed: 19 }), "c19");
  assert.equal(formatChunk({ ...none, planned: 17, chunk: 18 }), "c18");
  assert.equal(formatChunk({ ...none, status: "open", planned: 17, earliest: 15, latest: 29 }), "c15…29");
  assert.equal(formatChunk({ ...none, status: "open", earliest: 15, latest: 15 }), "c15");
  assert.equal(formatChunk({ ...none, status: "open", earliest: 15 }), "c15…");
  assert.equal(formatChunk({ ...none, latest: 29 }), "c…29");
  assert.equal(formatChunk(none), "");
});

test("a long text is shortened by characters, not by code units", () => {
  assert.equal(shorten("rain", 4), "rain");
  assert.equal(shorten("rain 🌧🌧🌧", 7), "rain 🌧…");
});
