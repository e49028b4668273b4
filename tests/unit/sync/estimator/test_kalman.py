"""One hypothesis about a clock: what it predicts, what it learns, and how the hypotheses derived
from it differ.
"""

from __future__ import annotations

import random
from math import isclose

import pytest

from sequencer.sync.estimator.kalman import (
    ARRIVAL,
    GLIDE,
    MIXED,
    NOISES,
    QUIETEST,
    SOURCE,
    Noise,
    TempoHypothesis,
)

PERIOD = 20_833_333.0
"""A tick at 120 bpm, in nanoseconds."""
MS = 1_000_000.0


def started(noise: Noise = ARRIVAL, variance: float = MS**2) -> TempoHypothesis:
    return TempoHypothesis(noise, 0.0, PERIOD, variance)


def learnt(
    count: int, jitter_ms: float = 0.0, noise: Noise = ARRIVAL, period: float = PERIOD
) -> TempoHypothesis:
    """Return a hypothesis after `count` ticks of a steady clock with uniform jitter."""
    one, rng = started(noise), random.Random(7)
    before = 0.0
    for index in range(1, count + 1):
        at = index * period + rng.uniform(-jitter_ms, jitter_ms) * MS
        one.tick(at, 1, at - before)
        before = at
    return one


@pytest.mark.parametrize("ticks", [-3.0, 0.0, 0.5, 24.0])
def test_a_line_is_predicted_exactly(ticks: float) -> None:
    one = started()
    assert one.ahead(ticks) == ticks * PERIOD
    assert one.ticks_at(one.ahead(ticks)) == ticks
    assert one.period_ahead(ticks) == PERIOD


@pytest.mark.parametrize("bend", [-20_000.0, 0.0, 30_000.0])
@pytest.mark.parametrize("ticks", [-100.0, -GLIDE, -1.0, 0.0, 7.5, GLIDE, 100.0])
def test_a_gradual_change_is_inverted_exactly(bend: float, ticks: float) -> None:
    one = started().bent(0.1)
    one.a = bend
    assert isclose(one.ticks_at(one.ahead(ticks)), ticks, abs_tol=1e-6)
    assert one.period_ahead(ticks) == PERIOD + max(-GLIDE, min(GLIDE, ticks)) * bend


def test_time_never_runs_backwards() -> None:
    one = started().bent(0.1)
    one.a = -PERIOD  # far more than a tempo can change per tick
    times = [one.ahead(float(ticks)) for ticks in range(200)]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("noise", "jitter_ms", "most_ns"),
    [(ARRIVAL, 0.0, 1.0), (ARRIVAL, 1.0, 20_000.0), (MIXED, 1.0, 40_000.0)],
)
def test_the_period_is_learnt(noise: Noise, jitter_ms: float, most_ns: float) -> None:
    one = learnt(96, jitter_ms, noise)
    assert abs(one.v - PERIOD) <= most_ns
    assert one.index == 96
    assert abs(one.x - 96 * PERIOD) < max(0.6 * jitter_ms * MS, 1.0)


def test_another_period_is_found_from_a_wrong_one() -> None:
    one = learnt(96, period=PERIOD * 1.001)
    assert isclose(one.v, PERIOD * 1.001, rel_tol=1e-4)


@pytest.mark.parametrize(("jitter_ms", "deviation_ms"), [(0.5, 0.29), (1.0, 0.58), (3.0, 1.73)])
def test_the_noise_is_learnt(jitter_ms: float, deviation_ms: float) -> None:
    """Uniform jitter of ±1 ms has a standard deviation of 1/√3 ms."""
    assert isclose(learnt(200, jitter_ms).variance ** 0.5, deviation_ms * MS, rel_tol=0.35)


@pytest.mark.parametrize(
    ("variance", "assumed"), [(0.0, QUIETEST), (QUIETEST / 2, QUIETEST), (MS**2, MS**2)]
)
def test_no_clock_is_assumed_to_be_perfect(variance: float, assumed: float) -> None:
    assert started(variance=variance).variance == assumed


