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
OUT = 0.3
"""How far, as a share of the usual interval, those stand out that take turns with it."""
UNALIKE = 0.4
"""How much those may differ in size."""
APART = 0.6
"""How far the usual ones may be from each other, as a share of that size: jitter has no two sizes, a grain has."""
RECENT, LEAST_RECENT = 24, 8
"""So many intervals are looked at for that, and so many at least."""
LEAST = 0.05
"""How far, as a share of the usual interval, one must stand out."""
WHOLE = 0.8
"""From this share of the usual interval on, one that stands out may be a lost or a doubled tick as well as the grain."""
FORGET_AFTER_TICKS = 3000
"""After this many ticks without another sign of it the grain is forgotten."""


class TimestampGrid:
    """Watches intervals (nanoseconds). `size` is the grain of the stamps, 0 while none is known."""

    def __init__(self) -> None:
        self.size = 0.0
        self._intervals: deque[float] = deque(maxlen=2 * AROUND + 1)
        self._recent: deque[float] = deque(maxlen=RECENT)
        self._signs: deque[tuple[int, float]] = deque(maxlen=4)
        self._heard = 0
        self._latest = 0

    def add_interval(self, interval: float) -> bool:
        """Take an interval. True when a grain has just been found (or a larger one than was known)."""
        self._heard += 1
        self._intervals.append(interval)
        if self.size and self._heard - self._latest > FORGET_AFTER_TICKS:
            self.size = 0.0
        before = self._recent[-1] if self._recent else interval
        self._recent.append(interval)
        if abs(interval - before) > OUT * before and self._mixed():
            return True
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

    def _mixed(self) -> bool:
        """Whether two intervals take turns: three or more stand out singly, alike, and by less than a tick lost or doubled.

        A grain near the interval itself shows like that, at once and so often that nothing is usual around it.
        """
        recent = list(self._recent)
        if len(recent) < LEAST_RECENT:
            return False
        usual = sorted(recent)[len(recent) // 2]
        sizes: list[float] = []
        last = -2
        for place, value in enumerate(recent):
            size = abs(value - usual)
            if size > OUT * usual:
                if last == place - 1:
                    return False
                sizes.append(size)
                last = place
        if len(sizes) < 3 or len(recent) - len(sizes) < 4:
            return False
        size = sorted(sizes)[len(sizes) // 2]
        others = sorted(value for value in recent if abs(value - usual) <= OUT * usual)
        if others[-2] - others[1] > APART * size:
            return False
        return size < WHOLE * usual and all(abs(one - size) < UNALIKE * size for one in sizes) and self.found(size)

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
