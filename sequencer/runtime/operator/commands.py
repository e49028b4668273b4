"""Parse operator commands: `go exit`, `note C3`, `cc 20=70`, `program 5`, `pause`, `offset -40ms`, `clip 30s`, `finish`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from sequencer.core.errors import UsageError
from sequencer.core.midi_notes import note_number
from sequencer.core.unicode_names import with_composed_marks
from sequencer.events.codec import Event
from sequencer.events.events import (
    FINISHED_BY_HAND,
    ClipRequested,
    ControlChanged,
    NoteReceived,
    OffsetChanged,
    OperatorGo,
    OperatorPause,
    ProgramChanged,
    StopRequested,
    TransportChanged,
)

MAX_MIDI_VALUE = 127
"""The highest MIDI note, velocity, controller and value."""
MAX_CLIP_S = 600
"""The longest clip that can be requested, in seconds."""
MAX_OFFSET = 10_000
"""The largest offset, in milliseconds."""


class IgnoredError(UsageError):
    """A valid command that has no effect now, because nothing in the run waits for it."""

    exit_code = 1


OperatorCommand = Callable[[int], Event]
"""A function that makes the event from the time at which it happens, in nanoseconds."""

_HINT = (
    "say 'go NAME', 'note C3', 'note 60 ch 10 vel 90', 'cc 20=70', 'program 5', 'pause', 'resume', "
    "'start', 'stop', 'continue', 'offset -40ms', 'clip 30s' or 'finish'"
)
_WORDS = re.compile(r"\s*(?P<verb>[a-z]+)(?:\s+(?P<rest>.*?))?\s*\Z", re.DOTALL)
_NOTE = re.compile(r"(?P<note>\S+?)(?:\s+ch\s+(?P<channel>\d{1,3}))?(?:\s+vel\s+(?P<velocity>\d{1,3}))?\Z")
_CC = re.compile(r"(?P<control>\d{1,3})\s*(?:=|\s)\s*(?P<value>\d{1,3})(?:\s+ch\s+(?P<channel>\d{1,3}))?\Z")
_PROGRAM = re.compile(r"(?P<program>\d{1,3})(?:\s+ch\s+(?P<channel>\d{1,3}))?\Z")
_OFFSET = re.compile(r"(?P<amount>[-+]?\d{1,6})\s*(?:ms)?\Z")
_SECONDS = re.compile(r"(?P<amount>\d{1,6})\s*s?\Z")


def parse_operator_command(text: str, middle: Literal["C3", "C4"] = "C3") -> OperatorCommand:
    """Parse an operator command.

    Args:
        text: The command.
        middle: The score's name for MIDI note 60.

    Returns:
        A function that makes the command's event from a time in nanoseconds.

    Raises:
        UsageError: There is no such command; its hint lists the commands.
    """
    words = _WORDS.match(text)
    verb, rest = (words["verb"], words["rest"] or "") if words is not None else ("", "")
    made = _music(verb, rest, text, middle) or _run(verb, rest, text)
    if made is None:
        raise UsageError(f"{text.strip()!r} is not known here", _HINT)
    return made


def _music(verb: str, rest: str, text: str, middle: Literal["C3", "C4"]) -> OperatorCommand | None:
    """Parse a command that stands in for a MIDI device."""
    match verb:
        case "note" if (found := _NOTE.match(rest)) is not None:
            note = note_number(found["note"], middle)
            if note is None:
                raise UsageError(f"{text.strip()!r}: {found['note']} is no note", _HINT)
            velocity, channel = _within(found["velocity"], 100, 0, MAX_MIDI_VALUE, text), _channel(found["channel"], text)
            return lambda at: NoteReceived(at, note, velocity, channel)
        case "cc" if (found := _CC.match(rest)) is not None:
            control = _within(found["control"], 0, 0, MAX_MIDI_VALUE, text)
            value, channel = _within(found["value"], 0, 0, MAX_MIDI_VALUE, text), _channel(found["channel"], text)
            return lambda at: ControlChanged(at, control, value, channel)
        case "program" if (found := _PROGRAM.match(rest)) is not None:
            program, channel = _within(found["program"], 1, 1, MAX_MIDI_VALUE + 1, text), _channel(found["channel"], text)
            return lambda at: ProgramChanged(at, program, channel)
        case "start" | "stop" | "continue" if not rest:
            return lambda at: TransportChanged(at, verb)
        case _:
            return None


def _run(verb: str, rest: str, text: str) -> OperatorCommand | None:
    """Parse a command that acts on the run itself."""
    match verb:
        case "go" if rest:
            return lambda at: OperatorGo(at, with_composed_marks(rest))  # composed like the names in a score, to compare equal
        case "pause" | "resume" if not rest:
            return lambda at: OperatorPause(at, verb == "pause")
        case "offset" if (found := _OFFSET.match(rest)) is not None:
            offset = _within(found["amount"], 0, -MAX_OFFSET, MAX_OFFSET, text)
            return lambda at: OffsetChanged(at, offset * 1_000_000)
        case "clip" if not rest or (found := _SECONDS.match(rest)) is not None:
            seconds = 30 if not rest else _within(rest.rstrip("s "), 30, 1, MAX_CLIP_S, text)
            return lambda at: ClipRequested(at, seconds)
        case "finish" if not rest:
            return lambda at: StopRequested(at, FINISHED_BY_HAND)
        case _:
            return None


def _channel(written: str | None, text: str) -> int:
    return _within(written, 1, 1, 16, text)


def _within(written: str | None, default: int, least: int, most: int, text: str) -> int:
    value = default if written is None else int(written)
    if not least <= value <= most:
        raise UsageError(f"{text.strip()!r}: {value} is not from {least} to {most}", _HINT)
    return value
