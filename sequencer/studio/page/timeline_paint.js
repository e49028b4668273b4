// @ts-check
/**
 * The parts of the timeline that move only with its scale: two layers, one below the moving lines
 * and one above them.
 *
 * @typedef {import("./timeline_pen.js").Context} Context
 * @typedef {import("./timeline_model.js").Model} Model
 * @typedef {import("./timeline_model.js").Mark} Mark
 * @typedef {import("./timeline_colours.js").Palette} Palette
 * @typedef {import("./timeline_lanes.js").Layout} Layout
 * @typedef {import("./timeline_lanes.js").Lane} Lane
 * @typedef {import("./timeline_lanes.js").LaneName} LaneName
 *
 * @typedef {object} Scene What a layer is drawn from.
 * @property {Model} model
 * @property {Layout} layout
 * @property {Palette} palette
 * @property {number} left The position at its left edge, in chunks.
 * @property {number} per The width of a chunk, in pixels.
 * @property {number} width In pixels.
 * @property {boolean} done Whether it shows a finished run.
 * @property {number} from Exits are shown from this chunk on; Infinity for none.
 * @property {number} passed Where the model is, in whole messages: how many were sent.
 * @property {Map<string, HTMLImageElement>} images Thumbnails that have been loaded.
 */

import { formatTime } from "./timeline_grid.js";
import { Row } from "./timeline_labels.js";
import { lanesWith, valueOf } from "./timeline_lanes.js";
import { spansIn } from "./timeline_model.js";
import { fill, outline, useFont, writeHaloed } from "./timeline_pen.js";
import { lowerBound, visitIntervals, visitPoints } from "./timeline_ranges.js";
import { barStep, labelStep, niceStep } from "./timeline_scale.js";
import { STATUS_WORDS, drawStatus } from "./timeline_shapes.js";

/** The width of a column of the sound, in pixels. */
const COLUMN = 3;
/** The least height of a column where there is sound, as a share of its lane. */
const LEAST_LEVEL = 0.04;
/** A signed error in milliseconds is written with a true minus. */
const MINUS = "\u2212";

/**
 * Write an error in whole milliseconds with its direction.
 *
 * @param {number} ms
 */
export function signed(ms) {
  const whole = Math.round(Math.abs(ms));
  return whole === 0 ? "0" : `${ms > 0 ? "+" : MINUS}${whole}`;
}

/**
 * Return the longest name of an input that fits; empty if none does. Notes are recognised without
 * the word, and mostly without their channel.
 *
 * @param {string} fired
 * @param {number} room
 * @param {(text: string) => number} measure
 */
function inputName(fired, room, measure) {
  const name = fired.replace(/^note /, "");
  return [name, name.replace(/ ch \d+$/, "")].find((one) => measure(one) <= room) ?? "";
}

/**
 * Return how late a cue is for its exact position, in milliseconds.
 *
 * @param {Mark} mark
 * @param {Model} model
 */
function errorOf({ error_ms, exact, chunk }, { grid }) {
  if (error_ms !== null || exact === null) return error_ms ?? 0;
  return (grid.boundary(chunk) - grid.secondsOf(exact)) * 1000;
}

/**
 * @param {number} ms
 * @param {Palette} palette
 */
function errorColour(ms, palette) {
  const whole = Math.round(ms);
  return whole > 0 ? palette.late : whole < 0 ? palette.early : palette.ink;
}

/**
 * Draw what is below the moving lines.
 *
 * @param {Context} ctx
 * @param {Scene} scene
 */
export function paintBase(ctx, scene) {
  paintGrid(ctx, scene);
  paintSections(ctx, scene);
  paintRulers(ctx, scene);
  paintSnapLines(ctx, scene);
  paintPrompts(ctx, scene);
  paintValues(ctx, scene);
  paintInputs(ctx, scene);
  paintMessages(ctx, scene);
  if (scene.layout.lanes.sound) {
    const { palette, done } = scene;
    paintSound(ctx, scene, scene.layout.lanes.sound, done ? palette.soft : palette.control);
  }
  paintErrors(ctx, scene);
  paintStatuses(ctx, scene);
}

/**
 * Draw what is above the moving lines: the numbers of the rulers and of the snap lines.
 *
 * @param {Context} ctx
 * @param {Scene} scene
 */
