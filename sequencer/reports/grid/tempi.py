"""Find tempi that lock to chunks: a number of beats lasts exactly a number of chunks, so beats or bars stay on boundaries."""

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


@dataclass(frozen=True, slots=True)
class LockedTempo:
    """A tempo that locks: at `bpm` (exact), every `beats` beats last `chunks` chunks.

    A downbeat falls on a boundary every `bars` bars. `change` is the relative distance from the requested tempo: 0.01 is 1 %
    faster.
    """

    bpm: Fraction
    beats: int
    chunks: int
    bars: int
    change: Fraction


def beat_locks(bpm: Fraction, meter: Meter, grid: ChunkGrid) -> tuple[LockedTempo, ...]:
    """Return the locks of at most `MAX_CHUNKS` chunks within `NEAR` of a tempo (quarters a minute), the nearest first."""
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
    """Return, for every 1, 2, 4 and 8 bars, the nearest tempo that puts each such downbeat on a chunk, without repetitions."""
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
    """Return (quarters a minute, opening meter, sections) of every constant tempo played, in order of first appearance."""
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


def _make_lock(beats: int, chunks: int, bpm: Fraction, meter: Meter, grid: ChunkGrid) -> LockedTempo:
    shared = gcd(beats, chunks)
    beats, chunks = beats // shared, chunks // shared
    tempo = 60 * beats * meter.beat / (chunks * grid.chunk)
    return LockedTempo(tempo, beats, chunks, lcm(beats, meter.numerator) // meter.numerator, tempo / bpm - 1)
