// @ts-check
/**
 * The sound of the score, in time with the video: the position of the frame that is on screen is
 * that of the sound. It stops where the video stops, and follows it where it goes on.
 */

import { correction, soundPosition } from "./sound_position.js";
import { Grid } from "./timeline_grid.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** How often the position is compared, in milliseconds. */
const COMPARE_MS = 200;
/** How long to wait before the sound is fetched again after a failure, in milliseconds. */
const RETRY_MS = 5000;

/** Plays the sound, and shows the buttons for it. */
export class SoundControl {
  /**
   * @param {HTMLElement} element
   * @param {import("./main.js").Studio} studio
   * @param {() => import("./frame_link.js").FrameHeader | null} shown Returns the frame on screen.
   */
  constructor(element, studio, shown) {
    this.element = element;
    this.studio = studio;
    this.shown = shown;
    this.audio = new Audio();
    this.audio.preload = "auto";
    this.audio.addEventListener("error", () => this.#failed("the browser cannot play this sound file"));
    /** Whether the browser plays nothing until somebody presses a button. */
    this.isBlocked = false;
    this.problem = "";
    /** The score whose sound is loaded. */
    this.loaded = "";
    this.retry_at = 0;
    this.volume = Number(localStorage.getItem("studio-volume") ?? 1);
    if (!(this.volume >= 0 && this.volume <= 1)) this.volume = 1;
    this.audio.volume = this.volume;
    this.timer = setInterval(() => this.#compare(), COMPARE_MS);
    this.ends = [
      studio.store.subscribe(["mode", "plot", "playback"], () => this.#draw()),
      studio.link.on("hello", () => {
        this.loaded = ""; // the tickets of the connection before have ended
      }),
    ];
  }

  end() {
    clearInterval(this.timer);
    for (const end of this.ends) end();
    this.audio.pause();
    this.audio.removeAttribute("src");
    render(nothing, this.element);
  }

  /** Return the timeline with the sound of the run; null if there is none to play. */
  #plot() {
    const { store } = this.studio;
    const { mode, playback } = store.state ?? {};
    if ((mode !== "rehearse" && mode !== "show") || !playback?.real_time) return null;
    const plot = (store.plot("live") ?? store.plot("score"))?.plot;
    return plot?.sound == null ? null : plot;
  }

  /** In a show, the sound is usually played by something else. */
  #key() {
    return `studio-sound-${this.studio.store.state?.mode ?? ""}`;
  }

  isOn() {
    return (localStorage.getItem(this.#key()) ?? (this.studio.store.state?.mode === "rehearse" ? "on" : "off")) === "on";
  }

  #compare() {
    const plot = this.#plot();
    if (plot === null || !this.isOn()) {
      this.audio.pause();
      return;
    }
    const { store, link } = this.studio;
    const { frames, fps, first, cuts } = plot.grid;
    const position = soundPosition(
      {
        shown: document.visibilityState === "visible" ? this.shown() : null,
        playhead: store.playhead(),
        playback: store.state?.playback ?? null,
        grid: new Grid(frames, fps[0] / fps[1], first, cuts),
        start: plot.sound.start[0] / plot.sound.start[1],
      },
      link.now(),
    );
    if (position === null || position < 0 || position >= (this.audio.duration || Infinity)) {
      this.audio.pause();
      return;
    }
    if (this.loaded !== plot.sound.full) {
      void this.#load(plot.sound.full);
      return;
    }
    if (this.audio.readyState < HTMLMediaElement.HAVE_METADATA) return;
    const { jump, rate } = correction(this.audio.currentTime, position);
    if (jump || this.audio.paused) this.audio.currentTime = position;
    this.audio.playbackRate = rate;
    if (this.audio.paused && !this.isBlocked) void this.#play();
  }

  async #play() {
    try {
      await this.audio.play();
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return; // paused meanwhile
      this.isBlocked = true;
      this.#draw();
    }
  }

  /** @param {string} name What is loaded. */
  async #load(name) {
    if (performance.now() < this.retry_at || this.studio.link.state !== "open") return;
    this.retry_at = performance.now() + RETRY_MS;
    try {
      const { url } = await this.studio.link.ask("file", { name: "sound" });
      this.audio.src = url;
      this.loaded = name;
      this.problem = "";
    } catch (error) {
      this.#failed(error instanceof Error ? error.message : String(error));
    }
    this.#draw();
  }

  /** @param {string} problem */
  #failed(problem) {
    this.loaded = "";
    this.problem = problem;
    this.#draw();
  }

  #toggle() {
    const on = this.isBlocked || !this.isOn();
    localStorage.setItem(this.#key(), on ? "on" : "off");
    this.isBlocked = false;
    if (on) void this.#play(); // within the press, which the browser requires
    this.#compare();
    this.#draw();
  }

  /** @param {Event} event */
  #turn(event) {
    this.volume = Number(/** @type {HTMLInputElement} */ (event.target).value);
    this.audio.volume = this.volume;
    localStorage.setItem("studio-volume", String(this.volume));
  }

  #draw() {
    const plot = this.#plot();
    this.element.hidden = plot === null;
    if (plot === null) return;
    const on = this.isOn() && !this.isBlocked;
    render(
      html`<button type="button" class="chip" aria-pressed=${on} title=${plot.sound.full} @click=${() => this.#toggle()}>
          ${on ? "Sound off" : "Sound on"}
        </button>
        ${on
          ? html`<input type="range" min="0" max="1" step="0.05" .value=${String(this.volume)} aria-label="Volume" @input=${(/** @type {Event} */ event) => this.#turn(event)} />`
          : nothing}
        ${this.problem === "" ? nothing : html`<span class="chip bad">${this.problem}</span>`}`,
      this.element,
    );
  }
}
