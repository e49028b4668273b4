"""The sound of a score under its timeline: how loud it is where, in columns of the drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sequencer.core.timebase import ChunkGrid
from sequencer.media.score_sounds import ScoreSound
from sequencer.media.waveforms import PEAKS_PER_SECOND
from sequencer.reports.timeline.axis import Axis
from sequencer.schedule.describe import number

MAX_COLUMNS = 8000
"""The most columns of the strip of the page, which is drawn as one path."""
MIN_LEVEL = 0.02
"""The least height of a column where there is sound, as a share of its lane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waveform:
    """The sound of a score, from the second of its file at which the score begins.

    `peaks` has the loudest value of each fiftieth of a second, relative to the loudest of all.
    """

    label: str
    full: str
    start: Fraction
    peaks: Sequence[float]

    @classmethod
    def of(cls, sound: ScoreSound) -> Waveform:
        """Return the waveform of a sound that was read."""
        track, most = sound.track, max(sound.sound.peaks, default=0.0)
        start = f" from {number(track.start)} s" if track.start else ""
        return cls(
            label=track.path.rsplit("/", 1)[-1],
            full=f"sound {track.path}{start}, {float(sound.sound.seconds):.1f} s",
            start=track.start,
            peaks=[peak / most for peak in sound.sound.peaks] if most else sound.sound.peaks,
        )

    def level(self, begin: Fraction, end: Fraction) -> float | None:
        """Return the loudest value between two seconds of the score; None after the sound's end."""
        first = int((begin + self.start) * PEAKS_PER_SECOND)
        last = max(first + 1, -int(-(end + self.start) * PEAKS_PER_SECOND // 1))
        part = self.peaks[first:last]
        return max(part) if part else None


def columns(
    waveform: Waveform, axis: Axis, grid: ChunkGrid, units: tuple[int, int], *, each: int
) -> Iterator[tuple[Fraction, float]]:
    """Yield (position on the axis, level) of each column; gaps and the time after it have none.

    Args:
        waveform: The sound.
        axis: The axis of the timeline.
        grid: The grid of its chunks.
        units: The first unit of the axis, and the one after the last.
        each: How many columns a unit has.
    """
    for unit in range(*units):
        chunk = axis.chunk_at(unit)
        if chunk is None or any(gap.start == chunk for gap in axis.gaps):
            continue
        for index in range(each):
            level = waveform.level(
                grid.seconds_of(chunk + Fraction(index, each)),
                grid.seconds_of(chunk + Fraction(index + 1, each)),
            )
            if level is None:
                return
            yield unit + Fraction(2 * index + 1, 2 * each), max(level, MIN_LEVEL)
