"""What a timeline shows, before anything is drawn, on the axis of score chunks.

Exact positions are fractions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice, zip_longest
from math import lcm
from typing import Literal

from sequencer.core.display import counted
from sequencer.core.timebase import ChunkGrid, MeterMap, TempoMap
from sequencer.reports.timeline.axis import GAP_WIDTH, Axis, Gap, gaps_of
from sequencer.reports.timeline.style import LIGHT_TINTS
from sequencer.reports.timeline.waveform import Waveform
from sequencer.schedule.describe import bare, number
from sequencer.schedule.model import Stretch, Take
from sequencer.schedule.prompt_actions import Actions
from sequencer.schedule.rewording import shortest_action
from sequencer.schedule.takes import is_fading

Fate = Literal["planned", "landed", "later", "lost", "aside"]
"""What became of a cue: not performed yet, landed as planned or elsewhere, lost, or left out.

A cue that is left out was left out correctly.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One pass of one section, from `start` to `end` in chunks (exact).

    `open_from` is the chunk from which a live pass may be left; None for a fixed pass and for a
    pass that was performed. `earliest` and `latest` are where it begins: they differ after a live
    pass.
    """

    name: str
    tint: int
    stretch: Stretch
    start: Fraction
    end: Fraction
    caption: str
    open_from: int | None
    earliest: int
    latest: int
    rules: tuple[RuleNote, ...] = ()
    """The exits, if it is live, and the rules that apply in it but not in every section."""


@dataclass(frozen=True, slots=True)
class RuleNote:
    """One rule, or the exits of a live section.

    `short` is written in the drawing, `full` is shown on hover.
    """

    short: str
    full: str
    leaves: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldValue:
    """Something in force from score chunk `start` to before `end`.

    `short` is written there, `full` is shown on hover.
    """

    start: int
    end: int
    short: str
    full: str
    tint: int = 0
    key: str = ""
    shortest: str = ""
    """For a prompt, what is written where `short` does not fit."""
    fade: int = 0
    """For a prompt, the number of chunks over which it replaces the one before it."""
    under: int = 0
    """For a prompt that fades in, the tint of the one before it."""

    @property
    def fade_end(self) -> int:
        """The chunk with which it is shown alone, or with which it ends before that."""
        return min(self.start + self.fade, self.end)

    @property
    def tooltip(self) -> str:
        """Its start and what it is in full."""
        fade = "" if not self.fade else f", fades in over {counted(self.fade, 'chunk')}"
        return f"chunk {self.start}{fade}: {self.full}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One cue: its exact position in chunks, the chunk that it is on, and its snap error.

    The snap error is signed, in seconds, and None where open.

    In a performed timeline, `planned` and `landed` are the chunks of the run, and `exact` is None
    for the cues of a rule.
    """

    label: str
    exact: Fraction | None
    chunk: int
    error: Fraction | None
    full: str
    fate: Fate = "planned"
    planned: int | None = None
    landed: int | None = None
    fired: bool = False
    section: str = ""
    what: str = ""
    """What it sets, apart from a prompt."""
    line: int = 0
    """Its line in the score; 0 if it has none."""
    number: int = 0
    """The number of its delivery in a run, or of its entry in a schedule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageMark:
    """The messages of one cue to external devices, at its exact position in chunks.

    `was_left_out` is set if it would have been too late.
    """

    at: Fraction
    full: str
    protocols: tuple[str, ...]
    """The protocols of its messages: `MIDI`, `OSC`, or both."""
    was_left_out: bool = False
    short: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A complete timeline.

    It contains:

    `end` chunks with their lanes. `images` have the digest of the image file as their `key`.
    """

    title: str
    subtitle: str
    grid: ChunkGrid
    end: int
    bands: tuple[Band, ...]
    takes: tuple[HeldValue, ...]
    prompts: tuple[HeldValue, ...]
    images: tuple[HeldValue, ...]
    strengths: tuple[HeldValue, ...]
    scales: tuple[HeldValue, ...]
    flags: tuple[Flag, ...]
    performed: bool
    messages: tuple[MessageMark, ...] = ()
    everywhere: tuple[RuleNote, ...] = ()
    """The rules that apply in every section."""
    axis: Axis = field(default_factory=lambda: Axis(1))
    sound: Waveform | None = None
    """The sound that is played with the score."""
    known_beats: dict[int, tuple[Fraction, ...]] = field(default_factory=dict, compare=False)
    """The beats of the bands that were drawn already, by the index of the band."""
    known_bars: dict[int, tuple[Fraction, ...]] = field(default_factory=dict, compare=False)
    """The same for bars; see `bars`."""

    def bars(self, number: int) -> tuple[Fraction, ...]:
        """Return where the bars of a band begin, in chunks; `number` is the index of the band."""
        found = self.known_bars.get(number)
        if found is None:
            found = tuple(at for _, at in bars_of(self.bands[number], self.grid))
            self.known_bars[number] = found
        return found

    @property
    def protocols(self) -> tuple[str, ...]:
        """The protocols of its messages to external devices."""
        return tuple(sorted({name for mark in self.messages for name in mark.protocols}))

    @property
    def has_rules(self) -> bool:
        """Whether there is a lane of rules to draw."""
        return any(band.rules for band in self.bands)

    @property
    def has_beats(self) -> bool:
        """Whether there is a ruler of bars to draw."""
        return any(band.stretch.meters is not None for band in self.bands)

    @property
    def has_errors(self) -> bool:
        """Whether any cue is off its exact position."""
        return any(flag.error for flag in self.flags)

    @property
    def error_scale(self) -> Fraction:
        """The snap error, in seconds, that fills its lane: half a chunk to a full chunk.

        Larger errors are cut off.
        """
        most = max(
            (abs(flag.error) for flag in self.flags if flag.error is not None), default=Fraction(0)
        )
        return min(max(most, self.grid.chunk / 2), self.grid.chunk)


