"""The second pass: every cue of a block gets its exact local time."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.diagnostics import MAX_KEPT
from sequencer.core.timebase import Meter
from sequencer.core.wide_numbers import ordering
from sequencer.language.score import SongTime
from sequencer.schedule.model import Mark
from tests.support.compiler_passes import passed, score_of, song_time

BEATS = "clock 120 bpm, 4/4\n"
"""Two quarters a second, so that a bar lasts two seconds."""


def cues(text: str) -> list[tuple[str, str]]:
    """Return the label and the seconds of every cue that has a position."""
    found = passed(text)
    assert found.codes == []
    return [(cue.label, str(cue.seconds)) for cue in found.only_block.cues]


def times(text: str) -> list[str]:
    """Return the seconds of every cue that has a position."""
    return [seconds for _, seconds in cues(text)]


# ---- positions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("position", "label", "seconds"),
    [
        ("1", "1.1", "0"),
        ("3", "3.1", "4"),
        ("2.3", "2.3", "3"),
        ("2.3+1/2", "2.3+1/2", "13/4"),
        ("2:3:240", "2.3+1/2", "13/4"),
        ("1:1:1", "1.1+1/480", "1/960"),
        ("9b", "3.2", "9/2"),
        ("1/2b", "1.1+1/2", "1/4"),
        ("12.5s", "12.5s", "25/2"),
        ("350ms", "0.35s", "7/20"),
        ("1m30s", "90s", "90"),
        ("4c", "4c", "11/2"),
        ("33f", "33f", "11/8"),
        ("1f", "1f", "1/24"),
        ("+2bar", "3.1", "4"),
        ("+3b", "1.4", "3/2"),
        ("+1s", "1s", "1"),
        ("+2c", "2.75s", "11/4"),  # chunks after a beat are seconds
    ],
)
def test_a_position_alone(position: str, label: str, seconds: str) -> None:
    assert cues(f"{BEATS}at {position} sr 4x\nend 999\n") == [(label, seconds)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(["at 2 sr 4x", "at +1b sr 4x"], ["2", "5/2"], id="beat-after-a-bar"),
        pytest.param(
            ["at 2 sr 4x", "at +1bar sr 4x", "at +1bar sr 4x"], ["2", "4", "6"], id="chain"
        ),
        pytest.param(
            ["at 3 sr 4x", "at 1 sr 4x", "at +1b sr 4x"],
            ["0", "1/2", "4"],
            id="after-the-previous-at",
        ),
        pytest.param(
            ["at 2 sr 4x", "every 4 bars sr 4x", "at +1b sr 4x"],
            ["0", "2", "5/2", "8"],
            id="not-after-an-every",
        ),
        pytest.param(["at 2 sr 4x", "at +1.5s sr 4x"], ["2", "7/2"], id="seconds-after-a-bar"),
        pytest.param(["at 3s sr 4x", "at +1b sr 4x"], ["3", "7/2"], id="beat-after-seconds"),
        pytest.param(["at 2c sr 4x", "at +2c sr 4x"], ["11/4", "11/2"], id="chunks-after-chunks"),
        pytest.param(
            ["at 2.2+1/2 sr 4x", "at +1bar sr 4x"],
            ["11/4", "19/4"],
            id="bar-after-a-part-of-a-beat",
        ),
        pytest.param(["at 2 sr 4x", "at +1/2bar sr 4x"], ["2", "3"], id="part-of-a-bar"),
        pytest.param(["at mark m sr 4x", "at 3 mark m"], ["4", "4"], id="mark-set-later"),
        pytest.param(
            ["at 3 mark m", "at mark m +1bar sr 4x", "at +1b sr 4x"],
            ["4", "6", "13/2"],
            id="after-a-mark",
        ),
        pytest.param(
            ["every 2 bars from mark m sr 4x", "at 4.3 mark m"],
            ["7", "7", "11", "15"],
            id="every-from-a-mark",
        ),
        pytest.param(
            ["at 2 sr 4x", "every 3 bars from +1b sr 4x"],
            ["2", "5/2", "17/2", "29/2"],
            id="every-from-a-relative",
        ),
    ],
)
def test_positions_that_count_from_others(lines: list[str], expected: list[str]) -> None:
    assert times(BEATS + "\n".join(lines) + "\nend 9\n") == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(["at 1.5 sr 4x"], ["E401 2:4"], id="beat-that-the-bar-lacks"),
        pytest.param(
            ["at 3 meter 3/4", "at 3.4 sr 4x"], ["E401 3:4"], id="beat-that-a-later-bar-lacks"
        ),
        pytest.param(["at 3 meter 5/4", "at 3.5 sr 4x"], [], id="beat-that-a-later-bar-has"),
        pytest.param(["at 3 meter 3/4", "at 2.4 sr 4x"], [], id="beat-of-the-bar-before-a-change"),
        pytest.param(
            ["at 3 meter 5/4", "at 2.5 sr 4x"],
            ["E401 3:4"],
            id="beat-that-the-bar-before-a-change-lacks",
        ),
        pytest.param(["at mark m sr 4x"], ["E412 2:4"], id="unknown-mark"),
        pytest.param(["at 1 mark m", "at 2 mark m"], ["E410 3:6"], id="mark-twice"),
        pytest.param(["at mark n mark m", "at mark m mark n"], ["E411 2:4"], id="circle"),
        pytest.param(["at mark m mark m"], ["E411 2:4"], id="circle-of-one"),
        pytest.param(
            ["at mark m sr 2x", "at 2 sr 4x", "at +1b mark m"], [], id="mark-after-a-relative"
        ),
        pytest.param(["at 9 sr 4x"], ["E415 2:4"], id="at-the-end"),
        pytest.param(["at 8.4+9/10 sr 4x"], [], id="just-before-the-end"),
        pytest.param(["at 16s sr 4x"], ["E415 2:4"], id="at-the-end-in-seconds"),
        pytest.param(
            ["every 9 bars sr 4x", "every 1 bar from 9 sr 2x"],
            ["E415 3:18"],
            id="every-from-the-end",
        ),
        pytest.param(["every 2 beats sr 4x"], ["E413 2:7"], id="denser-than-a-chunk"),
        pytest.param(["every 3 beats sr 4x"], [], id="not-denser-than-a-chunk"),
        pytest.param(["every 1c sr 4x"], [], id="every-chunk"),
        pytest.param(["every 32f sr 4x"], ["E413 2:7"], id="denser-in-frames"),
        pytest.param(["every 2 beats midi program 1"], [], id="messages-may-be-dense"),
        pytest.param(["every 1/32768b midi program 1"], ["E414 2:7"], id="too-many-cues"),
    ],
)
def test_what_is_reported_and_where(lines: list[str], expected: list[str]) -> None:
    text = BEATS + "\n".join(lines) + "\nend 9\n"
    found = passed(text)
    codes = [
        code for code in found.codes if not (code.startswith("E415") and expected == ["E414 2:7"])
    ]
    assert codes == expected


@pytest.mark.parametrize(
    ("line", "code", "fix"),
    [
        ("at 1.5 sr 4x", "E401", "2.1"),
        ("at 2.7+1/2 sr 4x", "E401", "3.3+1/2"),
        ("at 2:7:240 sr 4x", "E401", "3.3+1/2"),
        ("every 2 beats sr 4x", "E413", "3b"),
        ("every 1f sr 4x", "E413", "1c"),
        ("every 1f midi program 1, sr 4x", "E413", "1c"),
        ("at 3 meter 3/8, sr 4x\nevery 3b from 3 sr 2x", "E413", "6b"),
        ("at mark drup sr 4x\nat 2 mark drop", "E412", "mark drop"),
        ("at 9 sr 4x", "E415", "10"),
        ("at 9.2 sr 4x", "E415", "10"),
    ],
)
def test_replacements(line: str, code: str, fix: str) -> None:
    (fault,) = passed(f"{BEATS}{line}\nend 9\n").faults.diagnostics
    assert (fault.code, [one.text for one in fault.fixes]) == (code, [fix])


@pytest.mark.parametrize(
    ("head", "position", "message", "fix"),
    [
        ("8 bars", "9", "this position is at or after the end of the section a (8 bars)", "9 bars"),
        ("1 bar", "3", "this position is at or after the end of the section a (1 bar)", "3 bars"),
        ("1 beat", "2", "this position is at or after the end of the section a (1 beat)", "5b"),
        ("4c", "4c", "this position is at or after the end of the section a (4 chunks)", "5c"),
    ],
)
def test_a_cue_at_the_end_of_a_section(head: str, position: str, message: str, fix: str) -> None:
    (fault,) = passed(f"{BEATS}section a {head} {{\n  at {position} sr 4x\n}}\n").faults.diagnostics
    assert (fault.code, fault.message, [one.text for one in fault.fixes]) == (
        "E415",
        message,
        [fix],
    )


def test_once_there_are_enough_faults_no_replacement_is_worked_out() -> None:
    lines = "at 99 sr 4x\n" * (MAX_KEPT + 5) + "every 1f sr 4x\n"
    found = passed(f"{BEATS}{lines}end 9\n").faults
    assert found.count == MAX_KEPT + 6
    assert found.dropped == 6


def test_tempi_with_too_little_in_common_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times too long to write out are reported once, at the tempo that causes them."""
    monkeypatch.setattr("sequencer.language.compiler.tempo_changes.MAX_TIME_BITS", 21)
    # 120 × 101 × 103 has 21 bits
    lines = "at 2 tempo 101\nat 3 tempo 103\nat 4 tempo 107\nat 5 tempo 109\n"
    assert passed(f"{BEATS}{lines}end 9\n").codes == ["E420 4:6"]