def test_uncertainty_shrinks_with_ticks_and_grows_with_distance() -> None:
    early, late = learnt(4, 1.0), learnt(96, 1.0)
    assert late.deviation(0) < early.deviation(0)
    assert late.tempo_deviation < early.tempo_deviation
    distances = [late.deviation(float(ticks)) for ticks in (0, 24, 96, 384)]
    assert distances == sorted(distances)


def test_a_source_that_drifts_is_less_predictable() -> None:
    assert learnt(96, 1.0, SOURCE).deviation(24) > learnt(96, 1.0, ARRIVAL).deviation(24)


def test_several_ticks_may_be_skipped() -> None:
    one = learnt(48)
    one.tick(51 * PERIOD, 3, 3 * PERIOD)
    assert one.index == 51
    assert abs(one.x - 51 * PERIOD) < 1000
    assert abs(one.v - PERIOD) < 1.0


@pytest.mark.parametrize(("off_ms", "late"), [(80.0, True), (-10.0, False)])
def test_a_tick_out_of_place_does_not_move_the_line(off_ms: float, late: bool) -> None:
    one = learnt(96, 0.2)
    before = one.v
    density = one.tick(97 * PERIOD + off_ms * MS, 1, PERIOD + off_ms * MS)
    assert abs(one.x - 97 * PERIOD) < 0.1 * MS
    assert abs(one.v - before) < 100
    assert one.late is late
    assert density < one.copy().tick(98 * PERIOD, 1, PERIOD)


def test_the_surprise_of_a_tick_is_its_distance_in_standard_errors() -> None:
    one = learnt(96, 0.5)
    assert abs(one.surprise(one.ahead(1.0))) < 1e-6
    assert one.surprise(one.ahead(1.0) + MS) > 2
    assert isclose(
        one.surprise(one.ahead(1.0) + MS), -one.surprise(one.ahead(1.0) - MS), rel_tol=1e-6
    )


def test_a_copy_is_independent() -> None:
    one = learnt(24, 0.5)
    other = one.copy()
    values = {name: getattr(one, name) for name in TempoHypothesis.__slots__}
    assert values == {name: getattr(other, name) for name in TempoHypothesis.__slots__}
    other.tick(30 * PERIOD, 1, PERIOD)
    assert values == {name: getattr(one, name) for name in TempoHypothesis.__slots__}


def test_what_derived_hypotheses_are_less_certain_of() -> None:
    one = learnt(96, 0.5).bent(0.1)
    one.a = 5.0
    stepped, bent, straight, jumped = (
        one.stepped(0.1),
        one.bent(0.1),
        one.straightened(),
        one.jumped(PERIOD),
    )
    assert [other.age for other in (stepped, bent, straight, jumped)] == [0] * 4
    assert [other.bends for other in (stepped, bent, straight, jumped)] == [
        False,
        True,
        False,
        True,
    ]
    assert [other.a for other in (stepped, bent, straight, jumped)] == [0.0, 5.0, 0.0, 5.0]
    assert (stepped.p11 > one.p11, stepped.x) == (True, one.x)  # another tempo from the same tick
    assert (bent.p22 > one.p22, bent.p11) == (True, one.p11)
    assert (straight.p11, straight.p00, straight.p22) == (one.p11, one.p00, 0.0)
    assert (jumped.p00 > one.p00, jumped.p11) == (True, one.p11)


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: noise.name)
def test_a_step_is_followed_within_a_few_ticks(noise: Noise) -> None:
    one = learnt(48, 0.2, noise).stepped(0.3)
    at = one.x
    for _ in range(6):
        at += PERIOD * 1.2
        one.tick(at, 1, PERIOD * 1.2)
    assert isclose(one.v, PERIOD * 1.2, rel_tol=0.02)
