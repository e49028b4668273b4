"""Coarse stamps: ticks that are heard only at the edges of an audio period (or of a slow timer) lie on a lattice.

A steady clock then shows long runs of one interval and, every so often, one that is shorter or longer by just the grain. Taken
at its word, that is a very clean clock of another tempo which hiccups. `Grain` tells the two apart: hiccups of one size that
come singly, again and again, are the grain of the stamps.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

AROUND = 3
"""Equal intervals on each side of one that stands out."""
NEAR = 0.12
"""How equal, as a share of how far it stands out."""
ALIKE = 0.08
"""How equal in size those that stand out must be."""
TIGHT = 0.03
"""The same where one stands out by a whole interval: stamps on a lattice are equal, and else a tick was lost or doubled."""
LEAST = 0.05
"""How far, as a share of the usual interval, one must stand out."""
WHOLE = 0.8
"""From this share of the usual interval on, one that stands out may be a lost or a doubled tick as well as the grain."""
KEPT = 3000
"""After this many ticks without another sign of it the grain is forgotten."""


class Grain:
    """Watches intervals (nanoseconds). `size` is the grain of the stamps, 0 while none is known."""

    def __init__(self) -> None:
        self.size = 0.0
        self._intervals: deque[float] = deque(maxlen=2 * AROUND + 1)
        self._signs: deque[tuple[int, float]] = deque(maxlen=4)
        self._heard = 0
        self._latest = 0

    def hear(self, interval: float) -> bool:
        """Take an interval. True when a grain has just been found (or a larger one than was known)."""
        self._heard += 1
        self._intervals.append(interval)
        if self.size and self._heard - self._latest > KEPT:
            self.size = 0.0
        if len(self._intervals) < 2 * AROUND + 1:
            return False
        middle = self._intervals[AROUND]
        others = sorted(value for place, value in enumerate(self._intervals) if place != AROUND)
        usual = (others[AROUND - 1] + others[AROUND]) / 2
        out = middle - usual
        spread = others[-1] - others[0]
        if abs(out) < LEAST * usual or spread > 2 * (TIGHT if abs(out) > WHOLE * usual else NEAR) * abs(out):
            return False
        self._signs.append((self._heard, out))
        return self._proven(usual)

    def found(self, size: float) -> bool:
        """A grain was inferred elsewhere. True when it is news."""
        self._latest = self._heard
        if size <= self.size * (1 + ALIKE):
            return False
        self.size = size
        return True

    def _proven(self, usual: float) -> bool:
        """Whether the latest signs are of one size; those as large as an interval, as lost ticks are, must come evenly too."""
        size = self._signs[-1][1]
        need = 4 if abs(size) > WHOLE * usual else 3
        signs = list(self._signs)[-need:]
        if len(signs) < need or any(abs(out - size) > ALIKE * abs(size) for _, out in signs):
            return False
        if need == 4:
            gaps = [after - before for (before, _), (after, _) in pairwise(signs)]
            if max(gaps) - min(gaps) > max(1.0, 0.05 * max(gaps)):
                return False
        return self.found(abs(size))
