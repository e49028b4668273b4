// @ts-check
/**
 * Transport: lock, takeover, pause, clip, finish and the timeline's view while a run plays; starting
 * and saving in edit mode; what follows a report. What ends something is pressed twice or held.
 */

import { register } from "./actions.js";
import { attempt, command, drawOnChange, isConnected, lastNotice, mayCommand, mayEdit, notify, onNotice, presses } from "./controls.js";
import { mount as mountImprovise } from "./improvise.js";
import { stepOffset } from "./operator_commands.js";
import { Confirm } from "./presses.js";
import { sentVersion } from "./sent_text.js";
import { shape } from "./shapes.js";
import { onSheet, openSheet, toggleSheet } from "./sheets.js";
import { html, live, nothing, render } from "./vendor/lit-html.js";

/** How far a press of `[` or `]` moves the offset, in milliseconds. */
const OFFSET_STEP_MS = 10;
/** By how much a press of `+` or `-` zooms. */
const ZOOM_STEP = Math.SQRT2;
/** The largest zoom: how many times wider than the whole score. */
const MAX_ZOOM = 4096;
/** How long a notice is shown, in milliseconds. */
const NOTICE_MS = 8000;
/** How long an offset that was set here counts before the run has confirmed it, in milliseconds. */
const OFFSET_MS = 1500;

/** @typedef {import("./main.js").Studio} Studio */
/** @typedef {import("./protocol.d.ts").Snapshot} Snapshot */

const WHERES = /** @type {const} */ (["bar", "chunk", "section"]);

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  const transport = new Transport(studio, draw);
  const bar = document.createElement("div");
  const sheet = document.createElement("section");
  bar.className = "transport-bar";
  element.append(bar, sheet);

  function draw() {
    render(transport.template(), bar);
  }

  function drawForAWhile() {
    draw();
    setTimeout(draw, NOTICE_MS + 10);
  }

  const release = () => transport.finish.release();
  addEventListener("pointerup", release);
  addEventListener("pointercancel", release);
  const ends = [
    mountImprovise(sheet, studio),
    onSheet(studio, draw),
    onNotice(studio, drawForAWhile),
    studio.store.subscribe(["notes"], drawForAWhile),
    ...transport.registerKeys(),
    drawOnChange(studio, ["mode", "locked", "playback", "revisions", "score", "checked"], ["where", "follow"], draw),
  ];
  return () => {
    removeEventListener("pointerup", release);
    removeEventListener("pointercancel", release);
    for (const end of ends) end();
  };
}

class Transport {
  /**
   * @param {Studio} studio
   * @param {() => void} draw
   */
  constructor(studio, draw) {
    this.studio = studio;
    this.draw = draw;
    this.finish = new Confirm();
    this.offset = { value: 0, at: -Infinity };
    /** Whether an edit is being saved in spite of a change on disk: the second press of *Save*. */
    this.overwrite = new Confirm(Infinity);
    /** The file's name for a score that has none yet. */
    this.name = "new.score";
  }

  registerKeys() {
    const { studio } = this;
    const { ui } = studio;
    /** @type {[string, import("./actions.js").Action | (() => void)][]} */
    const actions = [
      ["pause", () => this.pause()],
      ["panic", () => this.panic()],
      ["offset-down", () => this.moveOffset(-OFFSET_STEP_MS)],
      ["offset-up", () => this.moveOffset(OFFSET_STEP_MS)],
      ["clip", () => this.clip()],
      ["finish", { press: () => this.pressFinish(), release: () => this.finish.release() }],
      ["lock", () => this.lock()],
      ["take-over", () => this.takeOver()],
      ["undo-revision", () => this.undo()],
      ["save", () => this.save()],
      ["follow", () => ui.set("follow", !ui.get("follow"))],
      ["zoom-in", () => this.zoom(ZOOM_STEP)],
      ["zoom-out", () => this.zoom(1 / ZOOM_STEP)],
      ["zoom-whole", () => ui.set("zoom", 1)],
      ["tab", () => ui.set("tab", ui.get("tab") === "cues" ? "score" : "cues")],
    ];
    return actions.map(([id, action]) => register(studio, id, action));
  }

  /** Whether commands are allowed and can reach the run; otherwise shows why not. */
  reaches() {
    if (!mayCommand(this.studio)) return false;
    if (isConnected(this.studio)) return true;
    notify(this.studio, "Not connected: nothing was sent.", { bad: true });
    return false;
  }

  pause() {
    if (!this.reaches()) return;
    void command(this.studio, this.studio.store.state?.playback?.paused ? "resume" : "pause");
  }

  /** Pause, and never resume, however often it is pressed. */
  panic() {
    if (this.reaches()) void command(this.studio, "pause");
  }

  /** @param {number} step */
  moveOffset(step) {
    if (!this.reaches()) return;
    const now = performance.now();
    const known = this.studio.store.state?.playback?.offset_ms ?? 0;
    const before = now - this.offset.at < OFFSET_MS ? this.offset.value : known;
    this.offset = { value: stepOffset(before, step), at: now };
    void command(this.studio, `offset ${this.offset.value}ms`);
  }

