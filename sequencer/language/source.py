"""The text of a file, the spans of its parts, and checks of its characters."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from itertools import islice

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.core.prompt_texts import FORBIDDEN

MAX_LINE_LENGTH = 200_000
"""Maximum length of a line, in characters."""

UNUSUAL_SPACE = re.compile(
    "[\u00a0\u00ad\u1680\u180e\u2000-\u200b\u200e\u200f\u202a-\u202f\u205f-\u2064\u2066-\u2069\u3000]+"
)
"""White space other than space and tab, and invisible characters, which come with copied text."""

_LINE_END = re.compile(r"\n")
_TOO_LONG = re.compile(rf"^[^\n]{{{MAX_LINE_LENGTH + 1}}}", re.MULTILINE)


class Source:
    """A text with the offset of each of its lines.

    `shift` is added to the lines of all spans (`language.incremental.lines`).
    """

    __slots__ = ("file", "shift", "starts", "text")

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.shift = 0
        self.starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def line(self, at: int) -> int:
        """Return the line of the character at `at`, counted from 0."""
        return bisect_right(self.starts, at) - 1

    def span(self, start: int, end: int) -> Span:
        """Return the span of `text[start:end]`."""
        line = bisect_right(self.starts, start)
        end_line = bisect_right(self.starts, end, lo=line - 1)
        if end_line > line and end == self.starts[end_line - 1]:
            end_line -= 1  # an end at the start of a line counts as the end of the line before
            end -= 1
        return Span(
            self.file,
            line + self.shift,
            start - self.starts[line - 1] + 1,
            end_line + self.shift,
            end - self.starts[end_line - 1] + 1,
        )


def normalise_newlines(text: str) -> str:
    r"""Return `text` with `\n` as newlines and without a byte order mark.

    Columns stay correct, because both are at the edge of a line.
    """
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def replace_unprintable(text: str) -> str:
    """Return `text` as messages show it.

    Characters that would break a line or a terminal become U+FFFD, which has the same width.
    """
    return FORBIDDEN.sub("\ufffd", text)


def replace_forbidden(text: str) -> str:
    """Return `text` with a space in place of each character that is not allowed in a score."""
    return FORBIDDEN.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def report_unusual_space(faults: Diagnostics, found: str, at: Span) -> None:
    """Report the unusual spaces or invisible characters `found` at `at`."""
    code = f"U+{ord(found[0]):04X}"
    if found.isspace():
        many = len(found) > 1
        message = (
            f"these spaces ({code}) are not ordinary spaces"
            if many
            else f"this space ({code}) is not an ordinary space"
        )
        hint = "use ordinary spaces instead" if many else "use an ordinary space instead"
        faults.error("E159", message, at, hint=hint, fix=Fix(at, " " * len(found)))
    else:
        message = f"there is an invisible character here ({code})"
        faults.error("E159", message, at, hint="remove it", fix=Fix(at, ""))


def check_characters(source: Source, faults: Diagnostics) -> bool:
    """Report characters that are not allowed in a score.

    Return False if there is no point in continuing.
    """
    if "\x00" in source.text[:8192]:
        at = source.text.index("\x00")
        faults.error(
            "E506",
            "this is not a text file: it contains null bytes",
            source.span(at, at + 1),
            hint="a score is plain UTF-8 text",
        )
        return False
    too_long = _TOO_LONG.search(source.text)
    if too_long:
        span = source.span(too_long.start(), too_long.start() + 1)
        hint = 'break the text over several lines: """…"""'
        faults.error(
            "E148", f"this line is longer than {MAX_LINE_LENGTH:,} characters", span, hint=hint
        )
        return False
    for match in islice(FORBIDDEN.finditer(source.text), MAX_REPORTED_CONTROLS):
        span = source.span(match.start(), match.end())
        name = f"U+{ord(match.group()):04X}"
        message = f"the control character {name} is not allowed in a score"
        faults.error("E146", message, span, hint="remove it", fix=Fix(span, " "))
    return True


MAX_REPORTED_CONTROLS = 20
"""Maximum number of control characters that are reported individually."""

_NEWLINE = re.compile(r"\n")


def closest_word(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` was probably meant to be, or None."""
    from difflib import (
        get_close_matches,
    )  # only a mistake needs it, and its import costs as much as reading a small score

    spellings = {one.casefold(): one for one in known}
    found = get_close_matches(word.casefold()[:60], spellings, n=1, cutoff=0.6)
    return spellings[found[0]] if found else None


def subspan(text: str, span: Span, start: int, end: int) -> Span:
    """Return the span of `text[start:end]`, given the span of `text`.

    Return all of `span` if the source there differs from `text`.
    """
    return make_locator(text, span)(start, end)


def make_locator(text: str, span: Span) -> Callable[[int, int], Span]:
    """Return a function that makes the span of `text[start:end]`.

    The function returns all of `span`, the span of `text`, if the source there differs from `text`.
    """
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


def excerpt(text: str, most: int = 40) -> str:
    """Return part of a score for a message: short, on one line, safe to print on a terminal."""
    safe = "".join(char if char.isprintable() else "\ufffd" for char in text[: most + 1])
    return safe if len(text) <= most else safe[:most] + "…"
