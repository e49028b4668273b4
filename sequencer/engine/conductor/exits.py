"""Find where a live stretch can be left: a bar line, or a chunk if it has no beats."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sequencer.engine.conductor.passes import Pass
    from sequencer.engine.conductor.plan import Plan


def find_exit(plan: Plan, current: Pass, reach: int, passed: int | None = None) -> Fraction | None:
    """Return the first bar line (or chunk, without beats) at which a pass can be left.

    Args:
        plan: The plan.
        current: The pass.
        reach: The bar line lands at this score chunk or later.
        passed: In a run that follows a clock: the nanosecond up to which messages were issued
            to MIDI devices. The bar line comes after it, even if the model is so late that an
            earlier one could still be reached.

    Returns:
        Its nominal score time. None if the pass ends before that: it then ends by itself.
    """
    at = find_exit_beyond_end(plan, current, reach, passed)
    return at if at < current.end else None


def find_exit_beyond_end(
    plan: Plan, current: Pass, reach: int, passed: int | None = None
) -> Fraction:
    """Return that bar line, counted on after the end of the pass if it is not within it."""
    grid, stretch = plan.grid, current.stretch
    if stretch.meters is None or stretch.tempo is None:
        return find_time_without_beats(plan, current, reach, passed)
    meters, tempo = stretch.meters, stretch.tempo

    def time_of(bar: int) -> Fraction:
        return current.start + tempo.seconds_at(meters.bar_start(bar))

    def can_leave_at(bar: int) -> bool:
        return _can_leave(plan, current, time_of(bar), meters.bar_start(bar), reach, passed=passed)

    if plan.follow is not None:
        return time_of(_first_bar(can_leave_at))
    earliest = max(Fraction(0), grid.boundary(reach) - grid.chunk - current.start)
    bar = max(1, meters.bar_beat_at(tempo.quarter_at(earliest)).bar - 1)
    while not can_leave_at(bar):
        bar += 1
    return time_of(bar)


def _first_bar(can_leave_at: Callable[[int], bool]) -> int:
    """Return the first bar, from 1, at which a pass can be left; it can be left at all later ones.

    A section may last for thousands of bars, and whoever displays a run asks many times a second.
    """
    before, bar = 0, 1
    while not can_leave_at(bar):
        before, bar = bar, 2 * bar
    while bar - before > 1:
        middle = (before + bar) // 2
        if can_leave_at(middle):
            bar = middle
        else:
            before = middle
    return bar


def find_time_without_beats(plan: Plan, current: Pass, reach: int, passed: int | None) -> Fraction:
    """Return the first time of a pass without beats at which it can be left."""
    at = max(_seen_at(plan, reach, is_exact=passed is not None), current.start)
    if plan.follow is None or passed is None:
        return at
    gone = plan.follow.score_seconds_at(passed)
    at = at if gone is None else max(at, _thousandths(gone))
    if plan.follow.stopped_for is not None or _can_leave(
        plan, current, at, None, reach, passed=passed
    ):
        return at
    return at + Fraction(1, 1000)  # it was rounded down


def _seen_at(plan: Plan, chunk: int, is_exact: bool) -> Fraction:
    """Return the score time that a chunk shows: its own, or the clock's at that moment.

    Earlier revisions (unless `is_exact`) used the chunk's own time in a run that follows wall
    time, which is over before the chunk is shown.
    """
    nominal = plan.grid.boundary(chunk)
    if plan.follow is None or not (is_exact or plan.schedule.clock.counts_seconds):
        return nominal
    time = plan.follow.boundary_of(chunk)
    second = (
        None if time is None else plan.follow.score_seconds_at(round(time) - plan.follow.offset)
    )
    return nominal if second is None else _thousandths(second)


def _can_leave(
    plan: Plan,
    current: Pass,
    at: Fraction,
    quarter: Fraction | None,
    reach: int,
    *,
    passed: int | None,
) -> bool:
    """Return whether a pass can be left at a nominal score time (at `quarter`, if not None)."""
    if plan.follow is None:
        return plan.chunk_at(at) >= reach
    time = plan.follow.time_of(float(current.quarter_of(quarter, at)), float(at))
    if time is None:
        return True
    chunk = plan.follow.chunk_at(time, plan.schedule.snap)
    return (chunk is None or chunk >= reach) and (passed is None or time > passed)


def _thousandths(seconds: float) -> Fraction:
    return Fraction(seconds).limit_denominator(1000)
