"""Our client on Reactor's own runtimes, 2.10.1 (v0) and 3.10.0 (v1), with our small model that
follows Helios' contract.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from PIL import Image

from sequencer.core.errors import StageError
from sequencer.engine.replay import replay
from sequencer.events.codec import Event
from sequencer.events.commands import SchedulePrompt, Start
from sequencer.events.events import (
    ChunkDone,
    ChunkShown,
    CommandRefused,
    ConnectionRestored,
    StateReported,
)
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.stages.wire.codec import Wire
from sequencer.sync.run_clock import RealClock
from tests.support.reactor_fixtures import SHOW_LANDS, Run, perform, settings_for, whole_show
from tests.support.vendor_runtimes import runtime_2, runtime_3

Runtime = Callable[[], AbstractAsyncContextManager[str]]

RUNTIMES = [
    pytest.param(runtime_2, Wire.V0, "READY", id="2.10.1"),
    pytest.param(runtime_3, Wire.V1, "available", id="3.10.0"),
]


class _Client:
    """A stage at `url`, and the events that it delivered."""

    def __init__(self, url: str) -> None:
        self.events: list[Event] = []
        self._news = asyncio.Event()
        self.stage = ReactorStage(RealClock(), settings_for(url))

    def deliver(self, event: Event) -> None:
        self.events.append(event)
        self._news.set()

    def count(self, kind: type[Event]) -> int:
        return sum(isinstance(one, kind) for one in self.events)

    async def until(self, kind: type[Event], count: int = 1) -> None:
        async with asyncio.timeout(40):
            while self.count(kind) < count:
                self._news.clear()
                await self._news.wait()


async def _found_again(url: str) -> None:
    """The connection of a second session breaks: it is re-established, and the model continues
    where it was.
    """
    client = _Client(url)
    stage = client.stage
    await stage.open(client.deliver)
    await stage.send([SchedulePrompt("a red field", 0), SchedulePrompt("a blue sea", 60), Start()])
    await client.until(ChunkDone)
    connection = stage._meeting.connection
    assert connection is not None
    stage._broken(connection, "the plug was pulled")
    await client.until(ConnectionRestored)
    done, frames = client.count(ChunkDone), stage.measures().frames
    await client.until(ChunkDone, done + 3)
    assert stage.measures().frames > frames, "tracks were not resumed"
    states = [one for one in client.events if isinstance(one, StateReported)]
    assert dict(states[-1].scheduled) == {60: "a blue sea"}
    assert states[-1].started
    await stage.close()
    assert stage.closing_trouble is None


async def _becomes(url: str, state: str) -> bool:
    """Return whether the runtime reaches this state; version 3 answers the end of a session before
    it has closed it.
    """
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(100):
            if (await client.get(f"{url}/health")).json()["state"] == state:
                return True
            await asyncio.sleep(0.1)
    return False


@pytest.mark.slow
@pytest.mark.parametrize(("runtime", "version", "idle"), RUNTIMES)
def test_a_whole_show_on_the_vendors_own_runtime(
    runtime: Runtime, version: Wire, idle: str, tmp_path: Path
) -> None:
    async def play() -> tuple[Run, bool]:
        async with runtime() as url:
            run = await perform(
                url,
                whole_show(),
                script=["pause@5c", "resume@4s"],
                journal=tmp_path / "journal.jsonl",
            )
            await _found_again(url)
            return run, await _becomes(url, idle)

    run, is_idle = asyncio.run(play())
    assert run.measures.wire == version
    assert run.landings == SHOW_LANDS
    assert run.outcome.report.all_landed
    assert not [one for one in run.events if isinstance(one, CommandRefused)]
    assert len(run.of("paused")) == len(run.of("resumed")) == 1
    states = [one for one in run.events if isinstance(one, StateReported)]
    assert any(one.image_set for one in states)
    assert run.measures.frames > 10  # on a busy machine the runtime drops some
    assert run.of("chunk_shown")
    assert run.trouble is None
    assert is_idle, "the session was not ended"
    again = replay(tmp_path / "journal.jsonl")
    assert again.is_equal
    assert again.is_whole
    assert again.commands == len(run.commands)


SCORE = """
score "Two images"
clock 120 bpm, 4/4
grid 8 frames @ 24 fps
seed 7

