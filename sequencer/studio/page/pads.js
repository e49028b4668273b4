// @ts-check
/** The pads: what the operator can trigger, with its key, and the faders of controllers. */

import { register } from "./actions.js";
import { attempt, command, drawOnChange, isConnected, mayCommand, mayEdit, notify, presses } from "./controls.js";
import { keyLabel } from "./key_table.js";
import {
  MAX_VALUE,
  choosePads,
  isFader,
  isJustFired,
  padCode,
  padFacts,
  valueAfterKey,
  valueAt,
} from "./pad_choice.js";
import { MIN_INTERVAL_MS, PressGuard, Throttle, browserTimer } from "./presses.js";
import { html, nothing, render, repeat } from "./vendor/lit-html.js";

/** With more pads than this, each has fewer lines. */
const DENSE = 6;
/** The most values that a fader sends in a second. */
const VALUES_PER_SECOND = 30;
/** How long a fader shows what was dragged rather than what the run reports, in milliseconds. */
const DRAGGED_MS = 1000;

/** @typedef {import("./protocol.d.ts").Pad} Pad */
/** @typedef {import("./main.js").Studio} Studio */

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  return mountPads(element, studio, { isPhone: false });
}

/**
 * Mount the pads of the desktop or of the phone, which shows no keys and no *learn*.
 *
 * @param {HTMLElement} element
 * @param {Studio} studio
 * @param {{isPhone: boolean}} options
 */
export function mountPads(element, studio, { isPhone }) {
  const board = new PadBoard(studio, isPhone, draw);
  element.classList.add("pads");
  element.setAttribute("aria-label", "Pads");

  function draw() {
    element.classList.toggle("dense", board.pads.length > DENSE);
    render(board.template(), element);
  }

  const release = () => board.release();
  addEventListener("pointerup", release);
  addEventListener("pointercancel", release);
  addEventListener("blur", release);
  void board.readLayout();
  const ends = [
    ...board.registerKeys(),
    drawOnChange(studio, ["pads", "playback", "mode", "locked", "lines"], [], draw),
    studio.link.on("state", () => board.dropValues()),
  ];
  return () => {
    removeEventListener("pointerup", release);
    removeEventListener("pointercancel", release);
    removeEventListener("blur", release);
    for (const end of ends) end();
  };
}

class PadBoard {
  /**
   * @param {Studio} studio
   * @param {boolean} isPhone
   * @param {() => void} draw
   */
  constructor(studio, isPhone, draw) {
    this.studio = studio;
    this.isPhone = isPhone;
    this.draw = draw;
    /** @type {Map<string, PressGuard>} */
    this.guards = new Map();
    /** @type {Map<string, Throttle>} */
    this.throttles = new Map();
    /** @type {Map<string, {value: number, at: number}>} */
    this.dragged = new Map();
    /** The pad that waits for a MIDI message; empty for none. */
    this.learning = "";
    /** @type {{get(code: string): string | undefined} | null} */
    this.layout = null;
    /** The pad whose fader a pointer drags. */
    this.dragging = "";
  }

  /** Read the keyboard's layout, so that each pad shows what its key types. */
  async readLayout() {
    const { keyboard } = /** @type {{keyboard?: {getLayoutMap(): Promise<Map<string, string>>}}} */ (
      /** @type {unknown} */ (navigator)
    );
    if (keyboard === undefined) return;
    this.layout = await keyboard.getLayoutMap();
    this.draw();
  }

  get pads() {
    return choosePads(this.studio.store.state?.pads ?? []);
  }

  /** Register one action per key. */
  registerKeys() {
    const ends = [];
    for (let number = 0; padCode(number) !== null; number++) {
      ends.push(
        register(this.studio, `pad ${number}`, {
          press: () => {
            const pad = this.pads[number];
            if (pad !== undefined) this.press(pad);
          },
          release: () => {
            const pad = this.pads[number];
            if (pad !== undefined) this.guards.get(pad.id)?.release();
          },
        }),
      );
    }
    return ends;
  }

  release() {
    for (const guard of this.guards.values()) guard.release();
    this.dragging = "";
  }

  dropValues() {
    if (isConnected(this.studio)) return;
    for (const throttle of this.throttles.values()) throttle.drop();
    this.learning = "";
    this.draw();
  }

