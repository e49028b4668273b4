"""Where things go: a timeline is laid out in systems, as a printed score is, each a run of chunks across the page."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sequencer.timeline.plot import Plot

WIDTH = 1280
LEFT = 78
RIGHT = 24
ROOM = WIDTH - LEFT - RIGHT
"""The width of the drawing, and of the part of it that chunks take."""

WIDEST_CHUNK = 150
MOST_IN_ONE = 40
MOST_IN_A_SYSTEM = 48
MOST_SYSTEMS = 64
TOP = 78
BETWEEN = 26


@dataclass(frozen=True, slots=True)
class System:
    """One run of chunks, from `first` to before `stop`, across the page at height `top`; `scale` pixels to a chunk."""

    first: int
    stop: int
    top: int
    scale: Fraction

    def x(self, chunk: Fraction | int) -> Fraction:
        """Where a place in chunks stands, in pixels from the left."""
        return LEFT + (chunk - self.first) * self.scale

    @property
    def right(self) -> Fraction:
        """Where the last chunk ends."""
        return self.x(self.stop)


@dataclass(frozen=True, slots=True)
class Heights:
    """The lanes of a system: their tops below the system's own, None for a lane that this timeline does not need."""

    band: int
    bars: int | None
    snap: int | None
    chunks: int
    prompts: int
    prompt_lines: int
    images: int | None
    image_height: int
    strengths: int | None
    scales: int
    takes: int
    gear: int | None
    errors: int | None
    run: int | None
    whole: int


BAND, BARS, SNAP, CHUNKS, THIN, ERRORS, RUN, GAP, LINE = 22, 19, 20, 27, 15, 46, 22, 4, 13


def systems_of(plot: Plot, whole: int) -> tuple[System, ...]:
    """Break a timeline into systems of equal length, as few as stay legible; one for a short score."""
    if plot.end <= MOST_IN_ONE:
        return (System(0, plot.end, TOP, min(Fraction(WIDEST_CHUNK), Fraction(ROOM, plot.end))),)
    count = min(MOST_SYSTEMS, -(-plot.end // MOST_IN_ONE) if plot.end <= 8 * MOST_IN_ONE else -(-plot.end // MOST_IN_A_SYSTEM))
    each = -(-plot.end // count)
    scale = Fraction(ROOM, each)
    starts = range(0, plot.end, each)
    return tuple(
        System(first, min(first + each, plot.end), TOP + index * (whole + BETWEEN), scale) for index, first in enumerate(starts)
    )


def heights_of(plot: Plot, pictured: bool) -> Heights:
    """Which lanes a timeline has and where; `pictured` when images are shown and not only named."""
    at = 0

    def lane(height: int, needed: bool = True) -> int | None:
        nonlocal at
        if not needed:
            return None
        top = at
        at += height + GAP
        return top

    prompt_lines = 4 if plot.end > MOST_IN_ONE else 5
    image_height = 48 if pictured else THIN
    band = lane(BAND) or 0
    bars = lane(BARS - GAP, plot.has_beats)
    snap = lane(SNAP - GAP, plot.has_errors)
    chunks = lane(CHUNKS) or 0
    prompts = lane(prompt_lines * LINE + 8) or 0
    images = lane(image_height, bool(plot.images))
    strengths = lane(THIN, bool(plot.strengths))
    scales = lane(THIN) or 0
    takes = lane(THIN) or 0
    gear = lane(THIN, bool(plot.gear))
    errors = lane(ERRORS, plot.has_errors)
    run = lane(RUN, plot.performed)
    return Heights(
        band, bars, snap, chunks, prompts, prompt_lines, images, image_height, strengths, scales, takes, gear, errors, run, at
    )
