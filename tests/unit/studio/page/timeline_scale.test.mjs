import assert from "node:assert/strict";
import test from "node:test";
import {
  MAX_PER,
  alignView,
  barStep,
  clampView,
  followView,
  labelStep,
  niceStep,
  revealView,
  wheelFactor,
  wholePer,
  zoomAround,
} from "../../../../sequencer/studio/page/timeline_scale.js";

const view = { left: 10, per: 50, width: 1000 };

test("a view shows nothing before chunk 0 and nothing after the end", () => {
  assert.equal(clampView({ ...view, left: -3 }, 100).left, 0);
  assert.equal(clampView({ ...view, left: 95 }, 100).left, 80);
});

test("no view is wider than the whole score, and no chunk wider than the maximum", () => {
  assert.deepEqual(clampView({ ...view, per: 1 }, 100), { left: 0, per: 10, width: 1000 });
  assert.equal(clampView({ ...view, per: 9999 }, 100).per, MAX_PER);
  assert.equal(wholePer(1000, 0), MAX_PER);
});

test("zooming keeps the point below the pointer", () => {
  const zoomed = zoomAround(view, 2, 300, 100);
  assert.equal(zoomed.per, 100);
  assert.equal(zoomed.left + 300 / zoomed.per, view.left + 300 / view.per);
});

test("zooming out at the edge shows the whole score", () => {
  assert.deepEqual(zoomAround(view, 0.001, 900, 100), { left: 0, per: 10, width: 1000 });
});

test("the wheel zooms in away from the user, and never by more than two", () => {
  assert.equal(wheelFactor(0), 1);
  assert.ok(wheelFactor(-100) > 1);
  assert.equal(wheelFactor(-100_000), 2);
  assert.equal(wheelFactor(100_000), 0.5);
});

test("the playhead stays in its place; with reduced motion the view moves by whole chunks", () => {
  assert.equal(followView(view, 40.25, 100, false).left, 40.25 - 7.2);
  assert.equal(followView(view, 40.25, 100, true).left, 40 - 7.2);
  assert.equal(followView(view, 0.5, 100, false).left, 0);
});

test("the left edge is on a pixel of the screen", () => {
  const { left, per } = alignView({ left: 10.0037, per: 57, width: 800 }, 1.5);
  assert.ok(Math.abs(left * per * 1.5 - Math.round(left * per * 1.5)) < 1e-9);
  assert.ok(Math.abs(left - 10.0037) * per * 1.5 <= 0.5);
});

test("a chunk is revealed only if it is not in view", () => {
  assert.equal(revealView(view, 15, 100), view);
  const moved = revealView(view, 60, 100);
  assert.ok(moved.left < 60 && 60 < moved.left + 20);
});

test("rulers have as many figures as fit", () => {
  assert.equal(labelStep(57, 40), 1);
  assert.equal(labelStep(10, 40), 5);
  assert.equal(niceStep(0.2), 1);
  assert.equal(niceStep(21), 50);
  assert.equal(barStep(80, 26), 1);
  assert.equal(barStep(8, 26), 4);
});
