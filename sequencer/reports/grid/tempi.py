"""Find tempi at which a number of beats lasts exactly a number of chunks.

Such a tempo locks to chunks: beats or bars stay on boundaries.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, gcd, lcm

from sequencer.core.timebase import ChunkGrid, Meter
from sequencer.schedule.model import Schedule

MAX_CHUNKS = 4
"""The most chunks in a lock of beats."""
MAX_TEMPO_CHANGE = Fraction(1, 200)
"""The largest relative distance between the requested tempo and a lock of beats: half a percent."""
BARS = (1, 2, 4, 8)
"""For each of these numbers of bars, the tempo is found that puts them on chunks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedTempo:
    """A tempo that locks: at `bpm` (exact), every `beats` beats last `chunks` chunks.

    A downbeat falls on a boundary every `bars` bars. `change` is the relative distance from the
    requested tempo: 0.01 is 1 % faster.
    """

    bpm: Fraction
    beats: int
    chunks: int
    bars: int
    change: Fraction


def beat_locks(bpm: Fraction, meter: Meter, grid: ChunkGrid) -> tuple[LockedTempo, ...]:
    """Return the locks within `MAX_TEMPO_CHANGE` of a tempo, the nearest first.

    A lock has at most `MAX_CHUNKS` chunks.

    Tempi are in quarters per minute.
    """
    found: dict[Fraction, LockedTempo] = {}
    for chunks in range(1, MAX_CHUNKS + 1):
        exact = _count_beats(bpm, meter, chunks * grid.chunk)
        for beats in {floor(exact), ceil(exact)}:
            if beats < 1 or gcd(beats, chunks) != 1:
                continue
            lock = _make_lock(beats, chunks, bpm, meter, grid)
            if abs(lock.change) <= MAX_TEMPO_CHANGE:
                found.setdefault(lock.bpm, lock)
    return tuple(sorted(found.values(), key=lambda lock: (abs(lock.change), lock.bars)))


def bar_locks(bpm: Fraction, meter: Meter, grid: ChunkGrid) -> tuple[LockedTempo, ...]:
    """Return the nearest tempi that put every 1st, 2nd, 4th or 8th downbeat on a chunk.

    There is one for each of 1, 2, 4 and 8 bars, without repetitions.
    """
    found: dict[Fraction, LockedTempo] = {}
    for bars in BARS:
        beats = bars * meter.numerator
        exact = beats / _count_beats(bpm, meter, grid.chunk)
        around = [chunks for chunks in (floor(exact), ceil(exact)) if chunks >= 1]
        locks = [_make_lock(beats, chunks, bpm, meter, grid) for chunks in around]
        best = min(locks, key=lambda lock: (abs(lock.change), lock.bpm))
        found.setdefault(best.bpm, best)
    return tuple(found.values())


def tempi_of(schedule: Schedule) -> tuple[tuple[Fraction, Meter, tuple[str, ...]], ...]:
    """Return (quarters a minute, opening meter, sections) of every constant tempo played.

    The tempi are in order of first appearance.
    """
    found: dict[tuple[Fraction, Meter], list[str]] = {}
    for stretch in schedule.stretches:
        if stretch.tempo is None or stretch.meters is None:
            continue
        for segment in stretch.tempo.segments:
            if segment.first == segment.last and segment.seconds < stretch.seconds:
                names = found.setdefault((60 / segment.first, stretch.meters.at_bar(0)), [])
                name = stretch.section or "score"
                names += [] if name in names else [name]
    return tuple((bpm, meter, tuple(names)) for (bpm, meter), names in found.items())


def _count_beats(bpm: Fraction, meter: Meter, seconds: Fraction) -> Fraction:
    """Return how many beats of a meter a time contains."""
    return seconds * bpm / 60 / meter.beat


def _make_lock(
    beats: int, chunks: int, bpm: Fraction, meter: Meter, grid: ChunkGrid
) -> LockedTempo:
    shared = gcd(beats, chunks)
    beats, chunks = beats // shared, chunks // shared
    tempo = 60 * beats * meter.beat / (chunks * grid.chunk)
    return LockedTempo(
        bpm=tempo,
        beats=beats,
        chunks=chunks,
        bars=lcm(beats, meter.numerator) // meter.numerator,
        change=tempo / bpm - 1,
    )
