"""Scalars of YAML and where each character of them stands in the file.

A scalar's value is not always its source: quotes, escapes, folded lines and indentation lie between them. `locator_of` finds
the way back, so that a fault inside a text has its own column however the text was written.
"""

from __future__ import annotations

from collections.abc import Callable

from sequencer.core.diagnostics import Span
from sequencer.language.score import Item
from sequencer.language.source import Source

BLOCKS = frozenset({"|", ">"})
"""The styles of scalars whose lines stand below their key."""

Locate = Callable[[int, int], Span]
"""Makes the span of a stretch of a value, given as offsets in it."""


class Scalar:
    """A value as text. `line` and `column` count from 0; `style` is None (plain), `'`, `"`, `|` or `>`.

    `start` and `end` are offsets of all that is written; those of `|` and `>` end with their last line that is not blank.
    """

    __slots__ = ("column", "end", "line", "start", "style", "value")

    def __init__(self, value: str, line: int, column: int, start: int, end: int, style: str | None) -> None:
        self.value = value
        self.line = line
        self.column = column
        self.start = start
        self.end = end
        self.style = style

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands there: `cut:`."""
        return self.start == self.end

    @property
    def is_block(self) -> bool:
        """Whether it is written with `|` or `>`."""
        return self.style in BLOCKS


def value_span(scalar: Scalar, source: Source) -> Span:
    """The span of a value without its quotes where it stands verbatim on one line, else of all that is written."""
    start, end = scalar.start, scalar.end
    if source.text.find("\n", start, end) < 0:
        length = len(scalar.value)
        if end - start == length and not scalar.style:
            line, column = scalar.line + 1, scalar.column + 1
            return Span(source.file, line, column, line, column + length)
        if end - start == length + 2 and scalar.style:
            line, column = scalar.line + 1, scalar.column + 2
            return Span(source.file, line, column, line, column + length)
    return whole_span(scalar, source)


def whole_span(scalar: Scalar, source: Source) -> Span:
    """The span of all that is written, quotes included, without white space behind it."""
    start, end = scalar.start, scalar.end
    if source.text.find("\n", start, end) < 0:
        line, column = scalar.line + 1, scalar.column + 1
        return Span(source.file, line, column, line, column + end - start)
    return source.span(start, end)


def locator_of(scalar: Scalar, source: Source) -> Locate:
    """Makes spans of stretches of a scalar's value; the whole scalar where the way back is not found."""
    inside = scalar.end - scalar.start - (2 if scalar.style else 0)
    if inside == len(scalar.value) and source.text.find("\n", scalar.start, scalar.end) < 0:
        file, line, first = source.file, scalar.line + 1, scalar.column + (2 if scalar.style else 1)
        return lambda start, end: Span(file, line, first + start, line, first + end)
    whole = whole_span(scalar, source)
    offsets: list[int] | None = None

    def locate(start: int, end: int) -> Span:
        nonlocal offsets
        if offsets is None:
            offsets = _offsets(scalar, source.text)
        if not 0 <= start <= end < len(offsets):
            return whole
        first = offsets[start]
        last = offsets[end - 1] + 1 if end > start else first
        return source.span(first, max(last, first))

    return locate


def _offsets(scalar: Scalar, text: str) -> list[int]:
    """Where each character of the value stands in the text, and one more for its end. Empty when that is not known."""
    at, stop = scalar.start, scalar.end
    if scalar.is_block:
        newline = text.find("\n", at, stop)
        at = stop if newline < 0 else newline + 1
    elif scalar.style:
        at, stop = at + 1, stop - 1
    escapes = scalar.style == '"'
    offsets: list[int] = []
    for char in scalar.value:
        blank = char.isspace()
        at = _skipped(text, at, stop, escapes, blank)
        if at >= stop and not blank:
            return []
        offsets.append(min(at, max(scalar.start, stop - 1)))
        if escapes and text[at : at + 1] == "\\":
            at += _ESCAPES.get(text[at + 1 : at + 2], 2)
        elif scalar.style == "'" and char == "'":
            at += 2
        elif at < stop and text[at] == char and char != "\n":
            at += 1
        elif not blank:
            return []
    offsets.append(at)
    return offsets


def _skipped(text: str, at: int, stop: int, escapes: bool, blank: bool) -> int:
    """Where the next character of a value stands: behind folded line ends, and for one that is not blank behind all space."""
    while True:
        if escapes and text.startswith("\\\n", at):
            at = _solid(text, at + 2, stop)
        elif not blank and at < stop and text[at].isspace():
            at = _solid(text, at, stop)
        else:
            return at


_ESCAPES = {"x": 4, "u": 6, "U": 10}
"""How long an escape is in a double-quoted scalar; all others have two characters."""


def _solid(text: str, at: int, stop: int) -> int:
    while at < stop and text[at].isspace():
        at += 1
    return at


class Sequence:
    """A list: `whole` where its end was reached. `read` are those of its items that were read while it grew."""

    __slots__ = ("end", "flow", "items", "read", "start", "whole")

    def __init__(self, items: list[Node], start: int, end: int, flow: bool, whole: bool) -> None:
        self.items = items
        self.read: list[Item] = []
        self.start = start
        self.end = end
        self.flow = flow
        self.whole = whole


class Mapping:
    """Keys with their values, in source order: `whole` where its end was reached."""

    __slots__ = ("column", "end", "end_column", "end_line", "entries", "flow", "line", "start", "whole")

    def __init__(self, start: int, line: int, column: int, flow: bool) -> None:
        self.entries: dict[str, tuple[Scalar, Node]] = {}
        self.start = start
        self.line = line
        self.column = column
        self.end = start
        self.end_line = -1
        self.end_column = -1
        self.flow = flow
        self.whole = True


Node = Scalar | Sequence | Mapping | None
"""A value of the tree; None where there was one that could not be read (told)."""
