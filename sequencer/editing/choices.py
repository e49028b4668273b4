"""Texts that can be written: words of the language, forms of values, endings of files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from sequencer.core.lazy_dataclass import dataclass
from sequencer.editing.words import as_sentence, forms_of, known_words, meaning_of, plain_text
from sequencer.language.clock_files import BEAT_SUFFIXES, MIDI_SUFFIXES
from sequencer.language.loader import NOTATION_BY_SUFFIX
from sequencer.language.spec import ValueSpec
from sequencer.language.values.amounts import UNITS

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
SOUND_SUFFIXES = (".wav", ".flac", ".aif", ".aiff", ".mp3", ".m4a", ".aac", ".ogg", ".opus")


class ItemKind(StrEnum):
    """What kind of text an item inserts."""

    KEYWORD = "keyword"
    VALUE = "value"
    SCENE = "scene"
    SECTION = "section"
    VARIABLE = "variable"
    MARK = "mark"
    STAGE = "stage"
    GO = "go cue"
    FILE = "file"
    UNIT = "unit"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Choice:
    """A text that fits, before it is known which part of it is already written."""

    text: str
    kind: ItemKind
    description: str = ""


def keyword_choice(word: str) -> Choice:
    """Return a word of the language with its description."""
    return Choice(word, ItemKind.KEYWORD, known_words()[word].description)


def value_choices(rows: Iterable[ValueSpec]) -> Iterator[Choice]:
    """Yield the forms of positions or triggers, as the language reference has them."""
    for spec in rows:
        for row in spec.reference:
            for form in forms_of(row):
                if form[0] not in "<>":  # the end of a form that is written in full before it
                    text = form.removesuffix("NAME")
                    yield Choice(text, ItemKind.VALUE, as_sentence(meaning_of(row)))


def length_choices() -> Iterator[Choice]:
    """Yield an example of each kind of length."""
    for example in ("8 bars", "4 beats", "4b", "2c", "12.5s", "96f"):
        unit = re.sub(r"[^a-z]", "", example)
        yield Choice(example, ItemKind.VALUE, f"A length in {UNITS[unit].value}.")


def landing_choices() -> Iterator[Choice]:
    """Yield examples of where a rule takes effect."""
    for example in ("next bar", "next beat", "next 2 bars"):
        yield Choice(example, ItemKind.VALUE, "The rule takes effect there, not at once.")


def schema_choices(schema: dict[str, Any], example: str) -> list[Choice]:
    """Return the values that a schema lists, or an example."""
    description = plain_text(str(schema.get("description", "")))
    values = [str(one) for one in schema.get("enum", ()) if one]
    forms = description.removesuffix(".").partition(": ")[2].split(" · ")
    if not values and len(forms) > 1:
        values = [one for one in forms if "…" not in one]
    if not values and example:
        values = [example]
    sentence = as_sentence(description.partition(" · ")[0].partition(": ")[0])
    return [Choice(one, ItemKind.VALUE, sentence) for one in values]


def path_suffixes(word: str) -> tuple[str, ...] | None:
    """Return the endings of the files whose paths follow a word, or None if no path does."""
    match word:
        case "image":
            return IMAGE_SUFFIXES
        case "use":
            return tuple(NOTATION_BY_SUFFIX)
        case "sound" | "file":
            return SOUND_SUFFIXES
        case "clock":
            return (*MIDI_SUFFIXES, *BEAT_SUFFIXES)
        case _:
            return None


def shape_of(word: str) -> str:
    """Return a word with all its numbers and notes replaced by one."""
    return re.sub(r"[0-9]+", "0", re.sub(r"[A-G][#b]?(?=[0-9])", "A", word))
