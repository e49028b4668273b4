// @ts-check
/**
 * The output: the video alone, for a projector or a second screen. With `?line` in the address, a
 * line for the operator is below it. A run on several stages shows all of them, or with `?stage=NAME` one.
 */

import { beatAt } from "./beat.js";
import { drawLive } from "./controls.js";
import { countdownUnit, formatCountdown } from "./format.js";
import { FrameViews } from "./frame_view.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** How long the cursor and the hint stay after the pointer has moved, in milliseconds. */
const IDLE_MS = 2000;

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  const parameters = new URLSearchParams(location.search);
  const view = new FrameViews(element, studio, element, parameters.get("stage"));
  const hint = document.createElement("p");
  hint.className = "hint";
  hint.textContent = "F or double-click: full screen";
  element.append(hint);
  const ends = [() => view.end(), controlScreen(element)];
  if (parameters.has("line")) {
    const line = document.createElement("div");
    line.className = "line";
    line.setAttribute("aria-label", "Operator line");
    element.append(line);
    ends.push(
      drawLive(studio, ["playback", "clock", "next", "go"], () => {
        render(operatorLine(studio.store.state, studio.link.now()), line);
      }),
    );
  }
  return () => {
    for (const end of ends) end();
  };
}

/**
 * Full screen with F or a double click; the cursor is hidden while the pointer rests.
 *
 * @param {HTMLElement} element
 */
function controlScreen(element) {
  let timer = 0;
  const rest = () => element.classList.add("idle");
  const wake = () => {
    element.classList.remove("idle");
    clearTimeout(timer);
    timer = /** @type {any} */ (setTimeout(rest, IDLE_MS));
  };
  const toggle = () => {
    const change = document.fullscreenElement === null ? element.requestFullscreen() : document.exitFullscreen();
    change.catch(wake); // the browser does not allow it: the hint stays
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.key.toLowerCase() !== "f" || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    event.preventDefault();
    toggle();
  };
  element.addEventListener("dblclick", toggle);
  element.addEventListener("pointermove", wake);
  document.addEventListener("keydown", press);
  wake();
  return () => {
    clearTimeout(timer);
    element.removeEventListener("dblclick", toggle);
    element.removeEventListener("pointermove", wake);
    document.removeEventListener("keydown", press);
  };
}

/**
 * @param {import("./protocol.d.ts").Snapshot | null} state
 * @param {number} now In nanoseconds of the run's clock.
 */
function operatorLine(state, now) {
  const { playback = null, clock = null, next = null, go = null } = state ?? {};
  const moves = playback !== null && !playback.paused;
  const beat = clock === null ? null : beatAt(clock, now, moves);
  const position = beat !== null ? `${beat.bar}.${beat.beat}` : (playback?.position ?? "");
  const shown = next?.shown_at ?? null;
  const deadline = go?.state === "ready" ? (go.target?.deadline_at ?? null) : null;
  return html`<b class="num">${position}</b>
    <span class="one"
      >${next === null ? nothing : html`<span class="faint">next</span> ${next.what}${shown === null ? nothing : html` <span class="faint">in</span> <span class="num">${seconds(shown, now)}</span>`}`}</span
    >
    ${go === null || go.target === null || deadline === null
      ? nothing
      : html`<span class="num"
          ><span class="faint">GO for ${go.target.bar === null ? go.target.section : `bar ${go.target.bar}`}</span>
          <b>${seconds(deadline, now)}</b></span
        >`}`;
}

/**
 * @param {number} at
 * @param {number} now
 */
function seconds(at, now) {
  const left = (at - now) / 1e9;
  return `${formatCountdown(left)} ${countdownUnit(left)}`;
}