scene sea {
  base "A calm sea under a wide sky. Locked-off shot."
  follow "The calm sea remains. {action} Locked-off shot."
}

at 0c image "orange.png", strength 0.5, sea
at 4c sea "A boat enters."
at 8c image "teal.png", sea "It turns to the shore."
at 11c sr 4x
at 14c cut, sea
at 17c sea "Rain begins."
end 20c
"""
ORANGE, TEAL = (255, 128, 0), (0, 128, 160)


def _sequencer(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sequencer", *words],
        cwd=folder,
        env={**os.environ, "COLUMNS": "110"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _colour(video: av.VideoFrame) -> tuple[float, ...]:
    """Return the colour on the right of a frame; the model darkens the left from frame to frame."""
    return tuple(
        float(part) for part in np.median(video.to_ndarray(format="rgb24")[:, -24:], axis=(0, 1))
    )


@pytest.mark.slow
def test_a_score_is_performed_on_runtime_3_recorded_and_replayed(tmp_path: Path) -> None:
    """Everything through the command: two images, a cut, a clip of the runtime's recording, and the
    replay of the journal.
    """
    (tmp_path / "boat.score").write_text(SCORE, encoding="utf-8")
    for name, colour in (("orange", ORANGE), ("teal", TEAL)):
        Image.new("RGB", (64, 40), colour).save(tmp_path / f"{name}.png")

    async def play() -> tuple[subprocess.CompletedProcess[str], bool]:
        async with runtime_3(record=True) as url:
            words = (
                "perform",
                "boat.score",
                "--local",
                "--url",
                url,
                "--clip",
                "3",
                "--record",
                "--out",
                "run",
                "--json",
            )
            done = await asyncio.to_thread(_sequencer, tmp_path, *words)
            return done, await _becomes(url, "available")

    done, is_idle = asyncio.run(play())
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert [(cue["place"], cue["landed"]) for cue in report["cues"]] == [
        (f"{at}c", at) for at in (0, 4, 8, 11, 14, 17)
    ]
    assert is_idle, "the session was not ended"
    again = _sequencer(tmp_path, "replay", "run")
    assert again.returncode == 0, again.stdout + again.stderr
    lines = [
        json.loads(line)
        for line in (tmp_path / "run" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    uploaded = {
        line["event"]["sha256"] for line in lines if line.get("event", {}).get("kind") == "uploaded"
    }
    assert uploaded == {
        hashlib.sha256((tmp_path / f"{name}.png").read_bytes()).hexdigest()
        for name in ("orange", "teal")
    }
    with av.open(str(next((tmp_path / "run").glob("clip*.mp4"))), "r") as clip:
        assert 2.5 <= sum(1 for _ in clip.decode(video=0)) / 30 <= 3.5
    with av.open(str(tmp_path / "run" / "video.mp4"), "r") as video:
        colours = [_colour(frame) for frame in video.decode(video=0)]
    for colour in (ORANGE, TEAL):
        alike = [
            one
            for one in colours
            if max(abs(a - max(b, 96)) for a, b in zip(one, colour, strict=True)) < 40
        ]
        assert len(alike) > 8, f"the image {colour} was not seen"


def test_a_runtime_that_does_not_record_gives_no_clip(tmp_path: Path) -> None:
    async def play() -> str:
        async with runtime_3() as url:
            client = _Client(url)
            await client.stage.open(client.deliver)
            await client.stage.send([SchedulePrompt("a red field", 0), Start()])
            await client.until(ChunkShown, 2)
            try:
                with pytest.raises(StageError) as error:
                    await client.stage.clip(1.0)
            finally:
                await client.stage.close()
            return str(error.value.hint)

    hint = asyncio.run(play())
    assert "--record" in hint
    assert "reactor.yaml" in hint
