// @ts-check
/**
 * What the report of a run says, as rows and figures.
 *
 * @typedef {import("./protocol.d.ts").Line} Line
 *
 * @typedef {object} Figure One figure of the summary.
 * @property {string} name
 * @property {string} value
 * @property {string} detail
 * @property {"" | "landed" | "late" | "lost" | "warning"} mark
 *
 * @typedef {object} Row One cue, or something that happened between cues.
 * @property {number} n
 * @property {Line["status"]} status
 * @property {string} cue
 * @property {string} what
 * @property {string} reason
 * @property {string} time
 * @property {string} planned
 * @property {string} landed
 * @property {number | null} error_ms
 * @property {string} lead
 * @property {boolean} isEvent Whether it is not a cue.
 * @property {boolean} isLate Whether it is highlighted: late, lost or refused.
 *
 * @typedef {object} JournalRow
 * @property {string} time
 * @property {"in" | "out" | "end"} way
 * @property {string} kind
 * @property {string} detail
 */

import { onStages } from "./cue_rows.js";
import { formatCost } from "./format.js";
import { Grid, formatTime } from "./timeline_grid.js";
import { ratio } from "./timeline_model.js";

/** What a command or an event has in the journal besides what it is about. */
const JOURNAL_FIELDS = new Set(["kind", "at"]);
/** Events that repeat what others report, many times a second. */
const REPETITIVE = new Set(["state", "chunk_shown", "wake_at", "woke", "clock_fit", "boundary_fit", "pictures"]);
/** The longest detail of a journal row, in characters. */
const MAX_DETAIL = 300;

/**
 * Write a number of things.
 *
 * @param {number} count
 * @param {string} noun
 */
export function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * Return what the summary says about the cues.
 *
 * @param {readonly Line[]} lines
 * @returns {Figure}
 */
function cueFigure(lines) {
  /** @type {Record<string, number>} */
  const count = {};
  for (const line of lines) count[line.status] = (count[line.status] ?? 0) + 1;
  const landed = count.landed ?? 0;
  const late = count.late ?? 0;
  const lost = (count.lost ?? 0) + (count.refused ?? 0);
  const aside = (count.skipped ?? 0) + (count.replaced ?? 0);
  const unreached = lines.length - landed - late - lost - aside;
  const due = lines.length - aside;
  const parts = [late > 0 ? `${late} landed late` : "", lost > 0 ? `${lost} lost` : "none lost"];
  if (unreached > 0) parts.push(`${unreached} not reached`);
  if (aside > 0) parts.push(`${aside} left out`);
  return {
    name: "cues",
    value: `${landed} of ${due} as planned`,
    detail: parts.filter((part) => part !== "").join(", "),
    mark: lost > 0 ? "lost" : late > 0 ? "late" : "landed",
  };
}

/**
 * Return where a live section was left, as `bar 14 of jam`.
 *
 * @param {any} move
 * @param {any} plot
 */
function exitPlace(move, plot) {
  const band = plot?.bands.find(
    (/** @type {any} */ one) => one.section === move.section && Math.abs(ratio(one.end) - move.chunk) <= 1,
  );
  const group = band?.bars.at(-1);
  if (group === undefined) return `chunk ${move.chunk}`;
  return `bar ${group.bar + group.count} of ${band.name}`;
}

/**
 * Return the figures of the summary.
 *
 * @param {any} report The content of `report.json`.
 * @param {readonly Line[]} lines
 * @param {any} plot The timeline of the run, if it is known.
 * @returns {Figure[]}
 */
