"""After which chunk the model paused and with which it resumes, as far as it reports them and as
far as they are possible.
"""

from __future__ import annotations

from typing import Any

import pytest

import sequencer
from sequencer.engine.conductor.operator_input import paused, resumed
from sequencer.engine.conductor.run_state import RunState
from sequencer.engine.conductor.transitions import Phase
from sequencer.events.events import Paused, Resumed

SECOND = 1_000_000_000


def playing(monkeypatch: pytest.MonkeyPatch) -> tuple[RunState, list[tuple[Any, ...]]]:
    """Return a take that began at score chunk 2 and makes chunk 5, with the list of the calls of
    its moves.
    """
    run = RunState(sequencer.compile_score(sequencer.reads('at 0c "A boat."\nend 90c\n')))
    run.phase, run.base, run.making, run.playing.boundary_at = Phase.PLAYING, 2, 5, 10 * SECOND
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(run.actions, "resumed", lambda *arguments: calls.append(arguments))
    monkeypatch.setattr(
        run.actions,
        "paused",
        lambda *arguments, is_guess=False: calls.append((*arguments, is_guess)),
    )
    return run, calls


@pytest.mark.parametrize(("message", "chunk"), [(None, 5), (0, 5), (2, 5), (3, 5), (4, 6), (20, 5)])
def test_it_goes_on_with_the_chunk_that_it_names_where_that_can_be(
    monkeypatch: pytest.MonkeyPatch, message: int | None, chunk: int
) -> None:
    run, calls = playing(monkeypatch)
    run.playing.is_paused, run.playing.pause_requested_in = True, 4
    resumed(run, Resumed(11 * SECOND, message))
    assert calls == [(chunk, 11 * SECOND)]
    assert not run.playing.is_paused
    assert run.playing.pause_requested_in is None


def test_after_a_long_time_it_may_be_further() -> None:
    with pytest.MonkeyPatch.context() as patch:
        run, calls = playing(patch)
        resumed(run, Resumed(99 * SECOND, 20))
    assert calls == [(22, 99 * SECOND)]


@pytest.mark.parametrize(
    ("message", "asked", "making", "chunk", "is_guess"),
    [
        (3, 5, 5, 5, False),
        (1, None, 5, 3, False),
        (None, 5, 5, 5, True),
        (None, 4, 5, 4, True),
        (None, 6, 5, 6, True),
        (None, None, 5, 4, True),
        (None, None, 2, 2, True),
    ],
)
def test_it_rests_after_the_chunk_that_it_names_or_that_was_being_made(
    monkeypatch: pytest.MonkeyPatch,
    message: int | None,
    asked: int | None,
    *,
    making: int,
    chunk: int,
    is_guess: bool,
) -> None:
    run, calls = playing(monkeypatch)
    run.playing.pause_requested_in, run.making = asked, making
    assert paused(run, Paused(11 * SECOND, message)) == []
    assert calls == [(chunk, 11 * SECOND, is_guess)]
    assert run.playing.is_paused
    assert run.playing.pause_requested_in is None
