"""The chunks whose messages a fixed run sends: chunks that are made, and the current chunk if the
stage streams it.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

import sequencer
from sequencer.engine.conductor.dispatch import _until, _update_display, add_due_messages
from sequencer.engine.conductor.run_state import Finished, RunState
from sequencer.engine.conductor.transitions import Phase
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Finish, Reset, SendMidi
from sequencer.events.events import BoundariesFitted, ChunkDone, ChunkShown, Ready

SECOND = 1_000_000_000


def run_of(phase: Phase, streams: bool, paused: bool) -> RunState:
    run = RunState(sequencer.compile_score(sequencer.reads('at 0c "A boat."\nend 9c\n')))
    run.messages.display.began(0, 10 * SECOND)
    run.messages.display.shown(0, (10 if streams else 12) * SECOND)
    run.phase, run.playing.is_paused = phase, paused
    run.base, run.making, run.cutting.next_base = 2, 5, 7
    return run


@pytest.mark.parametrize(
    ("phase", "streams", "paused", "until"),
    [
        (Phase.PLAYING, True, False, 6),
        (Phase.PLAYING, True, True, 5),
        (Phase.PLAYING, False, False, 5),
        (Phase.PLAYING, False, True, 5),
        (Phase.FINISHED, True, False, 6),
        (Phase.CUTTING, True, False, 6),
        (Phase.CUTTING, False, False, 5),
        (Phase.SHOWING, True, False, 5),
        (Phase.OPENING, True, False, 2),
        (Phase.STARTING, True, False, 2),
    ],
)
def test_nothing_is_reported_of_a_chunk_that_may_never_come(
    phase: Phase, streams: bool, paused: bool, until: int
) -> None:
    assert _until(run_of(phase, streams, paused)) == until


def test_nothing_is_reported_of_the_chunks_after_a_cut() -> None:
    run = run_of(Phase.CUTTING, True, False)
    run.cutting.next_base = 5
    assert _until(run) == 5


def test_a_following_run_goes_by_its_clock() -> None:
    run = RunState(
        sequencer.compile_score(
            sequencer.reads('clock midi, nominal 120 bpm, 4/4\nat 1 "A boat."\nend 9\n')
        ),
        True,
    )
    assert _until(run) is None


class Noted:
    """Records its calls instead of computing times."""

    offset = 0
    is_streamed = False

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *given: self.calls.append((name, *given))


@pytest.mark.parametrize(
    ("phase", "event", "noted"),
    [
        (Phase.PLAYING, ChunkShown(7, 3, take=2), ("shown", 3, 7)),
        (Phase.PLAYING, ChunkShown(7, 3), ("shown", 3, 7)),
        (Phase.PLAYING, ChunkShown(7, 4, take=2), None),
        (Phase.PLAYING, ChunkShown(7, 1, take=1), ("shown_before", 1, 7)),
        (Phase.PLAYING, ChunkShown(7, 2, take=1), None),
        (Phase.PLAYING, ChunkDone(7, 9, 99, "x"), ("done", 9, 7)),
        (Phase.CUTTING, ChunkDone(7, 4, 99, "x"), ("done", 4, 7)),
        (Phase.CUTTING, ChunkDone(7, 5, 99, "x"), None),
        (Phase.PLAYING, BoundariesFitted(7, 1, 7, 1e9), ("fitted", BoundariesFitted(7, 1, 7, 1e9))),
        (Phase.CUTTING, BoundariesFitted(7, 5, 7, 1e9), ("fitted", BoundariesFitted(7, 5, 7, 1e9))),
        (Phase.CUTTING, BoundariesFitted(7, 6, 7, 1e9), None),
        (Phase.OPENING, BoundariesFitted(7, 1, 7, 1e9), None),
        (Phase.PLAYING, Ready(7), None),
    ],
)
def test_what_a_run_learns_of_when_its_chunks_are_seen(
    phase: Phase, event: Event, noted: tuple[object, ...] | None
) -> None:
    """Take 2 began with chunk 2, chunk 5 is being made, and a cut is due at chunk 7."""
    run = run_of(phase, True, False)
    run.take_bases = [0, 2]
    run.messages.display = found = Noted()  # type: ignore[assignment]  # has every attribute used here
    _update_display(run, event)
    assert found.calls == ([] if noted is None else [noted])


@pytest.mark.parametrize(
    ("phase", "well", "finishes", "settles", "is_sent"),
    [
        (Phase.PLAYING, False, False, False, True),
        (Phase.FINISHED, True, True, True, True),
        (Phase.FINISHED, False, True, False, False),
        (Phase.FINISHED, True, False, False, False),
    ],
)
def test_what_is_due_at_the_end_leaves_with_it(
    phase: Phase, well: bool, finishes: bool, settles: bool, is_sent: bool
) -> None:
    run = RunState(
        sequencer.compile_score(sequencer.reads('at 0c midi cc 20 1, "A boat."\nend 9c\n'))
    )
    run.phase, run.finished, run.making, run.take_bases = phase, Finished(is_complete=well), 1, [0]
    run.messages.display.began(0, 0)
    run.messages.display.fitted(BoundariesFitted(SECOND, 1, SECOND, 1e9))
    if phase is Phase.PLAYING:
        run.messages.display.shown(0, SECOND)
    commands: list[Command] = [Finish("over")] if finishes else [Reset()]
    found = add_due_messages(run, Ready(2 * SECOND), commands)
    assert found == [*([SendMidi(SECOND, "b01401")] if is_sent else []), *commands]
    assert (run.messages.display._playing.line is not None) is (settles or phase is Phase.PLAYING)
