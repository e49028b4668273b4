"""Two minutes over real WebRTC with every feature of a score, on a good network and on one that
breaks three times.
"""

from __future__ import annotations

import asyncio
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.replay import replay
from sequencer.events.events import ConnectionLost, ConnectionRestored
from sequencer.language.compiler import compile_score
from sequencer.language.score import (
    ClockKind,
    ClockLine,
    Cut,
    Duration,
    Header,
    Score,
    Section,
    SetSr,
    SetStrength,
    SuperResolution,
    Unit,
    UseImage,
)
from sequencer.schedule.model import Schedule
from sequencer.server.app import StageServer
from sequencer.server.session import Session
from sequencer.server.settings import BadNetwork, ServerSettings
from tests.support.builders import at_bar, live, on_beats
from tests.support.reactor_fixtures import Run, image_file, perform

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def _two_minutes() -> Schedule:
    image, _ = image_file()
    shape = UseImage(image.path)

    def bars(count: int) -> Duration:
        return Duration(Fraction(count), Unit.BARS)

    score = on_beats(
        Section(
            name="opening",
            duration=bars(16),
            items=(
                at_bar(1, "a red field", SetStrength(Fraction(1, 2)), shape),
                at_bar(5, "a blue sea"),
                at_bar(9, SetSr(SuperResolution.OFF)),
                at_bar(12, "green hills", shape),
            ),
        ),
        live("hold", 20, at_bar(1, "a slow river"), at_bar(4, "a still lake")),
        Section(
            name="night",
            duration=bars(16),
            items=(
                at_bar(1, "a bright night"),
                at_bar(6, "lanterns"),
                at_bar(10, SetSr(SuperResolution.X2)),
                at_bar(14, "first light"),
            ),
            cut=Cut(),
        ),
        Section(
            name="day",
            duration=bars(18),
            items=(at_bar(1, "a dawn"), at_bar(9, "noon"), at_bar(15, "dusk")),
        ),
        header=Header(seed=5, clock=ClockLine(kind=ClockKind.BPM, bpm=Fraction(120))),
    )
    return compile_score(
        Score(
            **{
                **{name: getattr(score, name) for name in score.__dataclass_fields__},
                "images": (image,),
            }
        )
    )


def _play(journal: Path, **server: Any) -> tuple[Run, Session]:
    async def go() -> tuple[Run, Session]:
        async with StageServer(ServerSettings(port=0, **server)) as served:
            run = await perform(
                served.url,
                _two_minutes(),
                script=["go out@40c"],
                journal=journal,
                seconds=300,
                frames_per_chunk=33,
            )
            session = served.session
            assert session is not None
            return run, session

    return asyncio.run(go())


def _check(run: Run, session: Session, journal: Path) -> None:
    """Check that report, journal and the server's records agree."""
    commands = [name for name, _ in session.show.received_commands]
    sent = [one.kind for one in run.commands if one.kind not in ("upload", "wake_at", "finish")]
    assert set(commands) <= set(sent)
    assert commands.count("start") == 2
    result = replay(journal)
    assert result.is_equal
    assert result.is_whole
    assert run.trouble is None


def test_two_minutes_land_cue_for_cue(tmp_path: Path) -> None:
    run, session = _play(tmp_path / "journal.jsonl")
    assert all(
        cue.status is Status.LANDED and cue.landed == cue.planned for cue in run.outcome.report.cues
    )
    assert run.measures.losses == 0
    assert len(session.show.received_commands) == len(
        [one for one in run.commands if one.kind not in ("upload", "wake_at", "finish")]
    )
    assert len([one for one in run.frames if not one.is_dark]) >= session.show.screen.shown - 3 * 33
    _check(run, session, tmp_path / "journal.jsonl")


def test_two_minutes_on_a_bad_network_that_breaks_three_times(tmp_path: Path) -> None:
    run, session = _play(
        tmp_path / "journal.jsonl",
        network=BadNetwork(latency=150, jitter=40),
        drop_after=(15.0, 50.0, 85.0),
        plain=True,
    )
    assert [
        type(one) for one in run.events if isinstance(one, ConnectionLost | ConnectionRestored)
    ] == [
        ConnectionLost,
        ConnectionRestored,
    ] * 3
    for cue in run.outcome.report.cues:
        assert cue.status is Status.LANDED, f"{cue.place}: {cue.status} {cue.reason}"
        assert cue.planned is not None
        assert cue.landed is not None
        assert cue.planned <= cue.landed <= cue.planned + 10
    _check(run, session, tmp_path / "journal.jsonl")
