"""Text in pictures: how wide it is about, wrapped and cut to a box, and made safe for XML."""

from __future__ import annotations

import re
from fractions import Fraction
from html import escape

from sequencer.errors import display_width

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LONGEST_TIP, SHORTEST_TIP, ALL_TIPS = 1200, 60, 1_500_000
"""How many characters of a text are told on pointing: at most, at least, and of all texts of a picture together."""


def xml(text: str) -> str:
    """A text as XML and HTML hold it; characters that XML forbids become the replacement character."""
    return escape(_FORBIDDEN.sub("\ufffd", text), quote=True)


def tip_length(texts: int) -> int:
    """How long each of so many texts to be told on pointing may be."""
    return max(SHORTEST_TIP, min(LONGEST_TIP, ALL_TIPS // max(1, texts)))


def tip(text: str, longest: int = LONGEST_TIP) -> str:
    """A text to be told on pointing, bounded."""
    return xml(text if len(text) <= longest else text[: longest - 1] + "…")


def px(value: Fraction | int) -> str:
    """A length in pixels, rounded to a tenth, as short as it can be written."""
    tenths, left = divmod(value.numerator * 10, value.denominator)
    if 2 * left > value.denominator or (2 * left == value.denominator and tenths % 2):
        tenths += 1
    whole, rest = divmod(abs(tenths), 10)
    return f"{'-' if tenths < 0 else ''}{whole}{f'.{rest}' if rest else ''}"


def cut(text: str, cells: int) -> str:
    """A text of at most so many cells, `…` at its end where something is missing; empty where there is no room at all."""
    if display_width(text) <= cells:
        return text
    kept, used = [], 0
    for char in text:
        used += display_width(char)
        if used > cells - 1:
            break
        kept.append(char)
    return ("".join(kept).rstrip() + "…") if kept else ""


def wrap(text: str, cells: int, lines: int) -> list[str]:
    """A text in at most so many lines of so many cells, broken at spaces; the last one says with `…` that more follows."""
    words = text.split()
    found: list[str] = []
    line = ""
    for index, word in enumerate(words):
        longer = f"{line} {word}" if line else word
        if display_width(longer) <= cells:
            line = longer
            continue
        if len(found) == lines - 1:
            return [*found, cut(f"{longer} …" if index + 1 < len(words) else longer, cells)]
        if line:
            found.append(line)
        line = cut(word, cells)
    if line and len(found) < lines:
        found.append(line)
    return found
