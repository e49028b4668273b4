// @ts-check
/**
 * What the timeline draws: the plot and the deliveries of the run, sorted, in chunks.
 *
 * @typedef {import("./protocol.d.ts").Line} Line
 *
 * @typedef {import("./timeline_lanes.js").LaneName} LaneName
 * @typedef {import("./timeline_lanes.js").Value} Value
 *
 * @typedef {object} Band One pass of a section.
 * @property {string} name
 * @property {string} section
 * @property {number} tint
 * @property {string} caption
 * @property {number} earliest
 * @property {number} latest
 * @property {boolean} live Whether it can be left before its end.
 * @property {boolean} open Whether its beginning is not known yet.
 *
 * @typedef {object} Span A value in force from one chunk to another.
 * @property {number} start
 * @property {number} end
 * @property {string} text
 * @property {string} full
 * @property {string} shortest What is written where `text` does not fit.
 * @property {string} key The digest of an image.
 * @property {number} tint
 * @property {number} fade The chunks over which a prompt replaces the one before it.
 * @property {number} under The tint of the prompt before it, if it fades in.
 *
 * @typedef {{starts: Float64Array, ends: Float64Array, items: Span[]}} Spans
 *
 * @typedef {object} Mark One cue: its exact position, its chunk, and what became of it.
 * @property {number} n The number of its delivery; -1 without a run.
 * @property {number} line Its line in the score; 0 if it has none.
 * @property {number | null} exact In chunks; null if it has none.
 * @property {number} chunk
 * @property {boolean} hasChunk Whether its chunk is known; otherwise it fired before `chunk`.
 * @property {number | null} error_ms
 * @property {Line["status"]} status
 * @property {string} label
 * @property {string} what
 * @property {string} reason
 * @property {string} fired
 * @property {number} tint
 * @property {boolean} changed
 * @property {number | null} refused The chunk at which it was refused before it was sent again.
 * @property {boolean} prompt Whether it sets the prompt.
 * @property {readonly string[] | null} stages The stages that it is for; null for all.
 * @property {string} range The chunks on which it may land, if they are not known.
 *
 * @typedef {{at: Float64Array, numbers: Uint32Array, beats: Float64Array}} Bars Where bars and the
 *   other beats begin.
 * @typedef {{bar: number, chunk: number, error_ms: number, exact: number}} Exit
 * @typedef {{at: number, short: string, full: string, wasLeftOut: boolean}} Message
 * @typedef {{label: string, full: string, rate: number, start: number, peaks: Uint8Array}} Sound Its
 *   loudness, from 0 to 255, in `rate` parts of a second, from second `start` of the file on.
 *
 * @typedef {object} PlotModel What depends on the plot alone.
 * @property {Grid} grid
 * @property {number} end
 * @property {number} lead How many chunks before its chunk a prompt is sent.
 * @property {{starts: Float64Array, ends: Float64Array, items: Band[]}} bands
 * @property {Bars} bars
 * @property {number} mostBars The highest number of a bar.
 * @property {{at: Float64Array, items: Exit[]}} exits Where live sections can be left.
 * @property {Partial<Record<LaneName, Spans>>} lanes
 * @property {readonly {name: string, values: readonly Value[]}[]} stages The stages, if there are several.
 * @property {Record<string, string>} thumbnails Small images, as `data:` URLs.
 * @property {{at: Float64Array, items: Message[]}} messages
 * @property {string[]} protocols
 * @property {Sound | null} sound
 * @property {Mark[]} flags The cues of the score.
 * @property {Map<number, number>} exact Their exact positions, by their numbers.
 * @property {boolean} performed
 * @property {WeakMap<Line, Mark | null>} marksOfLines Those of lines that have not changed are kept.
 *
 * @typedef {object} RunModel What depends on the deliveries of the run too.
 * @property {ReadonlyMap<string, string>} keys The keys of pads, by what triggers them.
 * @property {{at: Float64Array, items: Mark[]}} marks Sorted by chunk.
 * @property {{at: Float64Array, items: Mark[]}} snaps Those of the score that have an exact position, sorted by it.
 * @property {Map<string, Mark>} prompts The cue that set each prompt, by its lane and chunk.
 * @property {{at: Float64Array, items: Mark[]}} inputs What came in, sorted by time.
 * @property {{at: Float64Array, items: Mark[]}} active Those that were not left out.
 * @property {{at: Float64Array, items: Mark[]}} notable Those that are late or did not land.
 * @property {Mark[]} refusals Those that were refused and sent again.
 * @property {number} widest The longest way between the time of a cue and its chunk, in chunks.
 *
 * @typedef {PlotModel & RunModel} Model
 */