def test_an_unknown_position_costs_only_its_cue() -> None:
    found = passed(f"{BEATS}at 1.5 sr 4x\nat +1b sr 4x\nat 2 sr 2x\nend 9\n")
    assert found.codes == ["E401 2:4"]
    assert [cue.label for cue in found.only_block.cues] == ["2.1"]


def test_a_long_chain_of_relative_positions_is_followed_without_recursion() -> None:
    lines = "at mark m sr 4x\n" + "at +1bar sr 4x\n" * 3_000 + "at 1 mark m\n"
    found = passed(f"{BEATS}{lines}end 4000\n")
    assert found.codes == []
    assert found.only_block.cues[-1].label == "3001.1"


@given(
    st.lists(
        st.sampled_from(["3", "2.2", "+1b", "+2s", "5s", "2c", "mark m", "mark m +1bar"]),
        max_size=8,
    )
)
def test_cues_are_sorted_by_time_and_then_by_source(positions: list[str]) -> None:
    lines = [f"at {position} sr 4x" for position in positions]
    found = passed(f"{BEATS}at 2.3 mark m\n" + "\n".join(lines) + "\nend 99\n")
    assert found.codes == []
    placed = found.only_block.cues
    assert len(placed) == len(positions) + 1
    keys = [(ordering(cue.seconds), cue.span.line) for cue in placed]
    assert keys == sorted(keys)


