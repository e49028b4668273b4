"""The Unicode form in which names are compared.

`é` is one name, whether it is one character or two.
"""

from __future__ import annotations

_CONJOINING_JAMO = range(0x1100, 0x1200)
"""Korean letters that form syllables, which NFC composes."""


def with_composed_marks(text: str) -> str:
    """Return a text with combining characters in composed form (NFC), any other unchanged.

    Other names stay as written, so that scores from before combining marks were allowed keep their
    digests: NFC would also replace a few characters that combine with nothing, such as the ångström
    sign.
    """
    if text.isascii():
        return text
    from unicodedata import category, normalize  # needed only for text beyond ASCII

    combines = any(ord(char) in _CONJOINING_JAMO or category(char).startswith("M") for char in text)
    return normalize("NFC", text) if combines else text
