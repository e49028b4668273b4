"""What each word of a text is, for colours: from the grammar's own tokens, statement by statement.

A statement that the grammar refuses is coloured as far as it was accepted, the rest by its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum

from sequencer.core.diagnostics import Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.editing.looking import Look
from sequencer.editing.names import NameKind, Names
from sequencer.editing.texts import Position, bounds_of, offset_of, span_at
from sequencer.editing.words import known_words
from sequencer.language.loader import Notation
from sequencer.language.source import Source
from sequencer.language.spec import (
    ACTION_KEYS,
    HEADER_KEYS,
    RULE_KEYS,
    STATEMENTS,
    STRUCTURE_KEYS,
)
from sequencer.language.text.parser import Token, get_parser
from sequencer.language.text.statements import Statement, split_statements
from sequencer.language.values.amounts import UNITS
from sequencer.language.values.strings import NAME
from sequencer.language.yaml.fields import CHOICE_KEYS
from sequencer.language.yaml.sections import SECTION_KEYS


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


@dataclass(frozen=True, slots=True)
class ColouredToken:
    """A word with its kind, on one line. `is_live` is whether it waits for something in a run."""

    span: Span
    kind: TokenKind
    is_live: bool = False


_NAME_KINDS = {
    NameKind.SCENE: TokenKind.SCENE,
    NameKind.VARIABLE: TokenKind.VARIABLE,
    NameKind.SECTION: TokenKind.SECTION,
    NameKind.MARK: TokenKind.MARK,
    NameKind.GO: TokenKind.TRIGGER,
}

_LEXEME = re.compile(
    r'(?P<string>"""(?:[^"\\]|\\[\s\S]|"(?!""))*(?:"""|\Z)|"(?:[^"\\\n]|\\.)*"?)'
    rf"|(?P<word>{NAME})|(?P<number>[0-9][0-9]*(?:[.:/][0-9]+)*(?:\+[0-9]+(?:/[0-9]+)?)?)(?P<unit>[a-z]*)"
)
_HOLE = re.compile(rf"(?<!\{{)\{{({NAME})\}}")
_YAML_LEXEME = re.compile(
    r"(?P<comment>(?<!\S)\#[^\n]*)"
    r"|(?P<string>\"(?:[^\"\\]|\\[\s\S])*\"?|'(?:[^']|'')*'?)"
    rf"|(?P<key>{NAME})(?=:(?:\s|\Z))"
    rf"|(?P<word>{NAME})|(?P<number>[0-9][0-9]*(?:[.:/][0-9]+)*)(?P<unit>[a-z]*)"
)
_HEADS = {"scene": TokenKind.SCENE, "section": TokenKind.SECTION, "let": TokenKind.VARIABLE}
_AFTER = {"goto": TokenKind.SECTION, "like": TokenKind.SECTION, "mark": TokenKind.MARK}
_KEYS = frozenset(
    (
        *HEADER_KEYS,
        *STRUCTURE_KEYS,
        *SECTION_KEYS,
        *ACTION_KEYS,
        *RULE_KEYS,
        *CHOICE_KEYS,
        *(key for row in STATEMENTS for key in row.keys),
    )
)
_TEXT_KEYS = frozenset(
    (
        *("score", "let", "base", "follow", "prompt", "action", *CHOICE_KEYS),
        *("use", "image", "sound", "file"),
    )
)
"""Keys whose values are texts and paths: the words in them are not words of the language."""
_TRIGGER_KEYS = frozenset(("when", "on", "until"))

Piece = tuple[int, int, TokenKind, bool]
"""The start and end of a word, its kind, and whether it is live."""


def find_tokens(
    known: Look, text: str | None = None, first: int = 1, last: int | None = None
) -> tuple[ColouredToken, ...]:
    """Return the words of a text in order. They do not overlap, and none of them has two lines.

    Args:
        known: What is known about the text, or about an earlier version of it.
        text: The text as it is now, if it has changed since.
        first: The first line.
        last: The last line; by default that of the text.
    """
    source = known.source if text is None else Source(known.file, text)
    start = offset_of(source, Position(first, 1))
    end = len(source.text) if last is None else offset_of(source, Position(last + 1, 1))
    pieces = (
        _yaml_pieces(source, known.names if text is None else None)
        if known.notation is Notation.YAML
        else _text_pieces(source.text, start, end)
    )
    return tuple(
        token
        for token in _on_lines(source, pieces)
        if first <= token.span.line and (last is None or token.span.line <= last)
    )


def _on_lines(source: Source, pieces: Iterable[Piece]) -> Iterator[ColouredToken]:
    """Yield pieces in order, each divided at the ends of lines."""
    done = 0
    for start, end, kind, live in sorted(pieces):
        at = max(start, done)
        done = max(done, end)
        while at < end:
            newline = source.text.find("\n", at, end)
            stop = end if newline < 0 else newline
            if stop > at:
                yield ColouredToken(span_at(source, at, stop), kind, live)
            at = stop + 1


# ---- text ----------------------------------------------------------------------------------------


def _text_pieces(text: str, first: int, last: int) -> Iterator[Piece]:
    """Yield the words of the statements and comments that are in a part of a text."""
    statements, comments = split_statements(text)
    for comment in comments:
        if first <= comment.end and comment.start <= last:
            yield comment.start, comment.end, TokenKind.COMMENT, False
    for statement in statements:
        if first <= statement.end and statement.start <= last:
            yield from _statement_pieces(text, statement)


def _statement_pieces(text: str, statement: Statement) -> Iterator[Piece]:
    scan = get_parser().scan(text, statement.start, statement.end)
    head = scan.tokens[0].text.split(maxsplit=1)[0] if scan.tokens else ""
    for token in scan.tokens:
        is_live = head == "on" or token.kind in ("UNTIL", "OR", "TRIGGER")
        yield from _token_pieces(token, head, is_live)
    for start, end, kind in _lexemes(text, scan.at, statement.end):
        word = text[start:end]
        if kind is not None or word in known_words():
            yield start, end, kind or TokenKind.KEYWORD, False


def _token_pieces(token: Token, head: str, is_live: bool) -> Iterator[Piece]:
    """Yield the words of one token of the grammar, which may be a keyword with its value."""
    before = ""
    is_first = True
    for start, end, kind in _lexemes(token.text, 0, len(token.text)):
        word = token.text[start:end]
        found = kind or _word_kind(token.kind, word, before, head, is_first=is_first)
        if found is not None:
            yield token.start + start, token.start + end, found, is_live
        before, is_first = word, False


def _word_kind(
    terminal: str, word: str, before: str, head: str, *, is_first: bool
) -> TokenKind | None:
    if terminal == "LABEL":
        return TokenKind.SECTION if head == "section" else _HEADS.get(head)
    if terminal in ("NAME", "SAY"):
        return TokenKind.SCENE
    if terminal == "PASS":
        return TokenKind.SECTION
    if before in _AFTER and terminal != "TRIGGER":
        return _AFTER[before]
    if terminal == "TRIGGER":
        return TokenKind.TRIGGER
    is_value = terminal in ("VALUE", "MIDI") or terminal.startswith("SET_")
    if is_first or is_value or word in known_words() or word in UNITS:
        return TokenKind.KEYWORD
    return None


def _lexemes(text: str, start: int, end: int) -> Iterator[tuple[int, int, TokenKind | None]]:
    """Yield strings with the variables in them, numbers, units and words (without a kind)."""
    for match in _LEXEME.finditer(text, start, end):
        if match["string"] is not None:
            yield from _string_pieces(text, match.start(), match.end())
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


def _string_pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int, TokenKind]]:
    at = start
    for hole in _HOLE.finditer(text, start, end):
        if hole.start() > at:
            yield at, hole.start(), TokenKind.STRING
        yield hole.start(), hole.end(), TokenKind.VARIABLE
        at = hole.end()
    if end > at:
        yield at, end, TokenKind.STRING


# ---- YAML ----------------------------------------------------------------------------------------


def _yaml_pieces(source: Source, names: Names | None) -> Iterator[Piece]:
    """Yield the words of a text in YAML; names are known only from a text that was read."""
    named: dict[int, tuple[int, TokenKind]] = {}
    for one in () if names is None else names.occurrences:
        if one.span.file == source.file and one.is_exact and one.kind in _NAME_KINDS:
            start, end = bounds_of(source, one.span)
            named[start] = (end, _NAME_KINDS[one.kind])
    key = ""
    for match in _YAML_LEXEME.finditer(source.text):
        start, end = match.span()
        if match["key"] is not None:
            key = match["key"]
        live = key in _TRIGGER_KEYS
        if start in named:
            yield start, named[start][0], named[start][1], live
        elif match["comment"] is not None:
            yield start, end, TokenKind.COMMENT, False
        elif match["string"] is not None:
            for piece in _cut_at_names(source.text, start, end, named):
                yield (*piece, live)
        elif match["key"] is not None:
            if key in _KEYS:
                yield start, end, TokenKind.KEYWORD, live
        elif key in _KEYS - _TEXT_KEYS:
            for piece in _yaml_value(match, key):
                yield (*piece, live)


def _yaml_value(match: re.Match[str], key: str) -> Iterator[tuple[int, int, TokenKind]]:
    """Yield a word or a number of a value that is not a prompt."""
    if match["number"] is not None:
        yield from _number_pieces(match)
    elif key in _TRIGGER_KEYS:
        yield match.start(), match.end(), TokenKind.TRIGGER
    elif match["word"] in known_words() or match["word"] in UNITS:
        yield match.start(), match.end(), TokenKind.KEYWORD


def _cut_at_names(
    text: str, start: int, end: int, named: dict[int, tuple[int, TokenKind]]
) -> Iterator[tuple[int, int, TokenKind]]:
    """Yield a quoted text with the variables and names in it."""
    at = start
    for inside in sorted(one for one in named if start < one < end):
        if inside >= at:
            if inside > at:
                yield at, inside, TokenKind.STRING
            yield (inside, *named[inside])
            at = named[inside][0]
    yield from _string_pieces(text, at, end)
