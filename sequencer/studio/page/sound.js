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
    /** @type {{url: string, start: [number, number], name: string} | null} The sound of the run. */
    this.source = null;
    /** The run for which it was requested. */
    this.run = "";
    this.isLoading = false;
    /** When it may be requested again after a failure, in milliseconds of the page. */
    this.retry_at = 0;
    this.volume = Number(localStorage.getItem("studio-volume") ?? 1);
    if (!(this.volume >= 0 && this.volume <= 1)) this.volume = 1;
    this.audio.volume = this.volume;
    element.after(this.audio);
    this.timer = setInterval(() => this.#compare(), COMPARE_MS);
    this.ends = [
      studio.store.subscribe(["mode", "playback"], () => this.#look()),
      studio.link.on("snapshot", () => {
        this.run = ""; // the tickets of the connection before have ended
      }),
    ];
  }

  end() {
    clearInterval(this.timer);
    for (const end of this.ends) end();
    this.audio.pause();
    this.audio.remove();
    render(nothing, this.element);
  }

  /** Return the timeline of a run that plays in real time; null without one. */
  #plot() {
    const { store } = this.studio;
    const { mode, playback } = store.state ?? {};
    if ((mode !== "rehearse" && mode !== "show") || !playback?.real_time) return null;
    return (store.plot("live") ?? store.plot("score"))?.plot ?? null;
  }

  /** Request the sound of a run once it plays. */
  #look() {
    const run = this.studio.store.state?.run ?? "";
    if (this.#plot() !== null && run !== this.run) void this.#load(run);
    this.#draw();
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
    if (plot === null || this.source === null || !this.isOn()) {
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
        start: this.source.start[0] / this.source.start[1],
      },
      link.now(),
    );
    if (position === null || position < 0 || position >= (this.audio.duration || Infinity)) {
      this.audio.pause();
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

  /** @param {string} run */
  async #load(run) {
    if (this.isLoading || performance.now() < this.retry_at || this.studio.link.state !== "open") return;
    this.isLoading = true;
    try {
      const source = await this.studio.link.ask("file", { name: "sound" });
      this.run = run;
      this.problem = "";
      this.source = source;
      if (source === null) this.audio.removeAttribute("src");
      else this.audio.src = source.url;
    } catch (error) {
      this.#failed(error instanceof Error ? error.message : String(error));
    } finally {
      this.isLoading = false;
    }
    this.#draw();
  }

  /** @param {string} problem */
  #failed(problem) {
    this.run = ""; // it is requested again
    this.retry_at = performance.now() + RETRY_MS;
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
    this.element.hidden = plot === null || (this.source === null && this.problem === "");
    if (plot === null) return;
    const on = this.source !== null && this.isOn() && !this.isBlocked;
    render(
      html`<button type="button" class="chip" aria-pressed=${on} title=${this.source?.name ?? ""} @click=${() => this.#toggle()}>
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