  clip() {
    if (this.reaches()) void command(this.studio, "clip");
  }

  pressFinish() {
    if (!mayEdit(this.studio) || !this.reaches()) return;
    if (this.finish.press(performance.now())) {
      void command(this.studio, "finish");
    } else {
      setTimeout(this.draw, 2050);
      const end = this.studio.frames.on(() => {
        const now = performance.now();
        if (this.finish.tick(now)) void command(this.studio, "finish");
        this.draw();
        if (this.finish.held(now) === 0) end();
      });
    }
    this.draw();
  }

  lock() {
    const { link, store } = this.studio;
    if (!mayEdit(this.studio) || !this.reaches() || store.state === null) return;
    const locked = !store.state.locked;
    void attempt(this.studio, () => link.request("lock", { locked }));
  }

  takeOver() {
    const { link, store, ui } = this.studio;
    if (!mayEdit(this.studio) || !this.reaches() || store.state === null) return;
    if (store.state.locked) {
      notify(this.studio, "The score is locked.", { hint: "E unlocks it.", bad: true });
      return;
    }
    void attempt(this.studio, async () => {
      const version = await sentVersion(this.studio);
      return link.request("take_over", { run: link.run, version, where: ui.get("where") });
    });
  }

  undo() {
    const { link, ui } = this.studio;
    if (!mayEdit(this.studio) || !this.reaches()) return;
    void attempt(this.studio, () => link.request("undo", { run: link.run, where: ui.get("where") }));
  }

  save() {
    const { link, store } = this.studio;
    if (!mayEdit(this.studio) || !this.reaches() || store.state === null) return;
    const { file, changed_on_disk: changed } = store.state.score;
    if (changed && !this.overwrite.press(performance.now())) {
      notify(this.studio, "The file has changed on disk.", { hint: "Save again within 2 s to overwrite it.", bad: true });
      return;
    }
    const named = file === "" ? { name: this.name } : {};
    const save = async () => {
      const version = await sentVersion(this.studio);
      return link.request("save", { version, overwrite: changed, ...named });
    };
    void attempt(this.studio, save, `Saved ${file || this.name}.`);
  }

  /**
   * @param {"edit" | "rehearse"} mode
   * @param {Record<string, unknown>} [options]
   */
  enter(mode, options = {}) {
    if (!mayEdit(this.studio) || !this.reaches()) return;
    void attempt(this.studio, () => this.studio.link.request("mode", { mode, options }));
  }

  /** @param {number} factor */
  zoom(factor) {
    const { ui } = this.studio;
    ui.set("zoom", Math.min(MAX_ZOOM, Math.max(1, ui.get("zoom") * factor)));
  }

  template() {
    const state = this.studio.store.state;
    if (state === null) return nothing;
    switch (state.mode) {
      case "edit":
        return [this.#edit(state), this.#view(false), this.#notice(state)];
      case "report":
        return [this.#report(), this.#view(false), this.#notice(state)];
      default:
        return [this.#run(state), this.#view(true), this.#notice(state)];
    }
  }

  /**
   * Return a button that acts when it is pressed.
   *
   * @param {unknown} label
   * @param {() => void} act
   * @param {{key?: string, look?: string, off?: boolean, pressed?: boolean, name?: string}} [more]
   */
  #button(label, act, { key = "", look = "", off = false, pressed, name } = {}) {
    const on = presses(act);
    return html`<button
      type="button"
      class="btn ${look}"
      ?disabled=${off}
      aria-pressed=${pressed ?? nothing}
      aria-label=${name ?? nothing}
      @pointerdown=${on.down}
      @click=${on.click}
    >
      ${label}${key === "" ? nothing : html` <kbd>${key}</kbd>`}
    </button>`;
  }

  /** @param {Snapshot} state */
  #run(state) {
    const { studio } = this;
    if (!mayCommand(studio)) return html`<span class="soft">Viewer: this page shows the run and controls nothing.</span>`;
    const off = !isConnected(studio);
    const now = performance.now();
    const paused = state.playback?.paused ?? false;
    const held = this.finish.held(now);
    const waits = this.finish.waits(now);
    const editing = mayEdit(studio);
    return html`${editing ? this.#takeover(state, off) : nothing}
      ${this.#button(paused ? "Resume" : "Pause", () => this.pause(), { key: "P", off, look: `stable ${paused ? "on" : ""}` })}
      ${this.#button("Clip", () => this.clip(), { key: "C", off })}
      ${this.#button("Improvise", () => toggleSheet(studio, "improvise"), {
        key: "I",
        off,
        look: openSheet(studio) === "improvise" ? "on" : "",
      })}
      ${editing
        ? this.#button(html`<span class="finish-label">${waits ? "Again?" : "Finish"}</span>`, () => this.pressFinish(), {
            key: "Q Q",
            off,
            look: `finish ${waits ? "asked" : ""} ${held > 0 ? "holding" : ""}`,
          })
        : nothing}`;
  }

  /**
   * @param {Snapshot} state
   * @param {boolean} off
   */
  #takeover(state, off) {
    const { ui } = this.studio;
    const where = ui.get("where");
    const { locked, score, revisions } = state;
    const ready = score.dirty && !locked;
    const undoable = revisions.some((revision) => revision.undoable);
    return html`${this.#button(html`${shape(locked ? "locked" : "unlocked")}${locked ? "Unlock" : "Lock"}`, () => this.lock(), {
        key: "E",
        off,
        look: "stable-wide",
      })}
      <span class="sep"></span>
      <span class="soft takeover-label">take over at</span>
      <div class="seg" role="radiogroup" aria-label="Take over at" @keydown=${(/** @type {KeyboardEvent} */ event) => this.#moveWhere(event)}>
        ${WHERES.map(
          (one) => html`<button
            type="button"
            role="radio"
            aria-checked=${where === one}
            tabindex=${where === one ? 0 : -1}
            @click=${() => ui.set("where", one)}
          >
            ${one}
          </button>`,
        )}
      </div>
      ${this.#button("Take over", () => this.takeOver(), { key: "Ctrl Enter", off: off || !ready, look: `takeover ${ready ? "main" : ""}` })}
      ${this.#button("Undo revision", () => this.undo(), { key: "U", off: off || !undoable })}
      <span class="sep"></span>`;
  }

