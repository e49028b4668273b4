"""Tempi for beats at given times: steps whose sum never drifts from those times."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from sequencer.core.timebase import Meter

MICROSECONDS = 60_000_000
"""In a minute. Fitted tempi are whole microseconds per quarter, as in MIDI files.

So their sums have short denominators, however many there are.
"""

MIN_QUARTER_US = 60_000
"""1000 bpm, the fastest tempo of a score."""

MAX_QUARTER_US = 60_000_000
"""1 bpm."""


class TempoSteps:
    """Builds (quarter, bpm) steps so that given quarters are at given seconds.

    The error of each step is made up by the next one, so that errors do not add up.

    Args:
        tolerance: How far a quarter may be from its time, in seconds, before a stated tempo is
            replaced by a fitted one.
    """

    def __init__(self, tolerance: Fraction = Fraction(1, 1000)) -> None:
        self.tolerance = tolerance
        self.steps: list[tuple[Fraction, Fraction]] = []
        self.quarter = Fraction(0)
        self.seconds = Fraction(0)
        self.fitted = 0
        """How many stated tempi were replaced."""
        self.worst = Fraction(0)
        """The largest difference between a quarter's time and the time that was asked for."""

    def advance(self, quarters: Fraction, until: Fraction, bpm: Fraction | None = None) -> None:
        """Add a step of some quarters that ends at a time.

        Args:
            quarters: Its length, more than 0.
            until: When it ends, in seconds since quarter 0.
            bpm: The stated tempo, which is kept if it is good enough.
        """
        if bpm is None or abs(self.seconds + quarters * 60 / bpm - until) > self.tolerance:
            self.fitted += bpm is not None
            wanted = round((until - self.seconds) / quarters * 1_000_000)
            bpm = Fraction(MICROSECONDS, min(max(wanted, MIN_QUARTER_US), MAX_QUARTER_US))
        self.add(bpm)
        self.quarter += quarters
        self.seconds += quarters * 60 / bpm
        self.worst = max(self.worst, abs(self.seconds - until))

    def add(self, bpm: Fraction) -> None:
        """Change the tempo here; nothing is added if it is the same."""
        if not self.steps or self.steps[-1][1] != bpm:
            self.steps.append((self.quarter, bpm))


def fit_line(times: Iterable[Fraction]) -> tuple[Fraction, Fraction, Fraction]:
    """Return (first time, distance, worst residual) of the even grid nearest to some times.

    The least squares over their numbers, exactly. There are at least two times.
    """
    found = list(times)
    count = len(found)
    middle = Fraction(count - 1, 2)
    mean = sum(found, Fraction(0)) / count
    spread = Fraction(count * (count * count - 1), 12)
    pace = sum(((n - middle) * (time - mean) for n, time in enumerate(found)), Fraction(0)) / spread
    first = mean - middle * pace
    worst = max(abs(first + n * pace - time) for n, time in enumerate(found))
    return first, pace, worst


def parse_meter(text: str) -> Meter | None:
    """Return a meter written as `4/4`, or None if a score cannot have it."""
    numerator, _, denominator = text.strip().partition("/")
    if not (
        numerator.isascii() and numerator.isdecimal() and len(numerator) <= 2
    ) or denominator not in {"1", "2", "4", "8", "16", "32", "64"}:
        return None
    beats = int(numerator)
    return Meter(beats, int(denominator)) if 1 <= beats <= 64 else None


def round_bpm(bpm: Fraction, decimals: int = 3) -> Fraction:
    """Return a tempo with at most so many decimals; a score has up to nine."""
    return Fraction(round(bpm * 10**decimals), 10**decimals)
