import assert from "node:assert/strict";
import { test } from "node:test";

import { Announcements } from "../../../../sequencer/studio/page/announcements.js";

const S = 1e9;
const GO = { state: "ready", name: "out", target: { section: "outro", bar: 7, chunk: 15, deadline_at: null } };

function state(more = {}) {
  return {
    run: "a",
    next: { line: 3, place: "jam 9.1", what: "Rain.", shown_at: 10 * S },
    clock: { beat_ns: S / 2, beats_per_bar: 4 },
    playback: { paused: false, chunk_ns: 1.5 * S },
    go: GO,
    alerts: [],
    ...more,
  };
}

test("the next cue is announced at two bars and at one, and never on every tick", () => {
  const announcements = new Announcements();
  const polite = [];
  for (let now = 0; now < 12 * S; now += S / 4) polite.push(...announcements.update(state(), now).polite);
  assert.deepEqual(polite, ["jam 9.1 in 2 bars: Rain.", "jam 9.1 in 1 bar: Rain."]);
});

test("a cue that comes suddenly is announced once", () => {
  const announcements = new Announcements();
  assert.deepEqual(announcements.update(state(), 9 * S).polite, ["jam 9.1 in 1 bar: Rain."]);
  assert.deepEqual(announcements.update(state(), 9.5 * S).polite, []);
  const other = state({ next: { line: 4, place: "outro 1.1", what: "Away.", shown_at: 11 * S } });
  assert.deepEqual(announcements.update(other, 9.6 * S).polite, ["outro 1.1 in 1 bar: Away."]);
});

test("without bars, chunks are counted", () => {
  const announcements = new Announcements();
  assert.deepEqual(announcements.update(state({ clock: null }), 7 * S + 1).polite, ["jam 9.1 in 2 chunks: Rain."]);
});

test("nothing is announced while the run is paused", () => {
  const announcements = new Announcements();
  const paused = state({ playback: { paused: true, chunk_ns: S } });
  assert.deepEqual(announcements.update(paused, 9 * S).polite, []);
});

test("GO is announced when it is accepted", () => {
  const announcements = new Announcements();
  announcements.update(state(), 0);
  const accepted = state({ go: { ...GO, state: "accepted" } });
  assert.deepEqual(announcements.update(accepted, 0).polite, ["GO accepted: outro at bar 7"]);
  assert.deepEqual(announcements.update(accepted, 1).polite, []);
});

test("an alert is announced once, and again only after it was over", () => {
  const announcements = new Announcements();
  const alert = { id: "clock", level: "error", title: "Clock lost", text: "Bars run on.", actions: [] };
  const wrong = state({ alerts: [alert] });
  assert.deepEqual(announcements.update(wrong, 0).assertive, ["Clock lost. Bars run on."]);
  assert.deepEqual(announcements.update(wrong, 1).assertive, []);
  assert.deepEqual(announcements.update(state(), 2).assertive, []);
  assert.deepEqual(announcements.update(wrong, 3).assertive, ["Clock lost. Bars run on."]);
});

test("a new run begins anew, without announcing what was accepted before the page was opened", () => {
  const announcements = new Announcements();
  const accepted = state({ go: { ...GO, state: "accepted" } });
  assert.deepEqual(announcements.update(accepted, 0).polite, []);
});
