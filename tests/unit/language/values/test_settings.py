"""What header lines, heads and actions contain: each row is one spelling with its value, or why it
is invalid.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sequencer.core.timebase import Meter, Snap
from sequencer.language.score import (
    ChangeTempo,
    Cut,
    Duration,
    GridLine,
    PlayItem,
    SuperResolution,
    Unit,
)
from sequencer.language.values import writing as spelling
from sequencer.language.values.fade import read_fade
from sequencer.language.values.play import read_pass, read_play
from sequencer.language.values.settings import (
    read_bpm,
    read_cut,
    read_fps,
    read_grid,
    read_late,
    read_lead,
    read_meter,
    read_middle,
    read_seed,
    read_snap,
    read_sr,
    read_strength,
    read_tempo,
)
from tests.support.strategies import seeds, tempi, tempo_changes
from tests.support.value_tables import Reader, check_refusal, check_value, read, shown

FOUR_BARS = Duration(Fraction(4), Unit.BARS)


def in_head(written: str, span: Any, faults: Any) -> ChangeTempo | None:
    """Read a tempo in a section's head."""
    return read_tempo(written, span, faults, in_head=True)


VALUES: list[tuple[Reader, dict[str, Any]]] = [
    (
        read_bpm,
        {
            "120": 120,
            "127.5": Fraction(255, 2),
            "960/11": Fraction(960, 11),
            "1": 1,
            "1000": 1000,
            "0120": 120,
        },
    ),
    (
        read_meter,
        {"4/4": Meter(4, 4), "7/8": Meter(7, 8), "64/64": Meter(64, 64), "1/1": Meter(1, 1)},
    ),
    (
        read_fps,
        {
            "24": 24,
            "23.976": Fraction(2997, 125),
            "24000/1001": Fraction(24000, 1001),
            "1": 1,
            "1000": 1000,
        },
    ),
    (
        read_grid,
        {
            "33 frames @ 24 fps": GridLine(33, Fraction(24)),
            "1 frame @ 1 fps": GridLine(1, Fraction(1)),
            "10000 frames@ 23.976 fps": GridLine(10_000, Fraction(2997, 125)),
            "12 frames @ 16 fps, first 9": GridLine(12, Fraction(16), 9),
            "12 frames @ 16 fps,first  1": GridLine(12, Fraction(16), 1),
            "12 frames @ 16 fps, first 12": GridLine(12, Fraction(16)),
        },
    ),
    (read_lead, {"2c": 2, "1c": 1, "1000c": 1000}),
    (read_strength, {"0.8": Fraction(4, 5), "0": 0, "1": 1, "1/3": Fraction(1, 3)}),
    (read_fade, {"1c": 1, "2c": 2, "99c": 99}),
    (read_seed, {"0": 0, "4271": 4271, "4294967295": 2**32 - 1}),
    (read_sr, {"off": SuperResolution.OFF, "2x": SuperResolution.X2, "4x": SuperResolution.X4}),
    (read_snap, {"nearest": Snap.NEAREST, "floor": Snap.FLOOR, "ceil": Snap.CEIL}),
    (read_late, {"shift": "shift", "drop": "drop"}),
    (read_middle, {"C3": "C3", "C4": "C4"}),
    (read_cut, {"cut": Cut(), "cut seed 9": Cut(9), "cut  seed  0": Cut(0)}),
    (
        read_tempo,
        {
            "96": ChangeTempo(Fraction(96)),
            "120 -> 132 over 4 bars": ChangeTempo(Fraction(120), Fraction(132), FOUR_BARS),
            "120->132  over 8s": ChangeTempo(
                Fraction(120), Fraction(132), Duration(Fraction(8), Unit.SECONDS)
            ),
        },
    ),
    (
        in_head,
        {"96": ChangeTempo(Fraction(96)), "120 -> 132": ChangeTempo(Fraction(120), Fraction(132))},
    ),
    (
        read_play,
        {
            "intro": (PlayItem("intro"),),
            "intro drop*2 x-1": (PlayItem("intro"), PlayItem("drop", 2), PlayItem("x-1")),
            "é a*10000": (PlayItem("é"), PlayItem("a", 10_000)),
        },
    ),
    (
        read_pass,
        {
            "a": PlayItem("a"),
            "a*2": PlayItem("a", 2),
            "a *1": PlayItem("a", 1),
            "ax2": PlayItem("ax2"),
        },
    ),
]

