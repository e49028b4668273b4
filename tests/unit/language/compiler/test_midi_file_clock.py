"""The time of a MIDI file as sections use it: in windows that begin at any quarter."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.timebase import Meter, TempoChange
from sequencer.language.compiler.midi_file_clock import (
    MIN_WINDOW_QUARTERS,
    estimate_window,
    extract_part,
)
from sequencer.language.score import Duration, Unit
from tests.support.compiler_passes import passed, score_of, song_time

SONG = song_time({0: 120, 4: 60, 10: 90}, {0: (4, 4), 8: (3, 4), 14: (2, 4)})


def changes(tempos: tuple[TempoChange, ...]) -> dict[int, int]:
    """Return the tempi by quarter."""
    return {int(one.quarter): int(one.bpm) for one in tempos}


@pytest.mark.parametrize(
    ("quarter", "tempos", "meters", "broken"),
    [
        (0, {0: 120, 4: 60, 10: 90}, {0: (4, 4), 2: (3, 4), 4: (2, 4)}, None),
        (4, {0: 60, 6: 90}, {0: (4, 4), 1: (3, 4), 3: (2, 4)}, None),
        (8, {0: 60, 2: 90}, {0: (3, 4), 2: (2, 4)}, None),
        (10, {0: 90}, {0: (3, 4)}, 4),
        (5, {0: 60, 5: 90}, {0: (4, 4)}, 3),
        (14, {0: 90}, {0: (2, 4)}, None),
        (99, {0: 90}, {0: (2, 4)}, None),
    ],
)
def test_a_part(
    quarter: int, tempos: dict[int, int], meters: dict[int, tuple[int, int]], broken: int | None
) -> None:
    part = extract_part(SONG, Fraction(quarter))
    assert changes(part.tempos) == tempos
    assert dict(part.meters) == {bar: Meter(*meter) for bar, meter in meters.items()}
    assert (part.broken, part.is_whole) == (broken, True)


@pytest.mark.parametrize(
    ("window", "tempos", "bars", "is_whole"),
    [
        (4, [0], [0], False),
        (5, [0, 4], [0], False),
        (9, [0, 4], [0, 2], False),
        (14, [0, 4, 10], [0, 2], False),
        (15, [0, 4, 10], [0, 2, 4], True),
    ],
)
def test_a_window_holds_what_begins_in_it(
    window: int, tempos: list[int], bars: list[int], is_whole: bool
) -> None:
    part = extract_part(SONG, Fraction(0), Fraction(window))
    assert (list(changes(part.tempos)), [bar for bar, _ in part.meters], part.is_whole) == (
        tempos,
        bars,
        is_whole,
    )


@pytest.mark.parametrize(
    ("length", "tempos", "bars"), [(4, 1, 1), (5, 2, 1), (8, 2, 1), (9, 2, 2), (20, 3, 3)]
)
def test_what_is_kept_of_a_part(length: int, tempos: int, bars: int) -> None:
    part = extract_part(SONG, Fraction(0))
    assert len(part.tempo_until(Fraction(length)).segments) == tempos
    assert len(part.meters_until(Fraction(length)).changes) == bars


@pytest.mark.parametrize(
    ("duration", "window"),
    [
        (None, MIN_WINDOW_QUARTERS),
        (Duration(Fraction(1), Unit.BARS), MIN_WINDOW_QUARTERS),
        (Duration(Fraction(100), Unit.BARS), 800),
        (Duration(Fraction(100), Unit.BEATS), 200),
        (Duration(Fraction(100), Unit.SECONDS), 400),
    ],
    ids=["none", "short", "bars", "beats", "seconds"],
)
def test_the_first_window_is_about_twice_the_length(duration: Duration | None, window: int) -> None:
    assert estimate_window(duration, SONG) == window


@given(st.integers(0, 30), st.integers(1, 40))
def test_a_window_never_changes_what_it_holds(quarter: int, window: int) -> None:
    whole, part = (
        extract_part(SONG, Fraction(quarter)),
        extract_part(SONG, Fraction(quarter), Fraction(window)),
    )
    assert part.tempos == whole.tempos[: len(part.tempos)]
    assert part.meters == whole.meters[: len(part.meters)]
    assert part.broken in (None, whole.broken)


def test_a_block_for_each_pass_with_those_that_are_not_played_at_the_end() -> None:
    sections = "".join(f'section {name} 1 bar {{\n  at 1 "A"\n}}\n' for name in "abc")
    found = passed(score_of(f'clock file "s.mid"\n{sections}play c*2 a\n', song=SONG))
    assert [block.name for block in found.resolved.blocks] == ["c", "c", "a", "b"]
    assert found.resolved.order == (0, 1, 2)
    assert [(one.section, one.occurrence, one.seconds) for one in found.schedule.stretches] == [
        ("c", 1, 2),
        ("c", 2, 4),
        ("a", 1, Fraction(2) + Fraction(2, 3)),
    ]


def test_maps_end_with_their_section() -> None:
    found = passed(score_of('clock file "s.mid"\nsection a 1 bar {\n  at 1 "A"\n}\n', song=SONG))
    (stretch,) = found.schedule.stretches
    assert stretch.tempo is not None
    assert stretch.meters is not None
    assert (len(stretch.tempo.segments), len(stretch.meters.changes)) == (1, 1)
