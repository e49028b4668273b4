"""How many beats the bars of a score have, as far as its text shows it: what a suggested position has to fit.

A reader knows one value at a time, and which meter is in force only the compiler finds out. A suggestion that the compiler then
refuses helps nobody, so it is made only where every meter that the text names has that beat, or counted on where there is only
one meter.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from sequencer.core.diagnostics import Diagnostics, Span

_USUAL = 4
"""The beats of a bar where the clock names no meter."""

_CLOCK = re.compile(r"^[ \t]*[\"\']?clock\b[^\n#]*", re.MULTILINE)
_SIGNATURE = r"([0-9]{1,3})/(?:1|2|4|8|16|32|64)(?![0-9]|[ \t]*bpm)"
_IN_CLOCK = re.compile(rf"(?<![0-9./]){_SIGNATURE}")
_CHANGE = re.compile(rf"\bmeter\b[\"\']?[ \t]*[:=]?[ \t]*[\"\']?{_SIGNATURE}")


def _counts_of(span: Span, faults: Diagnostics) -> frozenset[int]:
    """The numbers of beats that bars have in the score that `span` points into. Empty where it is not known."""
    text = faults.texts.get(span.file)
    return frozenset() if text is None else _counts(text)


@lru_cache(maxsize=1)
def _counts(text: str) -> frozenset[int]:
    """The numbers of beats that bars have in the score `text`. Empty where they are in a MIDI file."""
    clock = _CLOCK.search(text)
    if clock is not None and re.search(r"\bfile\b", clock.group()):
        return frozenset()
    own = [] if clock is None else _IN_CLOCK.findall(clock.group())
    found = {int(count) for count in (*own[:1], *_CHANGE.findall(text))}
    return frozenset(found if own else {*found, _USUAL})


def suggest_position(bar: int, beat: int, rest: Fraction, span: Span, faults: Diagnostics) -> str | None:
    """Spell bar and beat as a position, counted on where a bar has fewer beats. None where the meter there is not known.

    Args:
        bar: The bar, counted from 1.
        beat: The beat, counted from 1.
        rest: A part of a beat beyond it.
        span: Where the position is written.
        faults: The faults of the reading, with the text that `span` points into.

    Returns:
        The position as a score has it, for example `9.3+1/2`.
    """
    counts = _counts_of(span, faults)
    if counts and not 1 <= beat <= min(counts):
        if len(counts) > 1 or min(counts) < 1:
            return None
        more, beat = divmod(beat - 1, min(counts))
        bar, beat = bar + more, beat + 1
    return f"{bar}.{beat}" + (f"+{rest}" if rest else "")


def has_beat(beat: int, span: Span, faults: Diagnostics) -> bool:
    """Whether every bar has the beat, as far as the text shows it."""
    counts = _counts_of(span, faults)
    return beat >= 1 and (not counts or beat <= min(counts))


BY_DOT = "write the bar, a dot and a beat that this bar has"
"""The hint where a position cannot be suggested: the meters differ, and only some of them have the beat."""


def count_beats(span: Span, faults: Diagnostics) -> int | None:
    """How many beats each bar of the score has. None where its bars differ, or where the text does not say it."""
    counts = _counts_of(span, faults)
    return next(iter(counts)) if len(counts) == 1 else None
