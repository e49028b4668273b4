// @ts-check
/** The clock: bar and beat, whether it is locked, its tempo and error, lag and offset. */

import { beatAt } from "./beat.js";
import { drawLive } from "./controls.js";
import { formatCountdown, formatDuration, formatSigned, formatTempo } from "./format.js";
import { shape } from "./shapes.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** The most beats of a bar that are drawn as indicators. */
const MAX_INDICATORS = 16;

/** @typedef {import("./protocol.d.ts").ClockState} ClockState */
/** @typedef {import("./protocol.d.ts").Playback} Playback */

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  const { store, link } = studio;
  element.classList.add("clock");
  element.setAttribute("aria-label", "Clock");
  return drawLive(studio, ["clock", "playback"], () => {
    const clock = store.state?.clock ?? null;
    const playback = store.state?.playback ?? null;
    const now = link.now();
    render([position(clock, playback, now), facts(clock, playback, now)], element);
  });
}

/**
 * @param {ClockState | null} clock
 * @param {Playback | null} playback
 * @param {number} now
 */
export function positionNow(clock, playback, now) {
  const moving = playback !== null && !playback.paused && clock?.quality !== "stopped";
  return clock === null || playback === null || playback.take === 0
    ? null
    : beatAt(clock, now, moving);
}

/**
 * @param {ClockState | null} clock
 * @param {Playback | null} playback
 * @param {number} now
 */
function position(clock, playback, now) {
  const at = positionNow(clock, playback, now);
  const section = playback?.section ?? "";
  if (at === null) {
    return html`<div>
      <div class="cap one">${section === "" ? "position" : section}</div>
      ${large(playback?.position || elapsed(playback, now))}
    </div>`;
  }
  const beats = Math.min(MAX_INDICATORS, clock?.beats_per_bar ?? 0);
  return html`<div>
    <div class="cap one">${clock?.section || section} <span class="unit">bar.beat</span></div>
    ${large(`${at.bar}.${at.beat}`)}
    <div class="beats ${beats > 6 ? "many" : ""}" aria-hidden="true">
      ${Array.from({ length: beats }, (_, n) => html`<i class=${n + 1 === at.beat ? "on" : ""}></i>`)}
    </div>
  </div>`;
}

/**
 * Return a position in large characters, smaller ones if there are many: the facts need their width.
 *
 * @param {string} text
 */
function large(text) {
  return html`<div class="pos num fit${Math.min(6, text.length)}">${text}</div>`;
}

/**
 * Return how much of the take is made: scores without beats have no other position.
 *
 * @param {Playback | null} playback
 * @param {number} now
 */
function elapsed(playback, now) {
  if (playback === null || playback.take === 0) return "–";
  const { chunk, boundary_at: at, chunk_ns: length, paused } = playback;
  const into = at === null || paused ? 0 : Math.min(length, Math.max(0, now - at));
  return formatDuration((chunk * length + into) / 1e9);
}

/**
 * @param {ClockState | null} clock
 * @param {Playback | null} playback
 * @param {number} now
 */
function facts(clock, playback, now) {
  return html`<div>
    ${clock === null ? nothing : quality(clock, now)}
    ${playback === null
      ? nothing
      : html`${playback.lag_ms === null
            ? nothing
            : html`<div class="kv"><span>lag</span><b>${Math.round(playback.lag_ms)} ms</b></div>`}
          <div class="kv">
            <span>offset <kbd>[</kbd> <kbd>]</kbd></span><b>${formatSigned(playback.offset_ms)} ms</b>
          </div>`}
  </div>`;
}

/**
 * @param {ClockState} clock
 * @param {number} now
 */
function quality(clock, now) {
  const { bpm, source, kind, deviation_ms: deviation, lost_since_at: lost } = clock;
  const name = source || kind;
  const tempo = bpm === null ? "–" : `${formatTempo(bpm)} bpm`;
  const row = (/** @type {string} */ label, /** @type {unknown} */ value, look = "") =>
    html`<div class="kv"><span class="one">${label}</span><b class=${look}>${value}</b></div>`;
  switch (clock.quality) {
    case "internal":
      return html`<div class="lock">INTERNAL</div>
        ${row("tempo", tempo)}`;
    case "locked":
      return html`<div class="lock good">${shape("locked")} LOCKED</div>
        ${row(name, tempo)}${deviation === null ? nothing : row("deviation", `${deviation.toFixed(1)} ms`)}`;
    case "searching":
      return html`<div class="lock warn">${shape("open")} SEARCHING</div>
        ${row(name, tempo)}${clock.count_in === "" ? nothing : row("count-in", clock.count_in)}`;
    case "free":
      return html`<div class="lock warn">${shape("unlocked")} HOLDING</div>
        ${row(name, "no ticks", "warn")}${row("holding", tempo)}`;
    case "stopped":
      return html`<div class="lock warn">${shape("skipped")} STOPPED</div>
        ${row(name, tempo)}${clock.count_in === "" ? nothing : row("count-in", clock.count_in)}`;
    case "lost": {
      const ago = lost === null ? null : (now - lost) / 1e9;
      return html`<div class="lock warn">${shape("warning")} CLOCK LOST</div>
        ${row("holding", tempo)}${ago === null
          ? nothing
          : row("last tick", ago < 60 ? `${formatCountdown(ago)} s ago` : `${formatDuration(ago)} ago`, "warn")}`;
    }
  }
}
