"""Texts as the printer writes them: on one line, over several lines as their author broke them, or as a pick's options."""

from __future__ import annotations

import re

from sequencer.errors import Faults, Span
from sequencer.notation import spelling
from sequencer.notation.words import read_text
from sequencer.score import Pick, Text, Words

WIDTH = 100
"""Where a three-quoted text that was never written with lines of its own is broken."""

LONGEST_PICK = 120
"""A pick that would reach further stands with one option a line."""

_QUOTE = re.compile(r'"(?="|\Z)')


def literal(text: Text, source: str, indent: str) -> str:
    """A text with its quotes. `source` is the score's own text: there the lines of a three-quoted one are looked up."""
    if not text.block or not text.parts:
        return spelling.quoted(text)
    for lines in (_lines_in(source, text.span), _broken(text)):
        block = _block(lines, indent)
        if _says(block, text):
            return block
    return spelling.quoted(text)  # white space at its ends, for one, does not survive three quotes


def words(said: Words, source: str, indent: str, used: int) -> str:
    """A text or a pick; `used` is how much of the line is taken already."""
    if isinstance(said, Text):
        return literal(said, source, indent)
    return _pick(said, source, indent, used)


def _pick(pick: Pick, source: str, indent: str, used: int) -> str:
    options = [literal(option, source, indent + "    ") for option in pick.options]
    line = f"pick({' | '.join(options)})"
    if len(options) == 1 or ("\n" not in line and used + len(line) <= LONGEST_PICK):
        return line
    inner = f"\n{indent}  "
    return f"pick({inner}{f'{inner}| '.join(options)}\n{indent})"


def _block(lines: list[str], indent: str) -> str:
    inner = "".join(f"{indent}  {line}\n" if line else "\n" for line in lines)
    return f'"""\n{inner}{indent}"""'


def _says(block: str, text: Text) -> bool:
    """Whether a literal reads back to `text`."""
    faults = Faults()
    read = read_text(block, Span("", 1, 1, 1, 1), faults)
    return read is not None and read.parts == text.parts


def _lines_in(source: str, span: Span) -> list[str]:
    """The lines of the three-quoted text that stands at `span`, as written there; none where there is no such text."""
    if span.line < 1 or not source:
        return []
    lines = source.split("\n")[span.line - 1 : span.end_line]
    if not lines:
        return []
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    written = "\n".join(lines)
    if len(written) < 6 or not (written.startswith('"""') and written.endswith('"""')):
        return []
    return [line.strip(" \t") for line in written[3:-3].strip(" \t\n").split("\n")]


def _broken(text: Text) -> list[str]:
    """A three-quoted text as lines."""
    content = _QUOTE.sub(r"\\\"", spelling.braced(text).replace("\\", "\\\\"))
    return spelling.broken(content, WIDTH)
