"""A part of a tempo map keeps the times of the whole."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given

from sequencer.core.tempo_parts import tempo_since
from sequencer.core.timebase import TempoMap
from tests.unit.core.test_timebase import fractions, tempo_maps


@given(tempo_maps(), fractions, fractions)
def test_a_map_since_a_quarter_goes_on_as_before(
    tempo: TempoMap, quarter: Fraction, later: Fraction
) -> None:
    since = tempo_since(tempo, quarter)
    assert since.seconds_at(later) == tempo.seconds_at(quarter + later) - tempo.seconds_at(quarter)
