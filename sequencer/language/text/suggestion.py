"""What a repair is: one small edit that might make a refused statement valid, found in the statement's text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.source import ODD_BLANK

_TEXT = re.compile(r'"""[\s\S]*?(?:"""|\Z)|"[^"\\\n]*(?:\\.[^"\\\n]*)*"?')
_COMMENT = re.compile(r"(?<!\S)#[^\n]*")
MAX_TRIED = 8
"""How many places of one kind are tried."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Put `text` at `start:end` of the statement (offsets in it): `message` is what was wrong, `hint` what to do."""

    code: str
    start: int
    end: int
    text: str
    message: str
    hint: str
    is_certain: bool = True
    """Whether `text` is what to write. Otherwise it only shows that the rest of the statement is right."""

    def of(self, statement: str) -> str:
        """The statement with this repair."""
        return statement[: self.start] + self.text + statement[self.end :]


Finder = Callable[[str, str], Iterator[Suggestion]]
"""Gives repairs for a statement and its mask: the statement with the insides of its texts blanked out."""


def mask_quoted(statement: str) -> str:
    """The statement with texts blanked out, of the same length."""
    return _TEXT.sub(lambda match: '"' + "\x01" * (len(match.group()) - 2) + '"' * (len(match.group()) > 1), statement)


def odd_blanks(statement: str) -> list[tuple[int, int]]:
    """Where blanks stand that are no plain ones (start, end), outside of texts and comments."""
    bare = _COMMENT.sub(lambda match: " " * len(match.group()), mask_quoted(statement))
    return [match.span() for match in ODD_BLANK.finditer(bare)]


def find_outside_quotes(pattern: str, masked: str) -> Iterator[re.Match[str]]:
    """The first places where a pattern fits."""
    for count, match in enumerate(re.finditer(pattern, masked)):
        if count == MAX_TRIED:
            return
        yield match


def short(text: str) -> str:
    """A piece of a statement as a hint quotes it."""
    return text if len(text) <= 60 else text[:59] + "…"
