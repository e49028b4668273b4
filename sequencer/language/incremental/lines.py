"""Positions relative to pieces of a text, so that a change moves nothing below it.

A text is divided into pieces of whole lines. Each piece has a number from 1, and the spans of what
was read from it have the line `number << PIECE_BITS` plus the line inside the piece, from 0. A
piece that did not change keeps its nodes, wherever it moves. `Lines` returns actual spans.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sequencer.core.diagnostics import Diagnostic, Fix, Related, Span

PIECE_BITS = 25
"""How many bits a line inside a piece has: more lines than the longest text."""

_MASK = (1 << PIECE_BITS) - 1
_Node = TypeVar("_Node")


class Lines:
    """Where the pieces of a text are. Spans with actual lines are left unchanged."""

    __slots__ = ("_known", "_starts")

    def __init__(self, starts: Mapping[int, int]) -> None:
        """Create a map.

        Args:
            starts: The line, from 1, at which each piece begins, by the number of the piece.
        """
        self._starts = {0: 0, **starts}
        self._known: dict[type[Any], Callable[[Any], Any]] = {
            Span: self.span,
            tuple: self._tuple,
            dict: _same,
        }

    def line(self, line: int) -> int:
        """Return the actual line of a line."""
        return self._starts[line >> PIECE_BITS] + (line & _MASK)

    def span(self, span: Span) -> Span:
        """Return a span with actual lines."""
        if span.line <= _MASK and span.end_line <= _MASK:
            return span
        starts = self._starts
        return Span(
            span.file,
            starts[span.line >> PIECE_BITS] + (span.line & _MASK),
            span.column,
            starts[span.end_line >> PIECE_BITS] + (span.end_line & _MASK),
            span.end_column,
        )

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
        if handle is None:
            handle = self._known[type(value)] = self._handler_of(type(value))
        return handle(value)

    def _tuple(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple([self._any(value) for value in values])

    def _handler_of(self, cls: type[Any]) -> Callable[[Any], Any]:
        """Return the function that maps the instances of a class."""
        if not dataclasses.is_dataclass(cls):
            return _same
        names = [(field.name, field.type in PLAIN_TYPES) for field in dataclasses.fields(cls)]
        kept = [name for name, is_plain in names if is_plain]
        mapped = [name for name, is_plain in names if not is_plain]
        if not mapped:
            return _same
        any_value = self._any

        def rebuild(node: Any) -> Any:
            values = {name: getattr(node, name) for name in kept}
            for name in mapped:
                values[name] = any_value(getattr(node, name))
            return cls(**values)

        return rebuild


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
