import assert from "node:assert/strict";
import test from "node:test";
import {
  intervalAt,
  lowerBound,
  nearest,
  upperBound,
  visitIntervals,
  visitPoints,
} from "../../../../sequencer/studio/page/timeline_ranges.js";

const points = Float64Array.of(0, 1, 1, 2, 5, 9);

/** @param {(visit: (index: number) => void) => void} run */
function visited(run) {
  /** @type {number[]} */
  const found = [];
  run((index) => found.push(index));
  return found;
}

test("bounds are the first index at or above, and above", () => {
  assert.equal(lowerBound(points, 1), 1);
  assert.equal(upperBound(points, 1), 3);
  assert.equal(lowerBound(points, 10), 6);
  assert.equal(lowerBound(points, 1, 2), 2);
});

test("only points in view are visited", () => {
  assert.deepEqual(visited((visit) => visitPoints(points, 1, 5, 0, visit)), [1, 2, 3, 4]);
  assert.deepEqual(visited((visit) => visitPoints(points, 3, 4, 0, visit)), []);
});

test("points that are too close to the one before are skipped", () => {
  assert.deepEqual(visited((visit) => visitPoints(points, 0, 9, 2, visit)), [0, 3, 4, 5]);
});

test("the number of visits depends on the step, not on the number of points", () => {
  const many = Float64Array.from({ length: 100_000 }, (_, index) => index / 100);
  const count = visited((visit) => visitPoints(many, 0, 1000, 10, visit)).length;
  assert.ok(count >= 99 && count <= 101, String(count));
  const ends = Float64Array.from(many, (start) => start + 0.01);
  const intervals = visited((visit) => visitIntervals(many, ends, 0, 1000, 10, visit)).length;
  assert.ok(intervals >= 99 && intervals <= 101, String(intervals));
});

test("an interval that begins before the view is visited if it reaches into it", () => {
  const starts = [0, 4, 8];
  const ends = [3, 8, 9];
  assert.deepEqual(visited((visit) => visitIntervals(starts, ends, 2, 5, 0, visit)), [0, 1]);
  assert.deepEqual(visited((visit) => visitIntervals(starts, ends, 3.5, 5, 0, visit)), [1]);
  assert.deepEqual(visited((visit) => visitIntervals(starts, ends, 20, 30, 0, visit)), []);
});

test("an interval contains its start and not its end", () => {
  assert.equal(intervalAt([0, 4], [3, 8], 4), 1);
  assert.equal(intervalAt([0, 4], [3, 8], 3), -1);
  assert.equal(intervalAt([1], [2], 0), -1);
});

test("the nearest point counts only within reach", () => {
  assert.equal(nearest(points, 4.4, 1), 4);
  assert.equal(nearest(points, 7, 1), -1);
  assert.equal(nearest([], 7, 1), -1);
});
