"""A file's text, and where each character of it stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import islice

from sequencer.errors import Faults, Fix, Span

LONGEST_LINE = 200_000
"""The longest line that is read, in characters."""

ODD_BLANK = re.compile("[\u00a0\u00ad\u1680\u180e\u2000-\u200b\u200e\u200f\u202a-\u202f\u205f-\u2064\u2066-\u2069\u3000]+")
"""White space other than a blank and a tab, and characters that cannot be seen at all: they come with text that was copied."""

_LINE_END = re.compile(r"\n")
_TOO_LONG = re.compile(rf"^[^\n]{{{LONGEST_LINE + 1}}}", re.MULTILINE)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


class Source:
    """A text with the place of each of its lines."""

    __slots__ = ("file", "starts", "text")

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def line(self, at: int) -> int:
        """The line of the character at `at`, counted from 0."""
        return bisect_right(self.starts, at) - 1

    def span(self, start: int, end: int) -> Span:
        """The span of `text[start:end]`."""
        line = bisect_right(self.starts, start)
        end_line = bisect_right(self.starts, end, lo=line - 1)
        if end_line > line and end == self.starts[end_line - 1]:
            end_line -= 1  # an end at a line's very start stands behind the newline before it: it is that line's end
            end -= 1
        return Span(self.file, line, start - self.starts[line - 1] + 1, end_line, end - self.starts[end_line - 1] + 1)


def normal(text: str) -> str:
    """`text` without a byte order mark and with plain newlines; columns stay right, for both stood at a line's edge."""
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def printable(text: str) -> str:
    """`text` as messages show it: what would break a line or a terminal becomes one sign of the same width."""
    return _CONTROL.sub("\ufffd", text)


def spellable(text: str) -> str:
    """`text` with a blank for each character that cannot stand in a score."""
    return _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def odd_blank(found: str, at: Span) -> tuple[str, Span, str, tuple[Fix, ...]]:
    """What is told of odd blanks that stand at `at`: message, span, hint and replacement."""
    code = f"U+{ord(found[0]):04X}"
    if found.isspace():
        many = len(found) > 1
        message = f"these blanks ({code}) are not plain ones" if many else f"this blank ({code}) is not a plain one"
        hint = "put plain blanks in their place" if many else "put a plain blank in its place"
        return message, at, hint, (Fix(at, " " * len(found)),)
    return f"here stands a character that cannot be seen ({code})", at, "leave it out", (Fix(at, ""),)


def check_characters(source: Source, faults: Faults) -> bool:
    """Tell characters that cannot stand in a score. False when there is no point in reading on."""
    if "\x00" in source.text[:8192]:
        at = source.text.index("\x00")
        faults.error(
            "E506", "this is not a text file: it holds zero bytes", source.span(at, at + 1), "a score is plain UTF-8 text"
        )
        return False
    too_long = _TOO_LONG.search(source.text)
    if too_long:
        span = source.span(too_long.start(), too_long.start() + 1)
        hint = 'break the text over several lines: """…"""'
        faults.error("E148", f"this line is longer than {LONGEST_LINE:,} characters", span, hint)
        return False
    for match in islice(_CONTROL.finditer(source.text), MOST_CONTROLS):
        span = source.span(match.start(), match.end())
        name = f"U+{ord(match.group()):04X}"
        message = f"the control character {name} cannot stand in a score"
        faults.error("E146", message, span, "leave it out", (Fix(span, " "),))
    return True


MOST_CONTROLS = 20
"""How many control characters are told one by one."""
