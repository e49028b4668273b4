"""What each word of a text in YAML is, for colours: its keys decide what a value means.

Of a line that cannot be parsed, the words are coloured by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from sequencer.editing.lexemes import NAME_AFTER, Piece, TokenKind, lexemes, string_pieces
from sequencer.editing.texts import bounds_of
from sequencer.editing.words import known_words
from sequencer.language.source import Source
from sequencer.language.spec import (
    ACTION_KEYS,
    HEADER_KEYS,
    RULE_KEYS,
    SCENE_KEYS,
    STATEMENTS,
    STRUCTURE_KEYS,
)
from sequencer.language.values.amounts import UNITS
from sequencer.language.values.strings import NAME
from sequencer.language.yaml.fields import CHOICE_KEYS
from sequencer.language.yaml.scalars import ScalarToken, scan_yaml
from sequencer.language.yaml.sections import SECTION_KEYS
from sequencer.language.yaml.tree import find_comments

_KEYS = frozenset(
    (
        *HEADER_KEYS,
        *STRUCTURE_KEYS,
        *SCENE_KEYS,
        *SECTION_KEYS,
        *ACTION_KEYS,
        *RULE_KEYS,
        *CHOICE_KEYS,
        *("action", "file", "seed"),
        *(key for row in STATEMENTS for key in row.keys),
    )
)
_PROMPT_KEYS = frozenset(("base", "follow", "prompt", "action", *CHOICE_KEYS))
"""Keys whose values are texts with variables."""
_STRING_KEYS = frozenset(("score", "use", "image", "sound", "file"))
"""Keys whose values are a title or a path."""
_TRIGGER_KEYS = frozenset(("when", "on", "until"))
_NAME_KEYS = {
    "show": TokenKind.SCENE,
    "mark": TokenKind.MARK,
    "goto": TokenKind.SECTION,
    "like": TokenKind.SECTION,
    "play": TokenKind.SECTION,
}
"""Keys whose values consist of names."""
_WORD_KEYS = frozenset((*HEADER_KEYS, *ACTION_KEYS, *RULE_KEYS))
"""Keys whose values consist of words of the language and numbers."""
_NAMING_KEYS = {"scenes": TokenKind.SCENE, "let": TokenKind.VARIABLE}
"""Keys whose values are mappings with names as keys."""

_REFUSED = re.compile(
    r"(?P<comment>(?<!\S)\#[^\n]*)"
    r"|(?P<string>(?<![\w.])(?:\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\n]|'')*'?))"
    rf"|(?P<key>{NAME})(?=:(?:\s|\Z))"
    rf"|(?P<word>{NAME}|[0-9][0-9.:/+]*[a-z]*)"
)
"""The words of a line that cannot be parsed."""


@lru_cache(maxsize=4)
def yaml_pieces(text: str) -> tuple[Piece, ...]:
    """Return the words of a text in YAML, not in order.

    The last texts are kept: an editor asks for the lines that it shows, and only the whole text can
    be parsed.
    """
    return tuple(_pieces(Source("", text)))


def _pieces(source: Source) -> Iterator[Piece]:
    scan = scan_yaml(source.text)
    texts = [_text_span(one, source.text) for one in scan.scalars]
    for one in scan.scalars:
        yield from _key_pieces(one, source.text) if one.is_key else _value_pieces(one, source.text)
    for start, end in scan.refused:
        yield from _refused_pieces(source.text, start, end)
    for comment in find_comments(source, sorted((*texts, *scan.refused))):
        start, end = bounds_of(source, comment.span)
        yield start, end, TokenKind.COMMENT, False


def _text_span(scalar: ScalarToken, text: str) -> tuple[int, int]:
    """Return the offsets of a scalar without the line that has only `|` or `>` and a comment."""
    start, end = scalar.start, scalar.end
    if scalar.is_block:
        newline = text.find("\n", start, end)
        start = end if newline < 0 else newline + 1
    return start, end


def _key_pieces(key: ScalarToken, text: str) -> Iterator[Piece]:
    start, end = _inside(key)
    word = text[start:end]
    named = _NAMING_KEYS.get(key.path[-1]) if key.path else None
    if named is not None:
        yield start, end, named, False
    elif word in _KEYS:
        yield start, end, TokenKind.KEYWORD, word in _TRIGGER_KEYS


def _inside(scalar: ScalarToken) -> tuple[int, int]:
    """Return the offsets of a scalar without its quotes."""
    if scalar.style in ('"', "'") and scalar.end - scalar.start >= 2:
        return scalar.start + 1, scalar.end - 1
    return scalar.start, scalar.end


def _value_pieces(value: ScalarToken, text: str) -> Iterator[Piece]:
    key = value.path[-1] if value.path else ""
    is_variable = value.path[-2:-1] == ("let",)
    if key in _PROMPT_KEYS or is_variable:
        for start, end, kind in string_pieces(text, *_text_span(value, text)):
            yield start, end, kind, False
    elif key in _STRING_KEYS:
        yield (*_text_span(value, text), TokenKind.STRING, False)
    elif key in _KEYS:
        yield from _word_pieces(key, text, *_inside(value))


def _word_pieces(key: str, text: str, first: int, last: int) -> Iterator[Piece]:
    """Yield the words of a value that is neither a prompt nor a path."""
    before, done = "", first
    waits = key in _TRIGGER_KEYS
    for start, end, kind in lexemes(text, first, last):
        word = text[start:end]
        if key == "section":  # `jam until note C3 or go out, max 8 bars`
            waits = (waits and "," not in text[done:start]) or (word == "until" and done > first)
        found = kind or _kind_of(key, word, before, is_first=done == first, waits=waits)
        if found is not None:
            yield start, end, found, waits
        before, done = word, end


def _kind_of(key: str, word: str, before: str, *, is_first: bool, waits: bool) -> TokenKind | None:
    if key in _NAME_KEYS:
        return _NAME_KEYS[key]
    if key == "section" and is_first:
        return TokenKind.SECTION
    if waits and word not in ("or", "until"):
        return TokenKind.TRIGGER
    if before in NAME_AFTER:
        return NAME_AFTER[before]
    is_word = key in _WORD_KEYS or word in known_words() or word in UNITS
    return TokenKind.KEYWORD if is_word else None


def _refused_pieces(text: str, first: int, last: int) -> Iterator[Piece]:
    """Yield the words of lines that cannot be parsed."""
    key = ""
    for match in _REFUSED.finditer(text, first, last):
        start, end = match.span()
        if match["comment"] is not None:
            yield start, end, TokenKind.COMMENT, False
        elif match["string"] is not None:
            for piece in string_pieces(text, start, end):
                yield (*piece, False)
        elif match["key"] is not None:
            key = match["key"]
            if key in _KEYS:
                yield start, end, TokenKind.KEYWORD, key in _TRIGGER_KEYS
        elif key in _KEYS - _PROMPT_KEYS - _STRING_KEYS:
            yield from _word_pieces(key, text, start, end)
