"""Where a plan's positions are in time, in a run that follows a clock: predicted from its fits."""

from __future__ import annotations

from fractions import Fraction

from sequencer.core.timebase import Snap
from sequencer.engine.conductor.clock_sync import ClockSync
from sequencer.engine.conductor.deliveries import Delivery
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.plan_building import UNPLACED, ZERO, BuiltPlan


class FollowingPlan(BuiltPlan):
    """A plan whose positions may be bound to chunks late, by a clock."""

    def forecast(self, limit: int) -> None:
        """Predict from the latest fits the chunks of deliveries, passes and end, up to `limit`.

        A fixed run needs no predictions.
        """
        follow = self.follow
        if follow is None:
            return
        self.lay_piece()
        if self.grid.first is not None:
            self._cut_times = {line.time for line in self._cuts}
        stop = self._cursor
        # Positions in seconds and positions in beats each come in their own order: a clock that is
        # faster or slower than the score's tempo moves one kind before the other. Earlier revisions
        # assumed a single order.
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
            return 0 if self._opens(line) else UNPLACED
        if line.time in self._cut_times:
            time += self.follow.lacking  # that chunk is shown so much sooner if a take begins there
        chunk = self.follow.chunk_at(time, line.snap)
        return 0 if self._opens(line) else UNPLACED if chunk is None else max(0, chunk)

    def _opens(self, line: Delivery) -> bool:
        """Return whether a delivery belongs to the opening.

        The opening is the very beginning of the score, whatever the clock does.
        """
        return line.time <= self._opens_until

    def time_of_line(self, line: Delivery) -> float | None:
        """Return when a delivery is due by the clock's latest fit.

        A delivery in seconds counts from the start of its section.
        """
        return self.time_of_position(line.scheduled_in, line.quarter, line.time)

    def time_of_position(
        self, current: Pass, quarter: Fraction | None, time: Fraction
    ) -> float | None:
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
        if quarter is not None or not self.follow.is_external:
            inside = quarter or ZERO
            # The sum as a float, rounded once and without creating a fraction, because this is
            # called after every event.
            above = (
                current.quarter.numerator * inside.denominator
                + inside.numerator * current.quarter.denominator
            )
            where = above / (current.quarter.denominator * inside.denominator)
            return self.follow.time_of(where, time.numerator / time.denominator)
        known = (
            current.number < len(self.passes) and self.passes[current.number].start == current.start
        )
        began = (self._began.get(current.number) if known else None) or self.follow.time_of(
            float(current.quarter), float(current.start)
        )
        return None if began is None else began + float(time - current.start) * 1e9

    def _forecast_passes(self, follow: ClockSync, limit: int) -> None:
        for number in range(1, len(self.passes)):
            if self._starts[number] <= limit - self.schedule.lead:
                continue  # it plays, or has played
            current = self.passes[number]
            time = follow.time_of(float(current.begins_quarter), float(current.begins))
            begins = time
            if time is not None and current.begins in self._cut_times:
                begins = time + follow.lacking
            chunk = None if begins is None else follow.chunk_at(begins, current.snap)
            self._starts[number] = (
                UNPLACED if chunk is None else max(chunk, self._starts[number - 1])
            )
            if chunk is not None and time is not None and chunk <= limit and current.began is None:
                self._began[number] = time
            if self._starts[number] > limit + 1:
                self._starts[number + 1 :] = [UNPLACED] * (len(self.passes) - number - 1)
                self._end = UNPLACED
                return
        last = self.passes[-1]
        time = follow.time_of(float(last.end_quarter), float(last.end))
        chunk = None if time is None else follow.chunk_at(time, Snap.CEIL)
        self._end = UNPLACED if chunk is None else max(chunk, 1)

    def can_land(
        self, current: Pass, quarter: Fraction | None, time: Fraction, reach: int, after: int
    ) -> bool:
        """Return whether a position can still be performed.

        Args:
            current: Its pass.
            quarter: Its quarter within the pass; None for a position in seconds.
            time: Its nominal score time.
            reach: The first score chunk in reach.
            after: In a run that follows a clock, the position comes after this nanosecond.
        """
        if self.follow is None:
            return self.chunk_at(time) >= reach
        due = self.time_of_position(current, quarter, time)
        if due is None:  # the clock is stopped before it, or not known yet
            return True
        chunk = self.follow.chunk_at(due, self.schedule.snap)
        return due > after and (chunk is None or chunk >= reach)

    def is_before_jump(self, line: Delivery) -> bool:
        """Return whether a delivery predates a clock jump: the clock does not give its time."""
        return line.number <= self._before_jump

    def has_pass_of(self, line: Delivery) -> bool:
        """Return whether a delivery's pass is still in the plan: a clock jump replaces passes."""
        number, scheduled_in = line.pass_number, line.scheduled_in
        if number >= len(self.passes):
            return False
        current = self.passes[number]
        return current.stretch is scheduled_in.stretch and current.start == scheduled_in.start

    def _quarter_of(self, line: Delivery) -> Fraction:
        return line.scheduled_in.quarter_of(line.quarter, line.time)

    def pass_of_quarter(self, quarter: Fraction) -> Pass:
        """Return the pass that contains a quarter; the last pass for a quarter after the end."""
        return next((one for one in self.passes if quarter < one.end_quarter), self.passes[-1])
