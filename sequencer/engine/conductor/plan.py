"""The plan: which passes play when, and the deliveries still to be committed, by exact time.

When a live stretch is left, or the clock jumps, everything after that is rebuilt. Below that the
plan is built in layers, each of which uses only those before it: `plan_building` (passes and
deliveries of a score), `plan_following` (predictions from a clock), `plan_launching` (firings of
quantised rules) and `plan_takeovers` (edited scores).
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from fractions import Fraction

from sequencer.engine.conductor.deliveries import Delivery, Status, kind_of
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.plan_building import UNPLACED, ZERO, is_cut
from sequencer.engine.conductor.plan_takeovers import VersionedPlan
from sequencer.engine.conductor.takeover import bar_line
from sequencer.schedule.model import CueAct, PromptAct


class Plan(VersionedPlan):
    """The passes and deliveries of a run, which change when it is left or moved."""

    def leave_pass(
        self,
        current: Pass,
        at: Fraction,
        following: int,
        reason: str,
        quarter: Fraction | None = None,
    ) -> None:
        """Leave a pass at an exact time and continue with stretch `following`.

        The plan is rebuilt from there (at `quarter`, if given).
        """
        self.lay_rest()
        launched = self.take_launched(current.number, at)
        brought = self._brought_beyond(at)
        kept = self.waiting[self._cursor :]
        for line in kept:
            if line.time >= at and line.pass_number == current.number:
                line.finish(Status.SKIPPED, reason)
        replaced = {line.number for line in kept if line.pass_number > current.number}
        self.lines = [line for line in self.lines if line.number not in replaced]
        self.waiting = [
            line for line in kept if line.time < at and line.pass_number <= current.number
        ]
        self._cursor = 0
        stays = [
            line.chunk
            for line in self.lines
            if line.chunk is not None
            and line.fired is None
            and line.status is not Status.SKIPPED
            and (
                line.pass_number < current.number
                or (line.pass_number == current.number and line.time < at)
            )
        ]
        self._kept_end = max(stays, default=-1) + 1
        del self.passes[current.number :]
        self.passes.append(
            replace(
                current,
                end=at,
                left_at=bar_line(current, at) if self._is_newest else None,
                was_left=True,
            )
        )
        self.append_passes(
            following, at, self.passes[-1].end_quarter if quarter is None else quarter
        )
        following_pass = self.passes[current.number + 1 : current.number + 2]
        for first in following_pass:
            self.takeovers = [
                one if one.time < at else replace(one, current=first, quarter=ZERO, time=at)
                for one in self.takeovers
            ]
            if brought:
                self._bring(first, brought, at, ZERO)
        self._move_launched(launched, current.number + 1, reason)

    def relocate(self, quarter: Fraction, reach: int) -> Delivery | None:
        """Rebuild the plan after the clock jumped to a quarter.

        Returns:
            The delivery that brings what is in force there to the score chunk `reach`; None if
                nothing is in force yet.
        """
        self.lay_rest()
        if self._is_mixed:
            # The clock counts from the beginning of the newest version, whatever was played.
            self.passes.clear()
            self._began.clear()
            self._add_passes(0, ZERO, ZERO)
            self._is_mixed = False
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
        self._began = {
            number: time for number, time in self._began.items() if number < target.number
        }
        first = len(self.lines)
        self.append_passes(target.stretch.index, target.start, target.quarter)
        gone = {line.number for line in self.lines[first:] if self._quarter_of(line) < quarter}
        self.lines = [line for line in self.lines if line.number not in gone]
        self.waiting = [line for line in self.waiting if line.number not in gone]
        self._cuts = deque(line for line in self.waiting if is_cut(line))
        self._starts = [
            0 if number <= target.number else UNPLACED for number in range(len(self.passes))
        ]
        if not force:
            return None
        chase = self._chase(target, force, reach, f"locate to quarter {quarter}")
        self.lines.append(chase)
        return chase

    def _in_force(self, passed: list[Pass], target: Pass, quarter: Fraction) -> tuple[CueAct, ...]:
        """Return what is in force at a quarter: the last earlier act of each kind, except cuts.

        A prompt in force does not fade in once more.
        """
        last: dict[str, CueAct] = {}
        for one in [*passed, target]:
            for entry in one.stretch.entries:
                if (
                    one.number < target.number
                    or one.quarter_of(entry.quarter, one.start + entry.offset) < quarter
                ):
                    acts: dict[str, CueAct] = {kind_of(act): act for act in entry.acts}
                    if "cut" in acts and self._cuts_end_images:
                        last.pop("image", None)  # a take does not open with the image before it
                    last.update(acts)
        prompt = last.get("prompt")
        if isinstance(prompt, PromptAct):
            last["prompt"] = replace(prompt, fade=0)
        return tuple(last[kind] for kind in ("strength", "image", "prompt", "sr") if kind in last)