export function paintTop(ctx, scene) {
  const { model, layout, palette, per } = scene;
  const { bar, chunk } = layout.lanes;
  if (!bar || !chunk) return;
  const measure = useFont(ctx, textFont(scene, 650));
  const x = toPixels(scene);
  const [from, to] = rangeOf(scene);
  const row = new Row();
  ctx.textAlign = "left";
  if (model.bars.at.length > 0) {
    const widestBar = measure("0".repeat(String(model.mostBars).length)) + 14;
    visitPoints(model.bars.at, from - 40 / per, to, 0.9 / per, (index) => {
      const number = model.bars.numbers[index];
      const next = model.bars.at[index + 1] ?? model.bars.at[index] + 1;
      const step = barStep((next - model.bars.at[index]) * per, widestBar);
      const text = String(number);
      const start = x(model.bars.at[index]) + 4;
      if ((number - 1) % step === 0 && row.take(start - 2, start + measure(text) + 4)) {
        writeHaloed(ctx, text, start, bar.y + bar.h - 8, palette.ink, palette.panel);
      }
    });
  } else {
    forSeconds(scene, (seconds, at, isLabelled) => {
      if (isLabelled) writeHaloed(ctx, formatTime(seconds, 0), at + 4, bar.y + bar.h - 8, palette.ink, palette.panel);
    });
  }
  const digits = String(model.end).length;
  const step = labelStep(per, measure("0".repeat(digits)) + 12);
  const first = Math.max(0, Math.floor(from / step) * step);
  for (let one = first; one < Math.min(model.end, to); one += step) {
    // With a label for each chunk, it is in the middle of it; otherwise it is at its beginning.
    const text = String(one);
    const at = step === 1 ? x(one + 0.5) - measure(text) / 2 : x(one) + 3;
    if (at + measure(text) <= x(model.end)) writeHaloed(ctx, text, at, chunk.y + 15, palette.ink, palette.panel, 5);
  }
  paintFigures(ctx, scene);
}

/**
 * Draw the loudness of the sound in one colour.
 *
 * @param {Context} ctx
 * @param {Scene} scene
 * @param {Lane} lane
 * @param {string} colour
 */
export function paintSound(ctx, scene, lane, colour) {
  const { model, left, per, width } = scene;
  const sound = model.sound;
  if (sound === null) return;
  const middle = lane.y + lane.h / 2;
  const offset = Math.round(left * per);
  const seconds = model.grid.chunk / per;
  const steady = model.grid.missing === 0;
  ctx.beginPath();
  // Columns are counted from chunk 0, so that they do not change while the view moves.
  for (let column = Math.ceil(Math.max(0, offset) / COLUMN); column * COLUMN < offset + width; column += 1) {
    const at = column * COLUMN;
    if (at / per >= model.end) break;
    const begin = steady ? at * seconds : model.grid.secondsOf(at / per);
    const first = Math.floor((begin + sound.start) * sound.rate);
    const last = Math.max(first + 1, Math.ceil((begin + COLUMN * seconds + sound.start) * sound.rate));
    if (first >= sound.peaks.length) break;
    let most = 0;
    for (let index = Math.max(0, first); index < Math.min(last, sound.peaks.length); index += 1) {
      if (sound.peaks[index] > most) most = sound.peaks[index];
    }
    const half = Math.max(LEAST_LEVEL, most / 255) * lane.h * 0.46;
    ctx.moveTo(at - offset + 1, middle - half);
    ctx.lineTo(at - offset + 1, middle + half);
  }
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.8;
  ctx.stroke();
}

/**
 * Return the font of the timeline's small texts.
 *
 * @param {{layout: Layout, palette: Palette}} scene
 * @param {number} weight
 */
export function textFont({ layout, palette }, weight) {
  return `${weight} ${layout.scale > 1 ? 12 : 11}px ${palette.font}`;
}

/**
 * @param {Scene} scene
 * @returns {(chunk: number) => number}
 */
function toPixels({ left, per }) {
  return (chunk) => (chunk - left) * per;
}

/**
 * @param {Scene} scene
 * @returns {[number, number]}
 */
function rangeOf({ left, per, width }) {
  return [left, left + width / per];
}

