"""Where things go: a timeline is laid out in systems, as a printed score is, each a run of chunks across the page."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sequencer.timeline.axis import Axis
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
MOST_RULES = 6
"""The most rules of a section that are written in its lane."""


@dataclass(frozen=True, slots=True)
class System:
    """One run of chunks across the page at height `top`: units `first` to `stop` of the axis, `scale` pixels to each."""

    first: int
    stop: int
    top: int
    scale: Fraction
    axis: Axis

    def x(self, chunk: Fraction | int) -> Fraction:
        """Where a place in chunks is drawn, in pixels from the left."""
        return LEFT + (self.axis.at(chunk) - self.first) * self.scale

    def has(self, chunk: Fraction | int) -> bool:
        """Whether a place in chunks is drawn in this system."""
        return self.first <= self.axis.at(chunk) < self.stop

    def clipped(self, start: Fraction | int, end: Fraction | int) -> tuple[Fraction, Fraction] | None:
        """(left, width) in pixels of the part of a stretch that this system shows."""
        one, other = self.axis.at(start), self.axis.at(end)
        if one >= self.stop or other <= self.first or one >= other:
            return None
        left, right = max(one, self.first), min(other, self.stop)
        return LEFT + (left - self.first) * self.scale, (right - left) * self.scale

    @property
    def right(self) -> Fraction:
        """Where the last chunk ends."""
        return LEFT + (self.stop - self.first) * self.scale


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
    rules: int | None
    rule_lines: int
    whole: int


BAND, BARS, SNAP, CHUNKS, THIN, ERRORS, RUN, GAP, LINE = 22, 19, 20, 27, 15, 46, 22, 4, 13


def systems_of(plot: Plot, whole: int) -> tuple[System, ...]:
    """Break a timeline into systems of equal length, as few as stay legible; one for a short score."""
    end = plot.axis.length
    if end <= MOST_IN_ONE:
        return (System(0, end, TOP, min(Fraction(WIDEST_CHUNK), Fraction(ROOM, end)), plot.axis),)
    count = min(MOST_SYSTEMS, -(-end // MOST_IN_ONE) if end <= 8 * MOST_IN_ONE else -(-end // MOST_IN_A_SYSTEM))
    each = -(-end // count)
    scale = Fraction(ROOM, each)
    return tuple(
        System(first, min(first + each, end), TOP + index * (whole + BETWEEN), scale, plot.axis)
        for index, first in enumerate(range(0, end, each))
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

    prompt_lines = 4 if plot.axis.length > MOST_IN_ONE else 5
    rule_lines = min(MOST_RULES, max((len(band.rules) for band in plot.bands), default=0))
    image_height = 48 if pictured else THIN
    band = lane(BAND) or 0
    bars = lane(BARS - GAP, plot.has_beats)
    snap = lane(SNAP - GAP, plot.has_errors)
    chunks = lane(CHUNKS) or 0
    prompts = lane(prompt_lines * LINE + 8) or 0
    rules = lane(rule_lines * LINE + 6, plot.has_rules)
    images = lane(image_height, bool(plot.images))
    strengths = lane(THIN, bool(plot.strengths))
    scales = lane(THIN) or 0
    takes = lane(THIN) or 0
    gear = lane(THIN, bool(plot.gear))
    errors = lane(ERRORS, plot.has_errors)
    run = lane(RUN, plot.performed)
    return Heights(
        band, bars, snap, chunks, prompts, prompt_lines, images, image_height, strengths, scales, takes, gear, errors, run,
        rules, rule_lines, at,
    )  # fmt: skip
