"""How evenly a sender's frames come: when each was sent, how long its tick is, and how many were dropped on the way. Pure."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from statistics import median

USUAL_TICK = 1_000_000_000 / 24
"""Nanoseconds from frame to frame, until they are measured."""

STEADY = 24
"""Frames over which everything here is measured."""

ENOUGH = 7
"""Frames from which losses can be told."""

CERTAIN = 5
"""Frames in a row that must be ahead of the count; a single late one is no loss."""

MISSING = 0.7
"""How many frames ahead they must be."""


class Pace:
    """One sender's, over one connection after the other. Times are nanoseconds, stamps 1/90000 s of the sender's clock."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Another connection: its stamps count anew."""
        self._ways: deque[float] = deque(maxlen=STEADY)
        self._steps: deque[float] = deque(maxlen=STEADY)
        self._before: float | None = None
        self._stamps: list[tuple[int, int]] = []
        self.tick: float = USUAL_TICK
        """From frame to frame, usually."""
        self.step: float = 0.0
        """From the frame before the last to the last."""

    def take(self, at: int, stamp: int | None) -> float:
        """A frame came at `at`: when it was sent, on the clock of `at`, by the quickest of the ways that frames took lately.

        So a frame that a network held back, or several that it bunched together, stand where they belong.
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
        """How many frames were dropped before this one, as far as stamps tell."""
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
        ahead = min((when - origin) / step - (index - first) for index, when in self._stamps[-CERTAIN:])
        if ahead < MISSING:
            return 0
        missing = round(ahead)
        self._stamps = [(number + missing, stamp)]
        return missing

    def forget(self) -> None:
        """The sender had nothing to send for a while: that is no loss."""
        self._stamps = []
