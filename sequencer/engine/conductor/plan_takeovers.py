"""Edited scores that take over in a plan: what changes, what stays, and what they bring."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from sequencer.engine.conductor.deliveries import ActKind, Delivery, Status, kind_of
from sequencer.engine.conductor.passes import Pass, PassBeginning, Replaced
from sequencer.engine.conductor.plan_building import UNPLACED, PlannedTakeover
from sequencer.engine.conductor.plan_launching import LaunchingPlan
from sequencer.engine.conductor.takeover import Takeover, bar_line, stretch_named
from sequencer.schedule.model import CueAct, Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What is left to do after a plan has adopted another version of the score.

    Attributes:
        leaving: Committed deliveries that the new version does not have.
        launched: Firings of quantised rules that have to find a new position.
        overtaken: The versions that were to take over, and never will.
    """

    leaving: list[Delivery]
    launched: list[Delivery]
    overtaken: list[int]


class VersionedPlan(LaunchingPlan):
    """A plan that can continue with another version of the score."""

    def adopt(
        self, version: int, schedule: Schedule, found: Takeover, brought: tuple[CueAct, ...]
    ) -> Adopted:
        """Continue with another version of the score from a position on.

        Cues before it stay. A cue that is committed, and that the new version has at the same
        position with the same actions, stays committed.

        Args:
            version: The number of the new version.
            schedule: The new version.
            found: Where it takes over.
            brought: What the new version changed before that position and the model has to
                receive there.

        Returns:
            What the caller has to withdraw and to launch again.
        """
        self.lay_rest()
        self.schedule, self.version = schedule, version
        self._stop, self._is_mixed = found.stop, True
        number, at = found.current.number, found.time
        launched = self.take_launched(number, at)

        def stays(line: Delivery) -> bool:
            there = line.scheduled_in.number
            return there < number or (there == number and line.time < at)

        waits = self.waiting[self._cursor :]
        # In a fixed run only those around the takeover have to be compared with its exact time.
        last = self.chunk_at(at) + 1 if self.follow is None else UNPLACED
        waiting = [line for line in waits if line.nominal <= last and stays(line)]
        kept_waiting = {line.number for line in waiting}
        gone = {line.number for line in waits} - kept_waiting
        self.lines = [line for line in self.lines if line.number not in gone]
        committed = [line for line in self.lines if line.fired is None and not stays(line)]
        self._rest = self._lay_version(found)
        self._ahead = next(self._rest, None)
        fresh = self._next_piece(max((line.time for line in committed), default=at))
        added, kept = self._keep_same(committed, fresh)
        self._kept_end = 1 + max(
            (
                line.chunk
                for line in self.lines
                if line.chunk is not None
                and line.fired is None
                and line.status is not Status.SKIPPED
                and (stays(line) or line.number in kept)
                and line.number not in kept_waiting
            ),
            default=-1,
        )
        self.waiting, self._cursor = waiting, 0
        first = self.passes[number if found.continues else number + 1]
        overtaken = [one.version for one in self.takeovers if one.time >= at]
        self.takeovers = [one for one in self.takeovers if one.time < at]
        self.takeovers.append(
            PlannedTakeover(version=version, current=first, quarter=found.inside, time=at)
        )
        brought = self._not_replaced(brought, at, fresh)
        if brought:
            self._bring(first, brought, at, found.inside)
        self.lines += added
        self.waiting = sorted([*self.waiting, *added], key=lambda line: (line.nominal, line.time))
        self._index()
        leaving = [line for line in committed if line.number not in kept]
        return Adopted(leaving=leaving, launched=launched, overtaken=overtaken)

    def _lay_version(self, found: Takeover) -> Iterator[Delivery]:
        """Replace the passes from a takeover on; return the deliveries of the new ones."""
        before, at = found.current, found.time
        following = found.goes_on_with
        replaced = Replaced(
            replace(before, replaces=None),
            at,
            None if following is None else replace(following, replaces=None),
        )
        del self.passes[before.number :]
        self._began = {one: time for one, time in self._began.items() if one <= before.number}
        if found.continues:
            current = self._continue_pass(found, replaced)
            if (current.start, current.quarter) != (before.start, before.quarter):
                self._began.pop(before.number, None)
            self.passes.append(current)
            added = self._add_passes(found.following, current.end, current.end_quarter)
            passes: list[tuple[Pass, Fraction | None]]
            self._plan_takes([current, *added], at, at)
            passes = [(current, at), *((one, None) for one in added)]
        else:
            is_shorter = at < before.end
            left_at = bar_line(before, at)
            self.passes.append(
                replace(before, end=at, left_at=left_at, was_left=True) if is_shorter else before
            )
            added = self._add_passes(found.following, at, found.quarter, replaced)
            self._plan_takes(added, at)
            passes = [(one, None) for one in added]
        return (line for one, since in passes for line in self._lines_of(one, since))

    def _continue_pass(self, found: Takeover, replaced: Replaced) -> Pass:
        """Return the pass of the new version that goes on with the section of the old one."""
        before, stretch = found.current, found.stretch
        start, quarter = found.time - found.offset, found.pass_quarter
        left_at = before.left_at
        shift = before.start - start
        earlier = [
            replace(
                send,
                offset=send.offset + shift,
                quarter=None if send.quarter is None else send.quarter + before.quarter - quarter,
            )
            for send in before.sends
            if before.start + send.offset < found.time
        ]
        later = [send for send in stretch.sends if start + send.offset >= found.time]
        return Pass(
            number=before.number,
            stretch=stretch,
            start=start,
            end=before.end if before.was_left else self._end_of(stretch, start),
            quarter=quarter,
            counts_seconds=before.counts_seconds,
            left_at=None if left_at is None else before.quarter + left_at - quarter,
            was_left=before.was_left,
            snap=before.snap,
            version=self.version,
            began=PassBeginning(before.begins, before.begins_quarter),
            replaces=replaced,
            messages=(*earlier, *later),
        )

    def _keep_same(
        self, committed: list[Delivery], fresh: list[Delivery]
    ) -> tuple[list[Delivery], set[int]]:
        """Keep committed cues that a new version has as well, in place of its own.

        Returns:
            The deliveries that are new, and the numbers of those that stay.
        """
        same: dict[object, list[Delivery]] = {}
        for line in committed:
            if line.entry is not None and line.status is not Status.SKIPPED:
                same.setdefault(self._identity(line), []).append(line)
        added: list[Delivery] = []
        kept: set[int] = set()
        for line in fresh:
            found = same.get(self._identity(line)) if same else None
            if not found:
                added.append(line)
                continue
            known = found.pop(0)
            known.place, known.section, known.origin = line.place, line.section, line.origin
            known.occurrence, known.entry, known.version = (
                line.occurrence,
                line.entry,
                line.version,
            )
            known.scheduled_in, known.quarter, known.time = (
                line.scheduled_in,
                line.quarter,
                line.time,
            )
            known.was_kept = True
            kept.add(known.number)
        return added, kept

    def _identity(self, line: Delivery) -> object:
        """Return what makes a cue the same in two versions: its position, snap and actions."""
        if self.follow is None or not self.follow.is_external or line.quarter is None:
            return line.time, line.nominal if self.follow is None else 0, line.snap, line.acts
        return self._quarter_of(line), "quarter", line.snap, line.acts

    def _not_replaced(
        self, acts: tuple[CueAct, ...], at: Fraction, fresh: Iterable[Delivery]
    ) -> tuple[CueAct, ...]:
        """Return the acts that no cue of the new version replaces on the chunk of a takeover."""
        chunk = self.chunk_at(at)
        there = [
            line for line in fresh if (line.nominal == chunk if self.follow is None else False)
        ] or [line for line in fresh if line.time == at]
        kinds = {kind_of(act) for line in there for act in line.acts}
        if "cut" in kinds:
            kinds.add("image")  # a take does not open with the image of the take before
        return tuple(act for act in acts if kind_of(act) not in kinds)

    def _bring(
        self, current: Pass, acts: tuple[CueAct, ...], at: Fraction, inside: Fraction | None
    ) -> None:
        """Add the delivery that brings what a new version changed before it takes over."""
        line = Delivery(
            number=self.next_number(),
            time=at,
            nominal=self.chunk_at(at) if self.follow is None else UNPLACED,
            acts=acts,
            snap=self.schedule.snap,
            place=f"version {self.version}",
            section=current.stretch.section,
            scheduled_in=current,
            origin=current.stretch.origin,
            occurrence=current.stretch.occurrence,
            quarter=None if current.stretch.tempo is None else inside,
            version=self.version,
            is_brought=True,
            open={kind_of(act) for act in acts},
        )
        self.lines.append(line)
        index = bisect_left(
            self.waiting,
            (line.nominal, line.time),
            lo=self._cursor,
            key=lambda one: (one.nominal, one.time),
        )
        self.waiting.insert(index, line)
        self.takeovers[-1] = replace(self.takeovers[-1], line=line)

    def _brought_beyond(self, at: Fraction) -> tuple[CueAct, ...]:
        """Return what takeovers were to bring at a time or later, and could be taken back."""
        acts: dict[ActKind, CueAct] = {}
        for planned in self.takeovers:
            line = planned.line
            if line is None or line.time < at:
                continue
            if line.chunk is None or line.status is Status.SKIPPED:
                acts.update((kind_of(act), act) for act in line.acts)
        return tuple(acts[kind] for kind in ("strength", "image", "prompt", "sr") if kind in acts)

    def take_over_by(self, chunk: int) -> list[int]:
        """Return the versions that have taken over by the beginning of a score chunk, once."""
        reached = [one for one in self.takeovers if self._has_taken_over(one, chunk)]
        self.takeovers = [one for one in self.takeovers if one not in reached]
        return [one.version for one in reached]

    def _has_taken_over(self, planned: PlannedTakeover, chunk: int) -> bool:
        if self.follow is None:
            return self.chunk_at(planned.time) <= chunk
        due = self.time_of_position(planned.current, planned.quarter, planned.time)
        begins = None if due is None else self.follow.chunk_at(due, self.schedule.snap)
        return begins is not None and begins <= chunk

    def following(self, current: Pass) -> int:
        """Return the index of the stretch that follows a pass in the newest version of the score.

        A pass of an earlier version is followed by what takes over after it.
        """
        if current.version == self.version:
            return current.stretch.index + 1
        for one in self.passes[current.number + 1 :]:
            if one.version == self.version:
                return one.stretch.index
            named = stretch_named(self.schedule, one.stretch.section, one.stretch.occurrence)
            if named is not None:
                return named.index
        return len(self.schedule.stretches)

    def next_stretch_named(self, section: str, current: Pass) -> int | None:
        """Return a section's next stretch after that of a pass in `play`, else its first one."""
        named = [one.index for one in self.schedule.stretches if one.section == section]
        after = current.stretch.index
        if current.version != self.version:
            own = stretch_named(self.schedule, current.stretch.section, current.stretch.occurrence)
            after = -1 if own is None else own.index
        return next((index for index in named if index > after), named[0] if named else None)
