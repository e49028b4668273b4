// @ts-check
/** A canvas with the frame that is shown now, and what is known about it. */

import { FrameLink } from "./frame_link.js";

/** A frame is late from this age on, in seconds: the video has stalled. */
const STALLED_S = 1;

/**
 * Return what a frame is called: `seen now: chunk 11, frame 4 of 33`.
 *
 * @param {import("./frame_link.js").FrameHeader | null} shown
 */
export function describeFrame(shown) {
  if (shown === null) return "no frame yet";
  if (shown.chunk === null) return "seen now: no chunk of the score";
  const of = shown.frames === 0 ? "" : ` of ${shown.frames}`;
  return `seen now: chunk ${shown.chunk}, frame ${shown.frame + 1}${of}`;
}

/**
 * Return the badge of the video, and whether it needs attention.
 *
 * @param {object} state
 * @param {import("./protocol.d.ts").Playback | null} state.playback
 * @param {import("./frame_link.js").FrameHeader | null} state.shown
 * @param {boolean} state.isConnected Whether frames can arrive.
 * @param {number} now In nanoseconds of the run's clock.
 * @returns {{text: string, tone: "" | "live" | "bad"}}
 */
export function badgeOf({ playback, shown, isConnected }, now) {
  if (playback === null || ["disconnected", "connecting", "waiting"].includes(playback.status)) {
    return { text: "no session", tone: "" };
  }
  if (playback.status === "ended") return { text: "ended", tone: "" };
  const age = shown === null ? 0 : (now - shown.at) / 1e9;
  const moves = playback.take > 0 && !playback.paused && playback.real_time;
  if (moves && age > STALLED_S) return { text: `stalled ${age.toFixed(1)} s`, tone: "bad" };
  if (!isConnected && playback.real_time) return { text: "no video connection", tone: "bad" };
  if (playback.paused) return { text: "paused", tone: "" };
  if (playback.stage === "simulator") return { text: "simulator", tone: "" };
  return { text: "● live", tone: "live" };
}

/** Draws frames into a canvas. */
export class FrameView {
  /**
   * @param {HTMLElement} parent Receives the canvas.
   * @param {import("./main.js").Studio} studio
   * @param {HTMLElement} framed Receives the proportions of the frames, as `--aspect`.
   * @param {string} stage The stage whose frames are shown; empty for a run on one.
   * @param {boolean} leads Whether the page shows the chunk of its frames as the one on screen.
   */
  constructor(parent, studio, framed = parent, stage = "", leads = true) {
    this.studio = studio;
    this.stage = stage;
    this.leads = leads;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "frame";
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `Video ${stage}`.trim());
    parent.append(this.canvas);
    this.framed = framed;
    this.context = this.canvas.getContext("2d", { alpha: false, desynchronized: true });
    /** @type {import("./frame_link.js").FrameHeader | null} The frame that is drawn. */
    this.shown = null;
    this.run = "";
    this.link = new FrameLink(
      studio,
      (image, header) => this.#show(image, header),
      () => this.#forgetChunk(),
      stage,
    );
    this.ends = [
      studio.store.subscribe(["mode", "playback"], () => {
        const run = studio.store.state?.run ?? "";
        if (run !== this.run) this.#clear();
        this.run = run;
      }),
    ];
  }

  end() {
    for (const end of this.ends) end();
    this.link.end();
    this.#drawn(null);
    this.canvas.remove();
  }

  /** Return the badge of the video now. */
  badge() {
    const playback = this.studio.store.state?.playback ?? null;
    const isConnected = this.link.state === "open";
    return badgeOf({ playback, shown: this.shown, isConnected }, this.studio.link.now());
  }

  /** Without a connection the page does not know which chunk is on screen now. */
  #forgetChunk() {
    if (this.link?.state !== "open") this.#drawn(null);
  }

  /** Another run begins: nothing of it was shown yet. */
  #clear() {
    this.shown = null;
    this.#drawn(null);
    this.context?.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /**
   * @param {ImageBitmap} image
   * @param {import("./frame_link.js").FrameHeader} header
   */
  #show(image, header) {
    const { canvas } = this;
    if (canvas.width !== image.width || canvas.height !== image.height) {
      canvas.width = image.width;
      canvas.height = image.height;
      this.framed.style.setProperty("--aspect", `${image.width} / ${image.height}`);
    }
    this.context?.drawImage(image, 0, 0);
    this.shown = header;
    if (header.chunk !== null) this.#drawn(header.chunk);
  }

  /** @param {number | null} chunk */
  #drawn(chunk) {
    if (this.leads) this.studio.ui.set("drawn_chunk", chunk);
  }
}

