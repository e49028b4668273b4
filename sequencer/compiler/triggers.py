"""Triggers become firings: notes get their numbers."""

from __future__ import annotations

from typing import Literal

from sequencer.errors import Faults, Span
from sequencer.notes import note_number
from sequencer.schedule import ControlCrossing, Firing, GoWord, NoteOn, ProgramChange, TransportMove
from sequencer.score import OnControl, OnGo, OnNote, OnProgram, OnTransport, Trigger


def number_of(written: str, middle: Literal["C3", "C4"], span: Span, faults: Faults) -> int | None:
    """The number of a note that was written as a name or a number. None where it has none (told)."""
    number = note_number(written, middle)
    if number is None:
        faults.error("E312", f"{written} is no MIDI note with middle C called {middle}", span, "notes go from 0 to 127")
    return number


def firing_of(trigger: Trigger, middle: Literal["C3", "C4"], faults: Faults) -> Firing | None:
    """The firing of a trigger. None where the note has no number (told)."""
    match trigger:
        case OnNote():
            number = number_of(trigger.written, middle, trigger.span, faults)
            if number is None:
                return None
            return NoteOn(number, trigger.channel)
        case OnControl():
            return ControlCrossing(trigger.control, trigger.above, trigger.value, trigger.channel)
        case OnProgram():
            return ProgramChange(trigger.program, trigger.channel)
        case OnTransport():
            return TransportMove(trigger.what)
        case OnGo():
            return GoWord(trigger.name)


def firing_key(firing: Firing) -> str:
    """A firing in one word, for the journal, for draws and for finding rules of the same trigger."""
    match firing:
        case NoteOn():
            return f"note {firing.note}{_channel(firing.channel)}"
        case ControlCrossing():
            return f"cc {firing.control} {'>' if firing.above else '<'} {firing.value}{_channel(firing.channel)}"
        case ProgramChange():
            return f"program {firing.program}{_channel(firing.channel)}"
        case TransportMove():
            return firing.what
        case GoWord():
            return f"go {firing.name}"


def _channel(channel: int | None) -> str:
    return "" if channel is None else f" ch {channel}"