# ---- meters and tempo ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "changes"),
    [
        pytest.param(["at 3 meter 3/4"], {2: (3, 4)}, id="by-bar"),
        pytest.param(["at 3:1:0 meter 3/4"], {2: (3, 4)}, id="by-tick"),
        pytest.param(["at 8b meter 3/4"], {2: (3, 4)}, id="by-beats"),
        pytest.param(
            ["at 3 meter 3/4", "at +2bar meter 7/8"], {2: (3, 4), 4: (7, 8)}, id="relative"
        ),
        pytest.param(
            ["at 14b meter 7/8", "at 3 meter 3/4"],
            {2: (3, 4), 4: (7, 8)},
            id="beats-after-a-bar-below",
        ),
        pytest.param(
            ["at 5 meter 7/8", "at 3 meter 3/4"], {2: (3, 4), 4: (7, 8)}, id="bars-in-any-order"
        ),
        pytest.param(["at mark m meter 3/4", "at 3 mark m"], {2: (3, 4)}, id="by-mark"),
        pytest.param(["at 1 meter 3/4"], {0: (3, 4)}, id="at-the-start"),
    ],
)
def test_meters(lines: list[str], changes: dict[int, tuple[int, int]]) -> None:
    found = passed(BEATS + "\n".join(lines) + "\nend 99\n")
    assert found.codes == []
    meters = found.only_block.meters
    assert meters is not None
    assert dict(meters.changes) == {0: Meter(4, 4)} | {
        bar: Meter(*meter) for bar, meter in changes.items()
    }


