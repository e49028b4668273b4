"""After which chunk the model paused and with which it resumes, as far as it reports them and as far as they are possible."""

from __future__ import annotations

from typing import Any

import pytest

import sequencer
from sequencer.engine.conductor.operator_input import paused, resumed
from sequencer.engine.conductor.run_state import Phase, RunState
from sequencer.events.events import Paused, Resumed

SECOND = 1_000_000_000


def playing(monkeypatch: pytest.MonkeyPatch) -> tuple[RunState, list[tuple[Any, ...]]]:
    """Return a take that began at score chunk 2 and makes chunk 5, with the list of the calls of its moves."""
    run = RunState(sequencer.compile_score(sequencer.reads('at 0c "A boat."\nend 90c\n')))
    run.phase, run.base, run.making, run.boundary_at = Phase.PLAYING, 2, 5, 10 * SECOND
    heard: list[tuple[Any, ...]] = []
    monkeypatch.setattr(run.moves, "resumed", lambda *told: heard.append(told))
    monkeypatch.setattr(run.moves, "paused", lambda *told, is_guess=False: heard.append((*told, is_guess)))
    return run, heard


@pytest.mark.parametrize(("said", "chunk"), [(None, 5), (0, 5), (2, 5), (3, 5), (4, 6), (20, 5)])
def test_it_goes_on_with_the_chunk_that_it_names_where_that_can_be(
    monkeypatch: pytest.MonkeyPatch, said: int | None, chunk: int
) -> None:
    run, heard = playing(monkeypatch)
    run.paused, run.pausing = True, 4
    resumed(run, Resumed(11 * SECOND, said))
    assert heard == [(chunk, 11 * SECOND)]
    assert not run.paused
    assert run.pausing is None


def test_after_a_long_time_it_may_be_further() -> None:
    with pytest.MonkeyPatch.context() as patch:
        run, heard = playing(patch)
        resumed(run, Resumed(99 * SECOND, 20))
    assert heard == [(22, 99 * SECOND)]


@pytest.mark.parametrize(
    ("said", "asked", "making", "chunk", "is_guess"),
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
    monkeypatch: pytest.MonkeyPatch, said: int | None, asked: int | None, making: int, chunk: int, is_guess: bool
) -> None:
    run, heard = playing(monkeypatch)
    run.pausing, run.making = asked, making
    assert paused(run, Paused(11 * SECOND, said)) == []
    assert heard == [(chunk, 11 * SECOND, is_guess)]
    assert run.paused
    assert run.pausing is None
