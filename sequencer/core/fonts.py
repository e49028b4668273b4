"""Render text with the font that Pillow includes.

The font supports:

ASCII and a few more characters. Other text is transliterated to them.

This font is used because it is the same wherever Pillow is installed. It has no accented letters,
so accents are drawn above the letters here. Where output need not be identical on every machine,
letters of other scripts come from installed fonts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

_FOUND = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("©«°±´·»‘’“”…‹›⁄™")

_SPELT = {
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l",
    "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "–": "-",
    "—": "-", "‒": "-", "―": "-", "‐": "-", "‑": "-", "−": "-", "×": "x", "•": "·", "∙": "·",
    "⋅": "·", "→": "->", "←": "<-", "⟶": "->", "⟵": "<-", "↔": "<->", "⇒": "=>", "„": "“", "‚": "‘",
    "′": "'", "″": '"', "¡": "!", "¿": "?", "♭": "b", "♯": "#", "€": "EUR", "£": "GBP", "¥": "JPY",
    "§": "S", "µ": "u", "÷": "/", "≈": "~", "≤": "<=", "≥": ">=", "✂": "/",
}  # fmt: skip

_MARKS = {
    "\u0300": "`", "\u0301": "´", "\u0302": "^", "\u0303": "~", "\u0304": "-", "\u0306": "v",
    "\u0307": ".", "\u0308": "..", "\u030a": "°", "\u030b": "´´", "\u030c": "v", "\u0323": "",
    "\u0326": "", "\u0327": "", "\u0328": "",
}  # fmt: skip

_ABOVE = frozenset("\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c")


SYSTEM_FONTS = (
    "NotoSans-Regular.ttf", "DejaVuSans.ttf", "arial.ttf", "Arial.ttf", "NotoSansCJK-Regular.ttc",
    "NotoSansCJKjp-Regular.otf", "Arial Unicode.ttf", "arialuni.ttf", "msgothic.ttc", "msyh.ttc",
    "malgun.ttf", "Hiragino Sans GB.ttc", "AppleSDGothicNeo.ttc", "NotoSansHebrew-Regular.ttf",
    "NotoSansArabic-Regular.ttf", "NotoSansDevanagari-Regular.ttf", "NotoSansThai-Regular.ttf",
    "Nirmala.ttf", "tahoma.ttf", "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf", "unifont.ttf",
)  # fmt: skip
"""Fonts that operating systems include, in the order tried for letters Pillow's font lacks."""


@dataclass(frozen=True, slots=True)
class _Accented:
    letter: str
    above: str


def _pieces(text: str) -> list[str | _Accented]:
    """Split text into runs of plain letters and single letters with an accent above.

    A letter that the font lacks stays.
    """
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


