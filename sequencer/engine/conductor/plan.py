"""The plan: which passes play when, and the deliveries still to be committed, by exact time.

A plan always extends to the end of the score, as if every live stretch lasted its max. When a live
stretch is left, everything after it is rebuilt.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from sequencer.core.timebase import ChunkGrid, Snap
from sequencer.engine.conductor.clock_sync import ClockSync
from sequencer.engine.conductor.deliveries import ActKind, Delivery, Status, kind_of
from sequencer.engine.conductor.opening_state import state_before
from sequencer.engine.conductor.passes import Pass, PassBeginning, Replaced
from sequencer.engine.conductor.takeover import Takeover, bar_line, stretch_named
from sequencer.engine.play_range import PlayRange, RangePosition
from sequencer.schedule.model import CueAct, CutAct, PromptAct, Schedule, Stretch

PIECE = 256
"""How many deliveries of an edited score are planned with one event.

A long score would delay the run if all of them were planned at once.
"""
UNPLACED = 1 << 40
"""The chunk of what cannot be placed yet in a run that follows a clock."""


_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTakeover:
    """Where an edited score takes over.

    Attributes:
        current: Its first pass.
        quarter: The quarter within that pass; None without beats.
        time: The nominal score time.
        line: What it brings, if anything.
        version: The number of the version.
    """

    version: int
    current: Pass
    quarter: Fraction | None
    time: Fraction
    line: Delivery | None = None


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


class Plan:
    """The passes and deliveries of a run.

    `lines` holds every delivery, `waiting` those not committed yet, by exact time.
    """

    def __init__(
        self,
        schedule: Schedule,
        follow: ClockSync | None = None,
        is_newest: bool = True,
        opens_with_prompt: bool = True,
        *,
        cuts_end_images: bool = True,
        played: PlayRange | None = None,
        version: int = 1,
        numbers: int = 0,
    ) -> None:
        """Create the plan of a run.

        Args:
            schedule: The schedule that is played.
            follow: The clock that the run follows, or None for a fixed run.
            is_newest: Whether to act as the newest revision does: a pass that is left at a bar line
                ends at the exact quarter of that bar line, and positions in seconds are predicted
                separately from positions in beats.
            opens_with_prompt: Whether a run that follows a clock opens with the first prompt, even
                if that is a little after the beginning of the score (earlier revisions opened with
                nothing then).
            cuts_end_images: Whether an image is no longer in force after a cut when the clock jumps
                beyond that (earlier revisions brought it back).
            played: The range that is played, in a fixed run; None for the whole score.
            version: The number of the version of the score.
            numbers: The number of the last delivery of a plan that this one replaces.
        """
        self.schedule = schedule
        """The newest version of the score that was played or takes over."""
        self.version = version
        """The number of that version, from 1."""
        self.opening_version = version
        """The version with which the run begins."""
        self.takeovers: list[PlannedTakeover] = []
        """Where that version, and those before it, take over, until the run is there."""
        self._rest: Iterator[Delivery] | None = None
        """The deliveries of an edited score that are not planned yet, in order of their times."""
        self._ahead: Delivery | None = None
        """The first of them."""
        self._is_mixed = False
        """Whether some passes belong to other versions of the score."""
        self.played = played
        """The range of the score that is played; None for the whole score."""
        self._stop: RangePosition | None = None if played is None else played.stop
        self.first_chunk = 0
        """The score chunk with which the run begins."""
        self.opening_seed = schedule.seed
        """The seed in force where the run begins."""
        self._is_newest = is_newest
        self._cuts_end_images = cuts_end_images
        self.follow = follow
        self.grid = schedule.grid
        """The chunks of the run: its takes are those that began and those that are planned.

        They matter only if the first chunk of a take is shorter.
        """
        self._cut_times: set[Fraction] = set()
        """The nominal times of the cuts to come, in a run that follows a clock."""
        self._begun = 0
        """The score chunk with which the latest take began, or is about to begin."""
        self.passes: list[Pass] = []
        self.lines: list[Delivery] = []
        self.waiting: list[Delivery] = []
        self._cursor = 0
        self._numbers = numbers
        self._cuts: deque[Delivery] = deque()
        self._starts: list[int] = []
        self._uncertain: list[int | None] = []
        self._end = 0
        self._before_jump = 0
        """The number of the last delivery that was created before the clock was moved."""
        self._kept_end = 0
        """The chunk after the last one with commitments from before a pass was left.

        They stay committed.
        """
        self._began: dict[int, float] = {}
        self.append_passes(0, Fraction(0), Fraction(0))
        if played is not None and played.start is not None:
            self._begin_at(played.start)
        self._opens_until = self._first_prompt() if opens_with_prompt else _ZERO
        """The time of the first prompt: the model cannot start without one, so what the score has
        until then opens it.
        """

    # ---- building --------------------------------------------------------------------------------

    def append_passes(self, stretch: int, start: Fraction, quarter: Fraction) -> None:
        """Append passes from a stretch to the end of `play`, from an exact time and quarter on."""
        added = self._add_passes(stretch, start, quarter)
        self._plan_takes(added, start)
        fresh = [line for current in added for line in self._lines_of(current)]
        # By chunk and then by time: a cue that snaps up must not hold back a later one that snaps
        # down.
        fresh.sort(key=lambda line: (line.nominal, line.time))
        self.lines += fresh
        self.waiting += fresh
        self._index()

    @property
    def beyond(self) -> int:
        """The index of the first stretch that is not played."""
        stop = self._stop
        if stop is None:
            return len(self.schedule.stretches)
        return stop.stretch + (1 if stop.offset else 0)

    def _end_of(self, stretch: Stretch, start: Fraction) -> Fraction:
        """Return the end of a stretch that begins at a time, unless it is left before."""
        stop = self._stop
        is_shorter = stop is not None and stretch.index == stop.stretch
        return start + (stop.offset if stop is not None and is_shorter else stretch.seconds)

    def _add_passes(
        self,
        stretch: int,
        start: Fraction,
        quarter: Fraction,
        replaces: Replaced | None = None,
    ) -> list[Pass]:
        """Append the passes from a stretch on, without their deliveries, and return them."""
        added: list[Pass] = []
        for one in self.schedule.stretches[stretch : self.beyond]:
            current = Pass(
                number=len(self.passes),
                stretch=one,
                start=start,
                end=self._end_of(one, start),
                quarter=quarter,
                counts_seconds=self.schedule.clock.counts_seconds,
                snap=self.schedule.snap,
                version=self.version,
                replaces=None if added else replaces,
            )
            self.passes.append(current)
            added.append(current)
            start, quarter = current.end, current.end_quarter
        return added

    def _lines_of(self, current: Pass, since: Fraction | None = None) -> Iterator[Delivery]:
        """Yield the deliveries of a pass, if `since` is given those from that time on."""
        one, start = current.stretch, current.start
        is_last = self._stop is not None and one.index == self.beyond - 1
        begins = None if since is None else since - start
        for entry in one.entries:
            if begins is not None and entry.offset < begins:
                continue
            time = start + entry.offset
            if begins is not None and time >= current.end:
                continue
            nominal = self.grid.snap(time, entry.snap) if self.follow is None else UNPLACED
            if is_last and nominal >= self.chunk_at(current.end):
                continue
            yield Delivery(
                number=self.next_number(),
                time=time,
                nominal=nominal,
                acts=entry.acts,
                snap=entry.snap,
                place=entry.place,
                section=one.section,
                scheduled_in=current,
                origin=entry.origin,
                occurrence=one.occurrence,
                entry=entry.id,
                quarter=entry.quarter,
                version=current.version,
                open={kind_of(act) for act in entry.acts},
            )

    def _plan_takes(
        self, passes: Iterable[Pass], begins: Fraction, since: Fraction | None = None
    ) -> None:
        """Plan the takes of passes that begin at a time, after the ones before it.

        If `since` is given, cuts before that time are not planned.
        """
        self.grid = _with_cuts(
            self.grid.with_takes_until(self._begun, begins),
            (
                (current.start + entry.offset, entry.snap)
                for current in passes
                for entry in current.stretch.entries
                if any(isinstance(act, CutAct) for act in entry.acts)
                and (since is None or since <= current.start + entry.offset < current.end)
            ),
        )

    def begin_take(self, chunk: int) -> None:
        """Plan with a take that is about to begin with a score chunk, planned or not.

        If it was not planned, what comes after its first chunk comes sooner.
        """
        if self.grid.first is None:
            return
        self.lay_rest()
        before, self._begun = self._begun, chunk
        later = self.grid.with_takes_until(before).cut_chunks
        if self.grid.cut_chunks[len(later) : len(later) + 1] == (chunk,):
            return  # as planned
        self.grid = self.grid.with_takes_until(before).with_cut_at(chunk)
        self._move_waiting()

    def cancel_take(self, base: int) -> None:
        """Plan without the take that was about to begin: that of score chunk `base` continues."""
        if self.grid.first is None:
            return
        self.lay_rest()
        self._begun = base
        self.grid = self.grid.with_takes_until(base)
        self._move_waiting()

    def _move_waiting(self) -> None:
        """Place what waits among the takes that began, and those that its own cuts begin."""
        if self.grid.first is None or self.follow is not None:
            return
        waiting = self.waiting[self._cursor :]
        cuts = sorted((line.time, line.snap) for line in waiting if _cuts(line))
        self.grid = _with_cuts(self.grid.with_takes_until(self._begun), cuts)
        for line in waiting:
            if line.has_position or line.is_brought:
                line.nominal = self.grid.snap(line.time, line.snap)
        self.waiting = sorted(waiting, key=lambda line: (line.nominal, line.time))
        self._cursor = 0
        self._index()

    def _index(self) -> None:
        """Update where passes start, where the next uncertain pass is, and which deliveries cut."""
        grid = self.grid
        self._starts = [grid.snap(one.begins, one.snap) for one in self.passes]
        self._uncertain = [None] * len(self.passes)
        following: int | None = None
        for number in range(len(self.passes) - 1, -1, -1):
            stretch = self.passes[number].stretch
            if stretch.is_live or any(rule.changes_prompts for rule in stretch.rules):
                following = number
            self._uncertain[number] = following
        self._cuts = deque(line for line in self.waiting[self._cursor :] if _cuts(line))
        last = self.waiting[-1].nominal + 1 if self.waiting else 1
        over = self.passes[-1].end
        end = grid.chunks_until(over) if self._stop is None else self.chunk_at(over)
        self._end = max(end, last, self._kept_end)
        if self.follow is not None:
            self._starts = [0, *[UNPLACED] * (len(self.passes) - 1)]
            self._end = UNPLACED

    def _begin_at(self, start: RangePosition) -> None:
        """Begin the plan of a fixed run at a position, with what is in force there."""
        current = self.passes[start.stretch]
        first = self.first_chunk = self.chunk_at(current.start + start.offset)
        self._begun = first
        before = [line for line in self.waiting if line.nominal < first]
        state = state_before(before, [line for line in self.waiting if line.nominal == first])
        self.opening_seed = self.opening_seed if state.seed is None else state.seed
        kept = [*state.opening, *(line for line in self.waiting if line.nominal > first)]
        chases: list[Delivery] = []
        for acts, nominal in ((state.acts, first), (state.later, first + 1)):
            if acts and nominal < self._end:
                chases.append(self._chase(current, acts, nominal, f"from {start.text}"))
        self.waiting = sorted(
            [*chases, *kept], key=lambda line: (line.nominal, line.entry is not None, line.time)
        )
        self.lines = list(self.waiting)
        self._index()

    def _chase(self, current: Pass, acts: tuple[CueAct, ...], nominal: int, place: str) -> Delivery:
        """Return the delivery that brings what is in force in a pass to a score chunk."""
        return Delivery(
            number=self.next_number(),
            time=current.start,
            nominal=nominal,
            acts=acts,
            snap=self.schedule.snap,
            place=place,
            section=current.stretch.section,
            scheduled_in=current,
            origin=current.stretch.origin,
            occurrence=current.stretch.occurrence,
            planned=nominal,
            open={kind_of(act) for act in acts},
        )

    @property
    def stop(self) -> RangePosition | None:
        """Where the range that is played ends in the newest version; None for the end."""
        return self._stop

    def is_before_end(self, time: Fraction) -> bool:
        """Return whether a nominal score time comes before the end of the plan."""
        if self.follow is not None:
            return time < self.passes[-1].end
        return self.chunk_at(time) < self.end_chunk()

    @property
    def ends_with_a_range(self) -> bool:
        """Whether the run ends where a range does, which may be before the end of the score."""
        return self._stop is not None

    @property
    def last_number(self) -> int:
        """The number of the latest delivery."""
        return self._numbers

    def next_number(self) -> int:
        """Return the number of the next delivery."""
        self._numbers += 1
        return self._numbers

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
                one if one.time < at else replace(one, current=first, quarter=_ZERO, time=at)
                for one in self.takeovers
            ]
            if brought:
                self._bring(first, brought, at, _ZERO)
        self._move_launched(launched, current.number + 1, reason)

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

    # ---- another version of the score ------------------------------------------------------------

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

    def lay_more(self) -> None:
        """Plan the next deliveries of an edited score, if some are left."""
        if self._ahead is None:
            return
        piece = self._next_piece(self._ahead.time)
        self.lines += piece
        first = min((line.nominal, line.time) for line in piece)
        index = bisect_left(
            self.waiting, first, lo=self._cursor, key=lambda line: (line.nominal, line.time)
        )
        # A quantised firing comes after the cues at its position.
        later = [*piece, *self.waiting[index:]]
        self.waiting[index:] = sorted(later, key=lambda line: (line.nominal, line.time))
        self._index()

    def lay_rest(self) -> None:
        """Plan all deliveries of an edited score that are left."""
        while self._ahead is not None:
            self.lay_more()

    def _next_piece(self, time: Fraction) -> list[Delivery]:
        """Return the next deliveries of an edited score: a piece, and all up to a time."""
        piece: list[Delivery] = []
        while self._rest is not None and (line := self._ahead) is not None:
            if len(piece) >= PIECE and line.time > time and line.time != piece[-1].time:
                break
            piece.append(line)
            self._ahead = next(self._rest, None)
        return piece

    @property
    def known_until(self) -> int:
        """The last score chunk for which all deliveries are planned."""
        if self._ahead is None or self.follow is not None:
            return UNPLACED
        return self.grid.snap(self._ahead.time, Snap.FLOOR) - 1

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
            self._add_passes(0, _ZERO, _ZERO)
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
        self._cuts = deque(line for line in self.waiting if _cuts(line))
        self._starts = [
            0 if number <= target.number else UNPLACED for number in range(len(self.passes))
        ]
        if not force:
            return None
        chase = self._chase(target, force, reach, f"locate to quarter {quarter}")
        self.lines.append(chase)
        return chase

    def pass_of_quarter(self, quarter: Fraction) -> Pass:
        """Return the pass that contains a quarter; the last pass for a quarter after the end."""
        return next((one for one in self.passes if quarter < one.end_quarter), self.passes[-1])

    def _quarter_of(self, line: Delivery) -> Fraction:
        return line.scheduled_in.quarter_of(line.quarter, line.time)

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
        if _cuts(line):
            self._cuts = deque(one for one in self.waiting[self._cursor :] if _cuts(one))
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
            self._cuts = deque(line for line in self.waiting if _cuts(line))
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
            line.quarter = _ZERO if following.stretch.meters is not None else None
            self.renumber(line)
            self.launch(line)

    # ---- following -------------------------------------------------------------------------------

    def forecast(self, limit: int) -> None:
        """Predict from the latest fits the chunks of deliveries, passes and end, up to `limit`.

        A fixed run needs no predictions.
        """
        follow = self.follow
        if follow is None:
            return
        while self._ahead is not None and len(self.waiting) - self._cursor < PIECE:
            self.lay_more()
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

    def _first_prompt(self) -> Fraction:
        prompts = (line.time for line in self.lines if "prompt" in line.kinds)
        return min(prompts, default=_ZERO)

    def time_of_line(self, line: Delivery) -> float | None:
        """Return when a delivery is due by the clock's latest fit.

        A delivery in seconds counts from the start of its section.
        """
        return self.time_of_position(line.scheduled_in, line.quarter, line.time)

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
            inside = quarter or _ZERO
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

    # ---- reading ---------------------------------------------------------------------------------

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
        return self.grid.snap(time, self.schedule.snap)

    def pass_at(self, chunk: int) -> Pass:
        """Return the pass at a score chunk: the last whose start snaps to it or an earlier one."""
        return self.passes[max(0, bisect_right(self._starts, chunk) - 1)]

    def start_of(self, number: int) -> int | None:
        """Return the score chunk with which a pass begins; None if the plan has no such pass."""
        return self._starts[number] if number < len(self._starts) else None

    def certain_until(self, making: int) -> int:
        """Return the last score chunk that nothing can change: no live stretch or rule before.

        -1 if nothing is certain.
        """
        if self.follow is not None:
            return -1
        uncertain = self._uncertain[self.pass_at(making).number]
        return self.end_chunk() if uncertain is None else self._starts[uncertain] - 1

    def next_cut(self) -> int | None:
        """Return the score chunk of the next cut that has not begun."""
        return self.chunk_of(self._cuts[0]) if self._cuts else None

    def last_cut_by(self, chunk: int) -> int | None:
        """Return the score chunk of the last cut up to a chunk among those that have not begun."""
        return max((at for at in map(self.chunk_of, self._cuts) if at <= chunk), default=None)

    def take_up_to(self, chunk: int) -> list[Delivery]:
        """Remove and return every waiting delivery up to this score chunk, cuts included."""
        taken: list[Delivery] = []
        if chunk > self.known_until:
            self.lay_rest()
        while (line := self.next_line()) is not None and self.chunk_of(line) <= chunk:
            taken.append(self.pop_next())
            if self._cuts and self._cuts[0] is line:
                self._cuts.popleft()
        return taken

    def end_chunk(self) -> int:
        """Return the number of score chunks of the plan."""
        return self._end

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

    def next_stretch_named(self, section: str, current: Pass) -> int | None:
        """Return a section's next stretch after that of a pass in `play`, else its first one."""
        named = [one.index for one in self.schedule.stretches if one.section == section]
        after = current.stretch.index
        if current.version != self.version:
            own = stretch_named(self.schedule, current.stretch.section, current.stretch.occurrence)
            after = -1 if own is None else own.index
        return next((index for index in named if index > after), named[0] if named else None)


def _cuts(line: Delivery) -> bool:
    return any(isinstance(act, CutAct) for act in line.acts)


def _with_cuts(grid: ChunkGrid, cuts: Iterable[tuple[Fraction, Snap]]) -> ChunkGrid:
    """Return the grid with further cuts; one that would be before another one begins no take."""
    for cut in cuts if grid.first is not None else ():
        try:
            grid = grid.with_cuts([cut])
        except ValueError:
            continue
    return grid