/** @type {(context: Context, scene: Scene) => void} */
function paintGrid(ctx, scene) {
  const { model, layout, palette, per } = scene;
  const { chunk, status } = layout.lanes;
  if (!chunk || !status) return;
  const x = toPixels(scene);
  const [from, to] = rangeOf(scene);
  const step = niceStep(8 / per);
  ctx.beginPath();
  for (let one = Math.ceil(from / step) * step; one <= Math.min(model.end, to); one += step) {
    const at = Math.round(x(one)) + 0.5;
    ctx.moveTo(at, chunk.y);
    ctx.lineTo(at, status.y + status.h);
  }
  ctx.strokeStyle = palette.grid;
  ctx.lineWidth = 1;
  ctx.stroke();
}

/** @type {(context: Context, scene: Scene) => void} */
function paintSections(ctx, scene) {
  const { model, layout, palette, per } = scene;
  const { section, bar } = layout.lanes;
  if (!section || !bar) return;
  const x = toPixels(scene);
  const [from, to] = rangeOf(scene);
  const { starts, ends, items } = model.bands;
  visitIntervals(starts, ends, from, to, 0.5 / per, (index) => {
    const band = items[index];
    const start = x(starts[index]);
    const width = Math.max(1, x(ends[index]) - start - 1);
    fill(ctx, start, section.y, width, section.h, palette.fills[band.tint]);
    outline(ctx, start, section.y, width, section.h, palette.outline);
    fill(ctx, start, section.y, 3, bar.y + bar.h - section.y, palette.edges[band.tint]);
  });
}

/**
 * Call `visit` with the seconds of the ruler that replaces bars where there are none.
 *
 * @param {Scene} scene
 * @param {(seconds: number, x: number, isLabelled: boolean) => void} visit
 */
function forSeconds(scene, visit) {
  const { model, per } = scene;
  const x = toPixels(scene);
  const [from, to] = rangeOf(scene);
  const width = per / model.grid.chunk;
  const step = niceStep(7 / width);
  const label = Math.ceil(niceStep(44 / width) / step);
  const first = Math.max(0, Math.floor(model.grid.secondsOf(Math.max(0, from)) / step));
  const last = model.grid.secondsOf(Math.min(model.end, to));
  for (let one = first; one * step < last; one += 1) {
    visit(one * step, x(model.grid.chunksAt(one * step)), one % label === 0);
  }
}

/** @type {(context: Context, scene: Scene) => void} */
function paintRulers(ctx, scene) {
  const { model, layout, palette, per, width } = scene;
  const { bar, chunk } = layout.lanes;
  if (!bar || !chunk) return;
  const x = toPixels(scene);
  const [from, to] = rangeOf(scene);
  const bottom = bar.y + bar.h;
  const ticks = (/** @type {number[]} */ positions, /** @type {number} */ height, /** @type {string} */ colour, /** @type {number} */ line) => {
    ctx.beginPath();
    for (const at of positions) {
      ctx.moveTo(at, bottom - height);
      ctx.lineTo(at, bottom);
    }
    ctx.strokeStyle = colour;
    ctx.lineWidth = line;
    ctx.stroke();
  };
  /** @type {number[]} */
  const low = [];
  /** @type {number[]} */
  const high = [];
  if (model.bars.at.length > 0) {
    visitPoints(model.bars.beats, from, to, 3 / per, (index) => low.push(x(model.bars.beats[index])));
    visitPoints(model.bars.at, from, to, 3 / per, (index) => high.push(x(model.bars.at[index])));
    const beat = model.bars.beats.length === 0 ? Infinity : Math.abs(model.bars.beats[0] - model.bars.at[0]);
    if (beat * per < 3) low.length = 0;
  } else {
    forSeconds(scene, (_, at, isLabelled) => (isLabelled ? high : low).push(at));
  }
  ticks(low, 4, palette.control, 1);
  ticks(high, 9, palette.ink, 1.4);
  const end = Math.min(width, x(model.end));
  fill(ctx, Math.max(0, x(0)), bottom - 1, end - Math.max(0, x(0)), 1, palette.control);
  fill(ctx, Math.max(0, x(0)), chunk.y, end - Math.max(0, x(0)), 1.4, palette.control);
  ctx.beginPath();
  const step = niceStep(4 / per);
  for (let one = Math.max(0, Math.ceil(from / step) * step); one <= Math.min(model.end, to); one += step) {
    ctx.moveTo(x(one), chunk.y);
    ctx.lineTo(x(one), chunk.y + 7);
  }
  ctx.strokeStyle = palette.ink;
  ctx.lineWidth = 1.2;
  ctx.stroke();
  const measure = useFont(ctx, textFont(scene, 400));
  const time = labelStep(per, measure(formatTime(model.grid.secondsOf(model.end))) + 26);
  ctx.fillStyle = palette.soft;
  for (let one = Math.max(0, Math.floor((from - 60 / per) / time) * time); one < Math.min(model.end, to); one += time) {
    const text = formatTime(model.grid.secondsOf(one));
    if (x(one) + 3 + measure(text) < x(model.end)) ctx.fillText(text, x(one) + 3, chunk.y + chunk.h - 2);
  }
}

