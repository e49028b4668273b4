from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.timebase import Meter, TempoChange, TempoMap
from sequencer.language.interchange.tempo_steps import TempoSteps, fit_line, parse_meter


@given(st.lists(st.integers(250, 2000), min_size=1, max_size=200))
def test_fitted_steps_never_drift(distances: list[int]) -> None:
    steps, until = TempoSteps(), Fraction(0)
    wanted = []
    for distance in distances:
        until += Fraction(distance, 1000)
        steps.advance(Fraction(1), until)
        wanted.append(until)
    time = TempoMap.of(TempoChange(quarter=quarter, bpm=bpm) for quarter, bpm in steps.steps)
    for number, at in enumerate(wanted, start=1):
        assert abs(time.seconds_at(Fraction(number)) - at) < Fraction(2, 1_000_000)


def test_a_stated_tempo_is_kept_while_it_is_good_enough() -> None:
    steps = TempoSteps()
    steps.advance(Fraction(8), Fraction(40004, 10_000), Fraction(120))
    assert steps.steps == [(Fraction(0), Fraction(120))] and steps.fitted == 0
    steps.advance(Fraction(8), Fraction(8002, 1000), Fraction(120))
    assert steps.fitted == 1 and len(steps.steps) == 2


def test_the_line_is_that_of_least_squares() -> None:
    first, pace, worst = fit_line([Fraction(1), Fraction(2), Fraction(3), Fraction(5)])
    assert (first, pace, worst) == (Fraction(4, 5), Fraction(13, 10), Fraction(2, 5))


@pytest.mark.parametrize(
    ("text", "meter"),
    [
        ("4/4", Meter(4, 4)),
        (" 7/8", Meter(7, 8)),
        ("0/4", None),
        ("65/4", None),
        ("4/3", None),
        ("4", None),
        ("٤/4", None),
        ("4/-4", None),
    ],
)
def test_a_meter_is_one_that_a_score_can_have(text: str, meter: Meter | None) -> None:
    assert parse_meter(text) == meter
