"""Beats and bars counted from a quarter, with one meter and with several."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.core.timebase import Meter, MeterMap
from sequencer.language.compiler.local_time import _advance_bars, _advance_beats
from sequencer.language.compiler.meters import MutableMeterMap

ONE = MeterMap.of([(0, Meter(6, 8))])
TWO = MeterMap.of([(0, Meter(6, 8)), (2, Meter(4, 4))])
"""Bars of three quarters; from quarter 6, bars of four."""


@pytest.mark.parametrize(
    ("meters", "quarter", "beats", "found"),
    [
        (ONE, 1, 3, Fraction(5, 2)),
        (ONE, 0, 24, 12),
        (ONE, 2, Fraction(1, 3), 2 + Fraction(1, 6)),
        (TWO, 1, 3, Fraction(5, 2)),
        (TWO, 5, 3, 7),
        (TWO, 6, 3, 9),
    ],
)
def test_a_beat_is_as_long_as_its_meter_states(
    meters: MeterMap, quarter: int, beats: Fraction, found: Fraction
) -> None:
    assert _advance_beats(Fraction(quarter), Fraction(beats), MutableMeterMap(meters)) == found


@pytest.mark.parametrize(
    ("meters", "quarter", "bars", "found"),
    [
        (ONE, 1, 2, 7),
        (ONE, 1, Fraction(1, 2), Fraction(5, 2)),
        (ONE, 0, 5, 15),
        (TWO, 1, 1, 4),
        (TWO, 1, 2, 7),
        (TWO, 1, 3, 11),
        (TWO, 6, Fraction(1, 2), 8),
        (TWO, 0, Fraction(5, 2), 8),
    ],
)
def test_a_bar_is_as_long_as_its_meter_states(
    meters: MeterMap, quarter: int, bars: Fraction, found: Fraction
) -> None:
    assert _advance_bars(Fraction(quarter), Fraction(bars), MutableMeterMap(meters)) == found