  /**
   * Press a pad. The key of a fader moves the focus to it: its arrows set the value.
   *
   * @param {Pad} pad
   */
  press(pad) {
    const { studio } = this;
    if (!mayCommand(studio) || !isConnected(studio)) return;
    if (isFader(pad)) {
      document.getElementById(faderId(pad))?.focus();
      return;
    }
    const guard = this.guards.get(pad.id) ?? new PressGuard();
    this.guards.set(pad.id, guard);
    if (guard.press(performance.now()) !== "accepted") return;
    if (!pad.listening) {
      notify(studio, `${pad.trigger} is not listened to now.`, {
        hint: pad.sections.length > 0 ? `It acts in ${pad.sections.join(", ")}.` : "",
        bad: true,
      });
      return;
    }
    void command(studio, pad.command);
    this.draw();
    setTimeout(this.draw, MIN_INTERVAL_MS + 10);
  }

  /**
   * @param {Pad} pad
   * @param {number} value
   */
  setValue(pad, value) {
    if (!isConnected(this.studio)) return;
    const before = this.value(pad);
    this.dragged.set(pad.id, { value, at: performance.now() });
    if (value !== before) {
      let throttle = this.throttles.get(pad.id);
      if (throttle === undefined) {
        const send = (/** @type {number} */ last) => {
          if (isConnected(this.studio)) void command(this.studio, `${pad.command}${last}`);
        };
        throttle = new Throttle(send, VALUES_PER_SECOND, browserTimer);
        this.throttles.set(pad.id, throttle);
      }
      throttle.push(value);
      this.draw();
    }
    setTimeout(this.draw, DRAGGED_MS + 10);
  }

  /** @param {Pad} pad */
  value(pad) {
    const dragged = this.dragged.get(pad.id);
    if (dragged !== undefined && performance.now() - dragged.at < DRAGGED_MS) return dragged.value;
    return pad.value ?? 0;
  }

  /** @param {Pad} pad */
  async learn(pad) {
    const { studio } = this;
    const cancels = this.learning === pad.id;
    this.learning = cancels ? "" : pad.id;
    this.draw();
    if (cancels) {
      await attempt(studio, () => studio.link.request("learn", { pad: null }));
      notify(studio, `${pad.trigger} stays as it is.`);
      return;
    }
    let learned = "";
    await attempt(studio, async () => {
      try {
        learned = (await studio.link.request("learn", { pad: pad.id })).trigger;
      } catch (error) {
        if (this.learning === pad.id) throw error; // otherwise the operator has cancelled it
      }
    });
    if (this.learning === pad.id) this.learning = "";
    if (learned !== "") notify(studio, `Learned: ${learned} instead of ${pad.trigger}. The score is edited.`);
    this.draw();
  }

  template() {
    const { pads } = this;
    if (pads.length === 0) {
      return html`<p class="empty soft">
        This score has no rules and no go-cues.<br />Each <code>on note D3 -> …</code> or
        <code>on go NAME -> …</code> becomes a pad.
      </p>`;
    }
    return repeat(
      pads,
      (pad) => pad.id,
      (pad, number) => this.padTemplate(pad, number),
    );
  }

  /**
   * @param {Pad} pad
   * @param {number} number
   */
  padTemplate(pad, number) {
    const { studio } = this;
    const playback = studio.store.state?.playback ?? null;
    const can = mayCommand(studio) && isConnected(studio);
    const blocked = this.guards.get(pad.id)?.blocks(performance.now()) ?? false;
    const looks = [
      "pad",
      pad.listening && isConnected(studio) ? "" : "off",
      isJustFired(pad, playback) ? `hit tint${this.#tint(playback)}` : "",
      blocked ? "blocked" : "",
      this.learning === pad.id ? "learning" : "",
    ];
    const code = padCode(number);
    const head = html`<span class="k">
      ${this.isPhone || code === null || !mayCommand(studio) ? nothing : html`<kbd>${keyLabel(code, this.layout)}</kbd>`}
      <span class="one">${this.learning === pad.id ? "play it now…" : pad.trigger}</span>
    </span>`;
    const name = html`<span class="n">${pad.label}</span>`;
    if (isFader(pad)) {
      return html`<div class=${looks.join(" ")} @pointerdown=${(/** @type {PointerEvent} */ event) => this.#drag(pad, event)}>
        ${head} ${name} ${this.#fader(pad, can)} ${this.#learnButton(pad)}
      </div>`;
    }
    const facts = html`<span class="f">${padFacts(pad, playback) || "\u00a0"}</span>`;
    if (!mayCommand(studio)) return html`<div class=${looks.join(" ")}>${head} ${name} ${facts}</div>`;
    const act = presses(() => this.press(pad));
    return html`<div class=${looks.join(" ")}>
      <button
        type="button"
        class="press"
        aria-disabled=${!pad.listening || !can}
        aria-label="${pad.label}, ${pad.trigger}${pad.listening ? "" : `, ${padFacts(pad, playback)}`}"
        aria-keyshortcuts=${code === null || this.isPhone ? nothing : keyLabel(code, this.layout)}
        @pointerdown=${act.down}
        @click=${act.click}
      >
        ${head} ${name} ${facts}
      </button>
      ${this.#learnButton(pad)}
    </div>`;
  }

