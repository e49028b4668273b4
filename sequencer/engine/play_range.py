"""The part of a score that a run plays: from one position to another.

A run with a range counts bars and chunks as the whole score does. It begins with what is in force
at its first chunk, as after a jump to that position, and ends before the chunk on which a cue at
the second position would act.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sequencer.schedule.model import Schedule

MAX_TEXT = 1_000
"""The longest text of a position, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangePosition:
    """A position of a score at nominal times.

    Attributes:
        stretch: The index of the stretch.
        offset: Seconds since the stretch began, at the nominal tempo.
        text: The position as the user wrote it.
    """

    stretch: int
    offset: Fraction
    text: str

    def chunk(self, schedule: Schedule) -> int:
        """Return the score chunk on which a cue at this position acts, at nominal times."""
        time = schedule.stretches[self.stretch].start + self.offset
        return schedule.grid.snap(time, schedule.snap)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayRange:
    """The range of a run: where it begins and where it ends, each None for that of the score."""

    start: RangePosition | None = None
    stop: RangePosition | None = None

    def first_chunk(self, schedule: Schedule) -> int:
        """Return the score chunk with which the run begins."""
        return 0 if self.start is None else self.start.chunk(schedule)

    def end_chunk(self, schedule: Schedule) -> int:
        """Return the score chunk before which the run ends, at nominal times."""
        return schedule.end if self.stop is None else self.stop.chunk(schedule)

    def as_json(self) -> dict[str, Any]:
        """Return the range for a journal's header."""
        return {
            name: {"stretch": one.stretch, "offset": str(one.offset), "text": one.text}
            for name, one in (("from", self.start), ("to", self.stop))
            if one is not None
        }

    def __str__(self) -> str:
        parts = [
            f"{word} {one.text}"
            for word, one in (("from", self.start), ("to", self.stop))
            if one is not None
        ]
        return " ".join(parts)


def range_from_json(value: object, schedule: Schedule) -> PlayRange | None:
    """Return the range in a journal's header; None if there is none.

    Raises:
        ValueError: It is not a range of this schedule.
    """
    if value is None:
        return None
    if not isinstance(value, dict) or not value or value.keys() - {"from", "to"}:
        raise ValueError("it is not a range")
    found = PlayRange(
        start=_position(value.get("from"), schedule), stop=_position(value.get("to"), schedule)
    )
    if found.first_chunk(schedule) >= found.end_chunk(schedule):
        raise ValueError("it is empty")
    return found


def _position(value: object, schedule: Schedule) -> RangePosition | None:
    if value is None:
        return None
    given = value if isinstance(value, Mapping) else {}
    stretch, offset, text = (given.get(name) for name in ("stretch", "offset", "text"))
    if (
        not isinstance(stretch, int)
        or isinstance(stretch, bool)
        or not isinstance(offset, str)
        or not isinstance(text, str)
        or len(text) > MAX_TEXT
        or len(offset) > MAX_TEXT
    ):
        raise ValueError("its position is not complete")
    try:
        seconds = Fraction(offset)
    except (ValueError, ZeroDivisionError):
        raise ValueError("its position has no offset") from None
    if not 0 <= stretch < len(schedule.stretches):
        raise ValueError("its position is not in the score")
    if not 0 <= seconds <= schedule.stretches[stretch].seconds:
        raise ValueError("its position is not in its section")
    return RangePosition(stretch=stretch, offset=seconds, text=text)
