"""Parse operator commands.

For example:

`go exit`, `note C3`, `cc 20=70`, `program 5`, `pause`, `offset -40ms`, `clip 30s`, `finish`, and
what is improvised: `prompt "A tram turns."`, `image "tram.png"`, `strength 0.5`, `sr 4x`,
`goto drop`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Literal, TypedDict

from sequencer.core.errors import UsageError
from sequencer.core.images import ImageFile, Scale
from sequencer.core.midi_notes import MiddleC, note_number
from sequencer.core.osc_values import is_address, split_arguments, value_of
from sequencer.core.prompt_texts import find_prompt_fault
from sequencer.core.unicode_names import with_composed_marks
from sequencer.events.codec import Event
from sequencer.events.events import (
    FINISHED_BY_HAND,
    MAX_EVERY,
    ClipRequested,
    ControlChanged,
    Improvised,
    NoteReceived,
    OffsetChanged,
    OperatorGo,
    OperatorPause,
    OscReceived,
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


class _Line(TypedDict, total=False):
    """The bar line or beat for which something improvised waits."""

    unit: Literal["bars", "beats"]
    every: int


class IgnoredError(UsageError):
    """A valid command that has no effect now, because nothing in the run waits for it."""

    exit_code = 1


OperatorCommand = Callable[[int], Event]
"""A function that makes the event from the time at which it happens, in nanoseconds."""

_HINT = (
    "use 'go NAME', 'note C3', 'note 60 ch 10 vel 90', 'release C3', 'cc 20=70', 'program 5', "
    "'osc /drop 1', 'pause', 'resume', 'start', 'stop', 'continue', 'offset -40ms', 'clip 30s', "
    "'reload', 'undo' or 'finish'; to improvise: 'prompt TEXT', 'image FILE', 'strength 0.5', "
    "'sr 4x' or 'goto SECTION', then 'at next bar'"
)
FindImage = Callable[[str], ImageFile]
"""A function that inspects an image, given its path in the score's folder. Raises UsageError."""
_WORDS = re.compile(r"\s*(?P<verb>[a-z]+)(?:\s+(?P<rest>.*?))?\s*\Z", re.DOTALL)
_NOTE = re.compile(
    r"(?P<note>\S+?)(?:\s+ch\s+(?P<channel>\d{1,3}))?(?:\s+vel\s+(?P<velocity>\d{1,3}))?\Z"
)
_RELEASE = re.compile(r"(?P<note>\S+?)(?:\s+ch\s+(?P<channel>\d{1,3}))?\Z")
_CC = re.compile(
    r"(?P<control>\d{1,3})\s*(?:=|\s)\s*(?P<value>\d{1,3})(?:\s+ch\s+(?P<channel>\d{1,3}))?\Z"
)
_PROGRAM = re.compile(r"(?P<program>\d{1,3})(?:\s+ch\s+(?P<channel>\d{1,3}))?\Z")
_OFFSET = re.compile(r"(?P<amount>[-+]?\d{1,6})\s*(?:ms)?\Z")
_SECONDS = re.compile(r"(?P<amount>\d{1,6})\s*s?\Z")
_STRENGTH = re.compile(r"\d{1,3}(?:\.\d{1,9})?\Z")
_SCALES: dict[str, Scale] = {"off": "off", "2x": "2x", "4x": "4x"}
_IMPROVISED = frozenset({"prompt", "image", "strength", "sr", "goto"})
_NEXT = re.compile(r"\s+at\s+next\s+(?:(?P<every>\d{1,6})\s+)?(?P<unit>bars?|beats?)\Z")
_QUOTED = re.compile(r'"(?P<text>(?:[^"\\]|\\["\\])*)"\Z', re.DOTALL)


def names_image(text: str) -> bool:
    """Return whether a command names an image, so that parsing it reads a file."""
    words = _WORDS.match(text)
    return words is not None and words["verb"] == "image"


def parse_operator_command(
    text: str, middle: MiddleC = "C3", find_image: FindImage | None = None
) -> OperatorCommand:
    """Parse an operator command.

    Args:
        text: The command.
        middle: The score's name for MIDI note 60.
        find_image: Inspects an image that is improvised. None: no image can be.

    Returns:
        A function that makes the command's event from a time in nanoseconds.

    Raises:
        UsageError: There is no such command (its hint lists the commands), or what it names cannot
            be used.
    """
    words = _WORDS.match(text)
    verb, rest = (words["verb"], words["rest"] or "") if words is not None else ("", "")
    made = (
        _music(verb, rest, text, middle)
        or _run(verb, rest, text)
        or _improvised(verb, rest, text, find_image)
    )
    if made is None:
        raise UsageError(f"{text.strip()!r} is not an operator command", _HINT)
    return made


