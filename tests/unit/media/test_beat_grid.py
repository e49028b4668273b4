"""What follows from tracked beats, without librosa."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sequencer.media.beat_grid import (
    Onsets,
    TrackedBeats,
    find_candidates,
    find_downbeat,
    fit_even_grid,
)

STEP = 0.01


def half_seconds() -> NDArray[np.float64]:
    return np.asarray(0.5 + 0.5 * np.arange(40), np.float64)


def onsets(strong: dict[float, float], low: dict[float, float], seconds: float) -> Onsets:
    """Onsets at given seconds with given strengths."""

    def values(at: dict[float, float]) -> NDArray[np.float32]:
        found = np.zeros(round(seconds / STEP), np.float32)
        for time, value in at.items():
            found[round(time / STEP)] = value
        return found

    return Onsets(step=STEP, strength=values(strong), low=values(low))


def test_the_grid_is_that_of_least_squares() -> None:
    late = np.array([0.0, 0.003, -0.003, 0.0] * 8)
    grid = fit_even_grid(np.asarray(0.35 + 0.5 * np.arange(32) + late, np.float64))
    assert abs(grid.bpm - 120) < 0.05 and abs(grid.first - 0.35) < 0.001
    assert grid.count == 32 and grid.left_out == 0
    assert 0.002 < grid.worst < 0.0045 and grid.mean < grid.worst


def test_a_missed_beat_leaves_a_gap_and_a_wrong_one_does_not_count() -> None:
    beats = np.delete(half_seconds(), [7, 8])
    beats[20] += 0.15
    grid = fit_even_grid(beats)
    assert abs(grid.bpm - 120) < 0.1 and grid.count == 40
    assert grid.left_out == 1 and grid.worst < 0.005


def test_a_grid_begins_inside_the_sound() -> None:
    grid = fit_even_grid(np.array([0.0, *(0.49 + 0.5 * np.arange(20))], np.float64))
    assert grid.first >= 0


def test_a_song_without_one_tempo_is_recognised() -> None:
    beats = np.asarray(np.cumsum(0.4 + 0.004 * np.arange(60)), np.float64)
    grid = fit_even_grid(beats)
    assert grid.worst > 0.05 or grid.left_out > 5


def test_half_and_double_tempo_are_compared_with_the_chosen_one() -> None:
    beats = half_seconds()
    strong = {float(time): 2.0 if n % 2 == 0 else 1.0 for n, time in enumerate(beats)}
    tracked = TrackedBeats(
        seconds=21, beats=beats, exact=np.ones(40, np.bool_), onsets=onsets(strong, {}, 22)
    )
    half, chosen, double = find_candidates(tracked)
    assert [round(one.bpm) for one in (half, chosen, double)] == [60, 120, 240]
    assert [one.beats for one in (half, chosen, double)] == [20, 40, 79]
    assert half.strength == pytest.approx(2 / 1.5) and chosen.strength == 1
    assert double.strength == 0 and double.share == 0 and chosen.share == 1


def test_the_downbeat_has_the_strongest_bass() -> None:
    beats = half_seconds()
    low = {float(time): 3.0 if n % 4 == 2 else 1.0 for n, time in enumerate(beats)}
    found = find_downbeat(onsets({}, low, 22), beats, 4)
    assert found.first == 2 and found.margin == pytest.approx(3) and found.is_certain


def test_an_even_bass_is_uncertain() -> None:
    beats = half_seconds()
    low = {float(time): 1.0 for time in beats}
    assert not find_downbeat(onsets({}, low, 22), beats, 4).is_certain
    assert find_downbeat(onsets({}, low, 22), beats, 1).first == 0
