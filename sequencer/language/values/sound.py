"""Read the sound of a score: `"song.wav"`, `"song.wav" from 12.5s`."""

from __future__ import annotations

import re
from fractions import Fraction

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.language.score import AtOffset, SoundLine, Unit
from sequencer.language.source import excerpt, subspan
from sequencer.language.values.positions import read_position
from sequencer.language.values.strings import read_string

_SOUND = re.compile(r'("""[\s\S]*?"""|"(?:[^"\\]|\\.)*")(?:[ \t]*from[ \t]+(\S.*))?\Z')
_SECONDS = re.compile(r"[0-9][0-9.,/]*(?:ms|s|m(?:[0-9.]+s)?)")
_PLAIN_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_CLOCK_TIME = re.compile(r"([0-9]{1,4}):([0-5][0-9](?:\.[0-9]+)?)")


def read_sound(text: str, span: Span, faults: Diagnostics) -> SoundLine | None:
    """Read what follows `sound` in the text notation.

    Return None if a diagnostic was reported.
    """
    match = _SOUND.match(text)
    if match is None:
        faults.error(
            "E261", "the path of a sound file is missing", span, hint='write sound "song.wav"'
        )
        return None
    path_span = subspan(text, span, *match.span(1))
    path = read_string(match.group(1), path_span, faults)
    start: Fraction | None = Fraction(0)
    if match.group(2) is not None:
        start = read_sound_start(match.group(2), subspan(text, span, *match.span(2)), faults)
    return None if path is None or start is None else SoundLine(path, start, span, path_span)


def read_sound_start(text: str, span: Span, faults: Diagnostics) -> Fraction | None:
    """Read the second of a sound file at which the score begins.

    Return None if a diagnostic was reported.
    """
    corrected: str | None = None
    if _PLAIN_NUMBER.fullmatch(text):
        corrected = f"{text}s"
    elif (clock := _CLOCK_TIME.fullmatch(text)) is not None:
        corrected = f"{clock[1]}m{clock[2]}s"
    elif _SECONDS.fullmatch(text):
        position = read_position(text, span, faults)
        if position is None:
            return None
        if isinstance(position, AtOffset) and position.unit is Unit.SECONDS:
            return position.amount
    hint = f"write {corrected}" if corrected else "write from 12.5s"
    faults.error(
        "E261",
        f"a sound begins at a time in its file, in seconds, found {excerpt(text)}",
        span,
        hint=hint,
        fix=Fix(span, corrected) if corrected else (),
    )
    return None
