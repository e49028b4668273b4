import assert from "node:assert/strict";
import test from "node:test";
import { barAt, describeAt, describeMark, laneAt, markAt } from "../../../../sequencer/studio/page/timeline_hover.js";
import { layOutLanes } from "../../../../sequencer/studio/page/timeline_lanes.js";
import { buildModel, padKey, ratio } from "../../../../sequencer/studio/page/timeline_model.js";
import { signed } from "../../../../sequencer/studio/page/timeline_paint.js";

/** A jam of two bars after an intro of one, at 120 bpm, in chunks of 1.375 s. */
const PLOT = {
  end: 6,
  lead: 2,
  performed: false,
  grid: { frames: 33, fps: [24, 1], first: null, cuts: [] },
  bands: [
    { name: "intro", section: "intro", tint: 0, start: [0, 1], end: [16, 11], caption: "1 bar", live: false, earliest: 0, latest: 0, bars: [{ bar: 1, at: [0, 1], length: [16, 11], count: 1, beats: 4 }] },
    { name: "jam", section: "jam", tint: 1, start: [16, 11], end: [48, 11], caption: "live", live: true, earliest: 1, latest: 3, bars: [{ bar: 1, at: [16, 11], length: [16, 11], count: 2, beats: 4 }], exits: [[2, 3, 125.0]] },
  ],
  takes: [{ start: 0, end: 6, short: "take 1", full: "take 1" }],
  prompts: [
    { start: 1, end: 6, short: "Rain.", full: "A street. Rain.", tint: 1, shortest: "Rain" },
    { start: 0, end: 1, short: "A street.", full: "A street.", tint: 0 },
  ],
  images: [],
  thumbnails: {},
  strengths: [],
  sr: [{ start: 0, end: 6, short: "2x", full: "sr 2x" }],
  flags: [
    { n: 0, line: 4, label: "1.1", section: "intro", chunk: 0, exact: [0, 1], error_ms: 0 },
    { n: 1, line: 7, label: "1.1", section: "jam", chunk: 1, exact: [16, 11] },
  ],
  messages: [{ at: [3, 1], short: "F#3", full: "jam 1.1: note F#3", protocols: ["MIDI"] }],
  sound: { label: "rain.wav", full: "sound rain.wav", start: [0, 1], per_second: 50, peaks: "AP+A" },
};

const LINE = {
  n: 0, revision: 1, line: 4, section: "jam", occurrence: 1, tint: 1, place: "1.1", what: "Rain.", kinds: ["prompt"], fired: "", fired_chunk: null,
  time_s: 2, planned: 1, earliest: null, latest: null, chunk: 1, landed: null, status: "planned", reason: "", error_ms: -625, lead: null, changed: false,
};

test("fractions are pairs or numbers", () => {
  assert.equal(ratio([11, 8]), 1.375);
  assert.equal(ratio(3), 3);
});

test("without a run, the cues are those of the score", () => {
  const model = buildModel(PLOT, [], new Map());
  assert.deepEqual([...model.marks.at], [0, 1]);
  assert.deepEqual(model.marks.items.map((mark) => mark.status), ["planned", "open"]);
  assert.deepEqual(model.marks.items.map((mark) => mark.label), ["intro 1.1", "jam 1.1"]);
});

test("with a run, they are its deliveries", () => {
  const fired = { ...LINE, n: 9, fired: "note D3", fired_chunk: 2, time_s: null, planned: null, chunk: null, landed: 4, status: "landed", error_ms: null };
  const model = buildModel(PLOT, [fired, LINE, { ...LINE, n: 2, chunk: null, planned: null }], new Map([["note D3", "A"]]));
  assert.deepEqual([...model.marks.at], [1, 4]);
  assert.equal(padKey(model.marks.items[1].fired, model.keys), "A");
  assert.deepEqual([...model.inputs.at], [2]);
  assert.deepEqual([...model.snaps.at].map((at) => Math.round(at * 11)), [0]);
  assert.equal(model.prompts.get("prompt 4")?.n, 9);
  assert.equal(model.widest, 2);
});

test("a cue that was refused and sent again is shown at both chunks", () => {
  const line = { ...LINE, planned: 1, landed: 3, status: "late", reason: "refused at chunk 1" };
  const model = buildModel(PLOT, [line], new Map());
  assert.deepEqual(model.refusals.map((mark) => [mark.refused, mark.chunk]), [[1, 3]]);
  assert.deepEqual([...model.notable.at], [3]);
});

test("bars, beats and exits are positions in chunks", () => {
  const { bars, exits, lanes, sound } = buildModel(PLOT, [], new Map());
  assert.deepEqual([...bars.at].map((at) => Math.round(at * 11)), [0, 16, 32]);
  assert.deepEqual([...bars.numbers], [1, 1, 2]);
  assert.equal(bars.beats.length, 9);
  assert.ok(Math.abs(exits.items[0].exact - 32 / 11) < 1e-9);
  assert.deepEqual([...lanes.prompt.starts], [0, 1]);
  assert.deepEqual([...(sound?.peaks ?? [])], [0, 255, 128]);
});

test("what fired and has no chunk yet is an input, and nothing else", () => {
  const line = { ...LINE, n: -1, fired: "go out", fired_chunk: 2.25, time_s: null, planned: null, chunk: null, kinds: ["goto"], error_ms: null };
  const model = buildModel(PLOT, [line], new Map());
  assert.deepEqual([...model.inputs.at], [2.25]);
  assert.equal(model.inputs.items[0].hasChunk, false);
  assert.equal(model.marks.items.length, 0);
});

