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

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from math import floor, isqrt
from typing import TYPE_CHECKING

from sequencer.core.lazy_dataclass import dataclass

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


MAX_TIME_BITS = 14_000
"""The maximum length of an exact time's denominator, in bits.

That is about 4,200 digits: as many as Python prints. Only thousands of tempi without common factors
reach it.
"""

MAX_NARROW_BITS = 1_024
"""Arithmetic with denominators of up to this many bits costs no more than with short ones."""


def is_wide(value: Fraction) -> bool:
    """Whether a number's denominator is so long that arithmetic with other such numbers is slow."""
    return value.denominator.bit_length() > MAX_NARROW_BITS


def ordering(value: Fraction) -> tuple[int, Fraction]:
    """Return a sort key with the order of the values.

    Values at least 10⁻⁶ apart compare without cross-multiplying.
    """
    return (value.numerator << 20) // value.denominator, value


def is_before(value: Fraction, other: Fraction) -> bool:
    """Return `value < other`, computed quickly where both are wide."""
    if is_wide(value) and is_wide(other):
        return ordering(value) < ordering(other)
    return value < other


def for_display(value: Fraction) -> Fraction:
    """Return the value, or if wide the multiple of 2⁻⁶⁴ just below: for displayed sums only."""
    return (
        Fraction((value.numerator << 64) // value.denominator, 1 << 64) if is_wide(value) else value
    )


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
    """The model's grid.

    The grid has:

    `frames` per chunk at a nominal `fps` (exact). Helios makes 33 frames per chunk.
    """

    frames: int = 33
    fps: Fraction = Fraction(24)

    @property
    def chunk(self) -> Fraction:
        """The nominal length of a chunk, in seconds."""
        return self.boundary(1)

    def boundary(self, chunk: int) -> Fraction:
        """Return the nominal time, in seconds, at which a chunk begins."""
        return Fraction(chunk * self.frames * self.fps.denominator, self.fps.numerator)

    def frame_at(self, seconds: Fraction) -> Fraction:
        """Return the exact frame at a time."""
        return seconds * self.fps

    def snap(self, seconds: Fraction, mode: Snap) -> int:
        """Return the chunk whose boundary represents a time.

        Args:
            seconds: Exact time since the score began, in seconds.
            mode: Rounding rule. `nearest` is ⌈x − 1/2⌉: a tie goes to the earlier chunk.
        """
        # x = above / below, in integers: this runs for every cue, and again in every run.
        above = seconds.numerator * self.fps.numerator
        below = seconds.denominator * self.fps.denominator * self.frames
        match mode:
            case Snap.FLOOR:
                return above // below
            case Snap.CEIL:
                return -(-above // below)
            case Snap.NEAREST:
                return -((below - 2 * above) // (2 * below))

    def snap_error(self, seconds: Fraction, chunk: int) -> Fraction:
        """Return how late a chunk's boundary is for a time, in seconds; negative if it is early."""
        # A difference costs little even if the denominator of `seconds` has thousands of bits; a
        # new fraction does not.
        return self.boundary(chunk) - seconds


def nanoseconds(seconds: Fraction) -> int:
    """Return integer nanoseconds, ties rounded up: for timestamps and wake times, not positions."""
    return floor(seconds * SECOND + Fraction(1, 2))