  /** @param {KeyboardEvent} event */
  #moveWhere(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = WHERES.indexOf(this.studio.ui.get("where"));
    this.studio.ui.set("where", WHERES[(at + step + WHERES.length) % WHERES.length]);
    const group = /** @type {HTMLElement} */ (event.currentTarget);
    /** @type {HTMLElement | null} */ (group.querySelector("[aria-checked=true]"))?.focus();
  }

  /** @param {Snapshot} state */
  #edit(state) {
    if (!mayEdit(this.studio)) return html`<span class="soft">Nothing plays. This page cannot edit the score.</span>`;
    const off = !isConnected(this.studio);
    const { checked } = this.studio.store;
    const errors = checked?.diagnostics.some((one) => one.severity === "error") ?? false;
    return html`${this.#button("Rehearse", () => this.enter("rehearse", { real_time: true }), { look: "main", off: off || errors })}
      ${this.#button("Rehearse at once", () => this.enter("rehearse", { real_time: false }), { off: off || errors })}
      <span class="sep"></span>
      ${state.score.file === ""
        ? html`<input
            class="name"
            aria-label="Name of the file"
            .value=${live(this.name)}
            @input=${(/** @type {Event} */ event) => {
              this.name = /** @type {HTMLInputElement} */ (event.target).value;
            }}
          />`
        : nothing}
      ${this.#button("Save", () => this.save(), { key: "Ctrl S", off: off || (!state.score.dirty && state.score.file !== "") })}
      ${errors ? html`<span class="soft one">The timeline shows the last text without errors.</span>` : nothing}`;
  }

  #report() {
    if (!mayEdit(this.studio)) return nothing;
    const off = !isConnected(this.studio);
    return html`${this.#button("Back to edit", () => this.enter("edit"), { look: "main", off })}
      ${this.#button("Rehearse again", () => this.enter("rehearse", { real_time: true }), { off })}`;
  }

  /**
   * Return the last notice of this page or the last note of the run, while it is new. It is shown over
   * the lower edge of the timeline, so that nothing moves.
   *
   * @param {Snapshot} state
   */
  #notice(state) {
    const notice = lastNotice(this.studio);
    const note = state.notes.at(-1);
    const noticeAge = notice === null ? Infinity : performance.now() - notice.at;
    const noteAge = note === undefined ? Infinity : (this.studio.link.now() - note.at) / 1e6;
    const age = Math.min(noticeAge, noteAge);
    const isNew = age < NOTICE_MS;
    const bad = isNew && notice !== null && noticeAge <= noteAge && notice.bad;
    let text;
    if (isNew && notice !== null && noticeAge <= noteAge) {
      text = html`${shape(bad ? "refused" : "check")} <b>${notice.text}</b> ${notice.hint}`;
    } else if (isNew && note !== undefined) {
      text = html`<b>${note.text}</b>`;
    }
    return html`<span class="notice one ${bad ? "bad" : ""}" role="status" ?hidden=${text === undefined}>${text ?? nothing}</span>`;
  }

  /** @param {boolean} isLive */
  #view(isLive) {
    const { ui } = this.studio;
    return html`<span class="grow"></span>${isLive
        ? this.#button("Follow", () => ui.set("follow", !ui.get("follow")), { key: "T", look: ui.get("follow") ? "on" : "", pressed: ui.get("follow") })
        : nothing}
      ${this.#button("−", () => this.zoom(1 / ZOOM_STEP), { name: "Zoom out" })}
      ${this.#button("+", () => this.zoom(ZOOM_STEP), { name: "Zoom in" })}
      ${this.#button("Whole", () => ui.set("zoom", 1), { key: "0" })}`;
  }
}