test("cues that were left out do not hide others on their chunk", () => {
  const model = buildModel(PLOT, [{ ...LINE, n: 8, status: "skipped" }, LINE], new Map());
  assert.deepEqual(model.active.items.map((mark) => mark.n), [LINE.n]);
  assert.equal(model.marks.items.length, 2);
});

test("a fader has one key for all rules of its controller", () => {
  const keys = new Map([["cc 20", "D"], ["note D3", "A"]]);
  assert.equal(padKey("cc 20 > 64", keys), "D");
  assert.equal(padKey("note D3 ch 10", keys), "");
});

test("the marks of lines that have not changed are kept", () => {
  const other = { ...LINE, n: 2, chunk: 4 };
  const first = buildModel(PLOT, [LINE, other], new Map());
  const second = buildModel(PLOT, [LINE, { ...other, landed: 4 }], new Map());
  assert.equal(first.marks.items[0], second.marks.items[0]);
  assert.notEqual(first.marks.items[1], second.marks.items[1]);
});

test("what depends on the plot alone is read once", () => {
  assert.equal(buildModel(PLOT, [], new Map()).bars, buildModel(PLOT, [LINE], new Map()).bars);
});

test("the box next to the pointer has chunk, time, bar, and the text in full", () => {
  const model = buildModel(PLOT, [LINE], new Map());
  const { where, what, text } = describeAt(model, "prompt", 1.5, 50);
  assert.equal(where, "chunk 1 · 0:02.063 · jam 1.1");
  assert.equal(what, "jam 1.1 · chunk 1 · \u2212625 ms · planned");
  assert.equal(text, "A street. Rain.");
  assert.equal(describeAt(model, "out", 3.05, 50).text, "jam 1.1: note F#3");
  assert.equal(describeAt(model, "section", 2, 50).text, "live");
  assert.equal(barAt(model, 35 / 11), "2.1");
  assert.equal(barAt(model, 37 / 11), "2.2");
});

test("a click finds the cue of a prompt, and a mark only within reach", () => {
  const model = buildModel(PLOT, [LINE], new Map());
  assert.equal(markAt(model, "prompt", 5.9, 50)?.n, 0);
  assert.equal(markAt(model, "status", 1.1, 50)?.n, 0);
  assert.equal(markAt(model, "status", 3, 50), null);
});

test("a lane is found by its height", () => {
  const layout = layOutLanes({ live: true, beats: true, image: false, strength: false, sr: true, take: true, stages: [], input: false, sound: false, error: false, protocols: [] }, 900, false);
  const { y, h } = layout.lanes.prompt;
  assert.equal(laneAt(layout, y), "prompt");
  assert.equal(laneAt(layout, y + h), null);
  assert.equal(laneAt(layout, -1), null);
});

const WIDE = { start: 0, end: 6, short: "A street.", full: "A street.", tint: 0 };
/** The same score for two stages; only the right one has rain, and strengths. */
const STAGES = {
  ...PLOT,
  prompts: [],
  stages: [
    { name: "left", prompts: [WIDE], images: [], strengths: [], sr: [], takes: [] },
    { name: "right", prompts: PLOT.prompts, images: [], strengths: [{ start: 0, end: 6, short: "0.3", full: "strength 0.3" }], sr: [], takes: [] },
  ],
};

test("each stage has a lane, and what only it has is below it", () => {
  const model = buildModel(STAGES, [], new Map());
  assert.deepEqual(model.stages, [
    { name: "left", values: [] },
    { name: "right", values: ["strength"] },
  ]);
  const layout = layOutLanes({ live: false, beats: true, image: false, strength: false, sr: true, take: true, stages: model.stages, input: false, sound: false, error: false, protocols: [] }, 900, true);
  assert.deepEqual(Object.keys(layout.lanes), ["section", "bar", "snap", "chunk", "prompt 0", "prompt 1", "strength 1", "sr", "take", "status"]);
  assert.deepEqual(layout.names.slice(4, 6).map(({ name }) => name), ["left", "right"]);
  assert.equal(describeAt(model, "prompt 0", 2, 10).text, "A street.");
  assert.equal(describeAt(model, "prompt 1", 2, 10).text, "A street. Rain.");
  assert.equal(describeAt(model, "strength 1", 2, 10).text, "strength 0.3");
});

test("a cue is in the lanes of its stages", () => {
  const only = { ...LINE, n: 3, stages: ["right"] };
  const model = buildModel(STAGES, [{ ...LINE, n: 0, chunk: 0, planned: 0 }, only], new Map());
  assert.deepEqual([...model.prompts.keys()], ["prompt 0 0", "prompt 1 0", "prompt 1 1"]);
  assert.equal(markAt(model, "prompt 1", 2, 10)?.n, 3);
  assert.equal(markAt(model, "prompt 0", 2, 10)?.n, 0);
  assert.match(describeMark(/** @type {any} */ (markAt(model, "prompt 1", 2, 10))), /^jam 1\.1 · on right · chunk 1/);
});

test("a cue whose chunk is not known names its range", () => {
  const line = { ...LINE, status: "open", chunk: null, planned: null, earliest: 3, latest: 5, error_ms: null };
  const [mark] = buildModel(PLOT, [line], new Map()).marks.items;
  assert.equal(describeMark(mark), "jam 1.1 · chunk 3…5 · open");
});

test("errors are signed whole milliseconds", () => {
  assert.deepEqual([250.4, -0.4, -625].map(signed), ["+250", "0", "\u2212625"]);
});
