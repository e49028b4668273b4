"""What a plan consists of: passes, and deliveries by exact time, placed on chunks.

A plan always extends to the end of the score, as if every live stretch lasted its max.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from sequencer.core.timebase import ChunkGrid, Snap
from sequencer.engine.conductor.clock_sync import ClockSync
from sequencer.engine.conductor.deliveries import Delivery, kind_of
from sequencer.engine.conductor.opening_state import state_before
from sequencer.engine.conductor.passes import Pass, Replaced
from sequencer.engine.play_range import PlayRange, RangePosition
from sequencer.schedule.model import CueAct, CutAct, Schedule, Stretch

PIECE = 256
"""How many deliveries of an edited score are planned with one event.

A long score would delay the run if all of them were planned at once.
"""
UNPLACED = 1 << 40
"""The chunk of what cannot be placed yet in a run that follows a clock."""

ZERO = Fraction(0)


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


class BuiltPlan:
    """The passes and deliveries of a run, as far as its score determines them.

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
        self._opens_until = self._first_prompt() if opens_with_prompt else ZERO
        """The time of the first prompt: the model cannot start without one, so what the score has
        until then opens it.
        """

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
        cuts = sorted((line.time, line.snap) for line in waiting if is_cut(line))
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
        self._cuts = deque(line for line in self.waiting[self._cursor :] if is_cut(line))
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

    def _first_prompt(self) -> Fraction:
        prompts = (line.time for line in self.lines if "prompt" in line.kinds)
        return min(prompts, default=ZERO)

    # ---- an edited score, in pieces --------------------------------------------------------------

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

    def lay_piece(self) -> None:
        """Plan more deliveries of an edited score until a piece of them waits."""
        while self._ahead is not None and len(self.waiting) - self._cursor < PIECE:
            self.lay_more()

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

    # ---- reading ---------------------------------------------------------------------------------

    def next_number(self) -> int:
        """Return the number of the next delivery."""
        self._numbers += 1
        return self._numbers

    @property
    def last_number(self) -> int:
        """The number of the latest delivery."""
        return self._numbers

    @property
    def stop(self) -> RangePosition | None:
        """Where the range that is played ends in the newest version; None for the end."""
        return self._stop

    @property
    def ends_with_a_range(self) -> bool:
        """Whether the run ends where a range does, which may be before the end of the score."""
        return self._stop is not None

    def is_before_end(self, time: Fraction) -> bool:
        """Return whether a nominal score time comes before the end of the plan."""
        if self.follow is not None:
            return time < self.passes[-1].end
        return self.chunk_at(time) < self.end_chunk()

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


def is_cut(line: Delivery) -> bool:
    """Return whether a delivery begins a take."""
    return any(isinstance(act, CutAct) for act in line.acts)


def _with_cuts(grid: ChunkGrid, cuts: Iterable[tuple[Fraction, Snap]]) -> ChunkGrid:
    """Return the grid with further cuts; one that would be before another one begins no take."""
    for cut in cuts if grid.first is not None else ():
        try:
            grid = grid.with_cuts([cut])
        except ValueError:
            continue
    return grid
