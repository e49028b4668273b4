"""A late report of an earlier take's reset ends no take: a report that may be one needs evidence
first.
"""

from __future__ import annotations

import pytest

from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.run_state import ANSWER_TIMEOUT_NS
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.revisions import CURRENT, RESETS_BORNE_OUT, SHOWN_TO_THE_END
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Reset, SetSeed, WakeAt
from sequencer.events.events import (
    ChunkDone,
    PromptAccepted,
    Ready,
    ResetDone,
    Started,
    StateReported,
    TimerFired,
)
from sequencer.language.compiler import compile_score
from sequencer.language.score import Cut
from tests.support.builders import at_chunk, on_chunks, prompt_of

SECOND = 10**9
CHUNK = 11 * SECOND // 8
SCORE = on_chunks(
    at_chunk(0, prompt_of("One.")),
    at_chunk(1, Cut(7), prompt_of("Two.")),
    at_chunk(3, Cut(8), prompt_of("Three.")),
    at_chunk(5, prompt_of("Four.")),
    end=7,
)


def cutting(revision: int = CURRENT) -> tuple[Conductor, int]:
    """Return a conductor that has requested its second cut while chunk 2 is made, and the time of
    the request.
    """
    conductor = Conductor(compile_score(SCORE), revision=revision)
    opening: tuple[Event, ...] = (Ready(0), PromptAccepted(1, "One."), Started(2))
    for event in opening:
        conductor.receive(event)
    assert conductor.phase is Phase.CUTTING
    at = 2 + CHUNK
    second: tuple[Event, ...] = (
        ChunkDone(at, 0, 33, "One."),
        ResetDone(at),
        PromptAccepted(at + 1, "Two."),
        Started(at + 2),
    )
    for event in second:
        conductor.receive(event)
    at += 2 + CHUNK
    assert Reset() in conductor.receive(ChunkDone(at, 0, 33, "Two."))
    return conductor, at


def state(at: int, started: bool) -> StateReported:
    return StateReported(
        at, started, started, False, 33 if started else 0, int(started), "Two.", (), False, 1.0
    )


def opens(commands: tuple[Command, ...]) -> bool:
    return any(isinstance(command, SetSeed) for command in commands)


def test_a_late_report_of_the_reset_before_opens_no_take() -> None:
    conductor, at = cutting()
    assert conductor.receive(ResetDone(at + SECOND // 2)) == ()
    assert conductor.receive(state(at + SECOND // 2, started=True)) == ()
    assert conductor.phase is Phase.CUTTING
    conductor.receive(ChunkDone(at + CHUNK, 1, 66, "Two."))
    assert opens(conductor.receive(ResetDone(at + CHUNK)))
    assert conductor.base == 3


def test_a_state_in_which_nothing_runs_bears_a_reset_out() -> None:
    conductor, at = cutting()
    conductor.receive(ResetDone(at + CHUNK))
    assert opens(conductor.receive(state(at + CHUNK, started=False)))
    assert conductor.phase is Phase.OPENING


def test_such_a_state_alone_is_no_reset() -> None:
    conductor, at = cutting()
    assert conductor.receive(state(at + 1, started=False)) == ()
    assert conductor.phase is Phase.CUTTING


def test_the_answer_to_a_second_reset_is_believed() -> None:
    conductor, at = cutting()
    conductor.receive(ResetDone(at + CHUNK))
    commands = conductor.receive(TimerFired(at + ANSWER_TIMEOUT_NS, at + ANSWER_TIMEOUT_NS))
    assert commands == (Reset(), WakeAt(at + 2 * ANSWER_TIMEOUT_NS))
    assert opens(conductor.receive(ResetDone(at + ANSWER_TIMEOUT_NS + 1)))


def test_the_doubt_ends_with_its_cut() -> None:
    conductor, at = cutting()
    conductor.receive(ResetDone(at + 1))
    conductor.receive(ChunkDone(at + CHUNK, 1, 66, "Two."))
    conductor.receive(ResetDone(at + CHUNK))
    conductor.receive(PromptAccepted(at + CHUNK + 1, "Three."))
    conductor.receive(Started(at + CHUNK + 2))
    assert conductor.phase is Phase.PLAYING
    assert not conductor._run.cutting.is_report_doubted


@pytest.mark.parametrize("revision", [SHOWN_TO_THE_END, RESETS_BORNE_OUT])
def test_earlier_revisions_believed_it_at_once(revision: int) -> None:
    conductor, at = cutting(revision)
    assert opens(conductor.receive(ResetDone(at + SECOND // 2))) is (revision < RESETS_BORNE_OUT)
