import assert from "node:assert/strict";
import { test } from "node:test";

const PAGE = "../../../../sequencer/studio/page";

globalThis.document = { createTreeWalker: () => ({}) }; // all that lit-html needs before it draws
const { improvised, stepOffset } = await import(`${PAGE}/operator_commands.js`);
const { hasScore } = await import(`${PAGE}/controls.js`);
const { qrPath } = await import(`${PAGE}/links.js`);
const { describeRevision, mustConfirm } = await import(`${PAGE}/title.js`);

test("an improvised prompt is quoted and waits for the bar", () => {
  assert.equal(improvised("prompt", 'She says "now".\n C:\\', "bar"), 'prompt "She says \\"now\\". C:\\\\" at next bar');
  assert.equal(improvised("sr", "4x", "now"), "sr 4x");
  assert.equal(improvised("strength", "0.5", "4 bars"), "strength 0.5 at next 4 bars");
  assert.equal(improvised("image", "a b.png", "beat"), 'image "a b.png" at next beat');
});

test("an offset stays within its limits", () => {
  assert.equal(stepOffset(0, -10), -10);
  assert.equal(stepOffset(9995, 10), 10_000);
  assert.equal(stepOffset(3.6, 10), 14);
});

test("a QR code is drawn row by row", () => {
  assert.equal(qrPath(["1101", "0000", "0111"]), "M0 0h2v1h-2zM3 0h1v1h-1zM1 2h3v1h-3z");
});

test("ending a run and beginning a show need a second press", () => {
  assert.equal(mustConfirm("edit", "rehearse"), false);
  assert.equal(mustConfirm("edit", "show"), true);
  assert.equal(mustConfirm("report", "edit"), false);
  for (const to of ["edit", "report", "show"]) assert.equal(mustConfirm("rehearse", to), true);
});

test("the tag shows which revision plays and which was offered", () => {
  const score = { file: "a.score", version: 3, revision: 1, dirty: false, changed_on_disk: false };
  const state = { score, revisions: [], mode: "show" };
  assert.equal(describeRevision(state).text, "revision 1");
  assert.equal(describeRevision({ ...state, score: { ...score, dirty: true } }).text, "revision 1 · not saved");
  const offered = { ...state, revisions: [{ number: 2, state: "offered" }] };
  assert.equal(describeRevision(offered).text, "▲ revision 2 offered · revision 1 plays");
  assert.equal(describeRevision({ ...state, score: { ...score, file: "", version: 0 } }), null);
  assert.equal(describeRevision({ ...state, score: { ...score, changed_on_disk: true } }).text, "● changed on disk");
});

test("a new score is open once it has a text", () => {
  const score = { file: "", version: 1, text: "" };
  assert.equal(hasScore({ score }), false);
  assert.equal(hasScore({ score: { ...score, text: 'at 0c "A tram."' } }), true);
  assert.equal(hasScore({ score: { ...score, version: 2 } }), true, "its text was deleted");
  assert.equal(hasScore({ score: { ...score, file: "a.score" } }), true);
});
