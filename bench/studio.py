"""Measures how late a page of the studio draws the frames of a run, and what it costs the show.

A browser without a window opens the page's own modules. Each frame has the time at which the stage
shows it; the page draws it, answers, and notes the time of the same clock.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

import numpy as np
from aiohttp import web
from numpy.typing import NDArray

from bench.findings import Findings, Row, Section
from sequencer.api.performing import PerformOptions, play, prepare
from sequencer.api.sources import input_of
from sequencer.engine.journal import read_journal
from sequencer.events.events import ChunkDone, ChunkShown
from sequencer.language.notations import reads
from sequencer.stages.protocol import ShownFrame
from sequencer.studio.frames import FrameHub, encode_jpeg, serve_frames
from tools import browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MEDIAN_MS, P95_MS = 30, 60
MORE_MS = 10
"""How much later chunks may be with pages than without, at the median: less than half a frame."""
PAGES = 3
CHUNKS = 20
"""The chunks of the run without pages, and again with them."""
ARRIVING_S = 10
FRAME_NS = 1_000_000_000 // 24
WIDTH, HEIGHT = 640, 384
ENCODED = 60
"""How often each frame is encoded."""
SKIPPED = 24
"""Frames of each page that are left out, while it opens."""

SECTION = Section(
    "The video in the studio's page",
    f"""
A page in Chromium without a window, on the same machine, shows frames of {WIDTH}×{HEIGHT} at 24 per
second. Measured is the time from the stamp of a frame to its answer, after it was drawn: of frames
that arrive like those of a live model, and of the simulator's, which are sent before their time and
drawn when it has come. The goals are {MEDIAN_MS} ms at the median and {P95_MS} ms for 95 %.

