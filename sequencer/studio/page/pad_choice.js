// @ts-check
/** Which pads are shown, which keys they have, and what is written on them. */

import { PAD_CODES } from "./key_table.js";

/** @typedef {import("./protocol.d.ts").Pad} Pad */

/**
 * Return the pads in the order of their keys. It depends on the score alone, not on what plays:
 * a pad must not move while the show goes on.
 *
 * GO fires the `go` that leaves a live section, so it needs no pad, unless that section has several.
 * What leaves a section comes last: it is the least likely to be meant by a wrong key.
 *
 * @param {readonly Pad[]} pads
 * @returns {Pad[]}
 */
export function choosePads(pads) {
  const exits = pads.filter((pad) => pad.leaves && pad.kind === "go");
  /** @param {Pad} pad */
  const isOnGo = (pad) =>
    exits.includes(pad) &&
    !exits.some((other) => other !== pad && sharesSection(other, pad));
  const shown = pads.filter((pad) => !isOnGo(pad));
  return [...shown.filter((pad) => !pad.leaves), ...shown.filter((pad) => pad.leaves)];
}

/**
 * @param {Pad} one
 * @param {Pad} other
 */
function sharesSection(one, other) {
  if (one.sections.length === 0 || other.sections.length === 0) return true;
  return one.sections.some((section) => other.sections.includes(section));
}

/**
 * Return the position on the keyboard of a pad's key, or null: pads beyond the last key have none.
 *
 * @param {number} number The number of the pad, from 0.
 */
export function padCode(number) {
  return PAD_CODES[number] ?? null;
}

/**
 * Whether a pad is a fader: it sends the values of a controller.
 *
 * @param {Pad} pad
 */
export function isFader(pad) {
  return pad.command.endsWith("=");
}

/**
 * Return what is written below the name of a pad.
 *
 * @param {Pad} pad
 * @param {{chunk: number, paused: boolean} | null} now Where the run is.
 */
export function padFacts(pad, now) {
  if (!pad.listening) {
    if (pad.sections.length > 0) return `in ${pad.sections.join(", ")}`;
    if (/\bresume\b/.test(pad.label)) return "while paused";
    return "not now";
  }
  if (isJustFired(pad, now)) return `${pad.fired}× · on c${pad.last_chunk}`;
  if (pad.fired > 0) return `fired ${pad.fired}×`;
  return pad.leaves ? "leaves the section" : "";
}

/**
 * Whether a pad keeps the ring of one that has fired: until its chunk is made.
 *
 * @param {Pad} pad
 * @param {{chunk: number} | null} now
 */
export function isJustFired(pad, now) {
  return pad.last_chunk !== null && now !== null && pad.last_chunk >= now.chunk;
}

/** The highest value of a controller. */
export const MAX_VALUE = 127;

/**
 * Return the value at a position on a fader.
 *
 * @param {number} share From 0 (left) to 1.
 */
export function valueAt(share) {
  return Math.round(Math.min(1, Math.max(0, share)) * MAX_VALUE);
}

/**
 * Return the value of a fader after a key, or null if the key has no meaning for it.
 *
 * @param {string} key As in `KeyboardEvent.key`.
 * @param {number} value
 * @param {readonly number[]} thresholds Page Up and Page Down go just beyond the next of them.
 */
export function valueAfterKey(key, value, thresholds) {
  const clamp = (/** @type {number} */ next) => Math.min(MAX_VALUE, Math.max(0, next));
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return clamp(value + 1);
    case "ArrowLeft":
    case "ArrowDown":
      return clamp(value - 1);
    case "PageUp": {
      const above = thresholds.filter((one) => one >= value).sort((a, b) => a - b)[0];
      return clamp(above === undefined ? value + 16 : above + 1);
    }
    case "PageDown": {
      const below = thresholds.filter((one) => one <= value).sort((a, b) => b - a)[0];
      return clamp(below === undefined ? value - 16 : below - 1);
    }
    case "Home":
      return 0;
    case "End":
      return MAX_VALUE;
    default:
      return null;
  }
}
