"""A page with nothing but the studio's timeline and report, for their tests and their benchmark.

It has the page's own modules, style sheets and content security policy, but no connection: its
state is that of a fixture (`tests/data/studio`) or made by a benchmark, and its clock is stopped
until `setNow(nanoseconds)` is called in the page.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "sequencer" / "studio" / "page"
TYPES = {".js": "text/javascript", ".css": "text/css"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'"
)
_STYLES = ("tokens", "base", "strip", "timeline", "report")
_HTML = f"""<!doctype html>
<html lang="en" data-theme="day">
<title>Timeline</title>
<link rel="icon" href="data:,">
{"".join(f'<link rel="stylesheet" href="/style/{name}.css">' for name in _STYLES)}
<main class="studio">
  <header id="title">A bar above</header>
  <div id="middle"><section id="video"></section><section id="report"></section></div>
  <section id="timeline" class="panel"></section>
  <footer id="transport" class="panel"></footer>
</main>
<script type="module" src="/start.js"></script>
"""
_SCRIPT = """
import { Frames } from "/frames.js";
import { mount as mountReport } from "/report.js";
import { Store } from "/store.js";
import { mount as mountTimeline } from "/timeline.js";
import { Ui } from "/ui.js";

const data = await (await fetch("/data.json")).json();
let now = data.now;
const listeners = new Map();
const asked = [];
const link = {
  now: () => now,
  on: (kind, listener) => {
    listeners.set(kind, [...(listeners.get(kind) ?? []), listener]);
    return () => {};
  },
  ask: async (what, fields) => {
    asked.push([what, fields ?? {}]);
    const answer = (data.answers ?? {})[what];
    if (answer === undefined) throw { message: `no answer to ${what}`, hint: "none" };
    return answer;
  },
};
const store = new Store(link);
const ui = new Ui();
const studio = { link, store, ui, frames: new Frames(link.now) };
const receive = (message) => {
  for (const listener of listeners.get(message.t) ?? []) listener(message);
};
const { mode } = data.snapshot;
document.querySelector("main").dataset.mode = mode;
document.documentElement.dataset.theme = mode === "show" || mode === "rehearse" ? "night" : "day";
mountTimeline(document.getElementById("timeline"), studio);
mountReport(document.getElementById("report"), studio);
receive({ t: "hello", role: data.role ?? "operator", process: "test" });
receive({ ...data.snapshot, t: "snapshot" });
for (const plot of Object.values(data.plots)) receive(plot);
const next = () => new Promise((resolve) => requestAnimationFrame(resolve));
const frame = () => next().then(next);
Object.assign(globalThis, {
  studio,
  asked,
  receive,
  frame,
  setNow: (value) => { now = value; },
  drawn: () => document.querySelector("#timeline canvas").drawn(),
});
await frame();
document.documentElement.dataset.ready = "";
"""


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, files: Mapping[str, tuple[str, bytes]], *args: Any) -> None:
        self._files = files
        super().__init__(*args)

    def do_GET(self) -> None:  # http.server looks for this name
        kind, body = self._files.get(self.path) or _page_file(self.path)
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _page_file(path: str) -> tuple[str, bytes]:
    """Return the type and the content of a file of the page; no type if it does not exist."""
    file = (PAGE / path.lstrip("/")).resolve()
    if not file.is_relative_to(PAGE) or not file.is_file():
        return "", b""
    return TYPES.get(file.suffix, "application/octet-stream"), file.read_bytes()


@contextmanager
def serve_timeline(
    data: Mapping[str, Any], files: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Serve the page in a thread and yield its address.

    Args:
        data: `now` (nanoseconds), `snapshot`, `plots` (messages), and optionally `role` and
            `answers` (what `link.ask` answers, by its first argument).
        files: Further texts to serve, by their paths.
    """
    served = {
        "/": ("text/html; charset=utf-8", _HTML.encode()),
        "/start.js": ("text/javascript", _SCRIPT.encode()),
        "/data.json": ("application/json", json.dumps(data).encode()),
        **{path: ("text/plain", text.encode()) for path, text in (files or {}).items()},
    }
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, served)) as server:
        thread = threading.Thread(target=partial(server.serve_forever, 0.02))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
