"""Musical and chunked time: exact where promised, monotonic, and within its error bounds elsewhere."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.timebase import (
    INVERSE_BOUND,
    BarBeat,
    ChunkGrid,
    Meter,
    MeterMap,
    Snap,
    TempoChange,
    TempoMap,
    nanoseconds,
)

fractions = st.fractions(min_value=0, max_value=2000, max_denominator=5000)
bpms = st.fractions(min_value=Fraction(10), max_value=Fraction(400), max_denominator=1000)
meters = st.builds(Meter, st.integers(1, 17), st.sampled_from([1, 2, 4, 8, 16, 32]))
grids = st.builds(
    ChunkGrid, st.integers(1, 120), st.fractions(min_value=1, max_value=120, max_denominator=1001)
)


@st.composite
def meter_maps(draw: st.DrawFn) -> MeterMap:
    bars = draw(st.lists(st.integers(1, 300), unique=True, max_size=6))
    return MeterMap.of([(0, draw(meters)), *((bar, draw(meters)) for bar in bars)])


@st.composite
def tempo_maps(draw: st.DrawFn) -> TempoMap:
    quarters = draw(
        st.lists(
            st.fractions(min_value=1, max_value=1000, max_denominator=480), unique=True, max_size=6
        )
    )
    changes = [TempoChange(quarter=Fraction(0), bpm=draw(bpms))]
    for quarter in quarters:
        if draw(st.booleans()):
            over = draw(st.fractions(min_value=Fraction(1, 4), max_value=64, max_denominator=16))
            changes.append(TempoChange(quarter=quarter, bpm=draw(bpms), to=draw(bpms), over=over))
        else:
            changes.append(TempoChange(quarter=quarter, bpm=draw(bpms)))
    return TempoMap.of(changes)


@given(meter_maps(), fractions)
def test_bar_and_beat_are_the_inverse_of_quarters_exactly(
    meters: MeterMap, quarter: Fraction
) -> None:
    there = meters.bar_beat_at(quarter)
    assert meters.quarter_of(there.bar, there.beat, there.rest) == quarter
    assert 0 <= there.rest < 1


@given(meter_maps(), fractions, fractions)
def test_later_quarters_are_later_bars(meters: MeterMap, first: Fraction, second: Fraction) -> None:
    a, b = sorted((first, second))
    one, two = meters.bar_beat_at(a), meters.bar_beat_at(b)
    assert (one.bar, one.beat, one.rest) <= (two.bar, two.beat, two.rest)


def test_a_beat_is_the_denominator_note() -> None:
    six_eight = MeterMap.of([(0, Meter(6, 8))])
    assert six_eight.quarter_of(2, 1) == 3
    assert six_eight.quarter_of(1, 2) == Fraction(1, 2)
    assert str(six_eight.bar_beat_at(Fraction(13, 4))) == "2.1+1/2"


@pytest.mark.parametrize(("bar", "beat"), [(0, 1), (1, 0), (1, 5), (-3, 1)])
def test_a_beat_that_its_bar_lacks_does_not_exist(bar: int, beat: int) -> None:
    with pytest.raises(ValueError, match="does not exist"):
        MeterMap.of([(0, Meter(4, 4))]).quarter_of(bar, beat)


def test_meters_change_on_their_bars() -> None:
    meters = MeterMap.of([(0, Meter(4, 4)), (2, Meter(3, 4)), (4, Meter(7, 8))])
    assert [meters.bar_start(bar) for bar in range(6)] == [0, 4, 8, 11, 14, Fraction(35, 2)]
    assert meters.bar_beat_at(Fraction(31, 2)) == BarBeat(5, 4, Fraction(0))


@given(tempo_maps(), fractions, fractions)
def test_seconds_grow_with_quarters(tempo: TempoMap, first: Fraction, second: Fraction) -> None:
    a, b = sorted((first, second))
    if a < b:
        assert tempo.seconds_at(a) < tempo.seconds_at(b)


@given(tempo_maps(), fractions)
def test_the_inverse_is_within_its_bound(tempo: TempoMap, quarter: Fraction) -> None:
    assert abs(tempo.quarter_at(tempo.seconds_at(quarter)) - quarter) <= INVERSE_BOUND


@given(bpms, fractions)
def test_the_inverse_is_exact_at_a_constant_tempo(bpm: Fraction, quarter: Fraction) -> None:
    tempo = TempoMap.constant(bpm)
    assert tempo.quarter_at(tempo.seconds_at(quarter)) == quarter


@given(bpms, bpms, st.fractions(min_value=Fraction(1, 8), max_value=256, max_denominator=64))
def test_a_ramp_in_seconds_lasts_just_that_long(
    first: Fraction, last: Fraction, seconds: Fraction
) -> None:
    change = TempoChange.ramp_in_seconds(Fraction(0), first, last, seconds)
    tempo = TempoMap.of([change])
    assert change.over is not None
    assert tempo.seconds_at(change.over) == seconds
    assert [60 / segment.first for segment in tempo.segments] == [first, last]


def test_a_ramp_is_linear_in_seconds_per_quarter() -> None:
    tempo = TempoMap.of(
        [TempoChange(quarter=Fraction(0), bpm=Fraction(60), to=Fraction(120), over=Fraction(4))]
    )
    assert tempo.seconds_at(Fraction(4)) == 3  # the mean of 1 s and 1/2 s, four times
    assert tempo.seconds_at(Fraction(2)) == Fraction(7, 4)
    assert tempo.seconds_at(Fraction(6)) == 4  # it stays at 120 after the ramp


def test_a_change_cuts_a_ramp_short_and_time_goes_on() -> None:
    ramp = TempoChange(quarter=Fraction(0), bpm=Fraction(60), to=Fraction(120), over=Fraction(4))
    tempo = TempoMap.of([ramp, TempoChange(quarter=Fraction(2), bpm=Fraction(240))])
    assert tempo.seconds_at(Fraction(2)) == Fraction(7, 4)
    assert tempo.seconds_at(Fraction(3)) == Fraction(2)


@given(tempo_maps())
def test_a_map_has_no_gaps(tempo: TempoMap) -> None:
    for before, after in zip(tempo.segments, tempo.segments[1:], strict=False):
        assert before.length is not None
        assert before.quarter + before.length == after.quarter
        assert before.seconds_at(after.quarter) == after.seconds
    assert all(segment.first > 0 and segment.last > 0 for segment in tempo.segments)


@given(grids, fractions, st.sampled_from(Snap))
def test_snap_errors_stay_within_their_bounds(
    grid: ChunkGrid, seconds: Fraction, mode: Snap
) -> None:
    error = grid.snap_error(seconds, grid.snap(seconds, mode))
    match mode:
        case Snap.FLOOR:
            assert -grid.chunk < error <= 0
        case Snap.CEIL:
            assert 0 <= error < grid.chunk
        case Snap.NEAREST:
            assert -grid.chunk / 2 <= error < grid.chunk / 2


@given(grids, st.integers(0, 100_000))
def test_a_boundary_snaps_to_itself(grid: ChunkGrid, chunk: int) -> None:
    assert {grid.snap(grid.boundary(chunk), mode) for mode in Snap} == {chunk}


def test_a_tie_goes_to_the_earlier_chunk() -> None:
    grid = ChunkGrid(33, Fraction(24))
    assert grid.chunk == Fraction(11, 8)
    assert grid.snap(Fraction(11, 16), Snap.NEAREST) == 0
    assert grid.snap(Fraction(11, 16) + Fraction(1, 10**12), Snap.NEAREST) == 1


@pytest.mark.parametrize(
    "bpm", [Fraction(120), Fraction(87), Fraction(960, 11), Fraction("133.33")]
)
def test_nothing_drifts_in_a_day_of_score(bpm: Fraction) -> None:
    """Every bar of 24 hours, placed by its number, is exactly where adding up bars would place it."""
    tempo = TempoMap.constant(bpm)
    meters = MeterMap.of([(0, Meter(4, 4))])
    bar = Fraction(240) / bpm
    bars = int(86_400 / bar)
    for number in (1, 2, 1000, bars // 2, bars):
        assert tempo.seconds_at(meters.quarter_of(number + 1, 1)) == number * bar
    grid = ChunkGrid()
    last = tempo.seconds_at(meters.quarter_of(bars + 1, 1))
    assert last == bars * bar
    assert abs(grid.snap_error(last, grid.snap(last, Snap.NEAREST))) <= grid.chunk / 2


@given(st.fractions(min_value=0, max_value=10**6, max_denominator=10**9))
def test_nanoseconds_are_the_nearest_whole_ones(seconds: Fraction) -> None:
    assert abs(nanoseconds(seconds) - seconds * 10**9) <= Fraction(1, 2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Meter(0, 4),
        lambda: Meter(4, 3),
        lambda: MeterMap.of([(1, Meter(4, 4))]),
        lambda: TempoMap.of([]),
        lambda: TempoMap.constant(Fraction(0)),
        lambda: TempoMap.constant(Fraction(-120)),
    ],
)
def test_what_cannot_be_is_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises((ValueError, ZeroDivisionError)):
        make()


def test_half_a_nanosecond_is_rounded_up() -> None:
    assert [nanoseconds(Fraction(halves, 2 * 10**9)) for halves in (0, 1, 2, 3, -1, -2)] == [
        0,
        1,
        1,
        2,
        0,
        -1,
    ]


@pytest.mark.parametrize(
    "meters", [MeterMap.of([(0, Meter(3, 4))]), MeterMap.of([(0, Meter(3, 4)), (2, Meter(7, 8))])]
)
def test_a_beat_that_a_bar_lacks_has_no_quarter(meters: MeterMap) -> None:
    none, half = Fraction(0), Fraction(1, 2)
    odd = [
        (0, 1, none),
        (-1, 1, none),
        (1, 0, none),
        (1, 4, none),
        (1, 1, 2 * half),
        (1, 1, -half),
        (1, 1, 3 * half),
    ]
    for bar, beat, rest in odd:
        with pytest.raises(ValueError, match=f"{bar}.{beat} does not exist in 3/4"):
            meters.quarter_of(bar, beat, rest)
    assert meters.quarter_of(1, 3, Fraction(2, 3)) == Fraction(8, 3)
    assert meters.quarter_of(2, 1) == 3
