"""Split prompts into sentences and recognise their topics by a few English words.

Guessing from words can be wrong, so every list is deliberately narrow: a rule that reports nothing
is better than one that raises false alarms. Texts in other languages are recognised by their lack
of small English words and are not checked. Results for a text are cached until `forget`, because
each rule asks again and prompts share most of their sentences.
"""

from __future__ import annotations

import re
from functools import cache

_SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)]*\s+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def _word_set(text: str) -> frozenset[str]:
    """Return the words of a list separated by spaces."""
    return frozenset(text.split())


_SMALL_WORDS = _word_set(
    "a an the of in on and with at to is are from her his its by for into over under through as no "
    "not she he it they their"
    " there this that now one two who which while where"
)
_COMMON_WORDS = _SMALL_WORDS | _word_set(
    "more most less very some same slow slowly soft still again suddenly then them him being been "
    "has have had was were will"
    " shot light lighting camera close-up wide medium long locked-off focus lens view scene prompt "
    "video style mood"
    " remains remain begins begin turns turn comes come goes stands stand lies lie behind before "
    "beside between above"
)

# Words that describe the camera's position and movement. Words stay together at hyphens; `35mm` is
# read as `mm`.
_CAMERA_WORDS = _word_set(
    "shot shots close-up close-ups closeup closeups camera cameras mm dolly dollies tracking "
    "handheld hand-held locked-"
    " off aerial drone steadicam tripod pov low-angle high-angle wide-angle dutch-angle eye-level "
    "bird's-eye bird’s-eye"
    " macro lens zoom zooms zooming pan pans panning tilt tilts orbit orbits orbiting crane "
    "framing framed overhead top-"
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
# Words that describe the light.
_LIGHT_WORDS = _word_set(
    "light lights lighting lit sun sunlight sunlit sunny sunset sunrise moonlight moonlit moon "
    "neon glow glows glowing"
    " lamp lamps dusk dawn noon night midnight daylight twilight shadow shadows shade backlit "
    "overcast candle candles"
    " candlelight candlelit tungsten fluorescent firelight starlight dim bright dark darkness haze "
    "silhouette silhouettes"
)
_LIGHT_PHRASES = ("golden hour", "blue hour")
# Words that make a complete sentence the camera line or the light line of a prompt, rather than
# part of the action.
_CAMERA_LINE_WORDS = _word_set(
    "shot close-up closeup camera mm dolly locked-off aerial drone steadicam tripod pov lens"
)
_LIGHT_LINE_WORDS = _word_set(
    "light lighting sunlight moonlight daylight neon backlit candlelight shadows"
)
_STATIC_CAMERA = re.compile(
    r"\b(?:locked[ -]off|static (?:\w+ )?(?:shot|camera)|tripod|fixed (?:shot|camera))\b",
    re.IGNORECASE,
)
_MOVING_CAMERA = re.compile(
    r"\b(?:dolly|tracking shot|hand-?held|steadicam|crane shot"
    r"|camera (?:pans|tilts|orbits|moves|follows|glides|flies)"
    r"|panning shot|orbiting shot|zoom(?:s|ing)? (?:in|out))\b",
    re.IGNORECASE,
)


@cache
def split_sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a text, each without surrounding white space."""
    return tuple(one for one in (piece.strip() for piece in _SENTENCE.split(text)) if one)


@cache
def split_words(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case; numbers and punctuation are omitted."""
    return tuple(_WORD.findall(text.casefold()))


@cache
def is_english(text: str) -> bool:
    """Return whether a text looks English: at least one word in ten is a small English word."""
    every = split_words(text)
    return bool(every) and 10 * sum(word in _SMALL_WORDS for word in every) >= len(every)


@cache
def find_content_words(sentence: str) -> frozenset[str]:
    """Return the words that name something: no small words, no camera terms.

    Plurals and possessives are stemmed.
    """
    return frozenset(
        _stem(word) for word in split_words(sentence) if len(word) > 2 and word not in _COMMON_WORDS
    )


def _stem(word: str) -> str:
    if word.endswith(("'s", "’s")):
        word = word[:-2]
    for tail in ("ing", "es", "ed", "s"):
        if word.endswith(tail) and len(word) - len(tail) >= 3:
            return word[: -len(tail)]
    return word.removesuffix("e") if len(word) > 4 else word


def clear_caches() -> None:
    """Clear the cached results for every text, once the advice on their score is complete."""
    for kept in (split_sentences, split_words, is_english, find_content_words):
        kept.cache_clear()


def has_camera(text: str) -> bool:
    """Return whether a text states where the camera is or how it moves."""
    return not _CAMERA_WORDS.isdisjoint(split_words(text)) or _has_phrase(text, _CAMERA_PHRASES)


def has_light(text: str) -> bool:
    """Return whether a text states what light there is."""
    return not _LIGHT_WORDS.isdisjoint(split_words(text)) or _has_phrase(text, _LIGHT_PHRASES)


def is_camera_line(sentence: str) -> bool:
    """Return whether a sentence is about the camera."""
    return not _CAMERA_LINE_WORDS.isdisjoint(split_words(sentence)) or _has_phrase(
        sentence, ("locked off",)
    )


def is_light_line(sentence: str) -> bool:
    """Return whether a sentence is about the light."""
    return not _LIGHT_LINE_WORDS.isdisjoint(split_words(sentence)) or _has_phrase(
        sentence, _LIGHT_PHRASES
    )


def _has_phrase(text: str, phrases: tuple[str, ...]) -> bool:
    low = text.casefold()
    return any(phrase in low for phrase in phrases)


def find_camera_contradiction(text: str) -> tuple[str, str] | None:
    """Return the words for a static camera and those for a moving one, if a text has both."""
    held = _STATIC_CAMERA.search(text)
    moving = None if held is None else _MOVING_CAMERA.search(text)
    return None if held is None or moving is None else (held.group(), moving.group())
