"""Cues around one chunk: how far off they all are when the grid is turned by a phase, and the phase that turns out best.

Only where a cue stands within its chunk matters here, so cues are points on a circle as long as a chunk. Everything is
counted in integers of a unit fine enough that every point, middle and crossing falls on one: exact, and fast for many cues.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from fractions import Fraction
from itertools import accumulate
from math import lcm

from sequencer.timebase import Snap

_FINE = 8
"""Halved three times on the way: opposite points, middles between two of them, middles and crossings between those."""


class Circle:
    """Points by their snap; a point is the phase (how much later everything comes) that puts its cue on a boundary."""

    def __init__(self, chunk: Fraction, cues: Iterable[tuple[Fraction, Snap]]) -> None:
        """`cues` are (seconds since the score began, snap)."""
        phases = [((-time) % chunk, snap) for time, snap in cues]
        self.unit = lcm(chunk.denominator, *(phase.denominator for phase, _ in phases)) * _FINE
        self.length = int(chunk * self.unit)
        self._floor = _Points(phase * self.unit for phase, snap in phases if snap is Snap.FLOOR)
        self._ceil = _Points(phase * self.unit for phase, snap in phases if snap is Snap.CEIL)
        self._nearest = _Points(phase * self.unit for phase, snap in phases if snap is Snap.NEAREST)

    def least_mean(self) -> Fraction:
        """The earliest phase with the least sum of errors: one that puts some cue on a boundary.

        Between two such phases the sum goes in a straight line, or bends downwards where a nearest boundary changes.
        """
        points = {0, *self._floor.points, *self._ceil.points, *self._nearest.points}
        return Fraction(min(sorted(points), key=self._sum), self.unit)

    def least_worst(self) -> Fraction:
        """The earliest phase with the least worst error.

        Between two bends the worst error is the larger of a rising and a falling line: least at an end or where they cross.
        """
        bends = self._bends()
        found = [(self._worst(at), at) for at in bends]
        for start, stop in zip(bends, [*bends[1:], self.length], strict=True):
            middle = (start + stop) // 2
            rising, falling = self._slopes(start, middle)
            cross = middle + (falling - rising) // 2
            if start < cross < stop:
                found.append((self._worst(cross), cross))
        return Fraction(min(found)[1], self.unit)

    def _bends(self) -> list[int]:
        half = self.length // 2
        opposite = sorted({(point + half) % self.length for point in self._nearest.points})
        bends = {0, *self._floor.points, *self._ceil.points, *self._nearest.points, *opposite}
        for one, other in zip(opposite, [*opposite[1:], *(point + self.length for point in opposite[:1])], strict=True):
            bends.add((one + other) // 2 % self.length)
        return sorted(bends)

    def _slopes(self, start: int, middle: int) -> tuple[int, int]:
        """The larger rising and the larger falling error at the middle of a piece; -length where there is none."""
        rising = self._floor.farthest_behind(middle, self.length) if self._floor.points else -self.length
        falling = self._ceil.farthest_ahead(middle, self.length) if self._ceil.points else -self.length
        if self._nearest.points:
            here = self._nearest.farthest(middle, self.length)
            if self._nearest.farthest(start, self.length) <= here:
                rising = max(rising, here)
            else:
                falling = max(falling, here)
        return rising, falling

    def _worst(self, phase: int) -> int:
        length = self.length
        return max(
            self._floor.farthest_behind(phase, length),
            self._ceil.farthest_ahead(phase, length),
            self._nearest.farthest(phase, length),
        )

    def _sum(self, phase: int) -> int:
        length = self.length
        return (
            self._floor.sum_behind(phase, length) + self._ceil.sum_ahead(phase, length) + self._nearest.sum_near(phase, length)
        )


class _Points:
    """Sorted points on the circle, each as often as it occurs, with the sums of all before."""

    def __init__(self, points: Iterable[Fraction]) -> None:
        self.points = sorted(int(point) for point in points)
        self._sums = [0, *accumulate(self.points)]

    def farthest_behind(self, phase: int, length: int) -> int:
        """The longest way from a point forward to `phase`: how early `floor` is at worst."""
        if not self.points:
            return 0
        index = bisect_right(self.points, phase)
        return (phase - self.points[index % len(self.points)]) % length

    def farthest_ahead(self, phase: int, length: int) -> int:
        """The longest way from `phase` forward to a point: how late `ceil` is at worst."""
        if not self.points:
            return 0
        return (self.points[bisect_left(self.points, phase) - 1] - phase) % length

    def farthest(self, phase: int, length: int) -> int:
        """The longest of the shorter ways between `phase` and a point: how far off `nearest` is at worst."""
        if not self.points:
            return 0
        opposite = (phase + length // 2) % length
        index = bisect_left(self.points, opposite)
        return max(
            min((point - phase) % length, (phase - point) % length)
            for point in (self.points[index % len(self.points)], self.points[index - 1])
        )

    def sum_behind(self, phase: int, length: int) -> int:
        """The sum of the ways from every point forward to `phase`."""
        return len(self.points) * phase - self._sums[-1] + length * (len(self.points) - bisect_right(self.points, phase))

    def sum_ahead(self, phase: int, length: int) -> int:
        """The sum of the ways from `phase` forward to every point."""
        return self._sums[-1] - len(self.points) * phase + length * bisect_left(self.points, phase)

    def sum_near(self, phase: int, length: int) -> int:
        """The sum of the shorter ways between `phase` and every point."""
        half = length // 2
        total = 0
        for turn in (-length, 0, length):
            # The points of this turn within half a circle behind `phase`, and within half a circle ahead of it.
            low, high = phase - half - turn, phase - turn
            first, last = bisect_left(self.points, low), bisect_left(self.points, high)
            total += (last - first) * high - (self._sums[last] - self._sums[first])
            first, last = last, bisect_left(self.points, high + half)
            total += self._sums[last] - self._sums[first] - (last - first) * high
        return total
