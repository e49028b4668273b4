"""The plan: which passes are played when, and the lines still to be committed, in order of exact time.

A plan always runs to the end of the score as if every live stretch lasted its max. When one is left, its tail is laid anew.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from sequencer.conductor.lines import Line, Status, kind_of
from sequencer.schedule import CueAct, CutTake, RuleEntry, Schedule, Stretch
from sequencer.timebase import Snap


@dataclass(frozen=True, slots=True)
class Pass:
    """One stretch as it is played. `start` and `end` are exact nominal score seconds."""

    number: int
    stretch: Stretch
    start: Fraction
    end: Fraction


class Plan:
    """The passes of a run and its lines. `lines` are all that ever were; `waiting` those not committed yet, by exact time."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.passes: list[Pass] = []
        self.lines: list[Line] = []
        self.waiting: list[Line] = []
        self._cursor = 0
        self._numbers = 0
        self._cuts: deque[Line] = deque()
        self._starts: list[int] = []
        self._uncertain: list[int | None] = []
        self._end = 0
        self.lay(0, Fraction(0))

    # ---- laying ----------------------------------------------------------------------------------------------------

    def lay(self, stretch: int, start: Fraction) -> None:
        """Add passes from a stretch on to the end of `play`, beginning at an exact time."""
        fresh: list[Line] = []
        grid = self.schedule.grid
        for one in self.schedule.stretches[stretch:]:
            current = Pass(len(self.passes), one, start, start + one.seconds)
            self.passes.append(current)
            for entry in one.entries:
                line = Line(
                    number=self._number(),
                    time=start + entry.offset,
                    nominal=grid.snap(start + entry.offset, entry.snap),
                    acts=entry.acts,
                    snap=entry.snap,
                    place=entry.place,
                    section=one.section,
                    pass_number=current.number,
                    origin=entry.origin,
                    entry=entry.id,
                    quarter=entry.quarter,
                    open={kind_of(act) for act in entry.acts},
                )
                fresh.append(line)
            start = current.end
        # By chunk and then by time: a cue that snaps up must not hold back a later one that snaps down.
        fresh.sort(key=lambda line: (line.nominal, line.time))
        self.lines += fresh
        self.waiting += fresh
        self._index()

    def _index(self) -> None:
        """Note where passes start, where the next uncertain pass is, and which lines cut."""
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
        self._end = max(ceil(self.passes[-1].end / grid.chunk), last)

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def leave(self, current: Pass, at: Fraction, following: int, reason: str) -> None:
        """Leave a pass at an exact time and go on with stretch `following`, laid anew from there."""
        kept = self.waiting[self._cursor :]
        for line in kept:
            if line.time >= at and line.pass_number == current.number:
                line.end(Status.SKIPPED, reason)
        replaced = {line.number for line in kept if line.pass_number > current.number}
        self.lines = [line for line in self.lines if line.number not in replaced]
        self.waiting = [line for line in kept if line.time < at and line.pass_number <= current.number]
        self._cursor = 0
        del self.passes[current.number :]
        self.passes.append(Pass(current.number, current.stretch, current.start, at))
        self.lay(following, at)

    def fire(self, rule: RuleEntry, acts: tuple[CueAct, ...], current: Pass, chunk: int, at: int) -> Line:
        """A line for one firing of a rule at nanosecond `at`, planned for a chunk. It is not in `waiting`."""
        line = Line(
            number=self._number(),
            time=self.schedule.grid.boundary(chunk),
            nominal=chunk,
            acts=acts,
            snap=self.schedule.snap,
            place=rule.key.split("|")[-1],
            section=current.stretch.section,
            pass_number=current.number,
            origin=rule.origin,
            rule=rule.id,
            planned=chunk,
            fired=at,
            open={kind_of(act) for act in acts},
        )
        self.lines.append(line)
        return line

    # ---- reading ---------------------------------------------------------------------------------------------------

    def next_line(self) -> Line | None:
        """The next line to commit."""
        return self.waiting[self._cursor] if self._cursor < len(self.waiting) else None

    def pop(self) -> Line:
        """Take the next line out."""
        line = self.waiting[self._cursor]
        self._cursor += 1
        return line

    def chunk_of(self, line: Line) -> int:
        """The score chunk of a line at nominal times."""
        return line.nominal

    def chunk_at(self, time: Fraction) -> int:
        """The score chunk of an exact nominal time, by the score's own snap."""
        return self.schedule.grid.snap(time, self.schedule.snap)

    def pass_at(self, chunk: int) -> Pass:
        """The pass that plays at a score chunk: the last one whose start snaps to it or before."""
        return self.passes[max(0, bisect_right(self._starts, chunk) - 1)]

    def certain_until(self, making: int) -> int:
        """The last score chunk that nothing can change any more, whatever anybody does: no live stretch and no rule before it.

        -1 where nothing is certain.
        """
        if self.schedule.clock.is_outer:
            return -1
        uncertain = self._uncertain[self.pass_at(making).number]
        return self.end_chunk() if uncertain is None else self._starts[uncertain] - 1

    def next_cut(self) -> int | None:
        """The score chunk of the next cut that has not been begun."""
        return self.chunk_of(self._cuts[0]) if self._cuts else None

    def take_up_to(self, chunk: int) -> list[Line]:
        """Take out every waiting line of this score chunk or before, cuts included."""
        taken: list[Line] = []
        while (line := self.next_line()) is not None and self.chunk_of(line) <= chunk:
            taken.append(self.pop())
            if self._cuts and self._cuts[0] is line:
                self._cuts.popleft()
        return taken

    def end_chunk(self) -> int:
        """How many score chunks the plan comes to."""
        return self._end

    def exit_from(self, current: Pass, reach: int) -> Fraction | None:
        """The first bar line of a pass (any chunk, where there are no beats) that lands at `reach` or later.

        None where the pass ends before there is one: it then simply ends.
        """
        grid, stretch = self.schedule.grid, current.stretch
        if stretch.meters is None or stretch.tempo is None:
            at = max(grid.boundary(reach), current.start)
            return at if at < current.end else None
        earliest = max(Fraction(0), grid.boundary(reach) - grid.chunk - current.start)
        bar = max(1, stretch.meters.bar_beat_at(stretch.tempo.quarter_at(earliest)).bar - 1)
        while True:
            at = current.start + stretch.tempo.seconds_at(stretch.meters.bar_start(bar))
            if at >= current.end:
                return None
            if grid.snap(at, Snap(self.schedule.snap)) >= reach:
                return at
            bar += 1

    def next_stretch_named(self, section: str, after: int) -> int | None:
        """The next stretch of a section behind stretch `after` in `play`, else the first."""
        named = [one.index for one in self.schedule.stretches if one.section == section]
        return next((index for index in named if index > after), named[0] if named else None)


def _cuts(line: Line) -> bool:
    return any(isinstance(act, CutTake) for act in line.acts)
