/**
 * The page's controls without a server: the state is a file, time passes only when a test lets it
 * pass, and what would be sent is kept in `bench.sent`.
 *
 * Parameters of the address: `state` (a file next to this one), `role`, `link`, `theme`, `remote`,
 * `lines` (how many cues are added).
 */

import { Frames } from "/page/frames.js";
import { Store } from "/page/store.js";
import { Ui } from "/page/ui.js";

const query = new URLSearchParams(location.search);
const listeners = new Map();
const answers = {
  links: {
    links: [
      { page: "remote", url: "http://192.168.1.20:8090/remote#key", qr: ["111", "101", "110"] },
      { page: "output", url: "http://127.0.0.1:8090/output#key", qr: [] },
    ],
    note: "The connection is not encrypted.",
  },
  images: { images: ["images/tram.png"] },
  scores: {
    scores: [
      { file: "live-set.score", title: "Jam at the stop", text: "4 cues.", kind: "file", blocks: [[0, 200, 0], [200, 1000, 1]] },
      { file: "wrong.score", title: "wrong", text: "an error", kind: "file", wrong: true },
      { file: "", title: "Empty score", text: "One prompt.", kind: "empty" },
    ],
  },
  card_image: { image: "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=", alt: "A tram." },
};

/** What a test reads and changes. */
const bench = {
  /** The time of the run's clock and of the page, in nanoseconds. */
  time: 0,
  sent: [],
  /** The error that every request fails with, or null. */
  refuse: null,
  /** Change the state as a patch would. */
  patch(fields) {
    link.emit("patch", { t: "patch", seq: store.state.seq + 1, at: bench.time, ...fields });
  },
  /** Replace the state, as when the mode changes. */
  snapshot(next) {
    link.emit("snapshot", next);
  },
  enter(state) {
    link.state = state;
    link.emit("state", state);
  },
};
performance.now = () => 60_000 + bench.time / 1e6;
const link = {
  state: query.get("link") ?? "open",
  run: "r1",
  now: () => bench.time,
  on(kind, listener) {
    const known = listeners.get(kind) ?? new Set();
    listeners.set(kind, known.add(listener));
    return () => known.delete(listener);
  },
  emit(kind, message) {
    for (const listener of listeners.get(kind) ?? []) listener(message);
  },
  async send(message) {
    bench.sent.push(message);
    document.body.dataset.sent = typeof message === "string" ? message : message.t;
    if (bench.refuse !== null) throw bench.refuse;
    return { trigger: "note F3" };
  },
  command: (command) => link.send(command),
  request: (t, fields) => link.send({ t, ...fields }),
  ask: async (what) => answers[what],
};
const store = new Store(link);
const studio = { link, store, ui: new Ui(), frames: new Frames(() => link.now()) };
Object.assign(window, { bench, studio });
store.role = query.get("role") ?? "operator";
document.documentElement.dataset.theme = query.get("theme") ?? "night";

const LAYOUT = {
  title: "header",
  strip: { go: "section", standby: "section", clock: "section", session: "section" },
  alerts: "section",
  middle: { left: { tabs: "section", cues: "section" }, pads: "section" },
  first: "section",
  transport: "footer",
  help: "section",
  announcer: "section",
};
const PANELS = new Set(["go", "standby", "clock", "session", "left", "pads", "transport"]);

async function build(parent, layout) {
  for (const [id, part] of Object.entries(layout)) {
    const element = document.createElement(typeof part === "string" ? part : "div");
    element.id = id;
    element.classList.toggle("panel", PANELS.has(id));
    parent.append(element);
    if (typeof part === "string") (await import(`/page/${id}.js`)).mount(element, studio);
    else await build(element, part);
  }
}

const main = document.createElement("main");
document.getElementById("page").append(main);
const state = await (await fetch(`/bench/${query.get("state") ?? "show"}.json`)).json();
for (let n = 0; n < Number(query.get("lines") ?? 0); n++) {
  state.lines.push({ ...state.lines[2], n: 100 + n, place: `${20 + n}.1`, what: `Prompt ${n}.`, planned: 30 + n, chunk: 30 + n });
}
if (query.has("remote")) {
  (await import("/page/remote.js")).mount(main, studio);
} else {
  main.className = "studio";
  main.dataset.mode = state.mode === "edit" && state.score.file === "" ? "none" : state.mode;
  await build(main, LAYOUT);
  (await import("/page/keys.js")).mount(main, studio);
}
link.emit("hello", { t: "hello", role: store.role, process: "p" });
link.emit("snapshot", state);
link.emit("state", link.state);
await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
document.body.dataset.ready = "true";
