// @ts-check
/**
 * What moves over the timeline while a run plays, and the texts that stay in view while it scrolls.
 *
 * @typedef {import("./timeline_pen.js").Context} Context
 * @typedef {import("./timeline_model.js").Model} Model
 * @typedef {import("./timeline_model.js").Span} Span
 * @typedef {import("./timeline_paint.js").Scene} Scene
 * @typedef {import("./timeline_lanes.js").Lane} Lane
 * @typedef {import("./timeline_lanes.js").LaneName} LaneName
 *
 * @typedef {object} Moving
 * @property {number} made Where the model is, in chunks.
 * @property {number} seen Where the audience is.
 * @property {number} reach The first chunk that a prompt sent now still reaches.
 * @property {{chunk: number, exact: number | null, error_ms: number | null, text: string} | null} go
 *   Where a GO pressed now lands.
 * @property {readonly {chunk: number, text: string}[]} takeovers Where revisions take over.
 * @property {{from: number, to: number} | null} lost Since when the clock is lost, in chunks.
 */

import { placeFlags, shortenTo, widestStretch, wrapText } from "./timeline_labels.js";
import { lanesWith, valueOf } from "./timeline_lanes.js";
import { padKey, spansIn } from "./timeline_model.js";
import { addSnapCurve, signed, textFont } from "./timeline_paint.js";
import { fill, hatch, useFont, verticalLine, writeHaloed } from "./timeline_pen.js";
import { lowerBound, visitIntervals } from "./timeline_ranges.js";

/** The least width of a block in which something is written, in pixels. */
const LEAST_TEXT = 26;
/** Prompts end after this many lines. */
const MAX_LINES = 3;

/**
 * Draw the lines that move.
 *
 * @param {Context} ctx
 * @param {Scene} scene
 * @param {Moving} moving
 */
export function paintMoving(ctx, scene, moving) {
  const { model, layout, palette, per, left, width } = scene;
  const { bar, snap, chunk, flag, status } = layout.lanes;
  const lanes = lanesWith(layout, ["prompt"]);
  if (!bar || !snap || !chunk || lanes.length === 0 || !flag || !status) return;
  const x = (/** @type {number} */ at) => (at - left) * per;
  const bottom = status.y + status.h + 3;
  const [seen, made, reach] = [x(moving.seen), x(moving.made), x(moving.reach)];
  ctx.globalAlpha = 0.2;
  const top = lanes[0][1].y;
  fill(ctx, 0, top, Math.min(width, seen), bottom - top, palette.shade);
  ctx.globalAlpha = 1;
  for (const [id, lane] of lanes) {
    const { starts, ends, items } = spansIn(model, id);
    visitIntervals(starts, ends, moving.seen, moving.seen + 1e-9, 0, (index) => {
      const start = Math.max(-4, x(starts[index]));
      ctx.strokeStyle = palette.edges[items[index].tint];
      ctx.lineWidth = 2;
      ctx.strokeRect(start + 1, lane.y + 1, Math.min(width + 4, x(ends[index])) - start - 3.5, lane.h - 2);
    });
  }
  ctx.globalAlpha = 0.6;
  hatch(ctx, made, chunk.y, reach - made, bottom - chunk.y, palette.hatch);
  ctx.globalAlpha = 1;
  if (moving.lost !== null) {
    const from = x(moving.lost.from);
    hatch(ctx, from, bar.y, x(moving.lost.to) - from, bar.h, palette.hatch);
    fill(ctx, from, bar.y + bar.h - 3, x(moving.lost.to) - from, 3, palette.warn);
  }
  fill(ctx, x(Math.floor(moving.made)) + 1, chunk.y + 2, per - 2, 2.5, palette.ink);
  ctx.globalAlpha = 0.85;
  verticalLine(ctx, reach, flag.y + 2, bottom, palette.ink, 2);
  ctx.globalAlpha = 1;
  for (const one of moving.takeovers) verticalLine(ctx, x(one.chunk), flag.y, bottom, palette.live, 2.5);
  if (moving.go !== null) {
    const at = x(moving.go.chunk);
    const isFirst = moving.go.chunk === moving.reach; // two lines in one place: GO is the brighter one
    verticalLine(ctx, at, flag.y, bottom, palette.go, isFirst ? 3.5 : 2.5, isFirst ? [] : [7, 4]);
    if (moving.go.exact !== null) {
      ctx.beginPath();
      addSnapCurve(ctx, x(moving.go.exact), at, snap.y, chunk.y);
      ctx.strokeStyle = palette.go;
      ctx.lineWidth = 2.5;
      ctx.stroke();
      ctx.beginPath();
      ctx.arc(x(moving.go.exact), snap.y, 3.6, 0, 2 * Math.PI);
      ctx.fillStyle = palette.go;
      ctx.fill();
    }
  }
  verticalLine(ctx, seen, flag.y + 16, bottom, palette.ink, 1.6, [3, 3]);
  verticalLine(ctx, made, flag.y + 2, bottom, palette.ink, 3);
}

