from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.core.timebase import Meter
from sequencer.language.interchange import reaper
from sequencer.language.interchange.imported import ImportOptions, UnreadableError
from tests.support.imports import body, imported
from tests.support.timed_files import REAPER_CLOCK, REAPER_MEASURES

HEADER = b"#,Name,Start,End,Length\n"


def test_measures_are_exact_positions() -> None:
    found = imported(REAPER_MEASURES, "reaper", bpm=Fraction(120))
    assert "clock 120 bpm, 4/4\n" in found.text
    assert body(found) == (
        "section verse 8 bars {  # R1, line 2\n  at 5.3+1/2 mark drop  # line 3\n}"
    )
    assert found.summary == "kept 2, rounded 0, dropped 0"


def test_measures_need_a_tempo() -> None:
    with pytest.raises(UnreadableError, match="the list has no tempo") as raised:
        reaper.read(REAPER_MEASURES, ImportOptions())
    assert raised.value.hint == "add the tempo of the project: --bpm 120 --meter 4/4"
    assert raised.value.place == ":2"


def test_minutes_and_seconds_stay_seconds_and_colours_are_dropped() -> None:
    found = imported(REAPER_CLOCK, "reaper")
    assert body(found) == (
        "section gap-1 1.5s {\n}\n"
        "section verse-soft 14.85s {  # verse, soft, R1, line 2\n"
        "  # dropped: the colour FF0000 of R1, line 2\n"
        "  at 3.75s mark drop  # line 3\n}"
    )
    assert found.summary == "kept 2, rounded 0, dropped 1 (colours)"


def test_seconds_become_bars_with_a_tempo() -> None:
    found = imported(
        HEADER + b"M1,,16.5,,\nM2,x,1:00:02.000,,\n", "reaper", bpm=Fraction(60), meter=Meter(3, 4)
    )
    assert "at 6.2+1/2 mark m1  # line 2\n" in found.text
    assert "at 1201.3 mark x  # line 3\n" in found.text


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (b"M1,x,16,,\n", "16 could be samples or seconds"),
        (b"M1,x,5.5.00,,\n", "a bar of 4/4 has no beat 5"),
        (b"M1,x,-1.1.00,,\n", "bars count from 1"),
        (b"M1,x,1.1.00,,\nM2,x,0:03.0,,\n", "some times are measures"),
        (b"Q1,x,1.5,,\n", "'Q1' is not the number of a marker"),
        (b"R1,x,2.5,1.5,\n", "ends before it begins"),
        (b"R1,x,2.5,,\n", "is not a time such as"),
        (b"M1,x\n", "a row has a number, a name"),
        (b'M1,"x,1.5,,\n', "this row cannot be read"),
        (b"", "no region and no marker"),
    ],
)
def test_a_wrong_row_is_an_error_at_its_line(rows: bytes, message: str) -> None:
    with pytest.raises(UnreadableError, match=message) as raised:
        reaper.read(HEADER + rows, ImportOptions(bpm=Fraction(120)))
    assert raised.value.hint
    assert raised.value.place.startswith(":") or not rows


def test_the_number_of_rows_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaper, "MAX_ENTRIES", 2)
    with pytest.raises(UnreadableError, match="more than 2 rows"):
        reaper.read(HEADER + b"M1,x,1.5,,\n" * 3, ImportOptions())


def test_only_the_header_of_the_list_is_recognised() -> None:
    assert reaper.recognise(b'\xef\xbb\xbf#,"Name",Start,End,Length,Color\r\n')
    assert not reaper.recognise(b"id,prompt_index,prompt\n")
    with pytest.raises(UnreadableError, match="the first line must be"):
        reaper.read(b"a,b\n1,2\n", ImportOptions())
