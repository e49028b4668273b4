"""Parse scripted events.

For example:

`go exit@12c`, `note C3@14c`, `cc 20=70@9c`, `program 5@30s`, `pause@4c`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from sequencer.core.errors import UsageError
from sequencer.core.midi_notes import MiddleC
from sequencer.core.timebase import nanoseconds
from sequencer.events.codec import Event
from sequencer.runtime.operator.commands import FindImage, parse_operator_command

_SHAPE = re.compile(
    r"\s*(?P<what>.+?)\s*@\s*(?P<amount>\d{1,9}(?:\.\d{1,9})?)\s*(?P<unit>c|s|ms)\s*\Z", re.DOTALL
)
_HINT = (
    "write for example 'go exit@12c', 'note C3@14c', 'note 60 ch 10 vel 90@3.5s', 'cc 20=70@9c', "
    "'program 5@30s' or 'pause@4c'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedEvent:
    """An event and its time: after `chunk` score chunks, or `after` ns after the first start.

    `after` is in nanoseconds; `chunk` counts completed score chunks.

    If `positions` is not empty, the event occurs when the first of them is reached. Its keys are
    the indexes of their stretches; each value is a quarter (None for a position in seconds, chunks
    or frames) and an offset in seconds since that stretch began.
    """

    text: str
    make: Callable[[int], Event]
    chunk: int | None
    after: int = 0
    positions: Mapping[int, tuple[Fraction | None, Fraction]] = field(default_factory=dict)

    def at(self, stamp: int) -> Event:
        """Return the event with its time, in nanoseconds."""
        return self.make(stamp)


def parse_scripted_event(
    text: str,
    middle: MiddleC = "C3",
    written: str | None = None,
    find_image: FindImage | None = None,
) -> ScriptedEvent:
    """Parse one `--event`.

    Args:
        text: The event, as `WHAT@WHEN`.
        middle: The score's name for MIDI note 60.
        written: The text to quote in messages, if it is not `text`.
        find_image: Inspects an image that is improvised (see `parse_operator_command`).

    Raises:
        UsageError: The text is not a valid event; the hint shows what to write.
    """
    written = text if written is None else written
    match = _SHAPE.match(text)
    if match is None:
        raise UsageError(f"--event {written!r} is not WHAT@WHEN", _HINT)
    try:
        make = parse_operator_command(match["what"], middle, find_image)
    except UsageError as error:
        raise UsageError(f"--event {written!r}: {error.message}", error.hint) from None
    amount = Fraction(match["amount"])
    if match["unit"] == "c":
        if amount.denominator != 1:
            raise UsageError(f"--event {written!r}: chunks are whole numbers", _HINT)
        return ScriptedEvent(text=written, make=make, chunk=int(amount))
    return ScriptedEvent(
        text=written,
        make=make,
        chunk=None,
        after=nanoseconds(amount / (1000 if match["unit"] == "ms" else 1)),
    )
