import assert from "node:assert/strict";
import { test } from "node:test";

import { Confirm, PressGuard, Throttle } from "../../../../sequencer/studio/page/presses.js";

test("a press needs the release of the one before", () => {
  const guard = new PressGuard();
  assert.equal(guard.press(0), "accepted");
  assert.equal(guard.press(900), "not released");
  guard.release();
  assert.equal(guard.press(901), "accepted");
});

test("a press within half a second is refused, and does not extend the time", () => {
  const guard = new PressGuard();
  guard.press(0);
  guard.release();
  assert.equal(guard.press(499), "too soon");
  guard.release();
  assert.equal(guard.blocks(499), true);
  assert.equal(guard.press(500), "accepted");
});

test("what ends something needs a second press within two seconds", () => {
  const confirm = new Confirm();
  assert.equal(confirm.press(0), false);
  confirm.release();
  assert.equal(confirm.waits(1999), true);
  assert.equal(confirm.waits(2000), false);
  assert.equal(confirm.press(2000), false, "the first press is forgotten");
  confirm.release();
  assert.equal(confirm.press(3999), true);
  assert.equal(confirm.waits(3999), false);
  confirm.release();
  assert.equal(confirm.press(4000), false, "a third press is a first one");
});

test("a press that is held counts once", () => {
  const confirm = new Confirm(600);
  confirm.press(0);
  assert.equal(confirm.tick(599), false);
  assert.equal(confirm.held(300), 0.5);
  assert.equal(confirm.tick(600), true);
  assert.equal(confirm.tick(601), false);
  confirm.release();
  assert.equal(confirm.tick(9999), false);
});

test("a press that is released in time is not held", () => {
  const confirm = new Confirm(600);
  confirm.press(0);
  confirm.release();
  assert.equal(confirm.tick(700), false);
  assert.equal(confirm.held(700), 0);
});

/** A timer whose time passes when a test says so. */
function fakeTimer() {
  let time = 0;
  let tasks = [];
  return {
    now: () => time,
    after: (ms, task) => tasks.push({ at: time + ms, task }),
    pass(ms) {
      time += ms;
      const due = tasks.filter((one) => one.at <= time);
      tasks = tasks.filter((one) => one.at > time);
      for (const { task } of due) task();
    },
  };
}

test("a fader sends at most so many values per second, and always the last", () => {
  const timer = fakeTimer();
  const sent = [];
  const throttle = new Throttle((value) => sent.push([timer.now(), value]), 10, timer);
  for (let value = 1; value <= 25; value++) {
    throttle.push(value);
    timer.pass(10);
  }
  timer.pass(1000);
  assert.deepEqual(sent.map(([at]) => at), [0, 100, 200, 1250]);
  assert.equal(sent.at(-1)[1], 25);
  assert.equal(sent[0][1], 1);
});

test("a value that waits is not sent once it is dropped", () => {
  const timer = fakeTimer();
  const sent = [];
  const throttle = new Throttle((value) => sent.push(value), 10, timer);
  throttle.push(1);
  throttle.push(2);
  throttle.drop();
  timer.pass(1000);
  assert.deepEqual(sent, [1]);
  throttle.push(3);
  assert.deepEqual(sent, [1, 3]);
});
