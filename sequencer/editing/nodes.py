"""Walk over the nodes of a score, whatever kinds of nodes the language has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any

from sequencer.core.diagnostics import NO_SPAN, Span
from sequencer.language.score import Score

_LEAVES = (str, int, Fraction, Enum, Span, type(None))


@cache
def _fields_of(kind: type[Any]) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind)) if is_dataclass(kind) else ()


def nodes_in(value: object) -> Iterator[Any]:
    """Yield a node and every node in it, each before its own parts; of a tuple, those of its items.

    Args:
        value: A node of `language.score`, or a tuple of nodes.
    """
    waiting: list[Any] = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting += reversed(node)
        elif not isinstance(node, _LEAVES):
            names = _fields_of(node.__class__)
            if names:
                yield node
                waiting += [getattr(node, name) for name in reversed(names)]


def nodes_of(score: Score) -> Iterator[Any]:
    """Yield the nodes of a score's own file; of a used file only the node that names it."""
    yield from score.uses
    yield from nodes_in(
        (score.header, score.lets, score.scenes, score.sections, score.items, score.play)
    )
    if score.end is not None:
        yield from nodes_in(score.end)


def span_of(node: object) -> Span:
    """Return the span of a node; `NO_SPAN` for a node without one."""
    found = getattr(node, "span", NO_SPAN)
    return found if isinstance(found, Span) else NO_SPAN
