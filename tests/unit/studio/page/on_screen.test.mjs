import assert from "node:assert/strict";
import { test } from "node:test";

import { chunkOnScreen, promptOnScreen } from "../../../../sequencer/studio/page/on_screen.js";

const PLAYING = {
  take: 1,
  chunk: 6,
  boundary_at: 10e9,
  chunk_ns: 1e9,
  lag_ms: 2500,
  paused: false,
  real_time: true,
  prompts: [
    { chunk: 0, text: "A tram waits.", source: "intro 1.1" },
    { chunk: 5, text: "It leaves.", source: "jam 5.1" },
  ],
};

test("what the model makes is on screen one lag later", () => {
  assert.equal(chunkOnScreen(PLAYING, null, 10e9), 3);
  assert.equal(chunkOnScreen(PLAYING, null, 10.6e9), 4);
  assert.equal(promptOnScreen(PLAYING, null, 10.6e9).text, "A tram waits.");
  assert.equal(promptOnScreen({ ...PLAYING, chunk: 7 }, null, 10.6e9).text, "It leaves.");
});

test("a frame that is drawn names its chunk", () => {
  assert.equal(promptOnScreen(PLAYING, 4, 10e9).text, "A tram waits.");
  assert.equal(promptOnScreen(PLAYING, 5, 10e9).text, "It leaves.");
});

test("before the first frame nothing is on screen", () => {
  assert.equal(promptOnScreen(null, null, 0), null);
  assert.equal(promptOnScreen({ ...PLAYING, take: 0 }, null, 10e9), null);
  assert.equal(promptOnScreen({ ...PLAYING, chunk: 2 }, null, 10e9), null);
  assert.equal(promptOnScreen({ ...PLAYING, lag_ms: null }, null, 10e9), null);
});

test("a rehearsal at once shows what it makes", () => {
  assert.equal(promptOnScreen({ ...PLAYING, real_time: false, boundary_at: null, lag_ms: null }, null, 0).text, "It leaves.");
});

test("of a video that has stalled for long, the earliest known prompt is shown", () => {
  assert.equal(promptOnScreen({ ...PLAYING, prompts: PLAYING.prompts.slice(1) }, 1, 10e9).text, "It leaves.");
  assert.equal(promptOnScreen({ ...PLAYING, prompts: [] }, 1, 10e9), null);
});
