// @ts-check
/** What screen readers announce: the next cue at two bars and at one, GO, and alerts. Never a tick. */

import { barLength } from "./beat.js";
import { describeTarget } from "./go_press.js";

/** @typedef {import("./protocol.d.ts").Snapshot} Snapshot */
/** @typedef {{polite: string[], assertive: string[]}} Announced */

/** Decides what to announce; it keeps what it has announced. */
export class Announcements {
  constructor() {
    this.cue = -1;
    /** How many bars before the cue were announced last. */
    this.bars = Infinity;
    this.go = "none";
    /** @type {Set<string>} */
    this.alerts = new Set();
    this.run = "";
  }

  /**
   * Return what is to be announced now.
   *
   * @param {Snapshot} state
   * @param {number} now In nanoseconds of the run's clock.
   * @returns {Announced}
   */
  update(state, now) {
    if (state.run !== this.run) {
      this.run = state.run;
      this.cue = -1;
      this.go = state.go.state;
      this.alerts.clear();
    }
    const polite = [...this.#cue(state, now), ...this.#go(state)];
    return { polite, assertive: this.#alerts(state) };
  }

  /**
   * @param {Snapshot} state
   * @param {number} now
   */
  #cue({ next, clock, playback }, now) {
    if (next === null) return [];
    if (next.line !== this.cue) {
      this.cue = next.line;
      this.bars = Infinity;
    }
    if (next.shown_at === null || playback === null || playback.paused) return [];
    const bar = barLength(clock);
    const unit = bar ?? playback.chunk_ns;
    const left = next.shown_at - now;
    if (unit <= 0 || left <= 0) return [];
    const bars = left <= unit ? 1 : left <= 2 * unit ? 2 : Infinity;
    if (bars >= this.bars) return [];
    this.bars = bars;
    const name = bar === null ? "chunk" : "bar";
    return [`${next.place} in ${bars} ${name}${bars === 1 ? "" : "s"}: ${next.what}`];
  }

  /** @param {Snapshot} state */
  #go({ go }) {
    const before = this.go;
    this.go = go.state;
    if (go.state !== "accepted" || before === "accepted") return [];
    return [`GO accepted${go.target === null ? "" : `: ${describeTarget(go.target)}`}`];
  }

  /** @param {Snapshot} state */
  #alerts({ alerts }) {
    const fresh = alerts.filter((alert) => !this.alerts.has(alert.id));
    this.alerts = new Set(alerts.map((alert) => alert.id));
    return fresh.map((alert) => `${alert.title}. ${alert.text}`);
  }
}
