// @ts-check
/** How numbers are written: countdowns, errors in milliseconds, durations, costs and chunks. */

/** The minus of numbers, as wide as a digit; a hyphen is narrower and easily missed. */
export const MINUS = "\u2212";

/**
 * Write what is left of a countdown: tenths below ten seconds, minutes from one minute on. What is
 * over is `0.0`.
 *
 * @param {number} seconds
 */
export function formatCountdown(seconds) {
  if (!(seconds > 0)) return "0.0";
  if (seconds < 9.95) return seconds.toFixed(1);
  const whole = Math.round(seconds);
  return whole < 60 ? String(whole) : formatDuration(whole);
}

/**
 * Return the unit that belongs to a countdown: `s`, and none if it is written in minutes.
 *
 * @param {number} seconds
 */
export function countdownUnit(seconds) {
  return Math.round(seconds) < 60 ? "s" : "";
}

/**
 * Return the class of a countdown: one with hours is written smaller.
 *
 * @param {number} seconds
 */
export function countdownLook(seconds) {
  return Math.round(seconds) < 600 ? "count" : "count long";
}

/**
 * Write a duration as `4:10` or `1:02:03`.
 *
 * @param {number} seconds
 */
export function formatDuration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const rest = String(whole % 60).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

/**
 * Write an error in whole milliseconds with its direction: `+250`, `−625`, `0`.
 *
 * @param {number} ms
 */
export function formatSigned(ms) {
  const whole = Math.round(Math.abs(ms));
  if (whole === 0) return "0";
  return (ms > 0 ? "+" : MINUS) + whole;
}

/**
 * Return the class of an error: `late`, `early`, or `soft` for less than half a millisecond.
 *
 * @param {number} ms
 */
export function toneOf(ms) {
  const whole = Math.round(ms);
  return whole > 0 ? "late" : whole < 0 ? "early" : "soft";
}

/**
 * Write a cost in dollars, the currency of `--price`.
 *
 * @param {number} cost
 */
export function formatCost(cost) {
  return `$${cost.toFixed(2)}`;
}

/**
 * Write a tempo: `120.0`.
 *
 * @param {number} bpm
 */
export function formatTempo(bpm) {
  return bpm.toFixed(1);
}

/**
 * Write a chunk, or the range of chunks that is possible: `c17`, `c15…29`, `c15…`, empty if
 * nothing is known.
 *
 * @param {{landed: number | null, chunk: number | null, planned: number | null,
 *   earliest: number | null, latest: number | null, status: string}} line
 */
export function formatChunk(line) {
  const known = line.landed ?? line.chunk ?? line.planned;
  if (line.status !== "open" && known !== null) return `c${known}`;
  const { earliest, latest } = line;
  if (earliest !== null && latest !== null) {
    return earliest === latest ? `c${earliest}` : `c${earliest}…${latest}`;
  }
  if (earliest !== null) return `c${earliest}…`;
  if (latest !== null) return `c…${latest}`;
  return known === null ? "" : `c${known}`;
}

/**
 * Shorten a text to `most` characters, with an ellipsis.
 *
 * @param {string} text
 * @param {number} most
 */
export function shorten(text, most) {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("").trimEnd()}…`;
}
