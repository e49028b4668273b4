// @ts-check
/** The session: the chunk that the model is making, the take, the stage and the cost. */

import { drawLive } from "./controls.js";
import { formatCost, formatDuration } from "./format.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** The statuses of a stage that need attention, and those on the way to playing. */
const TONES = /** @type {Record<string, string>} */ ({
  ready: "good",
  armed: "good",
  playing: "good",
  paused: "warn",
  stalled: "bad",
  disconnected: "bad",
  connecting: "warn",
  waiting: "warn",
  ended: "soft",
});

/**
 * Return what a stage is called.
 *
 * @param {string} stage
 * @param {boolean} isRealTime
 */
export function describeStage(stage, isRealTime) {
  if (stage === "simulator") return isRealTime ? "simulator, real time" : "simulator, at once";
  const name = stage === "vllm-omni" ? "vLLM-Omni" : stage.charAt(0).toUpperCase() + stage.slice(1);
  return `${name} session`;
}

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  const { store, link } = studio;
  element.classList.add("session");
  element.setAttribute("aria-label", "Session");
  return drawLive(studio, ["playback"], () => {
    const playback = store.state?.playback ?? null;
    render(playback === null ? html`<span class="cap">no session</span>` : facts(playback, link.now()), element);
  });
}

/**
 * @param {import("./protocol.d.ts").Playback} playback
 * @param {number} now In nanoseconds of the run's clock.
 */
function facts(playback, now) {
  const { chunk, chunks, take, seed, status, stage, cost } = playback;
  const simulated = stage === "simulator";
  const since = (now - playback.since_at) / 1e9;
  const waits = ["connecting", "disconnected", "stalled", "waiting"].includes(status);
  return html`<span class="cap">made now</span>
    <div class="kv">
      <b class="big strong">${take === 0 ? "not begun" : `chunk ${chunk}`}</b>
      <span class="soft one">${chunks === null || take === 0 ? nothing : `of ${chunks}${playback.at_most ? " at most" : ""}`}</span>
    </div>
    <div class="kv">
      <span class="one">${take === 0 ? "no take" : `take ${take}`}${seed === null ? "" : `, seed ${seed}`}</span>
      <b>${playback.frame_rate === null ? nothing : `${playback.frame_rate.toFixed(1)} fps`}</b>
    </div>
    <div class="kv">
      <span class="one">${describeStage(stage, playback.real_time)}</span>
      <b class=${TONES[status] ?? ""}>${status}${waits ? ` ${formatDuration(since)}` : ""}</b>
    </div>
    <div class="kv">
      ${simulated
        ? html`<span>cost</span><b>none</b>`
        : html`<span>billed ${formatDuration(playback.billed_s)}</span>
            <b>${cost === null ? nothing : formatCost(cost)}</b>`}
    </div>`;
}