def test_bars_are_as_long_as_their_meters() -> None:
    text = (
        f"{BEATS}at 3 meter 3/4\nat 5 meter 7/8\nat 4 sr 4x\nat 6.3 sr 2x\nat 1 sr off\nat +5bar "
        "sr off\nend 9\n"
    )
    assert cues(text) == [
        ("1.1", "0"),
        ("3.1", "4"),
        ("4.1", "11/2"),
        ("5.1", "7"),
        ("6.1", "35/4"),
        ("6.3", "37/4"),
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(["at 3.2 meter 3/4"], ["E408 2:8"], id="inside-a-bar"),
        pytest.param(["at 3:1:1 meter 3/4"], ["E408 2:10"], id="a-tick-inside"),
        pytest.param(["at 9b meter 3/4"], ["E408 2:7"], id="inside-a-bar-by-beats"),
        pytest.param(["at 2s meter 3/4"], ["E403 2:7"], id="in-seconds"),
        pytest.param(["at 2s sr 4x", "at +1bar meter 3/4"], ["E403 3:4"], id="after-seconds"),
        pytest.param(["at 2c tempo 90"], ["E403 2:7"], id="tempo-in-chunks"),
        pytest.param(["at 20b meter 3/4", "at 8b meter 4/4"], [], id="not-moved-by-one-below"),
        pytest.param(["at +4bar meter 3/4", "at 2 meter 3/4"], [], id="relative-to-the-start"),
        pytest.param(
            ["at 1.7 mark m", "at mark m tempo 90"],
            ["E401 2:4"],
            id="tempo-at-a-place-that-does-not-exist",
        ),
        pytest.param(
            ["at 1 tempo 90 -> 120 over 1 bar", "at mark q tempo 60"],
            ["E412 3:4"],
            id="tempo-at-an-unknown-mark",
        ),
        pytest.param(
            ["at 16b meter 3/4", "at 4b meter 3/4"], ["E407 2:1"], id="moved-to-another-bar-line"
        ),
        pytest.param(
            ["at 16b meter 3/4", "at 4b meter 5/4"], ["E407 2:1"], id="moved-off-its-bar-line"
        ),
        pytest.param(
            ["at 5s sr 4x", "at 1 tempo 90 -> 120 over 2 bars", "at 5s sr 2x", "at +1b sr off"],
            ["E404 5:4"],
            id="ramp",
        ),
        pytest.param(
            ["at 1 tempo 90 -> 120 over 2 bars", "at 5 sr 2x", "at +1b sr off"],
            [],
            id="ramp-and-bars",
        ),
    ],
)
def test_changes_that_are_reported(lines: list[str], expected: list[str]) -> None:
    assert passed(BEATS + "\n".join(lines) + "\nend 99\n").codes == expected


@pytest.mark.parametrize(
    ("line", "bar_six"),
    [
        pytest.param("at 3 tempo 60", "16", id="change"),
        pytest.param("at 1 tempo 60 -> 120 over 1 bar", "11", id="ramp-in-bars"),
        pytest.param("at 1 tempo 60 -> 120 over 4 beats", "11", id="ramp-in-beats"),
        pytest.param("at 1 tempo 60 -> 120 over 3s", "11", id="ramp-in-seconds"),
        pytest.param("at 1 tempo 60 -> 120 over 72f", "11", id="ramp-in-frames"),
        pytest.param("at 3 tempo 60 -> 120 over 8b", "12", id="later-ramp"),
        pytest.param("at 1 tempo 60 -> 120 over 4 bars\nat 3 tempo 240", "10", id="ramp-cut-short"),
        pytest.param("at 3 tempo 60\nat 3 tempo 240", "7", id="last-of-two-at-one-place"),
        pytest.param("at 5 tempo 60\nat 3 tempo 240", "10", id="in-any-order"),
    ],
)
def test_tempi(line: str, bar_six: str) -> None:
    """Test when bar 6 begins, after twenty quarters."""
    assert times(f"{BEATS}{line}\nat 6 sr 4x\nend 99\n")[-1] == bar_six


