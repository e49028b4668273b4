"""Snap errors of all cues when the score is shifted against the chunk grid.

The best shift (phase) is the one with the least errors.

Only the position of a cue within its chunk matters here, so cues are points on a circle as long as
a chunk. Everything is counted in integers of a unit so fine that every point, midpoint and crossing
is a whole number of units: exact, and fast for many cues.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import floor, lcm

from sequencer.core.errors import UsageError
from sequencer.core.timebase import Snap, TempoMap
from sequencer.reports.grid.snap_errors import SnapErrors, errors_of, known_cues
from sequencer.schedule.describe import number
from sequencer.schedule.model import Schedule, Stretch

_SUBDIVISION = 8
"""Three halvings: opposite points, midpoints between two of them, and the points between those.

The points between those are their midpoints and crossings.
"""


class PhaseCircle:
    """Points by the snap of their cues.

    A point is the phase (how much later everything is) that puts its cue on a boundary.

    The rounding of each snap mode is that of `ChunkGrid.snap`.
    """

    def __init__(self, chunk: Fraction, cues: Iterable[tuple[Fraction, Snap]]) -> None:
        """Initialise from the length of a chunk and `cues`.

        Each cue is a pair:

        (seconds since the score began, snap).
        """
        phases = [((-time) % chunk, snap) for time, snap in cues]
        self.unit = (
            lcm(chunk.denominator, *(phase.denominator for phase, _ in phases)) * _SUBDIVISION
        )
        self.length = int(chunk * self.unit)
        self._floor = _Points(phase * self.unit for phase, snap in phases if snap is Snap.FLOOR)
        self._ceil = _Points(phase * self.unit for phase, snap in phases if snap is Snap.CEIL)
        self._nearest = _Points(phase * self.unit for phase, snap in phases if snap is Snap.NEAREST)

    def least_mean(self) -> Fraction:
        """Return the earliest phase with the least sum of errors; it puts a cue on a boundary.

        Between two such phases the sum is a straight line, or bends downwards where a nearest
        boundary changes.
        """
        points = {0, *self._floor.points, *self._ceil.points, *self._nearest.points}
        return Fraction(min(sorted(points), key=self._sum), self.unit)

    def least_worst(self) -> Fraction:
        """Return the earliest phase with the least worst error.

        Between two bends the worst error is the larger of a rising and a falling line: it is least
        at an end or where they cross.
        """
        bends = self._bends()
        found = [(self._worst(at), at) for at in bends]
        for start, stop in zip(bends, [*bends[1:], self.length], strict=True):
            middle = (start + stop) // 2
            rising, falling = self._slopes(start, middle)
            cross = middle + (falling - rising) // 2
            if start < cross < stop:
                found.append((self._worst(cross), cross))
        return Fraction(min(found)[1], self.unit)

    def _bends(self) -> list[int]:
        half = self.length // 2
        opposite = sorted({(point + half) % self.length for point in self._nearest.points})
        bends = {0, *self._floor.points, *self._ceil.points, *self._nearest.points, *opposite}
        for one, other in zip(
            opposite, [*opposite[1:], *(point + self.length for point in opposite[:1])], strict=True
        ):
            bends.add((one + other) // 2 % self.length)
        return sorted(bends)

    def _slopes(self, start: int, middle: int) -> tuple[int, int]:
        """Return the larger rising and falling errors at the middle of a segment.

        An error that does not exist is -length.
        """
        rising = (
            self._floor.max_distance_before(middle, self.length)
            if self._floor.points
            else -self.length
        )
        falling = (
            self._ceil.max_distance_after(middle, self.length)
            if self._ceil.points
            else -self.length
        )
        if self._nearest.points:
            here = self._nearest.max_distance(middle, self.length)
            if self._nearest.max_distance(start, self.length) <= here:
                rising = max(rising, here)
            else:
                falling = max(falling, here)
        return rising, falling

    def _worst(self, phase: int) -> int:
        length = self.length
        return max(
            self._floor.max_distance_before(phase, length),
            self._ceil.max_distance_after(phase, length),
            self._nearest.max_distance(phase, length),
        )

    def _sum(self, phase: int) -> int:
        length = self.length
        return (
            self._floor.distance_sum_before(phase, length)
            + self._ceil.distance_sum_after(phase, length)
            + self._nearest.distance_sum(phase, length)
        )


class _Points:
    """Sorted points on the circle, repeated as often as they occur, with their cumulative sums."""

    def __init__(self, points: Iterable[Fraction]) -> None:
        self.points = sorted(int(point) for point in points)
        self._sums = [0, *accumulate(self.points)]

    def max_distance_before(self, phase: int, length: int) -> int:
        """Return the longest distance from a point forward to `phase`.

        This is how early `floor` is at worst.
        """
        if not self.points:
            return 0
        index = bisect_right(self.points, phase)
        return (phase - self.points[index % len(self.points)]) % length

    def max_distance_after(self, phase: int, length: int) -> int:
        """Return the longest distance from `phase` forward to a point.

        This is how late `ceil` is at worst.
        """
        if not self.points:
            return 0
        return (self.points[bisect_left(self.points, phase) - 1] - phase) % length

    def max_distance(self, phase: int, length: int) -> int:
        """Return the longest of the shorter distances between `phase` and a point.

        This is how far off `nearest` is at worst.
        """
        if not self.points:
            return 0
        opposite = (phase + length // 2) % length
        index = bisect_left(self.points, opposite)
        return max(
            min((point - phase) % length, (phase - point) % length)
            for point in (self.points[index % len(self.points)], self.points[index - 1])
        )

    def distance_sum_before(self, phase: int, length: int) -> int:
        """Return the sum of the distances from every point forward to `phase`."""
        return (
            len(self.points) * phase
            - self._sums[-1]
            + length * (len(self.points) - bisect_right(self.points, phase))
        )

    def distance_sum_after(self, phase: int, length: int) -> int:
        """Return the sum of the distances from `phase` forward to every point."""
        return self._sums[-1] - len(self.points) * phase + length * bisect_left(self.points, phase)

    def distance_sum(self, phase: int, length: int) -> int:
        """Return the sum of the shorter distances between `phase` and every point."""
        half = length // 2
        total = 0
        for turn in (-length, 0, length):
            # The points of this turn within half a circle before `phase`, and within half a circle
            # after it.
            low, high = phase - half - turn, phase - turn
            first, last = bisect_left(self.points, low), bisect_left(self.points, high)
            total += (last - first) * high - (self._sums[last] - self._sums[first])
            first, last = last, bisect_left(self.points, high + half)
            total += self._sums[last] - self._sums[first] - (last - first) * high
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Everything moved `later` seconds later against the grid, with the resulting errors.

    `later` is at least 0 and less than a chunk.

    `upbeat` is a section of exactly this length, to be played first (its `…` is a placeholder for a
    prompt). It is None without a shift, and where a section cannot have this effect. With music,
    starting the model `delay` seconds after the music has the same effect.
    """

    later: Fraction
    delay: Fraction
    upbeat: str | None
    errors: SnapErrors


