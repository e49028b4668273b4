// @ts-check
/**
 * The colours of the timeline: the custom properties of the theme, or the system's colours where
 * the reader has chosen some (forced colours).
 *
 * @typedef {object} Palette
 * @property {string} panel
 * @property {string} raised
 * @property {string} line
 * @property {string} grid
 * @property {string} control
 * @property {string} ink
 * @property {string} soft
 * @property {string} good
 * @property {string} late
 * @property {string} early
 * @property {string} bad
 * @property {string} warn
 * @property {string} live
 * @property {string} go
 * @property {string} goInk
 * @property {string} shade
 * @property {string} hatch
 * @property {string} outline Of blocks whose fill does not tell them apart; empty for none.
 * @property {string[]} fills The fill of each tint of a section.
 * @property {string[]} edges
 * @property {string[]} letters
 * @property {Record<string, string>} scales The fill of each super-resolution.
 * @property {string} font
 * @property {string} mono
 */

/** How many tints there are; sections take them in turn. */
export const TINTS = 6;

/**
 * @param {(name: string) => string} property Returns the value of a custom property.
 * @returns {Palette}
 */
function themePalette(property) {
  /** @param {string} letter */
  const tints = (letter) => Array.from({ length: TINTS }, (_, tint) => property(`--${letter}${tint}`));
  return {
    panel: property("--panel"),
    raised: property("--raised"),
    line: property("--line"),
    grid: property("--grid"),
    control: property("--control"),
    ink: property("--ink"),
    soft: property("--soft"),
    good: property("--good"),
    late: property("--late"),
    early: property("--early"),
    bad: property("--bad"),
    warn: property("--warn"),
    live: property("--live"),
    go: property("--go"),
    goInk: property("--go-ink"),
    shade: property("--shade"),
    hatch: property("--hatch"),
    outline: "",
    fills: tints("h"),
    edges: tints("g"),
    letters: tints("x"),
    scales: { off: property("--sr-off"), "2x": property("--sr-2"), "4x": property("--sr-4") },
    font: property("--font"),
    mono: property("--mono"),
  };
}

/**
 * @param {(name: string) => string} property
 * @returns {Palette}
 */
function systemPalette(property) {
  /** @param {string} colour */
  const all = (colour) => Array.from({ length: TINTS }, () => colour);
  return {
    panel: "Canvas",
    raised: "Canvas",
    line: "GrayText",
    grid: "transparent",
    control: "CanvasText",
    ink: "CanvasText",
    soft: "CanvasText",
    good: "CanvasText",
    late: "CanvasText",
    early: "CanvasText",
    bad: "CanvasText",
    warn: "CanvasText",
    live: "LinkText",
    go: "Highlight",
    goInk: "HighlightText",
    shade: "transparent",
    hatch: "GrayText",
    outline: "CanvasText",
    fills: all("Canvas"),
    edges: all("CanvasText"),
    letters: all("CanvasText"),
    scales: { off: "Canvas", "2x": "Canvas", "4x": "Canvas" },
    font: property("--font"),
    mono: property("--mono"),
  };
}

/**
 * Return the colours that apply to an element now.
 *
 * @param {Element} element
 * @param {boolean} forced Whether the reader's colours replace those of the page.
 * @returns {Palette}
 */
export function readPalette(element, forced) {
  const style = getComputedStyle(element);
  /** @param {string} name */
  const property = (name) => style.getPropertyValue(name).trim();
  return forced ? systemPalette(property) : themePalette(property);
}