/**
 * Add the line from an exact position on the upper ruler to a chunk on the lower one to a path.
 *
 * @param {Context} ctx
 * @param {number} from
 * @param {number} to
 * @param {number} top
 * @param {number} bottom
 */
export function addSnapCurve(ctx, from, to, top, bottom) {
  ctx.moveTo(from, top);
  ctx.bezierCurveTo(from, top + (bottom - top) * 0.44, to, bottom - (bottom - top) * 0.5, to, bottom);
}

/** @type {(context: Context, scene: Scene) => void} */
function paintSnapLines(ctx, scene) {
  const { model, layout, palette, per } = scene;
  const { snap, chunk } = layout.lanes;
  if (!snap || !chunk) return;
  const x = toPixels(scene);
  const [from, to] = rangeOf(scene);
  if (Number.isFinite(scene.from)) {
    ctx.beginPath();
    visitPoints(model.exits.at, Math.max(from - 1, scene.from), to + 1, 5 / per, (index) => {
      const exit = model.exits.items[index];
      addSnapCurve(ctx, x(exit.exact), x(exit.chunk), snap.y, chunk.y);
    });
    ctx.setLineDash([2, 3]);
    ctx.strokeStyle = palette.control;
    ctx.lineWidth = 1;
    ctx.stroke();
    ctx.setLineDash([]);
  }
  /** @type {Map<string, Mark[]>} */
  const byColour = new Map();
  const { snaps, inputs, widest } = model;
  visitPoints(snaps.at, from - widest, to + widest, 0.9 / per, (index) => {
    const mark = snaps.items[index];
    const colour = errorColour(errorOf(mark, model), palette);
    const known = byColour.get(colour);
    if (known === undefined) byColour.set(colour, [mark]);
    else known.push(mark);
  });
  // Where lines touch each other, colours show what is usual, not single cues.
  ctx.globalAlpha = per < 2 ? 0.45 : 1;
  for (const [colour, marks] of byColour) {
    ctx.beginPath();
    for (const { exact, chunk: landed } of marks) {
      addSnapCurve(ctx, x(/** @type {number} */ (exact)), x(landed), snap.y, chunk.y + (per > 12 ? 6 : 0));
    }
    ctx.strokeStyle = colour;
    ctx.lineWidth = per > 12 ? 2 : 1;
    ctx.stroke();
    if (per <= 4) continue;
    ctx.beginPath();
    for (const { exact } of marks) {
      const start = x(/** @type {number} */ (exact));
      ctx.moveTo(start, snap.y);
      ctx.arc(start, snap.y, 3.4, 0, 2 * Math.PI);
    }
    ctx.fillStyle = colour;
    ctx.fill();
  }
  ctx.globalAlpha = 1;
  // What came in leads to the chunk on which it had an effect.
  ctx.strokeStyle = palette.live;
  ctx.fillStyle = palette.live;
  ctx.lineWidth = per > 12 ? 1.6 : 1;
  visitPoints(inputs.at, from - widest, to + widest, 2 / per, (index) => {
    const start = x(inputs.at[index]);
    if (inputs.items[index].hasChunk) {
      ctx.beginPath();
      ctx.moveTo(start, snap.y + 6);
      ctx.lineTo(x(inputs.items[index].chunk), chunk.y);
      ctx.stroke();
    }
    if (per <= 4) return;
    ctx.beginPath();
    ctx.moveTo(start - 4, snap.y);
    ctx.lineTo(start + 4, snap.y);
    ctx.lineTo(start, snap.y + 7);
    ctx.fill();
  });
  paintRefusals(ctx, scene);
}

