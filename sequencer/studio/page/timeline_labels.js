// @ts-check
/**
 * Where the texts of the timeline go: wrapped, shortened, and never on top of each other.
 *
 * @typedef {(text: string) => number} Measure Returns the width of a text in pixels.
 */

/**
 * Shorten a text to a width. The result is empty if not even one character and the ellipsis fit.
 *
 * @param {string} text
 * @param {number} width
 * @param {Measure} measure
 */
export function shortenTo(text, width, measure) {
  if (measure(text) <= width) return text;
  const characters = [...text];
  let low = 0;
  let high = characters.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(`${characters.slice(0, middle).join("").trimEnd()}…`) <= width) low = middle;
    else high = middle - 1;
  }
  const kept = characters.slice(0, low).join("").trimEnd();
  return kept === "" || measure(`${kept}…`) > width ? "" : `${kept}…`;
}

/** How many times as wide another stretch must be for a text to move there. */
const KEEP = 1.4;
/** Characters between which a line may break although there is no space. */
const BREAKS_ANYWHERE = /[\u2e80-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]/u;

/**
 * Return the pieces of a text between which a line may break. Each ends with its spaces.
 *
 * @param {string} text
 */
function pieces(text) {
  /** @type {string[]} */
  const found = [];
  for (const word of text.split(/(?<=\s)(?=\S)/u)) {
    if (!BREAKS_ANYWHERE.test(word)) found.push(word);
    else found.push(...(word.match(/[\u2e80-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]|[^\u2e80-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]+/gu) ?? []));
  }
  return found;
}

/**
 * Wrap a text into at most `most` lines; the last one ends with an ellipsis if some is left.
 *
 * @param {string} text
 * @param {number} width
 * @param {number} most
 * @param {Measure} measure
 * @param {number} [indent] By how much the first line is shorter.
 * @returns {string[]}
 */
export function wrapText(text, width, most, measure, indent = 0) {
  const parts = pieces(text.trim().replace(/\s+/gu, " "));
  /** @type {string[]} */
  const lines = [];
  let at = 0;
  while (at < parts.length && lines.length < most) {
    const room = lines.length === 0 ? width - indent : width;
    if (lines.length === most - 1) {
      lines.push(shortenTo(parts.slice(at).join("").trimEnd(), room, measure));
      break;
    }
    let line = parts[at];
    at += 1;
    while (at < parts.length && measure((line + parts[at]).trimEnd()) <= room) {
      line += parts[at];
      at += 1;
    }
    line = line.trimEnd();
    lines.push(measure(line) <= room ? line : shortenTo(line, room, measure));
  }
  return lines.filter((line) => line !== "");
}

/**
 * Return the widest stretch between the lines that cross a block, for its text. The stretch after
 * the same line as before is kept until another one is clearly wider, so that the text does not
 * jump back and forth.
 *
 * @param {number} from The left edge of the block, in pixels.
 * @param {number} to The right edge.
 * @param {readonly {x: number, name: string}[]} lines Lines, in any order.
 * @param {string} [before] The name of the line that the text followed last; empty for the edge.
 * @returns {{from: number, to: number, after: string}}
 */
export function widestStretch(from, to, lines, before = undefined) {
  const cuts = lines.filter(({ x }) => x > from && x < to).sort((a, b) => a.x - b.x);
  const stretches = [{ x: from, name: "" }, ...cuts].map(({ x, name }, index) => ({
    from: x,
    to: cuts[index]?.x ?? to,
    after: name,
  }));
  let best = stretches[0];
  for (const one of stretches) {
    if (one.to - one.from > best.to - best.from) best = one;
  }
  const kept = stretches.find((one) => one.after === before);
  return kept !== undefined && (kept.to - kept.from) * KEEP >= best.to - best.from ? kept : best;
}

/** Intervals of a row that are taken, so that the next label can go elsewhere or be left out. */
export class Row {
  constructor() {
    /** @type {[number, number][]} */
    this.taken = [];
  }

  /**
   * Return whether an interval is free.
   *
   * @param {number} from
   * @param {number} to
   */
  isFree(from, to) {
    return this.taken.every(([start, end]) => from >= end || to <= start);
  }

  /**
   * Take an interval if it is free.
   *
   * @param {number} from
   * @param {number} to
   */
  take(from, to) {
    if (!this.isFree(from, to)) return false;
    this.taken.push([from, to]);
    return true;
  }
}

/**
 * Return where flags of one row go so that none covers another: each begins at its line, ends at
 * it where there is no room to the right, or is left out (null). Earlier ones have priority.
 *
 * @param {readonly {x: number, width: number, side?: "left" | "right"}[]} flags
 * @param {number} from The left edge of the row.
 * @param {number} to Its right edge.
 * @returns {({from: number, side: "left" | "right"} | null)[]}
 */
export function placeFlags(flags, from, to) {
  const row = new Row();
  return flags.map(({ x, width, side = "right" }) => {
    const other = side === "right" ? "left" : "right";
    for (const one of /** @type {const} */ ([side, other])) {
      const start = one === "right" ? x : x - width;
      if (start >= from && start + width <= to && row.take(start, start + width)) return { from: start, side: one };
    }
    return null;
  });
}
