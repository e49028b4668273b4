// @ts-check
/**
 * The timeline: one canvas with bars above and chunks below.
 *
 * Two layers that change only with the scale or the data are drawn once, wider than the view; each
 * frame copies their visible part and draws the moving lines between them. Nothing is drawn while
 * nothing changes.
 *
 * The canvas is hidden from assistive technology: the list of cues has the same content.
 *
 * @typedef {import("./main.js").Studio} Studio
 * @typedef {import("./timeline_model.js").Model} Model
 * @typedef {import("./timeline_model.js").Mark} Mark
 * @typedef {import("./timeline_moving.js").Moving} Moving
 * @typedef {import("./timeline_paint.js").Scene} Scene
 * @typedef {import("./timeline_scale.js").View} View
 *
 * @typedef {object} Drawn What is drawn where, for tests. Positions are pixels of the canvas.
 * @property {View} view
 * @property {number} frames How often the canvas was drawn.
 * @property {number} layers How often the layers were drawn.
 * @property {number} blocks The prompts in view.
 * @property {number} marks The cues in view.
 * @property {{made: number, seen: number, reach: number, go: number | null, takeovers: number[]} | null} lines
 * @property {Record<string, {y: number, h: number}>} lanes
 * @property {number} end
 */

import { keyLabel } from "./key_table.js";
import { choosePads, padCode } from "./pad_choice.js";
import { TouchScroll } from "./timeline_gestures.js";
import { readPalette } from "./timeline_colours.js";
import { describeAt, laneAt, markAt } from "./timeline_hover.js";
import { lanesWith, layOutLanes } from "./timeline_lanes.js";
import { buildModel, promptLanes, spansIn } from "./timeline_model.js";
import { BlockTexts, paintFlags, paintMoving } from "./timeline_moving.js";
import { paintBase, paintSound, paintTop, textFont } from "./timeline_paint.js";
import { forgetWidths, useFont } from "./timeline_pen.js";
import { lowerBound, upperBound } from "./timeline_ranges.js";
import { LIVE_PER, alignView, clampView, followView, revealView, wheelFactor, wholePer, zoomAround } from "./timeline_scale.js";

/** The width of the margin with the names of the lanes, in pixels. */
const MARGIN = 84;
/** What is left free at the right, in pixels. */
const RIGHT = 10;
/** How much wider than the view the layers are on each side, in pixels. */
const SPARE = 400;
/** A pointer that moved less than this, in pixels, has clicked. */
const CLICK = 5;

/**
 * @param {HTMLElement} element
 * @param {Studio} studio
 */
export function mount(element, studio) {
  const timeline = new Timeline(element, studio);
  return () => timeline.end();
}

class Timeline {
  /**
   * @param {HTMLElement} element
   * @param {Studio} studio
   */
  constructor(element, studio) {
    this.element = element;
    this.studio = studio;
    element.setAttribute("aria-label", "Timeline");
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.box = document.createElement("div");
    this.box.className = "tl-box";
    this.box.setAttribute("aria-hidden", "true");
    this.box.hidden = true;
    const hint = document.createElement("p");
    hint.className = "unseen";
    hint.textContent = "A drawing. The list of cues and the report have the same cues as text.";
    element.append(this.canvas, this.box, hint);
    this.hint = hint;
    const context = this.canvas.getContext("2d");
    if (context === null) throw new Error("This browser cannot draw on a canvas.");
    this.ctx = context;
    this.base = document.createElement("canvas");
    this.top = document.createElement("canvas");
    this.heard = document.createElement("canvas");
    /** @type {Model | null} */
    this.model = null;
    /** @type {unknown} The plot from which the model was made. */
    this.plot = null;
    this.mode = "";
    /** @type {View} */
    this.view = { left: 0, per: LIVE_PER, width: 0 };
    this.ratio = 1;
    /** @type {{get(code: string): string | undefined} | null} The operator's keyboard, if the browser knows it. */
    this.keyboard = null;
    this.layout = layOutLanes({ live: false, beats: true, image: false, strength: false, sr: true, take: true, stages: [], input: false, sound: false, error: false, protocols: [] }, innerHeight, true);
    this.forced = matchMedia("(forced-colors: active)");
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.palette = readPalette(element, this.forced.matches);
    /** @type {{key: string, left: number, per: number, width: number}} What the layers show. */
    this.tile = { key: "", left: 0, per: 0, width: 0 };
    this.generation = 0;
    this.texts = new BlockTexts();
    /** @type {Map<string, HTMLImageElement>} */
    this.images = new Map();
    /** @type {{x: number, y: number} | null} The pointer, over the canvas. */
    this.pointer = null;
    /** @type {Map<number, {x: number, y: number}>} Pointers that are down. */
    this.down = new Map();
    this.moved = 0;
    this.gesture = new TouchScroll();
    this.dirty = true;
    this.requested = 0;
    this.drawn = "";
    this.counts = { frames: 0, layers: 0 };
    /** @type {(() => void)[]} */
    this.ends = [];
    this.stopFrames = () => {};
    this.isRunning = false;
    /** @type {any} */ (this.canvas).drawn = () => this.report();
    this.#listen();
  }