/** @type {(context: Context, scene: Scene) => void} */
function paintRefusals(ctx, scene) {
  const { model, layout, palette } = scene;
  const { snap, chunk } = layout.lanes;
  if (!snap || !chunk) return;
  const x = toPixels(scene);
  const [from, to] = rangeOf(scene);
  for (const mark of model.refusals) {
    const refused = /** @type {number} */ (mark.refused);
    if (refused < from - 1 || refused > to + 1 || mark.exact === null) continue;
    ctx.beginPath();
    addSnapCurve(ctx, x(mark.exact), x(refused), snap.y, chunk.y);
    ctx.setLineDash([4, 3]);
    ctx.strokeStyle = palette.bad;
    ctx.lineWidth = 1.6;
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.beginPath();
    for (const side of [-1, 1]) {
      ctx.moveTo(x(refused) - 4, chunk.y - 4 * side);
      ctx.lineTo(x(refused) + 4, chunk.y + 4 * side);
    }
    ctx.lineWidth = 2.2;
    ctx.stroke();
  }
}

/** Draw the snap errors in milliseconds next to their lines, none on another.
 * @type {(context: Context, scene: Scene) => void} */
function paintFigures(ctx, scene) {
  const { model, layout, palette, per } = scene;
  const { snap } = layout.lanes;
  if (!snap || per < 4) return;
  const measure = useFont(ctx, `650 ${layout.scale > 1 ? 13 : 12}px ${palette.font}`);
  const x = toPixels(scene);
  const [from, to] = rangeOf(scene);
  const row = new Row();
  const y = snap.y + Math.floor(snap.h / 2) + 5;
  const { snaps, inputs, widest } = model;
  visitPoints(snaps.at, from - widest, to + widest, 6 / per, (index) => {
    const mark = snaps.items[index];
    const error = errorOf(mark, model);
    const text = signed(error);
    const width = measure(text);
    const exact = x(snaps.at[index]);
    const right = Math.max(exact, x(mark.chunk)) + 7;
    const left = Math.min(exact, x(mark.chunk)) - 7 - width;
    const start = row.take(right - 3, right + width + 3) ? right : row.take(left - 3, left + width + 3) ? left : null;
    if (start !== null) writeHaloed(ctx, text, start, y, errorColour(error, palette), palette.panel);
  });
  const measureInput = useFont(ctx, textFont(scene, 600));
  const names = new Row();
  visitPoints(inputs.at, from - widest, to + widest, 6 / per, (index) => {
    const start = x(inputs.at[index]) + 7;
    const next = x(inputs.at[index + 1] ?? Infinity) - 6;
    const text = inputName(inputs.items[index].fired, next - start, measureInput);
    if (text !== "" && names.take(start - 12, start + measureInput(text))) {
      writeHaloed(ctx, text, start, snap.y + 8, palette.ink, palette.panel);
    }
  });
}

/** @type {(context: Context, scene: Scene) => void} */
function paintPrompts(ctx, scene) {
  const { model, layout, palette, per } = scene;
  const x = toPixels(scene);
  const [from, to] = rangeOf(scene);
  for (const [id, lane] of lanesWith(layout, ["prompt"])) paintLane(id, lane);

  /** @type {(id: LaneName, lane: Lane) => void} */
  function paintLane(id, lane) {
    const { starts, ends, items } = spansIn(model, id);
    visitIntervals(starts, ends, from, to, 0.9 / per, (index) => {
      const span = items[index];
      const start = x(span.start);
      const width = Math.max(1, x(span.end) - start - 1.5);
      const mark = model.prompts.get(`${id} ${span.start}`);
      ctx.fillStyle = palette.fills[span.tint];
      if (span.fade > 0) {
        const gradient = ctx.createLinearGradient(start, 0, start + span.fade * per, 0);
        gradient.addColorStop(0, palette.fills[span.under]);
        gradient.addColorStop(1, palette.fills[span.tint]);
        ctx.fillStyle = gradient;
      }
      ctx.fillRect(start, lane.y, width, lane.h);
      outline(ctx, start, lane.y, width, lane.h, palette.outline);
      if (width < 3) return;
      if (mark?.status === "open" || isOpenAt(model, span.start)) {
        ctx.setLineDash([5, 4]);
        ctx.lineWidth = 1;
        ctx.strokeStyle = palette.edges[span.tint];
        ctx.strokeRect(start + 0.5, lane.y + 0.5, width - 1, lane.h - 1);
        ctx.setLineDash([]);
      }
      fill(ctx, start, lane.y, Math.min(4, Math.max(1, width / 4)), lane.h, palette.edges[span.tint]);
      if (mark?.changed) {
        ctx.beginPath();
        ctx.moveTo(start, lane.y + lane.h);
        ctx.lineTo(start + 10, lane.y + lane.h);
        ctx.lineTo(start, lane.y + lane.h - 10);
        ctx.fillStyle = palette.live;
        ctx.fill();
      }
    });
  }
}

