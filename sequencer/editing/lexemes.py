"""The words, numbers and texts of which statements and values consist, in both notations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from sequencer.language.values.amounts import UNITS
from sequencer.language.values.strings import NAME


class TokenKind(StrEnum):
    """What a word is."""

    KEYWORD = "keyword"
    SECTION = "section"
    SCENE = "scene"
    VARIABLE = "variable"
    MARK = "mark"
    NUMBER = "number"
    STRING = "string"
    TRIGGER = "trigger"
    COMMENT = "comment"


Piece = tuple[int, int, TokenKind, bool]
"""The start and end of a word, its kind, and whether it is live."""

NAME_AFTER = {"goto": TokenKind.SECTION, "like": TokenKind.SECTION, "mark": TokenKind.MARK}
"""What the name after a word is."""

_LEXEME = re.compile(
    r'(?P<string>"""(?:[^"\\]|\\[\s\S]|"(?!""))*(?:"""|\Z)|"(?:[^"\\\n]|\\.)*"?)'
    rf"|(?P<word>{NAME})|(?P<number>[0-9][0-9]*(?:[.:/][0-9]+)*(?:\+[0-9]+(?:/[0-9]+)?)?)(?P<unit>[a-z]*)"
)
_HOLE = re.compile(rf"\{{\{{|\{{({NAME})\}}")
"""A variable in a text, or two braces, which mean one."""


def lexemes(text: str, start: int, end: int) -> Iterator[tuple[int, int, TokenKind | None]]:
    """Yield strings with the variables in them, numbers, units and words (without a kind)."""
    for match in _LEXEME.finditer(text, start, end):
        if match["string"] is not None:
            yield from string_pieces(text, match.start(), match.end())
        elif match["number"] is not None:
            yield from _number_pieces(match)
        else:
            yield match.start(), match.end(), None


def _number_pieces(match: re.Match[str]) -> Iterator[tuple[int, int, TokenKind]]:
    """Yield a number and its unit; `4x` is a word."""
    if match["unit"] and match["unit"] not in UNITS:
        yield match.start(), match.end(), TokenKind.KEYWORD
        return
    yield (*match.span("number"), TokenKind.NUMBER)
    if match["unit"]:
        yield (*match.span("unit"), TokenKind.KEYWORD)


def string_pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int, TokenKind]]:
    """Yield a text with the variables in it."""
    at = start
    for hole in _HOLE.finditer(text, start, end):
        if hole[1] is None:
            continue
        if hole.start() > at:
            yield at, hole.start(), TokenKind.STRING
        yield hole.start(), hole.end(), TokenKind.VARIABLE
        at = hole.end()
    if end > at:
        yield at, end, TokenKind.STRING
