"""The fourth pass: exact times snap to chunks, stretches are put in sequence, takes are formed."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.timebase import ChunkGrid, Meter, Snap
from sequencer.schedule.model import DEFAULT_LEAD_CHUNKS, ClockSpec, Schedule
from tests.support.compiler_passes import passed, score_of, song_time

BEATS = "clock 120 bpm, 4/4\n"


def scheduled(text: str) -> Schedule:
    """Return the schedule of a score for which no pass reports anything."""
    found = passed(text)
    assert found.codes == []
    return found.schedule


@pytest.mark.parametrize(
    ("snap", "position", "chunk", "error"),
    [
        ("", "3", 3, "1/8"),
        ("snap nearest\n", "2", 1, "-5/8"),
        ("snap floor\n", "2", 1, "-5/8"),
        ("snap ceil\n", "2", 2, "3/4"),
        ("snap floor\n", "3", 2, "-5/4"),
        ("", "3 snap floor,", 2, "-5/4"),
        ("snap floor\n", "3 snap ceil,", 3, "1/8"),
        ("", "11/16s", 0, "-11/16"),  # exactly half a chunk: the earlier chunk
        ("", "33f", 1, "0"),
        ("snap ceil\n", "33f", 1, "0"),
        ("", "17f", 1, "2/3"),
        ("", "16f", 0, "-2/3"),
        ("grid 30 frames @ 30 fps\n", "3", 4, "0"),
        ("grid 33 frames @ 48 fps\n", "2", 3, "1/16"),
    ],
)
def test_chunks_and_errors(snap: str, position: str, chunk: int, error: str) -> None:
    (entry,) = scheduled(f"{snap}{BEATS}at {position} sr 4x\nend 99\n").entries
    assert (entry.chunk, entry.error) == (chunk, Fraction(error))


def test_an_entry_is_its_cue_on_a_chunk() -> None:
    schedule = scheduled(f'{BEATS}at 1 "A"\nat 3.2 snap ceil, "B"\nat 5s sr 4x\nend 9\n')
    found = [
        (one.id, one.place, one.offset, one.quarter, one.snap, one.chunk)
        for one in schedule.entries
    ]
    assert found == [
        (0, "1.1", 0, 0, Snap.NEAREST, 0),
        (1, "3.2", Fraction(9, 2), 9, Snap.CEIL, 4),
        (2, "5s", 5, None, Snap.NEAREST, 4),
    ]


def test_stretches_follow_each_other_and_ids_count_on() -> None:
    text = f"""{BEATS}section a 2 bars {{
  at 1 "A", midi program 1
  at 2 "B", midi program 2
}}
section b 3s {{
  at 1s "C", midi program 3
}}
play a b a
"""
    schedule = scheduled(text)
    assert [
        (one.index, one.section, one.occurrence, int(one.start), int(one.seconds))
        for one in schedule.stretches
    ] == [
        (0, "a", 1, 0, 4),
        (1, "b", 1, 4, 3),
        (2, "a", 2, 7, 4),
    ]
    assert [(one.latest, one.earliest, int(one.soonest)) for one in schedule.stretches] == [
        (0, 0, 0),
        (3, 3, 4),
        (5, 5, 7),
    ]
    assert [[entry.id for entry in one.entries] for one in schedule.stretches] == [
        [0, 1],
        [2],
        [3, 4],
    ]
    assert [[send.id for send in one.sends] for one in schedule.stretches] == [[0, 1], [2], [3, 4]]
    assert [entry.chunk for entry in schedule.entries] == [0, 1, 4, 5, 7]
    assert [send.offset for one in schedule.stretches for send in one.sends] == [0, 2, 1, 0, 2]
    assert schedule.end == 8


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ('at 0c "A"\nend 4c\n', 4),
        ('at 0c "A"\nend 34f\n', 2),
        ('at 0c "A"\nend 33f\n', 1),
        ('at 0c "A"\nat 2s sr 4x\nend 2001ms\n', 2),
        ('at 0c "A"\nat 2.7s sr 4x\nend 2.75s\n', 3),
        ('snap ceil\nat 0c "A"\nat 2.7s sr 4x\nend 2.75s\n', 3),
    ],
    ids=[
        "chunks",
        "begun-chunk",
        "whole-chunk",
        "before-the-last",
        "last-cue-on-the-end",
        "ceil-onto-the-end",
    ],
)
def test_the_end_holds_what_has_begun_and_the_last_cue(text: str, end: int) -> None:
    assert scheduled(text).end == end


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        pytest.param(
            "",
            (None, ChunkGrid(), Snap.NEAREST, DEFAULT_LEAD_CHUNKS, "shift", 0, "2x", "C3"),
            id="defaults",
        ),
        pytest.param(
            (
                'score "T"\ngrid 10 frames @ 25 fps\nsnap ceil\nlead 5c\nlate drop\nseed 9\nsr '
                "off\nmiddle C4\n"
            ),
            ("T", ChunkGrid(10, Fraction(25)), Snap.CEIL, 5, "drop", 9, "off", "C4"),
            id="written",
        ),
    ],
)
def test_the_header(head: str, expected: tuple[object, ...]) -> None:
    one = scheduled(f'{head}at 0c "A"\n')
    assert (
        one.title,
        one.grid,
        one.snap,
        one.lead,
        one.late,
        one.seed,
        one.sr,
        one.middle,
    ) == expected
    assert (one.takes[0].opening.seed, one.takes[0].opening.sr) == expected[5:7]


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("", ClockSpec(kind="chunks", bpm=None, meter=Meter(4, 4))),
        ("clock chunks", ClockSpec(kind="chunks", bpm=None, meter=Meter(4, 4))),
        ("clock 97.5 bpm, 3/4", ClockSpec(kind="bpm", bpm=Fraction(195, 2), meter=Meter(3, 4))),
        (
            'clock midi "P", 7/8, nominal 100 bpm',
            ClockSpec(kind="midi", bpm=Fraction(100), meter=Meter(7, 8), port="P"),
        ),
        ("clock link, nominal 90 bpm", ClockSpec(kind="link", bpm=Fraction(90), meter=Meter(4, 4))),
        (
            'clock mtc 29.97 "P"',
            ClockSpec(kind="mtc", bpm=None, meter=Meter(4, 4), port="P", rate="29.97"),
        ),
    ],
    ids=["none", "chunks", "bpm", "midi", "link", "mtc"],
)
def test_the_clock(clock: str, expected: ClockSpec) -> None:
    assert scheduled(f'{clock}\nat 0c "A"\n').clock == expected


def test_a_clock_from_a_file_begins_as_the_file_does() -> None:
    found = passed(
        score_of(
            'clock file "s.mid"\nat 0c "A"\nend 9c\n',
            song=song_time({0: 90, 4: 60}, {0: (3, 4), 6: (4, 4)}),
        )
    )
    assert found.schedule.clock == ClockSpec(
        kind="file", bpm=Fraction(90), meter=Meter(3, 4), file="s.mid"
    )


@pytest.mark.parametrize(
    ("head", "most", "soonest"),
    [
        pytest.param(
            "", "8 bars", "4", id="first-bar-line-in-reach"
        ),  # lead 2: chunk 2 begins at 2.75 s, bar 3 at 4 s
        pytest.param("lead 1c\n", "8 bars", "2", id="shorter-lead"),
        pytest.param("lead 9c\n", "8 bars", "12", id="longer-lead"),
        pytest.param("", "1 bar", "2", id="not-beyond-the-max"),
        pytest.param("lead 30c\n", "8 bars", "16", id="lead-beyond-the-max"),
    ],
)
def test_how_soon_a_live_section_can_be_left(head: str, most: str, soonest: str) -> None:
    text = (
        f'{head}{BEATS}section a until go x, max {most} {{\n  at 1 "A"\n}}\nsection b 1 bar {{\n  '
        f'at 1 "B"\n}}\n'
    )
    live, after = scheduled(text).stretches
    assert (int(live.soonest), live.earliest, live.latest) == (0, 0, 0)
    assert after.soonest == Fraction(soonest)
    assert after.start == live.seconds
    grid = ChunkGrid()
    assert after.earliest == grid.snap(after.soonest, Snap.NEAREST)
    assert after.latest == grid.snap(after.start, Snap.NEAREST)


@pytest.mark.parametrize(
    ("most", "soonest"), [("9c", "11/4"), ("1c", "11/8")], ids=["in-reach", "not-beyond-the-max"]
)
def test_without_beats_a_live_section_is_left_at_a_chunk(most: str, soonest: str) -> None:
    text = (
        f'section a until go x, max {most} {{\n  at 0c "A"\n}}\nsection b 2c {{\n  at 0c "B"\n}}\n'
    )
    assert scheduled(text).stretches[1].soonest == Fraction(soonest)


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from(["", "cut, ", "cut seed 5, "])),
        min_size=1,
        max_size=10,
    )
)
def test_takes_hold_every_entry_once_and_begin_at_the_cuts(cues: list[tuple[int, str]]) -> None:
    text = "".join(f'at {chunk}c {cut}"P{index}"\n' for index, (chunk, cut) in enumerate(cues))
    schedule = passed(f'at 0c "First"\n{text}end 50c\n').schedule
    ids = [
        number for take in schedule.takes for bundle in take.bundles for number in bundle.entries
    ]
    assert sorted(ids) == [entry.id for entry in schedule.entries]
    starts = [take.start for take in schedule.takes]
    assert starts == sorted({0} | {chunk for chunk, cut in cues if cut})
    for take, following in zip(schedule.takes, [*starts[1:], schedule.end], strict=True):
        assert all(take.start <= bundle.chunk < following for bundle in take.bundles)
        chunks = [bundle.chunk for bundle in take.bundles]
        assert chunks == sorted(set(chunks))