/**
 * Return whether it is not known yet when the section at a chunk begins.
 *
 * @param {Model} model
 * @param {number} chunk
 */
function isOpenAt(model, chunk) {
  const { starts, items } = model.bands;
  const index = lowerBound(starts, chunk + 1) - 1;
  return index >= 0 && items[index].open && chunk >= items[index].earliest;
}

/** @type {(context: Context, scene: Scene) => void} */
function paintValues(ctx, scene) {
  const { model, layout, palette, per } = scene;
  const x = toPixels(scene);
  const [from, to] = rangeOf(scene);
  for (const [id, lane] of lanesWith(layout, ["image", "strength", "sr", "take"])) {
    const { starts, ends, items } = spansIn(model, id);
    const value = valueOf(id);
    visitIntervals(starts, ends, from, to, 0.9 / per, (index) => {
      const span = items[index];
      const start = x(span.start);
      const width = Math.max(1, x(span.end) - start - 1.5);
      const colour = value === "sr" ? (palette.scales[span.text] ?? palette.raised) : palette.raised;
      ctx.beginPath();
      ctx.roundRect(start, lane.y, width, lane.h, 2);
      ctx.fillStyle = colour;
      ctx.fill();
      outline(ctx, start, lane.y, width, lane.h, palette.outline);
      if (value === "take") fill(ctx, start, lane.y, 2.5, lane.h, palette.ink);
      else if (index > 0) fill(ctx, start, lane.y, 1, lane.h, palette.control);
    });
  }
}

/** @type {(context: Context, scene: Scene) => void} */
function paintInputs(ctx, scene) {
  const { model, layout, palette, per, width } = scene;
  const lane = layout.lanes.input;
  if (!lane) return;
  const x = toPixels(scene);
  const [from, to] = rangeOf(scene);
  fill(ctx, 0, lane.y + lane.h, width, 1, palette.grid);
  const measure = useFont(ctx, textFont(scene, 400));
  const row = new Row();
  visitPoints(model.inputs.at, from - 100 / per, to, 3 / per, (index) => {
    const mark = model.inputs.items[index];
    const at = x(model.inputs.at[index]);
    ctx.beginPath();
    ctx.moveTo(at - 5, lane.y + 3);
    ctx.lineTo(at + 5, lane.y + 3);
    ctx.lineTo(at, lane.y + lane.h - 3);
    ctx.fillStyle = palette.live;
    ctx.fill();
    const next = x(model.inputs.at[index + 1] ?? Infinity) - 5;
    const text = inputName(mark.fired, next - at - 10, measure);
    if (text !== "" && row.take(at - 5, at + 10 + measure(text))) {
      ctx.fillStyle = palette.ink;
      ctx.fillText(text, at + 8, lane.y + lane.h / 2 + 4);
    }
  });
}

/** @type {(context: Context, scene: Scene) => void} */
function paintMessages(ctx, scene) {
  const { model, layout, palette, per, width } = scene;
  const lane = layout.lanes.out;
  if (!lane) return;
  const x = toPixels(scene);
  const [from, to] = rangeOf(scene);
  fill(ctx, 0, lane.y + lane.h, width, 1, palette.grid);
  const measure = useFont(ctx, textFont(scene, 400));
  const size = Math.max(3, Math.min(14, per * 0.35));
  let free = -Infinity;
  visitPoints(model.messages.at, from - 200 / per, to, 2 / per, (index) => {
    const message = model.messages.items[index];
    const at = x(message.at);
    ctx.beginPath();
    ctx.roundRect(at + 0.75, lane.y + 3.5, size, lane.h - 7, 1.5);
    ctx.strokeStyle = message.wasLeftOut ? palette.bad : palette.edges[5];
    ctx.lineWidth = 1.5;
    if (message.wasLeftOut) ctx.setLineDash([2, 2]);
    ctx.stroke();
    ctx.setLineDash([]);
    if (index < scene.passed && !message.wasLeftOut) {
      ctx.fillStyle = palette.edges[5];
      ctx.fill();
    }
    const next = x(model.messages.at[index + 1] ?? Infinity);
    const label = at + size + 5;
    if (label >= free && label + measure(message.short) + 4 < next) {
      ctx.fillStyle = palette.soft;
      ctx.fillText(message.short, label, lane.y + lane.h / 2 + 4);
      free = label + measure(message.short);
    }
  });
}

