// @ts-check
/**
 * The page: takes its key from the address, connects, and mounts the components of its layout.
 *
 * @typedef {{link: Link, store: Store, ui: Ui, frames: Frames}} Studio
 * @typedef {(element: HTMLElement, studio: Studio) => () => void} Mount
 */

import * as alerts from "./alerts.js";
import * as announcer from "./announcer.js";
import * as clock from "./clock.js";
import { hasScore } from "./controls.js";
import * as cues from "./cues.js";
import * as first from "./first.js";
import { Frames } from "./frames.js";
import * as go from "./go.js";
import * as help from "./help.js";
import * as keys from "./keys.js";
import { Link } from "./link.js";
import * as output from "./output.js";
import * as pads from "./pads.js";
import * as video from "./video.js";
import * as problems from "./problems.js";
import * as prompt from "./prompt.js";
import * as remote from "./remote.js";
import * as report from "./report.js";
import * as revision from "./revision.js";
import * as score from "./score.js";
import * as session from "./session.js";
import * as standby from "./standby.js";
import { Store } from "./store.js";
import * as summary from "./summary.js";
import * as tabs from "./tabs.js";
import * as timeline from "./timeline.js";
import * as title from "./title.js";
import * as transport from "./transport.js";
import { Ui } from "./ui.js";
import { html, render } from "./vendor/lit-html.js";

/** Where the key is kept while the page is open. It is not sent with requests, unlike a cookie. */
const KEY = "studio-key";

/** The elements of the desktop layout, nested as in the page; a text is a component's id. */
const DESKTOP = /** @type {const} */ ({
  title,
  summary,
  strip: { go, standby, clock, session },
  alerts,
  middle: { left: { tabs, cues, score, revision }, video, pads, side: { problems, prompt }, report },
  first,
  timeline,
  transport,
  help,
  announcer,
});

/** @type {Record<string, string>} The element of each component, where it is not `div`. */
const ELEMENTS = { title: "header", transport: "footer", strip: "div", middle: "div", side: "div" };
/** Elements that are panels: they have the background of one. */
const PANELS = new Set(["summary", "go", "standby", "clock", "session", "left", "pads", "problems", "prompt", "timeline", "transport"]);

/**
 * Take the key out of the address, so that it is neither shown nor kept in the history.
 *
 * @returns {string}
 */
function takeKey() {
  const given = location.hash.slice(1);
  if (given !== "") {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(KEY) ?? "";
}

/**
 * @param {HTMLElement} parent
 * @param {Record<string, any>} parts
 * @param {Studio} studio
 */
function build(parent, parts, studio) {
  for (const [id, part] of Object.entries(parts)) {
    const element = document.createElement(ELEMENTS[id] ?? "section");
    element.id = id;
    if (PANELS.has(id)) element.classList.add("panel");
    parent.append(element);
    if (typeof part.mount === "function") part.mount(element, studio);
    else build(element, part, studio);
  }
}

/**
 * @param {HTMLElement} page
 * @param {Studio} studio
 */
function mountDesktop(page, studio) {
  const { store, ui } = studio;
  const main = document.createElement("main");
  main.className = "studio";
  page.append(main);
  build(main, DESKTOP, studio);
  let mode = "";
  store.subscribe(["mode", "score"], () => {
    const state = store.state;
    const next = state === null || (state.mode === "edit" && !hasScore(state)) ? "none" : state.mode;
    if (next === mode) return;
    mode = next;
    main.dataset.mode = mode;
    ui.set("theme", themeOf(mode));
    if (mode === "show") ui.set("tab", "cues");
    if (mode === "rehearse") ui.set("tab", "score");
  });
  keys.mount(main, studio);
}

/**
 * Return the theme for a mode: what was chosen last, otherwise dark while a run plays.
 *
 * @param {string} mode
 * @returns {"day" | "night"}
 */
function themeOf(mode) {
  const group = mode === "rehearse" || mode === "show" ? "run" : "desk";
  const chosen = localStorage.getItem(`studio-theme-${group}`);
  if (chosen === "day" || chosen === "night") return chosen;
  return group === "run" ? "night" : "day";
}

/**
 * Show that the connection is lost, above everything else.
 *
 * @param {HTMLElement} page
 * @param {Studio} studio
 */
function mountConnection(page, { link, store }) {
  const banner = document.createElement("div");
  banner.id = "connection";
  banner.setAttribute("role", "alert");
  banner.hidden = true;
  page.append(banner);
  link.on("state", (state) => {
    document.documentElement.dataset.link = state;
    const lost = state === "lost" || (state === "connecting" && store.state !== null);
    banner.hidden = !(lost || state === "refused");
    page.toggleAttribute("inert", state === "refused");
    render(
      state === "refused"
        ? html`<span>Disconnected: ${link.reason}</span>`
        : lost
          ? html`<span>Connection lost. The show goes on; this page cannot reach it. Connecting again…</span>`
          : "",
      banner,
    );
  });
}

/** @param {HTMLElement} page */
function explainKey(page) {
  render(
    html`<div class="message">
      <h1>This page needs its key</h1>
      <p>Open the whole address that <code>sequencer studio</code> prints in its terminal, with everything after the <code>#</code>.</p>
    </div>`,
    page,
  );
}

function start() {
  const page = /** @type {HTMLElement} */ (document.getElementById("page"));
  const key = takeKey();
  if (key === "") {
    explainKey(page);
    return;
  }
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const link = new Link(`${scheme}//${location.host}/ws`, key);
  const store = new Store(link);
  const ui = new Ui();
  const studio = { link, store, ui, frames: new Frames(() => link.now()) };
  ui.subscribe(["theme"], () => {
    document.documentElement.dataset.theme = ui.get("theme");
  });
  mountConnection(page, studio);
  store.subscribe(["score"], () => {
    const score = store.state?.score;
    document.title = score ? `${score.title || score.file || "Untitled"} · Studio` : "Studio";
  });
  /** @type {Record<string, Mount>} */
  const layouts = { "/remote": remote.mount, "/output": output.mount };
  const layout = layouts[location.pathname];
  if (layout === undefined) {
    mountDesktop(page, studio);
  } else {
    const element = document.createElement("main");
    element.className = location.pathname.slice(1);
    page.append(element);
    layout(element, studio);
  }
  link.open();
}

start();
