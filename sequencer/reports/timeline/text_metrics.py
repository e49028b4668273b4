"""Estimate the width of text without a font, from the advance widths of DejaVu Sans.

It is the widest of the fonts that the timeline requests: a text that fits by these widths fits in
every other font of the list too. Widths are hundredths of an em, rounded up.
"""

from __future__ import annotations

import unicodedata
from fractions import Fraction
from functools import lru_cache

_ASCII = (
    "32 41 46 84 64 96 78 28 40 40 50 84 32 37 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 "
    "54 "
    "100 69 69 70 78 64 58 78 76 30 30 66 56 87 75 79 61 79 70 64 62 74 69 99 69 62 69 40 34 40 84 "
    "50 "
    "50 62 64 55 64 62 36 64 64 28 28 58 28 98 64 62 64 64 42 53 40 64 60 82 60 60 53 64 34 64 84"
)
_ASCII_BOLD = (
    "35 46 53 84 70 101 88 31 46 46 53 84 38 42 38 37 70 70 70 70 70 70 70 70 70 70 40 40 84 84 84 "
    "59 "
    "100 78 77 74 84 69 69 83 84 38 38 78 64 100 84 86 74 86 78 73 69 82 78 111 78 73 73 46 37 46 "
    "84 50 "
    "50 68 72 60 72 68 44 72 72 35 35 67 35 105 72 69 72 72 50 60 48 72 66 93 65 66 59 72 37 72 84"
)
_GREEK = (
    "69 69 56 69 64 69 76 79 30 66 69 87 75 64 79 76 61 61 64 62 62 79 69 79 77 30 62 66 55 64 34 "
    "58 66 64 60 62 55 55 64 62 "
    "34 59 60 64 56 56 62 61 64 59 64 61 58 66 58 66 84"
)
_CYRILLIC = (
    "69 69 69 61 79 64 108 65 75 75 71 76 87 76 79 76 61 70 62 61 87 69 78 69 107 110 84 89 69 70 "
    "108 70 "
    "62 62 59 53 70 62 91 54 65 65 61 64 76 66 62 66 64 55 59 60 86 60 69 60 92 95 71 79 59 55 85 "
    "61"
)
_SYMBOLS = {
    "…": 100, "–": 50, "—": 100, "·": 32, "×": 84, "→": 84, "↔": 84, "−": 84, "“": 52, "”": 52,
    "‘": 32, "’": 32, "≈": 84, "•": 59, "°": 50, "«": 62, "»": 62, "¡": 41, "¿": 54, "ß": 63,
    "æ": 99, "ł": 29, "œ": 103, "Œ": 108, "Æ": 98,
}  # fmt: skip

_ACCENT = 14
"""By how much an accented letter may be wider than the letter without its accent: `ľ`."""
_EMOJI, _WIDE, _OTHER, _OTHER_BOLD = 130, 104, 100, 127
"""An em for characters that are not in the tables: few letters are wider.

Bold letters are 1.27 times as wide in the tables.
"""


def _table(start: int, widths: str) -> dict[str, int]:
    return {chr(start + index): int(width) for index, width in enumerate(widths.split())}


_REGULAR = _table(0x20, _ASCII) | _table(0x391, _GREEK) | _table(0x410, _CYRILLIC) | _SYMBOLS
_BOLD = {char: width * 13 // 10 + 1 for char, width in _REGULAR.items()} | _table(0x20, _ASCII_BOLD)


@lru_cache(maxsize=4096)
def _width_of(char: str, bold: bool) -> int:
    table = _BOLD if bold else _REGULAR
    found = table.get(char)
    if found is not None:
        return found
    kind = unicodedata.category(char)
    if kind in ("Mn", "Me", "Cf"):
        return 0
    if unicodedata.east_asian_width(char) in "WF":
        return _EMOJI if kind == "So" else _WIDE
    letter = unicodedata.normalize("NFD", char)[0]
    other = _OTHER_BOLD if bold else _OTHER
    return min(other, table.get(letter, other) + _ACCENT)


def width_of(text: str, size: Fraction | int = Fraction(21, 2), *, bold: bool = False) -> Fraction:
    """Return the maximum width of a text in pixels, at a font size in pixels."""
    return Fraction(_hundredths(text, bold) * size.numerator, 100 * size.denominator)


@lru_cache(maxsize=4096)
def _hundredths(text: str, bold: bool) -> int:
    """Return the maximum width of a text, in hundredths of an em."""
    return sum([_width_of(char, bold) for char in text])