  /**
   * Return the tint of the section that plays: a pad that has fired has its ring.
   *
   * @param {import("./protocol.d.ts").Playback | null} playback
   */
  #tint(playback) {
    const section = playback?.section.split(" ")[0] ?? "";
    return this.studio.store.state?.lines.find((line) => line.section === section)?.tint ?? 1;
  }

  /**
   * @param {Pad} pad
   * @param {boolean} can
   */
  #fader(pad, can) {
    const value = this.value(pad);
    const x = (/** @type {number} */ one) => ((one / MAX_VALUE) * 120).toFixed(1);
    return html`<svg
      class="fader"
      id=${faderId(pad)}
      viewBox="0 0 120 16"
      preserveAspectRatio="none"
      role="slider"
      tabindex=${can ? 0 : -1}
      aria-label="${pad.trigger}: ${pad.label}"
      aria-valuemin="0"
      aria-valuemax=${MAX_VALUE}
      aria-valuenow=${value}
      aria-disabled=${!can}
      @keydown=${(/** @type {KeyboardEvent} */ event) => this.#key(pad, event)}
    >
      <rect class="rail" y="5" width="120" height="6" rx="3"></rect>
      <rect class="level" y="5" width=${x(value)} height="6" rx="3"></rect>
      <path class="tick" d=${pad.thresholds.map((one) => `M${x(one)} 1V15`).join("")}></path>
    </svg>`;
  }

  /**
   * @param {Pad} pad
   * @param {PointerEvent} event
   */
  #drag(pad, event) {
    const { studio } = this;
    const target = /** @type {Element} */ (event.currentTarget);
    if (event.button !== 0 || !mayCommand(studio) || !isConnected(studio)) return;
    if (/** @type {Element} */ (event.target).closest(".learn") !== null) return;
    const rail = /** @type {Element} */ (target.querySelector(".fader"));
    const move = (/** @type {PointerEvent} */ next) => {
      const { left, width } = rail.getBoundingClientRect();
      this.setValue(pad, valueAt((next.clientX - left) / width));
    };
    const listen = (/** @type {Event} */ next) => move(/** @type {PointerEvent} */ (next));
    const end = () => {
      target.removeEventListener("pointermove", listen);
      target.removeEventListener("lostpointercapture", end);
    };
    target.setPointerCapture(event.pointerId);
    target.addEventListener("pointermove", listen);
    target.addEventListener("lostpointercapture", end);
    move(event);
  }

  /**
   * @param {Pad} pad
   * @param {KeyboardEvent} event
   */
  #key(pad, event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = valueAfterKey(event.key, this.value(pad), pad.thresholds);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.setValue(pad, next);
  }

  /** @param {Pad} pad */
  #learnButton(pad) {
    const { studio } = this;
    const state = studio.store.state;
    const isMidi = pad.kind === "note" || pad.kind === "cc" || pad.kind === "program";
    if (this.isPhone || !isMidi || !mayEdit(studio) || state === null || state.locked) return nothing;
    const waits = this.learning === pad.id;
    return html`<button
      type="button"
      class="learn"
      ?disabled=${!isConnected(studio)}
      aria-pressed=${waits}
      aria-label=${waits ? `cancel learning for ${pad.label}` : `learn another MIDI message for ${pad.label}`}
      @click=${() => void this.learn(pad)}
    >
      ${waits ? "cancel" : "learn"}
    </button>`;
  }
}

/** @param {Pad} pad */
function faderId(pad) {
  return `fader-${pad.id}`;
}