import { Grid } from "./timeline_grid.js";

/** The outcomes that must be seen even where there is no room for all. */
const NOTABLE = new Set(["late", "refused", "lost", "replaced"]);
/**
 * Return a fraction of the plot as a number.
 *
 * @param {any} value A number, or [numerator, denominator].
 * @returns {number}
 */
export function ratio(value) {
  return Array.isArray(value) ? Number(value[0]) / Number(value[1]) : Number(value);
}

/**
 * @param {readonly any[]} values
 * @returns {Spans}
 */
function spansOf(values) {
  /** @type {Span[]} */
  const items = values.map((one) => ({
    start: one.start,
    end: one.end,
    text: one.short,
    full: one.full,
    shortest: one.shortest ?? one.short,
    key: one.image ?? "",
    tint: one.tint ?? 0,
    fade: one.fade ?? 0,
    under: one.under ?? 0,
  }));
  items.sort((a, b) => a.start - b.start);
  return {
    starts: Float64Array.from(items, (one) => one.start),
    ends: Float64Array.from(items, (one) => one.end),
    items,
  };
}

/**
 * Sort marks by a position and return the positions with them.
 *
 * @template T
 * @param {T[]} items
 * @param {(item: T) => number} position
 */
function sorted(items, position) {
  items.sort((a, b) => position(a) - position(b));
  return { at: Float64Array.from(items, position), items };
}

/** How the reason of a delivery begins that the model refused and that was sent again. */
const REFUSED = /^refused at chunk (\d+)/;

/**
 * Return the key of the pad that fires something. A fader has one for all rules of its controller,
 * which fire as `cc 20 > 64`.
 *
 * @param {string} fired
 * @param {ReadonlyMap<string, string>} keys
 */
export function padKey(fired, keys) {
  return keys.get(fired) ?? keys.get(fired.replace(/ [<>=].*$/, "")) ?? "";
}

/** @type {Record<string, Line["status"]>} What became of a cue, as a plot names it. */
const FATES = { planned: "planned", landed: "landed", later: "late", lost: "lost", aside: "skipped" };

/**
 * @param {any} flag
 * @returns {Mark}
 */
function markOfFlag(flag) {
  const error = flag.error_ms ?? null;
  const fired = flag.fired === true;
  const open = error === null && !fired && flag.fate === undefined;
  return {
    n: flag.n,
    line: flag.line,
    exact: flag.exact === undefined ? null : ratio(flag.exact),
    hasChunk: true,
    chunk: flag.chunk,
    error_ms: error,
    status: open ? "open" : FATES[flag.fate ?? "planned"],
    label: `${flag.section} ${flag.label}`.trim(),
    what: flag.what ?? "",
    reason: "",
    fired: fired ? flag.label : "",
    tint: 0,
    changed: false,
    refused: null,
    prompt: false,
    stages: flag.stages ?? null,
    range: "",
  };
}

/**
 * Return the exact position of a delivery, in chunks. The plot knows it best: where bars follow a
 * clock, the seconds of the score are not those of the run.
 *
 * @param {Line} line
 * @param {number} chunk
 * @param {PlotModel} plot
 */
function exactOf(line, chunk, { grid, exact }) {
  if (line.fired !== "") return line.fired_chunk;
  const planned = exact.get(line.n);
  if (planned !== undefined) return planned;
  if (line.error_ms !== null) return grid.chunksAt(grid.boundary(chunk) - line.error_ms / 1000);
  return line.time_s === null ? null : grid.chunksAt(line.time_s);
}

/**
 * @param {Line} line
 * @param {PlotModel} plot
 * @returns {Mark | null}
 */
