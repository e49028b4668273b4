"""MIDI note names and numbers."""

from __future__ import annotations

import re
from typing import Literal

MiddleC = Literal["C3", "C4"]
"""The name of note 60, which manufacturers do not agree on."""

_NOTE = re.compile(r"([A-Ga-g])([#b♯♭]?)(-?\d+)\Z")
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
MAX_NOTE = 127


def note_number(written: str, middle: MiddleC) -> int | None:
    """Return the MIDI number (0…127) of a note name or number, or None if it is not a note.

    `middle` is the name of middle C (60).
    """
    if written.isascii() and written.isdigit():
        number = int(written)
        return number if number <= MAX_NOTE else None
    match = _NOTE.match(written)
    if match is None:
        return None
    letter, accidental, octave = match.groups()
    shift = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}[accidental]
    lowest = 2 if middle == "C3" else 1
    number = (int(octave) + lowest) * 12 + _STEPS[letter.upper()] + shift
    return number if 0 <= number <= MAX_NOTE else None


_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def note_name(number: int, middle: MiddleC) -> str:
    """Return the name of a MIDI number (0…127), with sharps for black keys.

    `middle` is the name of middle C (60).
    """
    return f"{_NAMES[number % 12]}{number // 12 - (2 if middle == 'C3' else 1)}"
