"""Measures what a key in the studio's page takes to reach the journal, and pages do to a clock.

A browser without a window presses the key of a pad. For the clock, a process of its own sends it,
as another program does; `tools/midi_clock.py`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import tempfile
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp

from bench.findings import Findings, Row, Section
from sequencer.api.performing import PerformOptions
from sequencer.engine.journal import read_journal
from sequencer.events.codec import Event
from sequencer.events.events import ClockFitted, NoteReceived
from sequencer.studio.app import StudioServer
from sequencer.studio.studio import Studio, StudioSettings
from sequencer.studio.workspace import Workspace
from tools import browser
from tools.midi_clock import ClockProcess, run_clock

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MEDIAN_MS = 20
PRESSES = 40
PAUSE_MS = 600
"""Between two presses: a pad ignores a second one within half a second."""
PAGES = 3
SECONDS = 20
"""How long the clock is followed without pages, and again with them."""
SETTLE_S = 3.0
"""How long is not measured after the clock was found, and after the pages were opened."""
BPM = 120
CLOCK_MS = 2
LEAST_FITS = 10
"""How many positions are needed of each part."""
TIMEOUT_S = 60.0

SECTION = Section(
    "Keys and clocks of the studio",
    f"""
A key is pressed {PRESSES} times in a page in Chromium without a window, while a rehearsal plays in
real time with its video. Measured is the time from the browser's event to the event in the run's
journal, on one clock of the machine. The goal is {MEDIAN_MS} ms at the median.

