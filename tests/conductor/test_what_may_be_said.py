"""Of which chunks messages are said in a fixed run: of those that are made, and of the one in the making where it is seen."""

from __future__ import annotations

import pytest

import sequencer
from sequencer.conductor.run import Phase, Run
from sequencer.conductor.telling import _until

SECOND = 1_000_000_000


def run_of(phase: Phase, streams: bool, paused: bool) -> Run:
    run = Run(sequencer.compile_score(sequencer.reads('at 0c "A boat."\nend 9c\n')))
    run.sends.seen.began(0, 10 * SECOND)
    run.sends.seen.shown(0, (10 if streams else 12) * SECOND)
    run.phase, run.paused = phase, paused
    run.base, run.making, run.next_base = 2, 5, 7
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
def test_nothing_is_said_of_a_chunk_that_may_never_come(phase: Phase, streams: bool, paused: bool, until: int) -> None:
    assert _until(run_of(phase, streams, paused)) == until


def test_nothing_is_said_of_the_chunks_after_a_cut() -> None:
    run = run_of(Phase.CUTTING, True, False)
    run.next_base = 5
    assert _until(run) == 5


def test_a_following_run_goes_by_its_clock() -> None:
    run = Run(sequencer.compile_score(sequencer.reads('clock midi, nominal 120 bpm, 4/4\nat 1 "A boat."\nend 9\n')), True)
    assert _until(run) is None
