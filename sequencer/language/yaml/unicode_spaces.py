"""Blanks that are no plain ones among the signs of YAML: PyYAML takes them for parts of words, and what follows goes wrong."""

from __future__ import annotations

import re

from sequencer.core.diagnostics import Diagnostic, Diagnostics
from sequencer.language.source import ODD_BLANK, Source, odd_blank

MAX_TOLD = 20
"""How many of them are told one by one."""

_QUIET = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|(?<!\S)#[^\n]*')
"""Texts in quotes and comments, where any blank may stand."""

_BEHIND_SIGN = re.compile(r"(?:\A|[:,{\[\-])[ \t]*\Z")
_BEFORE_SIGN = re.compile(r"[ \t]*(?:[:,}\]]|\Z)")


def tell_odd_blanks(source: Source, found: tuple[Diagnostic, ...], faults: Diagnostics) -> bool:
    """Tell odd blanks instead of what was `found`, where they caused it. True when they did.

    They did where the first fault stands on the line of such a blank that is part of no text, or on the line behind it.
    """
    first = found[0].span
    told = 0
    for number, start in enumerate(source.starts, 1):
        newline = source.text.find("\n", start)
        line = source.text[start : len(source.text) if newline < 0 else newline]
        if line.isascii() or ODD_BLANK.search(line) is None:
            continue
        if number > first.line and told == 0:
            return False
        line = _QUIET.sub(lambda match: "x" * len(match.group()), line)
        for match in ODD_BLANK.finditer(line):
            within = number == first.line == first.end_line and first.column <= match.start() + 1 < first.end_column
            beside = _BEHIND_SIGN.search(line[: match.start()]) or _BEFORE_SIGN.match(line, match.end())
            if (within or beside) and number >= first.line - 1 and told < MAX_TOLD:
                at = source.span(start + match.start(), start + match.end())
                faults.error("E159", *odd_blank(match.group(), at))
                told += 1
    return told > 0
