"""Highlights scores on the site with the grammar that editors use (TextMate).

There is therefore only one grammar.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pygments.lexer import Lexer
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Text,
    _TokenType,
)

__all__ = ["ScoreLexer"]  # Pygments loads what is listed here

GRAMMAR = Path(__file__).parents[1] / "editors/vscode/syntaxes/score.tmLanguage.json"

SCOPES: tuple[tuple[str, _TokenType], ...] = (
    ("comment", Comment),
    ("punctuation.definition.comment", Comment),
    ("punctuation.definition.string", String),
    ("punctuation.section.interpolation", String.Interpol),
    ("punctuation", Punctuation),
    ("string", String),
    ("constant.character.escape", String.Escape),
    ("constant.numeric", Number),
    ("constant", Keyword.Constant),
    ("keyword.operator", Operator),
    ("keyword.other.unit", Keyword.Type),
    ("keyword", Keyword),
    ("storage", Keyword),
    ("support", Name.Builtin),
    ("entity.name", Name.Class),
    ("variable", Name.Variable),
    ("invalid", Error),
    ("meta", Text),
)
"""The token type of each scope; the first prefix that fits decides."""

_Token = tuple[int, _TokenType, str]


def token_of(scopes: str) -> _TokenType:
    """Return the token type of a scope name; of several, the last one decides.

    Raises:
        KeyError: The scope has no row in `SCOPES`.
    """
    scope = scopes.rsplit(maxsplit=1)[-1]
    for prefix, token in SCOPES:
        if scope.startswith(prefix):
            return token
    raise KeyError(scope)


class ScoreLexer(Lexer):
    """Splits a score into tokens by the rules of the TextMate grammar.

    It works line by line, as editors do.
    """

    name = "Score"
    aliases = ["score"]  # noqa: RUF012  Pygments declares it as a list
    filenames = ["*.score"]  # noqa: RUF012  likewise

    def __init__(self, **options: Any) -> None:
        """Read the grammar."""
        super().__init__(**options)
        self._grammar: dict[str, Any] = json.loads(GRAMMAR.read_text(encoding="utf-8"))

    def get_tokens_unprocessed(self, text: str) -> Iterator[_Token]:
        """Yield (index, token type, text) for every part of a score."""
        regions: list[Mapping[str, Any]] = []  # the open begin/end rules, the innermost last
        start = 0
        for line in text.splitlines(keepends=True):
            yield from self._line(line, start, regions)
            start += len(line)

    def _rules(self, patterns: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for rule in patterns:
            if "include" in rule:
                yield from self._rules(
                    self._grammar["repository"][rule["include"].removeprefix("#")]["patterns"]
                )
            else:
                yield rule

    def _line(self, line: str, start: int, regions: list[Mapping[str, Any]]) -> Iterator[_Token]:
        at = 0
        while at < len(line):
            region = regions[-1] if regions else None
            found: list[tuple[int, int, re.Match[str], Mapping[str, Any] | None]] = []
            if region is not None and (end := re.compile(region["end"]).search(line, at)):
                found.append((end.start(), -1, end, None))
            patterns = self._grammar["patterns"] if region is None else region.get("patterns", [])
            for order, rule in enumerate(self._rules(patterns)):
                match = re.compile(rule.get("match") or rule["begin"]).search(line, at)
                if match:
                    found.append((match.start(), order, match, rule))
            base = Text if region is None else token_of(region.get("contentName") or region["name"])
            if not found:
                yield start + at, base, line[at:]
                return
            _, _, match, chosen = min(found, key=lambda one: one[:2])
            if match.start() > at:
                yield start + at, base, line[at : match.start()]
            if chosen is None:
                regions.pop()
                yield from _captures(
                    match, start, base, region.get("endCaptures", {}) if region else {}
                )
            elif "begin" in chosen:
                regions.append(chosen)
                inner = token_of(chosen.get("contentName") or chosen["name"])
                yield from _captures(match, start, inner, chosen.get("beginCaptures", {}))
            else:
                token = token_of(chosen["name"]) if "name" in chosen else Text
                yield from _captures(match, start, token, chosen.get("captures", {}))
            if match.end() == at and chosen is not None:  # an empty match would never end
                yield start + at, base, line[at]
                at += 1
            else:
                at = match.end()


def _captures(
    match: re.Match[str], start: int, token: _TokenType, captures: Mapping[str, Any]
) -> Iterator[_Token]:
    """Yield a match with its captured groups.

    Text between them has the token of the whole match.
    """
    at = match.start()
    if "0" in captures:
        token = token_of(captures["0"]["name"])
    for number in sorted(int(key) for key in captures if key != "0"):
        begin, end = match.span(number)
        if begin < at:  # a group that took no part has the span (-1, -1)
            continue
        if begin > at:
            yield start + at, token, match.string[at:begin]
        if end > begin:
            yield start + begin, token_of(captures[str(number)]["name"]), match.string[begin:end]
        at = end
    if match.end() > at:
        yield start + at, token, match.string[at : match.end()]
