"""Events fed into a run by hand: `go exit@12c`, `note C3@14c`, `cc 20=70@9c`, `program 5@30s`, `pause@4c`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from sequencer.errors import UsageError
from sequencer.events import ClockMoved, ControlMoved, Event, HandPaused, NotePlayed, ProgramChosen, Went
from sequencer.notes import note_number
from sequencer.timebase import nanoseconds

_SHAPE = re.compile(r"\s*(?P<what>.+?)\s*@\s*(?P<amount>\d+(?:\.\d+)?)\s*(?P<unit>c|s|ms)\s*\Z")
_HINT = (
    "write for example 'go exit@12c', 'note C3@14c', 'note 60 ch 10 vel 90@3.5s', 'cc 20=70@9c', 'program 5@30s' or 'pause@4c'"
)
HIGHEST = 127


@dataclass(frozen=True, slots=True)
class ScriptedEvent:
    """An event and when it comes: when `chunk` score chunks are done, or `after` nanoseconds behind the first start."""

    text: str
    make: Callable[[int], Event]
    chunk: int | None
    after: int = 0

    def at(self, stamp: int) -> Event:
        """The event, stamped."""
        return self.make(stamp)


def scripted(text: str, middle: Literal["C3", "C4"] = "C3") -> ScriptedEvent:
    """Read one `--event`. Raises UsageError with what to write."""
    match = _SHAPE.match(text)
    if match is None:
        raise UsageError(f"--event {text!r} is not WHAT@TIME", _HINT)
    make = _maker(match["what"], text, middle)
    amount = Fraction(match["amount"])
    if match["unit"] == "c":
        if amount.denominator != 1:
            raise UsageError(f"--event {text!r}: chunks are whole", _HINT)
        return ScriptedEvent(text, make, int(amount))
    return ScriptedEvent(text, make, None, nanoseconds(amount / (1000 if match["unit"] == "ms" else 1)))


_WORDS = re.compile(r"(?P<verb>[a-z]+)(?:\s+(?P<rest>.*))?\Z")
_NOTE = re.compile(r"(?P<note>\S+?)(?:\s+ch\s+(?P<channel>\d+))?(?:\s+vel\s+(?P<velocity>\d+))?\Z")
_CC = re.compile(r"(?P<control>\d+)\s*(?:=|\s)\s*(?P<value>\d+)(?:\s+ch\s+(?P<channel>\d+))?\Z")
_PROGRAM = re.compile(r"(?P<program>\d+)(?:\s+ch\s+(?P<channel>\d+))?\Z")


def _maker(what: str, text: str, middle: Literal["C3", "C4"]) -> Callable[[int], Event]:
    words = _WORDS.match(what)
    verb, rest = (words["verb"], (words["rest"] or "").strip()) if words is not None else ("", "")
    match verb:
        case "go" if rest:
            return lambda at: Went(at, rest)
        case "note" if (found := _NOTE.match(rest)) is not None:
            number = note_number(found["note"], middle)
            if number is None:
                raise UsageError(f"--event {text!r}: {found['note']} is no note", _HINT)
            note = number
            velocity, channel = _within(found["velocity"], 100, 0, HIGHEST, text), _channel(found["channel"], text)
            return lambda at: NotePlayed(at, note, velocity, channel)
        case "cc" if (found := _CC.match(rest)) is not None:
            control = _within(found["control"], 0, 0, HIGHEST, text)
            value, channel = _within(found["value"], 0, 0, HIGHEST, text), _channel(found["channel"], text)
            return lambda at: ControlMoved(at, control, value, channel)
        case "program" if (found := _PROGRAM.match(rest)) is not None:
            program, channel = _within(found["program"], 1, 1, HIGHEST + 1, text), _channel(found["channel"], text)
            return lambda at: ProgramChosen(at, program, channel)
        case "pause" | "resume" if not rest:
            return lambda at: HandPaused(at, verb == "pause")
        case "start" | "stop" | "continue" if not rest:
            return lambda at: ClockMoved(at, verb)
        case _:
            raise UsageError(f"--event {text!r}: {what!r} is not known here", _HINT)


def _channel(written: str | None, text: str) -> int:
    return _within(written, 1, 1, 16, text)


def _within(written: str | None, default: int, least: int, most: int, text: str) -> int:
    value = default if written is None else int(written)
    if not least <= value <= most:
        raise UsageError(f"--event {text!r}: {value} is not from {least} to {most}", _HINT)
    return value
