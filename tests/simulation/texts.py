"""Draws what prompts contain besides their number: phrases in many scripts, and texts of the
maximum length.

All of them are valid: the language accepts letters of any script with their combining marks,
characters that only shape a text (joiners, direction marks) and emoji of several code points.
"""

from __future__ import annotations

from random import Random

LONGEST = 20_000
"""Characters of a prompt with its variables (docs/language.md, Limits)."""

PHRASES: dict[str, str] = {
    "latin": "Où l’été s’achève, naïve façade, Łódź, İstanbul, ß.",
    "decomposed": "Cafe\u0301, n\u0303o\u0302, a\u030a\u0323, z\u0300\u0301\u0302\u0303.",
    "greek": "Ένα ήσυχο λιμάνι.",
    "cyrillic": "Тихая набережная, ёжик, ї.",
    "han": "一位穿黄色雨衣的女人在站台等车。𠮷野家",
    "kana": "雨の夜、カモメが鳴く。ｶﾅ が゛",
    "hangul": "조용한 부두, \u1112\u1161\u11ab글.",
    "arabic": "رصيف هادئ، مَرْحَبًا بِكُمْ ٣.",
    "hebrew": "רציף שקט, שָׁלוֹם.",
    "directions": "\u200fשלום\u200e abc \u2067عربي\u2069 \u202bא\u202c.",
    "devanagari": "बारिश में शान्त घाट, क्षत्रिय, हिन्दी, ज्ञ, क़.",
    "tamil": "அமைதியான துறைமுகம், க்ஷௌ.",
    "thai": "ท่าเรือเงียบ น้ำผึ้ง.",
    "tibetan": "བོད་ཡིག",
    "emoji": "👩‍👩‍👧‍👦 👍🏽 🏴󠁧󠁢󠁳󠁣󠁴󠁿 1️⃣ 🇯🇵 ❤️‍🔥",
    "planes": "𝄞 𒀀 \U0010fffd \ue000",
    "symbols": r"It says \"no. 7\" \\ # {{not a name}} | , -> 100 % <b> & $HOME `x` \"\"",
    "spaces": "a\u00a0b\u3000c\u2009d\u200be\u00adf",
}
"""Phrases as they are written in a score, between quotes."""


def as_shown(written: str) -> str:
    """Return what a model receives for a text as it is written."""
    return written.replace("{{", "{").replace("}}", "}").replace('\\"', '"').replace("\\\\", "\\")


class Texts:
    """Returns one text after the other.

    `with_long` makes one in three of the first few as long as a prompt may be.
    """

    def __init__(self, rng: Random, with_long: bool = False) -> None:
        self._rng = rng
        self._long = 2 if with_long else 0

    def __call__(self, taken: int) -> str:
        """Return a text to append after `taken` characters, as it is written in a score."""
        names = list(PHRASES)
        found = " " + PHRASES[names[self._rng.randrange(len(names))]]
        if self._long and self._rng.randrange(3) == 0:
            self._long -= 1
            return self._filled(found, LONGEST - taken)
        return found

    def _filled(self, found: str, space: int) -> str:
        """Return a text of exactly this many characters as they are sent; sometimes a few less."""
        space -= self._rng.randrange(3) * self._rng.randrange(2)
        length = len(as_shown(found))
        names = list(PHRASES)
        while True:
            more = " " + PHRASES[names[self._rng.randrange(len(names))]]
            if length + len(as_shown(more)) > space:
                return found + "." * (space - length)
            found += more
            length += len(as_shown(more))
