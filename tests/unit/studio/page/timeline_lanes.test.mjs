import assert from "node:assert/strict";
import test from "node:test";
import { laneScale, layOutLanes } from "../../../../sequencer/studio/page/timeline_lanes.js";

const all = { live: true, beats: true, image: true, strength: true, sr: true, take: true, stages: [], input: true, sound: true, error: true, protocols: ["MIDI", "OSC"] };
const none = { live: false, beats: false, image: false, strength: false, sr: true, take: true, stages: [], input: false, sound: false, error: false, protocols: [] };

test("lanes are below each other and end with the status", () => {
  const { lanes, height } = layOutLanes(all, 900, false);
  const order = Object.entries(lanes);
  assert.deepEqual(
    order.map(([name]) => name),
    ["section", "flag", "bar", "snap", "chunk", "prompt", "image", "strength", "sr", "take", "input", "out", "sound", "error", "status"],
  );
  order.slice(1).forEach(([name, lane], index) => {
    const before = order[index][1];
    assert.ok(lane.y >= before.y + before.h, name);
  });
  assert.ok(height >= lanes.status.y + lanes.status.h);
});

test("lanes without anything to show are left out", () => {
  const { lanes, names } = layOutLanes(none, 900, true);
  assert.deepEqual(Object.keys(lanes), ["section", "bar", "snap", "chunk", "prompt", "sr", "take", "status"]);
  assert.ok(names.some(({ name }) => name === "second"));
});

test("the lane of messages names their protocols", () => {
  assert.ok(layOutLanes(all, 900, false).names.some(({ name }) => name === "MIDI, OSC out"));
});

test("low windows have smaller lanes and fewer of them; high ones have larger lanes", () => {
  assert.equal(laneScale(768, false), 0.84);
  assert.equal(laneScale(1080, false), 1.22);
  assert.equal(laneScale(1080, true), 1);
  assert.equal(layOutLanes(all, 768, false).lanes.strength, undefined);
  assert.ok(layOutLanes(all, 768, false).height < layOutLanes(all, 900, false).height);
});