  /** Remove everything that was added. */
  end() {
    this.stopFrames();
    cancelAnimationFrame(this.requested);
    for (const end of this.ends) end();
    for (const one of [this.canvas, this.box, this.hint]) one.remove();
  }

  #listen() {
    const { store, ui } = this.studio;
    const resized = new ResizeObserver(() => this.#resize());
    resized.observe(this.element);
    this.ends.push(() => resized.disconnect());
    this.#on(window, "resize", () => this.#resize());
    this.#on(this.forced, "change", () => this.#recolour());
    this.#on(document.fonts, "loadingdone", () => this.#refont());
    this.#on(this.canvas, "wheel", (event) => this.#wheel(/** @type {WheelEvent} */ (event)), { passive: false });
    this.#on(this.canvas, "pointerdown", (event) => this.#press(/** @type {PointerEvent} */ (event)));
    this.#on(this.canvas, "pointermove", (event) => this.#move(/** @type {PointerEvent} */ (event)));
    this.#on(this.canvas, "pointerup", (event) => this.#release(/** @type {PointerEvent} */ (event)));
    this.#on(this.canvas, "pointercancel", (event) => this.#forget(/** @type {PointerEvent} */ (event)));
    this.#on(this.canvas, "pointerleave", () => {
      this.pointer = null;
      this.#hover();
    });
    this.ends.push(
      store.subscribe(["mode", "plot", "lines", "pads"], () => this.#update()),
      store.subscribe(["playback", "go", "clock", "revisions", "checked"], () => this.#invalidate()),
      ui.subscribe(["theme"], () => this.#recolour()),
      ui.subscribe(["zoom"], () => this.#zoomTo(ui.get("zoom"))),
      ui.subscribe(["scroll"], () => this.#scrollTo(ui.get("scroll"))),
      ui.subscribe(["follow"], () => this.#invalidate()),
      ui.subscribe(["selection"], () => this.#reveal()),
    );
    this.#resize();
    void this.#readKeyboard();
  }

  /** Read the keyboard's layout, so that prompts name the same keys as the pads. */
  async #readKeyboard() {
    const { keyboard } = /** @type {{keyboard?: {getLayoutMap(): Promise<Map<string, string>>}}} */ (
      /** @type {unknown} */ (navigator)
    );
    if (keyboard === undefined) return;
    this.keyboard = await keyboard.getLayoutMap();
    this.#update();
  }

  /**
   * @param {EventTarget} target
   * @param {string} type
   * @param {(event: Event) => void} listener
   * @param {AddEventListenerOptions} [options]
   */
  #on(target, type, listener, options) {
    target.addEventListener(type, listener, options);
    this.ends.push(() => target.removeEventListener(type, listener, options));
  }

  // ---- data

  /** Take the plot and the lines that are known now. */
  #update() {
    const { store } = this.studio;
    const state = store.state;
    if (state === null) return;
    const live = state.mode === "rehearse" || state.mode === "show";
    const message = state.mode === "edit" ? store.plot("score") : (store.plot("live") ?? store.plot("score"));
    const lines = state.mode === "edit" ? [] : state.lines;
    const before = this.model;
    this.model = message === null ? null : buildModel(message.plot, lines, keysOf(state.pads, this.keyboard));
    if (this.model !== null && this.plot !== message?.plot) this.#loadImages(this.model);
    this.plot = message?.plot ?? null;
    this.generation += 1;
    this.#layOut();
    if (state.mode !== this.mode || before === null) this.#enter(state.mode);
    else if (this.model !== null && before.end !== this.model.end) this.#keepScale(before.end);
    if (live !== this.isRunning) {
      this.isRunning = live;
      this.stopFrames();
      this.stopFrames = live ? this.studio.frames.on(() => this.#tick()) : () => {};
    }
    this.#invalidate();
  }

  /** @param {Model} model */
  #loadImages(model) {
    for (const [key, url] of Object.entries(model.thumbnails)) {
      if (this.images.has(key)) continue;
      const image = new Image();
      image.addEventListener("load", () => {
        this.images.set(key, image);
        this.#invalidate();
      });
      image.src = url;
    }
  }

  #layOut() {
    const model = this.model;
    const mode = this.studio.store.state?.mode ?? "edit";
    const live = mode === "rehearse" || mode === "show";
    const has = (/** @type {import("./timeline_lanes.js").Value} */ value) => model !== null && spansIn(model, value).items.length > 0;
    const stages = model?.stages ?? [];
    this.layout = layOutLanes(
      {
        live,
        beats: model === null || model.bars.at.length > 0,
        image: has("image"),
        strength: has("strength"),
        sr: stages.length === 0 || has("sr"),
        take: stages.length === 0 || has("take"),
        stages,
        input: model !== null && (model.inputs.items.length > 0 || (live && (this.studio.store.state?.pads.length ?? 0) > 0)),
        sound: model !== null && model.sound !== null,
        error: mode === "report",
        protocols: model?.protocols ?? [],
      },
      innerHeight,
      mode === "edit",
    );
    this.#fitCanvas();
  }

  /** Show what a mode begins with: all of the score, or the chunks around the playhead.
   * @param {string} mode */
  #enter(mode) {
    this.mode = mode;
    if (this.model === null) return;
    const live = mode === "rehearse" || mode === "show";
    const whole = wholePer(this.view.width, this.model.end);
    const per = live ? Math.max(whole, this.view.width > 1600 ? LIVE_PER + 3 : LIVE_PER) : whole;
    this.#look({ left: 0, per, width: this.view.width });
  }

  /** The score has become longer or shorter: keep the scale, or keep showing all of it.
   * @param {number} before */
  #keepScale(before) {
    if (this.model === null) return;
    const wasWhole = this.view.per <= wholePer(this.view.width, before) * 1.001;
    const per = wasWhole && !this.isRunning ? 0 : this.view.per;
    this.#look(clampView({ ...this.view, per }, this.model.end));
  }

  // ---- size and colours

  #resize() {
    const width = Math.max(0, this.element.clientWidth - MARGIN - RIGHT);
    this.ratio = devicePixelRatio || 1;
    const before = this.view;
    this.view = { ...before, width };
    this.#layOut();
    if (this.model !== null && width > 0) {
      if (before.width <= 0) this.#enter(this.mode);
      else {
        const wasWhole = before.per <= wholePer(before.width, this.model.end) * 1.001;
        this.#look(clampView({ ...this.view, per: wasWhole ? 0 : before.per }, this.model.end));
      }
    }
    this.generation += 1;
    this.#invalidate();
  }

  #fitCanvas() {
    const width = this.view.width + MARGIN + RIGHT;
    const height = this.layout.height;
    const size = [Math.round(width * this.ratio), Math.round(height * this.ratio)];
    if (this.canvas.width === size[0] && this.canvas.height === size[1]) return;
    [this.canvas.width, this.canvas.height] = size;
    this.canvas.style.setProperty("width", `${width}px`);
    this.canvas.style.setProperty("height", `${height}px`);
    this.generation += 1;
    this.dirty = true;
  }

  #recolour() {
    this.palette = readPalette(this.element, this.forced.matches);
    this.generation += 1;
    this.#invalidate();
  }

  #refont() {
    forgetWidths();
    this.texts.clear();
    this.#recolour();
  }

  // ---- the view

  /** Show a view, and let the rest of the page know.
   * @param {View} view */
  #look(view) {
    this.view = view;
    const { ui } = this.studio;
    if (this.model !== null) ui.set("zoom", view.per / wholePer(view.width, this.model.end));
    ui.set("scroll", view.left);
    this.#invalidate();
  }

  /** @param {number} zoom How many times wider than the whole score. */
  #zoomTo(zoom) {
    if (this.model === null || this.view.width <= 0) return;
    const per = zoom * wholePer(this.view.width, this.model.end);
    if (Math.abs(per - this.view.per) < 1e-9 * per) return;
    const made = this.#isFollowing() ? (this.studio.store.playhead()?.made ?? null) : null;
    const x = made !== null ? (made - this.view.left) * this.view.per : (this.pointer?.x ?? MARGIN + this.view.width / 2) - MARGIN;
    this.#look(zoomAround(this.view, per / this.view.per, x, this.model.end));
  }

  /** @param {number} left */
  #scrollTo(left) {
    if (this.model === null || left === this.view.left) return;
    this.#look(clampView({ ...this.view, left }, this.model.end));
  }

  #isFollowing() {
    return this.isRunning && this.studio.ui.get("follow");
  }

  #reveal() {
    const mark = this.#selected();
    if (mark !== null && this.model !== null && !this.#isInView(mark.chunk)) {
      this.studio.ui.set("follow", false);
      this.#look(revealView(this.view, mark.chunk, this.model.end));
    }
    this.#invalidate();
  }

  /** @param {number} chunk */
  #isInView(chunk) {
    return chunk >= this.view.left && chunk <= this.view.left + this.view.width / this.view.per;
  }

  /** @returns {Mark | null} */
  #selected() {
    const number = this.studio.ui.get("selection");
    if (number === null || this.model === null) return null;
    return this.model.marks.items.find((mark) => mark.n === number) ?? null;
  }

  // ---- pointer

  /** @param {WheelEvent} event */
  #wheel(event) {
    if (this.model === null) return;
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.ctrlKey || event.metaKey) {
      const x = event.offsetX - MARGIN;
      this.#look(zoomAround(this.view, wheelFactor(event.deltaY * unit), x, this.model.end));
      return;
    }
    const delta = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY;
    this.#scrollBy((delta * unit) / this.view.per);
  }

  /** @param {number} chunks */
  #scrollBy(chunks) {
    if (this.model === null || chunks === 0) return;
    if (this.isRunning) this.studio.ui.set("follow", false);
    this.#look(clampView({ ...this.view, left: this.view.left + chunks }, this.model.end));
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    if (this.down.size === 0) this.moved = 0;
    this.down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    this.gesture.start([...this.down.values()]);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const point = { x: event.offsetX, y: event.offsetY };
    this.pointer = event.pointerType === "touch" ? null : point;
    const before = this.down.get(event.pointerId);
    if (before !== undefined && this.model !== null) {
      this.moved += Math.hypot(point.x - before.x, point.y - before.y);
      this.down.set(event.pointerId, point);
      if (this.moved >= CLICK) {
        const { by, factor, x } = this.gesture.move([...this.down.values()]);
        this.#scrollBy(-by / this.view.per);
        if (factor !== 1) this.#look(zoomAround(this.view, factor, x - MARGIN, this.model.end));
        this.element.toggleAttribute("data-dragging", true);
      }
    }
    this.#hover();
  }

  /** @param {PointerEvent} event */
  #release(event) {
    const isClick = this.down.has(event.pointerId) && this.down.size === 1 && this.moved < CLICK;
    this.#forget(event);
    if (isClick) this.#click(event);
  }

  /** @param {PointerEvent} event */
  #forget(event) {
    this.down.delete(event.pointerId);
    this.gesture.start([...this.down.values()]);
    if (this.down.size === 0) this.element.toggleAttribute("data-dragging", false);
  }

  /** @param {PointerEvent} event */
  #click(event) {
    if (this.model === null || event.offsetX < MARGIN) return;
    const lane = laneAt(this.layout, event.offsetY);
    const mark = markAt(this.model, lane, this.#chunkAt(event.offsetX), this.view.per);
    const { store, ui } = this.studio;
    if (mark === null || mark.n < 0) {
      ui.set("selection", null);
      return;
    }
    ui.set("selection", mark.n);
    if (store.state?.mode === "edit" && mark.line > 0) ui.set("goto_line", { line: mark.line });
  }

  /** @param {number} x In pixels of the canvas. */
  #chunkAt(x) {
    return this.view.left + (x - MARGIN) / this.view.per;
  }

  /** Show what is below the pointer, in a box that stays within the timeline. */
  #hover() {
    const { pointer, model, box } = this;
    const chunk = pointer === null ? -1 : this.#chunkAt(pointer.x);
    const isOver = pointer !== null && model !== null && pointer.x >= MARGIN && chunk < model.end && this.moved < CLICK;
    if (this.down.size === 0) this.moved = 0;
    box.hidden = !isOver;
    this.#invalidate();
    if (!isOver) return;
    const { where, what, text } = describeAt(model, laneAt(this.layout, pointer.y), chunk, this.view.per);
    const lines = [where, what, text].filter((one) => one !== "");
    box.replaceChildren(
      ...lines.map((line, index) => {
        const row = document.createElement("div");
        row.textContent = line;
        if (index === 0) row.className = "tl-where";
        return row;
      }),
    );
    const room = this.view.width + MARGIN + RIGHT;
    const left = pointer.x + 14 + box.offsetWidth > room ? pointer.x - 14 - box.offsetWidth : pointer.x + 14;
    const top = pointer.y + 14 + box.offsetHeight > this.layout.height ? pointer.y - 10 - box.offsetHeight : pointer.y + 14;
    box.style.setProperty("--x", `${Math.max(0, Math.round(left))}px`);
    box.style.setProperty("--y", `${Math.max(0, Math.min(Math.round(top), this.layout.height - box.offsetHeight))}px`);
  }

  // ---- drawing

  /** Draw before the next frame. */
  #invalidate() {
    this.dirty = true;
    if (this.isRunning || this.requested !== 0) return;
    this.requested = requestAnimationFrame(() => {
      this.requested = 0;
      this.#tick();
    });
  }

  /** Draw if anything has moved by a pixel of the screen since the last time. */
  #tick() {
    if (this.view.width <= 0 || this.element.offsetParent === null) return;
    const moving = this.#moving();
    if (moving !== null && this.model !== null && this.#isFollowing()) {
      this.view = followView(this.view, moving.made, this.model.end, this.still.matches);
      this.studio.ui.set("scroll", this.view.left);
    }
    const view = alignView(this.view, this.ratio);
    const pixels = (/** @type {number} */ chunk) => Math.round((chunk - view.left) * view.per * this.ratio);
    const key =
      moving === null
        ? `${view.left} ${view.per}`
        : [view.left, view.per, ...[moving.made, moving.seen, moving.reach].map(pixels)].join(" ");
    if (!this.dirty && key === this.drawn) return;
    this.dirty = false;
    this.drawn = key;
    this.#draw(view, moving);
  }

  /** Return what moves now; null without a run.
   * @returns {Moving | null} */
  #moving() {
    const { store } = this.studio;
    const state = store.state;
    const head = this.isRunning ? store.playhead() : null;
    if (state === null || head === null || this.model === null) return null;
    const { made, seen } = head;
    const target = state.go.target;
    /** @type {Moving["go"]} */
    let go = null;
    if (target !== null && (state.go.state === "ready" || state.go.state === "accepted") && target.chunk > seen) {
      const index = lowerBound(this.model.exits.at, target.chunk);
      const exits = this.model.exits.items.slice(index, upperBound(this.model.exits.at, target.chunk));
      const exit = exits.find((one) => one.bar === target.bar) ?? null;
      const where = target.bar === null ? "" : `bar ${target.bar}, `;
      const name = state.go.state === "accepted" ? "GO ✓" : "GO";
      const to = target.section === "" ? name : `${name} → ${target.section}`;
      go = {
        chunk: target.chunk,
        exact: exit?.exact ?? null,
        error_ms: target.error_ms ?? exit?.error_ms ?? null,
        text: `${to} · ${where}chunk ${target.chunk}`,
      };
    }
    const takeovers = state.revisions
      .filter((one) => one.chunk !== null && one.chunk > seen && ["offered", "uploading", "taken"].includes(one.state))
      .map((one) => ({
        chunk: /** @type {number} */ (one.chunk),
        text: `▲ revision ${one.number} takes over · ${[one.place, `chunk ${one.chunk}`].filter((part) => part !== "").join(", ")}`,
      }));
    const lostAt = state.clock?.quality === "lost" ? state.clock.lost_since_at : null;
    const chunkNs = state.playback?.chunk_ns ?? 0;
    const lost = lostAt === null || chunkNs <= 0 ? null : { from: made + (store.seconds(lostAt) * 1e9) / chunkNs, to: made };
    return { made, seen, reach: Math.floor(made) + Math.max(1, this.model.lead), go, takeovers, lost };
  }

  /**
   * @param {View} view
   * @param {Moving | null} moving
   */
  #draw(view, moving) {
    this.counts.frames += 1;
    const { ctx, ratio, layout, palette } = this;
    const scene = this.#scene(view, moving);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.fillStyle = palette.panel;
    ctx.fillRect(0, 0, view.width + MARGIN + RIGHT, layout.height);
    this.#names();
    if (scene === null) {
      this.#explain(view);
      return;
    }
    this.#layers(scene, view);
    ctx.save();
    ctx.beginPath();
    ctx.rect(MARGIN, 0, view.width, layout.height);
    ctx.clip();
    this.#copy(this.base, view, 0, 0, view.width, layout.height);
    ctx.translate(MARGIN, 0);
    if (moving !== null) {
      this.#copyHeard(view, moving);
      paintMoving(ctx, scene, moving);
    }
    this.#pointerLine(scene);
    ctx.translate(-MARGIN, 0);
    this.#copy(this.top, view, 0, 0, view.width, layout.height);
    ctx.translate(MARGIN, 0);
    this.texts.paint(ctx, scene, moving);
    if (moving !== null) paintFlags(ctx, scene, moving);
    this.#selection(scene);
    ctx.restore();
  }

  /** Why there is nothing to draw yet. @param {View} view */
  #explain(view) {
    const { ctx, layout, palette } = this;
    const { prompt } = layout.lanes;
    if (!prompt || this.mode === "") return;
    const text =
      this.studio.store.checked === null
        ? "The score is being checked."
        : "The timeline appears as soon as the score can be read without errors.";
    const measure = useFont(ctx, `400 13px ${palette.font}`);
    ctx.fillStyle = palette.soft;
    ctx.fillText(text, MARGIN + Math.max(0, (view.width - measure(text)) / 2), prompt.y + prompt.h / 2);
  }

  /** The names of the lanes, in the margin. */
  #names() {
    const { ctx, palette, layout } = this;
    useFont(ctx, textFont({ layout, palette }, 400));
    ctx.fillStyle = palette.soft;
    ctx.textAlign = "right";
    for (const { name, y } of layout.names) ctx.fillText(name, MARGIN - 9, y);
    ctx.textAlign = "left";
  }

  /**
   * @param {View} view
   * @param {Moving | null} moving
   * @returns {Scene | null}
   */
  #scene(view, moving) {
    const model = this.model;
    if (model === null) return null;
    const done = this.studio.store.state?.mode === "report";
    return {
      model,
      layout: this.layout,
      palette: this.palette,
      left: view.left,
      per: view.per,
      width: view.width,
      done,
      from: done ? Infinity : moving === null ? 0 : moving.reach,
      passed: done ? Infinity : moving === null ? 0 : upperBound(model.messages.at, moving.made),
      images: this.images,
    };
  }

  /** Draw the layers anew where they do not show what they should.
   * @param {Scene} scene
   * @param {View} view */
  #layers(scene, view) {
    const { ratio, layout } = this;
    const key = [this.generation, scene.from, scene.passed, scene.done, ratio, this.images.size].join(" ");
    const from = view.left;
    const to = view.left + view.width / view.per;
    const tile = this.tile;
    if (tile.key === key && tile.per === view.per && from >= tile.left && to <= tile.left + tile.width / tile.per) return;
    this.counts.layers += 1;
    const pixels = view.per * ratio;
    const left = Math.round((from - SPARE / view.per) * pixels) / pixels;
    const width = view.width + 2 * SPARE;
    this.tile = { key, left, per: view.per, width };
    const wide = { ...scene, left, width };
    this.#paint(this.base, width, layout.height, (ctx) => paintBase(ctx, wide));
    this.#paint(this.top, width, layout.height, (ctx) => paintTop(ctx, wide));
    const lane = layout.lanes.sound;
    if (lane) this.#paint(this.heard, width, lane.h, (ctx) => paintSound(ctx, wide, { y: 0, h: lane.h }, this.palette.soft));
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {number} width
   * @param {number} height
   * @param {(ctx: CanvasRenderingContext2D) => void} paint
   */
  #paint(canvas, width, height, paint) {
    const { ratio } = this;
    const [wide, high] = [Math.ceil(width * ratio), Math.ceil(height * ratio)];
    const ctx = canvas.getContext("2d");
    if (ctx === null) return;
    if (canvas.width !== wide || canvas.height !== high) {
      canvas.width = wide;
      canvas.height = high;
    } else {
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      ctx.clearRect(0, 0, wide, high);
    }
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(ctx);
  }

  /**
   * Copy the visible part of a layer, on whole pixels of the screen.
   *
   * @param {HTMLCanvasElement} layer
   * @param {View} view
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   */
  #copy(layer, view, x, y, width, height) {
    const { ctx, ratio } = this;
    const offset = Math.round((view.left - this.tile.left) * view.per * ratio);
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (wide <= 0 || high <= 0) return;
    ctx.save();
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.drawImage(layer, offset + Math.round(x * ratio), 0, wide, high, Math.round((MARGIN + x) * ratio), Math.round(y * ratio), wide, high);
    ctx.restore();
  }

  /**
   * @param {View} view
   * @param {Moving} moving
   */
  #copyHeard(view, moving) {
    const lane = this.layout.lanes.sound;
    if (!lane) return;
    const width = Math.min(view.width, (moving.seen - view.left) * view.per);
    this.#copy(this.heard, view, 0, lane.y, width, lane.h);
  }

  /** @param {Scene} scene */
  #pointerLine(scene) {
    const { ctx, pointer, layout, palette } = this;
    if (pointer === null || this.box.hidden) return;
    const x = Math.round(pointer.x - MARGIN) + 0.5;
    const { bar, status } = scene.layout.lanes;
    if (!bar || !status) return;
    ctx.beginPath();
    ctx.moveTo(x, bar.y);
    ctx.lineTo(x, layout.height - 3);
    ctx.strokeStyle = palette.control;
    ctx.lineWidth = 1;
    ctx.stroke();
  }

  /** Outline the selected cue. @param {Scene} scene */
  #selection(scene) {
    const mark = this.#selected();
    const { ctx, palette, model } = this;
    const { status } = scene.layout.lanes;
    if (mark === null || model === null || !status) return;
    const x = (mark.chunk - scene.left) * scene.per;
    ctx.strokeStyle = palette.ink;
    ctx.lineWidth = 2;
    ctx.strokeRect(x - 3, status.y + 1, 18, status.h - 2);
    for (const id of mark.prompt ? promptLanes(mark, model) : []) {
      const lane = scene.layout.lanes[id];
      const { starts, ends } = spansIn(model, id);
      const index = lowerBound(starts, mark.chunk);
      if (lane === undefined || starts[index] !== mark.chunk) continue;
      const end = (ends[index] - scene.left) * scene.per;
      const left = Math.max(-4, x);
      ctx.strokeRect(left + 1, lane.y + 1, Math.min(scene.width + 4, end) - left - 3.5, lane.h - 2);
    }
  }

  /** @returns {Drawn | null} */
  report() {
    const { model } = this;
    const moving = this.#moving();
    if (model === null) return null;
    const view = alignView(this.view, this.ratio);
    const to = view.left + view.width / view.per;
    const x = (/** @type {number} */ chunk) => MARGIN + (chunk - view.left) * view.per;
    const blocks = lanesWith(this.layout, ["prompt"]).map(([id]) => {
      const { starts, ends } = spansIn(model, id);
      return lowerBound(starts, to) - upperBound(ends, view.left);
    });
    return {
      view,
      ...this.counts,
      blocks: blocks.reduce((sum, one) => sum + one, 0),
      marks: upperBound(model.marks.at, to) - lowerBound(model.marks.at, view.left),
      lines:
        moving === null
          ? null
          : {
              made: x(moving.made),
              seen: x(moving.seen),
              reach: x(moving.reach),
              go: moving.go === null ? null : x(moving.go.chunk),
              takeovers: moving.takeovers.map((one) => x(one.chunk)),
            },
      lanes: /** @type {Record<string, {y: number, h: number}>} */ ({ ...this.layout.lanes }),
      end: model.end,
    };
  }
}

/**
 * Return the keys of the pads by what triggers them.
 *
 * @param {readonly import("./protocol.d.ts").Pad[]} pads
 * @param {{get(code: string): string | undefined} | null} keyboard
 */
function keysOf(pads, keyboard) {
  /** @type {Map<string, string>} */
  const keys = new Map();
  choosePads(pads).forEach((pad, number) => {
    const code = padCode(number);
    if (code !== null) keys.set(pad.trigger, keyLabel(code, keyboard));
  });
  return keys;
}
