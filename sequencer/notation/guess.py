"""What a misspelled word was probably meant to be, and the span of a part of a text."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable

from sequencer.errors import Span

_NEWLINE = re.compile(r"\n")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be, if there is one."""
    from difflib import get_close_matches  # only a fault needs it, and its import costs as much as a small score

    spellings = {one.casefold(): one for one in known}
    found = get_close_matches(word.casefold()[:60], spellings, n=1, cutoff=0.6)
    return spellings[found[0]] if found else None


def part(text: str, span: Span, start: int, end: int) -> Span:
    """The span of `text[start:end]`, `span` being that of `text`; all of `span` where `text` does not stand there verbatim."""
    return locator(text, span)(start, end)


def locator(text: str, span: Span) -> Callable[[int, int], Span]:
    """Makes spans of stretches of `text`, which stands at `span`; all of `span` where it does not stand there verbatim."""
    file, line, column = span.file, span.line, span.column
    if "\n" not in text:
        if span.end_line != line or span.end_column - column != len(text):
            return lambda start, end: span
        return lambda start, end: Span(file, line, column + start, line, column + end)
    breaks = [-1, *(match.start() for match in _NEWLINE.finditer(text))]
    if span.end_line - line != len(breaks) - 1 or span.end_column != len(text) - breaks[-1]:
        return lambda start, end: span

    def at(offset: int) -> tuple[int, int]:
        index = bisect_left(breaks, offset) - 1
        return line + index, offset - breaks[index] + (column - 1 if index == 0 else 0)

    return lambda start, end: Span(file, *at(start), *at(end))


def shown(text: str, most: int = 40) -> str:
    """A piece of a score as a message quotes it: short, on one line, nothing a terminal would act on."""
    safe = "".join(char if char.isprintable() else "\ufffd" for char in text[: most + 1])
    return safe if len(text) <= most else safe[:most] + "…"
