"""Amounts with a unit: each row is one spelling with its exact value, or with its code, columns and
replacement.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.language.score import Duration, Unit
from sequencer.language.values import writing as spelling
from sequencer.language.values.amounts import (
    DASHES,
    check_ascii_digits,
    describe_dash,
    find_dash,
    parse_number,
    read_amount,
    read_duration,
)
from tests.support.strategies import durations
from tests.support.value_tables import check_refusal, check_value, read, rows

BARS, BEATS, CHUNKS, SECONDS, FRAMES = Unit.BARS, Unit.BEATS, Unit.CHUNKS, Unit.SECONDS, Unit.FRAMES


def length(amount: str | int, unit: Unit) -> Duration:
    return Duration(Fraction(amount), unit)


LENGTHS: dict[str, Duration] = {
    "8 bars": length(8, BARS),
    "8bar": length(8, BARS),
    "8  bars": length(8, BARS),
    "1/2 bar": length("1/2", BARS),
    "4 beats": length(4, BEATS),
    "4b": length(4, BEATS),
    "1/2b": length("1/2", BEATS),
    "1/999999999b": length("1/999999999", BEATS),
    "10000000b": length(10_000_000, BEATS),
    "2c": length(2, CHUNKS),
    "12.5s": length("25/2", SECONDS),
    "1.123456789s": length("1123456789/1000000000", SECONDS),
    "350ms": length("7/20", SECONDS),
    "1m30s": length(90, SECONDS),
    "1m59.5s": length("239/2", SECONDS),
    "1.5m": length(90, SECONDS),
    "96f": length(96, FRAMES),
}

REFUSED_LENGTHS = {
    "": "E201 1-1",
    "foo": "E201 1-4",
    "eight bars": "E201 1-11 → 8 bars",
    "thirty-two beats": "E201 1-17 → 32 beats",
    "8 bars x2": "E201 1-10 → 8 bars",
    "other bar": "E201 1-10 → 2 bars",
    "2nd bar": "E201 1-8 → 2 bars",
    "4 bars from 3": "E201 1-14 → 4 bars",
    "for 8 bars": "E201 1-11 → 8 bars",
    "(8 bars)": "E201 1-9 → 8 bars",
    "1:30": "E202 1-5 → 1m30s",
    "1,5s": "E203 2-3 → .",
    "-2b": "E206 1-4 → 2b",
    "1.5c": "E209 1-5 → 1c",
    "1/2f": "E209 1-5 → 1f",
    "0.5c": "E209 1-5 → 1c",
    "3 takte": "E210 3-8 → 3 bars",
    "3 foo": "E210 3-6",
    "8": "E211 1-2 → 8 bars",
    "1": "E211 1-2 → 1 bar",
    "8.5": "E211 1-4",
    "bars": "E211 1-5 → 1 bar",
    "s": "E211 1-2 → 1s",
    "0b": "E212 1-3",
    "0 bars": "E212 1-7",
    "10000001b": "E213 1-10",
    "99999999999b": "E213 1-13",
    "1.1234567890s": "E213 1-14",
    "1/9999999999b": "E213 1-14",
    "1 bar 2 beats": "E214 1-14",
    "2 bars and 1 beat": "E214 1-18",
    "٣ bars": "E215 1-2 → 3 bars",
    "3 s": "E216 1-4 → 3s",
    "3 S": "E216 3-4 → 3s",
    "3 seconds": "E216 3-10 → 3s",
    "1.5b": "E217 1-5 → 3/2b",
    "8.5 bars": "E217 1-9 → 17/2 bars",
    "+2b": "E220 1-4 → 2b",
    "1/0b": "E221 1-5",
    "1m60s": "E222 1-6 → 2m0s",
    "1m75.5s": "E222 1-8 → 2m15.5s",
    ".5s": "E223 1-4 → 0.5s",
}


@pytest.mark.parametrize(("written", "duration"), rows(LENGTHS))
def test_a_length(written: str, duration: Duration) -> None:
    check_value(read_duration, written, duration)


@pytest.mark.parametrize(("written", "refusal"), rows(REFUSED_LENGTHS))
def test_no_length(written: str, refusal: str) -> None:
    check_refusal(read_duration, written, refusal)


@given(durations())
def test_a_length_is_spelled_as_it_is_read(duration: Duration) -> None:
    check_value(read_duration, spelling.render_duration(duration), duration)
    check_value(read_duration, spelling.render_duration(duration, short=True), duration)


@pytest.mark.parametrize(
    ("written", "refusal"), [("8 bars at 140 bpm", "E240 1-18"), ("live", "E201 1-5")]
)
def test_what_belongs_in_a_sections_head(written: str, refusal: str) -> None:
    """The suggested replacement is more than a length."""
    _, (one,) = read(read_duration, written)
    assert f"{one.code} {one.span.column}-{one.span.end_column}" == refusal
    assert [fix.text for fix in one.fixes] == [
        "8 bars, tempo 140" if "bpm" in written else "until go out"
    ]


def read_length(text: str, span: Span, faults: Diagnostics) -> tuple[Fraction, Unit] | None:
    return read_amount(text, span, faults, "a length")


AMOUNTS: dict[str, tuple[Fraction, Unit]] = {
    "0s": (Fraction(0), SECONDS),  # an amount may be zero, a length may not
    "007c": (Fraction(7), CHUNKS),
    "0.000000001s": (Fraction(1, 10**9), SECONDS),
    "1/3s": (Fraction(1, 3), SECONDS),
    "2.5m": (Fraction(150), SECONDS),
}


@pytest.mark.parametrize(("written", "amount"), rows(AMOUNTS))
def test_amounts_are_exact(written: str, amount: tuple[Fraction, Unit]) -> None:
    check_value(read_length, written, amount)


@pytest.mark.parametrize(
    ("parts", "value"),
    [
        (("12", None, None), Fraction(12)),
        (("12", "50", None), Fraction(25, 2)),
        (("6", None, "4"), Fraction(3, 2)),
        (("0000000000012", None, None), Fraction(12)),  # leading zeros do not make a number large
        (("1", None, "0"), None),
        (("1", "1234567890", None), None),
        (("100000000", None, None), None),
    ],
)
def test_digits_become_an_exact_number(
    parts: tuple[str, str | None, str | None], value: Fraction | None
) -> None:
    faults = Diagnostics()
    assert parse_number(*parts, Span("", 1, 1, 1, 2), faults) == value
    assert faults.has_errors is (value is None)


@pytest.mark.parametrize("char", DASHES)
def test_every_dash_is_recognised_and_named(char: str) -> None:
    faults = Diagnostics()
    assert find_dash(f"8{char}9") == 1
    assert f"U+{ord(char):04X}" in describe_dash(char)
    assert not check_ascii_digits(f"8{char}9", Span("", 1, 1, 1, 4), faults)


@pytest.mark.parametrize("text", ["8-9", "été", "12"])
def test_other_characters_are_not_dashes(text: str) -> None:
    assert find_dash(text) is None
    assert check_ascii_digits(text, Span("", 1, 1, 1, 4), Diagnostics())
