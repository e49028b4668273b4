"""Sentences and the few English words by which advice knows what a prompt speaks of.

Guessing from words can be wrong, so every list is narrow on purpose: a rule that says nothing is better than one that
cries wolf. Texts in other languages are recognised by their lack of small English words and are left alone.
"""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)]*\s+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def _set_of(text: str) -> frozenset[str]:
    """The words of a list written with blanks."""
    return frozenset(re.findall(r"\S+", text))


_SMALL = _set_of(
    "a an the of in on and with at to is are from her his its by for into over under through as no not she he it they their"
    " there this that now one two who which while where"
)
_COMMON = _SMALL | _set_of(
    "more most less very some same slow slowly soft still again suddenly then them him being been has have had was were will"
    " shot light lighting camera close-up wide medium long locked-off focus lens view scene prompt video style mood"
    " remains remain begins begin turns turn comes come goes goes stands stand lies lie behind before beside"
    " between above"
)

CAMERA = re.compile(
    r"\b(?:shots?|close-?ups?|cameras?|\d+ ?mm|dolly|dollies|tracking|handheld|hand-held|locked[ -]off|aerial|drone"
    r"|steadicam|tripod|pov|point of view|(?:low|high|wide|dutch)[ -]angle|eye[ -]level|bird['’]s[ -]eye|macro|lens"
    r"|zoom(?:s|ing)?|pans?|panning|tilts?|orbit(?:s|ing)?|crane|framing|framed|overhead|top-down)\b",
    re.IGNORECASE,
)
"""Words that say where the camera stands and how it moves."""

LIGHT = re.compile(
    r"\b(?:light|lights|lighting|lit|sun|sunlight|sunlit|sunny|sunset|sunrise|moonlight|moonlit|moon|neon|glow(?:s|ing)?|lamps?"
    r"|dusk|dawn|noon|night|midnight|daylight|twilight|shadows?|shade|backlit|golden hour|blue hour|overcast"
    r"|candle(?:s|light|lit)?|tungsten|fluorescent|firelight|starlight|dim|bright|dark|darkness|haze|silhouettes?)\b",
    re.IGNORECASE,
)
"""Words that say what light there is."""

LIGHT_LINE = re.compile(
    r"\b(?:light|lighting|sunlight|moonlight|daylight|neon|backlit|golden hour|blue hour|candlelight|shadows)\b", re.IGNORECASE
)
"""Words by which a sentence is the light line of a prompt and not a part of what happens."""

CAMERA_LINE = re.compile(
    r"\b(?:shot|close-?up|camera|\d+ ?mm|dolly|locked[ -]off|aerial|drone|steadicam|tripod|pov|lens)\b", re.IGNORECASE
)
"""Words by which a sentence is the camera line of a prompt."""

HELD = re.compile(r"\b(?:locked[ -]off|static (?:\w+ )?(?:shot|camera)|tripod|fixed (?:shot|camera))\b", re.IGNORECASE)
"""The camera stands still."""

MOVING = re.compile(
    r"\b(?:dolly|tracking shot|handheld|hand-held|steadicam|crane shot|camera (?:pans|tilts|orbits|moves|follows|glides|flies)"
    r"|panning shot|orbiting shot|zoom(?:s|ing)? in|zoom(?:s|ing)? out)\b",
    re.IGNORECASE,
)
"""The camera moves."""


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, each without the white space around it."""
    return tuple(one for one in (piece.strip() for piece in _SENTENCE.split(text)) if one)


def words(text: str) -> list[str]:
    """The words of a text, small letters; numbers and signs are left out."""
    return [match.group().casefold() for match in _WORD.finditer(text)]


def is_english(text: str) -> bool:
    """Whether a text looks like English: at least one word in ten is a small English word."""
    every = words(text)
    return bool(every) and 10 * sum(word in _SMALL for word in every) >= len(every)


def things(text: str) -> frozenset[str]:
    """The words of a text that name something: no small words, no camera talk; plurals and possessives cut to their stem."""
    return frozenset(_stem(word) for word in words(text) if len(word) > 2 and word not in _COMMON)


def _stem(word: str) -> str:
    word = re.sub(r"['’]s\Z", "", word)
    for tail in ("ing", "es", "ed", "s"):
        if word.endswith(tail) and len(word) - len(tail) >= 3:
            return word[: -len(tail)]
    return word.removesuffix("e") if len(word) > 4 else word
