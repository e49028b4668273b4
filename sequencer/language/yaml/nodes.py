"""The nodes of a YAML tree, and the source position of every character of a scalar.

The value of a scalar is not always identical to its source: quotes, escapes, folded lines and
indentation come between them. `make_locator` maps offsets in the value back to the source, so that
a mistake inside a text is reported in its own column, however the text is written.
"""

from __future__ import annotations

from collections.abc import Callable

from sequencer.core.diagnostics import Span
from sequencer.language.score import Item
from sequencer.language.source import Source

BLOCK_STYLES = frozenset({"|", ">"})
"""The styles of scalars whose lines are below their key."""

Locate = Callable[[int, int], Span]
"""Returns the span of part of a value, given its start and end as offsets in the value."""


class Scalar:
    """A value as text.

    `line` and `column` count from 0; `style` is None (plain), `'`, `"`, `|` or `>`.

    `start` and `end` are offsets of the complete source of the scalar; `|` and `>` scalars end with
    their last line that is not blank.
    """

    __slots__ = ("column", "end", "line", "start", "style", "value")

    def __init__(
        self, value: str, line: int, column: int, *, start: int, end: int, style: str | None
    ) -> None:
        self.value = value
        self.line = line
        self.column = column
        self.start = start
        self.end = end
        self.style = style

    @property
    def is_empty(self) -> bool:
        """Whether the value is empty, as in `cut:`."""
        return self.start == self.end

    @property
    def is_block(self) -> bool:
        """Whether it is written with `|` or `>`."""
        return self.style in BLOCK_STYLES


def value_span(scalar: Scalar, source: Source) -> Span:
    """Return a value's span without its quotes if it is verbatim on one line, else the scalar's."""
    start, end = scalar.start, scalar.end
    if source.text.find("\n", start, end) < 0:
        length = len(scalar.value)
        if end - start == length and not scalar.style:
            line, column = scalar.line + 1, scalar.column + 1
            return Span(source.file, line, column, line, column + length)
        if end - start == length + 2 and scalar.style:
            line, column = scalar.line + 1, scalar.column + 2
            return Span(source.file, line, column, line, column + length)
    return scalar_span(scalar, source)


def scalar_span(scalar: Scalar, source: Source) -> Span:
    """Return the span of a complete scalar, including quotes, without trailing white space."""
    start, end = scalar.start, scalar.end
    if source.text.find("\n", start, end) < 0:
        line, column = scalar.line + 1, scalar.column + 1
        return Span(source.file, line, column, line, column + end - start)
    return source.span(start, end)


def make_locator(scalar: Scalar, source: Source) -> Locate:
    """Return a function that maps parts of a scalar's value to spans, else to the whole scalar."""
    inside = scalar.end - scalar.start - (2 if scalar.style else 0)
    if inside == len(scalar.value) and source.text.find("\n", scalar.start, scalar.end) < 0:
        file, line, first = source.file, scalar.line + 1, scalar.column + (2 if scalar.style else 1)
        return lambda start, end: Span(file, line, first + start, line, first + end)
    whole = scalar_span(scalar, source)
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
    """Return the source offset of each of the value's characters and its end; empty if unknown."""
    at, stop = scalar.start, scalar.end
    if scalar.is_block:
        newline = text.find("\n", at, stop)
        at = stop if newline < 0 else newline + 1
    elif scalar.style:
        at, stop = at + 1, stop - 1
    escapes = scalar.style == '"'
    offsets: list[int] = []
    for char in scalar.value:
        is_space = char.isspace()
        at = _skip_folded(text, at, stop, escapes, is_space)
        if at >= stop and not is_space:
            return []
        offsets.append(min(at, max(scalar.start, stop - 1)))
        if escapes and text[at : at + 1] == "\\":
            at += _ESCAPES.get(text[at + 1 : at + 2], 2)
        elif scalar.style == "'" and char == "'":
            at += 2
        elif at < stop and text[at] == char and char != "\n":
            at += 1
        elif not is_space:
            return []
    offsets.append(at)
    return offsets


def _skip_folded(text: str, at: int, stop: int, escapes: bool, is_space: bool) -> int:
    """Return where the next character of a value is.

    That is after folded line ends, and after all spaces unless the character is a space.
    """
    while True:
        if escapes and text.startswith("\\\n", at):
            at = _skip_white_space(text, at + 2, stop)
        elif not is_space and at < stop and text[at].isspace():
            at = _skip_white_space(text, at, stop)
        else:
            return at


_ESCAPES = {"x": 4, "u": 6, "U": 10}
"""The length of an escape in a double-quoted scalar; all others have two characters."""


def _skip_white_space(text: str, at: int, stop: int) -> int:
    while at < stop and text[at].isspace():
        at += 1
    return at


class Sequence:
    """A list.

    `whole` is whether its end was reached; `read` holds the items that were already read during
    parsing.
    """

    __slots__ = ("end", "flow", "items", "read", "start", "whole")

    def __init__(self, items: list[Node], start: int, end: int, flow: bool, whole: bool) -> None:
        self.items = items
        self.read: list[Item] = []
        self.start = start
        self.end = end
        self.flow = flow
        self.whole = whole


class Mapping:
    """Keys with their values, in source order. `whole` is whether its end was reached."""

    __slots__ = (
        "column",
        "end",
        "end_column",
        "end_line",
        "entries",
        "flow",
        "line",
        "start",
        "whole",
    )

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
"""A value of the tree; None for a value that could not be read (reported)."""