# ---- lengths -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "seconds", "quarters"),
    [
        ("8 bars", "16", "32"),
        ("1/2 bar", "1", "2"),
        ("3 beats", "3/2", "3"),
        ("2c", "11/4", None),
        ("12.5s", "25/2", None),
        ("33f", "11/8", None),
    ],
)
def test_the_length_of_a_section(length: str, seconds: str, quarters: str | None) -> None:
    block = passed(f'{BEATS}section a {length} {{\n  at 1 "A"\n}}\n').only_block
    assert (str(block.seconds), None if block.quarters is None else str(block.quarters)) == (
        seconds,
        quarters,
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param(f"{BEATS}at 1 sr 4x\nend 9\n", "16", id="bar"),
        pytest.param(f"{BEATS}at 3 sr 4x\nend +1bar\n", "6", id="relative-to-the-last-at"),
        pytest.param(
            f"{BEATS}at 3 sr 4x\nevery 1 bar sr 2x\nend +1bar\n", "6", id="not-relative-to-an-every"
        ),
        pytest.param(f"{BEATS}at 3 mark m\nat 2 sr 2x\nend mark m +1bar\n", "6", id="mark"),
        pytest.param("at 4c sr 4x\n", "11", id="four-chunks-after-the-last-cue"),
        pytest.param("at 4c sr 4x\nat 2c sr 2x\n", "11", id="after-the-last-in-time"),
        pytest.param("snap floor\nat 6s sr 4x\n", "11", id="with-the-scores-snap"),
        pytest.param("snap ceil\nat 6s sr 4x\n", "99/8", id="with-the-scores-snap-up"),
        pytest.param("grid 30 frames @ 30 fps\nat 4c sr 4x\n", "8", id="on-the-scores-grid"),
        pytest.param("end 6c\n", "33/4", id="without-cues"),
    ],
)
def test_the_length_of_a_score_without_sections(text: str, seconds: str) -> None:
    found = passed(text)
    assert found.codes == []
    assert str(found.only_block.seconds) == seconds


def test_an_every_needs_an_end() -> None:
    found = passed("every 4c sr 4x\n")
    assert (found.codes, found.placed) == (["E406 1:1"], (None,))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("at 2 sr 4x\nat 3 sr 2x\n", ["E402 1:4"], id="bar-once"),
        pytest.param("at +1bar sr 4x\n", ["E402 1:4"], id="relative-bar"),
        pytest.param("at 0c meter 3/4\n", ["E402 1:7"], id="meter"),
        pytest.param("at 0c tempo 90\n", ["E409 1:7"], id="tempo"),
        pytest.param(
            'section a 9c, meter 3/4 {\n  at 0c "A"\n}\n', ["E405 1:15"], id="meter-of-a-section"
        ),
        pytest.param(
            'section a 4 bars, tempo 90 {\n  at 2 "A"\n}\n', [], id="a-section-with-a-tempo"
        ),
        pytest.param("clock mtc 25\nat 2 sr 4x\n", ["E402 2:4"], id="time-code"),
        pytest.param(
            "clock midi, nominal 120 bpm\nat 2 tempo 90\n", ["W401 2:6"], id="external-clock"
        ),
        pytest.param("clock mtc 25\nat 1s tempo 90\n", ["E409 2:7"], id="tempo-of-time-code"),
    ],
)
def test_scores_without_beats(text: str, expected: list[str]) -> None:
    assert passed(text).codes == expected


def test_marks_are_kept_with_their_positions() -> None:
    block = passed(f"{BEATS}at 3.2 mark m\nat 2s mark n\nend 9\n").only_block
    assert block.marks == (Mark("m", Fraction(9, 2), Fraction(9)), Mark("n", Fraction(2), None))


