// @ts-check
/** Operator commands that are more than a fixed text. */

/** How far the offset can go, in milliseconds. */
const MAX_OFFSET_MS = 10_000;

/** @typedef {"now" | "beat" | "bar" | "4 bars"} When For what an improvisation waits. */

/**
 * Return the operator command of an improvisation. Quotes and backslashes are escaped as in a score;
 * line breaks become spaces, because a prompt is one line.
 *
 * @param {"prompt" | "image" | "strength" | "sr" | "goto"} verb
 * @param {string} value
 * @param {When} when
 */
export function improvised(verb, value, when) {
  const quoted = verb === "prompt" || verb === "image";
  const text = value.replace(/\s+/g, " ").trim();
  const written = quoted ? `"${text.replace(/[\\"]/g, (mark) => `\\${mark}`)}"` : text;
  return `${verb} ${written}${when === "now" ? "" : ` at next ${when}`}`;
}

/**
 * Return the offset after a step, in whole milliseconds.
 *
 * @param {number} offset
 * @param {number} step
 */
export function stepOffset(offset, step) {
  return Math.min(MAX_OFFSET_MS, Math.max(-MAX_OFFSET_MS, Math.round(offset) + step));
}
