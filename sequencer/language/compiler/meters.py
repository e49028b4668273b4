"""A block's meters while changes are collected: a growing map, counting beats across changes."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

from sequencer.core.timebase import Meter, MeterLookup, MeterMap


class MutableMeterMap(MeterLookup):
    """A meter map to which changes are added. `changes` and `starts` are those of `MeterMap`."""

    __slots__ = ("_beats", "changes", "starts")

    def __init__(self, opening: MeterMap) -> None:
        self.changes: list[tuple[int, Meter]] = []
        self.starts: list[Fraction] = []
        self._beats: list[Fraction] = []
        """The number of beats before each change."""
        for bar, meter in opening.changes:
            self.set_meter(bar, meter)

    def set_meter(self, bar: int, meter: Meter) -> int:
        """Set the meter from a bar on (counted from 0), replacing a change at the same bar.

        Return how many starts changed.
        """
        index = self.index_at_bar(bar) if self.changes else -1
        if index >= 0 and self.changes[index][0] == bar:
            self.changes[index] = (bar, meter)
        else:
            index += 1
            self.changes.insert(index, (bar, meter))
            self.starts.insert(index, Fraction(0))
            self._beats.insert(index, Fraction(0))
        for later in range(max(1, index), len(self.changes)):
            first, before = self.changes[later - 1]
            bars = self.changes[later][0] - first
            self.starts[later] = self.starts[later - 1] + bars * before.bar
            self._beats[later] = self._beats[later - 1] + bars * before.numerator
        return len(self.changes) - index

    def freeze(self) -> MeterMap:
        """Return the map in its current state."""
        return MeterMap(tuple(self.changes), tuple(self.starts))

    def advance_beats(self, quarter: Fraction, beats: Fraction) -> Fraction:
        """Return the quarter `beats` denominator notes later; the meter in force defines each.

        `beats` is negative for an earlier quarter.
        """
        here = max(0, bisect_right(self.starts, quarter) - 1)
        count = (
            self._beats[here] + (quarter - self.starts[here]) / self.changes[here][1].beat + beats
        )
        there = max(0, bisect_right(self._beats, count) - 1)
        return self.starts[there] + (count - self._beats[there]) * self.changes[there][1].beat
