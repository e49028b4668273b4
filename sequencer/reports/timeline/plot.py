"""What a timeline shows, before anything is drawn: everything on the axis of score chunks, exact places as fractions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from sequencer.core.timebase import ChunkGrid
from sequencer.reports.timeline.axis import Axis, gaps_of
from sequencer.schedule.describe import bare, number
from sequencer.schedule.model import Stretch, Take
from sequencer.schedule.prompt_actions import Actions
from sequencer.schedule.rewording import shortest_action

HUES = 6
"""How many tints sections are told apart by."""

Fate = Literal["planned", "landed", "later", "lost", "aside"]
"""What became of a cue: not performed yet, landed where it was planned, landed elsewhere, lost, or rightly left out."""


@dataclass(frozen=True, slots=True)
class Band:
    """One pass of one section, from `start` to `end` in chunks (exact).

    `open_from` is the chunk from which a live pass may be left (None for a fixed one and for one that was performed);
    `earliest` and `latest` are where it begins: they differ behind a live pass.
    """

    name: str
    hue: int
    stretch: Stretch
    start: Fraction
    end: Fraction
    caption: str
    open_from: int | None
    earliest: int
    latest: int
    rules: tuple[RuleNote, ...] = ()
    """What leaves it, if it is live, and the rules that apply in it but not in every section."""


@dataclass(frozen=True, slots=True)
class RuleNote:
    """One rule, or the ways out of a live section: `short` is written in the drawing, `full` is told on pointing."""

    short: str
    full: str
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class HeldValue:
    """Something in force from score chunk `start` to before `end`: `short` is written there, `full` is told on pointing."""

    start: int
    end: int
    short: str
    full: str
    hue: int = 0
    key: str = ""
    shortest: str = ""
    """Of a prompt: what is written where `short` does not fit."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One cue: its exact place in chunks, the chunk it stands on, and its signed snap error in seconds (None where open).

    In a performed timeline `planned` and `landed` are the chunks of the run, and `exact` is None for what a rule fired.
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


@dataclass(frozen=True, slots=True)
class MidiMark:
    """What is sent to a MIDI output, at its exact place in chunks; `was_left_out` where it would have come too late."""

    at: Fraction
    full: str
    was_left_out: bool = False
    short: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A whole timeline: `end` chunks with their lanes. `images` carry the picture's digest as `key`."""

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
    gear: tuple[MidiMark, ...] = ()
    everywhere: tuple[RuleNote, ...] = ()
    """The rules that apply in every section."""
    axis: Axis = field(default_factory=lambda: Axis(1))

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
        """Whether any cue stands beside its place."""
        return any(flag.error for flag in self.flags)

    @property
    def error_scale(self) -> Fraction:
        """The snap error, in seconds, that fills its lane: half a chunk to a whole one. Larger ones are cut off there."""
        most = max((abs(flag.error) for flag in self.flags if flag.error is not None), default=Fraction(0))
        return min(max(most, self.grid.chunk / 2), self.grid.chunk)


def hues(stretches: Sequence[Stretch]) -> dict[str | None, int]:
    """A tint for each section, in order of first appearance."""
    found: dict[str | None, int] = {}
    for stretch in stretches:
        found.setdefault(stretch.section, len(found) % HUES)
    return found


@dataclass(frozen=True, slots=True)
class Lanes:
    """What is in force where, for every handle of the model."""

    takes: tuple[HeldValue, ...]
    prompts: tuple[HeldValue, ...]
    images: tuple[HeldValue, ...]
    strengths: tuple[HeldValue, ...]
    scales: tuple[HeldValue, ...]