def assign_tints(stretches: Sequence[Stretch]) -> dict[str | None, int]:
    """Return a tint for each section, in order of first appearance."""
    found: dict[str | None, int] = {}
    for stretch in stretches:
        found.setdefault(stretch.section, len(found) % len(LIGHT_TINTS))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """What is in force where, for every setting of the model."""

    takes: tuple[HeldValue, ...]
    prompts: tuple[HeldValue, ...]
    images: tuple[HeldValue, ...]
    strengths: tuple[HeldValue, ...]
    scales: tuple[HeldValue, ...]


def lanes_of(takes: Sequence[Take], end: int, bands: Sequence[Band], actions: Actions) -> Lanes:
    """Return takes as lanes. A cut ends prompt and image; super-resolution continues.

    A strength takes effect with the next image, which captures it: it is in force exactly as long
    as that image.
    """
    tints = _Tints(bands)
    found: dict[str, list[HeldValue]] = {"take": [], "prompt": [], "image": [], "sr": []}
    strengths: list[tuple[int, Fraction]] = []
    for index, take in enumerate(takes):
        stop = takes[index + 1].start if index + 1 < len(takes) else max(end, take.start + 1)
        seed = f"take {index + 1}  seed {take.opening.seed}"
        found["take"].append(
            HeldValue(
                start=take.start,
                end=stop,
                short=seed,
                full=f"take {index + 1}: chunks {take.start} to {stop - 1}, {seed}",
            )
        )
        before: str | None = None
        under = 0
        for bundle in take.bundles:
            at = bundle.chunk
            if bundle.prompt is not None:
                short = bare(actions.of(before, bundle.prompt))
                shortest = bare(shortest_action(actions, before, bundle.prompt))
                _append_value(
                    found["prompt"],
                    HeldValue(
                        start=at,
                        end=stop,
                        short=short,
                        full=bundle.prompt,
                        tint=tints.at(at),
                        shortest=shortest,
                        fade=bundle.fade if is_fading(bundle, take) else 0,
                        under=under,
                    ),
                )
                before, under = bundle.prompt, tints.at(at)
            if bundle.image is not None:
                name = bundle.image.path.rsplit("/", 1)[-1]
                full = f"image {bundle.image.path}"
                _append_value(
                    found["image"],
                    HeldValue(
                        start=at,
                        end=stop,
                        short=name,
                        full=full,
                        tint=tints.at(at),
                        key=bundle.image.sha256,
                    ),
                    across_cuts=False,
                )
        sr = take.opening.sr
        _append_value(
            found["sr"], HeldValue(start=take.start, end=stop, short=sr, full=f"sr {sr}", key=sr)
        )
        if take.opening.strength is not None:
            strengths.append((take.start, take.opening.strength))
        for bundle in take.bundles:
            if bundle.strength is not None:
                strengths.append((bundle.chunk, bundle.strength))
            if bundle.sr is not None:
                _append_value(
                    found["sr"],
                    HeldValue(
                        start=bundle.chunk,
                        end=stop,
                        short=bundle.sr,
                        full=f"sr {bundle.sr}",
                        key=bundle.sr,
                    ),
                )
    captured = tuple(_image_strengths(found["image"], strengths))
    return Lanes(
        takes=tuple(found["take"]),
        prompts=tuple(found["prompt"]),
        images=tuple(found["image"]),
        strengths=captured,
        scales=tuple(found["sr"]),
    )


