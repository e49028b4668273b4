import assert from "node:assert/strict";
import test from "node:test";
import { cueRows, journalRows, noteRows, shortened, summarise } from "../../../../sequencer/studio/page/report_rows.js";

const LINE = {
  n: 1, revision: 1, line: 4, section: "jam", occurrence: 1, tint: 1, place: "9.1", what: "Rain.", kinds: ["prompt"], fired: "", fired_chunk: null,
  time_s: 24, planned: 17, earliest: null, latest: null, chunk: 17, landed: 17, status: "landed", reason: "", error_ms: -625, lead: 2, changed: false,
};
const REPORT = {
  ended: "the score is over",
  ended_well: true,
  takes: 1,
  chunks: 31,
  summary: { snap_error_ms: { mean: 291.7, worst: 625 }, beyond_the_snap_ms: null, stalled_seconds: 0 },
  moves: [],
  stalls: [],
  refused: [],
  notes: [],
};
const PLOT = {
  grid: { frames: 33, fps: [24, 1], first: null, cuts: [] },
  bands: [{ name: "jam", section: "jam", start: [64, 11], end: [272, 11], bars: [{ bar: 1, at: [64, 11], length: [16, 11], count: 13, beats: 4 }] }],
};

const figure = (report, lines, name) => summarise(report, lines, PLOT).find((one) => one.name === name);

test("cues that landed as planned are counted among those that were due", () => {
  const lines = [LINE, { ...LINE, n: 2, status: "skipped" }, { ...LINE, n: 3, status: "late" }, { ...LINE, n: -1, kinds: ["goto"] }];
  assert.deepEqual(figure(REPORT, lines, "cues"), { name: "cues", value: "1 of 2 as planned", detail: "1 landed late, none lost, 1 left out", mark: "late" });
  assert.equal(figure(REPORT, [LINE], "cues").mark, "landed");
  const lost = figure(REPORT, [LINE, { ...LINE, status: "lost" }, { ...LINE, status: "planned" }], "cues");
  assert.deepEqual([lost.mark, lost.detail], ["lost", "1 lost, 1 not reached"]);
});

test("the length is that of the chunks that were made", () => {
  assert.deepEqual(figure(REPORT, [], "length"), { name: "length", value: "42.6 s", detail: "31 chunks, 1 take, 24.0 fps", mark: "" });
  const stalled = { ...REPORT, first_chunk: 30, summary: { ...REPORT.summary, stalled_seconds: 2 } };
  assert.deepEqual(figure(stalled, [], "length"), { name: "length", value: "1.4 s", detail: "1 chunk, 1 take, 24.0 fps, stalled for 2.0 s", mark: "warning" });
});

test("the last exit names the bar at which the section was left", () => {
  const exit = { section: "jam", place: "go out", what: "exit", chunk: 25, status: "landed", waited_ms: 2480 };
  assert.deepEqual(figure({ ...REPORT, moves: [exit] }, [], "GO"), { name: "GO", value: "bar 14 of jam", detail: "2.5 s after go out", mark: "" });
  assert.equal(figure({ ...REPORT, moves: [{ ...exit, status: "dropped" }] }, [], "GO"), undefined);
  assert.equal(figure({ ...REPORT, moves: [{ ...exit, section: "other" }] }, [], "GO").value, "chunk 25");
});

test("what was billed is shown only if something was", () => {
  assert.equal(figure({ ...REPORT, measured: { billed_seconds: 290 } }, [], "billed").value, "4:50");
  const paid = figure({ ...REPORT, measured: { billed_seconds: 290 }, cost: 0.48 }, [], "billed");
  assert.deepEqual([paid.value, paid.detail], ["$0.48", "4:50 of session"]);
  assert.equal(figure({ ...REPORT, measured: { billed_seconds: 0 } }, [], "billed"), undefined);
  assert.equal(figure({ ...REPORT, summary: { ...REPORT.summary, snap_error_ms: null } }, [], "snap error"), undefined);
});

test("of a run that followed a clock, the report says how often it was lost", () => {
  const lost = (clock_lost) => figure({ ...REPORT, clock_lost }, [], "clock lost");
  assert.equal(lost(undefined), undefined);
  assert.deepEqual(lost({ times: 0, seconds: 0 }), { name: "clock lost", value: "never", detail: "", mark: "landed" });
  assert.deepEqual(lost({ times: 1, seconds: 2.04 }), { name: "clock lost", value: "once", detail: "for 2.0 s", mark: "warning" });
  assert.equal(lost({ times: 3, seconds: 9 }).detail, "for 9.0 s in all");
});