function markOfLine(line, plot) {
  const known = line.landed ?? line.chunk ?? line.planned ?? line.latest ?? line.earliest;
  if (known === null && line.fired_chunk === null) return null;
  const chunk = known ?? Math.ceil(/** @type {number} */ (line.fired_chunk));
  const { earliest, latest } = line;
  const refused = Number(REFUSED.exec(line.reason)?.[1] ?? chunk);
  return {
    n: line.n,
    line: line.line,
    exact: exactOf(line, chunk, plot),
    hasChunk: known !== null,
    chunk,
    error_ms: line.error_ms,
    status: line.status,
    label: line.fired !== "" ? line.fired : `${line.section} ${line.place}`.trim(),
    what: line.what,
    reason: line.reason,
    fired: line.fired,
    tint: line.tint,
    changed: line.changed,
    refused: refused === chunk ? null : refused,
    prompt: line.kinds.includes("prompt"),
    stages: line.stages ?? null,
    range: line.status === "open" && earliest !== null && latest !== null ? `${earliest}…${latest}` : "",
  };
}

/**
 * Return what the timeline draws.
 *
 * @param {Record<string, any>} plot The JSON of a plot.
 * @param {readonly Line[]} lines The deliveries of the run; empty without one.
 * @param {ReadonlyMap<string, string>} keys The keys of pads, by what triggers them.
 * @returns {Model}
 */
export function buildModel(plot, lines, keys) {
  const base = readPlot(plot);
  /** @type {Mark[]} */
  const marks = [];
  for (const line of lines) {
    let mark = base.marksOfLines.get(line);
    if (mark === undefined) {
      mark = markOfLine(line, base);
      base.marksOfLines.set(line, mark);
    }
    if (mark !== null) marks.push(mark);
  }
  if (lines.length === 0) marks.push(...base.flags);
  /** @type {Map<string, Mark>} */
  const prompts = new Map();
  let widest = 1;
  for (const mark of marks) {
    if (mark.prompt && mark.status !== "skipped" && mark.status !== "lost") {
      for (const lane of promptLanes(mark, base)) prompts.set(`${lane} ${mark.chunk}`, mark);
    }
    if (mark.exact !== null) widest = Math.max(widest, Math.abs(mark.exact - mark.chunk));
  }
  const placed = marks.filter((mark) => mark.hasChunk);
  const snaps = marks.filter((mark) => mark.exact !== null && mark.fired === "" && mark.status !== "skipped" && mark.status !== "open");
  const inputs = marks.filter((mark) => mark.fired !== "" && mark.exact !== null);
  return {
    ...base,
    keys,
    marks: sorted(placed, (mark) => mark.chunk),
    active: sorted(
      placed.filter((mark) => mark.status !== "skipped"),
      (mark) => mark.chunk,
    ),
    inputs: sorted(inputs, (mark) => /** @type {number} */ (mark.exact)),
    notable: sorted(
      placed.filter((mark) => NOTABLE.has(mark.status)),
      (mark) => mark.chunk,
    ),
    refusals: marks.filter((mark) => mark.refused !== null),
    snaps: sorted(snaps, (mark) => /** @type {number} */ (mark.exact)),
    prompts,
    widest,
  };
}

/** @type {Spans} */
const NO_SPANS = { starts: new Float64Array(), ends: new Float64Array(), items: [] };

/**
 * Return what a lane shows.
 *
 * @param {PlotModel} plot
 * @param {LaneName} id
 */
export function spansIn(plot, id) {
  return plot.lanes[id] ?? NO_SPANS;
}

/**
 * Return the lanes with the prompt of a cue.
 *
 * @param {{stages: readonly string[] | null}} mark
 * @param {PlotModel} plot
 * @returns {LaneName[]}
 */
export function promptLanes({ stages }, plot) {
  if (plot.stages.length === 0) return ["prompt"];
  return plot.stages.flatMap(({ name }, index) => (stages === null || stages.includes(name) ? [/** @type {LaneName} */ (`prompt ${index}`)] : []));
}

/** @type {WeakMap<object, PlotModel>} What was read of each plot: lines change far more often. */
const known = new WeakMap();

/**
 * Return what of the model depends on the plot alone.
 *
 * @param {Record<string, any>} plot
 * @returns {PlotModel}
 */