def _music(verb: str, rest: str, text: str, middle: MiddleC) -> OperatorCommand | None:
    """Parse a command that replaces a MIDI device."""
    match verb:
        case "note" if (found := _NOTE.match(rest)) is not None:
            note = _note(found["note"], middle, text)
            velocity, channel = (
                _within(found["velocity"], 100, 0, MAX_MIDI_VALUE, text),
                _channel(found["channel"], text),
            )
            return lambda at: NoteReceived(at, note, velocity, channel)
        case "release" if (found := _RELEASE.match(rest)) is not None:
            released, channel = (
                _note(found["note"], middle, text),
                _channel(found["channel"], text),
            )
            return lambda at: NoteReceived(at, released, 0, channel)
        case "cc" if (found := _CC.match(rest)) is not None:
            control = _within(found["control"], 0, 0, MAX_MIDI_VALUE, text)
            value, channel = (
                _within(found["value"], 0, 0, MAX_MIDI_VALUE, text),
                _channel(found["channel"], text),
            )
            return lambda at: ControlChanged(at, control, value, channel)
        case "program" if (found := _PROGRAM.match(rest)) is not None:
            program, channel = (
                _within(found["program"], 1, 1, MAX_MIDI_VALUE + 1, text),
                _channel(found["channel"], text),
            )
            return lambda at: ProgramChanged(at, program, channel)
        case "osc" if rest:
            address, _, written = rest.replace("\t", " ").partition(" ")
            address = address.removeprefix('"').removesuffix('"')
            if not is_address(address):
                raise UsageError(
                    f"{text.strip()!r}: {address} is not an OSC address", "write: osc /drop 1"
                )
            spelled = split_arguments(written)
            if spelled is None:
                raise UsageError(
                    f"{text.strip()!r}: these are not arguments of a message",
                    "arguments are numbers, texts in double quotes, true and false: osc /drop 1",
                )
            values = tuple(value_of(one) for one in spelled)
            return lambda at: OscReceived(at, address, values)
        case "start" | "stop" | "continue" if not rest:
            return lambda at: TransportChanged(at, verb)
        case _:
            return None


def _run(verb: str, rest: str, text: str) -> OperatorCommand | None:
    """Parse a command that acts on the run itself."""
    match verb:
        case "go" if rest:
            return lambda at: OperatorGo(
                at, with_composed_marks(rest)
            )  # composed like the names in a score, to compare equal
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


def _improvised(
    verb: str, rest: str, text: str, find_image: FindImage | None
) -> OperatorCommand | None:
    """Parse a command that improvises something."""
    rest, when = _without_line(rest, text) if verb in _IMPROVISED else (rest, {})
    match verb:
        case "prompt":
            prompt = _unquoted(rest)
            fault = find_prompt_fault(prompt)
            if fault is not None:
                raise UsageError(*fault)
            return lambda at: Improvised(at=at, prompt=prompt, **when)
        case "image" if rest:
            if find_image is None:
                raise UsageError(
                    "this run cannot read images", "play the score itself, from its folder"
                )
            image = find_image(_unquoted(rest))
            return lambda at: Improvised(at=at, image=image, **when)
        case "strength" if _STRENGTH.match(rest):
            strength = Fraction(rest)
            if strength > 1:
                raise UsageError(f"{text.strip()!r}: {rest} is not from 0 to 1", _HINT)
            return lambda at: Improvised(at=at, strength=strength, **when)
        case "sr" if (scale := _SCALES.get(rest)) is not None:
            return lambda at: Improvised(at=at, sr=scale, **when)
        case "goto" if rest:
            return lambda at: Improvised(at=at, section=with_composed_marks(rest), **when)
        case _:
            return None


def _without_line(rest: str, text: str) -> tuple[str, _Line]:
    """Return what comes before `at next bar`, and the bar line or beat that it names."""
    found = _NEXT.search(rest)
    if found is None:
        return rest, {}
    every = _within(found["every"], 1, 1, MAX_EVERY, text)
    unit: Literal["bars", "beats"] = "bars" if found["unit"].startswith("bar") else "beats"
    return rest[: found.start()].rstrip(), {"unit": unit, "every": every}


def _unquoted(rest: str) -> str:
    """Return a text without the quotes and escapes that a score would have."""
    if not rest.startswith('"'):
        return rest
    found = _QUOTED.match(rest)
    if found is None:
        raise UsageError(
            "the quotes of this text do not match",
            'write \\" for a quote within the text, or omit the quotes around it',
        )
    return re.sub(r"\\(.)", r"\1", found["text"])


def _note(written: str, middle: MiddleC, text: str) -> int:
    number = note_number(written, middle)
    if number is None:
        raise UsageError(f"{text.strip()!r}: {written} is not a note", _HINT)
    return number


def _channel(written: str | None, text: str) -> int:
    return _within(written, 1, 1, 16, text)


def _within(written: str | None, default: int, least: int, most: int, text: str) -> int:
    value = default if written is None else int(written)
    if not least <= value <= most:
        raise UsageError(f"{text.strip()!r}: {value} is not from {least} to {most}", _HINT)
    return value
