"""A text whose positions count UTF-16 code units, as the strings of a page do.

The text is kept as bytes, so that a change is a slice at twice its position, however many
characters outside of the basic plane are before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sequencer.core.diagnostics import Span
from sequencer.core.errors import UsageError
from sequencer.editing.texts import Position, bounds_of, offset_of, span_at
from sequencer.language.source import Source

MAX_TEXT_UNITS = 16 * 1024 * 1024
"""How many UTF-16 code units a text has at most: the limit of a score's file is as many bytes."""

MAX_CHANGES = 10_000
"""How many replacements one edit has at most."""

_ENCODING = "utf-16-le"


@dataclass(frozen=True, slots=True)
class Change:
    """A replacement: the UTF-16 code units from `start` to `end` become `text`."""

    start: int
    end: int
    text: str

    def to_json(self) -> dict[str, Any]:
        """Return it as in messages."""
        return {"from": self.start, "to": self.end, "text": self.text}


def read_changes(given: object) -> tuple[Change, ...]:
    """Return the replacements of a message.

    Args:
        given: A list of objects with `from`, `to` and `text`, in order and without overlaps. All
            positions are those of the text before the edit.

    Raises:
        UsageError: It has another form.
    """
    if not isinstance(given, list) or len(given) > MAX_CHANGES:
        raise UsageError(f"an edit is a list of at most {MAX_CHANGES:,} changes")
    found: list[Change] = []
    for one in given:
        if not isinstance(one, Mapping) or set(one) != {"from", "to", "text"}:
            raise UsageError("a change has from, to and text")
        start, end, text = one["from"], one["to"], one["text"]
        if type(start) is not int or type(end) is not int or not isinstance(text, str):
            raise UsageError("from and to of a change are whole numbers, and text is a string")
        found.append(Change(start, end, text))
    return tuple(found)


class TextBuffer:
    """A text, with `\\n` as newlines. It never changes: an edit returns another one."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        """The text in UTF-16, little-endian."""

    @classmethod
    def of(cls, text: str) -> TextBuffer:
        """Return the buffer of a text. Raises UnicodeEncodeError for half of a character."""
        return cls(text.encode(_ENCODING))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextBuffer) and self.data == other.data

    __hash__ = None  # type: ignore[assignment]  # it is only compared

    def __len__(self) -> int:
        return len(self.data) // 2

    @cached_property
    def text(self) -> str:
        """The text."""
        return self.data.decode(_ENCODING)

    @cached_property
    def source(self) -> Source:
        """The text with the offsets of its lines."""
        return Source("", self.text)

    def changed(self, changes: Iterable[Change]) -> TextBuffer:
        """Return the text after an edit.

        Args:
            changes: The replacements, in order and without overlaps, with positions in this text.

        Raises:
            UsageError: They are not in the text or not in order, they would leave half of a
                character or a carriage return, or the text would become too large.
        """
        pieces: list[bytes] = []
        at = 0
        for one in changes:
            if not at <= one.start <= one.end <= len(self):
                raise UsageError("an edit is not in the text, or its changes are not in order")
            if self._splits(one.start) or self._splits(one.end):
                raise UsageError("an edit begins or ends within a character")
            if "\r" in one.text:
                raise UsageError("a text has line feeds as newlines, and no carriage returns")
            try:
                new = one.text.encode(_ENCODING)
            except UnicodeEncodeError:
                raise UsageError("an edit inserts half of a character") from None
            pieces += self.data[2 * at : 2 * one.start], new
            at = one.end
        pieces.append(self.data[2 * at :])
        if sum(map(len, pieces)) > 2 * MAX_TEXT_UNITS:
            raise UsageError(
                f"the score would be larger than {MAX_TEXT_UNITS:,} characters, the maximum",
                "split it with `use`",
            )
        return TextBuffer(b"".join(pieces))

    def _splits(self, at: int) -> bool:
        """Return whether a position is between the two halves of a character."""
        return 0 < at < len(self) and self.data[2 * at + 1] & 0xFC == 0xDC

    # ---- positions -------------------------------------------------------------------------------

    def position(self, at: int) -> Position:
        """Return the line and column at a position; one outside of the text is moved inside."""
        offset = self._offset(at)
        span = span_at(self.source, offset, offset)
        return Position(span.line, span.column)

    def _offset(self, at: int) -> int:
        at = max(0, min(at, len(self)))
        if self.is_basic:
            return at
        return len(self.data[: 2 * (at - self._splits(at))].decode(_ENCODING))

    def units(self, at: Position) -> int:
        """Return the position of a line and column; one outside of the text is moved inside."""
        return self._units(offset_of(self.source, at))

    def _units(self, offset: int) -> int:
        return offset if self.is_basic else self._starts[offset]

    @cached_property
    def is_basic(self) -> bool:
        """Whether each character is one code unit."""
        return len(self.text) == len(self)

    @cached_property
    def _starts(self) -> list[int]:
        """The position of each character, and the end."""
        starts = [0]
        for character in self.text:
            starts.append(starts[-1] + (2 if character > "\uffff" else 1))
        return starts

    def bounds(self, span: Span) -> tuple[int, int]:
        """Return where a span begins and ends."""
        start, end = bounds_of(self.source, span)
        return self._units(start), self._units(end)


def difference(old: TextBuffer, new: TextBuffer) -> tuple[Change, ...]:
    """Return the edit that makes one text of another: one replacement, or none if they are equal.

    It leaves what both begin with, and what both end with.
    """
    if old == new:
        return ()
    before, after = old.text, new.text
    start = _common_length(before, after)
    end = _common_length(before[start:][::-1], after[start:][::-1])
    removed = before[start : len(before) - end]
    first = len(before[:start].encode(_ENCODING)) // 2
    last = first + len(removed.encode(_ENCODING)) // 2
    return (Change(first, last, after[start : len(after) - end]),)


def _common_length(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:  # by halves: comparing slices is fast
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
