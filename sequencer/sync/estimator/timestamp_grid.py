"""Coarse timestamps: ticks received only at the edges of an audio period lie on a grid.

The same is true of a slow timer.

A steady clock then shows long runs of one interval and, now and then, one that is shorter or longer
by exactly the grid step. Taken literally, that is a very clean clock of another tempo with
occasional irregularities. `TimestampGrid` distinguishes the two: irregularities of one size that
occur singly and repeatedly are the grid of the timestamps.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

AROUND = 3
"""Number of equal intervals on each side of an outlier."""
NEAR = 0.12
"""How equal they must be, as a share of the size of the outlier."""
ALIKE = 0.08
"""How equal in size the outliers must be."""
TIGHT = 0.03
"""The same as NEAR for an outlier as large as an interval.

Timestamps on a grid are equal; otherwise a tick was lost or doubled.
"""
OUT = 0.3
"""How far, as a share of the usual interval, values that alternate with it differ from it."""
UNALIKE = 0.4
"""How much these may differ in size."""
APART = 0.6
"""How far the usual intervals may be apart, as a share of that size.

Jitter does not have two sizes, a grid does.
"""
RECENT, LEAST_RECENT = 24, 8
"""How many intervals are examined for alternation, and how many at least."""
LEAST = 0.05
"""How far, as a share of the usual interval, an outlier must differ from it."""
WHOLE = 0.8
"""From this share of an interval on, an outlier may be a lost or doubled tick, or the grid.

The interval is the usual one.
"""
FORGET_AFTER_TICKS = 3000
"""After this many ticks without further evidence the grid step is forgotten."""


class TimestampGrid:
    """Watches intervals (nanoseconds).

    `size` is the grid step of the timestamps, 0 while none is known.
    """

    def __init__(self) -> None:
        self.size = 0.0
        self._intervals: deque[float] = deque(maxlen=2 * AROUND + 1)
        self._recent: deque[float] = deque(maxlen=RECENT)
        self._indications: deque[tuple[int, float]] = deque(maxlen=4)
        self._received = 0
        self._latest = 0

    def add_interval(self, interval: float) -> bool:
        """Add an interval.

        Return True if a grid step (or a larger one than before) has just been found.
        """
        self._received += 1
        self._intervals.append(interval)
        if self.size and self._received - self._latest > FORGET_AFTER_TICKS:
            self.size = 0.0
        before = self._recent[-1] if self._recent else interval
        self._recent.append(interval)
        if abs(interval - before) > OUT * before and self._mixed():
            return True
        if len(self._intervals) < 2 * AROUND + 1:
            return False
        middle = self._intervals[AROUND]
        others = sorted(value for index, value in enumerate(self._intervals) if index != AROUND)
        usual = (others[AROUND - 1] + others[AROUND]) / 2
        out = middle - usual
        spread = others[-1] - others[0]
        if abs(out) < LEAST * usual or spread > 2 * (
            TIGHT if abs(out) > WHOLE * usual else NEAR
        ) * abs(out):
            return False
        self._indications.append((self._received, out))
        return self._proven(usual)

    def found(self, size: float) -> bool:
        """Record a grid step that was inferred elsewhere. Return True if it is new."""
        self._latest = self._received
        if size <= self.size * (1 + ALIKE):
            return False
        self.size = size
        return True

    def _mixed(self) -> bool:
        """Whether two intervals alternate: at least three single outliers of similar size.

        They must be smaller than a lost or doubled tick.

        A grid step near the interval itself has this effect at once, and so often that no interval
        around it is the usual one.
        """
        recent = list(self._recent)
        if len(recent) < LEAST_RECENT:
            return False
        usual = sorted(recent)[len(recent) // 2]
        sizes: list[float] = []
        last = -2
        for index, value in enumerate(recent):
            size = abs(value - usual)
            if size > OUT * usual:
                if last == index - 1:
                    return False
                sizes.append(size)
                last = index
        if len(sizes) < 3 or len(recent) - len(sizes) < 4:
            return False
        size = sorted(sizes)[len(sizes) // 2]
        others = sorted(value for value in recent if abs(value - usual) <= OUT * usual)
        if others[-2] - others[1] > APART * size:
            return False
        return (
            size < WHOLE * usual
            and all(abs(one - size) < UNALIKE * size for one in sizes)
            and self.found(size)
        )

    def _proven(self, usual: float) -> bool:
        """Whether the latest outliers are of one size.

        Those as large as an interval, as lost ticks are, must also be evenly spaced.
        """
        size = self._indications[-1][1]
        need = 4 if abs(size) > WHOLE * usual else 3
        indications = list(self._indications)[-need:]
        if len(indications) < need or any(
            abs(out - size) > ALIKE * abs(size) for _, out in indications
        ):
            return False
        if need == 4:
            gaps = [after - before for (before, _), (after, _) in pairwise(indications)]
            if max(gaps) - min(gaps) > max(1.0, 0.05 * max(gaps)):
                return False
        return self.found(abs(size))
