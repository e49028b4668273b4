"""The OSC addresses of a live run: what it accepts, what it sends. One row for each.

`sequencer osc` prints the table, and the page in the documentation shows it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sequencer.core.errors import UsageError
from sequencer.core.osc_values import MAX_STRING_LENGTH, OscValue

PREFIX = "/sequencer/"
"""What the addresses of this table begin with. All others belong to the score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """An argument: its type tag (`i`, `f` or `s`), its name, and its unit or range."""

    tag: str
    name: str
    optional: bool = False

    def __str__(self) -> str:
        text = f"{self.tag} {self.name}"
        return f"[{text}]" if self.optional else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A message that a run accepts.

    Attributes:
        address: The address. `NAME` at its end is any name.
        arguments: The arguments.
        meaning: What it does.
        command: Returns the operator command from the arguments, as `sequencer tell` has it.
        is_button: Whether it may come from a button: 0 as its only argument is the release.
    """

    address: str
    meaning: str
    arguments: tuple[Argument, ...] = ()
    command: Callable[..., str]
    is_button: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A message that a run sends, and when."""

    address: str
    meaning: str
    arguments: tuple[Argument, ...] = ()


def _argument(tag: str, name: str, *, optional: bool = False) -> Argument:
    return Argument(tag=tag, name=name, optional=optional)


_PRESSED = (_argument("f", "pressed", optional=True),)
_CHANNEL = _argument("i", "channel", optional=True)

GO = f"{PREFIX}go"
PING, PONG = f"{PREFIX}ping", f"{PREFIX}pong"
WARN = f"{PREFIX}warn"

INPUTS: tuple[Input, ...] = (
    Input(
        address=GO,
        meaning="GO: leaves the current live section by its own go-cue",
        arguments=_PRESSED,
        command=lambda: "go",
        is_button=True,
    ),
    Input(
        address=f"{GO}/NAME",
        meaning="fires the go-cue NAME",
        arguments=_PRESSED,
        command=lambda name: f"go {name}",
        is_button=True,
    ),
    Input(
        address=f"{PREFIX}pause",
        meaning="pauses the model",
        arguments=_PRESSED,
        command=lambda: "pause",
        is_button=True,
    ),
    Input(
        address=f"{PREFIX}resume",
        meaning="lets the model go on",
        arguments=_PRESSED,
        command=lambda: "resume",
        is_button=True,
    ),
    Input(
        address=f"{PREFIX}finish",
        meaning="ends the run",
        arguments=_PRESSED,
        command=lambda: "finish",
        is_button=True,
    ),
    Input(
        address=f"{PREFIX}reload",
        meaning="lets an edit of the score take over, in a run with --reload",
        arguments=_PRESSED,
        command=lambda: "reload",
        is_button=True,
    ),
    Input(
        address=f"{PREFIX}offset",
        meaning="shows changes later by so many milliseconds; negative: earlier",
        arguments=(_argument("f", "ms"),),
        command=lambda amount: f"offset {round(amount):+d}ms",
    ),
    Input(
        address=f"{PREFIX}clip",
        meaning="fetches a clip of the last seconds",
        arguments=(_argument("f", "seconds"),),
        command=lambda seconds: f"clip {round(seconds)}s",
    ),
    Input(
        address=f"{PREFIX}note",
        meaning="a MIDI note with its velocity, 0 for its release, and its channel, 1 to 16",
        arguments=(_argument("i", "note"), _argument("i", "velocity"), _CHANNEL),
        command=lambda note, velocity, channel=1: (
            f"note {note} ch {channel} vel {velocity}"
            if velocity
            else f"release {note} ch {channel}"
        ),
    ),
    Input(
        address=f"{PREFIX}cc",
        meaning="a MIDI controller (0 to 127), its value, and its channel",
        arguments=(_argument("i", "controller"), _argument("i", "value"), _CHANNEL),
        command=lambda control, value, channel=1: f"cc {control}={value} ch {channel}",
    ),
    Input(
        address=f"{PREFIX}program",
        meaning="a MIDI program, from 1 to 128 as in a score, and its channel",
        arguments=(_argument("i", "program"), _CHANNEL),
        command=lambda program, channel=1: f"program {program} ch {channel}",
    ),
)
"""What a run accepts, apart from `PING` and the addresses of the score's own triggers."""

