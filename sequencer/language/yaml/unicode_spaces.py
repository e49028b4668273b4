"""Report unusual space characters in YAML syntax: PyYAML takes them for parts of words, which causes misleading errors."""

from __future__ import annotations

import re

from sequencer.core.diagnostics import Diagnostic, Diagnostics
from sequencer.language.source import ODD_BLANK, Source, odd_blank

MAX_TOLD = 20
"""The maximum number of characters reported individually."""

_QUIET = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|(?<!\S)#[^\n]*')
"""Quoted texts and comments, in which any space character is allowed."""

_BEHIND_SIGN = re.compile(r"(?:\A|[:,{\[\-])[ \t]*\Z")
_BEFORE_SIGN = re.compile(r"[ \t]*(?:[:,}\]]|\Z)")


def tell_odd_blanks(source: Source, found: tuple[Diagnostic, ...], faults: Diagnostics) -> bool:
    """Report unusual spaces instead of the diagnostics in `found` if they caused these. Return whether they did.

    They did if the first diagnostic is on the line of such a space outside quoted texts and comments, or on the next line.
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
