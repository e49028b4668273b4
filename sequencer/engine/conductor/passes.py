"""A pass: one stretch of the schedule as it is played, with its times and quarters."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sequencer.schedule.model import Stretch

NOMINAL_QUARTERS = Fraction(2)
"""Quarters per second of a stretch without a tempo (120 bpm)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One stretch as it is played.

    Attributes:
        start: Exact nominal score time in seconds.
        end: Exact nominal score time in seconds.
        quarter: Where it starts, in quarters since the score began. These are nominal if its length
            was not written in beats.
    """

    number: int
    stretch: Stretch
    start: Fraction
    end: Fraction
    quarter: Fraction = Fraction(0)
    counts_seconds: bool = False
    """Whether the clock counts seconds instead of quarters (time code)."""
    left_at: Fraction | None = None
    """The quarter of the pass at which it was left, if that was a bar line."""

    def quarter_of(self, inside: Fraction | None, seconds: Fraction) -> Fraction:
        """Return the quarter of a position.

        Args:
            inside: Its quarter within the pass; None for a position given in seconds.
            seconds: Its nominal score time.
        """
        return (
            self.quarter_at(seconds)
            if inside is None or self.counts_seconds
            else self.quarter + inside
        )

    def quarter_at(self, seconds: Fraction) -> Fraction:
        """Return the quarter of a nominal score time of this pass."""
        inside = seconds - self.start
        if self.counts_seconds:
            return self.quarter + inside
        if self.stretch.tempo is None:
            return self.quarter + inside * NOMINAL_QUARTERS
        return self.quarter + self.stretch.tempo.quarter_at(max(Fraction(0), inside))

    @property
    def end_quarter(self) -> Fraction:
        """Where it ends, in quarters since the score began."""
        if self.left_at is not None:
            return self.quarter + self.left_at
        if (
            self.stretch.quarters is not None
            and not self.counts_seconds
            and self.end - self.start == self.stretch.seconds
        ):
            return self.quarter + self.stretch.quarters
        return self.quarter_at(self.end)
