// @ts-check
/** GO: where it leads, how long that bar can still be reached, and what became of a press. */

import { register } from "./actions.js";
import { drawLive, isConnected, mayCommand, presses } from "./controls.js";
import { countdownLook, countdownUnit, formatCountdown, formatSigned, toneOf } from "./format.js";
import { GoViews, goPressOf } from "./go_press.js";
import { drain, shape } from "./shapes.js";
import { html, nothing, render } from "./vendor/lit-html.js";

const NO_GO = /** @type {const} */ ({
  state: "none",
  name: "",
  target: null,
  then: null,
  shown_at: null,
  listens_at: null,
  listens_in: "",
});

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  const { store, link } = studio;
  const press = goPressOf(studio);
  const views = new GoViews();
  const act = presses(() => press.press());
  element.classList.add("go");
  element.setAttribute("aria-label", "GO");
  const release = () => press.release();
  addEventListener("pointerup", release);
  addEventListener("pointercancel", release);
  addEventListener("blur", release);

  function draw() {
    const state = store.state;
    const chunk = state?.playback?.chunk_ns ?? 0;
    const view = views.view(state?.go ?? NO_GO, link.now(), chunk, press);
    render([button(view, act, studio), side(view)], element);
  }

  const ends = [
    register(studio, "go", { press: () => press.press(), release }),
    drawLive(studio, ["go", "playback"], draw),
  ];
  return () => {
    removeEventListener("pointerup", release);
    removeEventListener("pointercancel", release);
    removeEventListener("blur", release);
    for (const end of ends) end();
  };
}

/**
 * The button. It is never `disabled`: a press that is refused must show that it was refused.
 *
 * @param {import("./go_press.js").GoView} view
 * @param {ReturnType<typeof presses>} act
 * @param {import("./main.js").Studio} studio
 */
function button(view, act, studio) {
  const off = view.look === "off" || !isConnected(studio);
  const look = `gobtn ${off ? "off" : view.look} ${view.refused ? "held" : ""}`;
  const hint = mayCommand(studio) ? "Space" : "";
  const text = html`<b>GO</b>
    <span>${view.look === "accepted" && !view.refused ? shape("check") : nothing} ${view.label || hint}</span>`;
  if (!mayCommand(studio)) return html`<div class="${look} watched">${text}</div>`;
  return html`<button
    type="button"
    class=${look}
    aria-disabled=${off || view.look === "accepted"}
    aria-keyshortcuts="Space"
    aria-describedby="go-facts"
    @pointerdown=${act.down}
    @click=${act.click}
  >
    ${text}
  </button>`;
}

/** @param {import("./go_press.js").GoView} view */
function side(view) {
  const { seconds } = view;
  const unit = seconds !== null && countdownUnit(seconds) === "" ? view.unit.replace(/^s ?/, "") : view.unit;
  const bar = view.look === "urgent" ? "urgent" : view.look === "off" ? "idle" : "";
  return html`<div class="goside" id="go-facts">
    <div class=${view.cap ? "cap" : "to one"}>${view.to}</div>
    ${seconds === null
      ? nothing
      : html`<div class=${countdownLook(seconds)}>${formatCountdown(seconds)}<small>${unit}</small></div>
          ${drain(view.share, bar)}`}
    <div class="soft num one">
      ${view.after}${view.error === null
        ? nothing
        : html` · <b class=${toneOf(view.error)}>${formatSigned(view.error)} ms</b>`}
    </div>
  </div>`;
}