class TextRenderer:
    """Measures and draws text in one size of Pillow's font, in integer pixels.

    Args:
        size: The size in pixels.
        with_system_fonts: Whether letters that the font lacks are taken from installed fonts, which
            differ between machines.
    """

    def __init__(self, size: int, *, with_system_fonts: bool = False) -> None:
        from PIL import ImageFont

        self.size = size
        self._font = _of_free_type(ImageFont.load_default(size))
        self._small = _of_free_type(ImageFont.load_default(max(6, size * 3 // 4)))
        self._with_system_fonts = with_system_fonts
        self._lent: dict[str, ImageFont.FreeTypeFont] = {}
        """The font of each letter that comes from an installed font."""

    def width(self, text: str) -> int:
        """Return the width of `text` in pixels."""
        return sum(
            self._advance(part, font)
            for piece in _pieces(text)
            for part, font in self._parts(piece if isinstance(piece, str) else piece.letter)
        )

    def _advance(self, text: str, font: ImageFont.FreeTypeFont) -> int:
        return round(font.getlength(text))

    def _parts(self, text: str) -> Iterator[tuple[str, ImageFont.FreeTypeFont]]:
        """Split a text into parts of one font each, with right-to-left letters in drawing order."""
        if not self._with_system_fonts or all(char in _FOUND for char in text):
            yield text, self._font
            return
        for font, chars in groupby(text, self._font_of):
            part = "".join(chars)
            is_leftwards = all(unicodedata.bidirectional(char) in ("R", "AL") for char in part)
            yield part[::-1] if is_leftwards else part, font

    def _font_of(self, char: str) -> ImageFont.FreeTypeFont:
        if char in _FOUND:
            return self._font
        if char not in self._lent:
            fonts = (font for font in system_fonts(self.size) if _has(font, char))
            self._lent[char] = next(fonts, self._font)
        return self._lent[char]

    def draw(
        self, onto: ImageDraw.ImageDraw, at: tuple[int, int], text: str, ink: int = 255
    ) -> int:
        """Draw `text` on an image of mode L with its upper left corner at `at`.

        Returns:
            The width of the text in pixels.
        """
        left, top = at
        for piece in _pieces(text):
            if isinstance(piece, str):
                for part, font in self._parts(piece):
                    # Fonts differ in the distance from the top to the baseline: align the
                    # baselines.
                    lower = self._font.getmetrics()[0] - font.getmetrics()[0]
                    onto.text((left, top + lower), part, font=font, fill=ink)
                    left += self._advance(part, font)
                continue
            onto.text((left, top), piece.letter, font=self._font, fill=ink)
            advance = self._advance(piece.letter, self._font)
            self._accent(onto, (left, top), piece, advance, ink)
            left += advance
        return left - at[0]

    def _accent(
        self,
        onto: ImageDraw.ImageDraw,
        at: tuple[int, int],
        piece: _Accented,
        advance: int,
        ink: int,
    ) -> None:
        letter = self._font.getbbox(piece.letter)
        mark = self._small.getbbox(piece.above)
        left = at[0] + (advance - round(mark[0] + mark[2])) // 2
        gap = max(1, self.size // 12)
        top = at[1] + round(letter[1]) - gap - round(mark[3])
        onto.text((left, top), piece.above, font=self._small, fill=ink)

    def shortened(self, text: str, space: int) -> str:
        """Return `text`; if it is wider than `space` pixels, cut it and append an ellipsis."""
        if self.width(text) <= space:
            return text
        low, high = 0, len(text)
        while low < high:  # the longest part that still fits
            middle = (low + high + 1) // 2
            if self.width(text[:middle].rstrip() + "…") <= space:
                low = middle
            else:
                high = middle - 1
        return text[:low].rstrip() + "…"

    def wrapped(self, text: str, space: int, most: int) -> list[str]:
        """Break `text` between words into 1 to `most` lines of `space` pixels.

        An ellipsis marks omitted text.
        """
        lines: list[str] = []
        line = ""
        for word in text.split():
            longer = f"{line} {word}" if line else word
            if not line or self.width(longer) <= space:
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
        return [self.shortened(one, space) for one in shown]


@lru_cache(maxsize=32)
def system_fonts(size: int) -> tuple[ImageFont.FreeTypeFont, ...]:
    """Return the installed fonts among `SYSTEM_FONTS`, in one size.

    Letters are not joined: Pillow's basic layout cannot do that.
    """
    from PIL import ImageFont

    found = []
    for name in SYSTEM_FONTS:
        try:
            found.append(ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC))
        except OSError:
            continue  # it is not installed, or is not a font
    return tuple(found)


def _has(font: ImageFont.FreeTypeFont, char: str) -> bool:
    """Whether a font has a letter: a missing letter looks like a character that no font has."""
    return (
        bytes(font.getmask(char)) != bytes(font.getmask("\U0010ffff"))
        and font.getmask(char).getbbox() is not None
    )


def _of_free_type(font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> ImageFont.FreeTypeFont:
    from PIL import ImageFont

    from sequencer.core.errors import OutputError

    if not isinstance(font, ImageFont.FreeTypeFont):
        raise OutputError(
            "this Pillow was built without FreeType, so no text can be drawn on images",
            "install Pillow from PyPI",
        )
    return font