test("rows are in the order in which the cues acted, with what happened between them", () => {
  const rows = cueRows([
    LINE,
    { ...LINE, n: 2, fired: "note D3", time_s: null, planned: 11, landed: 11, error_ms: null },
    { ...LINE, n: -1, fired: "go out", chunk: 15, planned: null, landed: 15, lead: null, time_s: null },
    { ...LINE, n: 3, section: "", place: "0c", time_s: 0, planned: 0, landed: 0, lead: 0 },
    { ...LINE, n: 4, landed: null, chunk: null, planned: null, latest: 29, status: "lost", lead: null },
  ]);
  assert.deepEqual(rows.map((row) => row.cue), ["0c", "note D3", "go out", "jam 9.1", "jam 9.1"]);
  assert.deepEqual(rows.map((row) => row.lead), ["at start", "2c", "–", "2c", "–"]);
  assert.deepEqual(rows.map((row) => row.time), ["0:00.000", "–", "–", "0:24.000", "0:24.000"]);
  assert.deepEqual(rows.map((row) => row.isEvent), [false, false, true, false, false]);
  assert.deepEqual(rows.map((row) => row.isLate), [false, false, false, false, true]);
});

test("of many rows, those that did not simply land are always shown", () => {
  const rows = cueRows([...Array(50)].map((_, n) => ({ ...LINE, n, landed: n, status: n === 40 ? "late" : "landed" })));
  const shown = shortened(rows, 5);
  assert.deepEqual(shown.map((row) => row.n), [0, 1, 2, 3, 40]);
  assert.equal(shortened(rows, 50).length, 50);
});

test("notes list everything that went wrong", () => {
  const rows = noteRows({
    ...REPORT,
    ended_well: false,
    failures: ["video.mp4: the disk is full"],
    stalls: [{ chunk: 3, seconds: 1.25 }],
    refused: ["schedule_prompt: the queue is full"],
    notes: ["the connection was lost: reset"],
  });
  assert.deepEqual(rows.map((row) => row.level), ["warning", "warning", "warning", "warning", "note"]);
  assert.equal(rows[2].text, "The video stalled for 1.3 s at chunk 3.");
});

test("a journal is read without its header, its repetitions and what is cut off", () => {
  const lines = [
    { "helios-journal": 2 },
    { n: 1, at: 300000000, event: { at: 300000000, stage: "simulated", fades: null, detail: "", kind: "ready" } },
    { n: 2, at: 300000000, event: { kind: "state", at: 300000000 } },
    { n: 3, at: 1375000000, texts: ["A long text"], command: { prompt: "@0", chunk: 3, kind: "schedule_prompt" } },
    { n: 4, at: 1375000000, command: { prompt: "@@home", chunk: 4, kind: "schedule_prompt" } },
    { n: 5, at: 61000000000, end: "the score is over" },
  ];
  const rows = journalRows(`${lines.map((line) => JSON.stringify(line)).join("\n")}\n{"n":6,"at`);
  assert.deepEqual(rows, [
    { time: "0:00.000", way: "in", kind: "ready", detail: "stage simulated" },
    { time: "0:01.075", way: "out", kind: "schedule prompt", detail: "prompt A long text · chunk 3" },
    { time: "0:01.075", way: "out", kind: "schedule prompt", detail: "prompt @home · chunk 4" },
    { time: "1:00.700", way: "end", kind: "end", detail: "the score is over" },
  ]);
});

test("a run on several stages reports their spread, their freezes, and which were lost", () => {
  const stages = [
    { name: "left", verdict: "over", lost: false },
    { name: "right", verdict: "lost", lost: true },
  ];
  const ensemble = { stages, spread_ms: { median: 4.2, p95: 9.6, worst: 20.1 }, freeze_ms: { median: 3, worst: 31.4 }, alignments: 4, cues: [] };
  const report = { ...REPORT, ensemble };
  assert.deepEqual(figure(report, [], "stages"), { name: "stages", value: "right lost", detail: "1 of 2 played on, frozen for up to 31 ms at 4 alignments", mark: "lost" });
  assert.deepEqual(figure(report, [], "spread"), { name: "spread", value: "4 ms", detail: "in the median, 10 ms at p95, 20 ms at worst", mark: "" });
  const none = { ...ensemble, stages: stages.slice(0, 1), spread_ms: null, freeze_ms: null };
  assert.deepEqual(figure({ ...REPORT, ensemble: none }, [], "stages"), { name: "stages", value: "1", detail: "none lost", mark: "landed" });
  assert.equal(figure({ ...REPORT, ensemble: none }, [], "spread"), undefined);
  assert.equal(cueRows([{ ...LINE, stages: ["right"] }])[0].cue, "jam 9.1 on right");
});
