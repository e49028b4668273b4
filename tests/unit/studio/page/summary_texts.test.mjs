import assert from "node:assert/strict";
import { test } from "node:test";

import { count, duration, earlyOrLate, markedParts, revisionState, signedError, summaryClock } from "../../../../sequencer/studio/page/summary_texts.js";

test("lengths, numbers and errors are written in words", () => {
  assert.deepEqual([48.125, 204, 3725].map(duration), ["48.1 s", "3:24", "1:02:05"]);
  assert.deepEqual([count(1, "chunk"), count(1200, "chunk")], ["1 chunk", "1,200 chunks"]);
  assert.deepEqual([125, -250.4, 0.2].map(signedError), ["+125 ms", "−250 ms", "exact"]);
  assert.deepEqual([125, -250, -0.3].map(earlyOrLate), ["125 ms late", "250 ms early", "exactly on time"]);
});

test("each kind of clock has a name", () => {
  const clock = (kind, bpm = 120, port = null) => summaryClock({ kind, bpm, port });
  assert.equal(clock("bpm"), "own clock, 120 bpm");
  assert.equal(clock("midi", 120, "Digitakt"), "MIDI clock “Digitakt”, nominal 120 bpm");
  assert.equal(clock("link", 93.333333), "Link, nominal 93.33 bpm");
  assert.equal(clock("mtc", null), "MIDI time code");
  assert.equal(clock("file", null), "clock of a file");
  assert.equal(clock("chunks", null), "no beats: chunks");
});

test("a text is cut where it was changed", () => {
  assert.deepEqual(markedParts("abcdef", [[1, 3], [4, 6]]), [
    { text: "a", changed: false },
    { text: "bc", changed: true },
    { text: "d", changed: false },
    { text: "ef", changed: true },
  ]);
  assert.deepEqual(markedParts("ab", []), [{ text: "ab", changed: false }]);
});

const revision = (state, more = {}) => ({ number: 2, state, chunk: 9, section: "jam", place: "bar 3", reason: "", changes: [], deadline_at: null, undoable: false, ...more });

test("the strip describes what becomes of an edit", () => {
  const score = { dirty: true, revision: 1 };
  assert.equal(revisionState([], score, 0, true), null);
  const edited = revisionState([], score, 2, true);
  assert.deepEqual([edited.state, edited.title], ["edited", "2 lines changed"]);
  assert.equal(revisionState([], score, 1, false).look, "bad");
  const offered = revisionState([revision("offered", { deadline_at: 5 })], score, 1, true);
  assert.deepEqual([offered.state, offered.text, offered.deadline], ["offered", "for jam bar 3", 5]);
  assert.match(revisionState([revision("taken")], score, 0, true).text, /jam bar 3 · chunk 9/);
  assert.equal(revisionState([revision("refused", { reason: "too near the end" })], score, 0, true).text, "too near the end");
  assert.equal(revisionState([revision("playing", { number: 1 })], score, 0, true), null);
  for (const state of ["offered", "uploading", "taken", "playing", "refused", "replaced"]) {
    assert.equal(revisionState([revision(state)], score, 0, true).state, state);
  }
});
