"""What follows from tracked beats: one tempo, other tempi, downbeats, and how certain it all is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequencer.core.lazy_dataclass import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_BEATS = 8
"""With fewer beats, nothing can be concluded."""

MAX_OUTLIER = 0.06
"""Beats farther than this from an even grid, in seconds, do not count for it."""

CERTAIN_SHARE = 0.8
"""The share of beats at an onset from which the beats are certain."""

UNSURE_SHARE = 0.5
"""The share of beats at an onset below which the beats are doubtful."""

CERTAIN_MARGIN = 1.5
"""How many times as strong the bass is on the downbeats as on any other beat, to be certain."""

EVEN_SECONDS = 0.015
"""If no beat is farther than this from an even grid, one tempo is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Onsets:
    """How much begins at each step of `step` seconds, in all frequencies and in the bass."""

    step: float
    strength: NDArray[np.float32]
    low: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedBeats:
    """The beats of a sound of `seconds`. `exact` is true for those at an onset."""

    seconds: float
    beats: NDArray[np.float64]
    exact: NDArray[np.bool_]
    onsets: Onsets


@dataclass(frozen=True, slots=True, kw_only=True)
class EvenGrid:
    """The even grid nearest to the beats: beat `n` is at `first + n * pace` seconds.

    `worst` and `mean` are how far beats are from it, in seconds. `left_out` counts the beats that
    did not fit at all.
    """

    first: float
    pace: float
    count: int
    worst: float
    mean: float
    left_out: int

    @property
    def bpm(self) -> float:
        """Beats per minute."""
        return 60 / self.pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A tempo that the song may have: how strong onsets are on its beats, relative to the chosen.

    `share` is the share of its beats that are at an onset.
    """

    bpm: float
    beats: int
    strength: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Downbeat:
    """The number of the first beat that begins a bar.

    `margin` is how many times as strong the bass is on such beats as on the next best ones.
    """

    first: int
    margin: float

    @property
    def is_certain(self) -> bool:
        """Whether the bass marks it clearly."""
        return self.margin >= CERTAIN_MARGIN


def fit_even_grid(beats: NDArray[np.float64]) -> EvenGrid:
    """Return the even grid with the least squares over beat numbers.

    Beats are numbered by their distances, so that a beat that was missed leaves a gap. Beats far
    away are left out one after the other.
    """
    import numpy as np

    pace = float(np.median(np.diff(beats)))
    steps = np.maximum(1, np.rint(np.diff(beats) / pace))
    numbers = np.concatenate(([0.0], np.cumsum(steps)))
    kept = np.ones(len(beats), np.bool_)
    while True:
        slope, first = np.polyfit(numbers[kept], beats[kept], 1)
        residuals = np.abs(first + slope * numbers - beats)
        farthest = int(np.where(kept, residuals, 0).argmax())
        if residuals[farthest] <= MAX_OUTLIER or kept.sum() <= max(MIN_BEATS, 0.8 * len(beats)):
            break
        kept[farthest] = False
    count = int(numbers[-1]) + 1
    if first < 0:  # the grid begins in the sound
        skipped = int(np.ceil(-first / slope))
        first, count = first + skipped * slope, count - skipped
    return EvenGrid(
        first=float(first),
        pace=float(slope),
        count=count,
        worst=float(residuals[kept].max()),
        mean=float(residuals[kept].mean()),
        left_out=int((~kept).sum()),
    )


def strengths_at(
    values: NDArray[np.float32], step: float, times: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return the largest value within three steps of each time."""
    import numpy as np

    middle = np.rint(times / step).astype(int)
    near = [values[np.clip(middle + shift, 0, len(values) - 1)] for shift in range(-3, 4)]
    return np.asarray(np.max(near, axis=0), np.float32)


def find_candidates(tracked: TrackedBeats) -> tuple[Candidate, ...]:
    """Return the tempo that was found, and those at half and double of it, the slowest first."""
    import numpy as np

    beats, onsets = tracked.beats, tracked.onsets
    pace = float(np.median(np.diff(beats)))
    here = strengths_at(onsets.strength, onsets.step, beats)
    usual = float(np.median(here)) or 1.0
    between = (beats[:-1] + beats[1:]) / 2
    halves = [beats[phase::2] for phase in range(2)]
    stronger = max(
        halves, key=lambda half: float(strengths_at(onsets.strength, onsets.step, half).mean())
    )
    found = []
    for bpm, times in ((30 / pace, stronger), (60 / pace, beats), (120 / pace, between)):
        strong = strengths_at(onsets.strength, onsets.step, times)
        count = 2 * len(beats) - 1 if times is between else len(times)
        found.append(
            Candidate(
                bpm=bpm,
                beats=count,
                strength=float(strong.mean()) / float(here.mean() or 1.0),
                share=float((strong > usual / 3).mean()),
            )
        )
    return tuple(found)


def find_downbeat(onsets: Onsets, beats: NDArray[np.float64], beats_of_bar: int) -> Downbeat:
    """Return the beat that bars begin with: the one with the strongest bass."""
    import numpy as np

    if beats_of_bar == 1:
        return Downbeat(first=0, margin=CERTAIN_MARGIN)
    low = strengths_at(onsets.low, onsets.step, beats)
    strengths = [float(np.mean(low[phase::beats_of_bar])) for phase in range(beats_of_bar)]
    first = int(np.argmax(strengths))
    others = max(value for phase, value in enumerate(strengths) if phase != first)
    return Downbeat(first=first, margin=strengths[first] / others if others else 99.0)
