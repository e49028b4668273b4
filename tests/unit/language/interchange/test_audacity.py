from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.core.timebase import Meter
from sequencer.language.interchange import audacity
from sequencer.language.interchange import imported as shared
from sequencer.language.interchange.imported import ImportOptions, UnreadableError
from tests.support.imports import body, imported
from tests.support.timed_files import AUDACITY


def test_regions_become_sections_and_points_marks_of_the_section_they_are_in() -> None:
    found = imported(AUDACITY, "audacity", title="Boat")
    assert found.text == (
        'score "Boat"\n\n'
        "section gap-1 350ms {\n"
        '  at 0s "Write here what gap-1 shows."\n'
        "  # dropped: frequencies 100.000000 to 200.000000 (line 2)\n"
        "}\n\n"
        "section verse-1 16s {  # Verse 1, line 1\n"
        "}\n\n"
        "section chorus 16s {  # line 4\n"
        '  at 0s "Write here what chorus shows."\n'
        "  at 0s mark drop  # line 3\n"
        "}\n"
    )
    assert found.summary == "kept 3, rounded 0, dropped 1 (frequencies)"
    assert found.notes == ()


def test_with_a_tempo_positions_are_counted_in_bars_exactly() -> None:
    found = imported(
        b"4.0\t8.0\tverse\n5.25\t5.25\tdrop\n",
        "audacity",
        bpm=Fraction(120),
        meter=Meter(3, 4),
    )
    assert "clock 120 bpm, 3/4\n" in found.text
    assert body(found) == (
        "section gap-1 8 beats {\n}\n"
        "section verse 8 beats {  # line 1\n"
        "  at 1.3+1/2 mark drop  # line 2\n}"
    )


def test_an_overlapping_region_becomes_a_mark_and_its_end_a_comment() -> None:
    found = imported(b"0\t10\tverse\n5\t12\tsolo\n3\t3\t\n", "audacity")
    assert body(found) == (
        "section verse 10s {  # line 1\n"
        "  at 3s mark l3  # line 3\n"
        "  # dropped: the end of solo, 12.000 s\n"
        "  at 5s mark solo  # line 2\n}"
    )
    assert found.summary == "kept 3, rounded 0, dropped 1 (ends of overlapping regions)"


def test_names_are_made_valid_and_unique_and_the_text_is_kept_in_a_comment() -> None:
    found = imported(b"1\t1\tDrop!\n2\t2\tdrop\n3\t3\t\xe2\x80\xa6\n", "audacity")
    assert "at 1s mark drop  # Drop!, line 1\n" in found.text
    assert "at 2s mark drop-2  # drop, line 2\n" in found.text
    assert "at 3s mark l3  # …, line 3\n" in found.text
    assert found.notes == (
        "the file does not state its end: the score ends 8.500 s after its beginning",
    )


def test_more_decimals_than_a_score_has_are_rounded_and_counted() -> None:
    found = imported(b"1.23456789012\t1.23456789012\tdrop\n", "audacity")
    assert "at 1.23456789s mark drop" in found.text
    assert found.summary == "kept 1, rounded 1 (at most 1 ms), dropped 0"
    assert found.worst_rounding == Fraction(12, 10**11)


def beats(distance: float, late: float = 0.0) -> bytes:
    times = [0.35 + distance * n + late * (n == 5) for n in range(16)]
    return "".join(f"{time:.6f}\t{time:.6f}\t\n" for time in times).encode()


def test_evenly_spaced_points_suggest_a_tempo_and_change_nothing() -> None:
    found = imported(beats(0.5, 0.005), "audacity")
    assert "clock" not in found.text
    assert found.notes[0].startswith("the 16 points are evenly spaced: 120.00")
    assert "the first at 0.351 s, at most 4.6 ms off" in found.notes[0]


def test_uneven_points_suggest_nothing() -> None:
    assert len(imported(beats(0.5, 0.02), "audacity").notes) == 1


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        (b"1.5\t1.5\ta\n1,5\t2\tb\n", ":2:1", "1,5 has a decimal comma"),
        (b"1.5\t1.5\ta\n1.5\tx\tb\n", ":2:5", "two times in seconds and a text"),
        (b"1.5\t1.5\ta\n\nhello\n", ":3:1", "two times in seconds and a text"),
        (b"2\t1\ta\n", ":1:1", "ends before it begins"),
        (b"-2\t1\ta\n", ":1:1", "begins before 0 s"),
        (b"1\t1\t\xff\n", ":1:5", "not utf-8 text"),
        (b"9999999\t9999999\ta\n", "", "it ends after 10,000,004 s"),
    ],
)
def test_a_wrong_label_is_an_error_at_its_position(data: bytes, place: str, message: str) -> None:
    assert audacity.recognise(data)
    with pytest.raises(UnreadableError, match=message) as raised:
        audacity.read(data, ImportOptions())
    assert raised.value.place == place and raised.value.hint


def test_the_number_of_labels_and_the_size_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audacity, "MAX_ENTRIES", 2)
    assert audacity.read(b"1\t1\t\n2\t2\t\n", ImportOptions()).kept == 2
    with pytest.raises(UnreadableError, match="more than 2 labels"):
        audacity.read(b"1\t1\t\n2\t2\t\n3\t3\t\n", ImportOptions())
    with pytest.raises(UnreadableError, match="larger than 8,388,608 bytes"):
        audacity.read(b"1\t1\t" + b"x" * shared.MAX_FILE_BYTES, ImportOptions())


@pytest.mark.parametrize("data", [b"", b"a\tb\tc", b"1.5 1.5 drop", b"[00:01.00]x", b"{"])
def test_other_text_is_not_recognised(data: bytes) -> None:
    assert not audacity.recognise(data)
