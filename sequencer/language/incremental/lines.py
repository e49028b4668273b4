"""Positions relative to pieces of a text, so that a change moves nothing below it.

A text is divided into pieces of whole lines. Each piece has a number from 1, and the spans of what
was read from it have the line `number << PIECE_BITS` plus the line inside the piece, from 0. A
piece that did not change keeps its nodes, wherever it moves. `Lines` returns actual spans.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from operator import attrgetter
from typing import Any, TypeVar

from sequencer.core.diagnostics import Diagnostic, Fix, Related, Span

PIECE_BITS = 25
"""How many bits a line inside a piece has: more lines than the longest text."""

_MASK = (1 << PIECE_BITS) - 1
_Node = TypeVar("_Node")


class Lines:
    """Where the pieces of a text are. Spans with actual lines are left unchanged."""

    __slots__ = ("_known", "_shifts")

    def __init__(self, starts: Mapping[int, int]) -> None:
        """Create a map.

        Args:
            starts: The line, from 1, at which each piece begins, by the number of the piece.
        """
        self._shifts = {number: line - (number << PIECE_BITS) for number, line in starts.items()}
        self._shifts[0] = 0
        self._known: dict[type[Any], Callable[[Any], Any]] = {
            Span: self.span,
            tuple: self._tuple,
        }

    @property
    def numbers(self) -> Collection[int]:
        """The numbers of the pieces, and 0."""
        return self._shifts.keys()

    def start(self, number: int) -> int:
        """Return the line at which a piece begins; 0 for number 0."""
        return self._shifts[number] + (number << PIECE_BITS)

    def line(self, line: int) -> int:
        """Return the actual line of a line."""
        return line + self._shifts[line >> PIECE_BITS]

    def span(self, span: Span) -> Span:
        """Return a span with actual lines."""
        line, end = span.line, span.end_line
        if line <= _MASK and end <= _MASK:
            return span
        shifts = self._shifts
        first = line + shifts[line >> PIECE_BITS]
        last = first if end == line else end + shifts[end >> PIECE_BITS]
        return Span(span.file, first, span.column, last, span.end_column)

    def diagnostic(self, one: Diagnostic) -> Diagnostic:
        """Return a diagnostic with actual lines, also in its fixes and related positions."""
        span = self.span
        return Diagnostic(
            code=one.code,
            message=one.message,
            span=span(one.span),
            hint=one.hint,
            fixes=tuple(Fix(span(fix.span), fix.text) for fix in one.fixes) if one.fixes else (),
            related=tuple(Related(span(other.span), other.message) for other in one.related)
            if one.related
            else (),
            severity=one.severity,
        )

    def node(self, node: _Node) -> _Node:
        """Return a node, or a tuple of nodes, with actual lines in everything below it."""
        mapped: _Node = self._any(node)
        return mapped

    def _any(self, value: Any) -> Any:
        handle = self._known.get(type(value))
        return (handle or self._handler_of(type(value)))(value)

    def _tuple(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple([self._any(value) for value in values])

    def _handler_of(self, cls: type[Any]) -> Callable[[Any], Any]:
        """Return the function that maps the instances of a class, and remember it."""
        handle = self._known[cls] = self._make_handler(cls)
        return handle

    def _make_handler(self, cls: type[Any]) -> Callable[[Any], Any]:
        fields = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
        mapped = [index for index, field in enumerate(fields) if field.type not in PLAIN_TYPES]
        if not mapped:
            return _same
        names = [field.name for field in fields]
        values_of = attrgetter(*names, names[0])  # of at least two names it returns a tuple
        known, handler_of = self._known, self._handler_of
        are_positional = not any(field.kw_only for field in fields)

        def rebuild(node: Any) -> Any:
            values = list(values_of(node))
            for index in mapped:
                value = values[index]
                handle = known.get(type(value)) or handler_of(type(value))
                values[index] = handle(value)
            if are_positional:
                return cls(*values[:-1])
            return cls(**dict(zip(names, values, strict=False)))

        return rebuild


class MovableDiagnostics:
    """Diagnostics of pieces, with their actual lines as long as no piece moves."""

    __slots__ = ("_diagnostics", "_moved", "_numbers", "_starts")

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self._diagnostics = diagnostics
        spans = (
            span
            for one in diagnostics
            for span in (
                one.span,
                *(fix.span for fix in one.fixes),
                *(other.span for other in one.related),
            )
        )
        self._numbers = sorted(
            {line >> PIECE_BITS for span in spans for line in (span.line, span.end_line)}
        )
        self._starts: list[int] = []
        self._moved: tuple[Diagnostic, ...] = ()

    def __len__(self) -> int:
        return len(self._diagnostics)

    def at(self, lines: Lines) -> tuple[Diagnostic, ...]:
        """Return the diagnostics with actual lines."""
        starts = [lines.start(number) for number in self._numbers]
        if starts != self._starts:
            self._moved = tuple(map(lines.diagnostic, self._diagnostics))
            self._starts = starts
        return self._moved


PLAIN_TYPES = frozenset(
    {
        "int",
        "str",
        "bool",
        "float",
        "Fraction",
        "Unit",
        "Snap",
        "int | None",
        "str | None",
        "bool | None",
        "Fraction | None",
        "tuple[str, ...]",
        "tuple[int, ...]",
    }
)
"""Types of fields, as they are written, that contain no spans."""


def _same(value: Any) -> Any:
    return value
