// @ts-check
/** The texts of the summary and of the prompt panel: numbers in words, without a page. */

/**
 * Return a number with its noun.
 *
 * @param {number} number
 * @param {string} noun
 */
export const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

/**
 * Return a length as `48.1 s`, `3:24`, or `1:02:05`.
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const end = String(rest).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${end}` : `${minutes}:${end}`;
}

/**
 * Return the clock of a score in words.
 *
 * @param {{kind: string, bpm: number | null, port: string | null}} clock
 */
export function summaryClock({ kind, bpm, port }) {
  const tempo = bpm === null ? "" : `${Number(bpm.toFixed(2))} bpm`;
  const where = port === null ? "" : ` “${port}”`;
  switch (kind) {
    case "bpm":
      return `own clock, ${tempo}`;
    case "midi":
      return `MIDI clock${where}, nominal ${tempo}`;
    case "link":
      return `Link, nominal ${tempo}`;
    case "mtc":
      return `MIDI time code${where}`;
    case "file":
      return tempo === "" ? "clock of a file" : `clock of a file, from ${tempo}`;
    default:
      return "no beats: chunks";
  }
}

/**
 * Return a snap error with its sign, as `+125 ms`; `exact` for less than half of one.
 *
 * @param {number} ms
 */
export function signedError(ms) {
  const rounded = Math.round(ms);
  return rounded === 0 ? "exact" : `${rounded > 0 ? "+" : "−"}${Math.abs(rounded)} ms`;
}

/**
 * Return how a change comes, as `625 ms early`.
 *
 * @param {number} ms
 */
export function earlyOrLate(ms) {
  const rounded = Math.round(ms);
  return rounded === 0 ? "exactly on time" : `${Math.abs(rounded)} ms ${rounded > 0 ? "late" : "early"}`;
}

/**
 * Return a text cut into parts, those in `changed` marked. Positions are UTF-16 code units, in order.
 *
 * @param {string} text
 * @param {readonly (readonly [number, number])[]} changed
 * @returns {{text: string, changed: boolean}[]}
 */
export function markedParts(text, changed) {
  const parts = [];
  let at = 0;
  for (const [from, to] of changed) {
    if (from > at) parts.push({ text: text.slice(at, from), changed: false });
    if (to > from) parts.push({ text: text.slice(from, to), changed: true });
    at = Math.max(at, to);
  }
  if (at < text.length) parts.push({ text: text.slice(at), changed: false });
  return parts;
}

/**
 * Return what the strip below the score says about the text and the versions of the run.
 *
 * @param {readonly import("./protocol.d.ts").Revision[]} revisions
 * @param {{dirty: boolean, revision: number}} score
 * @param {number} changed How many lines were changed.
 * @param {boolean} valid Whether the text has no errors.
 * @returns {{state: string, title: string, text: string, deadline: number | null, look: "live" | "good" | "bad" | "soft"} | null}
 */
export function revisionState(revisions, score, changed, valid) {
  const last = revisions.at(-1);
  if (changed > 0) {
    const title = `${count(changed, "line")} changed`;
    const offered = last?.state === "offered" ? last : null;
    if (!valid) return { state: "edited", title, text: "it has errors, so it cannot take over", deadline: null, look: "bad" };
    const where = offered !== null && offered.place !== "" ? `for ${offered.section} ${offered.place}`.replace("  ", " ") : "";
    return { state: offered === null ? "edited" : "offered", title, text: where, deadline: offered?.deadline_at ?? null, look: "live" };
  }
  if (last === undefined) return null;
  const place = [last.section, last.place].filter((part) => part !== "").join(" ");
  const at = `${place === "" ? "" : `at ${place}`}${last.chunk === null ? "" : ` · chunk ${last.chunk}`}`.trim();
  switch (last.state) {
    case "offered":
      return { state: "offered", title: `Revision ${last.number} is offered`, text: place === "" ? "" : `for ${place}`, deadline: last.deadline_at, look: "live" };
    case "uploading":
      return { state: "uploading", title: `Revision ${last.number}: images are uploaded`, text: "", deadline: null, look: "live" };
    case "taken":
      return { state: "taken", title: `Revision ${last.number} takes over`, text: at, deadline: null, look: "live" };
    case "playing":
      return last.number === 1 ? null : { state: "playing", title: `Revision ${last.number} plays`, text: at, deadline: null, look: "good" };
    case "refused":
      return { state: "refused", title: `Revision ${last.number} was refused`, text: last.reason, deadline: null, look: "bad" };
    default:
      return { state: "replaced", title: `Revision ${last.number} was replaced`, text: "", deadline: null, look: "soft" };
  }
}