function readPlot(plot) {
  const before = known.get(plot);
  if (before !== undefined) return before;
  const { frames, fps, first, cuts } = plot.grid;
  const grid = new Grid(frames, ratio(fps), first, cuts);
  const bars = readBars(plot.bands);
  const exits = readExits(plot.bands, grid);
  const messages = plot.messages.map((/** @type {any} */ one) => ({
    at: ratio(one.at),
    short: one.short,
    full: one.full,
    wasLeftOut: one.left_out === true,
  }));
  /** @type {Mark[]} */
  const flags = plot.flags.map(markOfFlag);
  const found = {
    grid,
    end: Math.max(1, plot.end),
    lead: plot.lead,
    bands: {
      starts: Float64Array.from(plot.bands, (/** @type {any} */ band) => ratio(band.start)),
      ends: Float64Array.from(plot.bands, (/** @type {any} */ band) => ratio(band.end)),
      items: plot.bands.map((/** @type {any} */ band) => ({
        name: band.name,
        section: band.section,
        tint: band.tint,
        caption: band.caption,
        earliest: band.earliest,
        latest: band.latest,
        live: band.live,
        open: band.earliest !== band.latest,
      })),
    },
    bars,
    mostBars: bars.numbers.reduce((most, number) => Math.max(most, number), 0),
    exits,
    ...readLanes(plot),
    thumbnails: plot.thumbnails,
    messages: sorted(messages, (/** @type {any} */ one) => one.at),
    protocols: [...new Set(plot.messages.flatMap((/** @type {any} */ one) => one.protocols))].sort(),
    sound: readSound(plot.sound),
    flags,
    exact: new Map(flags.flatMap((mark) => (mark.exact === null ? [] : [[mark.n, mark.exact]]))),
    performed: plot.performed,
    marksOfLines: new WeakMap(),
  };
  known.set(plot, found);
  return found;
}

/** @type {readonly [Value, string][]} What is in force, and what it is called in a plot. */
const VALUES = [
  ["prompt", "prompts"],
  ["image", "images"],
  ["strength", "strengths"],
  ["sr", "sr"],
  ["take", "takes"],
];

/**
 * Return what is in force on all stages, and on each.
 *
 * @param {Record<string, any>} plot
 */
function readLanes(plot) {
  /** @type {Partial<Record<LaneName, Spans>>} */
  const lanes = {};
  for (const [value, key] of VALUES) lanes[value] = spansOf(plot[key]);
  const stages = (plot.stages ?? []).map((/** @type {any} */ stage, /** @type {number} */ index) => {
    for (const [value, key] of VALUES) lanes[`${value} ${index}`] = spansOf(stage[key]);
    return { name: stage.name, values: VALUES.slice(1).flatMap(([value, key]) => (stage[key].length > 0 ? [value] : [])) };
  });
  return { lanes, stages };
}

/**
 * Return where bars and beats begin, from groups of bars of one length.
 *
 * @param {readonly any[]} bands
 * @returns {Bars}
 */
function readBars(bands) {
  /** @type {number[]} */
  const at = [];
  /** @type {number[]} */
  const numbers = [];
  /** @type {number[]} */
  const beats = [];
  for (const band of bands) {
    const end = ratio(band.end);
    for (const group of band.bars) {
      const start = ratio(group.at);
      const length = ratio(group.length);
      for (let index = 0; index < group.count; index += 1) {
        at.push(start + index * length);
        numbers.push(group.bar + index);
        for (let beat = 1; beat < group.beats; beat += 1) {
          const position = start + (index + beat / group.beats) * length;
          if (position < end) beats.push(position);
        }
      }
    }
  }
  return { at: Float64Array.from(at), numbers: Uint32Array.from(numbers), beats: Float64Array.from(beats) };
}

/**
 * Return the bar lines at which live sections can be left, sorted by their chunks.
 *
 * @param {readonly any[]} bands
 * @param {Grid} grid
 */
function readExits(bands, grid) {
  /** @type {Exit[]} */
  const items = [];
  for (const band of bands) {
    for (const [bar, chunk, error_ms] of band.exits ?? []) {
      items.push({ bar, chunk, error_ms, exact: grid.chunksAt(grid.boundary(chunk) - error_ms / 1000) });
    }
  }
  return sorted(items, (one) => one.chunk);
}

/**
 * @param {any} sound
 * @returns {Sound | null}
 */
function readSound(sound) {
  if (sound === null) return null;
  const { label, full, per_second: rate } = sound;
  const peaks = Uint8Array.from(atob(sound.peaks), (character) => character.charCodeAt(0));
  return { label, full, rate, start: ratio(sound.start), peaks };
}
