"""The follower of chunk boundaries: steady, jittering, slow and late chunks, pauses, takes.

All times are virtual.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.sync.chunk_boundaries import BoundaryFollower

MS = 1_000_000
S = 1_000_000_000
L = 1_375 * MS


def true_boundaries(count: int, length: Callable[[int], float] = lambda _: float(L)) -> list[float]:
    """Return when each chunk begins, up to and including chunk `count`."""
    times = [float(S)]
    for chunk in range(count):
        times.append(times[-1] + length(chunk))
    return times


def errors(
    true: list[float], held_up: Callable[[int], float] = lambda _: 0.0, ahead: int = 3
) -> list[float]:
    """Return by how many milliseconds boundaries predicted `ahead` chunks early are off, after each
    chunk's report.
    """
    follower, last, off = BoundaryFollower(L), round(true[0]), []
    follower.started(last)
    for chunk in range(len(true) - ahead - 1):
        last = max(last, round(true[chunk + 1] + held_up(chunk)))
        follower.done(chunk, last)
        foretold = follower.time_of(chunk + 1 + ahead)
        assert foretold is not None
        off.append((foretold - true[chunk + 1 + ahead]) / MS)
    return off


def test_a_steady_model_is_foretold_exactly() -> None:
    assert max(map(abs, errors(true_boundaries(40)))) < 1


def test_before_two_boundaries_the_nominal_length_counts() -> None:
    follower = BoundaryFollower(L)
    assert follower.fit() is None
    assert follower.time_of(4) is None
    follower.started(S)
    assert follower.time_of(4) == S + 4 * L
    fit = follower.fit()
    assert fit is not None
    assert fit.deviation > 50 * MS


@pytest.mark.parametrize("extra", [600, 4_000])
def test_a_first_chunk_that_is_slow_reveals_nothing_about_the_next_ones(extra: int) -> None:
    true = true_boundaries(12, lambda chunk: L + extra * MS * (chunk == 0))
    assert max(map(abs, errors(true))) < 20


@pytest.mark.parametrize("length", [0.9, 1.15, 1.7])
def test_a_model_that_is_no_nominal_one_is_known_after_two_chunks(length: float) -> None:
    assert max(map(abs, errors(true_boundaries(12, lambda _: L * length))[1:])) < 20


def test_a_chunk_lasts_some_time() -> None:
    with pytest.raises(ValueError, match="some time"):
        BoundaryFollower(0)


def test_reports_that_jitter_are_averaged() -> None:
    chance = random.Random(1)
    jitter = [abs(chance.gauss(0, 20 * MS)) for _ in range(90)]
    off = errors(true_boundaries(90), lambda chunk: jitter[chunk])[20:]
    mean = sum(off) / len(off)
    assert 5 < mean < 25, "half the jitter's mean is nobody's to know"
    assert max(abs(one - mean) for one in off) < 15


def test_chunks_that_jitter_are_followed_from_the_latest_boundary() -> None:
    chance = random.Random(2)
    off = errors(true_boundaries(90, lambda _: L + chance.uniform(-30 * MS, 30 * MS)))[5:]
    assert (sum(one * one for one in off) / len(off)) ** 0.5 < 1.25 * 30


@pytest.mark.parametrize("longer", [400, 700, 1375, 5000])
def test_a_slow_chunk_moves_all_that_follow(longer: int) -> None:
    off = errors(true_boundaries(60, lambda chunk: L + (longer * MS if chunk == 40 else 0)))
    assert [abs(one) < 20 for one in off[:36]] == [True] * 36
    assert max(map(abs, off[40:])) < 25, "from its own report on all is known"


@pytest.mark.parametrize("held", [100, 600, 3000])
def test_a_report_held_up_moves_nothing_for_long(held: int) -> None:
    off = errors(true_boundaries(60), lambda chunk: held * MS if chunk == 40 else 0)
    assert max(map(abs, off[43:])) < 20


@pytest.mark.parametrize("factor", [0.6, 0.8, 0.95, 1.05, 1.15, 1.5, 2, 3.5])
def test_another_rate_is_learnt_within_two_chunks(factor: float) -> None:
    off = errors(true_boundaries(60, lambda chunk: L * (factor if chunk >= 40 else 1)))
    assert max(map(abs, off[43:])) < 40


def test_the_lag_is_from_a_chunks_beginning_to_its_first_frame() -> None:
    follower = BoundaryFollower(L)
    follower.started(S)
    assert follower.lag == 0
    for chunk in range(8):
        follower.done(chunk, S + (chunk + 1) * L)
        late = 500 * MS if chunk == 3 else 0
        follower.shown(chunk, S + (chunk + 1) * L + 120 * MS + late)
    assert follower.lag == L + 120 * MS
    follower.shown(99, S)
    assert follower.lag == L + 120 * MS, "a chunk that nobody reported reveals nothing"


def test_a_chunk_that_was_made_slowly_reveals_nothing_about_the_lag_of_the_next_ones() -> None:
    follower = BoundaryFollower(L)
    follower.started(S)
    follower.done(0, S + L)
    follower.shown(0, S + L + 120 * MS)
    follower.done(1, 9 * S + 2 * L)
    follower.shown(1, 9 * S + 2 * L + 120 * MS)
    assert follower.lag == L + 120 * MS, "two were measured: not what is half between them"


def test_a_first_chunk_that_a_cold_model_makes_slowly_measures_the_lag_without_its_stall() -> None:
    follower = BoundaryFollower(L)
    follower.started(S)
    follower.done(0, 26 * S)
    follower.shown(0, 26 * S + 120 * MS)
    assert follower.lag == L + 120 * MS
    follower = BoundaryFollower(L)
    follower.started(S)
    follower.shown(0, 2 * S)
    follower.done(0, 26 * S)
    assert follower.lag == S, "the frames of this model come before the chunk is complete"


def test_a_pause_keeps_the_length_and_moves_the_boundary() -> None:
    follower = BoundaryFollower(L)
    follower.started(S)
    for chunk in range(10):
        follower.done(chunk, S + (chunk + 1) * L)
    follower.rests()
    assert follower.fit() is None
    follower.resumed(100 * S)
    assert follower.time_of(10) == pytest.approx(100 * S, abs=MS)
    assert follower.time_of(12) == pytest.approx(100 * S + 2 * L, abs=20 * MS)
    follower.done(10, 100 * S + L)
    assert follower.time_of(13) == pytest.approx(100 * S + 3 * L, abs=20 * MS)


def test_a_new_take_counts_from_0_and_remembers_the_length() -> None:
    follower = BoundaryFollower(L)
    follower.started(S)
    true = 1_600 * MS
    for chunk in range(10):
        follower.done(chunk, S + (chunk + 1) * true)
    follower.rests()
    follower.started(60 * S)
    assert follower.time_of(0) == pytest.approx(60 * S, abs=MS)
    assert follower.time_of(3) == pytest.approx(60 * S + 3 * true, abs=30 * MS)


def test_frames_of_a_take_that_was_cut_measure_the_lag() -> None:
    """Takes of two short chunks whose frames are shown 3 s later: during the next take, or while
    that take is being opened.
    """
    follower = BoundaryFollower(S / 2, lag=S)
    follower.started(S)
    follower.done(0, S + S // 2)
    follower.done(1, 2 * S)
    follower.ends()
    follower.shown(0, 4 * S)
    assert follower.lag == 3 * S
    follower.started(4 * S)
    follower.shown_before(1, 1, 5 * S)
    follower.shown_before(1, 7, 6 * S)
    follower.shown_before(2, 0, 6 * S)
    follower.shown_before(9, 0, 6 * S)
    follower.done(0, 4 * S + S // 2)
    follower.shown(0, 8 * S)
    assert follower.lag == 7 * S // 2


def test_reports_twice_out_of_order_or_missing() -> None:
    follower = BoundaryFollower(L)
    follower.started(S)
    for chunk in (0, 1, 1, 0, 2, 3, 7, 8, 9):
        follower.done(chunk, S + (chunk + 1) * L)
    assert follower.time_of(14) == pytest.approx(S + 14 * L, abs=20 * MS)


def test_received_only_from_the_middle_of_a_take() -> None:
    follower = BoundaryFollower(L)
    follower.done(17, S)
    follower.done(18, S + L)
    assert follower.time_of(20) == pytest.approx(S + 2 * L, abs=2 * MS)


@given(
    st.lists(
        st.tuples(st.sampled_from("sdxrpw"), st.integers(0, 30), st.integers(0, 8 * S)), max_size=60
    )
)
@settings(max_examples=150, deadline=None)
def test_anything_in_any_order(script: list[tuple[str, int, int]]) -> None:
    """Nothing fails, and predicted times increase."""
    follower, now = BoundaryFollower(L), 0
    for what, chunk, wait in script:
        now += wait
        match what:
            case "s":
                follower.started(now)
            case "d":
                follower.done(chunk, now)
            case "x":
                follower.shown(chunk, now)
            case "r":
                follower.rests()
            case "p":
                follower.resumed(now)
            case _:
                follower.done(follower.fit().chunk if follower.fit() else 0, now)  # type: ignore[union-attr]  # just checked
        fit = follower.fit()
        if fit is not None:
            assert fit.chunk_ns > 0
            assert fit.deviation >= 0
            first, second = follower.time_of(fit.chunk), follower.time_of(fit.chunk + 1)
            assert first is not None
            assert second is not None
            assert first < second


def test_a_pause_that_was_taken_back_before_it_came_changes_nothing() -> None:
    follower = BoundaryFollower(L)
    follower.started(S)
    for chunk in range(4):
        follower.done(chunk, S + (chunk + 1) * L)
    before = follower.time_of(9)
    assert not follower.resumed(S + 4 * L + 700 * MS)
    assert follower.time_of(9) == before
    assert follower.resumed(S + 9 * L)
    assert follower.time_of(5) == S + 10 * L, (
        "nobody reported that it rested, but it is too late for anything else"
    )
