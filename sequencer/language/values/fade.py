"""Read the length of a fade."""

from __future__ import annotations

import re

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.language.source import excerpt
from sequencer.language.values.amounts import check_ascii_digits
from sequencer.schedule.model import MAX_FADE_CHUNKS

_FADE = re.compile(r"[1-9][0-9]?c\Z")
_FADE_UNITS = {
    "bar": "bars",
    "b": "beats",
    "beat": "beats",
    "f": "frames",
    "frame": "frames",
    "ms": "milliseconds",
    "m": "minutes",
    "min": "minutes",
    "minute": "minutes",
}
"""Units in which a fade is not counted; all others that begin with `s` are seconds."""


def read_fade(text: str, span: Span, faults: Diagnostics) -> int | None:
    """Read the chunks over which a prompt replaces the previous one: `2c`."""
    if _FADE.match(text) is not None:
        return int(text[:-1])
    if not check_ascii_digits(text, span, faults):
        return None
    match = re.match(r"([0-9]{1,9})(?:[ \t]*c(?:hunks?)?)?\Z", text)
    if match is not None and not 1 <= int(match.group(1)) <= MAX_FADE_CHUNKS:
        hint = "write at least 1c; without a fade the prompt changes at once"
        if int(match.group(1)):
            hint = f"write {MAX_FADE_CHUNKS}c, or less"
        faults.error("E263", f"a fade is 1 to {MAX_FADE_CHUNKS} chunks", span, hint=hint)
        return None
    if match is not None:
        corrected = f"{int(match.group(1))}c"
        faults.error(
            "E263",
            "a fade is a whole number of chunks",
            span,
            hint=f"write {corrected}",
            fix=Fix(span, corrected),
        )
        return None
    unit = re.match(r"[0-9./]+[ \t]*([a-z]+)\Z", text)
    word = "" if unit is None else unit.group(1)
    word = _FADE_UNITS.get(word.removesuffix("s") or word, "seconds" if word[:1] == "s" else "")
    message = f"a fade is counted in chunks, not in {word}" if word else ""
    faults.error(
        "E263",
        message or f"{excerpt(text) or 'nothing'} is not a whole number of chunks",
        span,
        hint="write a number of chunks, for example 2c: the model fades in whole chunks",
    )
    return None