export function summarise(report, lines, plot) {
  const figures = [cueFigure(lines.filter((line) => line.n >= 0))];
  const { summary, chunks, takes } = report;
  const grid = plot ? new Grid(plot.grid.frames, ratio(plot.grid.fps), plot.grid.first, plot.grid.cuts) : null;
  const made = chunks - (report.first_chunk ?? 0);
  const parts = [counted(made, "chunk"), counted(takes, "take")];
  if (grid !== null) parts.push(`${grid.fps.toFixed(1)} fps`);
  const stalled = summary.stalled_seconds;
  if (stalled > 0) parts.push(`stalled for ${stalled.toFixed(1)} s`);
  const seconds = grid === null ? null : grid.boundary(chunks) - grid.boundary(report.first_chunk ?? 0);
  figures.push({
    name: "length",
    value: seconds === null ? counted(made, "chunk") : `${seconds.toFixed(1)} s`,
    detail: parts.slice(seconds === null ? 1 : 0).join(", "),
    mark: stalled > 0 ? "warning" : "",
  });
  const error = summary.snap_error_ms;
  if (error !== null) {
    const beyond = summary.beyond_the_snap_ms;
    figures.push({
      name: "snap error",
      value: `${Math.round(error.mean)} ms on average`,
      detail: `${Math.round(error.worst)} ms at worst${beyond === null ? "" : `, the clock adds ${beyond.median} ms`}`,
      mark: "",
    });
  }
  if (report.ensemble) figures.push(...stageFigures(report.ensemble));
  const exit = report.moves.findLast((/** @type {any} */ move) => move.what === "exit" && move.status === "landed");
  if (exit !== undefined) {
    const waited = exit.waited_ms === null ? "" : `${(exit.waited_ms / 1000).toFixed(1)} s after `;
    figures.push({ name: "GO", value: exitPlace(exit, plot), detail: `${waited}${exit.place}`, mark: "" });
  }
  const billed = report.measured?.billed_seconds;
  if (billed > 0) {
    const time = formatTime(billed, 0);
    const { cost } = report;
    figures.push({ name: "billed", value: cost > 0 ? formatCost(cost) : time, detail: cost > 0 ? `${time} of session` : "of session", mark: "" });
  }
  const lost = report.clock_lost;
  if (lost) {
    const times = lost.times === 1 ? "once" : `${lost.times} times`;
    figures.push(
      lost.times === 0
        ? { name: "clock lost", value: "never", detail: "", mark: "landed" }
        : { name: "clock lost", value: times, detail: `for ${lost.seconds.toFixed(1)} s${lost.times === 1 ? "" : " in all"}`, mark: "warning" },
    );
  }
  return figures;
}

/**
 * Return what the summary says about the stages of a run together.
 *
 * @param {any} ensemble What `finished_stages.py` describes.
 * @returns {Figure[]}
 */
function stageFigures({ stages, spread_ms: spread, freeze_ms: freeze, alignments }) {
  const lost = stages.filter((/** @type {any} */ one) => one.lost).map((/** @type {any} */ one) => one.name);
  /** @type {Figure[]} */
  const figures = [];
  const isWhole = lost.length === 0;
  const waits = freeze === null ? "" : `frozen for up to ${Math.round(freeze.worst)} ms at ${counted(alignments, "alignment")}`;
  figures.push({
    name: "stages",
    value: isWhole ? String(stages.length) : `${lost.join(", ")} lost`,
    detail: [isWhole ? "none lost" : `${stages.length - lost.length} of ${stages.length} played on`, waits].filter((one) => one !== "").join(", "),
    mark: isWhole ? "landed" : "lost",
  });
  if (spread !== null) {
    const detail = `in the median, ${Math.round(spread.p95)} ms at p95, ${Math.round(spread.worst)} ms at worst`;
    figures.push({ name: "spread", value: `${Math.round(spread.median)} ms`, detail, mark: "" });
  }
  return figures;
}

/**
 * Return the rows of the table of cues, in the order in which they acted.
 *
 * @param {readonly Line[]} lines
 * @returns {Row[]}
 */
