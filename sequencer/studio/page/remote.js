// @ts-check
/**
 * The remote: the phone of a performer or an assistant. Position, clock and cost in one line, what
 * is on screen, what comes next, pads, and GO for the thumb. Pause must be held; it cannot finish.
 */

import { mount as mountAnnouncer } from "./announcer.js";
import { alertRow } from "./alerts.js";
import { command, drawLive, isConnected, mayCommand, presses } from "./controls.js";
import { countdownLook, countdownUnit, formatCost, formatCountdown, formatTempo } from "./format.js";
import { positionNow } from "./clock.js";
import { GoViews, goPressOf } from "./go_press.js";
import { mountPads } from "./pads.js";
import { promptOnScreen } from "./on_screen.js";
import { Confirm } from "./presses.js";
import { drain, shape } from "./shapes.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** How long pause must be held, in milliseconds. */
const HOLD_MS = 600;
/** How long the telephone vibrates when a GO was accepted and when it was refused, in milliseconds. */
const ACCEPTED_PATTERN = [60];
const REFUSED_PATTERN = [30, 60, 30];

/** @typedef {import("./main.js").Studio} Studio */
/** @typedef {import("./protocol.d.ts").Snapshot} Snapshot */

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  const { store, link } = studio;
  const press = goPressOf(studio);
  const views = new GoViews();
  const hold = new Confirm(HOLD_MS);
  const parts = {
    top: document.createElement("header"),
    news: document.createElement("div"),
    next: document.createElement("section"),
    pads: document.createElement("section"),
    go: document.createElement("div"),
    announcer: document.createElement("div"),
  };
  element.classList.add("remote");
  parts.top.className = "top";
  parts.news.className = "news";
  parts.next.className = "card2";
  parts.next.setAttribute("aria-label", "Next");
  parts.go.className = "go-area";
  element.append(...Object.values(parts));

  const act = presses(() => press.press());
  const pausing = {
    /** @param {PointerEvent} event */
    down(event) {
      if (event.button !== 0 || !isConnected(studio)) return;
      hold.cancel();
      hold.press(performance.now());
    },
    /** @param {MouseEvent} event */
    click(event) {
      if (event.detail === 0 && isConnected(studio) && hold.press(performance.now())) pause();
    },
  };
  const resume = presses(() => {
    if (isConnected(studio)) void command(studio, "resume");
  });

  function pause() {
    navigator.vibrate?.(ACCEPTED_PATTERN);
    void command(studio, "pause");
  }

  function draw() {
    const state = store.state;
    if (hold.tick(performance.now())) pause();
    if (state === null) {
      render(html`<p class="soft">Connecting…</p>`, parts.top);
      return;
    }
    const view = views.view(state.go, link.now(), state.playback?.chunk_ns ?? 0, press);
    render(topLine(state), parts.top);
    render(news(state), parts.news);
    render(nextCard(state, link.now()), parts.next);
    render(goButton(view), parts.go);
  }

  /** @param {Snapshot} state */
  function topLine(state) {
    const { playback, clock } = state;
    const at = positionNow(clock, playback, link.now());
    const lost = clock?.quality === "lost" || clock?.quality === "free";
    const quality = clock === null ? "" : { internal: "internal", locked: "locked", searching: "searching", free: "holding", stopped: "stopped", lost: "clock lost" }[clock.quality];
    const good = clock?.quality === "locked" || clock?.quality === "internal";
    const facts = [
      (at === null ? "" : (clock?.section ?? "")) || (playback?.section ?? ""),
      playback === null || playback.take === 0 ? state.mode : `chunk ${playback.chunk}`,
      playback?.cost == null ? "" : formatCost(playback.cost),
    ];
    return html`<span class="pos num">${at === null ? playback?.position || "–" : `${at.bar}.${at.beat}`}</span>
      <div class="state">
        <div class="b one ${good ? "good" : "warn"}">
          ${clock === null ? nothing : shape(good ? "locked" : lost ? "warning" : "open")} ${quality}
          ${clock?.bpm == null ? "" : formatTempo(clock.bpm)}
        </div>
        <div class="soft num one">${facts.filter((fact) => fact !== "").join(" · ")}</div>
      </div>
      <span class="grow"></span>
      ${playback === null || !mayCommand(studio) ? nothing : pauseButton(playback.paused)}`;
  }

  /** @param {boolean} isPaused */
  function pauseButton(isPaused) {
    const off = !isConnected(studio);
    if (isPaused) {
      return html`<button type="button" class="btn hold on" ?disabled=${off} @pointerdown=${resume.down} @click=${resume.click}>
        Resume
      </button>`;
    }
    const held = hold.held(performance.now());
    return html`<button
      type="button"
      class="btn hold"
      ?disabled=${off}
      @pointerdown=${pausing.down}
      @click=${pausing.click}
      @contextmenu=${(/** @type {Event} */ event) => event.preventDefault()}
    >
      <span>${hold.waits(performance.now()) && held === 0 ? "Again to pause" : "Hold to pause"}</span>
      ${held > 0 ? drain(held) : nothing}
    </button>`;
  }

  /** @param {Snapshot} state */
  function news(state) {
    const error = state.alerts.find((alert) => alert.level === "error") ?? state.alerts[0];
    if (error !== undefined) return alertRow({ ...error, actions: [] }, studio);
    const shown = promptOnScreen(state.playback, null, link.now());
    return html`<div class="card2 now">
      <span class="cap">on screen</span>
      <div class="now-text">${shown === null ? html`<span class="soft">nothing yet</span>` : shown.text}</div>
    </div>`;
  }

  /** @param {import("./go_press.js").GoView} view */
  function goButton(view) {
    const off = view.look === "off" || !isConnected(studio);
    const look = `gobtn ${off ? "off" : view.look} ${view.refused ? "held" : ""}`;
    const { seconds } = view;
    const text = html`<b>GO</b>
      <span class="gs">
        <span class="to">${view.refused ? view.label : view.look === "accepted" ? html`${shape("check")} ${view.to}` : view.to}</span>
        ${seconds === null ? nothing : html`<big class="num">${formatCountdown(seconds)} ${countdownUnit(seconds)}</big>`}
        <span>${view.after}</span>
      </span>`;
    const bar = seconds === null ? nothing : drain(view.share, view.look === "urgent" ? "urgent" : off ? "idle" : "");
    if (!mayCommand(studio)) return html`<div class="${look} watched">${text}${bar}</div>`;
    return html`<button
      type="button"
      class=${look}
      aria-disabled=${off || view.look === "accepted"}
      @pointerdown=${act.down}
      @click=${act.click}
      @contextmenu=${(/** @type {Event} */ event) => event.preventDefault()}
    >
      ${text}${bar}
    </button>`;
  }

  const release = () => {
    press.release();
    hold.release();
  };
  for (const name of ["pointerup", "pointercancel", "blur"]) addEventListener(name, release);
  const ends = [
    mountPads(parts.pads, studio, { isPhone: true }),
    mountAnnouncer(parts.announcer, studio),
    keepAwake(studio),
    press.onAnswer((accepted) => navigator.vibrate?.(accepted ? ACCEPTED_PATTERN : REFUSED_PATTERN)),
    drawLive(studio, ["go", "playback", "next", "clock", "alerts", "mode"], draw),
  ];
  return () => {
    for (const name of ["pointerup", "pointercancel", "blur"]) removeEventListener(name, release);
    for (const end of ends) end();
  };
}

