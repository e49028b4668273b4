"""How evenly a sender's frames arrive: when each was sent, their intervals, and losses. Pure."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from statistics import median

USUAL_TICK = 1_000_000_000 / 24
"""Nanoseconds between frames, until they are measured."""

STEADY = 24
"""The number of frames over which everything here is measured."""

ENOUGH = 7
"""The number of frames from which losses can be detected."""

CERTAIN = 5
"""How many consecutive frames must be ahead of the count; a single late frame is not a loss."""

MISSING = 0.7
"""How many frames ahead they must be."""


class Pace:
    """The pace of one sender, over successive connections.

    Times are nanoseconds, stamps 1/90000 s of the sender's clock.
    """

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Start again for another connection, whose stamps count from a new origin."""
        self._ways: deque[float] = deque(maxlen=STEADY)
        self._steps: deque[float] = deque(maxlen=STEADY)
        self._before: float | None = None
        self._stamps: list[tuple[int, int]] = []
        self.tick: float = USUAL_TICK
        """The usual interval between frames."""
        self.step: float = 0.0
        """The interval between the last two frames."""

    def take(self, at: int, stamp: int | None) -> float:
        """Return when a frame was sent that arrived at `at`, on the same clock.

        The shortest recent transmission time is assumed for it. A frame that a network delayed, or
        several that arrived together, therefore get the times at which they were sent.
        """
        sent = float(at) if stamp is None else stamp * 1e9 / 90_000
        self.step = 0.0 if self._before is None else sent - self._before
        self._before = sent
        if self.step > 0:
            self._steps.append(self.step)
            self.tick = median(self._steps)
        self._ways.append(at - sent)
        return sent + min(self._ways)

    def missing(self, stamp: int | None) -> int:
        """Return how many frames were lost before this one, as far as the stamps show."""
        if stamp is None:
            return 0
        if self._stamps and stamp <= self._stamps[-1][1]:
            self._stamps = []
        number = self._stamps[-1][0] + 1 if self._stamps else 0
        self._stamps = [*self._stamps[-STEADY + 1 :], (number, stamp)]
        if len(self._stamps) < ENOUGH:
            return 0
        step = median(after[1] - before[1] for before, after in pairwise(self._stamps))
        first, origin = self._stamps[0]
        ahead = min(
            (when - origin) / step - (index - first) for index, when in self._stamps[-CERTAIN:]
        )
        if ahead < MISSING:
            return 0
        missing = round(ahead)
        self._stamps = [(number + missing, stamp)]
        return missing

    def forget(self) -> None:
        """Start the loss count again: the sender had nothing to send, which is not a loss."""
        self._stamps = []