/** @type {(context: Context, scene: Scene) => void} */
function paintErrors(ctx, scene) {
  const { model, layout, palette, per, width } = scene;
  const lane = layout.lanes.error;
  if (!lane) return;
  const x = toPixels(scene);
  const [from, to] = rangeOf(scene);
  const zero = lane.y + lane.h / 2;
  const half = lane.h / 2 - 1;
  // The lane shows up to half a chunk, which is the most that snapping causes; more is cut off.
  const most = model.grid.chunk * 500;
  fill(ctx, 0, zero, Math.min(width, x(model.end)), 1, palette.control);
  const measure = useFont(ctx, textFont(scene, 650));
  const row = new Row();
  const { snaps, widest } = model;
  visitPoints(snaps.at, from - widest - 100 / per, to + widest, 2 / per, (index) => {
    const mark = snaps.items[index];
    const error = errorOf(mark, model);
    const height = Math.max(2, Math.min(half, (Math.abs(error) / most) * half));
    const colour = errorColour(error, palette);
    const at = x(mark.chunk);
    fill(ctx, at - 3, error > 0 ? zero - height : zero, Math.min(6, Math.max(1, per)), height, colour);
    const cut = Math.abs(error) > most * 1.01;
    const text = `${cut ? (error > 0 ? "↑ " : "↓ ") : ""}${signed(error)}`;
    if (row.take(at + 6, at + 10 + measure(text))) {
      writeHaloed(ctx, text, at + 8, error > 0 ? zero - 8 : zero + 15, colour, palette.panel);
    }
  });
}

/** @type {(context: Context, scene: Scene) => void} */
function paintStatuses(ctx, scene) {
  const { model, layout, palette, per } = scene;
  const lane = layout.lanes.status;
  if (!lane) return;
  const x = toPixels(scene);
  const [from, to] = rangeOf(scene);
  const y = lane.y + lane.h / 2;
  const row = new Row();
  const words = new Row();
  const measure = useFont(ctx, textFont(scene, 400));
  /** @type {[Mark, number][]} */
  const shown = [];
  const add = (/** @type {Mark} */ mark, /** @type {number} */ chunk, /** @type {Mark["status"]} */ status) => {
    const at = x(chunk) + 6;
    if (!row.take(at - 7.5, at + 7.5)) return;
    drawStatus(ctx, status, at, y, palette);
    words.take(at - 8, at + 8);
    shown.push([{ ...mark, status }, at]);
  };
  // What went wrong is drawn first: where there is no room for all, it must not be hidden.
  for (const mark of model.refusals) {
    if (mark.refused !== null && mark.refused >= from - 1 && mark.refused <= to) add(mark, mark.refused, "refused");
  }
  visitPoints(model.notable.at, from - 1, to, 2 / per, (index) => {
    add(model.notable.items[index], model.notable.at[index], model.notable.items[index].status);
  });
  for (const { at, items } of [model.active, model.marks]) {
    visitPoints(at, from - 1, to, 14 / per, (index) => add(items[index], at[index], items[index].status));
  }
  ctx.font = textFont(scene, 400);
  for (const [mark, at] of shown) {
    const text = mark.status === "open" && mark.range !== "" ? `c${mark.range}` : STATUS_WORDS[mark.status];
    if (text === "" || !words.take(at + 9, at + 16 + measure(text))) continue;
    ctx.fillStyle = mark.status === "refused" || mark.status === "lost" ? palette.bad : palette.soft;
    ctx.fillText(text, at + 12, y + 4);
  }
}

