"""Text in the letters that Pillow's own font has: ASCII and a few signs more. Every other text is spelt with them.

The font is used because it is the same wherever Pillow is; it has no accents, so they are set above their letters here.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

_FOUND = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("©«°±´·»‘’“”…‹›⁄™")

_SPELT = {
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d",
    "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "–": "-", "—": "-", "‒": "-", "―": "-", "‐": "-", "‑": "-",
    "−": "-", "×": "x", "•": "·", "∙": "·", "⋅": "·", "→": "->", "←": "<-", "⟶": "->", "⟵": "<-", "↔": "<->", "⇒": "=>",
    "„": "“", "‚": "‘", "′": "'", "″": '"', "¡": "!", "¿": "?", "♭": "b", "♯": "#", "€": "EUR", "£": "GBP", "¥": "JPY",
    "§": "S", "µ": "u", "÷": "/", "≈": "~", "≤": "<=", "≥": ">=", "✂": "/",
}  # fmt: skip

_MARKS = {
    "\u0300": "`", "\u0301": "´", "\u0302": "^", "\u0303": "~", "\u0304": "-", "\u0306": "v", "\u0307": ".", "\u0308": "..",
    "\u030a": "°", "\u030b": "´´", "\u030c": "v", "\u0323": "", "\u0326": "", "\u0327": "", "\u0328": "",
}  # fmt: skip

_ABOVE = frozenset("\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c")


@dataclass(frozen=True, slots=True)
class _Accented:
    letter: str
    above: str


def _pieces(text: str) -> list[str | _Accented]:
    """Runs of plain letters, and single letters with an accent above. A letter that the font lacks stays as it is."""
    pieces: list[str | _Accented] = []
    plain = ""
    for char in unicodedata.normalize("NFC", text):
        if char in _FOUND:
            plain += char
        elif char in _SPELT:
            plain += _SPELT[char]
        elif char.isspace():
            plain += " "
        elif unicodedata.category(char) in ("Cc", "Cf", "Mn", "Me", "Cs", "Cn"):
            continue
        else:
            letters = unicodedata.normalize("NFKD", char)
            marks = [one for one in letters if one in _MARKS]
            base = "".join(_SPELT.get(one, one) for one in letters if one not in _MARKS)
            if base and all(one in _FOUND for one in base):
                above = next((_MARKS[one] for one in marks if one in _ABOVE), "")
                if above and len(base) == 1:
                    pieces += [plain, _Accented(base, above)]
                    plain = ""
                else:
                    plain += base
            else:
                plain += char
    pieces.append(plain)
    return [piece for piece in pieces if piece]


class Pen:
    """Measures and draws text in one size of Pillow's own font, in whole pixels."""

    def __init__(self, size: int) -> None:
        from PIL import ImageFont

        self.size = size
        self._font = _of_free_type(ImageFont.load_default(size))
        self._small = _of_free_type(ImageFont.load_default(max(6, size * 3 // 4)))

    def width(self, text: str) -> int:
        """How many pixels wide `text` is."""
        return sum(self._advance(piece if isinstance(piece, str) else piece.letter) for piece in _pieces(text))

    def _advance(self, text: str) -> int:
        return round(self._font.getlength(text))

    def draw(self, onto: ImageDraw.ImageDraw, at: tuple[int, int], text: str, ink: int = 255) -> int:
        """Draw `text` with its upper left corner `at` a place of a picture of mode L; returns its width."""
        left, top = at
        for piece in _pieces(text):
            if isinstance(piece, str):
                onto.text((left, top), piece, font=self._font, fill=ink)
                left += self._advance(piece)
                continue
            onto.text((left, top), piece.letter, font=self._font, fill=ink)
            advance = self._advance(piece.letter)
            self._accent(onto, (left, top), piece, advance, ink)
            left += advance
        return left - at[0]

    def _accent(self, onto: ImageDraw.ImageDraw, at: tuple[int, int], piece: _Accented, advance: int, ink: int) -> None:
        letter = self._font.getbbox(piece.letter)
        mark = self._small.getbbox(piece.above)
        left = at[0] + (advance - round(mark[0] + mark[2])) // 2
        gap = max(1, self.size // 12)
        top = at[1] + round(letter[1]) - gap - round(mark[3])
        onto.text((left, top), piece.above, font=self._small, fill=ink)

    def shortened(self, text: str, room: int) -> str:
        """`text`, cut where it is wider than `room`, and then with an ellipsis."""
        if self.width(text) <= room:
            return text
        low, high = 0, len(text)
        while low < high:  # the longest part that still fits
            middle = (low + high + 1) // 2
            if self.width(text[:middle].rstrip() + "…") <= room:
                low = middle
            else:
                high = middle - 1
        return text[:low].rstrip() + "…"

    def wrapped(self, text: str, room: int, most: int) -> list[str]:
        """`text` on at most `most` lines, broken between words; what does not fit ends in an ellipsis. Never empty."""
        lines: list[str] = []
        line = ""
        for word in text.split():
            longer = f"{line} {word}" if line else word
            if not line or self.width(longer) <= room:
                line = longer
                continue
            lines.append(line)
            line = word
            if len(lines) > most:
                break
        lines.append(line)
        shown = lines[:most]
        if len(lines) > most:
            shown[-1] += " …"
        return [self.shortened(one, room) for one in shown]


def _of_free_type(font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> ImageFont.FreeTypeFont:
    from PIL import ImageFont

    from sequencer.errors import OutputError

    if not isinstance(font, ImageFont.FreeTypeFont):
        raise OutputError(
            "this Pillow was built without FreeType, so nothing can be written on pictures", "install Pillow from PyPI"
        )
    return font
