"""Texts: what the model is to show, with the variables and picks in it."""

from __future__ import annotations

from dataclasses import field

from sequencer.errors import Span
from sequencer.records import dataclass
from sequencer.score.origins import origin


@dataclass(frozen=True, slots=True)
class Variable:
    """`{name}` inside a text."""

    name: str
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class Text:
    """A text: literal strings (escapes, braces and folded white space already read) and variables, in order."""

    parts: tuple[str | Variable, ...]
    span: Span = origin()
    block: bool = field(default=False, compare=False)
    """Whether it was written with three quotes (a hint for the printer)."""


@dataclass(frozen=True, slots=True)
class Pick:
    """`pick(text | text | …)`: one of its options, drawn from the seed and the place."""

    options: tuple[Text, ...]
    span: Span = origin()


Words = Text | Pick
