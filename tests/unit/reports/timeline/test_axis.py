"""The axis of a timeline: exact positions with and without gaps."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.reports.timeline.axis import GAP_WIDTH, Axis, Gap, gaps_of

AXIS = Axis(100, [Gap(10, 30), Gap(50, 90)])
"""Two gaps: 100 chunks are drawn in 100 - 18 - 38 units."""


def test_an_axis_without_gaps_has_a_unit_for_each_chunk() -> None:
    axis = Axis(12)
    assert axis.length == 12
    assert [axis.at(chunk) for chunk in (0, Fraction(7, 2), 12)] == [0, Fraction(7, 2), 12]
    assert [axis.chunk_at(unit) for unit in (0, 5, 12)] == [0, 5, 12]
    assert not axis.hides(5)


def test_a_gap_is_drawn_in_two_units() -> None:
    assert AXIS.length == 44
    assert [AXIS.at(gap.end) - AXIS.at(gap.start) for gap in AXIS.gaps] == [GAP_WIDTH, GAP_WIDTH]


@pytest.mark.parametrize(
    ("chunk", "unit"),
    [
        (0, 0),
        (9, 9),
        (10, 10),
        (15, Fraction(21, 2)),
        (20, 11),
        (30, 12),
        (31, 13),
        (50, 32),
        (70, 33),
        (90, 34),
        (100, 44),
    ],
)
def test_where_a_chunk_is_drawn(chunk: int, unit: Fraction | int) -> None:
    assert AXIS.at(chunk) == unit


@pytest.mark.parametrize(
    ("unit", "chunk"),
    [
        (0, 0),
        (9, 9),
        (10, 10),
        (11, None),
        (12, 30),
        (31, 49),
        (32, 50),
        (33, None),
        (34, 90),
        (44, 100),
    ],
)
def test_which_chunk_is_drawn_at_a_unit(unit: int, chunk: int | None) -> None:
    assert AXIS.chunk_at(unit) == chunk


@pytest.mark.parametrize(
    ("chunk", "hidden"), [(9, False), (10, False), (11, True), (29, True), (30, False), (60, True)]
)
def test_what_a_gap_hides(chunk: int, hidden: bool) -> None:
    assert AXIS.hides(chunk) is hidden


@pytest.mark.parametrize(
    ("stretches", "happens", "gaps"),
    [
        ([(0, 40)], [], [(3, 39)]),
        ([(0, 40)], [20], [(3, 19), (23, 39)]),
        ([(0, 40)], [9], [(12, 39)]),  # five chunks between 3 and 8 are drawn in full
        ([(0, 40)], [10], [(3, 9), (13, 39)]),  # six are not
        ([(0, 9)], [], []),
        ([(0, 10)], [], [(3, 9)]),
        ([(Fraction(1, 2), Fraction(81, 2))], [], [(4, 39)]),
        ([(60, 100), (0, 40)], [70, 20], [(3, 19), (23, 39), (63, 69), (73, 99)]),
        ([(0, 40)], [50, 60], [(3, 39)]),  # what happens elsewhere does not matter
    ],
)
def test_gaps_are_where_nothing_happens(
    stretches: list[tuple[Fraction, Fraction]], happens: list[int], gaps: list[tuple[int, int]]
) -> None:
    assert gaps_of(stretches, happens) == tuple(Gap(*one) for one in gaps)