OUTPUTS: tuple[Output, ...] = (
    Output(
        address=f"{PREFIX}status",
        arguments=(_argument("s", "status"),),
        meaning=(
            "what the run does: disconnected, connecting, waiting, ready, armed, playing, paused, "
            "stalled or ended"
        ),
    ),
    Output(
        address=f"{PREFIX}section",
        arguments=(_argument("s", "name"), _argument("i", "pass")),
        meaning="the section that plays, and its pass, from 1",
    ),
    Output(
        address=f"{PREFIX}bar",
        arguments=(_argument("i", "bar"), _argument("i", "beat")),
        meaning="the bar of the section and its beat, both from 1",
    ),
    Output(
        address=f"{PREFIX}chunk",
        arguments=(_argument("i", "chunk"),),
        meaning="the chunk that is being made, from 0",
    ),
    Output(
        address=f"{PREFIX}cue",
        arguments=(
            _argument("i", "line"),
            _argument("s", "position"),
            _argument("i", "chunk"),
            _argument("f", "error"),
        ),
        meaning=(
            "a cue that landed: its line in the score, its position, its chunk, and its snap error "
            "in milliseconds (positive: late)"
        ),
    ),
    Output(
        address=f"{PREFIX}next",
        arguments=(_argument("i", "line"), _argument("s", "what"), _argument("f", "seconds")),
        meaning=(
            "the next cue: its line, its position and what it does, and the seconds that are left "
            "(-1: unknown)"
        ),
    ),
    Output(
        address=f"{PREFIX}prompt",
        arguments=(_argument("s", "prompt"),),
        meaning="the prompt in force",
    ),
    Output(
        address=f"{PREFIX}lag",
        arguments=(_argument("f", "ms"),),
        meaning="milliseconds from the beginning of a chunk to its first frame",
    ),
    Output(
        address=WARN,
        arguments=(_argument("s", "message"),),
        meaning="a message for the operator; also the answer to a message that cannot be used",
    ),
    Output(
        address=PONG,
        meaning=f"the answer to {PING}, to its sender, with the same arguments",
    ),
)
"""What a run sends, apart from the OSC messages of the score."""


def find_input(address: str) -> tuple[Input, tuple[str, ...]] | None:
    """Return the row of an address, and the name at its end if the row has one."""
    for row in INPUTS:
        stem = row.address.removesuffix("NAME")
        if stem == row.address:
            if stem == address:
                return row, ()
        elif address.startswith(stem) and len(address) > len(stem):
            return row, (address[len(stem) :],)
    return None


def is_release(arguments: Sequence[object]) -> bool:
    """Return whether a button's arguments mean that it was released."""
    return len(arguments) == 1 and arguments[0] in (0, False)


def read_arguments(row: Input, arguments: Sequence[object]) -> list[OscValue]:
    """Return the arguments of a message, with the types of its row.

    A number may be an integer or a decimal: many controllers send `1.0` for 1.

    Raises:
        UsageError: A type, or the number of the arguments, is another one.
    """
    least = sum(not one.optional for one in row.arguments)
    found = [
        _read_argument(expected.tag, value)
        for expected, value in zip(row.arguments, arguments, strict=False)
    ]
    if not least <= len(arguments) <= len(row.arguments) or None in found:
        expected = " ".join(map(str, row.arguments)) or "no arguments"
        raise UsageError(f"its arguments are not valid: {describe(arguments)}", f"send {expected}")
    return [one for one in found if one is not None]


def _read_argument(tag: str, value: object) -> OscValue | None:
    """Return the value of an argument; None if it has another type."""
    if tag == "s":
        return value if isinstance(value, str) and len(value) <= MAX_STRING_LENGTH else None
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return None
    if tag == "f":
        return float(value)
    return int(value) if value == int(value) else None


def describe(arguments: Sequence[object]) -> str:
    """Return arguments as a message shows them: the types and, if they are short, the values."""
    if not arguments:
        return "none"
    return ", ".join(_describe_value(one) for one in arguments[:4]) + (
        f" and {len(arguments) - 4} more" if len(arguments) > 4 else ""
    )


def _describe_value(value: object) -> str:
    match value:
        case bool() | None:
            return {True: "true", False: "false", None: "nil"}[value]
        case int() | float():
            return f"{value:g}" if isinstance(value, float) else str(value)
        case str():
            return repr(value if len(value) <= 20 else value[:20] + "…")
        case bytes():
            return f"a blob of {len(value)} bytes"
        case _:
            return "another type"
