"""Positions of the protocol and of `editing`, in each of the three encodings of the protocol.

The protocol counts lines and characters from 0, a character in units of the encoding that client
and server agreed on; a line ends with LF, CR LF or CR. `editing` counts from 1, in code points of a
text that has only LF. Both have the same lines, so only columns are converted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from lsprotocol import types

from sequencer.core.diagnostics import Span
from sequencer.editing.line_views import LineView
from sequencer.editing.texts import Position

Encoding = types.PositionEncodingKind

_NEWLINE = re.compile(r"\r\n|\n|\r")
_BYTE_ORDER_MARK = "\ufeff"

Change = types.TextDocumentContentChangePartial | types.TextDocumentContentChangeWholeDocument


def count_units(text: str, encoding: Encoding | str) -> int:
    """Return the length of a text in units of an encoding."""
    match encoding:
        case Encoding.Utf32:
            return len(text)
        case _ if text.isascii():
            return len(text)
        case Encoding.Utf8:
            return len(text.encode("utf-8", "surrogatepass"))
        case _:
            return len(text.encode("utf-16-le", "surrogatepass")) // 2


def count_characters(line: str, units: int, encoding: Encoding | str) -> int:
    """Return how many characters of a line a number of units covers.

    Units beyond the end of the line are ignored. A position inside a character is moved to its
    beginning.
    """
    if encoding == Encoding.Utf32 or line.isascii():
        return max(0, min(units, len(line)))
    used = 0
    for at, character in enumerate(line):
        used += count_units(character, encoding)
        if used > units:
            return at
    return len(line)


class ClientText:
    """A text as the client has it, and conversions of positions in it."""

    def __init__(self, text: str, encoding: Encoding | str = Encoding.Utf16) -> None:
        self.text = text
        self.encoding = encoding
        newlines = [match.span() for match in _NEWLINE.finditer(text)]
        self.starts = [0, *(end for _, end in newlines)]
        self.ends = [*(start for start, _ in newlines), len(text)]

    @cached_property
    def normalised(self) -> str:
        """The text as `editing` has it, with `\\n` as newlines and no byte order mark."""
        text = self.text.removeprefix(_BYTE_ORDER_MARK)
        return _NEWLINE.sub("\n", text) if "\r" in text else text

    @cached_property
    def newline(self) -> str:
        """The newline of the text, that of its first line."""
        return self.text[self.ends[0] : self.starts[1]] if len(self.starts) > 1 else "\n"

    def line(self, number: int) -> str:
        """Return a line, counted from 0, without its newline."""
        return self.text[self.starts[number] : self.ends[number]]

    def _hidden(self, line: int) -> int:
        """Return how many characters of a line `editing` does not have."""
        return int(line == 0 and self.text.startswith(_BYTE_ORDER_MARK))

    def offset(self, at: types.Position) -> int:
        """Return the offset of a position; one outside of the text is moved to the nearest."""
        if at.line >= len(self.starts):
            return len(self.text)
        line = self.line(at.line)
        return self.starts[at.line] + count_characters(line, at.character, self.encoding)

    def to_position(self, at: types.Position) -> Position:
        """Return a position of the protocol as one of `editing`."""
        line = min(at.line, len(self.starts) - 1)
        column = self.offset(at) - self.starts[line] - self._hidden(line)
        return Position(line + 1, max(column, 0) + 1)

    def to_client(self, at: Position) -> types.Position:
        """Return a position of `editing` as one of the protocol."""
        if at.line < 1:
            return types.Position(0, 0)
        if at.line > len(self.starts):
            return self.end
        line = self.line(at.line - 1)
        before = line[: at.column - 1 + self._hidden(at.line - 1)]
        return types.Position(at.line - 1, count_units(before, self.encoding))

    @property
    def end(self) -> types.Position:
        """The end of the text."""
        last = len(self.starts) - 1
        return types.Position(last, count_units(self.line(last), self.encoding))

    def to_range(self, span: Span) -> types.Range:
        """Return a span as a range."""
        return types.Range(
            self.to_client(Position(span.line, span.column)),
            self.to_client(Position(span.end_line, span.end_column)),
        )

    def to_span(self, part: types.Range, file: str) -> Span:
        """Return a range as a span."""
        start, end = self.to_position(part.start), self.to_position(part.end)
        return Span(file, start.line, start.column, end.line, end.column)

    def changed(self, changes: Iterable[Change]) -> ClientText:
        """Return the text after some changes, each of which is of the text after the one before."""
        found = self
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = found.offset(change.range.start), found.offset(change.range.end)
                text = found.text[:start] + change.text + found.text[max(start, end) :]
            else:
                text = change.text
            found = ClientText(text, self.encoding)
        return found


class View(LineView):
    """Converts between a text that was read and the text that the client has now."""

    def __init__(self, read: str, now: ClientText) -> None:
        super().__init__(read, now.normalised)
        self.now = now

    def to_read_position(self, at: types.Position) -> Position | None:
        """Return a position in the text that was read, or None if its line is not there."""
        return self.to_read(self.now.to_position(at))

    def range_in_read(self, part: types.Range, file: str) -> Span | None:
        """Return a range as a span of the text that was read, or None if a line is not there."""
        return self.span_in_read(self.now.to_span(part, file))

    def to_range(self, span: Span) -> types.Range | None:
        """Return the present range of a span, or None if it does not exist any more."""
        present = self.to_present(span)
        return None if present is None else self.now.to_range(present)