def _image_strengths(
    images: Sequence[HeldValue], strengths: Sequence[tuple[int, Fraction]]
) -> Iterator[HeldValue]:
    """Yield the strength of each image: the last one set when the image came.

    Nothing is yielded where no strength was set: the model's default is not known.
    """
    at = 0
    for image in images:
        while at < len(strengths) and strengths[at][0] <= image.start:
            at += 1
        if at:
            text = number(strengths[at - 1][1])
            yield HeldValue(
                start=image.start,
                end=image.end,
                short=text,
                full=f"strength {text} of {image.full}",
                key=text,
            )


def axis_of(
    end: int,
    grid: ChunkGrid,
    bands: Sequence[Band],
    happens: Iterable[Fraction | int],
    first: int = 0,
) -> Axis:
    """Return the axis of a timeline, without the long empty parts of live sections.

    In an empty part, nothing happens. Chunks before `first` are not drawn either.
    """
    live = [(band.start, min(band.end, Fraction(end))) for band in bands if band.stretch.is_live]
    positions = set(happens if live else ())
    for band in bands if live else ():
        positions |= {band.start, band.end, *(at for _, at in marks_of(band, grid))}
        if band.open_from is not None:
            positions.add(band.open_from)
    later = tuple(gap for gap in gaps_of(live, positions) if gap.start > first)
    return Axis(end, (Gap(0, first, "before the range"), *later) if first > GAP_WIDTH else later)


def _append_value(lane: list[HeldValue], new: HeldValue, *, across_cuts: bool = True) -> None:
    """Put `new` into a lane: end what was in force there, or continue it if nothing changes."""
    if lane and lane[-1].end >= new.start:
        last = lane.pop()
        goes_on = across_cuts or last.end > new.start
        if goes_on and last.full == new.full and new.key and last.key == new.key:
            new = replace(last, end=new.end)
        elif last.start < new.start:
            lane.append(replace(last, end=new.start))
    lane.append(new)


class _Tints:
    """The tint of each chunk: that of the last band that begins at or before it.

    Requests must be in ascending order.
    """

    def __init__(self, bands: Sequence[Band]) -> None:
        self._bands = bands
        self._at = 0

    def at(self, chunk: int) -> int:
        """Return the tint of a chunk; 0 without bands."""
        while self._at + 1 < len(self._bands) and self._bands[self._at + 1].latest <= chunk:
            self._at += 1
        return self._bands[self._at].tint if self._bands else 0


