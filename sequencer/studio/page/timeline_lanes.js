// @ts-check
/**
 * The lanes of the timeline from top to bottom, and their heights.
 *
 * @typedef {"prompt" | "image" | "strength" | "sr" | "take"} Value What is in force on a stage.
 * @typedef {`${Value} ${number}`} StageLane A lane of one of several stages, by its number.
 * @typedef {StageLane | "section" | "flag" | "bar" | "snap" | "chunk" | "prompt" | "image" | "strength" | "sr" | "take" | "input" | "out" | "sound" | "error" | "status"} LaneName
 * @typedef {{y: number, h: number}} Lane
 * @typedef {object} Contents What there is to show.
 * @property {boolean} live Whether a run goes on, with its moving lines.
 * @property {boolean} beats Whether there are bars; otherwise the upper ruler has seconds.
 * @property {boolean} image
 * @property {boolean} strength
 * @property {boolean} sr
 * @property {boolean} take
 * @property {boolean} input
 * @property {boolean} sound
 * @property {boolean} error Whether the snap errors are drawn as bars, as in a report.
 * @property {readonly {name: string, values: readonly Value[]}[]} stages The stages, if there are several, with what
 *   only they have.
 * @property {readonly string[]} protocols The protocols of messages to devices.
 *
 * @typedef {object} Layout
 * @property {Partial<Record<LaneName, Lane>>} lanes
 * @property {{name: string, y: number}[]} names The names in the margin, with their base lines.
 * @property {number} height
 * @property {number} scale
 */

/** Windows lower than this, in pixels, have smaller lanes; still lower ones have fewer. */
const LOW = 860;
const LOWEST = 820;
/** Windows at least this high have larger lanes while a run plays. */
const TALL = 1000;

/** The longest name of a stage in the margin, in characters. */
const MAX_NAME = 11;

/** @param {string} name */
function shortName(name) {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name;
}

/**
 * Return the lanes with a value: one, or one for each stage.
 *
 * @param {Layout} layout
 * @param {readonly Value[]} values
 * @returns {[Value | StageLane, Lane][]}
 */
export function lanesWith(layout, values) {
  const found = /** @type {[Value | StageLane, Lane][]} */ (Object.entries(layout.lanes));
  return found.filter(([id]) => values.includes(valueOf(id)));
}

/**
 * Return what a lane shows, whichever stage it is for.
 *
 * @param {string} id
 */
export function valueOf(id) {
  return /** @type {Value} */ (id.split(" ")[0]);
}

/**
 * Return the scale of lanes and text in a window.
 *
 * @param {number} windowHeight In pixels.
 * @param {boolean} editing Whether the editor needs the room.
 */
export function laneScale(windowHeight, editing) {
  if (windowHeight >= TALL && !editing) return 1.22;
  return windowHeight < LOW ? 0.84 : 1;
}

/**
 * Return the lanes that there is something to show in.
 *
 * @param {Contents} contents
 * @param {number} windowHeight In pixels.
 * @param {boolean} editing
 * @returns {Layout}
 */
export function layOutLanes(contents, windowHeight, editing) {
  const scale = laneScale(windowHeight, editing);
  const low = windowHeight < LOWEST;
  /** @type {Partial<Record<LaneName, Lane>>} */
  const lanes = {};
  /** @type {{name: string, y: number}[]} */
  const names = [];
  let y = 6;
  /**
   * @param {LaneName} id
   * @param {number} height
   * @param {number} gap
   * @param {string} name
   * @param {number | null} [base] The base line of the name; null for the middle.
   */
  const add = (id, height, gap, name, base = null) => {
    lanes[id] = { y, h: height };
    if (name !== "") names.push({ name, y: y + (base ?? height / 2 + 4) });
    y += height + gap;
  };
  /** @param {number} height */
  const scaled = (height) => Math.round(height * scale);
  add("section", scaled(22), contents.live ? 1 : 2, "section");
  if (contents.live) add("flag", 20, 0, "");
  add("bar", scaled(21), 0, contents.beats ? "bar" : "second");
  add("snap", scaled(34), 0, "snap, ms");
  add("chunk", Math.max(31, scaled(31)), 3, "chunk", 15);
  const { stages } = contents;
  if (stages.length === 0) add("prompt", scaled(54), 3, "prompt", 16);
  stages.forEach(({ name, values }, index) => {
    add(`prompt ${index}`, scaled(Math.max(20, 60 - 8 * stages.length)), 2, shortName(name), 14);
    for (const value of values) add(`${value} ${index}`, scaled(value === "image" ? 22 : 15), 2, value === "sr" ? "SR" : value);
  });
  if (contents.image) add("image", scaled(22), 2, "image");
  if (contents.strength && !low) add("strength", scaled(15), 2, "strength");
  if (contents.sr) add("sr", scaled(15), 2, "SR");
  if (!low && contents.take) add("take", scaled(15), 2, "take");
  if (contents.input) add("input", scaled(16), 2, "input");
  if (contents.protocols.length > 0) add("out", scaled(16), 2, `${contents.protocols.join(", ")} out`);
  if (contents.sound) add("sound", scaled(25), 2, "sound");
  if (contents.error) add("error", 46, 2, "snap error");
  add("status", scaled(21), 3, "status");
  return { lanes, names, height: y, scale };
}
