"""Report unusual space characters in YAML syntax.

PyYAML takes them for parts of words, which causes misleading errors.
"""

from __future__ import annotations

import re

from sequencer.core.diagnostics import Diagnostic, Diagnostics
from sequencer.language.source import UNUSUAL_SPACE, Source, report_unusual_space

MAX_REPORTED_SPACES = 20
"""The maximum number of characters reported individually."""

_QUOTED_OR_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|(?<!\S)#[^\n]*')
"""Quoted texts and comments, in which any space character is allowed."""

_AFTER_INDICATOR = re.compile(r"(?:\A|[:,{\[\-])[ \t]*\Z")
_BEFORE_INDICATOR = re.compile(r"[ \t]*(?:[:,}\]]|\Z)")


def report_unusual_spaces(
    source: Source, found: tuple[Diagnostic, ...], faults: Diagnostics
) -> bool:
    """Report unusual spaces instead of the diagnostics in `found` if they caused these.

    Return whether they did.

    They did if the first diagnostic is on the line of such a space outside quoted texts and
    comments, or on the next line.
    """
    first = found[0].span
    reported = 0
    for number, start in enumerate(source.starts, 1):
        newline = source.text.find("\n", start)
        line = source.text[start : len(source.text) if newline < 0 else newline]
        if line.isascii() or UNUSUAL_SPACE.search(line) is None:
            continue
        if number > first.line and reported == 0:
            return False
        line = _QUOTED_OR_COMMENT.sub(lambda match: "x" * len(match.group()), line)
        for match in UNUSUAL_SPACE.finditer(line):
            within = (
                number == first.line == first.end_line
                and first.column <= match.start() + 1 < first.end_column
            )
            beside = _AFTER_INDICATOR.search(line[: match.start()]) or _BEFORE_INDICATOR.match(
                line, match.end()
            )
            if (within or beside) and number >= first.line - 1 and reported < MAX_REPORTED_SPACES:
                at = source.span(start + match.start(), start + match.end())
                report_unusual_space(faults, match.group(), at)
                reported += 1
    return reported > 0
