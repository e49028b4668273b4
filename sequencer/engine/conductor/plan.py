"""The plan: which passes are played when, and the deliveries still to be committed, in order of exact time.

A plan always extends to the end of the score, as if every live stretch lasted its max. When a live stretch is left,
everything after it is rebuilt.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from sequencer.core.timebase import Snap
from sequencer.engine.conductor.clock_sync import ClockSync
from sequencer.engine.conductor.deliveries import Delivery, Status, kind_of
from sequencer.schedule.describe import firing_by_name
from sequencer.schedule.model import CueAct, CutAct, RuleEntry, Schedule, Stretch

UNPLACED = 1 << 40
"""The chunk of what cannot be placed yet in a run that follows a clock."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One stretch as it is played.

    Attributes:
        start: Exact nominal score time in seconds.
        end: Exact nominal score time in seconds.
        quarter: Where it starts, in quarters since the score began. These are nominal if its length was not written in beats.
    """

    number: int
    stretch: Stretch
    start: Fraction
    end: Fraction
    quarter: Fraction = Fraction(0)
    counts_seconds: bool = False
    """Whether the clock counts seconds instead of quarters (time code)."""
    left_at: Fraction | None = None
    """The quarter of the pass at which it was left, if that was a bar line."""

    def quarter_of(self, inside: Fraction | None, seconds: Fraction) -> Fraction:
        """Return the quarter of a position.

        Args:
            inside: Its quarter within the pass; None for a position given in seconds.
            seconds: Its nominal score time.
        """
        return self.quarter_at(seconds) if inside is None or self.counts_seconds else self.quarter + inside

    def quarter_at(self, seconds: Fraction) -> Fraction:
        """Return the quarter of a nominal score time of this pass."""
        inside = seconds - self.start
        if self.counts_seconds:
            return self.quarter + inside
        if self.stretch.tempo is None:
            return self.quarter + inside * NOMINAL_QUARTERS
        return self.quarter + self.stretch.tempo.quarter_at(max(Fraction(0), inside))

    @property
    def end_quarter(self) -> Fraction:
        """Where it ends, in quarters since the score began."""
        if self.left_at is not None:
            return self.quarter + self.left_at
        if self.stretch.quarters is not None and not self.counts_seconds and self.end - self.start == self.stretch.seconds:
            return self.quarter + self.stretch.quarters
        return self.quarter_at(self.end)


_ZERO = Fraction(0)
NOMINAL_QUARTERS = Fraction(2)
"""Quarters per second of a stretch without a tempo (120 bpm)."""


class Plan:
    """The passes and deliveries of a run.

    `lines` holds every delivery, `waiting` those not committed yet, by exact time.
    """

    def __init__(self, schedule: Schedule, follow: ClockSync | None = None, is_newest: bool = True) -> None:
        """Create the plan of a run.

        Args:
            schedule: The schedule that is played.
            follow: The clock that the run follows, or None for a fixed run.
            is_newest: Whether to act as the newest revision does: a pass that is left at a bar line ends at the exact quarter
                of that bar line, and positions in seconds are predicted separately from positions in beats.
        """
        self.schedule = schedule
        self._is_newest = is_newest
        self.follow = follow
        self.passes: list[Pass] = []
        self.lines: list[Delivery] = []
        self.waiting: list[Delivery] = []
        self._cursor = 0
        self._numbers = 0
        self._cuts: deque[Delivery] = deque()
        self._starts: list[int] = []
        self._uncertain: list[int | None] = []
        self._end = 0
        self._before_jump = 0
        """The number of the last delivery that was created before the clock was moved."""
        self._kept_end = 0
        """The chunk after the last one to which something was committed before a pass was left, and stays committed."""
        self._began: dict[int, float] = {}
        self.append_passes(0, Fraction(0), Fraction(0))

    # ---- building --------------------------------------------------------------------------------------------------

    def append_passes(self, stretch: int, start: Fraction, quarter: Fraction) -> None:
        """Append passes from a stretch to the end of `play`, beginning at an exact time and quarter."""
        fresh: list[Delivery] = []
        grid = self.schedule.grid
        for one in self.schedule.stretches[stretch:]:
            current = Pass(len(self.passes), one, start, start + one.seconds, quarter, self.schedule.clock.counts_seconds)
            self.passes.append(current)
            for entry in one.entries:
                line = Delivery(
                    number=self._number(),
                    time=start + entry.offset,
                    nominal=grid.snap(start + entry.offset, entry.snap) if self.follow is None else UNPLACED,
                    acts=entry.acts,
                    snap=entry.snap,
                    place=entry.place,
                    section=one.section,
                    laid_in=current,
                    origin=entry.origin,
                    occurrence=one.occurrence,
                    entry=entry.id,
                    quarter=entry.quarter,
                    open={kind_of(act) for act in entry.acts},
                )
                fresh.append(line)
            start, quarter = current.end, current.end_quarter
        # By chunk and then by time: a cue that snaps up must not hold back a later one that snaps down.
        fresh.sort(key=lambda line: (line.nominal, line.time))
        self.lines += fresh
        self.waiting += fresh
        self._index()

    def _index(self) -> None:
        """Update where passes start, where the next uncertain pass is, and which deliveries cut."""
        grid, snap = self.schedule.grid, self.schedule.snap
        self._starts = [grid.snap(one.start, snap) for one in self.passes]
        self._uncertain = [None] * len(self.passes)
        following: int | None = None
        for number in range(len(self.passes) - 1, -1, -1):
            stretch = self.passes[number].stretch
            if stretch.is_live or any(rule.changes_prompts for rule in stretch.rules):
                following = number
            self._uncertain[number] = following
        self._cuts = deque(line for line in self.waiting[self._cursor :] if _cuts(line))
        last = self.waiting[-1].nominal + 1 if self.waiting else 1
        self._end = max(ceil(self.passes[-1].end / grid.chunk), last, self._kept_end)
        if self.follow is not None:
            self._starts = [0, *[UNPLACED] * (len(self.passes) - 1)]
            self._end = UNPLACED

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def leave_pass(self, current: Pass, at: Fraction, following: int, reason: str, quarter: Fraction | None = None) -> None:
        """Leave a pass at an exact time and continue with stretch `following`, rebuilt from there (at `quarter`, if given)."""
        kept = self.waiting[self._cursor :]
        for line in kept:
            if line.time >= at and line.pass_number == current.number:
                line.finish(Status.SKIPPED, reason)
        replaced = {line.number for line in kept if line.pass_number > current.number}
        self.lines = [line for line in self.lines if line.number not in replaced]
        self.waiting = [line for line in kept if line.time < at and line.pass_number <= current.number]
        self._cursor = 0
        stays = [
            line.chunk
            for line in self.lines
            if line.chunk is not None
            and line.rule is None
            and line.status is not Status.SKIPPED
            and (line.pass_number < current.number or (line.pass_number == current.number and line.time < at))
        ]
        self._kept_end = max(stays, default=-1) + 1
        del self.passes[current.number :]
        self.passes.append(replace(current, end=at, left_at=self._bar_line(current, at) if self._is_newest else None))
        self.append_passes(following, at, self.passes[-1].end_quarter if quarter is None else quarter)

    @staticmethod
    def _bar_line(current: Pass, at: Fraction) -> Fraction | None:
        """Return the exact quarter of a pass at a time if a bar begins there: in a ramp it cannot be computed from the time."""
        stretch = current.stretch
        if stretch.meters is None or stretch.tempo is None or at < current.start:
            return None
        near = stretch.meters.bar_beat_at(stretch.tempo.quarter_at(at - current.start)).bar
        lines = (stretch.meters.bar_start(bar) for bar in (near - 1, near))
        return next((line for line in lines if current.start + stretch.tempo.seconds_at(line) == at), None)

    def relocate(self, quarter: Fraction, reach: int) -> Delivery | None:
        """Rebuild the plan after the clock jumped to a quarter.

        Returns:
            The delivery that brings what is in force there to the score chunk `reach`; None if nothing is in force yet.
        """
        target = self.pass_of_quarter(quarter)
        self._before_jump = self._numbers
        kept = self.waiting[self._cursor :]
        for line in kept:
            if self._quarter_of(line) < quarter:
                line.finish(Status.SKIPPED, "the clock was moved past it")
        laid_anew = {line.number for line in kept if not line.is_final}
        passed = [one for one in self.passes if one.number < target.number]
        force = self._in_force(passed, target, quarter)
        self.waiting, self._cursor = [], 0
        self.lines = [line for line in self.lines if line.number not in laid_anew]
        del self.passes[target.number :]
        self._began = {number: time for number, time in self._began.items() if number < target.number}
        first = len(self.lines)
        self.append_passes(target.stretch.index, target.start, target.quarter)
        gone = {line.number for line in self.lines[first:] if self._quarter_of(line) < quarter}
        self.lines = [line for line in self.lines if line.number not in gone]
        self.waiting = [line for line in self.waiting if line.number not in gone]
        self._cuts = deque(line for line in self.waiting if _cuts(line))
        self._starts = [0 if number <= target.number else UNPLACED for number in range(len(self.passes))]
        if not force:
            return None
        chase = Delivery(
            number=self._number(),
            time=target.start,
            nominal=reach,
            acts=force,
            snap=self.schedule.snap,
            place=f"locate to quarter {quarter}",
            section=target.stretch.section,
            laid_in=target,
            origin=target.stretch.origin,
            occurrence=target.stretch.occurrence,
            planned=reach,
            open={kind_of(act) for act in force},
        )
        self.lines.append(chase)
        return chase

    def pass_of_quarter(self, quarter: Fraction) -> Pass:
        """Return the pass that contains a quarter; the last pass for a quarter after the end."""
        return next((one for one in self.passes if quarter < one.end_quarter), self.passes[-1])

    def _quarter_of(self, line: Delivery) -> Fraction:
        return line.laid_in.quarter_of(line.quarter, line.time)

    def _in_force(self, passed: list[Pass], target: Pass, quarter: Fraction) -> tuple[CueAct, ...]:
        """Return what is in force at a quarter: the last act of each kind before it, except cuts."""
        last: dict[str, CueAct] = {}
        for one in [*passed, target]:
            for entry in one.stretch.entries:
                if one.number < target.number or one.quarter_of(entry.quarter, one.start + entry.offset) < quarter:
                    last.update({kind_of(act): act for act in entry.acts})
        return tuple(last[kind] for kind in ("strength", "image", "prompt", "sr") if kind in last)

    def fire(self, rule: RuleEntry, acts: tuple[CueAct, ...], current: Pass, chunk: int, at: int) -> Delivery:
        """Create a delivery for one firing of a rule at nanosecond `at`, planned for a chunk. It is not added to `waiting`."""
        line = Delivery(
            number=self._number(),
            time=self.schedule.grid.boundary(chunk),
            nominal=chunk,
            acts=acts,
            snap=self.schedule.snap,
            place=firing_by_name(rule.trigger, self.schedule.middle),
            section=current.stretch.section,
            laid_in=current,
            origin=rule.origin,
            occurrence=current.stretch.occurrence,
            rule=rule.id,
            planned=chunk,
            fired=at,
            open={kind_of(act) for act in acts},
        )
        self.lines.append(line)
        return line

    # ---- following -------------------------------------------------------------------------------------------------

    def forecast(self, limit: int) -> None:
        """Predict from the latest fits the chunks of coming deliveries, of passes and of the end, up to `limit`.

        A fixed run needs no predictions.
        """
        follow = self.follow
        if follow is None:
            return
        stop = self._cursor
        # Positions in seconds and positions in beats each come in their own order: a clock that is faster or slower than the
        # score's tempo moves one kind before the other. Earlier revisions assumed a single order.
        beyond = [False, False]
        for index in range(self._cursor, len(self.waiting)):
            line = self.waiting[index]
            unit = 1 if line.quarter is None and self._is_newest else 0
            if beyond[unit] and line.nominal == UNPLACED:
                if not self._is_newest or all(beyond):
                    break
                continue
            line.nominal = UNPLACED if beyond[unit] else self._followed(line)
            beyond[unit] = beyond[unit] or line.nominal > limit + 1
            stop = index + 1
        self.waiting[self._cursor : stop] = sorted(
            self.waiting[self._cursor : stop],
            key=lambda line: (line.nominal, line.time, line.number if self._is_newest else 0),
        )
        self._forecast_passes(follow, limit)

    def _followed(self, line: Delivery) -> int:
        time = self.time_of_line(line)
        if time is None or self.follow is None:
            # The opening is at the very beginning of the score, whatever the clock does.
            return 0 if line.time == 0 else UNPLACED
        chunk = self.follow.chunk_at(time, line.snap)
        return 0 if line.time == 0 else UNPLACED if chunk is None else max(0, chunk)

    def time_of_line(self, line: Delivery) -> float | None:
        """Return when a delivery is due by the latest fit of the clock; one in seconds counts from its section's start."""
        return self.time_of_place(line.laid_in, line.quarter, line.time)

    def is_before_jump(self, line: Delivery) -> bool:
        """Return whether a delivery was created before the clock was moved: the present clock does not give its time."""
        return line.number <= self._before_jump

    def has_pass_of(self, line: Delivery) -> bool:
        """Return whether the pass that a delivery was created in is still in the plan: a jump of the clock replaces passes."""
        number, laid_in = line.pass_number, line.laid_in
        if number >= len(self.passes):
            return False
        current = self.passes[number]
        return current.stretch is laid_in.stretch and current.start == laid_in.start

    def time_of_place(self, current: Pass, quarter: Fraction | None, time: Fraction) -> float | None:
        """Return when a position of a pass is due, in nanoseconds.

        Args:
            current: The pass.
            quarter: The position's quarter within the pass; None for one in seconds.
            time: The position's nominal score time.
        """
        if self.follow is None:
            return None
        if current.counts_seconds:
            return self.follow.time_of(float(current.quarter_at(time)), float(time))
        if quarter is not None or not self.follow.outer:
            inside = quarter or _ZERO
            # The sum as a float, rounded once and without creating a fraction, because this is called after every event.
            above = current.quarter.numerator * inside.denominator + inside.numerator * current.quarter.denominator
            where = above / (current.quarter.denominator * inside.denominator)
            return self.follow.time_of(where, time.numerator / time.denominator)
        known = current.number < len(self.passes) and self.passes[current.number].start == current.start
        began = (self._began.get(current.number) if known else None) or self.follow.time_of(
            float(current.quarter), float(current.start)
        )
        return None if began is None else began + float(time - current.start) * 1e9

    def _forecast_passes(self, follow: ClockSync, limit: int) -> None:
        for number in range(1, len(self.passes)):
            if self._starts[number] <= limit - self.schedule.lead:
                continue  # it plays, or has played
            current = self.passes[number]
            time = follow.time_of(float(current.quarter), float(current.start))
            chunk = None if time is None else follow.chunk_at(time, self.schedule.snap)
            self._starts[number] = UNPLACED if chunk is None else max(chunk, self._starts[number - 1])
            if chunk is not None and time is not None and chunk <= limit:
                self._began[number] = time
            if self._starts[number] > limit + 1:
                self._starts[number + 1 :] = [UNPLACED] * (len(self.passes) - number - 1)
                self._end = UNPLACED
                return
        last = self.passes[-1]
        time = follow.time_of(float(last.end_quarter), float(last.end))
        chunk = None if time is None else follow.chunk_at(time, Snap.CEIL)
        self._end = UNPLACED if chunk is None else max(chunk, 1)

    # ---- reading ---------------------------------------------------------------------------------------------------

    def next_line(self) -> Delivery | None:
        """Return the next delivery to commit."""
        return self.waiting[self._cursor] if self._cursor < len(self.waiting) else None

    def pop_next(self) -> Delivery:
        """Remove and return the next delivery."""
        line = self.waiting[self._cursor]
        self._cursor += 1
        return line

    def chunk_of(self, line: Delivery) -> int:
        """Return the score chunk of a delivery at nominal times."""
        return line.nominal

    def chunk_at(self, time: Fraction) -> int:
        """Return the score chunk of an exact nominal time, by the score's own snap."""
        return self.schedule.grid.snap(time, self.schedule.snap)

    def pass_at(self, chunk: int) -> Pass:
        """Return the pass that plays at a score chunk: the last one whose start snaps to that chunk or an earlier one."""
        return self.passes[max(0, bisect_right(self._starts, chunk) - 1)]

    def certain_until(self, making: int) -> int:
        """Return the last score chunk that nothing can change any more: there is no live stretch and no rule before it.

        -1 if nothing is certain.
        """
        if self.follow is not None:
            return -1
        uncertain = self._uncertain[self.pass_at(making).number]
        return self.end_chunk() if uncertain is None else self._starts[uncertain] - 1

    def next_cut(self) -> int | None:
        """Return the score chunk of the next cut that has not begun."""
        return self.chunk_of(self._cuts[0]) if self._cuts else None

    def take_up_to(self, chunk: int) -> list[Delivery]:
        """Remove and return every waiting delivery up to this score chunk, cuts included."""
        taken: list[Delivery] = []
        while (line := self.next_line()) is not None and self.chunk_of(line) <= chunk:
            taken.append(self.pop_next())
            if self._cuts and self._cuts[0] is line:
                self._cuts.popleft()
        return taken

    def end_chunk(self) -> int:
        """Return the number of score chunks of the plan."""
        return self._end

    def exit_from(self, current: Pass, reach: int) -> Fraction | None:
        """Return the first bar line of a pass (any chunk, if there are no beats) that lands at `reach` or later.

        None if the pass ends before that: it then ends by itself.
        """
        at = self.exit_behind(current, reach)
        return at if at < current.end else None

    def exit_behind(self, current: Pass, reach: int) -> Fraction:
        """Return that bar line, counted on after the end of the pass if it is not within it."""
        grid, stretch = self.schedule.grid, current.stretch
        if stretch.meters is None or stretch.tempo is None:
            return max(self._seen_at(reach), current.start)
        earliest = Fraction(0) if self.follow else max(Fraction(0), grid.boundary(reach) - grid.chunk - current.start)
        bar = max(1, stretch.meters.bar_beat_at(stretch.tempo.quarter_at(earliest)).bar - 1)
        while True:
            at = current.start + stretch.tempo.seconds_at(stretch.meters.bar_start(bar))
            if self._bar_chunk(current, at, stretch.meters.bar_start(bar)) >= reach:
                return at
            bar += 1

    def _seen_at(self, chunk: int) -> Fraction:
        """Return the score time that a chunk shows: its own, or what time code gives at that moment."""
        nominal = self.schedule.grid.boundary(chunk)
        if self.follow is None or not self.schedule.clock.counts_seconds:
            return nominal
        time = self.follow.boundary_of(chunk)
        second = None if time is None else self.follow.quarter_at(round(time) - self.follow.offset)
        return nominal if second is None else Fraction(second).limit_denominator(1000)

    def _bar_chunk(self, current: Pass, at: Fraction, quarter: Fraction) -> int:
        """Return the score chunk of a bar line of a pass."""
        if self.follow is None:
            return self.chunk_at(at)
        time = self.follow.time_of(float(current.quarter_of(quarter, at)), float(at))
        chunk = None if time is None else self.follow.chunk_at(time, self.schedule.snap)
        return UNPLACED if chunk is None else chunk

    def next_stretch_named(self, section: str, after: int) -> int | None:
        """Return the next stretch of a section after stretch `after` in `play`, else the first one."""
        named = [one.index for one in self.schedule.stretches if one.section == section]
        return next((index for index in named if index > after), named[0] if named else None)


def _cuts(line: Delivery) -> bool:
    return any(isinstance(act, CutAct) for act in line.acts)
