// @ts-check
/** Standby: the prompt on screen, and the next cue with the time until the audience sees it. */

import { drawLive } from "./controls.js";
import { countdownLook, countdownUnit, formatCountdown, formatSigned, toneOf } from "./format.js";
import { promptOnScreen } from "./on_screen.js";
import { shape } from "./shapes.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @type {import("./main.js").Mount} */
export function mount(element, { store, link, ui, frames }) {
  const studio = { store, link, ui, frames };
  element.classList.add("standby");
  element.setAttribute("aria-label", "Standby");
  return drawLive(studio, ["playback", "next", "lines", "go"], () => {
    const state = store.state;
    const now = link.now();
    const shown = promptOnScreen(state?.playback ?? null, ui.get("drawn_chunk"), now);
    render([shownRow(shown), nextRow(state, now)], element);
  });
}

/** @param {import("./protocol.d.ts").ShownPrompt | null} shown */
function shownRow(shown) {
  return html`<div class="nowrow">
    <span class="cap">on screen</span>
    ${shown === null
      ? html`<span class="one soft">nothing yet</span>`
      : html`<span class="one">${shown.text}</span>`}
    <span class="num">${shown?.source ?? ""}</span>
  </div>`;
}

/**
 * @param {import("./protocol.d.ts").Snapshot | null} state
 * @param {number} now In nanoseconds of the run's clock.
 */
function nextRow(state, now) {
  const next = state?.next ?? null;
  if (next === null) return emptyRow(state);
  const { chunk, error_ms: error, status } = next;
  const left = next.shown_at === null ? null : (next.shown_at - now) / 1e9;
  return html`<div class="nextrow">
    <div class="next-text">
      <div class="facts one">
        <span class="cap">next</span>
        <b class="strong">${next.place}</b>
        ${status === "refused"
          ? html` · <span class="bad b">${shape("refused")} refused${chunk === null ? "" : `, now chunk ${chunk}`}</span>`
          : html`${chunk === null ? nothing : html` · chunk ${chunk}`}${next.at_latest ? " at the latest" : ""}${error === null
              ? nothing
              : html` · <b class=${toneOf(error)}>${formatSigned(error)} ms</b>`}`}
      </div>
      <div class="what">${next.what}</div>
    </div>
    <div class="ra">
      ${left === null
        ? html`<span class="cap">time not known yet</span>`
        : html`<span class="cap">${next.at_latest ? "at the latest in" : "on screen in"}</span>
            <div class=${countdownLook(left)}>${formatCountdown(left)}<small>${countdownUnit(left)}</small></div>`}
      <div class="soft num">${sending(next, now)}</div>
    </div>
  </div>`;
}

/**
 * @param {import("./protocol.d.ts").NextState} next
 * @param {number} now In nanoseconds of the run's clock.
 */
function sending({ status, sent_at: at }, now) {
  if (status === "refused") return "sent again";
  if (status === "sent") return html`${shape("sent")} sent`;
  if (status === "landed" || status === "late") return html`${shape(status)} made`;
  if (at === null) return nothing;
  if (at <= now) return html`${shape("sent")} being sent`;
  const left = (at - now) / 1e9;
  return html`sent in <b class="strong">${formatCountdown(left)} ${countdownUnit(left)}</b>`;
}

/** @param {import("./protocol.d.ts").Snapshot | null} state */
function emptyRow(state) {
  const waiting = state?.lines.find((line) => line.status === "open");
  const text =
    state === null || state.playback === null || state.playback.take === 0
      ? "The run has not begun."
      : waiting !== undefined
        ? `${waiting.place || waiting.section} waits for GO or a rule.`
        : "Nothing is left.";
  return html`<div class="nextrow">
    <div class="next-text">
      <div class="facts"><span class="cap">next</span></div>
      <div class="what soft">${text}</div>
    </div>
  </div>`;
}
