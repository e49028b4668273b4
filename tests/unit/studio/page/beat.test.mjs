import assert from "node:assert/strict";
import { test } from "node:test";

import { barLength, beatAt } from "../../../../sequencer/studio/page/beat.js";

const S = 1e9;
const CLOCK = { bar: 4, beat: 3, beat_at: 10 * S, beat_ns: S / 2, beats_per_bar: 4 };

test("beats and bars pass between two messages", () => {
  const at = (seconds) => {
    const { bar, beat } = beatAt(CLOCK, seconds * S, true);
    return `${bar}.${beat}`;
  };
  assert.deepEqual([9, 10, 10.49, 10.5, 11, 13].map(at), ["4.3", "4.3", "4.3", "4.4", "5.1", "6.1"]);
  assert.equal(beatAt(CLOCK, 10.25 * S, true).into, 0.5);
});

test("no time passes while the run is paused", () => {
  assert.deepEqual(beatAt(CLOCK, 20 * S, false), { bar: 4, beat: 3, into: 0 });
});

test("a clock without beats has no position", () => {
  assert.equal(beatAt({ ...CLOCK, bar: null }, 0, true), null);
  assert.deepEqual(beatAt({ ...CLOCK, beat_ns: null }, 20 * S, true), { bar: 4, beat: 3, into: 0 });
  assert.equal(barLength({ ...CLOCK, beat_ns: null }), null);
  assert.equal(barLength(CLOCK), 2 * S);
  assert.equal(barLength(null), null);
});
