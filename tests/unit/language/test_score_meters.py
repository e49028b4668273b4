"""The meter map that grows: equal to a map built at once, including beats counted across its
changes.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.timebase import Meter, MeterMap
from sequencer.language.compiler.meters import MutableMeterMap

meters = st.builds(Meter, st.integers(1, 17), st.sampled_from([1, 2, 4, 8, 16, 32]))
changes = st.dictionaries(st.integers(1, 60), meters, max_size=6)
quarters = st.fractions(min_value=0, max_value=300, max_denominator=96)


def grown(opening: Meter, later: dict[int, Meter]) -> MutableMeterMap:
    """Return a map with an opening meter, to which the changes are added in the order of the
    dictionary.
    """
    growing = MutableMeterMap(MeterMap.of([(0, opening)]))
    for bar, meter in later.items():
        growing.set_meter(bar, meter)
    return growing


@given(meters, changes, st.randoms(use_true_random=False))
def test_put_in_any_order_gives_the_map_made_at_once(
    opening: Meter, later: dict[int, Meter], random: object
) -> None:
    items = list(later.items())
    random.shuffle(items)  # type: ignore[attr-defined]  # a random.Random at run time
    assert grown(opening, dict(items)).freeze() == MeterMap.of([(0, opening), *later.items()])


@given(meters, changes, st.integers(0, 60), meters, meters)
def test_the_later_of_two_at_one_bar_wins(
    opening: Meter, later: dict[int, Meter], bar: int, first: Meter, second: Meter
) -> None:
    growing = grown(opening, later)
    growing.set_meter(bar, first)
    growing.set_meter(bar, second)
    assert growing.freeze() == MeterMap.of([(0, opening), *later.items(), (bar, second)])


@given(meters, changes, quarters, quarters, quarters)
def test_beats_add_up(
    opening: Meter, later: dict[int, Meter], start: Fraction, one: Fraction, other: Fraction
) -> None:
    growing = grown(opening, later)
    assert growing.advance_beats(growing.advance_beats(start, one), other) == growing.advance_beats(
        start, one + other
    )
    assert growing.advance_beats(start, Fraction(0)) == start


@given(meters, changes, quarters, quarters, quarters)
def test_more_beats_are_later(
    opening: Meter, later: dict[int, Meter], start: Fraction, one: Fraction, other: Fraction
) -> None:
    growing = grown(opening, later)
    few, many = sorted((one, other))
    assert (growing.advance_beats(start, few) < growing.advance_beats(start, many)) == (few < many)


@given(meters, changes, st.integers(0, 80))
def test_a_bar_has_as_many_beats_as_its_meter_states(
    opening: Meter, later: dict[int, Meter], bar: int
) -> None:
    growing = grown(opening, later)
    beats = Fraction(growing.at_bar(bar).numerator)
    assert growing.advance_beats(growing.bar_start(bar), beats) == growing.bar_start(bar + 1)


@pytest.mark.parametrize(
    ("start", "beats", "expected"),
    [
        ("0", "8", "8"),
        ("0", "11", "11"),
        ("0", "14", "14"),
        ("0", "15", "29/2"),
        ("7", "2", "9"),
        ("13", "3", "15"),
        ("27/2", "1/2", "14"),
        ("27/2", "3/2", "29/2"),
        ("14", "7", "35/2"),
        ("16", "1", "33/2"),
    ],
)
def test_beats_across_4_4_then_3_4_then_7_8(start: str, beats: str, expected: str) -> None:
    growing = grown(Meter(4, 4), {2: Meter(3, 4), 4: Meter(7, 8)})
    assert growing.advance_beats(Fraction(start), Fraction(beats)) == Fraction(expected)


@pytest.mark.parametrize(
    ("bar", "moved"),
    [(1, 4), (2, 3), (3, 3), (4, 2), (5, 2), (6, 1), (9, 1)],
)
def test_put_returns_how_many_starts_it_worked_out(bar: int, moved: int) -> None:
    """The count includes the change itself, whether new or a replacement, and all changes after it."""
    growing = grown(Meter(4, 4), {2: Meter(3, 4), 4: Meter(7, 8), 6: Meter(2, 4)})
    assert growing.set_meter(bar, Meter(5, 4)) == moved
