import assert from "node:assert/strict";
import { test } from "node:test";

import { GoPress, GoViews, describeTarget, isListening, targetNow } from "../../../../sequencer/studio/page/go_press.js";

const S = 1e9;
const target = (bar, chunk, deadline) => ({ section: "outro", bar, chunk, deadline_at: deadline });
const READY = {
  state: "ready",
  name: "out",
  target: target(7, 15, 10 * S),
  then: target(8, 16, 12 * S),
  shown_at: null,
  listens_at: null,
  listens_in: "",
};
const IDLE = { pending: false, isRefused: false, reason: "" };

test("once the last moment is over, the next bar takes its position", () => {
  assert.equal(targetNow(READY, 9.9 * S).target.bar, 7);
  assert.equal(targetNow(READY, 9.9 * S).then.bar, 8);
  assert.equal(targetNow(READY, 10 * S).target.bar, 8);
  assert.equal(targetNow(READY, 10 * S).then, null);
  assert.equal(targetNow({ ...READY, then: null }, 11 * S).target.bar, 7);
});

test("a section that has begun to listen listens before the server reports it", () => {
  const waiting = { ...READY, state: "not-listening", target: null, then: null, listens_at: 5 * S };
  assert.equal(isListening(waiting, 4.9 * S), false);
  assert.equal(isListening(waiting, 5 * S), true);
  assert.equal(isListening({ ...waiting, name: "" }, 5 * S), false);
  assert.equal(isListening({ ...waiting, listens_at: null }, 5 * S), false);
});

test("GO shows where it leads, how long that is possible, and what comes after it", () => {
  const views = new GoViews();
  const view = views.view(READY, 8 * S, 1.375 * S, IDLE);
  assert.equal(view.look, "ready");
  assert.equal(view.to, "outro at bar 7");
  assert.equal(view.seconds, 2);
  assert.equal(view.share, 1, "two seconds of the two between the last moments");
  assert.equal(view.after, "then bar 8 · chunk 16");
  assert.equal(views.view(READY, 9.5 * S, 1.375 * S, IDLE).look, "urgent");
  assert.equal(views.view(READY, 9.5 * S, 1.375 * S, IDLE).share, 0.25);
  assert.equal(describeTarget(target(null, 15, null)), "outro at chunk 15");
});

test("an accepted GO counts down to the screen, with a bar that empties", () => {
  const views = new GoViews();
  const accepted = { ...READY, state: "accepted", then: null, shown_at: 14 * S };
  const first = views.view(accepted, 10 * S, S, IDLE);
  assert.equal(first.look, "accepted");
  assert.equal(first.label, "accepted");
  assert.equal(first.seconds, 4);
  assert.equal(first.share, 1);
  assert.equal(views.view(accepted, 13 * S, S, IDLE).share, 0.25);
});

test("without a GO there is nothing to press", () => {
  const view = new GoViews().view({ ...READY, state: "none", name: "", target: null, then: null }, 0, S, IDLE);
  assert.equal(view.look, "off");
  assert.equal(view.seconds, null);
});

/** A studio whose link answers when a test decides. */
function fakeStudio(go, { state = "open", role = "operator" } = {}) {
  const sent = [];
  const studio = {
    link: {
      state,
      now: () => 8 * S,
      command: (text) => new Promise((resolve, reject) => sent.push({ text, resolve, reject })),
    },
    store: { role, state: { go } },
  };
  return { studio, sent };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a press fires the go of the section, once until it is answered", async () => {
  const { studio, sent } = fakeStudio(READY);
  const press = new GoPress(studio);
  press.press();
  press.press();
  assert.deepEqual(sent.map((one) => one.text), ["go out"]);
  assert.equal(press.pending, true);
  const answers = [];
  press.onAnswer((accepted) => answers.push(accepted));
  sent[0].resolve("");
  await settled();
  assert.equal(press.pending, false);
  assert.deepEqual(answers, [true]);
  press.release();
  press.press();
  assert.equal(sent.length, 1, "within half a second");
  assert.equal(press.reason, "too soon");
});

test("a press that the run refuses shows it", async () => {
  const { studio, sent } = fakeStudio(READY);
  const press = new GoPress(studio);
  press.press();
  sent[0].reject({ message: "nothing listens", hint: "" });
  await settled();
  assert.equal(press.isRefused, true);
  assert.equal(press.reason, "refused");
});

for (const [why, go, options, reason] of [
  ["without a connection", READY, { state: "lost" }, "not connected"],
  ["that is already accepted", { ...READY, state: "accepted" }, {}, "already accepted"],
  ["while nothing listens", { ...READY, state: "not-listening" }, {}, "not listening"],
  ["without a GO in the score", { ...READY, state: "none", name: "" }, {}, "no GO here"],
]) {
  test(`a press ${why} is refused and never sent`, () => {
    const { studio, sent } = fakeStudio(go, options);
    const press = new GoPress(studio);
    press.press();
    assert.deepEqual(sent, []);
    assert.equal(press.isRefused, true);
    assert.equal(press.reason, reason);
  });
}

test("a viewer cannot press GO", () => {
  const { studio, sent } = fakeStudio(READY, { role: "viewer" });
  new GoPress(studio).press();
  assert.deepEqual(sent, []);
});