/**
 * @param {Snapshot} state
 * @param {number} now In nanoseconds of the run's clock.
 */
function nextCard(state, now) {
  const { next } = state;
  if (next === null) {
    const waiting = state.lines.find((line) => line.status === "open");
    return html`<div class="next-text">
      <span class="cap">next</span>
      <div class="what soft">${waiting === undefined ? "nothing is left" : `${waiting.place} waits for GO`}</div>
    </div>`;
  }
  const left = next.shown_at === null ? null : (next.shown_at - now) / 1e9;
  return html`<div class="next-text">
      <span class="cap">next</span> <b>${next.place}</b>
      <div class="what">${next.what}</div>
      <div class="soft num">
        ${next.status === "refused"
          ? html`<span class="bad b">${shape("refused")} refused, sent again</span>`
          : next.chunk === null
            ? nothing
            : `chunk ${next.chunk}`}
      </div>
    </div>
    <div class="ra">
      ${left === null
        ? nothing
        : html`<span class="cap">on screen in</span>
            <div class=${countdownLook(left)}>${formatCountdown(left)}<small>${countdownUnit(left)}</small></div>`}
    </div>`;
}

/**
 * Keep the screen on while a run plays, where the browser can.
 *
 * @param {Studio} studio
 */
function keepAwake({ store }) {
  /** @type {{release(): Promise<void>} | null} */
  let lock = null;
  let asked = false;
  const { wakeLock } = /** @type {{wakeLock?: {request(kind: "screen"): Promise<{release(): Promise<void>}>}}} */ (
    /** @type {unknown} */ (navigator)
  );

  async function update() {
    const mode = store.state?.mode;
    const wanted = (mode === "show" || mode === "rehearse") && document.visibilityState === "visible";
    if (wakeLock === undefined || asked) return;
    if (wanted && lock === null) {
      asked = true;
      // refused on a low battery, for example: the show goes on without
      lock = await wakeLock.request("screen").catch(() => null);
      asked = false;
    } else if (!wanted && lock !== null) {
      void lock.release();
      lock = null;
    }
  }
  const changed = () => {
    if (document.visibilityState === "hidden") lock = null; // the browser releases it itself
    void update();
  };
  document.addEventListener("visibilitychange", changed);
  const end = store.subscribe(["mode"], () => void update());
  return () => {
    document.removeEventListener("visibilitychange", changed);
    void lock?.release();
    end();
  };
}
