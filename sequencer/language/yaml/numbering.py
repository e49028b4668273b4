"""Give the spans of new nodes the lines of pieces (see `language.incremental.lines`)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from sequencer.core.diagnostics import Span
from sequencer.language.incremental.lines import PIECE_BITS, PLAIN_TYPES
from sequencer.language.score import Section

FIRST_NUMBERED = 1 << PIECE_BITS
"""The lowest line of a numbered piece: lower ones are actual lines."""


class CrossingError(Exception):  # internal: the pieces are joined
    """A node begins in one piece and ends in another: on the lines `first` to `last`, from 1."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__()
        self.first = first
        self.last = last


class Numbering:
    """Changes spans from actual lines to those of pieces.

    The nodes are changed in place, because nobody else has them yet: copying them would take half
    as long as reading them.
    """

    def __init__(self, lines: dict[int, int]) -> None:
        """Create one.

        Args:
            lines: The line of a piece for each actual line.
        """
        self.lines = lines

    def number(self, node: Any) -> None:
        """Number the spans of a node and of everything in it, except those that are numbered."""
        cls = node.__class__
        if cls is tuple:
            for one in node:
                self.number(one)
        elif cls is Span:
            self.number_span(node, is_long=False)
        else:
            spans, others = _FIELDS.get(cls) or _find_fields(cls)
            for get in spans:
                span = get(node)
                if 0 < span.line < FIRST_NUMBERED:
                    self.number_span(span, is_long=cls is Section)
            for get in others:
                value = get(node)
                if value is not None:
                    self.number(value)

    def number_span(self, span: Span, *, is_long: bool) -> None:
        """Number a span. If it is `is_long`, it may end in another piece."""
        line, end_line = span.line, span.end_line
        if not 0 < line < FIRST_NUMBERED:
            return  # it has no position, or it is shared and already numbered
        first, last = self.lines.get(line), self.lines.get(end_line)
        if first is None or last is None or (last - first != end_line - line and not is_long):
            raise CrossingError(line, end_line)
        _set_line(span, first)
        _set_end_line(span, last)


_Getter = Callable[[Any], Any]
_FIELDS: dict[type[Any], tuple[tuple[_Getter, ...], tuple[_Getter, ...]]] = {}
"""How to get the spans of the instances of a class, and everything else that may have some."""


def _find_fields(cls: type[Any]) -> tuple[tuple[_Getter, ...], tuple[_Getter, ...]]:
    fields = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
    spans = tuple(attrgetter(one.name) for one in fields if one.type == "Span")
    others = tuple(
        attrgetter(one.name) for one in fields if one.type not in PLAIN_TYPES and one.type != "Span"
    )
    _FIELDS[cls] = spans, others
    return spans, others


_set_line, _set_end_line = (getattr(Span, name).__set__ for name in ("line", "end_line"))