/**
 * Write what the moving lines mean, in a row of their own; the more important ones first.
 *
 * @param {Context} ctx
 * @param {Scene} scene
 * @param {Moving} moving
 */
export function paintFlags(ctx, scene, moving) {
  const { model, layout, palette, per, left, width } = scene;
  const { flag, snap } = layout.lanes;
  if (!flag || !snap) return;
  const x = (/** @type {number} */ at) => (at - left) * per;
  const measure = useFont(ctx, textFont(scene, 650));
  const zone = x(moving.reach) - x(moving.made);
  const long = `too late before chunk ${moving.reach}`;
  const late = zone > measure(long) + measure("made") + 40 ? long : "too late";
  /** @type {{x: number, text: string, side: "left" | "right", fill: string, ink: string}[]} */
  const flags = [{ x: x(moving.made) - 1.5, text: "made", side: "right", fill: palette.ink, ink: palette.panel }];
  if (moving.go !== null) flags.push({ x: x(moving.go.chunk), text: moving.go.text, side: "right", fill: palette.go, ink: palette.goInk });
  for (const one of moving.takeovers) {
    flags.push({ x: x(one.chunk), text: one.text, side: "right", fill: palette.live, ink: palette.panel });
  }
  flags.push({ x: x(moving.seen), text: "seen", side: "left", fill: palette.raised, ink: palette.ink });
  if (zone > measure(late) + measure("made") + 32) {
    flags.push({ x: x(moving.reach) - 1, text: late, side: "left", fill: palette.raised, ink: palette.soft });
  }
  const widths = flags.map((one) => Math.ceil(measure(one.text)) + 14);
  const placed = placeFlags(flags.map((one, index) => ({ x: one.x, width: widths[index], side: one.side })), 0, width);
  flags.forEach((one, index) => {
    const place = placed[index];
    if (place === null) return;
    fill(ctx, place.from, flag.y + 1, widths[index], 18, one.fill);
    ctx.fillStyle = one.ink;
    ctx.fillText(one.text, place.from + 7, flag.y + 14);
  });
  const go = moving.go;
  if (go === null || go.exact === null || go.error_ms === null) return;
  const text = signed(go.error_ms);
  const at = Math.max(x(go.exact), x(go.chunk)) + 7;
  // The figure of a cue there is more important, and has the same place.
  const near = lowerBound(model.marks.at, go.chunk - 90 / per);
  if (model.marks.at[near] <= go.chunk + 60 / per) return;
  useFont(ctx, `650 ${layout.scale > 1 ? 13 : 12}px ${palette.font}`);
  writeHaloed(ctx, text, at, snap.y + Math.floor(snap.h / 2) + 5, palette.go, palette.panel);
}

/** Texts of blocks, which stay in view while their block scrolls out of it. */
export class BlockTexts {
  constructor() {
    /** @type {Map<string, string>} The line after which the text of each block was last. */
    this.after = new Map();
    /** @type {Map<string, string[]>} */
    this.wrapped = new Map();
  }

