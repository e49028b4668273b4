// @ts-check
/**
 * The frames of the run: a websocket of its own, open only while the page is visible. Each frame is
 * decoded, kept until its time, drawn, and answered, so that the server sends the next one.
 *
 * @typedef {{take: number, chunk: number | null, frame: number, at: number, width: number, height: number, frames: number, simulated: boolean}} FrameHeader
 * @typedef {{header: FrameHeader, image: ImageBitmap | null}} WaitingFrame
 */

import { retryDelay } from "./link.js";

/** The bytes before the JPEG file; `studio/frames.py` describes them. */
export const HEADER_BYTES = 24;
/** The chunk of a frame that belongs to no chunk of the score. */
const NO_CHUNK = 0xffff_ffff;
/** The flag of a frame that the simulator drew. */
const SIMULATED = 1;
/** The answer to each frame. */
const DRAWN = new Uint8Array([1]);
/** A frame is drawn at once if its time is further ahead, in nanoseconds: clocks disagree. */
const MAX_AHEAD = 400e6;
/** A frame whose time is over this soon is drawn now, in nanoseconds: half of a screen's refresh. */
const SOON = 8e6;

/**
 * Read the header of a message with a frame.
 *
 * @param {ArrayBuffer} message
 * @returns {FrameHeader}
 */
export function readHeader(message) {
  const view = new DataView(message);
  const chunk = view.getUint32(2);
  return {
    take: view.getUint16(0),
    chunk: chunk === NO_CHUNK ? null : chunk,
    frame: view.getUint16(6),
    at: Number(view.getBigUint64(8)),
    width: view.getUint16(16),
    height: view.getUint16(18),
    frames: view.getUint16(20),
    simulated: (view.getUint16(22) & SIMULATED) !== 0,
  };
}

/**
 * Return how many of the frames that wait are due: the last of these is drawn, the others are over.
 *
 * @param {readonly {header: {at: number}}[]} waiting In the order in which they were sent.
 * @param {number} now In nanoseconds of the run's clock.
 */
export function countDue(waiting, now) {
  let due = 0;
  waiting.forEach(({ header }, index) => {
    const early = header.at - now;
    if (early <= SOON || early > MAX_AHEAD) due = index + 1;
  });
  return due;
}

/** The connection. `show` draws a frame; `changed` is called when `state` is another one. */
export class FrameLink {
  /**
   * @param {import("./main.js").Studio} studio
   * @param {(image: ImageBitmap, header: FrameHeader) => void} show
   * @param {() => void} changed
   * @param {string} stage The stage whose frames are shown; empty for a run on one.
   */
  constructor(studio, show, changed, stage = "") {
    this.studio = studio;
    this.stage = stage;
    this.show = show;
    this.changed = changed;
    /** @type {"closed" | "connecting" | "open"} */
    this.state = "closed";
    /** Why the server closed the connection, in its words. */
    this.reason = "";
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {WaitingFrame[]} */
    this.waiting = [];
    this.attempt = 0;
    this.retry = 0;
    /** @type {(() => void) | null} */
    this.moving = null;
    const look = () => this.#look();
    document.addEventListener("visibilitychange", look);
    this.ends = [
      studio.link.on("state", look),
      () => document.removeEventListener("visibilitychange", look),
    ];
    look();
  }

  end() {
    for (const end of this.ends) end();
    this.#close();
  }

  /** Connect or disconnect: a page that nobody sees needs no frames. */
  #look() {
    const wanted = document.visibilityState === "visible" && this.studio.link.state === "open";
    if (!wanted) this.#close();
    else if (this.socket === null) {
      this.attempt = 0;
      this.#connect();
    }
  }

  #connect() {
    clearTimeout(this.retry);
    const { link } = this.studio;
    const socket = new WebSocket(link.url.replace(/\/ws$/, `/frames${this.stage === "" ? "" : `?stage=${encodeURIComponent(this.stage)}`}`));
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.#enter("connecting");
    socket.addEventListener("open", () => {
      socket.send(JSON.stringify({ t: "key", key: link.key }));
      this.#enter("open");
    });
    socket.addEventListener("message", (event) => void this.#receive(socket, event.data));
    socket.addEventListener("close", (event) => {
      if (socket !== this.socket) return;
      this.reason = event.reason;
      this.#forget();
      this.retry = /** @type {any} */ (setTimeout(() => this.#look(), retryDelay(this.attempt++, Math.random())));
    });
  }

  #close() {
    clearTimeout(this.retry);
    const socket = this.socket;
    this.#forget();
    socket?.close();
  }

  /** Forget the socket, and the frames that were not drawn. */
  #forget() {
    this.socket = null;
    for (const { image } of this.waiting) image?.close();
    this.waiting = [];
    this.moving?.();
    this.moving = null;
    this.#enter("closed");
  }

  /** @param {"closed" | "connecting" | "open"} state */
  #enter(state) {
    if (state === this.state) return;
    this.state = state;
    this.changed();
  }

  /**
   * @param {WebSocket} socket
   * @param {ArrayBuffer | string} data
   */
  async #receive(socket, data) {
    if (socket !== this.socket || typeof data === "string") return;
    this.attempt = 0;
    this.reason = "";
    /** @type {WaitingFrame} */
    const one = { header: readHeader(data), image: null };
    const jpeg = new Blob([new Uint8Array(data, HEADER_BYTES)], { type: "image/jpeg" });
    try {
      one.image = await createImageBitmap(jpeg);
    } catch {
      this.#answer(socket); // it cannot be decoded: the next one may
      return;
    }
    if (socket !== this.socket) {
      one.image.close();
      return;
    }
    this.waiting.push(one);
    this.moving ??= this.studio.frames.on((now) => this.#draw(socket, now));
  }

  /**
   * @param {WebSocket} socket
   * @param {number} now In nanoseconds of the run's clock.
   */
  #draw(socket, now) {
    const due = this.waiting.splice(0, countDue(this.waiting, now));
    due.forEach(({ header, image }, index) => {
      if (image !== null && index === due.length - 1) this.show(image, header);
      image?.close();
      this.#answer(socket);
    });
    if (this.waiting.length === 0) {
      this.moving?.();
      this.moving = null;
    }
  }

  /** @param {WebSocket} socket */
  #answer(socket) {
    if (socket.readyState === WebSocket.OPEN) socket.send(DRAWN);
  }
}
