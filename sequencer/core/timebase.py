"""Exact musical time and chunk time.

Musical time is counted in *quarter notes* (bpm counts quarters, as MIDI and Ableton Link do), as
`Fraction`s; seconds are `Fraction`s too. Only chunks are integers, and they are computed last. No
decision depends on a float.

Exact: meter ↔ quarters both ways; quarters → seconds, also inside a ramp (a ramp is linear in
seconds per quarter over quarters, so the seconds stay rational); seconds → quarters at a constant
tempo; seconds ↔ frames ↔ chunks. Not exact: seconds → quarters inside a ramp, which needs a square
root; the error of `TempoMap.quarter_at` is then at most `INVERSE_BOUND` quarters, and the result is
for display only.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from math import floor, isqrt
from typing import TYPE_CHECKING

from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.wide_numbers import is_before

SECOND = 1_000_000_000
"""A second in nanoseconds, the unit of timestamps and wake times."""

DISPLAY_DELAY = 1_300_000_000
"""Nanoseconds from a chunk's report to its first frame, used until measured.

Over networks 1.1 to 1.5 s were observed.
"""

UNSEEN_TIME = 5 * SECOND
"""If no frame was seen for this long after the first report of a take, frames are not counted."""

TICKS_PER_BEAT = 480
"""Ticks in one beat of the meter, in positions written `bar:beat:tick`."""

INVERSE_BOUND = Fraction(1, 10**9)
"""The maximum error, in quarters, of `TempoMap.quarter_at` inside a ramp."""


class Snap(StrEnum):
    """How an exact time is rounded to a chunk boundary: `floor` is never late, `ceil` never early.

    It is computed in three places, which must agree: `ChunkGrid.snap` (exact), `ClockSync.chunk_at`
    in `engine/conductor/clock_sync.py` (a followed clock), and `PhaseCircle` in
    `reports/grid/phase.py` (all shifts of a score).
    """

    NEAREST = "nearest"
    FLOOR = "floor"
    CEIL = "ceil"


@dataclass(frozen=True, slots=True)
class Meter:
    """A time signature. A *beat* is its denominator note."""

    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        if self.numerator < 1 or self.denominator < 1 or self.denominator & (self.denominator - 1):
            raise ValueError(f"{self.numerator}/{self.denominator} is not a meter")

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"

    @property
    def beat(self) -> Fraction:
        """The length of one beat, in quarters."""
        return Fraction(4, self.denominator)

    @property
    def bar(self) -> Fraction:
        """The length of one bar, in quarters."""
        return Fraction(4 * self.numerator, self.denominator)


COMMON_TIME = Meter(4, 4)

_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class BarBeat:
    """A musical position as people count it.

    The fields are:

    `bar` and `beat` from 1, and `rest`, a fraction of a beat, 0 ≤ rest < 1.
    """

    bar: int
    beat: int
    rest: Fraction

    def __str__(self) -> str:
        return f"{self.bar}.{self.beat}" + (f"+{self.rest}" if self.rest else "")


class MeterLookup:
    """Queries on a sequence of meters.

    `changes` are (bar, meter) in ascending order, the bar counted from 0, the first at bar 0.
    `starts` are the quarters at which the bars of the changes begin.
    """

    __slots__ = ()
    if TYPE_CHECKING:

        @property
        def changes(self) -> Sequence[tuple[int, Meter]]:
            """Each meter with the bar, counted from 0, at which it begins."""

        @property
        def starts(self) -> Sequence[Fraction]:
            """The quarter at which each meter begins."""

    def index_at_bar(self, bar: int) -> int:
        """Return the index of the change that applies to a bar, counted from 0."""
        return bisect_right(self.changes, bar, key=_bar_of) - 1

    def at_bar(self, bar: int) -> Meter:
        """Return the meter of a bar, counted from 0."""
        if len(self.changes) == 1:
            return self.changes[0][1]
        return self.changes[self.index_at_bar(bar)][1]

    def bar_start(self, bar: int) -> Fraction:
        """Return where a bar (counted from 0) begins, in quarters."""
        index = self.index_at_bar(bar)
        first, meter = self.changes[index]
        return self.starts[index] + (bar - first) * meter.bar

    def quarter_of(self, bar: int, beat: int, rest: Fraction = Fraction(0)) -> Fraction:
        """Return the quarter of a position counted from 1 (`rest` in beats).

        Raises ValueError for a beat that the bar does not have.
        """
        meter = self.at_bar(bar - 1) if bar >= 1 else self.changes[0][1]
        if bar < 1 or not 1 <= beat <= meter.numerator or not (rest == 0 or 0 <= rest < 1):
            raise ValueError(f"{bar}.{beat} does not exist in {meter}")
        if len(self.changes) > 1:
            return self.bar_start(bar - 1) + (beat - 1 + rest) * meter.beat
        # Nearly every score has one meter. Integers are several times as fast as fractions.
        beats = (bar - 1) * meter.numerator + beat - 1
        return Fraction(
            4 * (beats * rest.denominator + rest.numerator), meter.denominator * rest.denominator
        )

    def bar_beat_at(self, quarter: Fraction) -> BarBeat:
        """Return the bar and beat of a quarter ≥ 0, exactly."""
        if len(self.starts) == 1:
            index = 0
        elif (
            quarter >= self.starts[-1]
        ):  # the compiler mostly asks for positions after the last change
            index = len(self.starts) - 1
        else:
            index = max(0, bisect_right(self.starts, quarter) - 1)
        first, meter = self.changes[index]
        inside = quarter - self.starts[index] if index else quarter
        whole, part = divmod(inside.numerator * meter.denominator, unit := 4 * inside.denominator)
        bars, beats = divmod(whole, meter.numerator)
        return BarBeat(first + bars + 1, beats + 1, Fraction(part, unit) if part else _ZERO)


@dataclass(frozen=True, slots=True)
class MeterMap(MeterLookup):
    """A sequence of meters.

    `changes` are (bar, meter) in ascending order, the bar counted from 0, the first at bar 0.
    """

    changes: tuple[tuple[int, Meter], ...]
    starts: tuple[Fraction, ...]

    @classmethod
    def of(cls, changes: Iterable[tuple[int, Meter]]) -> MeterMap:
        """Return a map of (bar, meter) pairs; the later of two at one bar wins.

        Raises ValueError without a meter at bar 0.
        """
        by_bar = dict(changes)
        ordered = tuple(sorted(by_bar.items(), key=lambda pair: pair[0]))
        if not ordered or ordered[0][0] != 0:
            raise ValueError("a meter map starts at bar 0")
        starts = [Fraction(0)]
        for (bar, meter), (following, _) in pairwise(ordered):
            starts.append(starts[-1] + (following - bar) * meter.bar)
        return cls(ordered, tuple(starts))


def _bar_of(change: tuple[int, Meter]) -> int:
    return change[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoSegment:
    """A segment of one tempo or one ramp.

    Seconds per quarter change linearly from `first` to `last` over `length` quarters.

    `length` is None for the last segment, whose tempo is constant (`first == last`).
    """

    quarter: Fraction
    seconds: Fraction
    first: Fraction
    last: Fraction
    length: Fraction | None

    def seconds_at(self, quarter: Fraction) -> Fraction:
        """Return the seconds at a quarter of this segment."""
        x = quarter - self.quarter if self.quarter else quarter
        if self.length is None or self.first == self.last:
            return self.seconds + self.first * x if self.seconds else self.first * x
        return self.seconds + self.first * x + (self.last - self.first) * x * x / (2 * self.length)

    def quarter_at(self, seconds: Fraction) -> Fraction:
        """Return the quarter at a time of this segment; see `INVERSE_BOUND`."""
        t = seconds - self.seconds
        if self.length is None or self.first == self.last:
            return self.quarter + t / self.first
        half = (self.last - self.first) / (2 * self.length)
        # a x² + b x − t = 0 in the form that loses no precision when the ramp is nearly flat: x =
        # 2t / (b + √(b² + 4at))
        root = _sqrt(self.first * self.first + 4 * half * t)
        return self.quarter + 2 * t / (self.first + root)


def _sqrt(value: Fraction) -> Fraction:
    """Return the square root of a fraction ≥ 0, rounded down (relative error under 2⁻⁴⁷)."""
    if value <= 0:
        return Fraction(0)
    # Scale by an even power of two so that the integer root has at least 48 significant bits.
    shift = max(0, 96 - (value.numerator.bit_length() - value.denominator.bit_length()))
    shift += shift & 1
    return Fraction(isqrt((value.numerator << shift) // value.denominator), 1 << (shift // 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoChange:
    """A tempo of `bpm` from `quarter` on, or a ramp from `bpm` to `to` over `over` quarters.

    After the ramp the tempo stays at `to`.
    """

    quarter: Fraction
    bpm: Fraction
    to: Fraction | None = None
    over: Fraction | None = None

    @classmethod
    def ramp_in_seconds(
        cls, quarter: Fraction, bpm: Fraction, to: Fraction, seconds: Fraction
    ) -> TempoChange:
        """Return a ramp of `seconds`: 2·seconds / (s₀ + s₁) quarters, s in seconds per quarter."""
        return cls(quarter=quarter, bpm=bpm, to=to, over=2 * seconds / (60 / bpm + 60 / to))


@dataclass(frozen=True, slots=True)
class TempoMap:
    """Converts quarters to seconds and back, from the start of a section or score."""

    segments: tuple[TempoSegment, ...]

    @classmethod
    def constant(cls, bpm: Fraction) -> TempoMap:
        """Return a map with a single tempo."""
        return cls.of([TempoChange(quarter=Fraction(0), bpm=bpm)])

    @classmethod
    def of(cls, changes: Iterable[TempoChange]) -> TempoMap:
        """Return a map from changes; the first is at quarter 0.

        A later change ends a ramp early; at one quarter the last change wins.

        Raises ValueError without a change at quarter 0 or for a tempo that is not positive.
        """
        by_quarter = {change.quarter: change for change in changes}
        ordered = sorted(by_quarter.values(), key=lambda change: change.quarter)
        if not ordered or ordered[0].quarter != 0:
            raise ValueError("a tempo map starts at quarter 0")
        segments: list[TempoSegment] = []
        seconds = Fraction(0)
        for index, change in enumerate(ordered):
            following = ordered[index + 1].quarter if index + 1 < len(ordered) else None
            for segment in _segments(change, seconds, following):
                segments.append(segment)
                if segment.length is not None:
                    seconds = segment.seconds_at(segment.quarter + segment.length)
        return cls(tuple(segments))

    def _at_quarter(self, quarter: Fraction) -> TempoSegment:
        if len(self.segments) == 1:
            return self.segments[0]
        return self.segments[
            max(0, bisect_right(self.segments, quarter, key=lambda one: one.quarter) - 1)
        ]

    def seconds_at(self, quarter: Fraction) -> Fraction:
        """Return the seconds at a quarter ≥ 0, exactly."""
        return self._at_quarter(quarter).seconds_at(quarter)

    def quarter_at(self, seconds: Fraction) -> Fraction:
        """Return the quarter at a time ≥ 0, exact at a constant tempo.

        Inside a ramp it is within `INVERSE_BOUND` (for display only).
        """
        index = max(0, bisect_right(self.segments, seconds, key=lambda one: one.seconds) - 1)
        return self.segments[index].quarter_at(seconds)


def _segments(
    change: TempoChange, seconds: Fraction, following: Fraction | None
) -> list[TempoSegment]:
    """Return the one or two segments of a change from `seconds` to the `following` change."""
    if change.bpm <= 0 or (change.to is not None and change.to <= 0):
        raise ValueError("a tempo is positive")
    first = 60 / change.bpm
    length = None if following is None else following - change.quarter
    if change.to is None or not change.over:
        pace = first if change.to is None else 60 / change.to
        return [
            TempoSegment(
                quarter=change.quarter, seconds=seconds, first=pace, last=pace, length=length
            )
        ]
    last = 60 / change.to
    if length is not None and length <= change.over:
        return [
            TempoSegment(
                quarter=change.quarter,
                seconds=seconds,
                first=first,
                last=first + (last - first) * length / change.over,
                length=length,
            )
        ]
    ramp = TempoSegment(
        quarter=change.quarter, seconds=seconds, first=first, last=last, length=change.over
    )
    end = change.quarter + change.over
    rest = None if following is None else following - end
    return [
        ramp,
        TempoSegment(quarter=end, seconds=ramp.seconds_at(end), first=last, last=last, length=rest),
    ]


@dataclass(frozen=True, slots=True)
class ChunkGrid:
    """The chunks of a score or run: the one place that converts between chunks and time.

    Chunks are *score chunks*: they are counted through all takes. Each take may begin with a
    shorter chunk (`first`), so the times after a cut depend on the takes before it; a grid
    therefore holds where takes begin. `with_cuts` adds them.

    Attributes:
        frames: Frames per chunk. Helios makes 33.
        fps: Nominal frames per second, exact.
        first: Frames of the first chunk of each take, 1 ≤ first < frames; None if all chunks have
            `frames`, and nothing depends on the takes.
        cut_times: The exact times of the cuts, ascending, in seconds. Empty if `first` is None.
        cut_chunks: The score chunks with which their takes begin, ascending and above 0.
    """

    frames: int = 33
    fps: Fraction = Fraction(24)
    first: int | None = None
    cut_times: tuple[Fraction, ...] = ()
    cut_chunks: tuple[int, ...] = ()

    @property
    def chunk(self) -> Fraction:
        """The nominal length of a chunk that is not the first of a take, in seconds."""
        return Fraction(self.frames * self.fps.denominator, self.fps.numerator)

    @property
    def missing(self) -> int:
        """How many frames fewer than others the first chunk of a take has."""
        return 0 if self.first is None else self.frames - self.first

    # ---- takes

    def with_cuts(self, cuts: Iterable[tuple[Fraction, Snap]]) -> ChunkGrid:
        """Return the grid with further cuts at exact times, in ascending order.

        Each lands on the chunk on which `snap` puts its time among the takes before it.

        Raises ValueError for a cut before an earlier one, or that snaps to a chunk before it.
        """
        if self.first is None:
            return self
        times, chunks = list(self.cut_times), list(self.cut_chunks)
        for seconds, mode in cuts:
            chunk = self._snap(seconds, mode, times, chunks)
            if chunks and (chunk < chunks[-1] or is_before(seconds, times[-1])):
                raise ValueError(f"the cut at {seconds} s is before chunk {chunks[-1]}")
            if chunk > (chunks[-1] if chunks else 0):
                times.append(seconds)
                chunks.append(chunk)
        return replace(self, cut_times=tuple(times), cut_chunks=tuple(chunks))

    def with_cut_at(self, chunk: int) -> ChunkGrid:
        """Return the grid with a take that begins with a score chunk, and none after it."""
        if self.first is None:
            return self
        kept = bisect_left(self.cut_chunks, chunk)
        grid = replace(self, cut_times=self.cut_times[:kept], cut_chunks=self.cut_chunks[:kept])
        if chunk <= 0:
            return grid
        return replace(
            grid,
            cut_times=(*grid.cut_times, max(grid.boundary(chunk), *grid.cut_times[-1:], _ZERO)),
            cut_chunks=(*grid.cut_chunks, chunk),
        )

    def with_takes_until(self, chunk: int, seconds: Fraction = Fraction(0)) -> ChunkGrid:
        """Return the grid with only takes that begin by a chunk, or whose cut is before a time."""
        if self.first is None:
            return self
        kept = max(bisect_right(self.cut_chunks, chunk), bisect_left(self.cut_times, seconds))
        return replace(self, cut_times=self.cut_times[:kept], cut_chunks=self.cut_chunks[:kept])

    def counted_from(self, chunk: int) -> ChunkGrid:
        """Return the grid of a run that opens a take with a score chunk, counted from there."""
        if not self.cut_chunks:
            return self
        start, kept = self.opening_time(chunk), bisect_right(self.cut_chunks, chunk)
        return replace(
            self,
            cut_times=tuple(time - start for time in self.cut_times[kept:]),
            cut_chunks=tuple(one - chunk for one in self.cut_chunks[kept:]),
        )

    # ---- chunks to time

    def opens_take(self, chunk: int) -> bool:
        """Whether a score chunk is the first of a take."""
        at = bisect_left(self.cut_chunks, chunk)
        return chunk == 0 or self.cut_chunks[at : at + 1] == (chunk,)

    def frames_of(self, chunk: int) -> int:
        """Return the number of frames of a score chunk."""
        return self.frames - (self.missing if self.opens_take(chunk) else 0)

    def first_frame(self, chunk: int) -> int:
        """Return the number of frames before a score chunk."""
        if self.first is None or chunk <= 0:
            return chunk * self.frames
        return chunk * self.frames - self.missing * (1 + bisect_left(self.cut_chunks, chunk))

    def boundary(self, chunk: int) -> Fraction:
        """Return the nominal time, in seconds, at which a score chunk begins."""
        return Fraction(self.first_frame(chunk) * self.fps.denominator, self.fps.numerator)

    def time_of_frame(self, chunk: int, frame: int, *, first: int = 0) -> Fraction:
        """Return the score time of a frame of a score chunk, in a run that begins with `first`."""
        start = self.opening_time(chunk) if chunk == first else self.boundary(chunk)
        return start + frame / self.fps

    def opening_time(self, chunk: int) -> Fraction:
        """Return the score time at which a run begins that opens a take with a score chunk.

        If the chunk is within a take of the score, the first chunk of the run is shorter than it
        is there, and everything after that has its time of the score.
        """
        return self.boundary(chunk + 1) - Fraction(self.first or self.frames) / self.fps

    def start_in_take(self, chunk: int) -> Fraction:
        """Return when a chunk begins, in seconds since its take began; both count from 0."""
        return (chunk * self.frames - (self.missing if chunk > 0 else 0)) / self.fps

    def seconds_of(self, position: Fraction) -> Fraction:
        """Return the time of a position in chunks: 2.5 is the middle of chunk 2."""
        if self.first is None:
            return position * self.chunk
        chunk = max(0, floor(position))
        return self.boundary(chunk) + (position - chunk) * self.frames_of(chunk) / self.fps

    # ---- time to chunks

    def frame_at(self, seconds: Fraction) -> Fraction:
        """Return the exact frame at a time."""
        return seconds * self.fps

    def chunks_at(self, seconds: Fraction) -> Fraction:
        """Return a time as a position in chunks; the inverse of `seconds_of`."""
        if self.first is None:
            return seconds / self.chunk
        chunk = self.chunk_at(seconds)
        return chunk + (seconds - self.boundary(chunk)) * self.fps / self.frames_of(chunk)

    @property
    def lacks(self) -> Fraction:
        """The part of a chunk that the first chunk of a take lacks."""
        return Fraction(self.missing, self.frames)

    def chunk_at(self, seconds: Fraction) -> int:
        """Return the score chunk that contains a time."""
        return self._within(seconds, Snap.FLOOR, self.cut_chunks, len(self.cut_chunks))

    def chunks_until(self, seconds: Fraction) -> int:
        """Return how many score chunks it takes to fill a time."""
        return self._within(seconds, Snap.CEIL, self.cut_chunks, len(self.cut_chunks))

    def snap(self, seconds: Fraction, mode: Snap) -> int:
        """Return the chunk whose boundary represents a time.

        The takes are those of the cuts before this time. Only where it snaps beyond the chunk of a
        later cut does that one count too: so what is at the position of a cut lands on its chunk.

        Args:
            seconds: Exact time since the score began, in seconds.
            mode: Rounding rule. `nearest` is ⌈x − 1/2⌉: a tie goes to the earlier chunk.
        """
        return self._snap(seconds, mode, self.cut_times, self.cut_chunks)

    def snap_error(self, seconds: Fraction, chunk: int) -> Fraction:
        """Return how late a chunk's boundary is for a time, in seconds; negative if it is early."""
        # A difference costs little even if the denominator of `seconds` has thousands of bits; a
        # new fraction does not.
        return self.boundary(chunk) - seconds

    def _snap(
        self, seconds: Fraction, mode: Snap, times: Sequence[Fraction], chunks: Sequence[int]
    ) -> int:
        """Return the chunk of a time among the takes of these cuts; see `snap`."""
        known = bisect_left(times, seconds) if times else 0
        chunk = self._within(seconds, mode, chunks, known)
        while known < len(chunks) and chunk > chunks[known]:
            known += 1
            chunk = self._within(seconds, mode, chunks, known)
        return chunk

    def _within(self, seconds: Fraction, mode: Snap, chunks: Sequence[int], known: int) -> int:
        """Return the chunk of a time among the takes of the first `known` cuts."""
        # x = above / below, in integers: this runs for every cue, and again in every run.
        above = seconds.numerator * self.fps.numerator
        below = seconds.denominator * self.fps.denominator
        base = 0
        if self.first is not None:
            # Take i begins `frames * chunk - missing * i` frames after the score.
            lost = self.missing
            take = bisect_right(
                range(known),
                above,
                key=lambda one: (self.frames * chunks[one] - lost * (one + 1)) * below,
            )
            if take:
                base = chunks[take - 1]
                above -= (self.frames * base - lost * take) * below
            if above < self.first * below:
                return base + _round_in_first(above, self.first * below, mode)
            above += lost * below
        below *= self.frames
        match mode:
            case Snap.FLOOR:
                return base + above // below
            case Snap.CEIL:
                return base - (-above // below)
            case Snap.NEAREST:
                return base - ((below - 2 * above) // (2 * below))


def _round_in_first(above: int, length: int, mode: Snap) -> int:
    """Return 0 or 1: whether a position in a first chunk snaps to the chunk after it."""
    match mode:
        case Snap.FLOOR:
            return 0
        case Snap.CEIL:
            return 1 if above > 0 else 0
        case Snap.NEAREST:
            return 1 if 2 * above > length else 0


def nanoseconds(seconds: Fraction) -> int:
    """Return integer nanoseconds, ties rounded up: for timestamps and wake times, not positions."""
    return floor(seconds * SECOND + Fraction(1, 2))