def test_a_sections_cut_comes_first() -> None:
    block = passed(f'{BEATS}section a 2 bars, cut seed 7 {{\n  at 1 "A"\n}}\n').only_block
    assert [
        (cue.label, str(cue.quarter), [type(act).__name__ for act in cue.acts])
        for cue in block.cues
    ] == [
        ("1.1", "0", ["CutAct"]),
        ("1.1", "0", ["ResolvedPrompt"]),
    ]


def test_a_sections_head_gives_it_a_tempo_and_a_meter() -> None:
    block = passed(f'{BEATS}section a 2 bars, tempo 60, meter 3/4 {{\n  at 2 "A"\n}}\n').only_block
    assert (str(block.seconds), [str(cue.seconds) for cue in block.cues]) == ("6", ["3"])


def test_a_ramp_in_a_head_lasts_the_section() -> None:
    for length, seconds in (("1 bar", "3"), ("3s", "3")):
        block = passed(
            f'{BEATS}section a {length}, tempo 60 -> 120 {{\n  at 1 "A"\n}}\n'
        ).only_block
        assert str(block.seconds) == seconds
        assert block.tempo is not None
        assert [60 / one.first for one in block.tempo.segments] == [60, 120]
        assert block.tempo.segments[0].length == 4


# ---- the time of a file --------------------------------------------------------------------------

SONG = song_time({0: 120, 8: 60}, {0: (4, 4), 8: (3, 4)})


@pytest.mark.parametrize(
    ("sections", "seconds", "quarters"),
    [
        pytest.param(["a 2 bars", "b 2 bars"], ["4", "6"], ["8", "6"], id="change-between"),
        pytest.param(["a 3 bars"], ["7"], ["11"], id="change-inside"),
        pytest.param(["a 4s", "b 1 bar"], ["4", "3"], [None, "3"], id="after-seconds"),
        pytest.param(["a 1 bar", "b 2 bars"], ["2", "5"], ["4", "7"], id="after-a-bar"),
    ],
)
def test_each_pass_has_the_time_of_the_file_where_it_plays(
    sections: list[str], seconds: list[str], quarters: list[str | None]
) -> None:
    text = 'clock file "song.mid"\n' + "".join(
        f'section {head} {{\n  at 1 "A"\n}}\n' for head in sections
    )
    found = passed(score_of(text, song=SONG))
    assert found.codes == []
    blocks = [block for block in found.placed if block is not None]
    assert [str(block.seconds) for block in blocks] == seconds
    assert [None if block.quarters is None else str(block.quarters) for block in blocks] == quarters


@pytest.mark.parametrize(
    ("text", "song", "expected"),
    [
        pytest.param(
            'section a 1 bar {\n  at 1 "A"\n}\n', None, ["E426 1:1"], id="file-not-looked-at"
        ),
        pytest.param(
            'section a 1 bar, tempo 90 {\n  at 1 "A"\n}\n',
            SONG,
            ["E427 2:18"],
            id="tempo-in-a-head",
        ),
        pytest.param(
            'section a 1 bar, meter 3/4 {\n  at 1 "A"\n}\n',
            SONG,
            ["E427 2:18"],
            id="meter-in-a-head",
        ),
        pytest.param(
            'section a 1 bar {\n  at 1 "A", meter 3/4\n}\n',
            SONG,
            ["E427 3:13"],
            id="meter-in-a-cue",
        ),
        pytest.param(
            'section a until go x, max 1 bar {\n  at 1 "A"\n}\n', SONG, ["E428 2:1"], id="live"
        ),
        pytest.param(
            'section a 1 bar {\n  at 1 "A"\n  on go x -> goto a\n}\n', SONG, ["E428 4:3"], id="goto"
        ),
        pytest.param(
            'section a 1 beat {\n  at 1 "A"\n}\nsection b 3 bars {\n  at 1 "B"\n}\n',
            SONG,
            ["E429 5:1"],
            id="broken",
        ),
        pytest.param(
            'section a 1 bar {\n  at 2 "A"\n}\nplay a*3\n',
            SONG,
            ["E415 3:6"],
            id="reported-once-for-all-passes",
        ),
    ],
)
def test_what_is_reported_of_a_file(text: str, song: SongTime | None, expected: list[str]) -> None:
    assert passed(score_of(f'clock file "song.mid"\n{text}', song=song)).codes == expected