export function cueRows(lines) {
  const chunkOf = (/** @type {Line} */ line) => line.landed ?? line.chunk ?? line.planned ?? line.latest ?? Infinity;
  return [...lines]
    .sort((a, b) => chunkOf(a) - chunkOf(b) || (a.time_s ?? 0) - (b.time_s ?? 0) || a.n - b.n)
    .map((line) => ({
      n: line.n,
      status: line.status,
      cue: `${line.fired !== "" ? line.fired : `${line.section} ${line.place}`} ${onStages(line)}`.trim(),
      what: line.what,
      reason: line.reason,
      time: line.time_s === null ? "–" : formatTime(line.time_s, 3),
      planned: line.planned === null || line.n < 0 ? "–" : String(line.planned),
      landed: line.landed === null ? "–" : String(line.landed),
      error_ms: line.error_ms,
      lead: line.landed === 0 ? "at start" : line.lead === null ? "–" : `${line.lead}c`,
      isEvent: line.n < 0,
      isLate: line.status === "late" || line.status === "lost" || line.status === "refused",
    }));
}

/**
 * Return the rows to show of many: all that did not simply land, and of the others the first ones.
 *
 * @param {readonly Row[]} rows
 * @param {number} most
 * @returns {Row[]}
 */
export function shortened(rows, most) {
  if (rows.length <= most) return [...rows];
  const odd = rows.filter((row) => row.status !== "landed").length;
  let left = Math.max(0, most - odd);
  return rows.filter((row) => row.status !== "landed" || left-- > 0);
}

/**
 * Return the notes of a run: what it noted, files that could not be written, what was refused, and
 * where the video stalled.
 *
 * @param {any} report
 * @returns {{level: "note" | "warning", text: string}[]}
 */
export function noteRows(report) {
  /** @type {{level: "note" | "warning", text: string}[]} */
  const rows = [{ level: report.ended_well ? "note" : "warning", text: `The run ended: ${report.ended}.` }];
  for (const text of report.failures ?? []) rows.push({ level: "warning", text });
  for (const stall of report.stalls) {
    rows.push({ level: "warning", text: `The video stalled for ${stall.seconds.toFixed(1)} s at chunk ${stall.chunk}${stall.stage ? ` on ${stall.stage}` : ""}.` });
  }
  for (const refused of report.refused) rows.push({ level: "warning", text: `Refused: ${refused}` });
  for (const text of report.notes) rows.push({ level: "note", text });
  return rows;
}

/**
 * Return the records of a journal that say something. A record that is not complete is left out:
 * only the beginning of a long journal is read.
 *
 * @param {string} text JSON Lines.
 * @returns {JournalRow[]}
 */
export function journalRows(text) {
  /** @type {JournalRow[]} */
  const rows = [];
  /** @type {number | undefined} The clock of a run in real time does not begin at zero. */
  let start;
  /** @type {string[]} Long texts, which later records name as `@0`. */
  const texts = [];
  const resolve = (/** @type {unknown} */ value) => {
    if (typeof value !== "string") return JSON.stringify(value);
    if (value.startsWith("@@")) return value.slice(1);
    return value.startsWith("@") ? (texts[Number(value.slice(1))] ?? value) : value;
  };
  for (const line of text.split("\n").slice(1)) {
    /** @type {any} */
    let record;
    try {
      record = JSON.parse(line);
    } catch {
      continue; // the last line, cut off where reading ended
    }
    if (record.at === undefined) continue;
    texts.push(...(record.texts ?? []));
    const since = (start ??= record.at);
    const time = formatTime((record.at - since) / 1e9, 3);
    if (record.end !== undefined) rows.push({ time, way: "end", kind: "end", detail: record.end });
    const body = record.event ?? record.command;
    if (body === undefined || REPETITIVE.has(body.kind)) continue;
    const fields = Object.entries(body).filter(([key, value]) => !JOURNAL_FIELDS.has(key) && value !== null && value !== "");
    const detail = fields.map(([key, value]) => `${key} ${resolve(value)}`).join(" · ");
    rows.push({
      time,
      way: record.event === undefined ? "out" : "in",
      kind: body.kind.replaceAll("_", " "),
      detail: detail.length > MAX_DETAIL ? `${detail.slice(0, MAX_DETAIL)}…` : detail,
    });
  }
  return rows;
}
