import assert from "node:assert/strict";
import { test } from "node:test";

import { badgeOf, describeFrame, shownStages } from "../../../../sequencer/studio/page/frame_view.js";

const SHOWN = { take: 1, chunk: 11, frame: 3, at: 10e9, width: 640, height: 384, frames: 33, simulated: false };
const PLAYING = { status: "playing", take: 1, paused: false, real_time: true, stage: "reactor" };
const badge = (playback, shown = SHOWN, now = 10.1e9, isConnected = true) => badgeOf({ playback, shown, isConnected }, now);

test("the chip names the chunk and the frame, counted from 1", () => {
  assert.equal(describeFrame(null), "no frame yet");
  assert.equal(describeFrame(SHOWN), "seen now: chunk 11, frame 4 of 33");
  assert.equal(describeFrame({ ...SHOWN, frames: 0 }), "seen now: chunk 11, frame 4");
  assert.equal(describeFrame({ ...SHOWN, chunk: null }), "seen now: no chunk of the score");
});

test("the badge names what is shown", () => {
  assert.deepEqual(badge(null), { text: "no session", tone: "" });
  for (const status of ["disconnected", "connecting", "waiting"]) assert.equal(badge({ ...PLAYING, status }).text, "no session");
  assert.deepEqual(badge(PLAYING), { text: "● live", tone: "live" });
  assert.equal(badge({ ...PLAYING, stage: "simulator" }).text, "simulator");
  assert.equal(badge({ ...PLAYING, status: "ended" }).text, "ended");
});

test("a video that stands still is reported with the age of its frame", () => {
  assert.deepEqual(badge(PLAYING, SHOWN, 13.2e9), { text: "stalled 3.2 s", tone: "bad" });
  assert.equal(badge({ ...PLAYING, paused: true }, SHOWN, 13.2e9).text, "paused");
  assert.equal(badge({ ...PLAYING, take: 0 }, SHOWN, 13.2e9).text, "● live");
  assert.equal(badge({ ...PLAYING, stage: "simulator", real_time: false }, SHOWN, 13.2e9).text, "simulator");
});

test("a page without a connection for frames reports that", () => {
  assert.deepEqual(badge(PLAYING, null, 0, false), { text: "no video connection", tone: "bad" });
});

test("a run on several stages shows all of them, or the one that was asked for", () => {
  assert.deepEqual(shownStages([]), [""]);
  assert.deepEqual(shownStages(["left", "right"]), ["left", "right"]);
  assert.deepEqual(shownStages(["left", "right"], "right"), ["right"]);
  assert.deepEqual(shownStages(["left", "right"], "middle"), ["left", "right"]);
  assert.deepEqual(shownStages([], "right"), [""]);
});
