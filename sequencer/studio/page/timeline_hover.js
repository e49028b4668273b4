// @ts-check
/**
 * What is at a position of the timeline, for the box that follows the pointer and for clicks.
 *
 * @typedef {import("./timeline_model.js").Model} Model
 * @typedef {import("./timeline_model.js").Mark} Mark
 * @typedef {import("./timeline_lanes.js").LaneName} LaneName
 * @typedef {import("./timeline_lanes.js").Layout} Layout
 */

import { formatTime } from "./timeline_grid.js";
import { valueOf } from "./timeline_lanes.js";
import { promptLanes, spansIn } from "./timeline_model.js";
import { signed } from "./timeline_paint.js";
import { intervalAt, lowerBound, nearest, upperBound } from "./timeline_ranges.js";
import { STATUS_WORDS } from "./timeline_shapes.js";

/** How far from a mark a click may be, in pixels. */
const REACH = 11;

/**
 * Return the lane at a height.
 *
 * @param {Layout} layout
 * @param {number} y
 * @returns {LaneName | null}
 */
export function laneAt(layout, y) {
  for (const [name, lane] of Object.entries(layout.lanes)) {
    if (lane !== undefined && y >= lane.y && y < lane.y + lane.h) return /** @type {LaneName} */ (name);
  }
  return null;
}

/**
 * Return the bar and beat at a position, as `9.1`; empty without bars.
 *
 * @param {Model} model
 * @param {number} chunk
 */
export function barAt(model, chunk) {
  const { at, numbers, beats } = model.bars;
  const index = upperBound(at, chunk) - 1;
  if (index < 0) return "";
  const beat = upperBound(beats, chunk) - upperBound(beats, at[index]);
  return `${numbers[index]}.${beat + 1}`;
}

/**
 * Return the cue that a click at a position is about.
 *
 * @param {Model} model
 * @param {LaneName | null} lane
 * @param {number} chunk
 * @param {number} per The width of a chunk, in pixels.
 * @returns {Mark | null}
 */
export function markAt(model, lane, chunk, per) {
  if (lane !== null && valueOf(lane) === "prompt") {
    const { starts, ends, items } = spansIn(model, lane);
    const index = intervalAt(starts, ends, chunk);
    if (index < 0) return null;
    const start = items[index].start;
    return model.prompts.get(`${lane} ${start}`) ?? markOn(model, lane, start);
  }
  if (lane === "input") {
    const index = nearest(model.inputs.at, chunk, REACH / per);
    return index < 0 ? null : model.inputs.items[index];
  }
  // The mark of a status is drawn to the right of its line.
  const index = nearest(model.marks.at, lane === "status" ? chunk - 6 / per : chunk, REACH / per);
  return index < 0 ? null : model.marks.items[index];
}

/**
 * Return the cue on a chunk whose prompt a lane shows.
 *
 * @param {Model} model
 * @param {LaneName} lane
 * @param {number} chunk
 */
function markOn(model, lane, chunk) {
  const { at, items } = model.marks;
  const found = items.slice(lowerBound(at, chunk), upperBound(at, chunk));
  return found.find((mark) => promptLanes(mark, model).includes(lane)) ?? null;
}

/**
 * Return what the box next to the pointer shows: where it is, and what is there.
 *
 * @param {Model} model
 * @param {LaneName | null} lane
 * @param {number} chunk
 * @param {number} per The width of a chunk, in pixels.
 * @returns {{where: string, what: string, text: string}}
 */
export function describeAt(model, lane, chunk, per) {
  const whole = Math.min(model.end - 1, Math.max(0, Math.floor(chunk)));
  const parts = [`chunk ${whole}`, formatTime(model.grid.secondsOf(chunk), 3)];
  const band = model.bands.items[intervalAt(model.bands.starts, model.bands.ends, chunk)];
  const bar = barAt(model, chunk);
  if (band !== undefined && (band.name !== "" || bar !== "")) parts.push(`${band.name} ${bar}`.trim());
  const where = parts.join(" · ");
  if (lane === "section") return { where, what: band?.name ?? "", text: band?.caption ?? "" };
  if (lane === "out") {
    const index = nearest(model.messages.at, chunk, REACH / per);
    return { where, what: "", text: index < 0 ? "" : model.messages.items[index].full };
  }
  if (lane === "sound") return { where, what: "", text: model.sound?.full ?? "" };
  const value = lane === null ? null : valueOf(lane);
  if (lane !== null && value !== null && ["image", "strength", "sr", "take"].includes(value)) {
    const { starts, ends, items } = spansIn(model, lane);
    return { where, what: "", text: items[intervalAt(starts, ends, chunk)]?.full ?? "" };
  }
  const mark = markAt(model, lane, chunk, per);
  const prompts = spansIn(model, lane ?? "prompt");
  const prompt = prompts.items[intervalAt(prompts.starts, prompts.ends, chunk)];
  const text = value === "prompt" ? (prompt?.full ?? "") : (mark?.what ?? "");
  return { where, what: mark === null ? "" : describeMark(mark), text };
}

/**
 * Return a cue in one line: its place, its chunk, how far off it is, and its outcome.
 *
 * @param {Mark} mark
 */
export function describeMark(mark) {
  const parts = [mark.label, mark.stages === null ? "" : `on ${mark.stages.join(", ")}`];
  parts.push(mark.range === "" ? `chunk ${mark.chunk}` : `chunk ${mark.range}`);
  if (mark.error_ms !== null && mark.fired === "") parts.push(`${signed(mark.error_ms)} ms`);
  const status = mark.status === "landed" ? "landed" : STATUS_WORDS[mark.status];
  if (mark.n >= 0) parts.push(status);
  if (mark.reason !== "") parts.push(mark.reason);
  if (mark.changed) parts.push("changed");
  return parts.filter((one) => one !== "").join(" · ");
}
