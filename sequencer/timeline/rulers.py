"""The two rulers of a system: bars and beats above, chunks and seconds below."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sequencer.schedule.words import clock_time
from sequencer.timebase import ChunkGrid
from sequencer.timeline.layout import BARS, LEFT, System
from sequencer.timeline.lettering import px
from sequencer.timeline.plot import Band, Plot, bars_of, beats_of

STEPS = (1, 2, 4, 5, 8, 10, 16, 20, 25, 32, 50, 64, 100, 128, 200, 256, 500, 512, 1000, 2000, 5000, 10000)
"""Every how many chunks or bars a number may stand."""
BEAT_ROOM = 8
"""The fewest pixels between beats that are drawn."""
BAR_ROOM = 24
"""The fewest pixels between bars with numbers."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """The bars and beats of one band, in chunks, ascending: bar n + 1 begins at `bars[n]`; every `step`th has its number."""

    bars: tuple[Fraction, ...]
    beats: tuple[Fraction, ...]
    step: int


def ruled(plot: Plot, scale: Fraction) -> tuple[Ruled, ...]:
    """The bars of every band that has any, and its beats where `scale` pixels to a chunk leave room for them."""
    found = []
    for band in plot.bands:
        bars = tuple(at for _, at in bars_of(band, plot.grid))
        if bars:
            gap = ((bars[-1] - bars[0]) / (len(bars) - 1) if len(bars) > 1 else band.end - band.start) * scale
            beats = tuple(beats_of(band, plot.grid)) if gap >= BEAT_ROOM * _beats_in_a_bar(band) else ()
            found.append(Ruled(bars, beats, step(gap, BAR_ROOM)))
    return tuple(found)


def _beats_in_a_bar(band: Band) -> int:
    return 1 if band.stretch.meters is None else band.stretch.meters.at_bar(0).numerator


def step(scale: Fraction, least: int) -> int:
    """Every how many units of `scale` pixels something `least` pixels wide may stand."""
    return next((one for one in STEPS if one * scale >= least), STEPS[-1])


def draw_bars(system: System, top: int, bands: Sequence[Ruled]) -> Iterable[str]:
    """The ruler of bars: long ticks with numbers, shorter ones for other bars, the shortest for beats."""
    base = top + BARS - 4
    yield f'<path class="k-line" d="M{px(system.x(system.first))} {base}H{px(system.right)}"/>'
    ticks: list[str] = []
    beats: list[str] = []
    numbers: list[str] = []
    for band in bands:
        for index in range(bisect_left(band.bars, system.first), bisect_left(band.bars, system.stop)):
            x = system.x(band.bars[index])
            is_named = index % band.step == 0
            ticks.append(f"M{px(x)} {base}v-{7 if is_named else 4}")
            if is_named:
                numbers.append(f'<text class="n" x="{px(x + 3)}" y="{base - 4}">{index + 1}</text>')
        first, stop = bisect_left(band.beats, system.first), bisect_left(band.beats, system.stop)
        beats += [f"M{px(system.x(at))} {base}v-3" for at in band.beats[first:stop]]
    if beats:
        yield f'<path class="k-line" d="{"".join(beats)}"/>'
    if ticks:
        yield f'<path class="k-soft" d="{"".join(ticks)}"/>'
    yield from numbers


def draw_chunks(system: System, top: int, grid: ChunkGrid) -> Iterable[str]:
    """The ruler of chunks: ticks, numbers, and minutes and seconds below some of them."""
    yield f'<text class="e n soft" x="{LEFT - 10}" y="{top + 24}">min:s</text>'
    yield f'<path class="k-soft" d="M{px(system.x(system.first))} {top}H{px(system.right)}"/>'
    numbered = step(system.scale, 7 + 6 * len(str(system.stop)))
    timed = step(system.scale, 46)
    ticks: list[str] = []
    for chunk in range(system.first, system.stop + 1):
        if chunk % numbered and system.scale < 5:
            continue
        ticks.append(f"M{px(system.x(chunk))} {top}v{3 if chunk % numbered else 5}")
        if chunk % numbered == 0 and chunk < system.stop:
            x = px(system.x(chunk) + 3)
            yield f'<text class="n w" x="{x}" y="{top + 12}">{chunk}</text>'
            if chunk % timed == 0:
                yield f'<text class="n soft" x="{x}" y="{top + 24}">{clock_time(grid.boundary(chunk), 1)}</text>'
    yield f'<path class="k-soft" d="{"".join(ticks)}"/>'
