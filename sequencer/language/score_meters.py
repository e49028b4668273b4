"""Determine the beats of a score's bars from its text, so that a suggested position can fit.

A reader knows one value at a time, and only the compiler determines which meter applies. A
suggestion that the compiler then rejects is useless, so a position is suggested only if every meter
in the text has that beat, or carried over into the next bars if there is only one meter.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from sequencer.core.diagnostics import Diagnostics, Span

_DEFAULT_BEATS_PER_BAR = 4
"""Beats per bar if the clock names no meter."""

_CLOCK = re.compile(r"^[ \t]*[\"\']?clock\b[^\n#]*", re.MULTILINE)
_SIGNATURE = r"([0-9]{1,3})/(?:1|2|4|8|16|32|64)(?![0-9]|[ \t]*bpm)"
_IN_CLOCK = re.compile(rf"(?<![0-9./]){_SIGNATURE}")
_CHANGE = re.compile(rf"\bmeter\b[\"\']?[ \t]*[:=]?[ \t]*[\"\']?{_SIGNATURE}")


def _find_beat_counts(span: Span, faults: Diagnostics) -> frozenset[int]:
    """Return the numbers of beats per bar in the score that `span` points into.

    Empty if they are not known.
    """
    text = faults.texts.get(span.file)
    return frozenset() if text is None else _parse_beat_counts(text)


@lru_cache(maxsize=1)
def _parse_beat_counts(text: str) -> frozenset[int]:
    """Return the numbers of beats per bar in the score `text`.

    Empty if they come from a MIDI file.
    """
    clock = _CLOCK.search(text)
    if clock is not None and re.search(r"\bfile\b", clock.group()):
        return frozenset()
    own = [] if clock is None else _IN_CLOCK.findall(clock.group())
    found = {int(count) for count in (*own[:1], *_CHANGE.findall(text))}
    return frozenset(found if own else {*found, _DEFAULT_BEATS_PER_BAR})


def suggest_position(
    bar: int, beat: int, rest: Fraction, span: Span, faults: Diagnostics
) -> str | None:
    """Spell bar and beat as a position, carried over into the next bars if a bar has fewer beats.

    Args:
        bar: The bar, counted from 1.
        beat: The beat, counted from 1.
        rest: The additional part of a beat.
        span: Where the position is written.
        faults: The collector of diagnostics, whose `texts` contain the text that `span` points
            into.

    Returns:
        The position as written in a score, for example `9.3+1/2`. None if the meter there is not
            known.
    """
    counts = _find_beat_counts(span, faults)
    if counts and not 1 <= beat <= min(counts):
        if len(counts) > 1 or min(counts) < 1:
            return None
        more, beat = divmod(beat - 1, min(counts))
        bar, beat = bar + more, beat + 1
    return f"{bar}.{beat}" + (f"+{rest}" if rest else "")


def has_beat(beat: int, span: Span, faults: Diagnostics) -> bool:
    """Return whether every bar has the beat, as far as the text shows."""
    counts = _find_beat_counts(span, faults)
    return beat >= 1 and (not counts or beat <= min(counts))


BAR_BEAT_HINT = "write the bar, a dot and a beat that this bar has"
"""The hint if no position can be suggested: meters differ, and only some have the beat."""


def count_beats(span: Span, faults: Diagnostics) -> int | None:
    """Return how many beats each bar of the score has.

    None if its bars differ, or if the text does not show it.
    """
    counts = _find_beat_counts(span, faults)
    return next(iter(counts)) if len(counts) == 1 else None
