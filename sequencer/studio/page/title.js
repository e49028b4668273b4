// @ts-check
/** The title bar: the score, its version, the modes, the links, and the theme. */

import { attempt, command, drawOnChange, hasScore, isConnected, mayEdit } from "./controls.js";
import { mount as mountLinks } from "./links.js";
import { Confirm } from "./presses.js";
import { onSheet, openSheet, toggleSheet } from "./sheets.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {import("./protocol.d.ts").Snapshot} Snapshot */
/** @typedef {Snapshot["mode"]} Mode */

const MODES = /** @type {const} */ ([
  ["edit", "Edit"],
  ["rehearse", "Rehearse"],
  ["show", "Show"],
  ["report", "Report"],
]);

/**
 * Return what the tag next to the file's name shows: text, and whether it needs attention.
 *
 * @param {Snapshot} state
 * @returns {{text: string, live: boolean} | null}
 */
export function describeRevision(state) {
  if (!hasScore(state)) return null;
  const { score, revisions, mode } = state;
  const plays = score.revision > 0 ? `revision ${score.revision}` : "";
  const last = revisions.at(-1);
  if (score.changed_on_disk) return { text: "● changed on disk", live: true };
  if (last !== undefined && last.number > score.revision && (mode === "rehearse" || mode === "show")) {
    const states = { offered: "offered", uploading: "uploads", taken: "takes over", playing: "", refused: "refused", replaced: "" };
    const what = states[last.state];
    if (what !== "") return { text: `▲ revision ${last.number} ${what}${plays === "" ? "" : ` · ${plays} plays`}`, live: true };
  }
  if (score.dirty) return { text: plays === "" ? "● edited" : `${plays} · not saved`, live: true };
  return plays === "" ? { text: "saved", live: false } : { text: plays, live: false };
}

/**
 * Whether changing the mode must be confirmed with a second press: it ends a run, or begins a show,
 * which may cost money.
 *
 * @param {Mode} from
 * @param {Mode} to
 */
export function mustConfirm(from, to) {
  return from === "rehearse" || from === "show" || to === "show";
}

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  const { store, ui, link } = studio;
  const confirm = new Confirm(Infinity);
  /** @type {Mode | null} The mode whose second press is awaited. */
  let asked = null;
  /** @type {Mode | null} The mode to enter once the run has ended. */
  let wanted = null;
  element.classList.add("title");
  const bar = document.createElement("div");
  const linkSheet = document.createElement("section");
  bar.className = "title-bar";
  element.append(bar, linkSheet);

  /** @param {Mode} mode */
  function choose(mode) {
    const state = store.state;
    if (state === null || !isConnected(studio) || !mayEdit(studio)) return;
    if (mode === state.mode) return;
    if (mustConfirm(state.mode, mode)) {
      if (asked !== mode) confirm.cancel();
      if (!confirm.press(performance.now())) {
        asked = mode;
        draw();
        setTimeout(draw, 2050);
        return;
      }
    }
    asked = null;
    void enter(mode, state.mode === "rehearse" || state.mode === "show");
    draw();
  }

  /**
   * @param {Mode} mode
   * @param {boolean} plays Whether a run has to be finished first: the mode is entered once it has ended.
   */
  async function enter(mode, plays) {
    if (!plays) {
      await attempt(studio, () => link.request("mode", { mode, options: {} }));
    } else if (await command(studio, "finish")) {
      wanted = mode;
    }
  }

  function enterWanted() {
    const mode = wanted;
    if (mode === null || store.state?.mode !== "report") return;
    wanted = null;
    if (mode !== "report") void enter(mode, false);
  }

  /** @param {KeyboardEvent} event */
  function move(event) {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const tabs = /** @type {HTMLElement[]} */ ([...bar.querySelectorAll("[role=tab]:not([disabled])")]);
    const at = tabs.indexOf(/** @type {HTMLElement} */ (event.target));
    tabs[(at + step + tabs.length) % tabs.length]?.focus();
    event.preventDefault();
  }

  function toggleTheme() {
    const theme = ui.get("theme") === "night" ? "day" : "night";
    const mode = store.state?.mode;
    const group = mode === "rehearse" || mode === "show" ? "run" : "desk";
    localStorage.setItem(`studio-theme-${group}`, theme);
    ui.set("theme", theme);
  }

  function draw() {
    if (!confirm.waits(performance.now())) asked = null;
    const state = store.state;
    const tag = state === null ? null : describeRevision(state);
    const operator = mayEdit(studio);
    const run = state?.playback?.folder ?? "";
    render(
      html`<span class="brand one">${state?.score.title || state?.score.file || "Studio"}</span>
        ${state?.score.title ? html`<span class="soft one file">${state.score.file}</span>` : nothing}
        ${tag === null ? nothing : html`<span class="tag ${tag.live ? "live" : "soft"}">${tag.text}</span>`}
        <span class="grow"></span>
        <div class="modes" role="tablist" aria-label="Mode" @keydown=${move}>
          ${MODES.map(([id, name]) => modeTab(id, name, state, operator))}
        </div>
        <span class="grow"></span>
        <span class="soft num one run">${run === "" ? (state?.mode === "report" ? "" : "no session") : run}</span>
        <button
          type="button"
          class="btn theme"
          aria-label="${ui.get("theme") === "night" ? "Day" : "Night"} colours"
          @click=${toggleTheme}
        >
          ${ui.get("theme") === "night" ? "☀" : "☾"}
        </button>
        ${operator
          ? html`<button
                type="button"
                class="btn"
                aria-expanded=${openSheet(studio) === "links"}
                ?disabled=${!isConnected(studio)}
                @click=${() => toggleSheet(studio, "links")}
              >
                Remote
              </button>
              <button type="button" class="btn" @click=${openOutput}>Output</button>`
          : html`<span class="tag soft">${store.role === "viewer" ? "viewer" : "remote"}</span>`}
        <button
          type="button"
          class="btn"
          aria-expanded=${openSheet(studio) === "help"}
          aria-keyshortcuts="?"
          @click=${() => toggleSheet(studio, "help")}
        >
          Keys <kbd>?</kbd>
        </button>`,
      bar,
    );
  }

  /** Open the output. The new window shares this page's key, which is kept for its tab alone. */
  function openOutput() {
    window.open("/output", "studio-output");
  }

  /**
   * @param {Mode} id
   * @param {string} name
   * @param {Snapshot | null} state
   * @param {boolean} operator
   */
  function modeTab(id, name, state, operator) {
    const mode = state?.mode ?? "edit";
    const isOpen = state !== null && hasScore(state);
    const plays = mode === "rehearse" || mode === "show";
    const has = id === "edit" || (id === "report" ? plays || mode === "report" || state?.report != null : isOpen);
    const selected = mode === id;
    const label = asked === id ? (plays ? "End run?" : "Start?") : name;
    return html`<button
      type="button"
      role="tab"
      class=${asked === id ? "asked" : ""}
      aria-selected=${selected}
      tabindex=${selected ? 0 : -1}
      ?disabled=${!selected && (!operator || !has || !isConnected(studio))}
      @click=${() => choose(id)}
    >
      ${label}
    </button>`;
  }

  const ends = [
    mountLinks(linkSheet, studio),
    onSheet(studio, draw),
    store.subscribe(["mode"], enterWanted),
    drawOnChange(studio, ["mode", "score", "revisions", "playback", "report"], ["theme"], draw),
  ];
  return () => {
    for (const end of ends) end();
  };
}