REFUSALS: list[tuple[Reader, dict[str, str]]] = [
    (
        read_bpm,
        {
            "": "E240 1-1",
            "fast": "E240 1-5",
            "0": "E240 1-2",
            "0.5": "E240 1-4",
            "1001": "E240 1-5",
            "120 bpm": "E240 1-8 → 120",
            "120BPM": "E240 1-7 → 120",
            "１２０": "E215 1-2 → 120",
            "127,5": "E203 4-5 → .",
            "1/0": "E221 1-4",
        },
    ),
    (
        read_meter,
        {
            "": "E241 1-1",
            "4": "E241 1-2",
            "waltz": "E241 1-6",
            "65/4": "E241 1-5",
            "0/4": "E241 1-4",
            "4/3": "E241 1-4",
            "3/0": "E241 1-4",
            "4/128": "E241 1-6",
            "4 / 4": "E241 1-6 → 4/4",
            "4:4": "E241 1-4 → 4/4",
        },
    ),
    (read_fps, {"": "E242 1-1", "0": "E242 1-2", "1001": "E242 1-5", "x": "E242 1-2"}),
    (
        read_grid,
        {
            "": "E249 1-1",
            "33 @ 24": "E249 1-8",
            "0 frames @ 24 fps": "E249 1-2",
            "10001 frames @ 24 fps": "E249 1-6",
            "33 frames @ 0 fps": "E242 13-14",
        },
    ),
    (
        read_lead,
        {
            "": "E250 1-1",
            "2s": "E250 1-3",
            "0c": "E250 1-3",
            "1001c": "E250 1-6",
            "2": "E250 1-2 → 2c",
            "0": "E250 1-2 → 1c",
            "9999": "E250 1-5 → 1000c",
            "2 chunks": "E250 1-9 → 2c",
            "２c": "E215 1-2 → 2c",
        },
    ),
    (
        read_strength,
        {
            "": "E243 1-1",
            "x": "E243 1-2",
            "-1": "E243 1-3",
            "1.1": "E243 1-4",
            "101%": "E243 1-5",
            "80%": "E243 1-4 → 0.8",
            "8 %": "E243 1-4 → 0.08",
            "100%": "E243 1-5 → 1",
            "0%": "E243 1-3 → 0",
            ".5": "E223 1-3 → 0.5",
        },
    ),
    (
        read_fade,
        {
            "": "E263 1-1",
            "x": "E263 1-2",
            "2": "E263 1-2 → 2c",
            "02c": "E263 1-4 → 2c",
            "2 c": "E263 1-4 → 2c",
            "2 chunks": "E263 1-9 → 2c",
            "0c": "E263 1-3",
            "100c": "E263 1-5",
            "1.5c": "E263 1-5",
            "-2c": "E263 1-4",
            "2 bars": "E263 1-7",
            "half a chunk": "E263 1-13",
            "２c": "E215 1-2 → 2c",
        },
    ),
    (
        read_seed,
        {
            "": "E244 1-1",
            "x": "E244 1-2",
            "1.5": "E244 1-4",
            "-2": "E244 1-3",
            "4294967296": "E244 1-11",
            "-1": "E245 1-3 → 1",
            "−1": "E245 1-3 → 1",
        },
    ),
    (
        read_sr,
        {
            "": "E246 1-1",
            "8x": "E246 1-3",
            "2": "E246 1-2 → 2x",
            "x4": "E246 1-3 → 4x",
            "ON": "E246 1-3 → 2x",
            "1x": "E246 1-3 → off",
        },
    ),
    (
        read_snap,
        {
            "": "E251 1-1",
            "up": "E251 1-3",
            "Ceil": "E251 1-5 → ceil",
            "round": "E251 1-6 → nearest",
            "flor": "E251 1-5 → floor",
        },
    ),
    (
        read_late,
        {"": "E252 1-1", "x": "E252 1-2", "skip": "E252 1-5 → drop", "Drop": "E252 1-5 → drop"},
    ),
    (
        read_middle,
        {"x": "E253 1-2", "c4": "E253 1-3 → C4", "60": "E253 1-3 → C3", "C5": "E253 1-3 → C4"},
    ),
    (
        read_cut,
        {
            "": "E258 1-1",
            "cuts": "E258 1-5",
            "cut seed": "E258 1-9",
            "cut 9": "E258 1-6 → cut seed 9",
            "cut 9999999999": "E258 1-15",
            "cut seed x": "E244 10-11",
        },
    ),
    (
        read_tempo,
        {
            "": "E254 1-1",
            "120 132": "E254 1-8",
            "120 over 4 bars": "E254 1-16 → 120",
            "120 -> 132": "E254 1-11 →  over 4 bars",
            "96 bpm": "E240 1-7 → 96",
            "120-140 over 1 bar": "E240 1-8 → 120 -> 140",
            "x -> 3 over 1b": "E240 1-2",
            "3 -> x over 1b": "E240 6-7",
            "120 -> 132 over x": "E201 17-18",
            "120 -> 132 over 0b": "E212 17-19",
        },
    ),
    (
        in_head,
        {"120 -> 132 over 4 bars": "E254 17-23", "120 over 3b": "E254 10-12", "x": "E240 1-2"},
    ),
    (
        read_play,
        {
            "": "E255 1-1",
            "9a": "E255 1-3 → a*9",
            "a*0": "E255 1-4 → a*1",
            "a*10001": "E255 1-8 → a*10000",
            "a*x": "E255 1-4",
            "a x 2": "E255 1-6 → a*2",
            "2x a": "E255 1-5 → a*2",
            "2 times a": "E255 1-10 → a*2",
            "b a x 2": "E255 3-8 → a*2",
            "a -> b": "E255 1-7 → a b",
            "[a, b]": "E255 1-7 → a b",
            "a; b*2": "E255 1-7 → a b*2",
            "intro drop * 2": "E255 7-15 → drop*2",
        },
    ),
    (
        read_pass,
        {
            "": "E255 1-1",
            "a b": "E255 1-4",
            "a*0": "E255 1-4 → a*1",
            "2*a": "E255 1-4 → a*2",
            "3a": "E255 1-3 → a*3",
        },
    ),
]


