"""Coarse timestamps: which irregular intervals are the grid of the timestamps, and which are not."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import pairwise

import pytest

from sequencer.sync.estimator.timestamp_grid import FORGET_AFTER_TICKS, TimestampGrid

USUAL = 20_000_000.0


def watched(intervals: Iterable[float]) -> TimestampGrid:
    grid = TimestampGrid()
    for interval in intervals:
        grid.add_interval(interval)
    return grid


def on_grid(period: float, step: float, count: int) -> list[float]:
    """Return the intervals of a steady clock whose ticks are received at the next edge of a grid."""
    edges = [-(-index * period // step) * step for index in range(count + 1)]
    return [after - before for before, after in pairwise(edges)]


@pytest.mark.parametrize(
    ("period", "step"),
    [
        (20_833_333.0, 5_333_333.0),  # 120 bpm, 256 frames at 48 kHz
        (20_833_333.0, 10_666_666.0),
        (20_833_333.0, 21_333_333.0),  # the grid is coarser than the clock
        (21_551_724.0, 5_333_333.0),  # 116 bpm: single longer intervals, far apart
    ],
)
def test_the_step_of_a_grid_is_found(period: float, step: float) -> None:
    assert watched(on_grid(period, step, 400)).size == pytest.approx(step, rel=0.1)


@pytest.mark.parametrize(
    "intervals",
    [
        [USUAL] * 500,
        [
            USUAL * 1.2 if index % 100 == 50 else USUAL for index in range(250)
        ],  # twice is too little evidence
        [USUAL * (1 + index / 1000) for index in range(300)],  # a ramp
        [USUAL] * 100 + [USUAL * 1.2] * 100,  # a step of the tempo
    ],
    ids=["steady", "two outliers", "ramp", "step"],
)
def test_a_clock_without_a_grid_has_none(intervals: list[float]) -> None:
    assert watched(intervals).size == 0


def test_jitter_is_not_a_grid() -> None:
    rng = random.Random(3)
    assert watched(USUAL + rng.uniform(-1, 1) * 2_000_000 for _ in range(2000)).size == 0


def test_single_outliers_of_one_size_are_a_grid() -> None:
    grid = TimestampGrid()
    found = [grid.add_interval(USUAL * (1.2 if index % 20 == 10 else 1.0)) for index in range(100)]
    assert found.index(True) == 53  # the third outlier, once three usual intervals have followed it
    assert found.count(True) == 1
    assert grid.size == pytest.approx(0.2 * USUAL)


@pytest.mark.parametrize(("gaps", "is_grid"), [((20, 20, 20, 20), True), ((20, 33, 15, 41), False)])
def test_outliers_as_large_as_an_interval_are_a_grid_only_if_evenly_spaced(
    gaps: tuple[int, ...], is_grid: bool
) -> None:
    intervals: list[float] = []
    for gap in gaps:
        intervals += [*[USUAL] * gap, 2 * USUAL]
    assert (watched([*intervals, *[USUAL] * 10]).size > 0) is is_grid


def test_a_step_that_was_inferred_elsewhere_replaces_a_smaller_one() -> None:
    grid = TimestampGrid()
    assert [grid.found(size) for size in (1000.0, 1050.0, 500.0, 2000.0)] == [
        True,
        False,
        False,
        True,
    ]
    assert grid.size == 2000.0


def test_a_grid_is_forgotten_without_further_evidence() -> None:
    grid = TimestampGrid()
    grid.found(1000.0)
    for _ in range(FORGET_AFTER_TICKS):
        grid.add_interval(USUAL)
    assert grid.size == 1000.0
    grid.add_interval(USUAL)
    assert grid.size == 0
