"""The parts of musical time one by one: bars in changing meters, ramps, snapping with ties, numbers
with long denominators.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.timebase import (
    COMMON_TIME,
    BarBeat,
    ChunkGrid,
    Meter,
    MeterMap,
    Snap,
    TempoChange,
    TempoMap,
    TempoSegment,
    nanoseconds,
)
from sequencer.core.wide_numbers import MAX_NARROW_BITS, for_display, is_before, is_wide, ordering

F = Fraction
MIXED = MeterMap.of([(0, Meter(4, 4)), (2, Meter(3, 4)), (4, Meter(7, 8))])

# ---- meters --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("meter", "beat", "bar", "text"),
    [
        (Meter(4, 4), 1, 4, "4/4"),
        (Meter(6, 8), F(1, 2), 3, "6/8"),
        (Meter(3, 2), 2, 6, "3/2"),
        (Meter(1, 1), 4, 4, "1/1"),
        (Meter(5, 16), F(1, 4), F(5, 4), "5/16"),
    ],
)
def test_a_meter(meter: Meter, beat: Fraction | int, bar: Fraction | int, text: str) -> None:
    assert (meter.beat, meter.bar, str(meter)) == (beat, bar, text)


@pytest.mark.parametrize(
    ("numerator", "denominator"), [(0, 4), (-1, 4), (4, 0), (4, -4), (4, 3), (4, 6), (4, 12)]
)
def test_what_is_not_a_meter(numerator: int, denominator: int) -> None:
    with pytest.raises(ValueError, match=f"{numerator}/{denominator} is not a meter"):
        Meter(numerator, denominator)


@pytest.mark.parametrize(
    ("bar", "index", "start"),
    [(0, 0, 0), (1, 0, 4), (2, 1, 8), (3, 1, 11), (4, 2, 14), (5, 2, F(35, 2)), (9, 2, F(63, 2))],
)
def test_bars_of_mixed_meters(bar: int, index: int, start: Fraction | int) -> None:
    assert MIXED.index_at_bar(bar) == index
    assert MIXED.at_bar(bar) == MIXED.changes[index][1]
    assert MIXED.bar_start(bar) == start


@pytest.mark.parametrize(
    ("bar", "beat", "rest", "quarter"),
    [
        (1, 1, "0", "0"),
        (2, 4, "0", "7"),
        (3, 3, "1/2", "21/2"),
        (4, 1, "0", "11"),
        (5, 7, "0", "17"),
        (6, 2, "1/3", "109/6"),
    ],
)
def test_quarters_of_mixed_meters(bar: int, beat: int, rest: str, quarter: str) -> None:
    expected = BarBeat(bar, beat, F(rest))
    assert MIXED.quarter_of(bar, beat, F(rest)) == F(quarter)
    assert MIXED.bar_beat_at(MIXED.quarter_of(bar, beat, F(rest))) == expected


@pytest.mark.parametrize(
    ("meters", "bar", "beat", "rest"),
    [
        (MIXED, 3, 4, "0"),
        (MIXED, 5, 8, "0"),
        (MIXED, 2, 5, "0"),
        (MIXED, 0, 1, "0"),
        (MIXED, 1, 0, "0"),
        (MIXED, 1, 1, "1"),
        (MIXED, 1, 1, "-1/2"),
        (MIXED, 1, 1, "3/2"),
    ],
)
def test_what_does_not_exist(meters: MeterMap, bar: int, beat: int, rest: str) -> None:
    with pytest.raises(ValueError, match=rf"{bar}\.{beat} does not exist in"):
        meters.quarter_of(bar, beat, F(rest))


def test_the_later_of_two_at_one_bar_wins_and_order_does_not_matter() -> None:
    one = MeterMap.of([(4, Meter(7, 8)), (0, Meter(2, 4)), (2, Meter(3, 4)), (0, Meter(4, 4))])
    assert one == MIXED


@pytest.mark.parametrize(
    ("bar", "beat", "rest", "text"), [(9, 3, "0", "9.3"), (1, 1, "1/2", "1.1+1/2")]
)
def test_a_bar_and_beat_as_text(bar: int, beat: int, rest: str, text: str) -> None:
    assert str(BarBeat(bar, beat, F(rest))) == text


def test_common_time() -> None:
    assert Meter(4, 4) == COMMON_TIME


# ---- tempi ---------------------------------------------------------------------------------------

RAMP = TempoMap.of(
    [
        TempoChange(quarter=F(0), bpm=F(60), to=F(120), over=F(4)),
        TempoChange(quarter=F(8), bpm=F(240)),
    ]
)
"""Three seconds for four quarters, then two seconds, then four quarters per second."""


@pytest.mark.parametrize(
    ("quarter", "seconds"),
    [("0", "0"), ("1", "15/16"), ("2", "7/4"), ("4", "3"), ("6", "4"), ("8", "5"), ("10", "11/2")],
)
def test_a_ramp_and_what_follows(quarter: str, seconds: str) -> None:
    assert RAMP.seconds_at(F(quarter)) == F(seconds)
    assert abs(RAMP.quarter_at(F(seconds)) - F(quarter)) < F(1, 10**9)


def test_the_segments_of_a_ramp() -> None:
    assert RAMP.segments == (
        TempoSegment(quarter=F(0), seconds=F(0), first=F(1), last=F(1, 2), length=F(4)),
        TempoSegment(quarter=F(4), seconds=F(3), first=F(1, 2), last=F(1, 2), length=F(4)),
        TempoSegment(quarter=F(8), seconds=F(5), first=F(1, 4), last=F(1, 4), length=None),
    )


@pytest.mark.parametrize(
    ("changes", "segments"),
    [
        pytest.param([(0, 60, 120, 0)], ["0 0 1/2 1/2 -"], id="a-ramp-over-nothing-is-a-change"),
        pytest.param(
            [(0, 60, 120, 4), (4, 90, None, None)],
            ["0 0 1 1/2 4", "4 3 2/3 2/3 -"],
            id="cut-at-its-end",
        ),
        pytest.param(
            [(0, 60, 120, 4), (2, 90, None, None)],
            ["0 0 1 3/4 2", "2 7/4 2/3 2/3 -"],
            id="cut-short",
        ),
        pytest.param(
            [(4, 60, None, None), (0, 120, None, None)],
            ["0 0 1/2 1/2 4", "4 2 1 1 -"],
            id="in-any-order",
        ),
        pytest.param(
            [(0, 90, None, None), (0, 120, None, None)],
            ["0 0 1/2 1/2 -"],
            id="the-last-of-two-wins",
        ),
    ],
)
def test_segments(
    changes: list[tuple[int, int, int | None, int | None]], segments: list[str]
) -> None:
    """The segments show quarter, seconds, first and last pace, and length."""
    tempo = TempoMap.of(
        TempoChange(
            quarter=F(at),
            bpm=F(bpm),
            to=None if to is None else F(to),
            over=None if over is None else F(over),
        )
        for at, bpm, to, over in changes
    )
    shown = [(one.quarter, one.seconds, one.first, one.last, one.length) for one in tempo.segments]
    assert [
        " ".join("-" if value is None else str(value) for value in row) for row in shown
    ] == segments


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [TempoChange(quarter=F(1), bpm=F(60))],
        [TempoChange(quarter=F(0), bpm=F(0))],
        [TempoChange(quarter=F(0), bpm=F(60), to=F(0), over=F(1))],
        [TempoChange(quarter=F(0), bpm=F(-1))],
    ],
    ids=["none", "not-at-the-start", "nought", "ramp-to-nought", "negative"],
)
def test_what_is_not_a_tempo_map(changes: list[TempoChange]) -> None:
    with pytest.raises(ValueError, match=r"a tempo map starts at quarter 0|a tempo is positive"):
        TempoMap.of(changes)


# ---- chunks --------------------------------------------------------------------------------------

GRID = ChunkGrid()


@pytest.mark.parametrize(
    ("chunks", "nearest", "floor", "ceil"),
    [
        ("0", 0, 0, 0),
        ("1/4", 0, 0, 1),
        ("1/2", 0, 0, 1),
        ("3/4", 1, 0, 1),
        ("1", 1, 1, 1),
        ("3/2", 1, 1, 2),
        ("5/2", 2, 2, 3),
        ("7/2", 3, 3, 4),
        ("-1/2", -1, -1, 0),
        ("-1/4", 0, -1, 0),
        ("1000001/2", 500_000, 500_000, 500_001),
    ],
)
@pytest.mark.parametrize(
    "grid",
    [GRID, ChunkGrid(48, F(24000, 1001)), ChunkGrid(1, F(1, 3))],
    ids=["helios", "ntsc", "slow"],
)
def test_snapping_with_ties(
    grid: ChunkGrid, chunks: str, nearest: int, floor: int, ceil: int
) -> None:
    """A tie goes to the earlier chunk, on every grid."""
    seconds = F(chunks) * grid.chunk
    found = [grid.snap(seconds, mode) for mode in (Snap.NEAREST, Snap.FLOOR, Snap.CEIL)]
    assert found == [nearest, floor, ceil]


@given(
    st.fractions(min_value=-1000, max_value=1000, max_denominator=10**6),
    st.fractions(min_value=-1000, max_value=1000, max_denominator=10**6),
    st.sampled_from(Snap),
)
def test_snapping_keeps_order(one: Fraction, other: Fraction, mode: Snap) -> None:
    earlier, later = sorted((one, other))
    assert GRID.snap(earlier, mode) <= GRID.snap(later, mode)


@pytest.mark.parametrize(("chunk", "seconds"), [(0, "0"), (1, "11/8"), (8, "11")])
def test_boundaries_and_errors(chunk: int, seconds: str) -> None:
    assert GRID.boundary(chunk) == F(seconds)
    assert GRID.snap_error(F(seconds), chunk) == 0
    assert GRID.snap_error(F(seconds) + F(1, 4), chunk) == F(-1, 4)
    assert GRID.snap_error(F(seconds) - F(1, 4), chunk) == F(1, 4)
    assert GRID.frame_at(F(seconds)) == 33 * chunk


@pytest.mark.parametrize(
    ("seconds", "whole"),
    [
        ("0", 0),
        ("1/3", 333_333_333),
        ("2/3", 666_666_667),
        ("1/2000000000", 1),
        ("-1/2000000000", 0),
    ],
)
def test_nanoseconds(seconds: str, whole: int) -> None:
    assert nanoseconds(F(seconds)) == whole


# ---- long denominators ---------------------------------------------------------------------------

NARROW = F(1, 1 << (MAX_NARROW_BITS - 1))
WIDE = F(1, 1 << MAX_NARROW_BITS)


def wide(head: int, tail: int) -> Fraction:
    """Return a number with a long denominator: `head` plus (3 · `tail` + 1) parts in 3¹⁰⁰⁰."""
    return head + F(3 * tail + 1, 3**1000)


@pytest.mark.parametrize(
    ("value", "expected"), [(F(1), False), (NARROW, False), (WIDE, True), (wide(5, 0), True)]
)
def test_what_is_wide(value: Fraction, expected: bool) -> None:
    assert is_wide(value) == expected


values = st.one_of(
    st.builds(wide, st.integers(-3, 3), st.integers(-9, 9)),
    st.fractions(min_value=-3, max_value=3, max_denominator=50),
    st.builds(
        lambda bits, over: F(over, (1 << bits) + 1), st.integers(1020, 1030), st.integers(-9, 9)
    ),
)


@given(values, values)
def test_comparing_is_the_same_as_the_slow_way(one: Fraction, other: Fraction) -> None:
    assert is_before(one, other) == (one < other)
    assert (ordering(one) < ordering(other)) == (one < other)
    assert (ordering(one) == ordering(other)) == (one == other)


@given(st.lists(values, max_size=9))
def test_sorting_by_the_key_is_sorting(some: list[Fraction]) -> None:
    assert sorted(some, key=ordering) == sorted(some)


@given(values)
def test_for_display_a_number_is_near_and_short(value: Fraction) -> None:
    shown = for_display(value)
    assert 0 <= value - shown < F(1, 1 << 64)
    assert not is_wide(shown)
    assert shown == value or is_wide(value)
