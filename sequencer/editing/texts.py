"""Positions in a text, and edits of it.

A position is a line and a column, both from 1, in characters, like those of a `Span`. An edit is a
`Fix`: a text that replaces a span.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sequencer.core.diagnostics import Fix, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.source import Source
from sequencer.language.values.strings import NAME

_WORD = re.compile(rf"{NAME}|[0-9][0-9.:/]*")


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a cursor is: before the character in this column. Both numbers count from 1."""

    line: int
    column: int

    def is_in(self, span: Span) -> bool:
        """Return whether it is in a span or at one of its ends."""
        start, end = (span.line, span.column), (span.end_line, span.end_column)
        return start <= (self.line, self.column) <= end


def start_of(span: Span) -> Position:
    """Return where a span begins."""
    return Position(span.line, span.column)


def offset_of(source: Source, at: Position) -> int:
    """Return the offset of a position; one outside of the text is moved to the nearest inside."""
    if at.line < 1:
        return 0
    if at.line > len(source.starts):
        return len(source.text)
    start = source.starts[at.line - 1]
    return min(start + max(at.column, 1) - 1, end_of_line(source, at.line))


def end_of_line(source: Source, line: int) -> int:
    """Return the offset of the end of a line, before its newline."""
    return source.starts[line] - 1 if line < len(source.starts) else len(source.text)


def line_text(source: Source, line: int) -> str:
    """Return a line without its newline."""
    return source.text[source.starts[line - 1] : end_of_line(source, line)]


def word_at(source: Source, at: Position) -> Span | None:
    """Return the span of the name or number at a position, or None if there is none."""
    if not 1 <= at.line <= len(source.starts):
        return None
    start, offset = source.starts[at.line - 1], offset_of(source, at)
    for match in _WORD.finditer(line_text(source, at.line)):
        if start + match.start() <= offset <= start + match.end():
            return span_at(source, start + match.start(), start + match.end())
    return None


def text_of(source: Source, span: Span) -> str:
    """Return the text of a span."""
    return source.text[slice(*bounds_of(source, span))]


def bounds_of(source: Source, span: Span) -> tuple[int, int]:
    """Return the offsets of a span's start and end."""
    start = offset_of(source, Position(span.line, span.column))
    return start, max(start, offset_of(source, Position(span.end_line, span.end_column)))


def span_at(source: Source, start: int, end: int) -> Span:
    """Return the span from one offset to another; unlike `Source.span` it may end with a line."""
    first, last = source.line(start), source.line(end)
    return Span(
        source.file,
        first + 1,
        start - source.starts[first] + 1,
        last + 1,
        end - source.starts[last] + 1,
    )


def clip(source: Source, span: Span) -> Span:
    """Return the part of a span that is in a text."""
    return span_at(source, *bounds_of(source, span))


def contains(containing: Span, inner: Span) -> bool:
    """Return whether one span contains another one of the same file."""
    begin, end = (containing.line, containing.column), (containing.end_line, containing.end_column)
    is_same = containing.file == inner.file
    return is_same and begin <= (inner.line, inner.column) and is_before_end(inner, end)


def is_before_end(span: Span, end: tuple[int, int]) -> bool:
    """Return whether a span ends at a (line, column) or before it."""
    return (span.end_line, span.end_column) <= end


def apply_edits(text: str, edits: Iterable[Fix]) -> str:
    """Return a text with edits of it applied, all at once.

    Insertions at one position are applied in the order in which they are given. An edit that
    overlaps one before it is left out.
    """
    source = Source("", text)
    ordered = sorted(edits, key=lambda edit: bounds_of(source, edit.span))
    pieces: list[str] = []
    at = 0
    for edit in ordered:
        start, end = bounds_of(source, edit.span)
        if start >= at:
            pieces += text[at:start], edit.text
            at = end
    return "".join([*pieces, text[at:]])
