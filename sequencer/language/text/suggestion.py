"""A suggestion: one small edit that might make a refused statement valid, from its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.source import UNUSUAL_SPACE

_TEXT = re.compile(r'"""[\s\S]*?(?:"""|\Z)|"[^"\\\n]*(?:\\.[^"\\\n]*)*"?')
_COMMENT = re.compile(r"(?<!\S)#[^\n]*")
MAX_MATCHES = 8
"""Maximum number of matches tried for one pattern."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Replace `start:end` of the statement by `text`.

    `start` and `end` are offsets in the statement, `message` states what is wrong, and `hint` what
    to write.
    """

    code: str
    start: int
    end: int
    text: str
    message: str
    hint: str
    is_certain: bool = True
    """Whether `text` is what to write.

    Otherwise it only shows that the rest of the statement is valid.
    """

    def apply(self, statement: str) -> str:
        """Return the statement with this suggestion applied."""
        return statement[: self.start] + self.text + statement[self.end :]


Finder = Callable[[str, str], Iterator[Suggestion]]
"""Yields suggestions for a statement and its mask (with the contents of its texts masked)."""


def mask_quoted(statement: str) -> str:
    """Return the statement with the contents of its texts masked. The length stays the same."""
    return _TEXT.sub(
        lambda match: '"' + "\x01" * (len(match.group()) - 2) + '"' * (len(match.group()) > 1),
        statement,
    )


def find_unusual_spaces(statement: str) -> list[tuple[int, int]]:
    """Return the (start, end) of unusual spaces that are outside texts and comments."""
    bare = _COMMENT.sub(lambda match: " " * len(match.group()), mask_quoted(statement))
    return [match.span() for match in UNUSUAL_SPACE.finditer(bare)]


def find_outside_quotes(pattern: str, masked: str) -> Iterator[re.Match[str]]:
    """Yield the first matches of a pattern, at most `MAX_MATCHES`.

    A pattern that begins with `^` has no alternative that begins elsewhere.
    """
    if pattern.startswith("^"):  # `finditer` would try every position of the statement
        match = re.match(pattern, masked)
        if match is not None:
            yield match
        return
    for count, match in enumerate(re.finditer(pattern, masked)):
        if count == MAX_MATCHES:
            return
        yield match


def shorten(text: str) -> str:
    """Shorten a part of a statement for a hint."""
    return text if len(text) <= 60 else text[:59] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A kind of suggestion that is one replacement of what a pattern matches.

    `text`, `message` and `hint` may contain the names of the pattern's groups in braces, and `hint`
    also `{new}`, the new text.
    """

    code: str
    pattern: str
    """Matches in the statement with its texts masked.

    The group `x` is replaced, or else the complete match.
    """
    text: str
    message: str
    hint: str
    only: str = ""
    """What the statement begins with; the rule does not apply to others."""
    is_safe: bool = False
    """Whether it is worth reporting even if another mistake follows."""

    def find(self, statement: str, masked: str) -> Iterator[Suggestion]:
        """Yield the suggestions for a statement."""
        if not masked.startswith(self.only):
            return
        for match in find_outside_quotes(self.pattern, masked):
            groups = match.re.groupindex
            start, end = match.span("x") if "x" in groups else match.span()
            named = {name: statement[match.start(name) : match.end(name)] for name in groups}
            text = self.text.format_map(named)
            hint = self.hint.format_map({**named, "new": shorten(text.strip())})
            yield Suggestion(
                code=self.code,
                start=start,
                end=end,
                text=text,
                message=self.message.format_map(named),
                hint=hint,
            )
