"""Positions as they are written: each row is one spelling with its value, or with the reason why it
is invalid.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given

from sequencer.language.score import (
    After,
    AtBar,
    AtMark,
    AtOffset,
    AtTick,
    Duration,
    Position,
    Unit,
)
from sequencer.language.values import writing as spelling
from sequencer.language.values.positions import read_position
from tests.support.strategies import any_position
from tests.support.value_tables import check_refusal, check_value, read, rows


def length(amount: str | int, unit: Unit) -> Duration:
    return Duration(Fraction(amount), unit)


def offset(amount: str | int, unit: Unit) -> AtOffset:
    return AtOffset(Fraction(amount), unit)


BARS, BEATS, CHUNKS, SECONDS, FRAMES = Unit.BARS, Unit.BEATS, Unit.CHUNKS, Unit.SECONDS, Unit.FRAMES

POSITIONS: dict[str, Position] = {
    "9": AtBar(9),
    "009": AtBar(9),
    "9.3": AtBar(9, 3),
    "9.3+1/2": AtBar(9, 3, Fraction(1, 2)),
    "9.3+2/4": AtBar(9, 3, Fraction(1, 2)),
    "9.3+1/1000": AtBar(9, 3, Fraction(1, 1000)),
    "10000000": AtBar(10_000_000),
    "9:3:240": AtTick(9, 3, 240),
    "9:3:0": AtTick(9, 3, 0),
    "9:3:479": AtTick(9, 3, 479),
    "32b": offset(32, BEATS),
    "1/2b": offset("1/2", BEATS),
    "4 beats": offset(4, BEATS),
    "0b": offset(0, BEATS),
    "12.5s": offset("25/2", SECONDS),
    "350ms": offset("7/20", SECONDS),
    "1m30s": offset(90, SECONDS),
    "1m30.25s": offset("361/4", SECONDS),
    "1.5m": offset(90, SECONDS),
    "0c": offset(0, CHUNKS),
    "14c": offset(14, CHUNKS),
    "396f": offset(396, FRAMES),
    "+2bar": After(length(2, BARS)),
    "+2 bars": After(length(2, BARS)),
    "+ 1/2 bar": After(length("1/2", BARS)),
    "+3b": After(length(3, BEATS)),
    "+1.5s": After(length("3/2", SECONDS)),
    "mark drop": AtMark("drop"),
    "mark  drop": AtMark("drop"),
    "mark drop +1bar": AtMark("drop", length(1, BARS)),
    "mark drop+ 2c": AtMark("drop", length(2, CHUNKS)),
}

REFUSED_POSITIONS = {
    "": "E201 1-1",
    "drop": "E201 1-5",
    "9.3+.5": "E201 1-7",
    "+": "E201 2-2",
    "1:30": "E202 1-5 → 1m30s",
    "0:30": "E202 1-5 → 0m30s",
    "1:02.5": "E202 1-7 → 1m02.5s",
    "0:02.5": "E202 1-7 → 2.5s",
    "00:01:30": "E202 1-9 → 1m30s",
    "00:00:10": "E202 1-9 → 10s",
    "01:00:00:00": "E202 1-12 → 60m0s",
    "9,3": "E203 2-3 → .",
    "0": "E204 1-2 → 1",
    "0.1": "E204 1-4 → 1.1",
    "0.0": "E204 1-4 → 1.1",
    "0.3+1/2": "E204 1-8 → 1.3+1/2",
    "0:1:0": "E204 1-6 → 1:1:0",
    "1.0": "E205 1-4 → 1.1",
    "9:0:1": "E205 1-6 → 9:1:1",
    "-1": "E206 1-3",
    "-2b": "E206 1-4",
    "+-1b": "E206 2-5 → 1b",
    "mark drop -1bar": "E206 11-16",
    "9.3.2": "E207 1-6 → 9.3+1/4",
    "9.3.1": "E207 1-6 → 9.3",
    "9.3.5": "E207 1-6",
    "9:3:480": "E208 1-8 → 9:4:0",
    "9:3:1000": "E208 1-9 → 9:5:40",
    "1.5c": "E209 1-5 → 1c",
    "1/2c": "E209 1-5 → 1c",
    "3 takt": "E210 3-7 → +3 bars",
    "3 zz": "E210 3-5",
    "bars": "E211 1-5 → +1 bar",
    "beats": "E211 1-6 → 1 beat",
    "+8": "E211 2-3 → 8 bars",
    "+0b": "E212 2-4",
    "10000001": "E213 1-9",
    "12345678": "E213 1-9",
    "9.12345678": "E213 1-11",
    "10000001b": "E213 1-10",
    "1.1234567890s": "E213 1-14",
    "９": "E215 1-2 → 9",
    "3 c": "E216 1-4 → 3c",
    "3 C": "E216 3-4 → 3c",
    "3 sec": "E216 3-6 → 3s",
    "3 BARS": "E216 3-7 → +3 bars",
    "9.5b": "E217 1-5 → 19/2b",
    "8.5 bars": "E217 1-9 → +17/2 bars",
    "8 bars": "E218 1-7 → 9",
    "1/2 bar": "E218 1-8 → +1/2 bars",
    "mark": "E219 1-5",
    "mark +1bar": "E219 1-11",
    "mark drop extra": "E219 1-16",
    "bar 9": "E219 1-6 → 9",
    "bars 9": "E219 1-7 → 9",
    "bar 9 beat 3": "E219 1-13 → 9.3",
    "9/3": "E219 1-4 → 9.3",
    "1/0b": "E221 1-5",
    "1m90s": "E222 1-6 → 2m30s",
    ".5s": "E223 1-4 → 0.5s",
    "9.3+2": "E224 4-6 → 9.5",
    "9.3+3/2": "E224 4-8 → 9.4+1/2",
    "9+1/2": "E224 1-6 → 9.1+1/2",
    "9.3 + 1/2": "E224 1-10 → 9.3+1/2",
    "9.3+0.5": "E224 1-8 → 9.3+1/2",
    "9.3+0/2": "E224 4-8 → 9.3",
    "mark 9": "E225 6-7",
}


@pytest.mark.parametrize(("written", "position"), rows(POSITIONS))
def test_a_position(written: str, position: Position) -> None:
    check_value(read_position, written, position)


@pytest.mark.parametrize(("written", "refusal"), rows(REFUSED_POSITIONS))
def test_not_a_position(written: str, refusal: str) -> None:
    check_refusal(read_position, written, refusal)


@given(any_position())
def test_a_position_is_spelled_as_it_is_read(position: Position) -> None:
    check_value(read_position, spelling.render_position(position), position)


@given(any_position())
def test_a_position_has_one_spelling(position: Position) -> None:
    written = spelling.render_position(position)
    assert spelling.render_position(read(read_position, written)[0]) == written
