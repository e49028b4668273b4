"""Where a live section can be left: its bar lines, with the chunk and the snap error of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from sequencer.core.timebase import ChunkGrid, Snap
from sequencer.reports.timeline.plot import Band, bars_of


@dataclass(frozen=True, slots=True, kw_only=True)
class BandExit:
    """A bar line at which a live section can be left.

    Attributes:
        bar: The bar of the section, from 1.
        at: The bar line in chunks, exact.
        chunk: The chunk with which the next section then begins.
        error: By how many seconds that chunk begins after the bar line.
    """

    bar: int
    at: Fraction
    chunk: int
    error: Fraction


def exits_of(band: Band, grid: ChunkGrid, snap: Snap) -> Iterator[BandExit]:
    """Yield the bar lines at which a live band can be left, before it ends by itself.

    A section without bars can be left at any chunk: nothing is yielded for it.
    """
    if not band.stretch.is_live:
        return
    for bar, at in bars_of(band, grid):
        if bar == 1:
            continue
        seconds = grid.seconds_of(at)
        chunk = grid.snap(seconds, snap)
        yield BandExit(bar=bar, at=at, chunk=chunk, error=grid.snap_error(seconds, chunk))


def first_exit_chunk(band: Band, grid: ChunkGrid, snap: Snap, reach: int) -> int:
    """Return the first chunk from `reach` on with which a live band can be left; else its end."""
    end = int(band.end)
    if band.stretch.meters is None:
        return min(max(reach, int(band.start)), end)
    return next((one.chunk for one in exits_of(band, grid, snap) if one.chunk >= reach), end)
