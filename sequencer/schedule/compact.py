"""Write schedules whose exact times are long numbers without the times that follow from the rest.

With hundreds of tempi that have nothing in common, an exact time has hundreds or thousands of
digits, and a schedule has several such times for each cue. All but a few follow from others: a time
from its quarter and the tempo map, the start of a tempo from the one before it, a snap error from
the time and its chunk, a section's start from the sections before it. `compacted` replaces them by
`FOLLOWS`, a value that does not occur otherwise, and `expanded` computes them again, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from sequencer.core.errors import ScheduleError
from sequencer.core.timebase import ChunkGrid, TempoMap, TempoSegment
from sequencer.core.wide_numbers import MAX_TIME_BITS, is_wide
from sequencer.schedule.model import Entry, Mark, Schedule, Send, Stretch
from sequencer.schedule.takes import grid_with_cuts

FOLLOWS = Fraction(-1)
"""Replaces a time that follows from others.

No time is negative; a snap error of −1 s is recomputed to the same value.
"""

_Timed = TypeVar("_Timed", Entry, Send, Mark)


def has_long_numbers(schedule: Schedule) -> bool:
    """Return whether a schedule is better written compacted."""
    return any(
        is_wide(stretch.start)
        or is_wide(stretch.seconds)
        or any(is_wide(one) for one in _times(stretch))
        for stretch in schedule.stretches
    )


def _times(stretch: Stretch) -> Iterator[Fraction]:
    if stretch.tempo is not None:
        yield stretch.tempo.segments[-1].seconds
    for entry in stretch.entries:
        yield entry.offset


def compacted(schedule: Schedule) -> Schedule:
    """Return the schedule with `FOLLOWS` for every time that follows from others."""
    stretches: list[Stretch] = []
    start = Fraction(0)
    for stretch in schedule.stretches:
        follows = stretch.start == start
        start = stretch.start + stretch.seconds
        tempo = stretch.tempo
        length = _at(tempo, stretch.quarters)
        stretches.append(
            replace(
                stretch,
                start=FOLLOWS if follows else stretch.start,
                soonest=FOLLOWS if stretch.soonest == stretch.start else stretch.soonest,
                seconds=FOLLOWS if length == stretch.seconds else stretch.seconds,
                tempo=None if tempo is None else _without_starts(tempo),
                entries=tuple(
                    _compact_entry(one, stretch, schedule.grid) for one in stretch.entries
                ),
                sends=tuple(_compact_time(one, tempo) for one in stretch.sends),
                marks=tuple(_compact_time(one, tempo) for one in stretch.marks),
            )
        )
    return replace(schedule, stretches=tuple(stretches))


def _at(tempo: TempoMap | None, quarter: Fraction | None) -> Fraction | None:
    return None if tempo is None or quarter is None else tempo.seconds_at(quarter)


def _without_starts(tempo: TempoMap) -> TempoMap:
    whole = _with_starts(tempo)
    if whole != tempo:
        return tempo
    first, *rest = tempo.segments
    return TempoMap((first, *(replace(one, seconds=FOLLOWS) for one in rest)))


def _with_starts(tempo: TempoMap) -> TempoMap:
    """Return the map with the start of each segment in seconds.

    Each start is computed from the segment before it.
    """
    segments: list[TempoSegment] = []
    seconds = Fraction(0)
    for segment in tempo.segments:
        segments.append(replace(segment, seconds=seconds))
        if segment.length is not None:
            seconds = _bounded(segments[-1].seconds_at(segment.quarter + segment.length))
    return TempoMap(tuple(segments))


def _compact_time(timed: _Timed, tempo: TempoMap | None) -> _Timed:
    return replace(timed, offset=FOLLOWS) if _at(tempo, timed.quarter) == timed.offset else timed


def _compact_entry(entry: Entry, stretch: Stretch, grid: ChunkGrid) -> Entry:
    if grid.snap_error(stretch.start + entry.offset, entry.chunk) != entry.error:
        return entry
    return replace(_compact_time(entry, stretch.tempo), error=FOLLOWS)


def expanded(schedule: Schedule) -> Schedule:
    """Return the schedule with every time that `compacted` left out.

    Raises ScheduleError if one cannot be computed.
    """
    stretches: list[Stretch] = []
    start = Fraction(0)
    for stretch in schedule.stretches:
        tempo = stretch.tempo
        if tempo is not None and any(one.seconds == FOLLOWS for one in tempo.segments):
            tempo = _with_starts(tempo)
        seconds = (
            _given(_at(tempo, stretch.quarters)) if stretch.seconds == FOLLOWS else stretch.seconds
        )
        begins = start if stretch.start == FOLLOWS else stretch.start
        start = _bounded(begins + seconds)
        stretches.append(
            replace(
                stretch,
                start=begins,
                soonest=begins if stretch.soonest == FOLLOWS else stretch.soonest,
                seconds=seconds,
                tempo=tempo,
                entries=tuple(_whole_time(one, tempo) for one in stretch.entries),
                sends=tuple(_whole_time(one, tempo) for one in stretch.sends),
                marks=tuple(_whole_time(one, tempo) for one in stretch.marks),
            )
        )
    grid = grid_with_cuts(schedule.grid, stretches)
    whole = tuple(
        replace(one, entries=tuple(_whole_entry(entry, one.start, grid) for entry in one.entries))
        for one in stretches
    )
    return replace(schedule, grid=grid, stretches=whole)


def _given(value: Fraction | None) -> Fraction:
    if value is None:
        raise ScheduleError(
            "this schedule cannot be read: a time is missing that cannot be derived",
            "compile the score again",
        )
    return value


def _bounded(value: Fraction) -> Fraction:
    """Return a time unless it has more digits than any time of a score.

    A file from anybody must not fill the memory.
    """
    if value.denominator.bit_length() > MAX_TIME_BITS:
        raise ScheduleError(
            "this schedule cannot be read: a time has too many digits", "compile the score again"
        )
    return value


def _whole_time(timed: _Timed, tempo: TempoMap | None) -> _Timed:
    return (
        replace(timed, offset=_given(_at(tempo, timed.quarter)))
        if timed.offset == FOLLOWS
        else timed
    )


def _whole_entry(entry: Entry, start: Fraction, grid: ChunkGrid) -> Entry:
    return (
        replace(entry, error=grid.snap_error(start + entry.offset, entry.chunk))
        if entry.error == FOLLOWS
        else entry
    )
