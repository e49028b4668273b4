"""The oracle is independent of the program, and right about small scores whose result can be
written down.
"""

from __future__ import annotations

import ast
from fractions import Fraction
from pathlib import Path

import pytest

from sequencer.events.codec import Event
from sequencer.events.events import (
    ChunkDone,
    ClockFitted,
    OperatorGo,
    Ready,
    Started,
    TransportChanged,
)
from sequencer.language.notations import reads
from sequencer.language.score import AtBar, Cue
from tests.simulation.agreeing import SECOND, after_stalls
from tests.simulation.oracle import course
from tests.simulation.oracle.course import Course
from tests.simulation.oracle.following import DELAY, ByClock
from tests.simulation.oracle.music import Music, Position
from tests.simulation.oracle.parts import Parts
from tests.simulation.oracle.wording import drawn

MAY_IMPORT = ("sequencer.language.score", "sequencer.events", "simulation.oracle")
CHUNK, FRAME = Fraction(11, 8), Fraction(1, 24)


def test_it_imports_nothing_of_what_it_checks() -> None:
    for path in Path(course.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert not name.startswith(("sequencer", "simulation")) or name.startswith(
                    MAY_IMPORT
                ), f"{path.name}: {name}"


def parts(text: str) -> Parts:
    return Parts(reads(text, file="one.score", folder=None))


@pytest.mark.parametrize(
    ("position", "seconds"),
    [
        ("1", 0), ("2.3", 3), ("3.1+1/2", Fraction(17, 4)), ("4:3:240", Fraction(29, 4)), ("20b", 10),
        ("12.5s", Fraction(25, 2)), ("11c", Fraction(121, 8)), ("396f", Fraction(33, 2)), ("+2 bars", 4),
    ],
)  # fmt: skip
def test_a_position_is_where_the_language_states(position: str, seconds: Fraction) -> None:
    score = parts(
        f'clock 120 bpm, 4/4\nsection one 16 bars {{\n  at 1 "One."\n  at {position} sr 4x\n}}\n'
    )
    assert max(deed.seconds for deed in score.play[0].deeds) == seconds


def test_a_ramp_is_linear_in_seconds_per_beat() -> None:
    score = parts(
        "clock 80 bpm, 4/4\nsection climb 4 bars "
        '{\n  at 1 "Up."\n  at 3 tempo 80 -> 120 over 2 bars\n}\n'
    )
    music = score.play[0].music
    assert score.play[0].seconds == 11
    assert [music.seconds_at(Fraction(quarter)) for quarter in (0, 8, 12, 16)] == [
        0,
        6,
        Fraction(139, 16) + Fraction(1, 16),
        11,
    ]
    assert abs(music.quarter_of(Fraction(35, 4)) - 12) < Fraction(1, 10**9)


def test_an_inherited_tempo_before_the_start_of_a_shorter_section_is_dropped() -> None:
    score = parts(
        'clock 120 bpm, 4/4\nsection one 4 bars {\n  at 1 "One."\n  at end -3 bars tempo 60\n}\n'
        "section two 2 bars like one {\n}\nsection three 3 bars like one {\n}\n"
    )
    assert [part.seconds for part in score.play] == [2 + 12, 4, 12]


def test_bars_and_beats_count_on_through_a_change_of_meter() -> None:
    text = (
        "clock 120 bpm, 4/4\nsection one 6 bars "
        '{\n  at 1 "One."\n  at 3 meter 3/4\n  at 4.2 sr 4x\n  at 11b sr off\n}\n'
    )
    assert [deed.quarter for deed in parts(text).play[0].deeds] == [0, 11, 12]


def test_a_random_choice_is_the_one_that_the_page_draws() -> None:
    page = ["Now it rains.", "Now it snows.", "Now lightning strikes."]
    quarters = (8, 24, 40, 56)
    found = [drawn(page, 7, f"one|1|q{quarter}", 0) for quarter in quarters]
    assert found == [
        "Now it rains.",
        "Now it snows.",
        "Now it rains.",
        "Now it snows.",
    ]  # docs/language.md, Random choice


def test_a_position_is_found_once_though_others_count_from_it() -> None:
    cues = tuple(Cue(AtBar(bar), ()) for bar in range(1, 4))
    music = Music(cues, None, None, bpm=Fraction(120), meter=(4, 4), chunk=CHUNK, frame=FRAME)
    assert [music.position(number) for number in range(3)] == [
        Position(Fraction(0)),
        Position(Fraction(4)),
        Position(Fraction(8)),
    ]


def course_of(text: str, *events: Event) -> Course:
    one = Course(parts(text))
    for event in events:
        one.handle(event)
    return one


def test_a_cut_on_the_first_chunk_holds_nothing_up_that_is_within_reach() -> None:
    """There is nothing to cut there: the cut only names a seed.

    What is `lead` chunks ahead is scheduled before the start.
    """
    text = 'lead 3c\nlate drop\nat 0c cut seed 7, "One."\nat 2c "Two."\nend 4c\n'
    looks = course_of(text, Ready(0), Started(1, 0)).looks(4)
    assert [looks[0, chunk].prompt for chunk in range(4)] == ["One.", "One.", "Two.", "Two."]
    assert looks[0, 0].seed == 7


def test_a_cue_of_a_pass_that_was_left_makes_the_score_no_longer_though_it_was_sent() -> None:
    text = (
        'lead 1c\nclock 120 bpm, 4/4\nsection one until go out, max 8 bars {\n'
        '  at 1 "One."\n  at 3 sr 4x, "Two."\n}\n'
    )  # fmt: skip
    until_sent = (Ready(0), Started(1, 0), ChunkDone(2, 0, 33, "One."), ChunkDone(3, 1, 66, "One."))
    assert course_of(text, *until_sent).end == 12
    left = course_of(text, *until_sent, OperatorGo(4, "out"))
    assert [one.fate for one in left.slots[3]] == ["left"]
    assert left.end == 3


@pytest.mark.parametrize(("error", "chunk"), [(10, 1), (13, 2)])
def test_a_position_within_the_clocks_error_of_a_boundary_counts_as_on_it(
    error: int, chunk: int
) -> None:
    """4 s of the clock are 25 ms before the first frame of chunk 2; `floor` takes chunk 1."""
    seen_first = round(CHUNK * SECOND) + DELAY
    early = 25_000_000
    now = seen_first + round(2 * CHUNK * SECOND) - early - 4 * SECOND
    one = ByClock(parts('snap floor\nlead 1c\nclock mtc 24\nat 0s "One."\nat 4s "Two."\nend 9s\n'))
    for event in (
        Ready(0),
        TransportChanged(0, "start"),
        ClockFitted(0, 0.0, now, 1e-9, error * 1e6),
        Started(0, 0),
        ChunkDone(round(CHUNK * SECOND), 0, 33, "One."),
    ):
        one.handle(event)
    assert [number for number, line in one.slots.items() if line[0].does["prompt"] == "Two."] == [
        chunk
    ]


def test_only_ticks_near_a_stall_may_come_after_it() -> None:
    tick = SECOND // 50
    steady = [float(number * tick) for number in range(20)]
    wanted = [*steady, 9.0 * SECOND, 9.0 * SECOND + tick]
    assert after_stalls(steady, SECOND) == steady
    assert after_stalls(wanted, 0) == wanted, (
        "where all comes evenly the clock has sent them by then"
    )
    assert after_stalls(wanted, 2 * tick) == [*steady[:18], *2 * [9.0 * SECOND], *wanted[20:]]
