"""A schedule as a JSON document: what is written reads back the same, and an altered document is
refused in one sentence.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from sequencer.core.errors import ScheduleError
from sequencer.schedule.document import digest, from_document, from_json, to_document, to_json
from sequencer.schedule.model import FORMAT, Schedule
from tests.support.compiler_passes import passed
from tests.support.schedules import WHOLE, Path, changed

LONG = Fraction(3, (1 << 1100) + 1)

FIRST_ACT: Path = ("schedule", "stretches", 0, "entries", 0, "acts", 0)


def put(document: Any, path: Path, new: object) -> None:
    """Set a value in a JSON object."""
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = new


@pytest.mark.parametrize(
    "schedule",
    [
        pytest.param(WHOLE, id="all-parts"),
        pytest.param(passed('at 0c "A"\n').schedule, id="smallest"),
        pytest.param(changed(WHOLE, ("title",), None), id="no-title"),
        pytest.param(changed(WHOLE, ("title",), "“é中🎬” \\ \n"), id="title-of-all-letters"),
        pytest.param(
            changed(WHOLE, ("stretches", 0, "entries", 1, "offset"), LONG), id="long-number"
        ),
    ],
)
def test_what_is_written_reads_back(schedule: Schedule) -> None:
    assert from_document(to_document(schedule)) == schedule
    text = to_json(schedule)
    assert from_json(text) == schedule
    assert to_json(from_json(text)) == text
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    ("offset", "number", "digits"),
    [(Fraction(7, 3), 1, False), (LONG, 2, True)],
    ids=["plain", "compacted"],
)
def test_the_format(offset: Fraction, number: int, digits: bool) -> None:
    document = to_document(changed(WHOLE, ("stretches", 0, "entries", 1, "offset"), offset))
    assert document["helios-schedule"] == number
    written = document["schedule"]["stretches"]
    assert written[0]["entries"][1]["offset"] == str(offset)
    assert (written[1]["start"] == "-1") == digits


def test_fractions_are_written_as_text() -> None:
    written = to_document(WHOLE)["schedule"]
    assert (written["grid"]["fps"], written["stretches"][0]["entries"][1]["error"]) == ("24", "1/8")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "this is not a compiled schedule"),
        ([], "this is not a compiled schedule"),
        ({}, "this is not a compiled schedule"),
        ({"helios-schedule": "1"}, "this is not a compiled schedule"),
        (
            {"helios-schedule": FORMAT + 1},
            f"format {FORMAT + 1}, and this version reads up to {FORMAT}",
        ),
        ({"helios-schedule": 1}, "this schedule cannot be read"),
        (
            {"helios-schedule": 1, "schedule": {}},
            "this schedule cannot be read: title: Field required",
        ),
    ],
    ids=["null", "list", "empty", "text", "newer", "nothing", "no-fields"],
)
def test_what_is_no_schedule(document: object, message: str) -> None:
    with pytest.raises(ScheduleError, match=message):
        from_document(document)


@pytest.mark.parametrize(
    ("path", "new", "message"),
    [
        pytest.param(("digest",), "0" * 64, "altered", id="digest"),
        pytest.param(("digest",), None, "altered", id="no-digest"),
        pytest.param(("schedule", "seed"), 5, "altered", id="seed"),
        pytest.param((*FIRST_ACT, "text"), "Z", "altered", id="text"),
        pytest.param(("schedule", "stretches", 0, "entries", 1, "chunk"), 4, "altered", id="chunk"),
        pytest.param(
            ("schedule", "seed"), "x", "seed: Input should be a valid integer", id="not-a-number"
        ),
        pytest.param(
            ("schedule", "snap"),
            "up",
            "snap: Input should be 'nearest', 'floor' or 'ceil'",
            id="not-a-snap",
        ),
        pytest.param(("schedule", "grid", "fps"), "1/0", "cannot be read", id="divided-by-zero"),
        pytest.param(
            ("schedule", "clock", "meter", "denominator"), 3, "is not a meter", id="not-a-meter"
        ),
        pytest.param(
            ("schedule", "title"),
            "\ud800",
            "a text contains half a character",
            id="half-a-character",
        ),
        pytest.param(
            ("schedule", "stretches", 0, "entries", 0, "acts", 0, "text"),
            "\ud800",
            "a text contains half a character",
            id="half-in-a-prompt",
        ),
        pytest.param((*FIRST_ACT, "kind"), "dance", "cannot be read", id="unknown-act"),
    ],
)
def test_what_was_altered_is_refused(path: Path, new: object, message: str) -> None:
    document = json.loads(to_json(WHOLE))
    put(document, path, new)
    with pytest.raises(ScheduleError, match=message):
        from_document(document)


def test_what_no_score_has_is_refused_even_with_its_digest() -> None:
    odd = changed(WHOLE, ("lead",), 0)
    document = json.loads(to_json(WHOLE))
    put(document, ("schedule", "lead"), 0)
    put(document, ("digest",), digest(odd))
    with pytest.raises(ScheduleError, match="cannot be played: no score has a lead of 0 chunks"):
        from_document(document)


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, "NaN,"], ids=["empty", "open", "deep", "more"]
)
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(ScheduleError, match="this is not JSON"):
        from_json(text)


def test_the_names_of_title_and_marks_may_change() -> None:
    document = json.loads(to_json(WHOLE))
    put(document, ("schedule", "title"), "Another")
    assert from_document(document) == changed(WHOLE, ("title",), "Another")
