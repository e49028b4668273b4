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
   */
  constructor(parent, studio, framed = parent) {
    this.studio = studio;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "frame";
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", "Video");
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
    this.studio.ui.set("drawn_chunk", null);
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
    if (this.link?.state !== "open") this.studio.ui.set("drawn_chunk", null);
  }

  /** Another run begins: nothing of it was shown yet. */
  #clear() {
    this.shown = null;
    this.studio.ui.set("drawn_chunk", null);
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
    if (header.chunk !== null) this.studio.ui.set("drawn_chunk", header.chunk);
  }
}