def bars_of(band: Band, grid: ChunkGrid) -> Iterator[tuple[int, Fraction]]:
    """Yield (bar counted from 1, its start in chunks) of a band."""
    meters, tempo = band.stretch.meters, band.stretch.tempo
    if meters is None or tempo is None:
        return
    if _is_steady(tempo, grid):
        for bars in _steady_bars(band, grid, meters, tempo):
            found = _progression(bars.at, bars.beat * bars.beats, band.end)
            yield from enumerate(islice(found, bars.count), bars.first + 1)
        return
    bar = 0
    while True:
        at = _chunks_at(band, grid, tempo, meters.bar_start(bar))
        if at >= band.end:
            return
        yield bar + 1, at
        bar += 1


def _is_steady(tempo: TempoMap, grid: ChunkGrid) -> bool:
    """Return whether all beats take the same part of a chunk."""
    segments = tempo.segments
    return grid.first is None and len(segments) == 1 and segments[0].first == segments[0].last


def _chunks_at(band: Band, grid: ChunkGrid, tempo: TempoMap, quarter: Fraction) -> Fraction:
    """Return where a quarter of a band is, in chunks."""
    if grid.first is not None:
        return grid.chunks_at(grid.seconds_of(band.start) + tempo.seconds_at(quarter))
    return band.start + tempo.seconds_at(quarter) / grid.chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class _SteadyBars:
    """Bars of one meter: the first one, counted from 0, begins at `at`, in chunks.

    Each has `beats` beats of `beat` chunks; `count` is the number of bars, None without a limit.
    """

    first: int
    at: Fraction
    beats: int
    beat: Fraction
    count: int | None


def _steady_bars(
    band: Band, grid: ChunkGrid, meters: MeterMap, tempo: TempoMap
) -> Iterator[_SteadyBars]:
    """Yield the bars of each meter of a band with a steady tempo."""
    chunks_per_quarter = tempo.segments[0].first / grid.chunk
    ends = [bar for bar, _ in meters.changes[1:]]
    for (bar, meter), quarter, end in zip_longest(meters.changes, meters.starts, ends):
        yield _SteadyBars(
            first=bar,
            at=band.start + quarter * chunks_per_quarter,
            beats=meter.numerator,
            beat=meter.beat * chunks_per_quarter,
            count=None if end is None else end - bar,
        )


def _progression(start: Fraction, step: Fraction, end: Fraction) -> Iterator[Fraction]:
    """Yield `start`, `start + step`, and so on, before `end`.

    With integers: sums of fractions are several times as slow.
    """
    below = lcm(start.denominator, step.denominator)
    above = start.numerator * (below // start.denominator)
    each = step.numerator * (below // step.denominator)
    for one in range(above, -(-end.numerator * below // end.denominator), each):
        yield Fraction(one, below)


def marks_of(band: Band, grid: ChunkGrid) -> Iterator[tuple[str, Fraction]]:
    """Yield (name, position in chunks) of the marks of a band that were reached."""
    for mark in band.stretch.marks:
        at = grid.chunks_at(grid.seconds_of(band.start) + mark.offset)
        if at < band.end:
            yield mark.name, at


def beats_of(band: Band, grid: ChunkGrid) -> Iterator[Fraction]:
    """Yield where the beats of a band begin, in chunks, except those on bar lines."""
    meters, tempo = band.stretch.meters, band.stretch.tempo
    if meters is None or tempo is None:
        return
    if _is_steady(tempo, grid):
        for bars in _steady_bars(band, grid, meters, tempo):
            found = _progression(bars.at, bars.beat, band.end)
            count = None if bars.count is None else bars.count * bars.beats
            for beat, at in enumerate(islice(found, count)):
                if beat % bars.beats:
                    yield at
        return
    bar = 0
    while True:
        meter, quarter = meters.at_bar(bar), meters.bar_start(bar)
        for beat in range(meter.numerator):
            at = _chunks_at(band, grid, tempo, quarter)
            if at >= band.end:
                return
            if beat:
                yield at
            quarter += meter.beat
        bar += 1
