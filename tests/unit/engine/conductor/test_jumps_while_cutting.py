"""If the clock is moved while a take is being cut or opened, the score still continues at the new
position.
"""

from __future__ import annotations

from itertools import groupby

import pytest

from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.revisions import JUMPS_WHILE_CUT
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Reset, SchedulePrompt, SetSeed, Start
from sequencer.events.events import (
    ChunkDone,
    ClockFitted,
    PromptAccepted,
    Ready,
    ResetDone,
    Started,
    TransportChanged,
    TransportLocated,
)
from sequencer.language.compiler import compile_score
from sequencer.language.score import Cut
from tests.support.builders import at_bar, section
from tests.support.clock_fixtures import SECOND, ExternalClock, follow, midi

SCORE = midi(
    section("intro", 8, at_bar(1, "intro 1"), at_bar(5, "intro 5")),
    section("drop", 8, at_bar(1, "drop 1"), at_bar(5, "drop 5"), cut=Cut(9)),
    section("out", 16, at_bar(1, "out 1"), at_bar(5, "out 5"), at_bar(13, "out 13"), cut=Cut(11)),
)
BEGIN = 5.0


def when(kind: type[Reset | ResetDone]) -> float:
    """Return the seconds at which the first cut begins, or at which its reset is reported."""
    _, log = follow(SCORE, ExternalClock((BEGIN, "start")))
    events = [one for one in log[: log.index(Reset()) + 1] if isinstance(one, Event)]
    if kind is Reset:
        return events[-1].at / SECOND
    return next(one.at for one in log if isinstance(one, ResetDone)) / SECOND


def shown(log: list[Event | Command]) -> list[str | None]:
    return [
        prompt for prompt, _ in groupby(one.prompt for one in log if isinstance(one, ChunkDone))
    ]


@pytest.mark.parametrize(("kind", "later"), [(Reset, 0.2), (ResetDone, 0.01)])
def test_a_jump_back_plays_the_beginning_again(kind: type[Reset | ResetDone], later: float) -> None:
    outcome, log = follow(
        SCORE, ExternalClock((BEGIN, "start"), (when(kind) + later, ("locate", 0.0)))
    )
    assert outcome.report.ended_well
    again = (
        ["intro 1"] if kind is Reset else ["drop 1", "intro 1"]
    )  # a take that is already set up keeps its opening
    assert shown(log) == [
        "intro 1",
        "intro 5",
        *again,
        "intro 5",
        "drop 1",
        "drop 5",
        "out 1",
        "out 5",
        "out 13",
    ]
    assert outcome.report.all_landed


def test_a_jump_ahead_opens_the_take_with_what_is_in_force_there() -> None:
    outcome, log = follow(
        SCORE, ExternalClock((BEGIN, "start"), (when(Reset) + 0.2, ("locate", 84.0)))
    )
    assert shown(log) == ["intro 1", "intro 5", "out 5", "out 13"]
    assert outcome.report.takes == 2
    assert [one.seed for one in log if isinstance(one, SetSeed)] == [3, 9], (
        "the cut that had begun keeps its seed"
    )
    skipped = [
        (cue.section, cue.place) for cue in outcome.report.cues if cue.status is Status.SKIPPED
    ]
    assert ("drop", "1.1") in skipped


def cut_and_moved(revision: int) -> tuple[Conductor, tuple[Command, ...]]:
    """Return a run whose clock is moved to bar 5 of the last section while the first cut waits for
    its reset.
    """
    conductor = Conductor(compile_score(SCORE), revision=revision)
    conductor.receive(Ready(0))
    conductor.receive(PromptAccepted(1, "intro 1"))
    assert conductor.receive(TransportChanged(10, "start"))[0] == Start()
    conductor.receive(ClockFitted(11, 0.0, 10, 2e-9))
    conductor.receive(Started(12))
    chunk = 0
    while conductor.phase is Phase.PLAYING:
        conductor.receive(ChunkDone((chunk + 1) * 1_375_000_000, chunk, 33 * (chunk + 1), None))
        chunk += 1
    assert conductor.phase is Phase.CUTTING
    at = chunk * 1_375_000_000 + 1000
    conductor.receive(TransportLocated(at, 84.0))
    conductor.receive(ClockFitted(at, 84.0, at, 2e-9))
    conductor.receive(ChunkDone(at + 1_000_000_000, chunk, 33 * (chunk + 1), None))
    return conductor, conductor.receive(ResetDone(at + 1_000_000_001))


def test_earlier_revisions_lose_the_jump() -> None:
    def opens_with(commands: tuple[Command, ...]) -> str:
        return next(one.prompt for one in commands if isinstance(one, SchedulePrompt))

    new, commands = cut_and_moved(JUMPS_WHILE_CUT)
    assert opens_with(commands) == "out 5"
    assert new._run.plan.next_cut() is None
    old, commands = cut_and_moved(JUMPS_WHILE_CUT - 1)
    assert SetSeed(11) in commands, "all that lies between is committed to the take's first chunk"
    assert not any(line.place.startswith("locate") for line in old.view.deliveries)