def _name(reader: Reader) -> str:
    return str(getattr(reader, "__name__", reader)).removeprefix("read_")


def all_rows(table: list[tuple[Reader, dict[str, Any]]]) -> list[Any]:
    """Return the parameters of a table by reader, with ids that consist of the reader's name and
    what is written.
    """
    return [
        pytest.param(reader, written, expected, id=f"{_name(reader)}-{written or 'empty'}")
        for reader, some in table
        for written, expected in some.items()
    ]


@pytest.mark.parametrize(("reader", "written", "value"), all_rows(VALUES))
def test_a_value(reader: Reader, written: str, value: object) -> None:
    check_value(reader, written, value)


@pytest.mark.parametrize(("reader", "written", "refusal"), all_rows(REFUSALS))
def test_no_value(reader: Reader, written: str, refusal: str) -> None:
    check_refusal(
        reader, written, refusal, chain=2
    )  # an unquoted word may need its number fixed next


@pytest.mark.parametrize(
    ("written", "items", "refusal"),
    [
        ("a, b", ("a", "b"), "E255 2-3 → "),
        ("2 a", ("a",), "E255 1-2"),
        ("a -b c", ("a", "c"), "E255 3-5"),
    ],
)
def test_what_can_be_read_of_an_order_is_kept(
    written: str, items: tuple[str, ...], refusal: str
) -> None:
    found, diagnostics = read(read_play, written)
    assert (found, shown(diagnostics)) == (tuple(PlayItem(name) for name in items), [refusal])


@given(tempi)
def test_a_tempo_is_spelled_as_it_is_read(bpm: Fraction) -> None:
    check_value(read_bpm, spelling.render_number(bpm), bpm)


@given(tempo_changes())
def test_a_change_of_tempo_is_spelled_as_it_is_read(change: ChangeTempo) -> None:
    check_value(read_tempo, spelling.render_tempo(change), change)


@given(tempo_changes(in_head=True))
def test_a_tempo_in_a_head_is_spelled_as_it_is_read(change: ChangeTempo) -> None:
    check_value(in_head, spelling.render_tempo(change), change)


@given(st.none() | seeds)
def test_a_cut_is_spelled_as_it_is_read(seed: int | None) -> None:
    check_value(read_cut, spelling.render_cut(Cut(seed)), Cut(seed))


@given(
    st.lists(
        st.builds(PlayItem, st.sampled_from(["a", "é", "x-1", "then"]), st.integers(1, 10_000)),
        min_size=1,
    )
)
@example([PlayItem("a", 2), PlayItem("then", 1)])
def test_an_order_is_spelled_as_it_is_read(items: list[PlayItem]) -> None:
    check_value(read_play, spelling.render_play(tuple(items)), tuple(items))
