// @ts-check
/** What hints and buttons of fixes are called, and how wide they are: without an editor. */

/** A snap error in the text of a hint. */
const ERROR = /([+−])(\d+) ms/g;

/**
 * Return the parts of a hint, each with its look: `late`, `early` or none.
 *
 * @param {string} text As in the message, `⟶ c17 · −625 ms`.
 * @returns {{text: string, look: "" | "late" | "early"}[]}
 */
export function hintParts(text) {
  const shown = text.replace(/^⟶ /, "");
  /** @type {{text: string, look: "" | "late" | "early"}[]} */
  const parts = [];
  let at = 0;
  for (const match of shown.matchAll(ERROR)) {
    if (match.index > at) parts.push({ text: shown.slice(at, match.index), look: "" });
    parts.push({ text: match[0], look: match[1] === "+" ? "late" : "early" });
    at = match.index + match[0].length;
  }
  if (at < shown.length) parts.push({ text: shown.slice(at), look: "" });
  return parts;
}

/**
 * Return how much room a hint needs, as the number of a class: 1 to 4.
 *
 * @param {string} text
 */
export function hintWidth(text) {
  return text.length <= 10 ? 1 : text.length <= 19 ? 2 : text.length <= 32 ? 3 : 4;
}

/**
 * Return what the button of a fix is called.
 *
 * @param {readonly {from: number, to: number, text: string}[]} edits
 */
export function fixLabel(edits) {
  if (edits.length !== 1) return "Fix";
  const [{ from, to, text }] = edits;
  const shown = text.trim();
  if (shown === "" && to > from) return "Remove";
  if (shown === "" || shown.length > 24 || shown.includes("\n")) return "Fix";
  return to > from ? `Write ${shown}` : `Add ${shown}`;
}

/**
 * Return a message with a capital letter at its beginning and a full stop at its end.
 *
 * @param {string} text
 */
export function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}

/**
 * Return the delivery whose prompt is on screen, for the line to highlight; null for none.
 *
 * @param {readonly import("./protocol.d.ts").Line[]} lines
 * @param {number} chunk The chunk that is seen.
 */
export function playingLine(lines, chunk) {
  let best = null;
  for (const line of lines) {
    const landed = line.landed;
    if (line.line < 1 || landed === null || landed > chunk) continue;
    if (!line.kinds.includes("prompt")) continue;
    if (best === null || landed >= (best.landed ?? 0)) best = line;
  }
  return best;
}