@dataclass(frozen=True, slots=True)
class TempoForMark:
    """A tempo to use instead of the score's: it puts a mark on the boundary of `chunk`.

    `change` is relative: 0.01 is +1 %.
    """

    bpm: Fraction
    chunk: int
    change: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """What puts a mark on a chunk boundary.

    `time` is the mark's exact time, `error` its present error in signed seconds.
    """

    mark: str
    time: Fraction
    chunk: int
    error: Fraction
    now: SnapErrors
    shift: Shift
    tempi: tuple[TempoForMark, ...]


@dataclass(frozen=True, slots=True)
class BestPhase:
    """The shifts with the least mean error and the least worst error.

    They are those of all cues whose time is known.
    """

    now: SnapErrors
    least_mean: Shift
    least_worst: Shift


def align(schedule: Schedule, mark: str) -> Alignment:
    """Return what puts a mark on a chunk boundary, in its first pass.

    Args:
        schedule: The compiled score.
        mark: `NAME`, `SECTION.NAME`, or `SECTION` for the start of a section.

    Raises:
        UsageError: The mark does not exist, exists in several sections, or has no time that is
            known before the run; or the first chunk of a take is shorter.
    """
    _require_even_chunks(schedule, "--align")
    position = _find_mark(schedule, mark)
    grid = schedule.grid
    chunk = grid.snap(position.time, schedule.snap)
    return Alignment(
        mark=position.name,
        time=position.time,
        chunk=chunk,
        error=grid.snap_error(position.time, chunk),
        now=errors_of(schedule),
        shift=shift_of(schedule, (-position.time) % grid.chunk),
        tempi=_tempi_for_mark(schedule, position),
    )


def best_phase(schedule: Schedule) -> BestPhase:
    """Return the best shifts of a complete schedule, exact; the earliest of equally good ones.

    Raises UsageError if the first chunk of a take is shorter.
    """
    _require_even_chunks(schedule, "--best-phase")
    cues = [(stretch.start + entry.offset, entry.snap) for stretch, entry in known_cues(schedule)]
    circle = PhaseCircle(schedule.grid.chunk, cues)
    return BestPhase(
        errors_of(schedule),
        shift_of(schedule, circle.least_mean()),
        shift_of(schedule, circle.least_worst()),
    )


def _require_even_chunks(schedule: Schedule, option: str) -> None:
    """Raise UsageError if chunks have different lengths: no shift then has one effect."""
    if schedule.grid.first is not None:
        raise UsageError(
            f"check {option}: with a grid with `first`, chunks have different lengths",
            "move the cues themselves; check --grid lists their snap errors",
        )


