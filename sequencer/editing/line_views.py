"""Positions of a text that was read, in the text as it is now.

While the two differ, only positions on lines that are in both can be converted.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from sequencer.core.diagnostics import Span
from sequencer.editing.hints import unchanged_lines
from sequencer.editing.texts import Position


class LineView:
    """Converts positions between a text that was read and the present one.

    Args:
        read: The text that was read.
        now: The present text. Both have `\\n` as newlines.
    """

    def __init__(self, read: str, now: str) -> None:
        self._read = read
        self._now = now
        self.is_current = read == now

    @cached_property
    def _new_lines(self) -> Mapping[int, int]:
        return unchanged_lines(self._read, self._now)

    @cached_property
    def _old_lines(self) -> Mapping[int, int]:
        return {new: old for old, new in self._new_lines.items()}

    def to_read(self, at: Position) -> Position | None:
        """Return a position in the text that was read, or None if its line is not there."""
        if self.is_current:
            return at
        line = self._old_lines.get(at.line)
        return None if line is None else Position(line, at.column)

    def span_in_read(self, span: Span) -> Span | None:
        """Return a span in the text that was read, or None if one of its ends is not there."""
        start = self.to_read(Position(span.line, span.column))
        end = self.to_read(Position(span.end_line, span.end_column))
        if start is None or end is None or start > end:
            return None
        return Span(span.file, start.line, start.column, end.line, end.column)

    def to_line(self, line: int) -> int | None:
        """Return the present number of a line that was read; both count from 1."""
        return line if self.is_current else self._new_lines.get(line)

    def to_present(self, span: Span) -> Span | None:
        """Return a span in the present text, or None if one of its lines is not there any more."""
        if self.is_current or span.line < 1:
            return span
        first = self._new_lines.get(span.line)
        last = span.end_line - (span.end_column == 1 and span.end_line > span.line)
        shift = None if first is None else first - span.line
        if shift is None or any(
            self._new_lines.get(line) != line + shift for line in range(span.line, last + 1)
        ):
            return None
        return Span(
            span.file, span.line + shift, span.column, span.end_line + shift, span.end_column
        )
