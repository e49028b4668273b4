"""Text in a drawing: wrapped and cut to the pixels of a box, and made safe for XML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from html import escape

from sequencer.timeline.metrics import width_of

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LONGEST_TIP, SHORTEST_TIP, ALL_TIPS = 1200, 60, 1_500_000
"""How many characters of a text are told on pointing: at most, at least, and of all texts of a picture together."""
LETTERS = Fraction(21, 2)
"""The font size of most texts, in pixels."""


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


def cut(text: str, room: Fraction | int, size: Fraction | int = LETTERS, *, bold: bool = False) -> str:
    """A text of at most so many pixels, `…` at its end where something is missing; empty where there is no room at all."""
    text = " ".join(text.split())
    if width_of(text, size, bold=bold) <= room:
        return text
    kept, left = 0, Fraction(room) - width_of("…", size, bold=bold)
    for char in text:
        left -= width_of(char, size, bold=bold)
        if left < 0:
            break
        kept += 1
    shown = text[:kept].rstrip()
    return f"{shown}…" if shown else ""


def wrap(text: str, room: Fraction | int, lines: int, size: Fraction | int = LETTERS) -> list[str]:
    """A text in at most so many lines of so many pixels, broken between words; `…` where something is missing."""
    found: list[str] = []
    line = ""
    rest = list(_words(text))
    while rest:
        word, is_apart = rest[0]
        longer = f"{line} {word}" if line and is_apart else line + word
        if width_of(longer, size) <= room:
            line = longer
            rest.pop(0)
            continue
        if len(found) == lines - 1:
            return [*found, *_some(cut(f"{longer} …" if len(rest) > 1 else longer, room, size))]
        if line:
            found.append(line)
            line = ""
        else:  # a word that is wider than the box
            found += _some(cut(word, room, size))
            rest.pop(0)
    return [*found, *_some(line)][:lines]


def _some(line: str) -> list[str]:
    return [line] if line else []


def _words(text: str) -> Iterator[tuple[str, bool]]:
    """Words, and ideographs one by one: a line may be broken between them. Each with whether a space is before it."""
    for word in text.split():
        piece, is_apart = "", True
        for char in word:
            is_wide = unicodedata.east_asian_width(char) in "WF" and unicodedata.category(char) == "Lo"
            if is_wide and piece:
                yield piece, is_apart
                piece, is_apart = "", False
            piece += char
        yield piece, is_apart
