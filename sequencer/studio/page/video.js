// @ts-check
/** The video of the run with the chunk that is on screen; in the report, the recorded video. */

import { drawLive } from "./controls.js";
import { describeFrame, FrameView } from "./frame_view.js";
import { SoundControl } from "./sound.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** The file of a run with its video. */
const VIDEO = "video.mp4";

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  element.classList.add("video");
  element.setAttribute("aria-label", "Video");
  const stage = document.createElement("div");
  stage.className = "stage";
  const facts = document.createElement("div");
  const corner = document.createElement("div");
  corner.className = "sound";
  element.append(stage, facts, corner);
  const recorded = new RecordedVideo(stage, studio, () => show());
  /** @type {FrameView | null} */
  let view = null;
  const sound = new SoundControl(corner, studio, () => view?.shown ?? null);
  function show() {
    const { mode } = studio.store.state ?? {};
    const plays = mode === "rehearse" || mode === "show";
    if (plays) view ??= new FrameView(stage, studio, element);
    else {
      view?.end();
      view = null;
    }
    element.classList.toggle("recorded", !plays);
    render(plays && view !== null ? chips(view) : html`${recorded.explanation()}`, facts);
  }
  const ends = [drawLive(studio, ["mode", "playback", "report"], show)];
  return () => {
    for (const end of ends) end();
    view?.end();
    recorded.end();
    sound.end();
  };
}

/** @param {FrameView} view */
function chips(view) {
  const { text, tone } = view.badge();
  const { shown, link } = view;
  return html`<span class="chip num">${describeFrame(shown)}</span>
    <span class="chip rt num ${tone}">${text}</span>
    ${shown === null && link.reason !== "" ? html`<p class="reason">${link.reason}</p>` : nothing}`;
}

/** The video of a run that is over, if it recorded one. */
class RecordedVideo {
  /**
   * @param {HTMLElement} parent
   * @param {import("./main.js").Studio} studio
   * @param {() => void} changed Called when something else is shown.
   */
  constructor(parent, studio, changed) {
    this.studio = studio;
    this.changed = changed;
    this.player = document.createElement("video");
    this.player.controls = true;
    this.player.preload = "metadata";
    this.player.hidden = true;
    this.player.setAttribute("aria-label", "Recorded video");
    parent.append(this.player);
    /** The run's folder whose video is shown. */
    this.folder = "";
    /** What the page shows in place of a video. */
    this.problem = "";
    this.unsubscribe = studio.store.subscribe(["mode", "report"], () => void this.#load());
    this.reconnected = studio.link.on("hello", () => {
      this.folder = ""; // the tickets of the connection before have ended
      void this.#load();
    });
  }

  end() {
    this.unsubscribe();
    this.reconnected();
    this.player.remove();
  }

  /** Return what is shown in place of a video. */
  explanation() {
    const { state } = this.studio.store;
    if (state?.mode !== "report" || !this.player.hidden) return nothing;
    return html`<p class="reason">${this.problem === "" ? "This run recorded no video: start the studio with --record, or rehearse at once." : this.problem}</p>`;
  }

  async #load() {
    const { state } = this.studio.store;
    const report = state?.mode === "report" ? state.report : null;
    const has = report?.files?.includes(VIDEO) === true;
    const folder = has ? String(report.folder) : "";
    if (folder === this.folder) return;
    this.folder = folder;
    this.problem = "";
    this.player.hidden = true;
    this.player.pause();
    if (!has) {
      this.player.removeAttribute("src");
      return;
    }
    try {
      const { url } = await this.studio.link.ask("file", { name: VIDEO });
      if (folder !== this.folder) return;
      this.player.src = url;
      this.player.hidden = false;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.changed();
  }
}
