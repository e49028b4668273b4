// @ts-check
/**
 * What a press of GO does. There is one for the page: Space, the button and the remote share its
 * minimum time.
 */

import { command, isConnected, mayCommand } from "./controls.js";
import { PressGuard } from "./presses.js";

/** @typedef {import("./main.js").Studio} Studio */
/** @typedef {import("./protocol.d.ts").GoState} GoState */
/** @typedef {import("./protocol.d.ts").GoTarget} GoTarget */

/** How long a refused press keeps its ring and its reason, in milliseconds. */
const REFUSED_MS = 700;

/**
 * Return where a GO leads now and where it leads after that. Once the last moment of the target is
 * over, the next bar takes its position, without waiting for the server.
 *
 * @param {GoState} go
 * @param {number} now In nanoseconds of the run's clock.
 * @returns {{target: GoTarget | null, then: GoTarget | null}}
 */
export function targetNow({ state, target, then }, now) {
  const over = target !== null && target.deadline_at !== null && now >= target.deadline_at;
  if (state === "ready" && over && then !== null) return { target: then, then: null };
  return { target, then };
}

/**
 * Return whether a press fires now. A section that began to listen since the last message counts.
 *
 * @param {GoState} go
 * @param {number} now In nanoseconds of the run's clock.
 */
export function isListening(go, now) {
  if (go.name === "") return false;
  if (go.state === "ready") return true;
  return go.state === "not-listening" && go.listens_at !== null && now >= go.listens_at;
}

/**
 * Return the sentence of where GO leads, as `outro at bar 7`.
 *
 * @param {GoTarget} target
 */
export function describeTarget({ section, bar, chunk }) {
  return `${section} at ${bar === null ? `chunk ${chunk}` : `bar ${bar}`}`;
}

export class GoPress {
  /** @param {Studio} studio */
  constructor(studio) {
    this.studio = studio;
    this.guard = new PressGuard();
    this.refusedAt = -Infinity;
    this.reason = "";
    /** Whether a press waits for the server's answer. */
    this.pending = false;
    /** @type {Set<(accepted: boolean) => void>} */
    this.listeners = new Set();
  }

  /** Press GO. What does not fire is refused at once, and never sent later. */
  press() {
    const { studio } = this;
    const go = studio.store.state?.go;
    const guarded = this.guard.press(performance.now());
    if (guarded === "not released") return;
    if (!mayCommand(studio)) return;
    if (guarded === "too soon") this.#refuse("too soon");
    else if (!isConnected(studio)) this.#refuse("not connected");
    else if (this.pending) this.#refuse("already sent");
    else if (!go || go.state === "none") this.#refuse("no GO here");
    else if (go.state === "accepted") this.#refuse("already accepted");
    else if (!isListening(go, studio.link.now())) this.#refuse("not listening");
    else void this.#fire(go.name);
  }

  release() {
    this.guard.release();
  }

  /** Whether a refused press is shown now. */
  get isRefused() {
    return performance.now() - this.refusedAt < REFUSED_MS;
  }

  /**
   * Call `listener` with whether the run accepted each press that was sent.
   *
   * @param {(accepted: boolean) => void} listener
   */
  onAnswer(listener) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** @param {string} name */
  async #fire(name) {
    this.pending = true;
    const accepted = await command(this.studio, `go ${name}`);
    this.pending = false;
    if (!accepted) this.#refuse("refused");
    for (const listener of this.listeners) listener(accepted);
  }

  /** @param {string} reason */
  #refuse(reason) {
    this.refusedAt = performance.now();
    this.reason = reason;
  }
}

/** @type {WeakMap<Studio, GoPress>} */
const presses = new WeakMap();

/**
 * Return the page's GO.
 *
 * @param {Studio} studio
 */
export function goPressOf(studio) {
  const found = presses.get(studio) ?? new GoPress(studio);
  presses.set(studio, found);
  return found;
}

/**
 * What a GO button shows now.
 *
 * @typedef {{
 *   look: "ready" | "urgent" | "sent" | "accepted" | "off",
 *   refused: boolean,
 *   label: string,
 *   to: string,
 *   cap: boolean,
 *   seconds: number | null,
 *   unit: string,
 *   share: number,
 *   after: string,
 *   error: number | null,
 * }} GoView
 */

/** Computes what a GO button shows. It keeps when a countdown began, for its bar. */
export class GoViews {
  constructor() {
    this.key = "";
    this.from = 0;
  }

  /**
   * @param {GoState} go
   * @param {number} now In nanoseconds of the run's clock.
   * @param {number} chunkNs How long a chunk takes.
   * @param {{pending: boolean, isRefused: boolean, reason: string}} press
   * @returns {GoView}
   */
  view(go, now, chunkNs, press) {
    const refused = press.isRefused;
    const label = refused ? press.reason : press.pending ? "sent" : "";
    const rest = { refused, cap: false, share: 0, after: "", error: null, seconds: null, unit: "" };
    if (go.state === "accepted") {
      const at = go.shown_at;
      const left = at === null ? null : (at - now) / 1e9;
      const { target } = go;
      const after = target === null ? "" : `chunk ${target.chunk}`;
      return {
        ...rest,
        look: "accepted",
        label: refused ? press.reason : "accepted",
        to: target === null ? "GO accepted" : describeTarget(target),
        seconds: left,
        unit: "s to go",
        share: this.#share(`accepted ${at}`, left),
        after,
        error: target?.error_ms ?? null,
      };
    }
    if (isListening(go, now)) {
      const { target, then } = targetNow(go, now);
      if (target === null) {
        return { ...rest, look: press.pending ? "sent" : "ready", label, to: go.name };
      }
      const until = target.deadline_at;
      const left = until === null ? null : Math.max(0, (until - now) / 1e9);
      const window = windowOf(target, then, chunkNs);
      const after =
        then === null
          ? ""
          : `then ${then.bar === null ? "" : `bar ${then.bar} · `}chunk ${then.chunk}`;
      return {
        ...rest,
        look: press.pending ? "sent" : left !== null && left < 1 ? "urgent" : "ready",
        label,
        to: describeTarget(target),
        seconds: left,
        unit: "s left",
        share: left === null ? 1 : (left * 1e9) / window,
        after,
      };
    }
    if (go.state === "none") {
      return { ...rest, look: "off", label, to: "no GO in this score" };
    }
    const at = go.listens_at;
    const left = at === null ? null : Math.max(0, (at - now) / 1e9);
    return {
      ...rest,
      look: "off",
      label,
      cap: left !== null,
      to: left === null ? "not listening" : "listens in",
      seconds: left,
      unit: "s",
      share: this.#share(`listens ${at}`, left),
      after: go.listens_in === "" ? "" : `from ${go.listens_in} on`,
    };
  }

  /**
   * Return how much is left of a countdown that was first seen with more.
   *
   * @param {string} key
   * @param {number | null} left In seconds.
   */
  #share(key, left) {
    if (left === null) return 0;
    if (key !== this.key) {
      this.key = key;
      this.from = left;
    }
    return this.from > 0 ? left / this.from : 0;
  }
}

/**
 * Return for how long a target can be reached before the next one takes its position, in
 * nanoseconds: the time between their last moments.
 *
 * @param {GoTarget} target
 * @param {GoTarget | null} then
 * @param {number} chunkNs
 */
function windowOf(target, then, chunkNs) {
  if (then?.deadline_at != null && target.deadline_at !== null) {
    const between = then.deadline_at - target.deadline_at;
    if (between > 0) return between;
  }
  return 2 * chunkNs;
}
