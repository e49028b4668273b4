"""Shared by the tests of the Reactor protocol: a short score with small chunks, a local server, and
Reactor's own software.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

from PIL import Image

from sequencer.core.images import ImageFile
from sequencer.core.secrets import Secret
from sequencer.core.timebase import ChunkGrid
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.journal import JournalWriter, header_of
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.language.compiler import compile_score
from sequencer.language.score import (
    AtOffset,
    Cut,
    GridLine,
    Header,
    Item,
    Score,
    SetSr,
    SetStrength,
    SuperResolution,
    Unit,
    UseImage,
)
from sequencer.runtime.loop import Outcome, Performance
from sequencer.runtime.scripted_events import parse_scripted_event
from sequencer.schedule.model import Schedule
from sequencer.server.app import StageServer
from sequencer.server.settings import ServerSettings
from sequencer.stages.live_frames import LiveFrame
from sequencer.stages.reactor.settings import ConnectionStats, ReactorSettings
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.stages.simulated.faults import Faults, reads_faults
from sequencer.sync.run_clock import RealClock
from tests.support.builders import at_chunk
from tests.support.requirements import require

ROOT = Path(__file__).parents[2]
DEPS = ROOT / ".deps"
JUDGES = ROOT / "tests" / "integration" / "reactor" / "judges"

FRAMES = 8
"""A chunk of eight frames is a third of a second: a complete score takes a few seconds."""

GRID = ChunkGrid(frames=FRAMES)
KEY = "rk_test_0123456789abcdef"


def part(name: str) -> Path:
    """Return an environment with part of Reactor's own software; skip the test if it was not set
    up.
    """
    folder = DEPS / name
    require((folder / "ready").is_file(), f"{folder} is not there: run .ci/setup-reactor")
    return folder


@cache
def image_file() -> tuple[ImageFile, bytes]:
    """Return an image and its bytes."""
    file = io.BytesIO()
    Image.effect_mandelbrot((320, 200), (-2.0, -1.2, 1.0, 1.2), 60).convert("RGB").save(file, "PNG")
    data = file.getvalue()
    return ImageFile(
        path="images/shape.png",
        sha256=hashlib.sha256(data).hexdigest(),
        mime_type="image/png",
        width=320,
        height=200,
        size=len(data),
    ), data


def schedule(*items: Item, end: int) -> Schedule:
    """Compile a score on small chunks."""
    image, _ = image_file()
    header = Header(seed=3, grid=GridLine(frames=FRAMES, fps=Fraction(24)))
    return compile_score(
        Score(header=header, items=items, end=AtOffset(Fraction(end), Unit.CHUNKS), images=(image,))
    )


def whole_show() -> Schedule:
    """Return a show with prompts, an image at the start and one later, strength, super-resolution,
    and a cut.
    """
    shape = UseImage(image_file()[0].path)
    return schedule(
        at_chunk(0, "a red field", SetStrength(Fraction(1, 2)), shape),
        at_chunk(2, "a blue sea"),
        at_chunk(4, "green hills", shape),
        at_chunk(6, SetSr(SuperResolution.X4)),
        at_chunk(8, Cut(), "a bright night"),
        at_chunk(10, "a dawn"),
        end=11,
    )


SHOW_LANDS = [("0c", 0), ("2c", 2), ("4c", 4), ("6c", 6), ("8c", 8), ("10c", 10)]
"""Where the cues of `whole_show` land in a run without faults."""


@dataclass(slots=True, kw_only=True)
class Run:
    """A performance over the Reactor protocol, and what was observed."""

    outcome: Outcome
    events: list[Event]
    commands: list[Command]
    frames: list[LiveFrame]
    notices: list[str]
    measures: ConnectionStats
    trouble: str | None

    def of(self, kind: str) -> list[Event]:
        """Return the events of a kind."""
        return [one for one in self.events if one.kind == kind]

    @property
    def landings(self) -> list[tuple[str, int | None]]:
        """Where each cue landed."""
        return [(cue.place, cue.landed) for cue in self.outcome.report.cues]


def settings_for(url: str, **changes: object) -> ReactorSettings:
    """Return settings for a stage at `url`, local unless changed."""
    known: dict[str, object] = {
        "url": url,
        "local": True,
        "frames_per_chunk": FRAMES,
        "key": Secret(KEY),
        "settle_seconds": 0.0,
    }
    return ReactorSettings(**{**known, **changes})  # type: ignore[arg-type]  # the tests choose valid names and types


async def perform(
    url: str,
    plan: Schedule,
    *,
    script: Sequence[str] = (),
    bytes_of: dict[str, bytes] | None = None,
    journal: Path | None = None,
    seconds: float = 90.0,
    **changes: object,
) -> Run:
    """Play a schedule on the server at `url`."""
    image, data = image_file()
    clock = RealClock()
    events: list[Event] = []
    sent: list[Command] = []
    frames: list[LiveFrame] = []
    notices: list[str] = []

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        events.append(event)
        sent.extend(commands)

    stage = ReactorStage(
        clock,
        settings_for(url, **changes),
        images={image.sha256: data} if bytes_of is None else bytes_of,
        sink=frames.append,
        notice=notices.append,
    )
    writer = None if journal is None else JournalWriter(journal, header_of(plan, {}, {}))
    performance = Performance(
        plan,
        stage,
        clock,
        journal=writer,
        script=[parse_scripted_event(one) for one in script],
        watchers=[watch],
    )
    async with asyncio.timeout(seconds):
        outcome = await performance.run()
    return Run(
        outcome=outcome,
        events=events,
        commands=sent,
        frames=frames,
        notices=notices,
        measures=stage.measures(),
        trouble=stage.closing_trouble,
    )


def faults(text: str = "") -> Faults:
    """Read a faults file's text, for a model that is faster than chunks of a third of a second are
    sent.
    """
    return reads_faults(f"delays: {{image: 30ms, upload: 50ms, connect: 100ms}}\n{text}")


def local_server(**changes: object) -> StageServer:
    """Return a local server on a free port, with small chunks, fast enough for them, and with
    frames that cost nothing.
    """
    known: dict[str, object] = {"port": 0, "grid": GRID, "faults": faults(), "plain": True}
    return StageServer(ServerSettings(**{**known, **changes}))  # type: ignore[arg-type]  # as above


def snippet(language: str, url: str) -> str:
    """Return the snippet of a language in docs/reactor.md, with `url` as its address."""
    text = (ROOT / "docs" / "reactor.md").read_text(encoding="utf-8")
    found = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert len(found) == 1, f"{language}: {len(found)} snippets"
    assert "http://127.0.0.1:8080" in found[0]
    return str(found[0]).replace("http://127.0.0.1:8080", url)


async def judge(
    folder: Path, script: str, *arguments: str, seconds: float = 120.0
) -> list[dict[str, object]]:
    """Run a script of `judges/` in another environment; return what it prints, one JSON object per
    line.
    """
    process = await asyncio.create_subprocess_exec(
        str(folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"),
        str(JUDGES / script),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(seconds):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        out, err = await process.communicate()
        raise AssertionError(
            f"{script} took too long\n{out.decode()[-2000:]}\n{err.decode()[-2000:]}"
        ) from None
    assert process.returncode == 0, (
        f"{script} failed\n{out.decode()[-2000:]}\n{err.decode()[-3000:]}"
    )
    return [json.loads(line) for line in out.decode().splitlines() if line.startswith("{")]