Then one run on the simulator: {CHUNKS} chunks without a page, {CHUNKS} with {PAGES} pages, with a
prompt in each. How late a chunk is reported shows how late the run's loop is: at the median not
more than {MORE_MS} ms later with pages than without. Nothing may land late. The first second of
each page is left out.
""",
)

_PAGE = """<!doctype html><title>bench</title><canvas id="canvas"></canvas><script type="module">
import { FrameLink } from "/static/frame_link.js";
import { Frames } from "/static/frames.js";
let best = { way: Infinity, offset: 0 };
for (let count = 0; count < 30; count++) {
  const sent = performance.now() * 1e6;
  const now = Number(await (await fetch("/now")).text());
  const here = performance.now() * 1e6;
  if (here - sent < best.way) best = { way: here - sent, offset: now - (sent + here) / 2 };
}
const now = () => performance.now() * 1e6 + best.offset;
const link = { state: "open", key: "", url: `ws://${location.host}/ws`, now, on: () => () => {} };
const canvas = document.getElementById("canvas");
const context = canvas.getContext("2d", { alpha: false });
window.drawn = [];
new FrameLink({ link, frames: new Frames(now) }, (image, header) => {
  canvas.width = image.width;
  canvas.height = image.height;
  context.drawImage(image, 0, 0);
  window.drawn.push(now() - header.at);
}, () => {});
</script>"""


@dataclass(kw_only=True)
class _Server:
    """Serves frames in a thread of its own, in whose loop runs are played."""

    hub: FrameHub = field(default_factory=FrameHub)
    url: str = ""
    runner: web.AppRunner | None = None
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    async def open(self) -> None:
        app = web.Application()
        page = Path(str(files("sequencer.studio") / "page"))
        app.router.add_get("/", self._page)
        app.router.add_get("/now", self._now)
        app.router.add_get("/frames", self._frames)
        app.router.add_static("/static", page)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}/"

    async def close(self) -> None:
        self.hub.close()
        if self.runner is not None:
            await self.runner.cleanup()

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    async def _now(self, _: web.Request) -> web.Response:
        return web.Response(text=str(time.monotonic_ns()))

    async def _frames(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await socket.receive()  # the key of the page
        await serve_frames(socket, self.hub)
        return socket


@contextmanager
def _serving() -> Iterator[_Server]:
    server = _Server()
    thread = threading.Thread(target=server.loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.open(), server.loop).result(20)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), server.loop).result(20)
        server.loop.call_soon_threadsafe(server.loop.stop)
        thread.join()


def measure() -> Findings:
    """Measure."""
    rows = [*_encoding()]
    missing = browser.missing()
    if missing is not None:
        row = Row("stamp to drawn canvas, median", None, "ms", most=MEDIAN_MS, why=missing)
        return Findings((*rows, row))
    with browser.run_browser() as running, _serving() as server:
        rows += _lateness("as they arrive", _arriving(running, server))
        simulated, others = _show(running, server)
        rows += _lateness("of the simulator", simulated)
    return Findings((*rows, *others))


def _encoding() -> Iterator[Row]:
    """Yield how long a frame takes to be encoded, once for all pages."""
    for name, image in (("a drawn frame", _drawn()), ("a frame like a photograph", _photograph())):
        frame = ShownFrame(image=image, at=0, take=1, chunk=0, frame=0, frames=33)
        times = []
        for _ in range(ENCODED):
            began = time.thread_time()
            encode_jpeg(frame)
            times.append((time.thread_time() - began) * 1000)
        yield Row(f"{name}: encoded in", median(times), "ms")
        yield Row(f"{name}: size", len(encode_jpeg(frame)[0]) / 1000, "kB")


def _drawn() -> NDArray[np.uint8]:
    from sequencer.stages.simulated.helios_state import ChunkInputs
    from sequencer.stages.simulated.renderer.frames import Renderer

    look = ChunkInputs(
        seed=1, prompt="A tram waits in the rain.", image=None, image_since=0, strength=0.5,
        sr="2x", chunk=0, first_frame=0, frames=1,
    )  # fmt: skip
    found: NDArray[np.uint8] = Renderer().frames(look)[0]
    return found


def _photograph() -> NDArray[np.uint8]:
    """Return noise with the spectrum of a photograph: amplitudes fall with the frequency."""
    random = np.random.default_rng(1)
    down, along = np.fft.fftfreq(HEIGHT)[:, None], np.fft.fftfreq(WIDTH)[None, :]
    amplitude = 1 / np.maximum(1e-3, np.hypot(down, along))
    planes = [
        np.fft.ifft2(amplitude * np.exp(2j * np.pi * random.random((HEIGHT, WIDTH)))).real
        for _ in range(3)
    ]
    image = np.stack(planes, axis=-1)
    found: NDArray[np.uint8] = ((image - image.min()) / np.ptp(image) * 255).astype(np.uint8)
    return found


def _lateness(name: str, late: list[float]) -> Iterator[Row]:
    if len(late) < 2:
        yield Row(f"frames {name}: median", None, "ms", most=MEDIAN_MS, why="none was drawn")
        return
    yield Row(f"frames {name}: stamp to drawn canvas, median", median(late), "ms", most=MEDIAN_MS)
    yield Row(f"frames {name}: 95 %", quantiles(late, n=20)[-1], "ms", most=P95_MS)


def _opened(running: Browser, server: _Server) -> Page:
    page = running.new_page()
    page.goto(server.url)
    page.wait_for_function("window.drawn !== undefined")
    return page


def _times(page: Page) -> list[float]:
    """Return how late each frame was drawn, in milliseconds."""
    return [one / 1e6 for one in page.evaluate("window.drawn")[SKIPPED:]]


def _arriving(running: Browser, server: _Server) -> list[float]:
    """Return how late frames are drawn that are stamped when they arrive."""
    hub, image = server.hub, _photograph()
    hub.begin(time.monotonic_ns)
    page = _opened(running, server)
    due = time.monotonic_ns()
    for number in range(ARRIVING_S * 24):
        due += FRAME_NS
        time.sleep(max(0, due - time.monotonic_ns()) / 1e9)
        at = time.monotonic_ns()
        hub.show(ShownFrame(image=image, at=at, take=1, chunk=0, frame=number, frames=33))
    late = _times(page)
    page.close()
    return late


def _show(running: Browser, server: _Server) -> tuple[list[float], list[Row]]:
    """Play one run, the first half without pages; return how late they draw, and other rows."""
    cues = "".join(f'at {chunk}c "A tram passes stop {chunk}."\n' for chunk in range(2 * CHUNKS))
    with tempfile.TemporaryDirectory() as folder:
        options = PerformOptions(
            score=reads(f"seed 1\ngrid 33 frames @ 24 fps\n{cues}end {2 * CHUNKS}c\n"),
            stage="simulated",
            out=Path(folder) / "run",
            quiet=True,
            keys=False,
            signals=False,
            warn=lambda _: None,
        )
        prepared = prepare(options, lambda source: input_of(source, "perform"))
        playing = asyncio.run_coroutine_threadsafe(play(prepared, viewer=server.hub), server.loop)
        time.sleep(CHUNKS * 33 / 24)
        pages = [_opened(running, server) for _ in range(PAGES)]
        result = playing.result(CHUNKS * 4 + 60)
        late = [one for page in pages for one in _times(page)]
        for page in pages:
            page.close()
        events = [one.event for one in read_journal(Path(folder) / "run" / "journal.jsonl").records]
    done = [event.at for event in events if isinstance(event, ChunkDone)]
    shown = [event.at for event in events if isinstance(event, ChunkShown)]
    rows: list[Row] = []
    for what, times in (("reported", done), ("shown", shown)):
        medians = []
        for which, late_ms in zip(("no page", f"{PAGES} pages"), _halves(times), strict=True):
            medians.append(median(late_ms))
            rows.append(Row(f"{which}: chunks are {what} late by, median", medians[-1], "ms"))
            rows.append(Row(f"{which}: 95 %", quantiles(late_ms, n=20)[-1], "ms"))
        more = medians[1] - medians[0]
        rows.append(Row(f"chunks are {what} later with pages, median", more, "ms", most=MORE_MS))
    landed = sum(cue.landed == cue.planned for cue in result.report.cues)
    rows.append(
        Row("cues that landed as planned", landed / len(result.report.cues) * 100, "%", least=100)
    )
    return late, rows


def _halves(times: list[int]) -> tuple[list[float], list[float]]:
    """Return how late each chunk of both halves was, in milliseconds, on the grid of the first."""
    chunk = 33 * 1_000_000_000 / 24
    late = [at - index * chunk for index, at in enumerate(times)]
    first = min(late)
    ms = [(one - first) / 1e6 for one in late]
    return ms[2:CHUNKS], ms[CHUNKS + 2 : 2 * CHUNKS]
