"""The time inside one block: arithmetic on exact positions, and how positions are written for
readers.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.diagnostics import NO_SPAN, Diagnostics, Span
from sequencer.core.timebase import ChunkGrid, Meter, MeterMap, TempoChange, TempoMap
from sequencer.core.wide_numbers import MAX_TIME_BITS
from sequencer.language.compiler.fixes import later_end_fix, longer_length_fix
from sequencer.language.compiler.ir import BlockPosition
from sequencer.language.compiler.local_time import (
    NO_BEATS,
    NO_TEMPO,
    BlockTime,
    describe_number,
    find_block_end,
    missing_tempo_message,
)
from sequencer.language.score import (
    AtBar,
    AtMark,
    AtOffset,
    ClockKind,
    ClockLine,
    Duration,
    Position,
    Unit,
)
from tests.support.compiler_passes import codes_of

HERE = Span("t", 1, 1, 1, 2)
METERS = ((0, Meter(4, 4)), (2, Meter(3, 4)), (4, Meter(7, 8)))


def local_time(
    faults: Diagnostics,
    meters: Iterable[tuple[int, Meter]] | None = METERS,
    tempo: TempoMap | None = None,
) -> BlockTime:
    """Return the time of a block with changes of meter, at 120 bpm unless another tempo is given."""
    local = BlockTime(
        ChunkGrid(), None if meters is None else MeterMap.of(meters), faults, (), NO_TEMPO
    )
    local.tempo = tempo or (None if meters is None else TempoMap.constant(Fraction(120)))
    return local


def quarter(value: str) -> BlockPosition:
    return BlockPosition(Fraction(value), None, Unit.BEATS)


def seconds(value: str, unit: Unit = Unit.SECONDS) -> BlockPosition:
    return BlockPosition(None, Fraction(value), unit)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "expected"),
    [
        (quarter("0"), "1", Unit.BARS, ("4", None)),
        (quarter("0"), "3", Unit.BARS, ("11", None)),
        (quarter("2"), "1", Unit.BARS, ("6", None)),
        (quarter("6"), "1", Unit.BARS, ("10", None)),
        (quarter("0"), "1/2", Unit.BARS, ("2", None)),
        (
            quarter("0"),
            "5/2",
            Unit.BARS,
            ("19/2", None),
        ),  # half of the bar in which the length ends, which is a 3/4 bar
        (quarter("14"), "1", Unit.BARS, ("35/2", None)),
        (quarter("7"), "2", Unit.BEATS, ("9", None)),
        (quarter("13"), "2", Unit.BEATS, ("29/2", None)),
        (quarter("3"), "2", Unit.SECONDS, (None, "7/2")),
        (quarter("4"), "2", Unit.CHUNKS, (None, "19/4")),
        (quarter("4"), "12", Unit.FRAMES, (None, "5/2")),
        (seconds("1"), "1", Unit.BEATS, ("3", None)),
        (seconds("1"), "1", Unit.BARS, ("6", None)),
        (seconds("1"), "1", Unit.SECONDS, (None, "2")),
    ],
)
def test_counting_on(
    start: BlockPosition, amount: str, unit: Unit, expected: tuple[str | None, str | None]
) -> None:
    faults = Diagnostics()
    found = local_time(faults).advance(start, Fraction(amount), unit, HERE)
    assert found is not None
    shown = tuple(None if one is None else str(one) for one in (found.quarter, found.seconds))
    assert (shown, codes_of(faults)) == (expected, [])


@pytest.mark.parametrize(
    ("start", "unit", "expected"),
    [
        (seconds("1", Unit.CHUNKS), Unit.CHUNKS, Unit.CHUNKS),
        (seconds("1", Unit.FRAMES), Unit.FRAMES, Unit.FRAMES),
        (seconds("1", Unit.FRAMES), Unit.CHUNKS, Unit.SECONDS),
        (quarter("1"), Unit.CHUNKS, Unit.SECONDS),
        (quarter("1"), Unit.BARS, Unit.BARS),
        (seconds("1"), Unit.BEATS, Unit.BEATS),
    ],
)
def test_a_position_keeps_its_unit_where_it_is_counted_on_in_the_same(
    start: BlockPosition, unit: Unit, expected: Unit
) -> None:
    found = local_time(Diagnostics()).advance(start, Fraction(1), unit, HERE)
    assert found is not None
    assert found.unit is expected


@given(
    st.fractions(min_value=0, max_value=60, max_denominator=48),
    st.fractions(min_value=0, max_value=30, max_denominator=48),
    st.fractions(min_value=0, max_value=30, max_denominator=48),
    st.sampled_from([Unit.BEATS, Unit.SECONDS, Unit.CHUNKS, Unit.FRAMES]),
)
def test_counting_on_adds_up(start: Fraction, one: Fraction, other: Fraction, unit: Unit) -> None:
    local = local_time(Diagnostics())
    first = local.advance(BlockPosition(start, None, Unit.BEATS), one, unit, HERE)
    assert first is not None
    twice = local.advance(first, other, unit, HERE)
    once = local.advance(BlockPosition(start, None, Unit.BEATS), one + other, unit, HERE)
    assert twice == once


@pytest.mark.parametrize(
    ("local", "position", "unit", "code"),
    [
        pytest.param({"meters": None}, seconds("1"), Unit.BARS, "E402", id="no-beats"),
        pytest.param(
            {
                "tempo": TempoMap.of(
                    [
                        TempoChange(
                            quarter=Fraction(0), bpm=Fraction(60), to=Fraction(90), over=Fraction(8)
                        )
                    ]
                )
            },
            seconds("1"),
            Unit.BEATS,
            "E404",
            id="beats-from-seconds-in-a-ramp",
        ),
    ],
)
def test_what_cannot_be_counted(
    local: dict[str, TempoMap], position: BlockPosition, unit: Unit, code: str
) -> None:
    faults = Diagnostics()
    assert local_time(faults, **local).advance(position, Fraction(1), unit, HERE) is None  # type: ignore[arg-type]  # from the table
    assert codes_of(faults) == [f"{code} 1:1"]


def test_missing_beats_are_reported_once() -> None:
    faults = Diagnostics()
    local = local_time(faults, None)
    assert [
        local.require_meters(HERE),
        local.require_meters(HERE),
        local.locate(AtBar(2, span=HERE)),
    ] == [None] * 3
    assert codes_of(faults) == ["E402 1:1"]
    with local.redirect_diagnostics(other := Diagnostics()):
        assert local.require_meters(HERE) is None
    assert (codes_of(other), codes_of(faults)) == (["E402 1:1"], ["E402 1:1"])
    assert local.require_meters(HERE) is None
    assert faults.count == 1


@pytest.mark.parametrize("extra", [0, 1], ids=["longest", "too-long"])
def test_an_exact_time_has_a_bound(extra: int) -> None:
    faults = Diagnostics()
    denominator = (1 << (MAX_TIME_BITS - 1 + extra)) + 1
    found = local_time(faults, [(0, Meter(4, 4))]).advance(
        quarter("0"), Fraction(1, denominator), Unit.BEATS, HERE
    )
    assert (found is None, codes_of(faults)) == (bool(extra), ["E420 1:1"] if extra else [])


@pytest.mark.parametrize(
    ("position", "label"),
    [
        (quarter("0"), "1.1"),
        (quarter("8"), "3.1"),
        (quarter("29/2"), "5.2"),
        (quarter("1/3"), "1.1+1/3"),
        (seconds("11/8", Unit.CHUNKS), "1c"),
        (seconds("11/16", Unit.CHUNKS), "0.5c"),
        (seconds("1", Unit.FRAMES), "24f"),
        (seconds("25/2"), "12.5s"),
        (seconds("1/3"), "0.333…s"),
    ],
)
def test_labels(position: BlockPosition, label: str) -> None:
    assert local_time(Diagnostics()).describe_position(position) == label


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", "0"),
        ("7", "7"),
        ("11/8", "1.375"),
        ("1/3", "0.333…"),
        ("2/3", "0.667…"),
        ("1/64", "0.015625"),
        ("1/128", "0.008…"),
        ("12345678", "12345678"),
        ("5/2", "2.5"),
    ],
)
def test_numbers(value: str, shown: str) -> None:
    assert describe_number(Fraction(value)) == shown


@pytest.mark.parametrize("unit", [Unit.BARS, Unit.BEATS])
def test_beats_have_no_seconds_of_their_own(unit: Unit) -> None:
    with pytest.raises(ValueError, match="not timed"):
        local_time(Diagnostics()).to_seconds(Fraction(1), unit)


def test_where_a_block_begins() -> None:
    assert local_time(Diagnostics()).start == quarter("0")
    assert local_time(Diagnostics(), None).start == seconds("0")


@pytest.mark.parametrize(
    ("clock", "lacks"),
    [
        (None, NO_TEMPO),
        (ClockLine(), NO_TEMPO),
        (ClockLine(kind=ClockKind.MTC, rate="25"), NO_BEATS),
    ],
    ids=["none", "chunks", "time-code"],
)
def test_why_there_are_no_beats(clock: ClockLine | None, lacks: tuple[str, str]) -> None:
    assert missing_tempo_message(clock) == lacks


def test_lengths_need_no_tempo_where_they_are_timed() -> None:
    local = BlockTime(ChunkGrid(), MeterMap.of(METERS), Diagnostics(), (), NO_TEMPO)
    assert find_block_end(Duration(Fraction(3), Unit.CHUNKS), local) == seconds("33/8", Unit.CHUNKS)
    assert find_block_end(Duration(Fraction(3), Unit.BARS), local) == BlockPosition(
        Fraction(11), None, Unit.BARS
    )


# ---- replacements --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "position", "text"),
    [
        (("4", Unit.BARS), quarter("14"), "5 bars"),
        (("4", Unit.BARS), quarter("35/2"), "6 bars"),
        (("1/2", Unit.BARS), quarter("2"), "1 bar"),
        (("14", Unit.BEATS), quarter("14"), "15b"),
        (("2", Unit.CHUNKS), seconds("11/4"), "3c"),
        (("2", Unit.CHUNKS), quarter("8"), "3c"),
        (("66", Unit.FRAMES), seconds("11/4"), "67f"),
        (("3", Unit.SECONDS), seconds("3"), "4s"),
        (("4", Unit.BARS), seconds("9"), None),
        (("9", Unit.BARS), quarter("14"), None),
    ],
)
def test_a_longer_section(
    length: tuple[str, Unit], position: BlockPosition, text: str | None
) -> None:
    local = local_time(Diagnostics())
    fix = longer_length_fix(Duration(Fraction(length[0]), length[1], HERE), position, local)
    assert (None if fix is None else (fix.text, fix.span)) == (
        None if text is None else (text, HERE)
    )
    assert (
        longer_length_fix(Duration(Fraction(length[0]), length[1], NO_SPAN), position, local)
        is None
    )


def test_a_position_whose_time_is_not_known_needs_no_length() -> None:
    """The time is the position's seconds if it has them, otherwise that of its quarter if there is
    a tempo.
    """
    local = local_time(Diagnostics())
    two = Duration(Fraction(2), Unit.CHUNKS, HERE)
    both = longer_length_fix(two, BlockPosition(Fraction(80), Fraction(11, 4), Unit.CHUNKS), local)
    assert both is not None
    assert both.text == "3c"
    assert longer_length_fix(two, BlockPosition(None, None, Unit.CHUNKS), local) is None
    local.tempo = None
    assert longer_length_fix(two, quarter("8"), local) is None


@pytest.mark.parametrize(
    ("end", "position", "text"),
    [
        (AtBar(4, span=HERE), quarter("14"), "6"),
        (AtBar(4, span=HERE), seconds("14"), None),
        (AtOffset(Fraction(4), Unit.CHUNKS, HERE), seconds("11/2"), "8c"),
        (AtOffset(Fraction(4), Unit.SECONDS, HERE), seconds("11/2"), "6s"),
        (AtOffset(Fraction(4), Unit.FRAMES, HERE), quarter("1"), "13f"),
        (AtOffset(Fraction(4), Unit.BEATS, HERE), quarter("9"), None),
        (AtMark("m", span=HERE), quarter("9"), None),
    ],
)
def test_a_later_end(end: Position, position: BlockPosition, text: str | None) -> None:
    fix = later_end_fix(end, position, local_time(Diagnostics()))
    assert (None if fix is None else (fix.text, fix.span)) == (
        None if text is None else (text, HERE)
    )
