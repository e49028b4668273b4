"""A pass: one stretch of the schedule as it is played, with its times and quarters."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sequencer.core.timebase import Snap
from sequencer.schedule.model import Send, Stretch

NOMINAL_QUARTERS = Fraction(2)
"""Quarters per second of a stretch without a tempo (120 bpm)."""


@dataclass(frozen=True, slots=True)
class PassBeginning:
    """Where a pass began to be played: nominal score seconds, and quarters of the score."""

    time: Fraction
    quarter: Fraction


@dataclass(frozen=True, slots=True)
class Replaced:
    """What an edited score takes over from.

    `current` is the pass of the version before, `time` the nominal score time of the takeover, and
    `following` the pass that would have followed.
    """

    current: Pass
    time: Fraction
    following: Pass | None


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
    was_left: bool = False
    """Whether an exit or a goto has ended it, so that its end stays where it is."""
    snap: Snap = Snap.NEAREST
    """How its start becomes a chunk: that of the score at the time."""
    version: int = 1
    """The version of the score that it belongs to, from 1."""
    began: PassBeginning | None = None
    """Where it began to be played, if another version of the score took over within it: `start` is
    then where its first bar would have been, had it been played from there.
    """
    replaces: Replaced | None = None
    """What an edited score took over from, if this is the first pass of that version."""
    messages: tuple[Send, ...] | None = None
    """Its messages to external devices, if those before a takeover are of another version."""

    @property
    def begins(self) -> Fraction:
        """Where it begins to be played, in nominal score seconds."""
        return self.start if self.began is None else self.began.time

    @property
    def begins_quarter(self) -> Fraction:
        """Where it begins to be played, in quarters since the score began."""
        return self.quarter if self.began is None else self.began.quarter

    @property
    def sends(self) -> tuple[Send, ...]:
        """Its messages to external devices, in order."""
        return self.stretch.sends if self.messages is None else self.messages

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
