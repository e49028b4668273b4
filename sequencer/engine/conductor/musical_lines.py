"""Find the first bar line or beat that can still be reached, as in clip launching.

The lines of a pass are counted from its start, which is the first of them; after its end those of
the next pass follow. `find_line` is used for quantised rules, and fits everything else that has to
land on a bar line or beat.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sequencer.core.timebase import MeterMap, TempoMap
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.plan import Plan
from sequencer.schedule.model import Quantisation


@dataclass(frozen=True, slots=True)
class MusicalLine:
    """A bar line or beat of a pass.

    `quarter` counts from the start of the pass (None if the pass has no beats), `time` is the exact
    nominal score time in seconds.
    """

    current: Pass
    quarter: Fraction | None
    time: Fraction


def find_line(
    plan: Plan, current: Pass, every: Quantisation, reach: int, after: int
) -> MusicalLine | None:
    """Return the first bar line or beat that lands on a score chunk in reach.

    Args:
        plan: The plan of the run.
        current: The pass in which to begin; the lines of later passes follow.
        every: Which bar lines or beats count.
        reach: The first score chunk in reach.
        after: In a run that follows a clock, the line comes after this nanosecond, even if the
            model is so late that an earlier one could still be reached.

    Returns:
        The line; None if the score ends before there is one.
    """
    for one in plan.passes[current.number :]:
        found = find_line_in_pass(plan, one, every, reach, after)
        if found is not None:
            return found
    return None


def find_line_in_pass(
    plan: Plan, one: Pass, every: Quantisation, reach: int, after: int
) -> MusicalLine | None:
    """Return the first line of one pass, as `find_line` does for all from a pass on."""
    meters, tempo = one.stretch.meters, one.stretch.tempo
    if meters is None or tempo is None:
        start = MusicalLine(one, None, one.start)
        return start if plan.can_land(one, None, one.start, reach, after) else None
    low, high = 0, _count(one, meters, tempo, every)
    count = high
    while low < high:  # whether a line is in reach never changes back
        middle = (low + high) // 2
        line = _line(one, meters, tempo, every, middle)
        if plan.can_land(one, line.quarter, line.time, reach, after):
            high = middle
        else:
            low = middle + 1
    if low == count:
        return None
    line = _line(one, meters, tempo, every, low)
    if plan.follow is None and plan.chunk_at(line.time) >= plan.end_chunk():
        return None
    return line


def _line(
    one: Pass, meters: MeterMap, tempo: TempoMap, every: Quantisation, number: int
) -> MusicalLine:
    """Return a line of a pass, numbered from 0."""
    index = number * every.count
    quarter = meters.bar_start(index) if every.unit == "bars" else _beat_start(meters, index)
    return MusicalLine(one, quarter, one.start + tempo.seconds_at(quarter))


def _count(one: Pass, meters: MeterMap, tempo: TempoMap, every: Quantisation) -> int:
    """Return the number of lines of a pass before its end."""
    end = one.end - one.start
    last = meters.bar_beat_at(tempo.quarter_at(end))
    if every.unit == "bars":
        index = last.bar - 1
    else:
        index = _beats_before(meters, last.bar - 1) + last.beat - 1
    # In a ramp a quarter is computed from a time with a tiny error, so the last line is compared.
    count = index // every.count + 2
    while count > 0 and _line(one, meters, tempo, every, count - 1).time >= one.end:
        count -= 1
    return count


def _beats_before(meters: MeterMap, bar: int) -> int:
    """Return how many beats there are before a bar, which is counted from 0."""
    beats = 0
    ends = [first for first, _ in meters.changes[1:]]
    for (first, meter), end in zip(meters.changes, [*ends, bar], strict=True):
        if first >= bar:
            break
        beats += (min(end, bar) - first) * meter.numerator
    return beats


def _beat_start(meters: MeterMap, index: int) -> Fraction:
    """Return where a beat begins, in quarters; beats are counted from 0 through all bars."""
    before = 0
    for number, (first, meter) in enumerate(meters.changes):
        following = meters.changes[number + 1][0] if number + 1 < len(meters.changes) else None
        beats = None if following is None else (following - first) * meter.numerator
        if beats is None or index < before + beats:
            return meters.starts[number] + (index - before) * meter.beat
        before += beats
    raise AssertionError("a meter map has a last meter")
