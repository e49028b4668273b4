"""What each word of a text is, for colours: from the grammar's own tokens, statement by statement.

A statement that the grammar refuses is coloured as far as it was accepted, the rest by its words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sequencer.core.diagnostics import Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.editing.lexemes import NAME_AFTER, Piece, TokenKind, lexemes
from sequencer.editing.looking import Look
from sequencer.editing.texts import Position, offset_of, span_at
from sequencer.editing.words import known_words
from sequencer.editing.yaml_tokens import yaml_pieces
from sequencer.language.loader import Notation
from sequencer.language.source import Source
from sequencer.language.text.parser import Token, get_parser
from sequencer.language.text.statements import Statement, split_statements
from sequencer.language.values.amounts import UNITS

__all__ = ["ColouredToken", "TokenKind", "find_tokens"]


@dataclass(frozen=True, slots=True)
class ColouredToken:
    """A word with its kind, on one line. `is_live` is whether it waits for something in a run."""

    span: Span
    kind: TokenKind
    is_live: bool = False


_HEADS = {"scene": TokenKind.SCENE, "section": TokenKind.SECTION, "let": TokenKind.VARIABLE}


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
        yaml_pieces(source.text)
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
    for start, end, kind in lexemes(text, scan.at, statement.end):
        word = text[start:end]
        if kind is not None or word in known_words():
            yield start, end, kind or TokenKind.KEYWORD, False


def _token_pieces(token: Token, head: str, is_live: bool) -> Iterator[Piece]:
    """Yield the words of one token of the grammar, which may be a keyword with its value."""
    before = ""
    is_first = True
    for start, end, kind in lexemes(token.text, 0, len(token.text)):
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
    if (terminal == "ON_STAGES" and not is_first) or (terminal == "VALUE" and head == "stages"):
        return TokenKind.VARIABLE
    if terminal in ("NAME", "SAY"):
        return TokenKind.SCENE
    if terminal == "PASS":
        return TokenKind.SECTION
    if before in NAME_AFTER and terminal != "TRIGGER":
        return NAME_AFTER[before]
    if terminal == "TRIGGER":
        return TokenKind.TRIGGER
    is_value = terminal in ("VALUE", "MIDI") or terminal.startswith("SET_")
    if is_first or is_value or word in known_words() or word in UNITS:
        return TokenKind.KEYWORD
    return None
