"""Sentences and the few English words by which advice knows what a prompt speaks of.

Guessing from words can be wrong, so every list is narrow on purpose: a rule that says nothing is better than one that
cries wolf. Texts in other languages are recognised by their lack of small English words and are left alone.
What was found out about a text is kept until `forget`, for each rule asks again and prompts share most of their sentences.
"""

from __future__ import annotations

import re
from functools import cache

_SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)]*\s+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def _set_of(text: str) -> frozenset[str]:
    """The words of a list written with blanks."""
    return frozenset(text.split())


_SMALL = _set_of(
    "a an the of in on and with at to is are from her his its by for into over under through as no not she he it they their"
    " there this that now one two who which while where"
)
_COMMON = _SMALL | _set_of(
    "more most less very some same slow slowly soft still again suddenly then them him being been has have had was were will"
    " shot light lighting camera close-up wide medium long locked-off focus lens view scene prompt video style mood"
    " remains remain begins begin turns turn comes come goes stands stand lies lie behind before beside between above"
)

# Words that say where the camera stands and how it moves. Words hold together at hyphens; `35mm` is read as `mm`.
_CAMERA = _set_of(
    "shot shots close-up close-ups closeup closeups camera cameras mm dolly dollies tracking handheld hand-held locked-"
    " off aerial drone steadicam tripod pov low-angle high-angle wide-angle dutch-angle eye-level bird's-eye bird’s-eye"
    " macro lens zoom zooms zooming pan pans panning tilt tilts orbit orbits orbiting crane framing framed overhead top-"
    " down"
)
_CAMERA_PHRASES = (
    "locked off",
    "point of view",
    "low angle",
    "high angle",
    "wide angle",
    "dutch angle",
    "eye level",
    "bird's eye",
)
# Words that say what light there is.
_LIGHT = _set_of(
    "light lights lighting lit sun sunlight sunlit sunny sunset sunrise moonlight moonlit moon neon glow glows glowing"
    " lamp lamps dusk dawn noon night midnight daylight twilight shadow shadows shade backlit overcast candle candles"
    " candlelight candlelit tungsten fluorescent firelight starlight dim bright dark darkness haze silhouette silhouettes"
)
_HOURS = ("golden hour", "blue hour")
# Words by which a whole sentence is the camera line or the light line of a prompt, and not a part of what happens.
_CAMERA_LINE = _set_of("shot close-up closeup camera mm dolly locked-off aerial drone steadicam tripod pov lens")
_LIGHT_LINE = _set_of("light lighting sunlight moonlight daylight neon backlit candlelight shadows")
_HELD = re.compile(r"\b(?:locked[ -]off|static (?:\w+ )?(?:shot|camera)|tripod|fixed (?:shot|camera))\b", re.IGNORECASE)
_MOVING = re.compile(
    r"\b(?:dolly|tracking shot|hand-?held|steadicam|crane shot|camera (?:pans|tilts|orbits|moves|follows|glides|flies)"
    r"|panning shot|orbiting shot|zoom(?:s|ing)? (?:in|out))\b",
    re.IGNORECASE,
)


@cache
def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, each without the white space around it."""
    return tuple(one for one in (piece.strip() for piece in _SENTENCE.split(text)) if one)


@cache
def words(text: str) -> tuple[str, ...]:
    """The words of a text, small letters; numbers and signs are left out."""
    return tuple(_WORD.findall(text.casefold()))


@cache
def is_english(text: str) -> bool:
    """Whether a text looks like English: at least one word in ten is a small English word."""
    every = words(text)
    return bool(every) and 10 * sum(word in _SMALL for word in every) >= len(every)


@cache
def things(sentence: str) -> frozenset[str]:
    """The words that name something: no small words, no camera talk; plurals and possessives cut to their stem."""
    return frozenset(_stem(word) for word in words(sentence) if len(word) > 2 and word not in _COMMON)


def _stem(word: str) -> str:
    if word.endswith(("'s", "’s")):
        word = word[:-2]
    for tail in ("ing", "es", "ed", "s"):
        if word.endswith(tail) and len(word) - len(tail) >= 3:
            return word[: -len(tail)]
    return word.removesuffix("e") if len(word) > 4 else word


def forget() -> None:
    """Forget what was found out about every text: the score that they belong to has been advised on."""
    for kept in (sentences, words, is_english, things):
        kept.cache_clear()


def has_camera(text: str) -> bool:
    """Whether a text says where the camera stands or how it moves."""
    return not _CAMERA.isdisjoint(words(text)) or _has_phrase(text, _CAMERA_PHRASES)


def has_light(text: str) -> bool:
    """Whether a text says what light there is."""
    return not _LIGHT.isdisjoint(words(text)) or _has_phrase(text, _HOURS)


def is_camera_line(sentence: str) -> bool:
    """Whether a sentence is about the camera."""
    return not _CAMERA_LINE.isdisjoint(words(sentence)) or _has_phrase(sentence, ("locked off",))


def is_light_line(sentence: str) -> bool:
    """Whether a sentence is about the light."""
    return not _LIGHT_LINE.isdisjoint(words(sentence)) or _has_phrase(sentence, _HOURS)


def _has_phrase(text: str, phrases: tuple[str, ...]) -> bool:
    low = text.casefold()
    return any(phrase in low for phrase in phrases)


def contradiction(text: str) -> tuple[str, str] | None:
    """The words by which a camera stands still and those by which it moves, where a text has both."""
    held = _HELD.search(text)
    moving = None if held is None else _MOVING.search(text)
    return None if held is None or moving is None else (held.group(), moving.group())
