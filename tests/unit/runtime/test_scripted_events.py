"""Scripted events: each row is what is written after `--event`, with its event and its time."""

from __future__ import annotations

import pytest

from sequencer.core.errors import UsageError
from sequencer.events.codec import Event
from sequencer.events.events import (
    ControlChanged,
    NoteReceived,
    OperatorGo,
    OperatorPause,
    ProgramChanged,
)
from sequencer.runtime.scripted_events import parse_scripted_event

EVENTS: dict[str, tuple[Event, int | None, int]] = {
    "go exit@12c": (OperatorGo(7, "exit"), 12, 0),
    " go the-rain @ 0c ": (OperatorGo(7, "the-rain"), 0, 0),
    "note C3@14c": (NoteReceived(7, 60, 100, 1), 14, 0),
    "note 60 ch 10 vel 90@3.5s": (NoteReceived(7, 60, 90, 10), None, 3_500_000_000),
    "cc 20=70@9c": (ControlChanged(7, 20, 70, 1), 9, 0),
    "program 5@30s": (ProgramChanged(7, 5, 1), None, 30_000_000_000),
    "pause@4.000c": (OperatorPause(7, True), 4, 0),
    "resume@1ms": (OperatorPause(7, False), None, 1_000_000),
    "resume@0.000000001s": (OperatorPause(7, False), None, 1),
    "resume@0.5ms": (OperatorPause(7, False), None, 500_000),
}


@pytest.mark.parametrize(("written", "expected"), EVENTS.items())
def test_an_event_and_its_time(written: str, expected: tuple[Event, int | None, int]) -> None:
    event = parse_scripted_event(written)
    assert (event.at(7), event.chunk, event.after) == expected
    assert (event.text, event.positions) == (written, {})


@pytest.mark.parametrize(("middle", "note"), [("C3", 60), ("C4", 48)])
def test_notes_are_named_as_in_the_score(middle: str, note: int) -> None:
    event = parse_scripted_event("note C3@1c", "C4" if middle == "C4" else "C3")
    assert event.at(0) == NoteReceived(0, note, 100, 1)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "go exit",
        "go exit@",
        "@12c",
        "go exit@12",
        "go exit@12 bars",
        "go exit@-1c",
        "go exit@1.5c",
        "go exit@1234567890c",
        "go exit@.5s",
        "note H9@1c",
        "dance@1c",
        "go exit@1c\ngo exit@2",
    ],
)
def test_other_texts_are_refused(written: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_scripted_event(written)
    assert error.value.hint
    assert repr(written) in error.value.message


def test_a_message_quotes_what_was_written() -> None:
    with pytest.raises(UsageError, match="'go exit@drop'"):
        parse_scripted_event("go exit@1.5c", written="go exit@drop")
