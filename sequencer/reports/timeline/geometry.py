"""The layout of a timeline: systems, as in a printed score, with lanes and rulers.

Each system is a range of chunks across the page.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sequencer.core.timebase import ChunkGrid
from sequencer.reports.timeline.axis import Axis
from sequencer.reports.timeline.plot import Band, Plot, beats_of
from sequencer.reports.timeline.ruler_labels import LABEL_FONT_SIZE, Label, arrange_labels
from sequencer.reports.timeline.style import px, px_of_ratio
from sequencer.reports.timeline.text_metrics import width_of
from sequencer.schedule.describe import clock_time

WIDTH = 1280
LEFT = 78
RIGHT = 24
PLOT_WIDTH = WIDTH - LEFT - RIGHT
"""The width of the drawing in pixels, and of the part of it that chunks take."""

MAX_CHUNK_WIDTH = 150
MAX_CHUNKS_IN_SINGLE_SYSTEM = 40
MAX_CHUNKS_PER_SYSTEM = 48
MAX_SYSTEMS = 64
TOP = 78
SYSTEM_GAP = 26
MAX_RULES = 6
"""The most rules of a section that are written in its lane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A range of chunks across the page at height `top`.

    It contains the units `first` to `stop` of the axis, with `scale` pixels for each unit.
    """

    first: int
    stop: int
    top: int
    scale: Fraction
    axis: Axis
    columns: tuple[str, ...] = ()
    """Where the first units begin, as it is written; all systems of a timeline have the same."""

    def x(self, chunk: Fraction | int, more: int = 0) -> Fraction:
        """Return where a position in chunks is drawn, in pixels from the left, plus `more`."""
        return Fraction(*self._ratio(self.axis.at(chunk), more))

    def px(self, chunk: Fraction | int, more: int = 0) -> str:
        """Return `x` as it is written."""
        at = self.axis.at(chunk)
        if not more and isinstance(at, int):
            return self.px_of_unit(at)
        return px_of_ratio(*self._ratio(at, more))

    def px_of_unit(self, unit: int) -> str:
        """Return where a unit of the axis begins, as it is written."""
        if 0 <= unit - self.first < len(self.columns):
            return self.columns[unit - self.first]
        return px_of_ratio(*self._ratio(unit))

    def _ratio(self, at: Fraction | int, more: int = 0) -> tuple[int, int]:
        """Return the pixels from the left of a position on the axis: numerator and denominator.

        They are not reduced: a timeline has tens of thousands of positions, and integers are many
        times as fast as fractions.
        """
        scale = self.scale
        below = at.denominator * scale.denominator
        above = (at.numerator - self.first * at.denominator) * scale.numerator
        return (LEFT + more) * below + above, below

    def are_close(self, chunk: Fraction | int, other: Fraction | int, pixels: int) -> bool:
        """Return whether a position is fewer than `pixels` to the left of another one."""
        units = self.axis.at(other) - self.axis.at(chunk)
        return units * self.scale.numerator < pixels * self.scale.denominator

    def contains(self, chunk: Fraction | int) -> bool:
        """Return whether a position in chunks is drawn in this system."""
        at = self.axis.at(chunk)
        return self.first <= at.numerator // at.denominator < self.stop

    def clip(self, start: Fraction | int, end: Fraction | int) -> tuple[Fraction, Fraction] | None:
        """Return (left, width) in pixels of the part of a stretch that this system shows."""
        one, other = self.axis.at(start), self.axis.at(end)
        if one >= self.stop or other <= self.first or one >= other:
            return None
        left, right = max(one, self.first), min(other, self.stop)
        return Fraction(*self._ratio(left)), (right - left) * self.scale

    @property
    def right(self) -> Fraction:
        """The end of the last chunk, in pixels from the left."""
        return LEFT + (self.stop - self.first) * self.scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Heights:
    """The tops of a system's lanes, relative to the system's top; None for an unneeded lane."""

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
    messages: int | None
    errors: int | None
    run: int | None
    sound: int | None
    rules: int | None
    rule_lines: int
    whole: int


(
    BAND_HEIGHT,
    BAR_RULER_HEIGHT,
    SNAP_LANE_HEIGHT,
    CHUNK_RULER_HEIGHT,
    THIN_LANE_HEIGHT,
    ERROR_LANE_HEIGHT,
    RUN_LANE_HEIGHT,
    SOUND_LANE_HEIGHT,
    LANE_GAP,
    PROMPT_LINE_HEIGHT,
) = 22, 19, 20, 27, 15, 46, 22, 44, 4, 13


def systems_of(plot: Plot, whole: int) -> tuple[System, ...]:
    """Break a timeline into as few systems of equal length as remain legible.

    A short score has only one.
    """
    end = plot.axis.length
    if end <= MAX_CHUNKS_IN_SINGLE_SYSTEM:
        return (
            System(
                first=0,
                stop=end,
                top=TOP,
                scale=min(Fraction(MAX_CHUNK_WIDTH), Fraction(PLOT_WIDTH, end)),
                axis=plot.axis,
            ),
        )
    count = min(
        MAX_SYSTEMS,
        -(-end // MAX_CHUNKS_IN_SINGLE_SYSTEM)
        if end <= 8 * MAX_CHUNKS_IN_SINGLE_SYSTEM
        else -(-end // MAX_CHUNKS_PER_SYSTEM),
    )
    each = -(-end // count)
    scale = Fraction(PLOT_WIDTH, each)
    columns = tuple(px(LEFT + unit * scale) for unit in range(each + 1))
    return tuple(
        System(
            first=first,
            stop=min(first + each, end),
            top=TOP + index * (whole + SYSTEM_GAP),
            scale=scale,
            axis=plot.axis,
            columns=columns,
        )
        for index, first in enumerate(range(0, end, each))
    )


def heights_of(plot: Plot, pictured: bool) -> Heights:
    """Return which lanes a timeline has, and where.

    `pictured` means that images are shown, not only named.
    """
    at = 0

    def lane(height: int, needed: bool = True) -> int | None:
        nonlocal at
        if not needed:
            return None
        top = at
        at += height + LANE_GAP
        return top

    prompt_lines = 4 if plot.axis.length > MAX_CHUNKS_IN_SINGLE_SYSTEM else 5
    rule_lines = min(MAX_RULES, max((len(band.rules) for band in plot.bands), default=0))
    image_height = 48 if pictured else THIN_LANE_HEIGHT
    band = lane(BAND_HEIGHT) or 0
    bars = lane(BAR_RULER_HEIGHT - LANE_GAP, plot.has_beats)
    snap = lane(SNAP_LANE_HEIGHT - LANE_GAP, plot.has_errors)
    chunks = lane(CHUNK_RULER_HEIGHT) or 0
    prompts = lane(prompt_lines * PROMPT_LINE_HEIGHT + 8) or 0
    rules = lane(rule_lines * PROMPT_LINE_HEIGHT + 6, plot.has_rules)
    images = lane(image_height, bool(plot.images))
    strengths = lane(THIN_LANE_HEIGHT, bool(plot.strengths))
    scales = lane(THIN_LANE_HEIGHT) or 0
    takes = lane(THIN_LANE_HEIGHT) or 0
    messages = lane(THIN_LANE_HEIGHT, bool(plot.messages))
    errors = lane(ERROR_LANE_HEIGHT, plot.has_errors)
    run = lane(RUN_LANE_HEIGHT, plot.performed)
    sound = lane(SOUND_LANE_HEIGHT, plot.sound is not None)
    return Heights(
        band=band,
        bars=bars,
        snap=snap,
        chunks=chunks,
        prompts=prompts,
        prompt_lines=prompt_lines,
        images=images,
        image_height=image_height,
        strengths=strengths,
        scales=scales,
        takes=takes,
        messages=messages,
        errors=errors,
        run=run,
        sound=sound,
        rules=rules,
        rule_lines=rule_lines,
        whole=at,
    )


STEPS = (
    1,
    2,
    4,
    5,
    8,
    10,
    16,
    20,
    25,
    32,
    50,
    64,
    100,
    128,
    200,
    256,
    500,
    512,
    1000,
    2000,
    5000,
    10000,
)
"""The distances, in chunks or bars, at which numbers may be written."""
MIN_BEAT_WIDTH = 8
"""The fewest pixels between beats that are drawn."""
MIN_TICK_DISTANCE = 5
"""The fewest pixels between chunks if each of them has a tick."""
MIN_BAR_NUMBER_WIDTH = 24
"""The fewest pixels between bars with numbers."""
END = WIDTH - 4
"""The latest end of labels, in pixels from the left."""


@dataclass(frozen=True, slots=True)
class BarRuler:
    """The bars and beats of a band, in chunks, ascending.

    Bar n + 1 begins at `bars[n]`; every `step`th bar has a number.
    """

    bars: tuple[Fraction, ...]
    beats: tuple[Fraction, ...]
    step: int

    def touches(self, system: System) -> bool:
        """Return whether a system may show some of the bars or beats."""
        last = max(self.bars[-1], self.beats[-1]) if self.beats else self.bars[-1]
        return system.axis.at(self.bars[0]) < system.stop and system.axis.at(last) >= system.first


def bar_rulers(plot: Plot, scale: Fraction) -> tuple[BarRuler, ...]:
    """Return the bars of every band that has bars, and its beats where there is space.

    Each chunk is `scale` pixels wide.
    """
    found = []
    for number, band in enumerate(plot.bands):
        bars = plot.bars(number)
        if bars:
            gap = (
                (bars[-1] - bars[0]) / (len(bars) - 1) if len(bars) > 1 else band.end - band.start
            ) * scale
            beats: tuple[Fraction, ...] = ()
            if gap >= MIN_BEAT_WIDTH * _beats_per_bar(band):
                beats = plot.known_beats[number] = tuple(beats_of(band, plot.grid))
            found.append(BarRuler(bars, beats, ruler_step(gap, MIN_BAR_NUMBER_WIDTH)))
    return tuple(found)


def _beats_per_bar(band: Band) -> int:
    return 1 if band.stretch.meters is None else band.stretch.meters.at_bar(0).numerator


def ruler_step(scale: Fraction, least: int) -> int:
    """Return the distance at which something `least` pixels wide may be written.

    The distance is in units of `scale` pixels.
    """
    return next((one for one in STEPS if one * scale >= least), STEPS[-1])


def draw_bars(system: System, top: int, bands: Sequence[BarRuler]) -> Iterable[str]:
    """Draw the ruler of bars: numbered long ticks, and shorter ones for other bars and beats.

    The ticks for beats are the shortest.
    """
    base = top + BAR_RULER_HEIGHT - 4
    yield f'<path class="k-line" d="M{LEFT} {base}H{px(system.right)}"/>'
    ticks: list[str] = []
    beats: list[str] = []
    labels: list[Label] = []
    for band in bands:
        if not band.touches(system):
            continue
        for index in _visible_indices(system, band.bars):
            is_named = index % band.step == 0
            ticks.append(f"M{system.px(band.bars[index])} {base}v-{7 if is_named else 4}")
            if is_named:
                x = system.x(band.bars[index])
                labels.append(Label(x=x + 3, text=str(index + 1), rank=0 if index == 0 else 1))
        beats += [
            f"M{system.px(band.beats[index])} {base}v-3"
            for index in _visible_indices(system, band.beats)
        ]
    if beats:
        yield f'<path class="k-line" d="{"".join(beats)}"/>'
    if ticks:
        yield f'<path class="k-soft" d="{"".join(ticks)}"/>'
    for label in arrange_labels(labels, END, [(edge, edge) for edge in _gap_edges(system)]):
        yield f'<text class="n" x="{px(label.x)}" y="{base - 4}">{label.text}</text>'


def _gap_edges(system: System) -> Iterable[Fraction]:
    """Yield where gaps begin: a label that begins before a gap must end before it."""
    for gap in system.axis.gaps:
        box = system.clip(gap.start, gap.end)
        if box is not None:
            yield box[0]


def _visible_indices(system: System, positions: Sequence[Fraction]) -> Iterable[int]:
    """Yield the indices of the positions that a system draws; those within a gap are not drawn."""
    first = first_chunk_of(system)
    if not system.axis.gaps:
        yield from range(bisect_left(positions, first), bisect_left(positions, system.stop))
        return
    for index in range(bisect_left(positions, first), len(positions)):
        position = positions[index]
        if system.axis.at(position) >= system.stop:
            return
        if not system.axis.hides(position) and system.contains(position):
            yield index


def first_chunk_of(system: System) -> int:
    """Return the first chunk of which a system may show a part."""
    return _chunk_at_or_before(system, system.first)


def _chunk_at_or_before(system: System, unit: int) -> int:
    """Return a chunk that is drawn at a unit or to the left of it."""
    while unit > 0:
        chunk = system.axis.chunk_at(unit)
        if chunk is not None:
            return chunk
        unit -= 1
    return 0


def draw_chunks(system: System, top: int, grid: ChunkGrid) -> Iterable[str]:
    """Draw the ruler of chunks: ticks, numbers, and minutes and seconds below some of them.

    A gap shows its length.
    """
    yield f'<text class="e n soft" x="{LEFT - 10}" y="{top + 24}">min:s</text>'
    yield f'<path class="k-soft" d="M{LEFT} {top}H{px(system.right)}"/>'
    numbered = ruler_step(system.scale, 7 + 6 * len(str(system.axis.end)))
    timed = ruler_step(system.scale, 46)
    ticks: list[str] = []
    numbers: list[Label] = []
    times: list[Label] = []
    left_out: list[Label] = []
    has_all_ticks = system.scale >= MIN_TICK_DISTANCE
    gaps = {gap.start for gap in system.axis.gaps}
    for unit in range(system.first, system.stop + 1):
        chunk = system.axis.chunk_at(unit)
        if chunk is None or (chunk % numbered and not has_all_ticks):
            continue
        ticks.append(f"M{system.px_of_unit(unit)} {top}v{3 if chunk % numbered else 5}")
        if chunk % numbered == 0 and unit < system.stop and chunk not in gaps:
            x = system.x(chunk) + 3
            numbers.append(Label(x=x, text=str(chunk), bold=True))
            if chunk % timed == 0:
                times.append(Label(x=x, text=clock_time(grid.boundary(chunk), 1)))
    for gap in system.axis.gaps:
        box = system.clip(gap.start, gap.end)
        if box is not None and box[1] > system.scale:
            text = f"+{gap.chunks}"
            left_out.append(
                Label(x=box[0] + (box[1] - width_of(text, LABEL_FONT_SIZE)) / 2, text=text, rank=0)
            )
    edges = [(edge, edge) for edge in _gap_edges(system)]
    for label in arrange_labels([*numbers, *left_out], END, edges):
        look = "n w" if label.bold else "n soft"
        yield f'<text class="{look}" x="{px(label.x)}" y="{top + 12}">{label.text}</text>'
    for label in arrange_labels(times, END, edges):
        yield f'<text class="n soft" x="{px(label.x)}" y="{top + 24}">{label.text}</text>'
    yield f'<path class="k-soft" d="{"".join(ticks)}"/>'
