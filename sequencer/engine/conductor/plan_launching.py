"""Firings of quantised rules in a plan: they wait for a bar line or beat, and move with it."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from fractions import Fraction

from sequencer.engine.conductor.deliveries import Delivery, Status
from sequencer.engine.conductor.plan_building import UNPLACED, ZERO, is_cut
from sequencer.engine.conductor.plan_following import FollowingPlan


class LaunchingPlan(FollowingPlan):
    """A plan to which firings are added while it is played."""

    def launch(self, line: Delivery) -> None:
        """Let a quantised firing wait for its position, after the cues at the same time."""
        if self.follow is None:
            line.nominal = self.grid.snap(line.time, line.snap)
            key = (line.nominal, line.time)
            index = bisect_right(
                self.waiting, key, lo=self._cursor, key=lambda one: (one.nominal, one.time)
            )
        else:
            line.nominal = UNPLACED
            rest = range(self._cursor, len(self.waiting))
            index = next(
                (one for one in rest if self.waiting[one].time > line.time), len(self.waiting)
            )
        self.waiting.insert(index, line)
        if is_cut(line):
            self._cuts = deque(one for one in self.waiting[self._cursor :] if is_cut(one))
            self._move_waiting()

    def take_launched(self, number: int = -1, at: Fraction | None = None) -> list[Delivery]:
        """Remove and return the quantised firings that wait for a position.

        Those in a later pass than `number`, and (if given) those from the time `at` on.
        """
        taken = [
            line
            for line in self.waiting[self._cursor :]
            if line.quantisation is not None
            and (line.pass_number > number or (at is not None and line.time >= at))
        ]
        if taken:
            numbers = {line.number for line in taken}
            self.waiting = [
                line for line in self.waiting[self._cursor :] if line.number not in numbers
            ]
            self._cursor = 0
            self._cuts = deque(line for line in self.waiting if is_cut(line))
        return taken

    def renumber(self, line: Delivery) -> None:
        """Give a firing that moves a new number: cues at its new position come before it."""
        line.number = self.next_number()

    def _move_launched(self, launched: list[Delivery], number: int, reason: str) -> None:
        """Move quantised firings to the start of a pass, which begins where another was left."""
        following = self.passes[number] if number < len(self.passes) else None
        for line in launched:
            if following is None:
                line.finish(Status.SKIPPED, reason)
                continue
            line.scheduled_in, line.time = following, following.start
            line.quarter = ZERO if following.stretch.meters is not None else None
            self.renumber(line)
            self.launch(line)
