from __future__ import annotations

import gzip
from math import log

import pytest

from sequencer.core.timebase import Meter
from sequencer.language.compiler import compile_score
from sequencer.language.interchange import ableton as reader
from sequencer.language.interchange.imported import ImportOptions, UnreadableError
from sequencer.language.notations import reads
from sequencer.schedule.model import Schedule
from tests.support.imports import body, imported
from tests.support.timed_files import ableton, ableton_xml


def test_locators_are_marks_at_their_beats() -> None:
    found = imported(ableton(("32", "Drop"), ("8.5", ""), ("64", "Outro")), "ableton")
    assert "clock 120 bpm, 4/4\n" in found.text
    assert body(found) == (
        "section set 19 bars {\n"
        "  at 3.1+1/2 mark l1\n"
        "  at 9 mark drop  # Drop\n"
        "  at 17 mark outro  # Outro\n}"
    )
    assert found.summary == "kept 3, rounded 0, dropped 0"
    assert found.notes[0].startswith("the meter of a set is not read; 4/4 is assumed")


def test_locators_are_sections_until_the_next_one() -> None:
    data = ableton(("0", "Intro"), ("32", "Drop"), ("32", "Same"), ("64", "Outro"))
    found = imported(data, "ableton", locators="sections", meter=Meter(4, 4))
    assert body(found) == (
        "section intro 8 bars {  # Intro\n}\n"
        "section drop 8 bars {  # Drop\n  at 1 mark same  # Same\n}\n"
        "section outro 8 bars {  # Outro\n}"
    )
    assert found.notes == ()


def test_the_value_from_the_start_counts_more_than_the_manual_one() -> None:
    found = imported(ableton(("8", "x"), events=(("-63072000", "90"),)), "ableton")
    assert "clock 90 bpm, 4/4\n" in found.text


def test_two_events_at_one_time_are_a_jump() -> None:
    events = (("-63072000", "120"), ("16", "120"), ("16", "140"), ("32", "140"))
    found = imported(ableton(("40", "x"), events=events), "ableton")
    assert [line for line in found.text.split("\n") if " tempo " in line] == ["  at 5 tempo 140"]


def compiled(text: str) -> Schedule:
    return compile_score(reads(text))


def test_a_ramp_becomes_a_step_per_bar_with_its_exact_length() -> None:
    events = (("-63072000", "120"), ("8", "120"), ("40", "180"), ("40", "100"))
    found = imported(ableton(("72", "x"), events=events), "ableton")
    tempi = [line for line in found.text.split("\n") if " tempo " in line and "#" not in line]
    assert len(tempi) == 9 and tempi[-1] == "  at 11 tempo 100"
    mark = compiled(found.text).stretches[0].marks[0]
    exact = 8 * 60 / 120 + 32 * 60 / (180 - 120) * log(180 / 120) + 32 * 60 / 100
    assert abs(float(mark.offset) - exact) < 1e-4
    assert found.summary == "kept 1, rounded 0, dropped 1 (tempo ramps)"
    note = next(one for one in found.notes if "ramps became steps" in one)
    worst = float(note.partition("at most ")[2].partition(" ms")[0])
    # In the middle of the first bar of the ramp: 120 to 127.5 bpm.
    step = 4 * 60 / 7.5 * log(127.5 / 120) / 4
    middle = 2 * 60 / 3.75 * log(123.75 / 120)
    assert abs(worst - abs(middle - 2 * step) * 1000) < 0.1


def test_a_set_of_live_12_has_its_tempo_in_the_main_track() -> None:
    data = gzip.compress(ableton_xml(manual="97.5", main="MainTrack"))
    assert "clock 97.5 bpm, 4/4\n" in imported(data, "ableton").text


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        (b"<Ableton/>", "not a set of Ableton Live"),
        (b"<Ableton><LiveSet/></Ableton>", "the set has no tempo"),
        (ableton_xml(manual="5"), "5 bpm is not from 10 to 1000"),
        (ableton_xml(manual="x"), "'x' is not a number"),
        (ableton_xml((("-1", "x"),)), "its time -1 is not from 0"),
        (ableton_xml((("2000000", "x"),)), "is not from 0 to 1,000,000"),
        (ableton_xml(events=(("2000000", "90"),)), "one after 1,000,000 quarters"),
        (
            ableton_xml(events=(("0", "90"), ("0", "90"), ("40000", "91"))),
            "needs more than 2,000 steps",
        ),
        (b"<!DOCTYPE a>" + ableton_xml()[39:], "document type"),
        (ableton_xml()[:-20], "this is not XML"),
    ],
)
def test_a_wrong_set_is_an_error(xml: bytes, message: str) -> None:
    with pytest.raises(UnreadableError, match=message):
        reader.read(gzip.compress(xml), ImportOptions())


def test_only_a_compressed_set_is_recognised() -> None:
    assert reader.recognise(ableton())
    assert not reader.recognise(gzip.compress(b"something else"))
    assert not reader.recognise(b"\x1f\x8b") and not reader.recognise(b"\x1f\x8bxxxxxxxxxxxxxx")
    assert not reader.recognise(ableton_xml())
    with pytest.raises(UnreadableError, match="not complete"):
        reader.read(ableton()[:-10], ImportOptions())


def test_the_number_of_locators_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_ENTRIES", 1)
    with pytest.raises(UnreadableError, match="more than 1 locators"):
        reader.read(ableton(("1", "a"), ("2", "b")), ImportOptions())