def lanes_of(takes: Sequence[Take], end: int, bands: Sequence[Band], actions: Actions) -> Lanes:
    """Lay takes out as lanes. A cut ends prompt and image; sr goes on.

    A strength acts with the next image and is captured by it: it is in force exactly as long as that image.
    """
    tints = _Tints(bands)
    found: dict[str, list[HeldValue]] = {"take": [], "prompt": [], "image": [], "sr": []}
    strengths: list[tuple[int, Fraction]] = []
    for index, take in enumerate(takes):
        stop = takes[index + 1].start if index + 1 < len(takes) else max(end, take.start + 1)
        seed = f"take {index + 1}  seed {take.opening.seed}"
        found["take"].append(HeldValue(take.start, stop, seed, f"take {index + 1}: chunks {take.start} to {stop - 1}, {seed}"))
        before: str | None = None
        for bundle in take.bundles:
            at = bundle.chunk
            if bundle.prompt is not None:
                short = bare(actions.of(before, bundle.prompt))
                shortest = bare(shortest_action(actions, before, bundle.prompt))
                _hold(found["prompt"], HeldValue(at, stop, short, bundle.prompt, tints.at(at), shortest=shortest))
                before = bundle.prompt
            if bundle.image is not None:
                name = bundle.image.path.rsplit("/", 1)[-1]
                full = f"image {bundle.image.path}"
                _hold(found["image"], HeldValue(at, stop, name, full, tints.at(at), bundle.image.sha256), across_cuts=False)
        sr = take.opening.sr
        _hold(found["sr"], HeldValue(take.start, stop, sr, f"sr {sr}", key=sr))
        if take.opening.strength is not None:
            strengths.append((take.start, take.opening.strength))
        for bundle in take.bundles:
            if bundle.strength is not None:
                strengths.append((bundle.chunk, bundle.strength))
            if bundle.sr is not None:
                _hold(found["sr"], HeldValue(bundle.chunk, stop, bundle.sr, f"sr {bundle.sr}", key=bundle.sr))
    captured = tuple(_captured(found["image"], strengths))
    return Lanes(tuple(found["take"]), tuple(found["prompt"]), tuple(found["image"]), captured, tuple(found["sr"]))


def _captured(images: Sequence[HeldValue], strengths: Sequence[tuple[int, Fraction]]) -> Iterator[HeldValue]:
    """The strength of each image: the last one set when it came. None where none was set: the model's own is not known."""
    at = 0
    for image in images:
        while at < len(strengths) and strengths[at][0] <= image.start:
            at += 1
        if at:
            text = number(strengths[at - 1][1])
            yield HeldValue(image.start, image.end, text, f"strength {text} of {image.full}", key=text)


def axis_of(end: int, grid: ChunkGrid, bands: Sequence[Band], happens: Iterable[Fraction | int]) -> Axis:
    """The axis of a timeline: long parts of live sections in which nothing happens are not drawn."""
    places = set(happens)
    for band in bands:
        places |= {band.start, band.end, *(at for _, at in marks_of(band, grid))}
        if band.open_from is not None:
            places.add(band.open_from)
    live = [(band.start, min(band.end, Fraction(end))) for band in bands if band.stretch.is_live]
    return Axis(end, gaps_of(live, places))


def _hold(lane: list[HeldValue], new: HeldValue, *, across_cuts: bool = True) -> None:
    """Put `new` into a lane: it ends what was in force there, or goes on with it where nothing changes."""
    if lane and lane[-1].end >= new.start:
        last = lane.pop()
        goes_on = across_cuts or last.end > new.start
        if goes_on and last.full == new.full and new.key and last.key == new.key:
            new = replace(last, end=new.end)
        elif last.start < new.start:
            lane.append(replace(last, end=new.start))
    lane.append(new)


class _Tints:
    """Which tint a chunk has: that of the last band that begins at it or before. Asked in ascending order."""

    def __init__(self, bands: Sequence[Band]) -> None:
        self._bands = bands
        self._at = 0

    def at(self, chunk: int) -> int:
        """The tint of a chunk; 0 where there are no bands."""
        while self._at + 1 < len(self._bands) and self._bands[self._at + 1].latest <= chunk:
            self._at += 1
        return self._bands[self._at].hue if self._bands else 0


def bars_of(band: Band, grid: ChunkGrid) -> Iterator[tuple[int, Fraction]]:
    """(bar counted from 1, where it begins in chunks) of a band."""
    stretch = band.stretch
    if stretch.meters is None or stretch.tempo is None:
        return
    chunks_per_second, bar = 1 / grid.chunk, 0
    while True:
        at = band.start + stretch.tempo.seconds_at(stretch.meters.bar_start(bar)) * chunks_per_second
        if at >= band.end:
            return
        yield bar + 1, at
        bar += 1


def marks_of(band: Band, grid: ChunkGrid) -> Iterator[tuple[str, Fraction]]:
    """(name, place in chunks) of the marks of a band, as far as they were reached."""
    for mark in band.stretch.marks:
        at = band.start + mark.offset / grid.chunk
        if at < band.end:
            yield mark.name, at


def beats_of(band: Band, grid: ChunkGrid) -> Iterator[Fraction]:
    """Where the beats of a band begin that are no bar lines, in chunks."""
    stretch = band.stretch
    if stretch.meters is None or stretch.tempo is None:
        return
    chunks_per_second, bar = 1 / grid.chunk, 0
    while True:
        meter, quarter = stretch.meters.at_bar(bar), stretch.meters.bar_start(bar)
        length = meter.beat
        for beat in range(meter.numerator):
            at = band.start + stretch.tempo.seconds_at(quarter) * chunks_per_second
            if at >= band.end:
                return
            if beat:
                yield at
            quarter += length
        bar += 1
