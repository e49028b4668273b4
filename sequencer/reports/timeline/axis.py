"""The axis of a timeline: score chunks from left to right.

Chunks of a live section in which nothing happens are left out.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

GAP_WIDTH = 2
"""The width of a gap as drawn, in chunks."""
CHUNKS_AFTER_EVENT, CHUNKS_BEFORE_EVENT = 3, 1
"""How many chunks are kept after something that happens, and before the next thing."""
MIN_COMPRESSED_CHUNKS = 6
"""Fewer chunks than this are drawn in full."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Score chunks from `start` to before `end`, which are not drawn, and which ones these are."""

    start: int
    end: int
    which: str = "without events"

    @property
    def chunks(self) -> int:
        """How many chunks are left out."""
        return self.end - self.start


class Axis:
    """Map chunks to drawing positions, in units of a chunk's width.

    `length` is the end of the last chunk.

    Args:
        end: The number of chunks.
        gaps: The gaps in ascending order, not touching each other.
    """

    def __init__(self, end: int, gaps: Sequence[Gap] = ()) -> None:
        self.end = end
        self.gaps = tuple(gaps)
        self._starts = [gap.start for gap in self.gaps]
        self._before = [0]
        """How much shorter the axis is before each gap."""
        for gap in self.gaps:
            self._before.append(self._before[-1] + gap.chunks - GAP_WIDTH)
        self._units = [gap.start - less for gap, less in zip(self.gaps, self._before, strict=False)]
        self.length = end - self._before[-1]

    def at(self, chunk: Fraction | int) -> Fraction | int:
        """Return the unit at which a position in chunks is drawn."""
        if not self.gaps:
            return chunk
        index = bisect_right(self._starts, chunk) - 1
        if index < 0:
            return chunk
        gap = self.gaps[index]
        if chunk >= gap.end:
            return chunk - self._before[index + 1]
        return self._units[index] + Fraction(chunk - gap.start) * GAP_WIDTH / gap.chunks

    def chunk_at(self, unit: int) -> int | None:
        """Return the chunk that is drawn at a unit; None within a gap."""
        index = bisect_right(self._units, unit) - 1
        if index < 0:
            return unit
        if unit >= self._units[index] + GAP_WIDTH:
            return unit + self._before[index + 1]
        return self.gaps[index].start if unit == self._units[index] else None

    def hides(self, chunk: Fraction | int) -> bool:
        """Return whether a position in chunks is within a gap."""
        if not self.gaps:
            return False
        index = bisect_right(self._starts, chunk) - 1
        return index >= 0 and self.gaps[index].start < chunk < self.gaps[index].end


def gaps_of(
    stretches: Iterable[tuple[Fraction, Fraction]], happens: Iterable[Fraction | int]
) -> tuple[Gap, ...]:
    """Return the gaps in stretches (from, to) of chunks, given where something happens.

    Both may be in any order.
    """
    positions = sorted(set(happens))
    found: list[Gap] = []
    for start, end in sorted(stretches):
        first, last = bisect_right(positions, start), bisect_right(positions, end)
        stops = [start, *positions[first:last], end]
        for one, other in itertools.pairwise(stops):
            gap = Gap(ceil(one) + CHUNKS_AFTER_EVENT, floor(other) - CHUNKS_BEFORE_EVENT)
            if gap.chunks >= MIN_COMPRESSED_CHUNKS and (not found or gap.start > found[-1].end):
                found.append(gap)
    return tuple(found)
