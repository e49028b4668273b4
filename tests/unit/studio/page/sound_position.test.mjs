import assert from "node:assert/strict";
import { test } from "node:test";

import { correction, soundPosition } from "../../../../sequencer/studio/page/sound_position.js";
import { Grid } from "../../../../sequencer/studio/page/timeline_grid.js";

const GRID = new Grid(30, 24, null, []);
const PLAYING = { status: "playing", take: 1, paused: false, real_time: true, offset_ms: 0 };
const SHOWN = { take: 1, chunk: 4, frame: 12, at: 10e9, frames: 30 };
const position = (changes = {}, now = 10e9) =>
  soundPosition({ shown: SHOWN, playhead: null, playback: PLAYING, grid: GRID, start: 2, ...changes }, now);
const close = (found, expected) => assert.ok(Math.abs(found - expected) < 1e-9, `${found} is not ${expected}`);

test("the sound is where the frame on screen is", () => {
  close(position(), 4 * 1.25 + 0.5 + 2);
  close(position({}, 10.03e9), 7.53);
});

test("changes that are shown later come later in the sound, too", () => {
  close(position({ playback: { ...PLAYING, offset_ms: 40 } }), 7.46);
});

test("a take may begin with a shorter chunk", () => {
  close(position({ grid: new Grid(30, 24, 24, [3]) }), (4 * 30 - 2 * 6) / 24 + 0.5 + 2);
});

test("the sound stops with the video", () => {
  assert.equal(position({}, 10.6e9), null);
  assert.equal(position({ shown: { ...SHOWN, chunk: null } }), null);
  assert.equal(position({ playback: null }), null);
  assert.equal(position({ playback: { ...PLAYING, take: 0 } }), null);
  assert.equal(position({ playback: { ...PLAYING, status: "ended" } }), null);
  assert.equal(position({ playback: { ...PLAYING, real_time: false } }), null);
});

test("without frames the playhead counts", () => {
  close(position({ shown: null, playhead: { seen: 4.4 } }), 4.4 * 1.25 + 2);
  assert.equal(position({ shown: null, playhead: { seen: 4.4 }, playback: { ...PLAYING, paused: true } }), null);
  assert.equal(position({ shown: null }), null);
});

test("large differences are a jump, small ones a slightly other speed, the smallest nothing", () => {
  assert.deepEqual(correction(5, 7), { jump: true, rate: 1 });
  assert.deepEqual(correction(5, 5.01), { jump: false, rate: 1 });
  assert.deepEqual(correction(5, 5.2), { jump: false, rate: 1.03 });
  assert.deepEqual(correction(5.2, 5), { jump: false, rate: 0.97 });
  const { rate } = correction(5, 5.04);
  assert.ok(rate > 1.019 && rate < 1.021);
});
