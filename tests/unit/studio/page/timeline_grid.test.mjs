import assert from "node:assert/strict";
import test from "node:test";
import { Grid, formatTime } from "../../../../sequencer/studio/page/timeline_grid.js";

test("chunks of one length", () => {
  const grid = new Grid(33, 24, null, []);
  assert.equal(grid.secondsOf(8), 11);
  assert.equal(grid.chunksAt(11), 8);
  assert.equal(grid.boundary(2), 2.75);
});

test("each take begins with a shorter chunk", () => {
  const grid = new Grid(33, 24, 9, [3]);
  // Chunk 0 has 9 frames, chunks 1 and 2 have 33, chunk 3 has 9 again: 75 frames before it.
  assert.equal(grid.boundary(1), 9 / 24);
  assert.equal(grid.boundary(3), 75 / 24);
  assert.equal(grid.boundary(4), 84 / 24);
  assert.equal(grid.secondsOf(3.5), 79.5 / 24);
});

test("seconds and chunks are inverse", () => {
  const grid = new Grid(33, 24, 9, [3, 4, 40]);
  for (const chunk of [0, 0.25, 0.99, 1, 2.5, 3, 3.75, 4.1, 17, 40.5, 200.125]) {
    assert.ok(Math.abs(grid.chunksAt(grid.secondsOf(chunk)) - chunk) < 1e-9, String(chunk));
  }
});

test("times are written in minutes and seconds", () => {
  assert.equal(formatTime(8.25), "0:08.3");
  assert.equal(formatTime(59.96), "1:00.0");
  assert.equal(formatTime(3723.5), "1:02:03.5");
  assert.equal(formatTime(24, 3), "0:24.000");
  assert.equal(formatTime(61.4, 0), "1:01");
  assert.equal(formatTime(-1), "0:00.0");
});