def shift_of(schedule: Schedule, later: Fraction) -> Shift:
    """Return the shift of everything by `later` seconds, with the resulting errors."""
    return Shift(
        later=later,
        delay=(-later) % schedule.grid.chunk,
        upbeat=_upbeat_section(schedule, later),
        errors=errors_of(schedule, later),
    )


def _upbeat_section(schedule: Schedule, later: Fraction) -> str | None:
    """Return a section of this length for the score to begin with.

    It opens with a prompt unless the score's own first prompt still opens chunk 0. It is None
    without sections to put it before; with an external clock, because an upbeat would only move
    along with its music; and where a MIDI file provides the tempo map, because an upbeat would take
    up the file's first bars.
    """
    if (
        schedule.clock.is_external
        or schedule.clock.kind == "file"
        or schedule.stretches[0].section is None
    ):
        return None
    length = _format_duration(schedule, later) if later else None
    if length is None:
        return None
    first = next(known_cues(schedule), None)
    opens = (
        first is not None
        and schedule.grid.snap(first[0].start + first[1].offset + later, first[1].snap) == 0
    )
    return f"section upbeat {length} {{ }}" if opens else f'section upbeat {length} {{ at 1 "…" }}'


def _format_duration(schedule: Schedule, later: Fraction) -> str | None:
    """Return a duration as the language writes it: in whole frames, else in beats or seconds.

    Beats have priority over seconds.
    """
    frames = schedule.grid.frame_at(later)
    if frames.denominator == 1:
        return f"{frames}f"
    clock = schedule.clock
    if clock.bpm is not None:
        return f"{later * clock.bpm / 60 / clock.meter.beat}b"
    shown = number(later)
    return None if "/" in shown else f"{shown}s"


# ---- marks ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _MarkPosition:
    """A mark that was found: its time, and how much of it scales with the score's own tempo."""

    name: str
    time: Fraction
    musical: Fraction


def _find_mark(schedule: Schedule, wanted: str) -> _MarkPosition:
    found: dict[str, _MarkPosition | None] = {}
    time = musical = Fraction(0)
    is_known = True
    for stretch in schedule.stretches:
        for name, offset, quarter in _mark_names(stretch):
            here = musical + (
                offset if quarter is not None and _has_own_tempo(schedule, stretch) else 0
            )
            found.setdefault(name, _MarkPosition(name, time + offset, here) if is_known else None)
        time += stretch.seconds
        if stretch.quarters is not None and _has_own_tempo(schedule, stretch):
            musical += stretch.seconds
        is_known = is_known and not stretch.is_live
    fitting = [name for name in found if wanted == name or name.endswith(f".{wanted}")]
    if wanted in fitting:
        fitting = [wanted]
    if not fitting:
        raise UsageError(f"there is no mark or section {wanted}", _mark_hint(found))
    if len(fitting) > 1:
        raise UsageError(
            f"there are several marks {wanted}", f"specify one: {' or '.join(fitting)}"
        )
    position = found[fitting[0]]
    if position is None:
        raise UsageError(
            (
                f"{fitting[0]} is after a live section: its time is known only when that section "
                "is left"
            ),
            "align something before it",
        )
    return position


def _mark_names(stretch: Stretch) -> list[tuple[str, Fraction, Fraction | None]]:
    """Return the names of a stretch and of its marks, prefixed with the section's name."""
    start = [] if stretch.section is None else [(stretch.section, Fraction(0), Fraction(0))]
    before = "" if stretch.section is None else f"{stretch.section}."
    return start + [(f"{before}{mark.name}", mark.offset, mark.quarter) for mark in stretch.marks]


def _mark_hint(found: dict[str, _MarkPosition | None]) -> str:
    if not found:
        return "set one in an `at`: at 5 mark drop"
    names = list(found)
    more = "" if len(names) <= 12 else f" and {len(names) - 12} more"
    return f"there are: {', '.join(names[:12])}{more}"


def _has_own_tempo(schedule: Schedule, stretch: Stretch) -> bool:
    """Return whether a stretch is played at the constant tempo of the score's header."""
    return schedule.clock.bpm is not None and stretch.tempo == TempoMap.constant(schedule.clock.bpm)


def _tempi_for_mark(schedule: Schedule, position: _MarkPosition) -> tuple[TempoForMark, ...]:
    """Return the tempi, one slower and one faster, that put a position on a boundary.

    These are the boundaries before and after the position.
    """
    bpm = schedule.clock.bpm
    if bpm is None or position.musical == 0:
        return ()
    below = floor(position.time / schedule.grid.chunk)
    found = []
    for chunk in (below, below + 1):
        # Time that does not depend on the tempo stays; the rest is stretched until the position is
        # on the boundary.
        stretched = schedule.grid.boundary(chunk) - (position.time - position.musical)
        if stretched > 0:
            tempo = bpm * position.musical / stretched
            found.append(TempoForMark(tempo, chunk, tempo / bpm - 1))
    return tuple(found)
