"""Cues around one chunk: how far off they all are when the grid is turned by a phase, and the phase that turns out best.

Only where a cue stands within its chunk matters here, so cues are points on a circle as long as a chunk. Everything is
counted in integers of a unit fine enough that every point, middle and crossing falls on one: exact, and fast for many cues.
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

_FINE = 8
"""Halved three times on the way: opposite points, middles between two of them, middles and crossings between those."""


class Circle:
    """Points by their snap; a point is the phase (how much later everything comes) that puts its cue on a boundary."""

    def __init__(self, chunk: Fraction, cues: Iterable[tuple[Fraction, Snap]]) -> None:
        """`cues` are (seconds since the score began, snap)."""
        phases = [((-time) % chunk, snap) for time, snap in cues]
        self.unit = lcm(chunk.denominator, *(phase.denominator for phase, _ in phases)) * _FINE
        self.length = int(chunk * self.unit)
        self._floor = _Points(phase * self.unit for phase, snap in phases if snap is Snap.FLOOR)
        self._ceil = _Points(phase * self.unit for phase, snap in phases if snap is Snap.CEIL)
        self._nearest = _Points(phase * self.unit for phase, snap in phases if snap is Snap.NEAREST)

    def least_mean(self) -> Fraction:
        """The earliest phase with the least sum of errors: one that puts some cue on a boundary.

        Between two such phases the sum goes in a straight line, or bends downwards where a nearest boundary changes.
        """
        points = {0, *self._floor.points, *self._ceil.points, *self._nearest.points}
        return Fraction(min(sorted(points), key=self._sum), self.unit)

    def least_worst(self) -> Fraction:
        """The earliest phase with the least worst error.

        Between two bends the worst error is the larger of a rising and a falling line: least at an end or where they cross.
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
        for one, other in zip(opposite, [*opposite[1:], *(point + self.length for point in opposite[:1])], strict=True):
            bends.add((one + other) // 2 % self.length)
        return sorted(bends)

    def _slopes(self, start: int, middle: int) -> tuple[int, int]:
        """The larger rising and the larger falling error at the middle of a piece; -length where there is none."""
        rising = self._floor.farthest_behind(middle, self.length) if self._floor.points else -self.length
        falling = self._ceil.farthest_ahead(middle, self.length) if self._ceil.points else -self.length
        if self._nearest.points:
            here = self._nearest.farthest(middle, self.length)
            if self._nearest.farthest(start, self.length) <= here:
                rising = max(rising, here)
            else:
                falling = max(falling, here)
        return rising, falling

    def _worst(self, phase: int) -> int:
        length = self.length
        return max(
            self._floor.farthest_behind(phase, length),
            self._ceil.farthest_ahead(phase, length),
            self._nearest.farthest(phase, length),
        )

    def _sum(self, phase: int) -> int:
        length = self.length
        return (
            self._floor.sum_behind(phase, length) + self._ceil.sum_ahead(phase, length) + self._nearest.sum_near(phase, length)
        )


class _Points:
    """Sorted points on the circle, each as often as it occurs, with the sums of all before."""

    def __init__(self, points: Iterable[Fraction]) -> None:
        self.points = sorted(int(point) for point in points)
        self._sums = [0, *accumulate(self.points)]

    def farthest_behind(self, phase: int, length: int) -> int:
        """The longest way from a point forward to `phase`: how early `floor` is at worst."""
        if not self.points:
            return 0
        index = bisect_right(self.points, phase)
        return (phase - self.points[index % len(self.points)]) % length

    def farthest_ahead(self, phase: int, length: int) -> int:
        """The longest way from `phase` forward to a point: how late `ceil` is at worst."""
        if not self.points:
            return 0
        return (self.points[bisect_left(self.points, phase) - 1] - phase) % length

    def farthest(self, phase: int, length: int) -> int:
        """The longest of the shorter ways between `phase` and a point: how far off `nearest` is at worst."""
        if not self.points:
            return 0
        opposite = (phase + length // 2) % length
        index = bisect_left(self.points, opposite)
        return max(
            min((point - phase) % length, (phase - point) % length)
            for point in (self.points[index % len(self.points)], self.points[index - 1])
        )

    def sum_behind(self, phase: int, length: int) -> int:
        """The sum of the ways from every point forward to `phase`."""
        return len(self.points) * phase - self._sums[-1] + length * (len(self.points) - bisect_right(self.points, phase))

    def sum_ahead(self, phase: int, length: int) -> int:
        """The sum of the ways from `phase` forward to every point."""
        return self._sums[-1] - len(self.points) * phase + length * bisect_left(self.points, phase)

    def sum_near(self, phase: int, length: int) -> int:
        """The sum of the shorter ways between `phase` and every point."""
        half = length // 2
        total = 0
        for turn in (-length, 0, length):
            # The points of this turn within half a circle behind `phase`, and within half a circle ahead of it.
            low, high = phase - half - turn, phase - turn
            first, last = bisect_left(self.points, low), bisect_left(self.points, high)
            total += (last - first) * high - (self._sums[last] - self._sums[first])
            first, last = last, bisect_left(self.points, high + half)
            total += self._sums[last] - self._sums[first] - (last - first) * high
        return total


@dataclass(frozen=True, slots=True)
class Shift:
    """Everything `later` seconds later against the grid, 0 ≤ later < a chunk, with the errors that come of it.

    `upbeat` is a section that is exactly so long, to be played first (its `…` stands for a prompt); None for no shift and
    where a section cannot do it. Beside music, start the model `delay` seconds after it to the same end.
    """

    later: Fraction
    delay: Fraction
    upbeat: str | None
    errors: SnapErrors


@dataclass(frozen=True, slots=True)
class TempoForMark:
    """A tempo in place of the score's that puts a mark on the boundary of `chunk`; `change` is relative (0.01 is 1 % more)."""

    bpm: Fraction
    chunk: int
    change: Fraction


@dataclass(frozen=True, slots=True)
class Alignment:
    """What puts a mark on a chunk boundary. `time` is the mark's exact time, `error` what it has now (signed seconds)."""

    mark: str
    time: Fraction
    chunk: int
    error: Fraction
    now: SnapErrors
    shift: Shift
    tempi: tuple[TempoForMark, ...]


@dataclass(frozen=True, slots=True)
class BestPhase:
    """The shifts with the least mean error and with the least worst error of all cues whose time is known."""

    now: SnapErrors
    least_mean: Shift
    least_worst: Shift


def align(schedule: Schedule, mark: str) -> Alignment:
    """What puts a mark (`NAME`, `SECTION.NAME`, or a section's start by its `SECTION`) on a boundary, on its first pass.

    Raises UsageError for a mark that is not there, stands in several sections, or has no time before the run.
    """
    place = _find(schedule, mark)
    grid = schedule.grid
    chunk = grid.snap(place.time, schedule.snap)
    return Alignment(
        mark=place.name,
        time=place.time,
        chunk=chunk,
        error=grid.snap_error(place.time, chunk),
        now=errors_of(schedule),
        shift=shift_of(schedule, (-place.time) % grid.chunk),
        tempi=_tempi(schedule, place),
    )


def best_phase(schedule: Schedule) -> BestPhase:
    """The best shifts of a whole schedule, exactly; the earliest one of several."""
    cues = [(stretch.start + entry.offset, entry.snap) for stretch, entry in known_cues(schedule)]
    circle = Circle(schedule.grid.chunk, cues)
    return BestPhase(errors_of(schedule), shift_of(schedule, circle.least_mean()), shift_of(schedule, circle.least_worst()))


def shift_of(schedule: Schedule, later: Fraction) -> Shift:
    """Everything so much later, with what comes of it."""
    return Shift(later, (-later) % schedule.grid.chunk, _upbeat(schedule, later), errors_of(schedule, later))


def _upbeat(schedule: Schedule, later: Fraction) -> str | None:
    """A section so long, for the score to begin with. It opens with a prompt unless the score's own still opens chunk 0.

    None where there are no sections to put it before, beside outer music, which an upbeat would only move along with, and where
    a file keeps the time, whose own first bars an upbeat would take.
    """
    if schedule.clock.is_outer or schedule.clock.kind == "file" or schedule.stretches[0].section is None:
        return None
    length = _length(schedule, later) if later else None
    if length is None:
        return None
    first = next(known_cues(schedule), None)
    opens = first is not None and schedule.grid.snap(first[0].start + first[1].offset + later, first[1].snap) == 0
    return f"section upbeat {length} {{ }}" if opens else f'section upbeat {length} {{ at 1 "…" }}'


def _length(schedule: Schedule, later: Fraction) -> str | None:
    """A duration as the language writes it: in frames where they are whole, else in beats, else in seconds."""
    frames = schedule.grid.frame_at(later)
    if frames.denominator == 1:
        return f"{frames}f"
    clock = schedule.clock
    if clock.bpm is not None:
        return f"{later * clock.bpm / 60 / clock.meter.beat}b"
    shown = number(later)
    return None if "/" in shown else f"{shown}s"


# ---- marks ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """A mark found: its time, and how much of that time goes with the score's own tempo."""

    name: str
    time: Fraction
    musical: Fraction


def _find(schedule: Schedule, wanted: str) -> _Place:
    found: dict[str, _Place | None] = {}
    time = musical = Fraction(0)
    is_known = True
    for stretch in schedule.stretches:
        for name, offset, quarter in _names(stretch):
            here = musical + (offset if quarter is not None and _has_own_tempo(schedule, stretch) else 0)
            found.setdefault(name, _Place(name, time + offset, here) if is_known else None)
        time += stretch.seconds
        if stretch.quarters is not None and _has_own_tempo(schedule, stretch):
            musical += stretch.seconds
        is_known = is_known and not stretch.is_live
    fitting = [name for name in found if wanted == name or name.endswith(f".{wanted}")]
    if wanted in fitting:
        fitting = [wanted]
    if not fitting:
        raise UsageError(f"there is no mark or section {wanted}", _known(found))
    if len(fitting) > 1:
        raise UsageError(f"there are several marks {wanted}", f"say which one: {' or '.join(fitting)}")
    place = found[fitting[0]]
    if place is None:
        raise UsageError(
            f"{fitting[0]} stands behind a live section: where it falls is only known when that is left",
            "align something in front of it",
        )
    return place


def _names(stretch: Stretch) -> list[tuple[str, Fraction, Fraction | None]]:
    """The names of a stretch: its own, and its marks with the section's name before them."""
    start = [] if stretch.section is None else [(stretch.section, Fraction(0), Fraction(0))]
    before = "" if stretch.section is None else f"{stretch.section}."
    return start + [(f"{before}{mark.name}", mark.offset, mark.quarter) for mark in stretch.marks]


def _known(found: dict[str, _Place | None]) -> str:
    if not found:
        return "set one in an `at`: at 5 mark drop"
    names = list(found)
    more = "" if len(names) <= 12 else f" and {len(names) - 12} more"
    return f"there are: {', '.join(names[:12])}{more}"


def _has_own_tempo(schedule: Schedule, stretch: Stretch) -> bool:
    """Whether a stretch goes at the one tempo of the score's header."""
    return schedule.clock.bpm is not None and stretch.tempo == TempoMap.constant(schedule.clock.bpm)


def _tempi(schedule: Schedule, place: _Place) -> tuple[TempoForMark, ...]:
    """The tempi, one slower and one faster, that put a place on the boundaries around it."""
    bpm = schedule.clock.bpm
    if bpm is None or place.musical == 0:
        return ()
    below = floor(place.time / schedule.grid.chunk)
    found = []
    for chunk in (below, below + 1):
        # What does not go with the tempo stays; the rest is stretched until the place falls on the boundary.
        stretched = schedule.grid.boundary(chunk) - (place.time - place.musical)
        if stretched > 0:
            tempo = bpm * place.musical / stretched
            found.append(TempoForMark(tempo, chunk, tempo / bpm - 1))
    return tuple(found)
