"""How values are written: the one spelling of each, and what no score can express."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.core.timebase import Meter, Snap
from sequencer.language.notations import print_score
from sequencer.language.score import (
    AtBar,
    AtTick,
    ClockKind,
    ClockLine,
    Duration,
    GridLine,
    Header,
    PlayItem,
    Position,
    Score,
    SoundLine,
    StageName,
    SuperResolution,
    Together,
    Unit,
)
from sequencer.language.spec import SETTINGS
from sequencer.language.values import writing as spelling
from sequencer.language.values.amounts import read_duration
from tests.support.value_tables import check_value


@pytest.mark.parametrize(
    ("value", "unit", "long", "short"),
    [
        ("1", Unit.BARS, "1 bar", "1bar"),
        ("8", Unit.BARS, "8 bars", "8bar"),
        ("1/2", Unit.BARS, "1/2 bar", "1/2bar"),
        ("3/2", Unit.BEATS, "3/2 beats", "3/2b"),
        ("1", Unit.BEATS, "1 beat", "1b"),
        ("2", Unit.CHUNKS, "2c", "2c"),
        ("96", Unit.FRAMES, "96f", "96f"),
        ("7/20", Unit.SECONDS, "350ms", "350ms"),
        ("1/1000", Unit.SECONDS, "1ms", "1ms"),
        ("1", Unit.SECONDS, "1s", "1s"),
        ("25/2", Unit.SECONDS, "12.5s", "12.5s"),
        ("60", Unit.SECONDS, "1m0s", "1m0s"),
        ("181/2", Unit.SECONDS, "1m30.5s", "1m30.5s"),
        ("1/3", Unit.SECONDS, "1/3s", "1/3s"),
        ("1/8000", Unit.SECONDS, "0.000125s", "0.000125s"),
        ("1/10000000000", Unit.SECONDS, "0.0000001ms", "0.0000001ms"),
        ("1/3000000000", Unit.SECONDS, "1/3000000ms", "1/3000000ms"),
    ],
)
def test_amounts(value: str, unit: Unit, long: str, short: str) -> None:
    amount = Duration(Fraction(value), unit)
    assert (spelling.render_duration(amount), spelling.render_duration(amount, short=True)) == (
        long,
        short,
    )
    check_value(read_duration, long, amount)


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        ("1/100000000000000000001", Unit.SECONDS),
        ("1/9999999999", Unit.BEATS),
        ("1/9999999999", Unit.BARS),
    ],
)
def test_what_has_too_many_digits(value: str, unit: Unit) -> None:
    with pytest.raises(ValueError, match="more digits than a score can hold"):
        spelling.render_duration(Duration(Fraction(value), unit))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("24", "24"),
        ("2997/125", "23.976"),
        ("960/11", "960/11"),
        ("1/1000000000", "0.000000001"),
        ("1/3", "1/3"),
        ("0", "0"),
    ],
)
def test_numbers(value: str, text: str) -> None:
    assert spelling.render_number(Fraction(value)) == text


@pytest.mark.parametrize("value", ["1/9999999999", "-1", "-1/3", "100000001/3"])
def test_what_is_no_number_of_a_score(value: str) -> None:
    with pytest.raises(ValueError, match="more digits than a score can hold"):
        spelling.render_number(Fraction(value))


@pytest.mark.parametrize(
    ("position", "text"),
    [
        (AtBar(9), "9"),
        (AtBar(9, 3), "9.3"),
        (AtBar(9, 1, Fraction(1, 2)), "9.1+1/2"),
        (AtTick(9, 3, 0), "9:3:0"),
    ],
)
def test_positions(position: Position, text: str) -> None:
    assert spelling.render_position(position) == text


def test_a_header_has_its_values_in_the_usual_order() -> None:
    whole = Header(
        title="T",
        model="helios",
        clock=ClockLine(kind=ClockKind.BPM, bpm=Fraction(120), meter=Meter(3, 4)),
        sound=SoundLine("song.wav", Fraction(25, 2)),
        grid=GridLine(),
        snap=Snap.CEIL,
        lead=3,
        late="drop",
        seed=9,
        sr=SuperResolution.X4,
        middle="C4",
        stages=(StageName("left"), StageName("right")),
        together=Together(16),
    )
    values = [(row.keyword, row.write(getattr(whole, row.field))) for row in SETTINGS]
    assert values == [
        ("score", "T"),
        ("clock", "120 bpm, 3/4"),
        ("sound", '"song.wav" from 12.5s'),
        ("grid", "33 frames @ 24 fps"),
        ("snap", "ceil"),
        ("lead", "3c"),
        ("late", "drop"),
        ("seed", "9"),
        ("sr", "4x"),
        ("middle", "C4"),
        ("model", "helios"),
        ("stages", "left, right"),
        ("together", "realign 16c"),
    ]
    assert print_score(Score(header=Header(title="T", seed=0)), "text") == 'score "T"\nseed 0\n'


def test_an_order() -> None:
    assert spelling.render_play((PlayItem("a"), PlayItem("b", 2), PlayItem("a", 1))) == "a b*2 a"


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 5, [""]),
        ("a b c", 9, ["a b c"]),
        ("aa bb cc", 5, ["aa bb", "cc"]),
        ("aa bb cc", 4, ["aa", "bb", "cc"]),
        ("aa  bb cc", 3, ["aa  bb", "cc"]),
        ("aaaaaaaa bb", 3, ["aaaaaaaa", "bb"]),
        ("aaaaaaaa", 3, ["aaaaaaaa"]),
    ],
)
def test_texts_are_broken_at_single_spaces(text: str, width: int, lines: list[str]) -> None:
    assert spelling.wrap_text(text, width) == lines
    assert " ".join(lines) == text