  /** Forget everything: the plot or the fonts have changed. */
  clear() {
    this.after.clear();
    this.wrapped.clear();
  }

  /**
   * Write the texts of sections, prompts and values.
   *
   * @param {Context} ctx
   * @param {Scene} scene
   * @param {Moving | null} moving
   */
  paint(ctx, scene, moving) {
    this.#sections(ctx, scene);
    for (const [id, lane] of lanesWith(scene.layout, ["prompt"])) this.#prompts(ctx, scene, moving, id, lane);
    this.#values(ctx, scene);
  }

  /** @type {(context: Context, scene: Scene) => void} */
  #sections(ctx, scene) {
    const { model, layout, palette, per, left, width } = scene;
    const lane = layout.lanes.section;
    if (!lane) return;
    const size = layout.scale > 1 ? 14 : 12.5;
    const { starts, ends, items } = model.bands;
    visitIntervals(starts, ends, left, left + width / per, LEAST_TEXT / per, (index) => {
      const start = Math.max(0, (starts[index] - left) * per) + 9;
      const room = Math.min(width, (ends[index] - left) * per) - start - 4;
      if (room < 10) return;
      const { name, caption, tint } = items[index];
      const base = lane.y + lane.h / 2 + size * 0.36;
      ctx.fillStyle = palette.letters[tint];
      const bold = useFont(ctx, `700 ${size}px ${palette.font}`);
      const shown = shortenTo(name, room, bold);
      ctx.fillText(shown, start, base);
      const after = start + bold(shown) + 8;
      if (shown !== name || name === "") return;
      const plain = useFont(ctx, `400 ${size}px ${palette.font}`);
      ctx.fillText(shortenTo(caption, room - (after - start), plain), after, base);
    });
  }

  /** @type {(context: Context, scene: Scene, moving: Moving | null, id: LaneName, lane: Lane) => void} */
  #prompts(ctx, scene, moving, id, lane) {
    const { model, layout, palette, per, left, width } = scene;
    const x = (/** @type {number} */ at) => (at - left) * per;
    const size = layout.scale > 1 ? 13.5 : 12.5;
    const height = layout.scale > 1 ? 17 : 15;
    const top = lane.y + (layout.scale < 1 ? 1 : 4);
    const most = Math.min(MAX_LINES, Math.floor((lane.y + lane.h - top) / height));
    /** @type {{x: number, name: string}[]} */
    const lines = [];
    if (moving !== null) {
      lines.push({ x: x(moving.seen), name: "seen" }, { x: x(moving.made), name: "made" }, { x: x(moving.reach), name: "reach" });
      if (moving.go !== null) lines.push({ x: x(moving.go.chunk), name: "go" });
      moving.takeovers.forEach((one, index) => lines.push({ x: x(one.chunk), name: `takeover ${index}` }));
    }
    const { starts, ends, items } = spansIn(model, id);
    visitIntervals(starts, ends, left, left + width / per, LEAST_TEXT / per, (index) => {
      const span = items[index];
      const from = Math.max(0, x(span.start));
      const to = Math.min(width, x(span.end));
      if (to - from < LEAST_TEXT) return;
      const stretch = widestStretch(from, to, lines, this.after.get(`${id} ${span.start}`));
      this.after.set(`${id} ${span.start}`, stretch.after);
      // A scene begins with its base, which is the beginning of the whole prompt.
      const isBase = span.full.startsWith(span.text);
      const measure = useFont(ctx, `${isBase ? 400 : 600} ${size}px ${palette.font}`);
      const pad = padKey(model.prompts.get(`${id} ${span.start}`)?.fired ?? "", model.keys);
      const keyWidth = pad === "" ? 0 : 19;
      const past = moving !== null && span.end <= moving.seen;
      ctx.globalAlpha = past ? 0.8 : isBase ? 0.85 : 1;
      // Words that cross a line are better than words that are missing.
      let start = 0;
      /** @type {string[]} */
      let written = [];
      for (const [left, right] of [[stretch.from, stretch.to], [stretch.from, to], [from, to]]) {
        start = left + (left === x(span.start) ? 10 : 7);
        // A width in steps, so that a text that moves with a line is not wrapped anew in every frame.
        const room = Math.floor((right - start - 5) / 4) * 4;
        if (room < LEAST_TEXT - 10) continue;
        written = this.#wrap(span, room, most, measure, keyWidth, size);
        if (!isCut(written)) break;
      }
      const crossed = stretch.to - stretch.from < to - from;
      written.forEach((line, row) => {
        const at = start + (row === 0 ? keyWidth : 0);
        const base = top + (row + 1) * height - 3.5;
        if (crossed) writeHaloed(ctx, line, at, base, palette.letters[span.tint], palette.fills[span.tint]);
        else {
          ctx.fillStyle = palette.letters[span.tint];
          ctx.fillText(line, at, base);
        }
      });
      if (pad !== "" && written.length > 0) paintKey(ctx, scene, pad, start, top + 2.5, palette.letters[span.tint]);
      ctx.globalAlpha = 1;
    });
  }

  /**
   * @param {Span} span
   * @param {number} room
   * @param {number} most
   * @param {(text: string) => number} measure
   * @param {number} indent
   * @param {number} size
   */
  #wrap(span, room, most, measure, indent, size) {
    const key = `${size} ${room} ${most} ${indent} ${span.text}`;
    let lines = this.wrapped.get(key);
    if (lines === undefined) {
      lines = wrapText(span.text, room, most, measure, indent);
      if (isCut(lines) && span.shortest !== span.text) {
        lines = wrapText(span.shortest, room, most, measure, indent);
      }
      if (this.wrapped.size > 4000) this.wrapped.clear();
      this.wrapped.set(key, lines);
    }
    return lines;
  }

  /** @type {(context: Context, scene: Scene) => void} */
  #values(ctx, scene) {
    const { model, layout, palette, per, left, width, images } = scene;
    const measure = useFont(ctx, textFont(scene, 400));
    for (const [id, lane] of lanesWith(layout, ["image", "strength", "sr", "take"])) {
      const { starts, ends, items } = spansIn(model, id);
      visitIntervals(starts, ends, left, left + width / per, LEAST_TEXT / per, (index) => {
        const begin = (starts[index] - left) * per;
        const end = Math.min(width, (ends[index] - left) * per) - 4;
        let start = Math.max(0, begin);
        const picture = valueOf(id) === "image" ? images.get(items[index].key) : undefined;
        if (picture !== undefined) {
          const wide = Math.min((lane.h * picture.naturalWidth) / picture.naturalHeight, lane.h * 2.2);
          if (end - start > wide) {
            ctx.drawImage(picture, start, lane.y, wide, lane.h);
            start += wide;
          }
        }
        ctx.fillStyle = palette.ink;
        ctx.fillText(shortenTo(items[index].text, end - start - 7, measure), start + 7, lane.y + lane.h / 2 + 4);
      });
    }
    const lane = layout.lanes.sound;
    if (lane && model.sound !== null) {
      const start = Math.max(0, (0 - left) * per) + 6;
      writeHaloed(ctx, shortenTo(model.sound.label, width / 3, measure), start, lane.y + lane.h / 2 + 4, palette.ink, palette.panel, 6);
    }
  }
}

/**
 * Return whether a text was shortened.
 *
 * @param {readonly string[]} lines
 */
function isCut(lines) {
  return lines.length === 0 || lines[lines.length - 1].endsWith("…");
}

/**
 * Draw the key of a pad.
 *
 * @param {Context} ctx
 * @param {Scene} scene
 * @param {string} key
 * @param {number} x
 * @param {number} y
 * @param {string} colour
 */
function paintKey(ctx, { palette }, key, x, y, colour) {
  ctx.beginPath();
  ctx.roundRect(x + 0.5, y + 0.5, 14, 13, 2.5);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  ctx.stroke();
  const measure = useFont(ctx, `600 10px ${palette.mono}`);
  ctx.fillStyle = colour;
  ctx.fillText(key, x + 7.5 - measure(key) / 2, y + 10.5);
}
