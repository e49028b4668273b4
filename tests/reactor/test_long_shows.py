"""Two minutes over real WebRTC with every feature of a score, on a good network and on one that breaks three times.

They are slow, so they run only where everything is required (SEQUENCER_REQUIRE_ALL=1) or when requested (SEQUENCER_LONG=1).
"""

from __future__ import annotations

import asyncio
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from by_hand import at_bar, live, on_beats
from conftest import REQUIRE_ALL
from reactor_parts import Run, perform, picture

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
from sequencer.server.settings import BadNetwork, StandInSettings

pytestmark = [
    pytest.mark.skipif(
        os.environ.get(REQUIRE_ALL) != "1" and os.environ.get("SEQUENCER_LONG") != "1",
        reason="takes over two minutes: SEQUENCER_LONG=1 runs it",
    ),
    pytest.mark.timeout(400),
]


def _two_minutes() -> Schedule:
    image, _ = picture()
    shape = UseImage(image.path)

    def bars(count: int) -> Duration:
        return Duration(Fraction(count), Unit.BARS)

    score = on_beats(
        Section(
            "opening",
            bars(16),
            (
                at_bar(1, "a red field", SetStrength(Fraction(1, 2)), shape),
                at_bar(5, "a blue sea"),
                at_bar(9, SetSr(SuperResolution.OFF)),
                at_bar(12, "green hills", shape),
            ),
        ),
        live("hold", 20, at_bar(1, "a slow river"), at_bar(4, "a still lake")),
        Section(
            "night",
            bars(16),
            (
                at_bar(1, "a bright night"),
                at_bar(6, "lanterns"),
                at_bar(10, SetSr(SuperResolution.X2)),
                at_bar(14, "first light"),
            ),
            cut=Cut(),
        ),
        Section("day", bars(18), (at_bar(1, "a dawn"), at_bar(9, "noon"), at_bar(15, "dusk"))),
        header=Header(seed=5, clock=ClockLine(ClockKind.BPM, Fraction(120))),
    )
    return compile_score(Score(**{**{name: getattr(score, name) for name in score.__dataclass_fields__}, "images": (image,)}))


def _play(journal: Path, **server: Any) -> tuple[Run, Session]:
    async def go() -> tuple[Run, Session]:
        async with StageServer(StandInSettings(port=0, **server)) as served:
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
    heard = [name for name, _ in session.show.heard]
    sent = [one.kind for one in run.commands if one.kind not in ("upload", "wake_at", "finish")]
    assert set(heard) <= set(sent)
    assert heard.count("start") == 2
    result = replay(journal)
    assert result.is_equal
    assert result.is_whole
    assert run.trouble is None


def test_two_minutes_land_cue_for_cue(tmp_path: Path) -> None:
    run, session = _play(tmp_path / "journal.jsonl")
    assert all(cue.status is Status.LANDED and cue.landed == cue.planned for cue in run.outcome.report.cues)
    assert run.measures.losses == 0
    assert len(session.show.heard) == len([one for one in run.commands if one.kind not in ("upload", "wake_at", "finish")])
    assert len([one for one in run.frames if not one.is_dark]) >= session.show.screen.shown - 3 * 33
    _check(run, session, tmp_path / "journal.jsonl")


def test_two_minutes_on_a_bad_network_that_breaks_three_times(tmp_path: Path) -> None:
    run, session = _play(tmp_path / "journal.jsonl", network=BadNetwork(150, 40), drop_after=(15.0, 50.0, 85.0), plain=True)
    assert [type(one) for one in run.events if isinstance(one, ConnectionLost | ConnectionRestored)] == [
        ConnectionLost,
        ConnectionRestored,
    ] * 3
    for cue in run.outcome.report.cues:
        assert cue.status is Status.LANDED, f"{cue.place}: {cue.status} {cue.reason}"
        assert cue.planned is not None
        assert cue.landed is not None
        assert cue.planned <= cue.landed <= cue.planned + 10
    _check(run, session, tmp_path / "journal.jsonl")