/**
 * Return the stages whose videos are shown: one without a name for a run on a single stage.
 *
 * @param {readonly string[]} stages Those of the run.
 * @param {string | null} only The one that was asked for.
 * @returns {readonly string[]}
 */
export function shownStages(stages, only = null) {
  if (only !== null && stages.includes(only)) return [only];
  return stages.length === 0 ? [""] : stages;
}

/** The videos of a run that plays: one for each stage, with its name. The first one leads. */
export class FrameViews {
  /**
   * @param {HTMLElement} parent Receives the canvases.
   * @param {import("./main.js").Studio} studio
   * @param {HTMLElement} framed Receives the proportions of the frames.
   * @param {string | null} only The only stage to show; null for all.
   */
  constructor(parent, studio, framed = parent, only = null) {
    this.parent = parent;
    this.studio = studio;
    this.framed = framed;
    this.only = only;
    /** @type {FrameView[]} */
    this.views = [];
    /** @type {HTMLElement[]} */
    this.figures = [];
    /** The run and the stages for which the videos were made. */
    this.made = "";
    this.unsubscribe = studio.store.subscribe(["mode"], () => this.#update());
    this.#update();
  }

  end() {
    this.unsubscribe();
    this.#clear();
  }

  get first() {
    return this.views[0];
  }

  /** Show which stages are lost. */
  describe() {
    const alerts = this.studio.store.state?.alerts ?? [];
    for (const figure of this.figures) {
      const name = figure.dataset.stage ?? "";
      const isLost = alerts.some(({ id }) => id === `lost-${name}`);
      const caption = /** @type {HTMLElement} */ (figure.lastElementChild);
      caption.textContent = isLost ? `${name}: lost` : name;
      caption.classList.toggle("bad", isLost);
    }
  }

  #clear() {
    for (const one of this.views) one.end();
    for (const one of this.figures) one.remove();
    this.views = [];
    this.figures = [];
  }

  #update() {
    const { stages = [], run = "" } = this.studio.store.state ?? {};
    const names = shownStages(stages, this.only);
    const made = stages.length === 0 ? "one" : [run, ...names].join(" "); // the server finds stages of the run that plays
    if (made === this.made) return;
    this.made = made;
    this.#clear();
    tile(this.parent, names.length);
    this.views = names.map((name, index) => {
      const place = names.length === 1 ? this.parent : nameVideo(document.createElement("figure"), name);
      if (place !== this.parent) {
        this.figures.push(place);
        this.parent.append(place);
      }
      const view = new FrameView(place, this.studio, this.framed, name, index === 0);
      place.prepend(view.canvas);
      return view;
    });
  }
}

/**
 * Write the name of a stage on the figure of its video.
 *
 * @param {HTMLElement} figure
 * @param {string} stage
 */
export function nameVideo(figure, stage) {
  const name = document.createElement("figcaption");
  name.className = "chip";
  name.textContent = stage;
  figure.dataset.stage = stage;
  figure.append(name);
  return figure;
}

/**
 * Show several videos next to each other.
 *
 * @param {HTMLElement} parent
 * @param {number} count
 */
export function tile(parent, count) {
  parent.style.setProperty("--columns", String(Math.ceil(Math.sqrt(count))));
  parent.classList.toggle("tiled", count > 1);
}