Then a show follows the MIDI clock of another process, for {SECONDS} s without a page and for
{SECONDS} s with {PAGES} pages that show its video. The error of the clock is how far each position
that the run computes while the clock is locked is from the one that was sent, without what is the
same for all of one part. The goal with pages is {CLOCK_MS} ms at the median.
""",
)

_SCORE = """score "Keys"
{clock}
seed 1
section hold until go out, max 400 bars {{
  at 1 "A lamp on a table."
  on note D3 -> strength 0.5
}}
"""
_LISTEN = """() => {
  window.pressed = [];
  addEventListener("keydown", (event) => window.pressed.push(event.timeStamp), true);
}"""
Result = TypeVar("Result")


@dataclass(kw_only=True)
class _Served:
    """A studio that serves in a thread of its own."""

    studio: Studio
    server: StudioServer
    loop: asyncio.AbstractEventLoop
    folder: Path

    def do(self, action: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(action, self.loop).result(TIMEOUT_S)

    @property
    def url(self) -> str:
        return f"{self.server.url}/#{self.studio.keys.operator}"

    def offset(self) -> int:
        """Return the monotonic nanosecond at which the clock of the run was 0."""
        return time.monotonic_ns() - self.studio.now()

    def events(self) -> list[Event]:
        """Return the events of the only run, which is over."""
        (journal,) = self.folder.rglob("journal.jsonl")
        return [one.event for one in read_journal(journal).records if one.event is not None]

    async def request(self, t: str, **fields: Any) -> None:
        """Make a request as a page does, which leaves afterwards."""
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(
                f"{self.server.url}/ws", headers={"Origin": self.server.url}
            ) as opened,
        ):
            await opened.send_json({"t": "key", "key": self.studio.keys.operator})
            await opened.send_json({"t": t, "id": 1, **fields})
            async for message in opened:
                answer = json.loads(message.data)
                if answer["t"] == "answer":
                    if not answer["ok"]:
                        raise RuntimeError(answer["error"])
                    return

    def finish(self) -> None:
        """End the run, and wait for its report."""
        self.do(self.request("command", run=self.studio.run_name, command="finish"))
        self.wait_for_mode("report")

    def wait_for_mode(self, mode: str) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while self.studio.mode != mode:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the studio does not enter the mode {mode}")
            time.sleep(0.05)


@contextmanager
def _serving(clock: str) -> Iterator[_Served]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    # Runs are written into the current folder.
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        score = Path(folder) / "keys.score"
        score.write_text(_SCORE.format(clock=clock), encoding="utf-8")
        settings = StudioSettings(
            folder=Path(folder),
            show=PerformOptions(stage="simulated", out=None),
            print_line=lambda _: None,
        )
        studio = Studio(settings, Workspace.open(score))
        served = _Served(studio=studio, server=StudioServer(studio), loop=loop, folder=Path(folder))
        served.do(_start(served))
        try:
            yield served
        finally:
            served.do(_stop(served))
            loop.call_soon_threadsafe(loop.stop)
            thread.join()


async def _start(served: _Served) -> None:
    await served.server.start()
    await served.studio.start()


async def _stop(served: _Served) -> None:
    await served.studio.stop()
    await served.server.stop()


def measure() -> Findings:
    """Measure."""
    missing = browser.missing()
    if missing is not None:
        names = ("key to journal, median", "error of the clock: with pages / without")
        return Findings(tuple(Row(name, None, "ms", why=missing) for name in names))
    with browser.run_browser() as running:
        return Findings((*_keys(running), *_clock(running)))


# ---- keys ----------------------------------------------------------------------------------------


def _keys(running: Browser) -> Iterator[Row]:
    """Yield how long presses took to reach the journal."""
    with _serving(f"clock {BPM} bpm, 4/4") as served:
        page = running.new_page()
        page.goto(served.url)
        page.get_by_role("button", name="Rehearse", exact=True).click()
        page.locator(".gobtn:is(.ready, .urgent)").wait_for(timeout=TIMEOUT_S * 1000)
        offset, page_offset = served.offset(), _page_offset(page)
        page.evaluate(_LISTEN)
        for _ in range(PRESSES):
            page.keyboard.press("a")
            page.wait_for_timeout(PAUSE_MS)
        pressed = [round(one * 1e6) + page_offset for one in page.evaluate("window.pressed")]
        page.close()
        served.finish()
        events = served.events()
    received = [one.at + offset for one in events if isinstance(one, NoteReceived)]
    took = [(end - start) / 1e6 for start, end in zip(pressed, received, strict=True)]
    yield Row("key to journal, median", median(took), "ms", most=MEDIAN_MS)
    yield Row("key to journal, 95 %", quantiles(took, n=20)[-1], "ms")


def _page_offset(page: Page) -> int:
    """Return the monotonic nanosecond at which `performance.now()` was 0.

    It is that of the fastest of many looks, right within half of the time that this one took.
    """
    looks: list[tuple[int, int]] = []
    for _ in range(50):
        before = time.monotonic_ns()
        now = round(page.evaluate("performance.now()") * 1e6)
        after = time.monotonic_ns()
        looks.append((after - before, (before + after) // 2 - now))
    return min(looks)[1]


# ---- the clock -----------------------------------------------------------------------------------


def _clock(running: Browser) -> Iterator[Row]:
    """Yield the error of a clock that a show follows, without pages and with them."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    clock = f'clock midi "tcp-listen://127.0.0.1:{port}", 4/4, nominal {BPM} bpm'
    with _serving(clock) as served, run_clock(port, BPM) as sender:
        served.do(served.request("mode", mode="show"))
        sender.begins  # noqa: B018  waits until the clock is sent
        time.sleep(SETTLE_S)
        offset = served.offset()
        alone = (time.monotonic_ns(), time.monotonic_ns() + SECONDS * 1_000_000_000)
        time.sleep(SECONDS)
        pages = [running.new_page() for _ in range(PAGES)]
        for page in pages:
            page.goto(served.url)
            page.locator("canvas.frame").wait_for()
        time.sleep(SETTLE_S)
        watched = (time.monotonic_ns(), time.monotonic_ns() + SECONDS * 1_000_000_000)
        time.sleep(SECONDS)
        for page in pages:
            page.close()
        served.finish()
        fits = [one for one in served.events() if isinstance(one, ClockFitted)]
        errors = [_errors(fits, sender, offset, during) for during in (alone, watched)]
    medians = []
    for name, found in zip(("no page", f"{PAGES} pages"), errors, strict=True):
        if len(found) < LEAST_FITS:
            why = "the clock was not locked for long enough"
            yield Row(f"{name}: error of the clock, median", None, "ms", why=why)
            return
        same = median(found)
        sizes = [abs(one - same) for one in found]
        medians.append(median(sizes))
        most = None if name == "no page" else CLOCK_MS
        yield Row(f"{name}: error of the clock, median", medians[-1], "ms", most=most)
        yield Row(f"{name}: error of the clock, 95 %", quantiles(sizes, n=20)[-1], "ms")
    yield Row("error of the clock with pages", medians[1] / medians[0], "×", beside="no page")


def _errors(
    fits: list[ClockFitted], sender: ClockProcess, offset: int, during: tuple[int, int]
) -> list[float]:
    """Return how far each position is from the one that was sent, in milliseconds."""
    first, last = during
    return [
        (one.quarter - sender.quarter_at(one.time + offset)) * 60e3 / BPM
        for one in fits
        if first <= one.at + offset <= last and one.quality == "locked"
    ]
