// @ts-check
/** The video of the run with the chunk that is on screen; in the report, the recorded video. */

import { drawLive } from "./controls.js";
import { describeFrame, FrameViews, nameVideo, tile } from "./frame_view.js";
import { SoundControl } from "./sound.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** The file of a run with its video. */
const VIDEO = "video.mp4";
/** How far apart videos that play may be, in seconds: two frames. */
const MAX_APART_S = 0.08;

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
  /** @type {FrameViews | null} */
  let views = null;
  const sound = new SoundControl(corner, studio, () => views?.first.shown ?? null);
  function show() {
    const { mode } = studio.store.state ?? {};
    const plays = mode === "rehearse" || mode === "show";
    if (plays) views ??= new FrameViews(stage, studio, element);
    else {
      views?.end();
      views = null;
    }
    views?.describe();
    element.classList.toggle("recorded", !plays);
    render(views !== null ? chips(views) : html`${recorded.explanation()}`, facts);
  }
  const ends = [drawLive(studio, ["mode", "playback", "report"], show)];
  return () => {
    for (const end of ends) end();
    views?.end();
    recorded.end();
    sound.end();
  };
}

/** @param {FrameViews} views */
function chips({ first, views }) {
  const { text, tone } = first.badge();
  const { shown, link } = first;
  return html`<span class="chip num ${views.length > 1 ? "low" : ""}">${describeFrame(shown)}</span>
    <span class="chip rt num ${tone}">${text}</span>
    ${shown === null && link.reason !== "" ? html`<p class="reason">${link.reason}</p>` : nothing}`;
}

/**
 * Return the videos of a run: one, or one for each stage.
 *
 * @param {any} report
 * @returns {{stage: string, file: string}[]}
 */
export function videosOf(report) {
  const files = /** @type {string[]} */ (report?.files ?? []);
  const stages = report?.ensemble?.stages.map((/** @type {any} */ one) => one.name) ?? [""];
  const all = stages.map((/** @type {string} */ stage) => ({ stage, file: stage === "" ? VIDEO : `${stage}/${VIDEO}` }));
  return all.filter((/** @type {any} */ one) => files.includes(one.file));
}

/** The videos of a run that is over, if it recorded any. The first one has the controls, and the others follow it. */
class RecordedVideo {
  /**
   * @param {HTMLElement} parent
   * @param {import("./main.js").Studio} studio
   * @param {() => void} changed Called when something else is shown.
   */
  constructor(parent, studio, changed) {
    this.parent = parent;
    this.studio = studio;
    this.changed = changed;
    /** @type {HTMLElement[]} */
    this.shown = [];
    /** The run's folder whose videos are shown. */
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
    this.#clear();
  }

  /** Return what is shown in place of a video. */
  explanation() {
    const { state } = this.studio.store;
    if (state?.mode !== "report" || this.shown.length > 0) return nothing;
    return html`<p class="reason">${this.problem === "" ? "This run recorded no video: start the studio with --record, or rehearse at once." : this.problem}</p>`;
  }

  #clear() {
    for (const one of this.shown) one.remove();
    this.shown = [];
    tile(this.parent, 1);
  }

  async #load() {
    const { state } = this.studio.store;
    const report = state?.mode === "report" ? state.report : null;
    const videos = videosOf(report);
    const folder = videos.length > 0 ? String(report?.folder) : "";
    if (folder === this.folder) return;
    this.folder = folder;
    this.problem = "";
    this.#clear();
    try {
      /** @type {{stage: string, url: string}[]} */
      const found = [];
      for (const { stage, file } of videos) found.push({ stage, url: (await this.studio.link.ask("file", { name: file })).url });
      if (folder !== this.folder) return;
      this.#show(found);
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.changed();
  }

  /** @param {readonly {stage: string, url: string}[]} videos */
  #show(videos) {
    const players = videos.map(({ stage, url }, index) => {
      const player = document.createElement("video");
      player.controls = index === 0;
      player.muted = index > 0;
      player.preload = index === 0 ? "metadata" : "auto";
      player.setAttribute("aria-label", `Recorded video ${stage}`.trim());
      player.src = url;
      const figure = stage === "" ? player : nameVideo(document.createElement("figure"), stage);
      if (figure !== player) figure.prepend(player);
      this.shown.push(figure);
      return player;
    });
    this.parent.append(...this.shown);
    tile(this.parent, players.length);
    if (players.length > 1) follow(players[0], players.slice(1));
  }
}

/**
 * Let videos play in time with another one.
 *
 * @param {HTMLVideoElement} leader
 * @param {readonly HTMLVideoElement[]} others
 */
function follow(leader, others) {
  const align = () => {
    for (const one of others) {
      one.playbackRate = leader.playbackRate;
      const last = Number.isFinite(one.duration) ? one.duration : Infinity;
      const at = Math.min(leader.currentTime, last);
      if (Math.abs(one.currentTime - at) > (leader.paused ? 0.001 : MAX_APART_S)) one.currentTime = at;
      if (leader.paused || at === last) one.pause();
      else if (one.paused) one.play().catch(() => {}); // a browser that refuses is asked again at the next event
    }
  };
  for (const type of ["play", "pause", "seeked", "seeking", "ratechange", "timeupdate", "ended"]) leader.addEventListener(type, align);
  for (const one of others) one.addEventListener("loadedmetadata", align);
}
