"""The deliveries of a run, as `Line`, and which of them changed.

A score has up to ten thousand cues, and a chunk takes about a second: after most events only the
deliveries around the chunk that is being made are compared. All of them are compared when the plan
of the run has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

from sequencer.core.timebase import SECOND
from sequencer.engine.conductor.deliveries import Delivery, Status
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.plan_building import UNPLACED
from sequencer.engine.conductor.run_actions import LEAVES, RELOADS, RunAction
from sequencer.engine.conductor.transitions import Phase
from sequencer.reports.timeline.plot import assign_tints
from sequencer.runtime.output.action_excerpt import elided
from sequencer.schedule.describe import bare, describe_act, describe_fade
from sequencer.schedule.model import CueAct, PromptAct, Schedule
from sequencer.schedule.prompt_actions import Actions, actions_of
from sequencer.studio.protocol import Line, LineStatus
from sequencer.studio.run_source import Moments, RunSource

MAX_WHAT = 400
"""The longest description of a delivery, in characters."""
CHUNKS_BEFORE, CHUNKS_AFTER = 3, 2
"""How many chunks before and after the reach of the run are compared after each event."""
REFRESHED = 48
"""How many deliveries after a live section are compared when the section can be left only later.

Others keep the earlier bound, which holds as well.
"""

_STATUS: dict[Status, LineStatus] = {
    Status.WAITING: "planned",
    Status.COMMITTED: "planned",
    Status.SENT: "sent",
    Status.LANDED: "landed",
    Status.OVERTAKEN: "replaced",
    Status.SKIPPED: "skipped",
    Status.DROPPED: "lost",
    Status.REFUSED: "refused",
    Status.MISSED: "lost",
    Status.STUCK: "lost",
}
_KINDS = ("cut", "prompt", "image", "strength", "sr")
_IN_FLIGHT = (Status.COMMITTED, Status.SENT)
SLIGHTLY = 0.05
"""The part of a chunk by which a command may be late without counting for a chunk less."""
WAS_REFUSED = "refused at chunk"
"""How the reason of a delivery begins that the model refused and that was sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    """The pass that follows a live section, and how many seconds sooner it may begin."""

    following: Pass
    shift: Fraction


def _sooner(current: Pass) -> Fraction:
    """Return how many seconds sooner a pass begins if all live sections before it are left soon."""
    return current.stretch.start - current.stretch.soonest


class Lines:
    """The deliveries of a run and the actions of its rules, with what changed since the last look.

    The numbers of run actions (a section that was left, a pause) are negative.
    """

    def __init__(self, source: RunSource, moments: Moments) -> None:
        self._source = source
        self._moments = moments
        self._known: dict[int, Line] = {}
        self._watched: set[int] = set()
        """Deliveries that were about to land at the last look."""
        self._plan: tuple[Any, ...] = ()
        self._texts: dict[tuple[int, tuple[CueAct, ...]], str] = {}
        self._actions = Actions(())
        self._tints: dict[str | None, int] = {}
        self._version = 0
        self._same: dict[int, frozenset[object]] = {}
        self._fired: dict[int, float] = {}
        """Where the model was when something fired, by its number: in chunks."""
        self._open: _Open | None = None

    def begin(self) -> None:
        """Compare with all deliveries as they are now from here on."""
        self._known.clear()
        self.changed(everything=True)

    @contextmanager
    def as_of_now(self) -> Iterator[None]:
        """Let `line` and `current` use what is open now, without counting as a look."""
        before, self._open = self._open, self._find_open()
        try:
            yield
        finally:
            self._open = before

    def current(self) -> list[Line]:
        """Return all deliveries as they are now, in the order in which they act."""
        moves = enumerate(self._source.view.run_actions)
        found = [self.line(line) for line in self._source.view.deliveries]
        found += [self._move(-1 - number, move) for number, move in moves if move.kind != RELOADS]
        return sorted(found, key=_order)

    def known(self) -> list[Line]:
        """Return all deliveries as they were at the last look."""
        return sorted(self._known.values(), key=_order)

    def is_after_open(self, line: Delivery) -> bool:
        """Return whether a delivery comes sooner if a live section is left before its maximum."""
        after = self._open
        return after is not None and line.pass_number >= after.following.number

    def changed(self, *, everything: bool = False) -> tuple[list[Line], list[int]]:
        """Return the deliveries that changed or were added, and the numbers of those that are gone.

        Args:
            everything: Whether to compare all of them.
        """
        view = self._source.view
        plan = self._plan_state()
        is_new_plan = everything or plan != self._plan
        self._plan = plan
        bound, self._open = self._open, self._find_open()
        deliveries = view.deliveries
        candidates: Iterable[Delivery] = deliveries if is_new_plan else self._near(deliveries)
        if not is_new_plan and bound != self._open:
            candidates = [*candidates, *self._first_open(deliveries)]
        found: list[Line] = []
        for line in candidates:
            self._compare(self.line(line), found)
        for number, move in enumerate(view.run_actions):
            if move.kind != RELOADS:
                self._compare(self._move(-1 - number, move), found)
        gone: list[int] = []
        if is_new_plan:
            self._watched = {line.number for line in deliveries if line.status in _IN_FLIGHT}
            there = {line.number for line in deliveries}
            gone = [number for number in self._known if number >= 0 and number not in there]
            for number in gone:
                del self._known[number]
        return found, gone

    def _compare(self, line: Line, found: list[Line]) -> None:
        if self._known.get(line["n"]) != line:
            self._known[line["n"]] = line
            found.append(line)

    def _near(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Return the deliveries that most events can change."""
        view, watched = self._source.view, self._watched
        first = view.chunk - CHUNKS_BEFORE
        last = view.chunk + view.schedule.lead + CHUNKS_AFTER
        if view.clock is not None:
            last = UNPLACED - 1  # few are placed ahead, and each fit of the clock may move them
        found: list[Delivery] = []
        self._watched = set()
        for line in deliveries:  # all of them, so without calls
            status = line.status
            if status is Status.SENT or status is Status.COMMITTED:
                self._watched.add(line.number)
                found.append(line)
            elif first <= line.nominal <= last:
                if status is Status.WAITING:
                    self._watched.add(line.number)
                found.append(line)
            elif line.number in watched:
                found.append(line)
        return found

    def _first_open(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Return the first deliveries that come after the live section that plays."""
        if self._open is None:
            return []
        number = self._open.following.number
        found: list[Delivery] = []
        for line in deliveries:
            if line.pass_number >= number and line.status is Status.WAITING:
                found.append(line)
                if len(found) == REFRESHED:
                    break
        return found

    def _plan_state(self) -> tuple[Any, ...]:
        """Return a value that changes with anything that can move many deliveries."""
        view = self._source.view
        passes = view.passes
        current = view.pass_at(view.chunk).number
        last = passes[-1]
        return (
            view.version,
            len(view.deliveries),
            len(passes),
            current,
            tuple((one.start, one.end, one.was_left) for one in passes[current : current + 3]),
            (last.start, last.end),
            view.grid.cut_chunks,
            view.take,
            self._source.conductor.is_finished,
        )

    # ---- what is not certain ---------------------------------------------------------------------

    def _find_open(self) -> _Open | None:
        """Return what comes after the first live section that has not been left, if there is one.

        That is the one that plays, or one that is still to come.
        """
        view = self._source.view
        current = view.pass_at(view.chunk).number
        for one in view.passes[current : len(view.passes) - 1]:
            if one.stretch.is_live and not one.was_left:
                following = view.passes[one.number + 1]
                shift = self._shift(one, following, is_current=one.number == current)
                return _Open(following=following, shift=shift)
        return None

    def _shift(self, current: Pass, following: Pass, *, is_current: bool) -> Fraction:
        """Return how many seconds sooner the pass after a live one may begin."""
        view = self._source.view
        forecast = view.forecast_exit(0) if is_current else None
        if forecast is not None:
            return following.start - forecast.time
        if is_current and view.phase is Phase.PLAYING:
            return Fraction(0)  # it ends by itself
        if view.start_chunk(current) is None:
            return _sooner(following)
        soonest = view.soonest_exit(current)
        return Fraction(0) if soonest is None else following.start - soonest

    def _range(self, line: Delivery) -> tuple[int, int] | None:
        """Return the first and the last chunk of a delivery after a live section; else None."""
        after = self._open
        if after is None or line.status is not Status.WAITING or not line.has_position:
            return None
        current = line.scheduled_in
        if current.number < after.following.number or line.nominal >= UNPLACED:
            return None
        shift = after.shift + max(Fraction(0), _sooner(current) - _sooner(after.following))
        if not shift:
            return None
        earliest = self._source.view.schedule.grid.snap(
            max(Fraction(0), line.time - shift), line.snap
        )
        return min(earliest, line.nominal), line.nominal

    # ---- one line --------------------------------------------------------------------------------

    def _read_version(self) -> None:
        view = self._source.view
        if view.version != self._version:
            self._version = view.version
            self._actions = actions_of(view.schedule)
            self._texts.clear()
            stretches = (*view.schedule.stretches, *(one.stretch for one in view.passes))
            self._tints = assign_tints(stretches)

    def line(self, line: Delivery) -> Line:
        """Return a delivery as it is now."""
        self._read_version()
        is_open = self._range(line)
        nominal = line.nominal if line.nominal < UNPLACED else None
        chunk = line.chunk if line.chunk is not None else nominal
        planned = line.planned if line.planned is not None else nominal
        position = line.time if line.has_position else None
        return Line(
            n=line.number,
            revision=line.version,
            line=line.origin.line,
            section=self._source.status.coming.name(line.section, line.occurrence),
            occurrence=line.occurrence,
            tint=self._tints.get(line.section, 0),
            place=line.place,
            what=self._what(line),
            kinds=[kind for kind in _KINDS if kind in line.kinds],
            fired=line.place if line.fired is not None else "",
            fired_chunk=self._fired_chunk(line.number, line.fired, line.landed, line.boundary),
            time_s=None if position is None else round(float(position), 3),
            planned=None if is_open else planned,
            earliest=is_open[0] if is_open else None,
            latest=is_open[1] if is_open else None,
            chunk=None if is_open else chunk,
            landed=line.landed,
            status=_status(line, is_open is not None or chunk is None),
            reason=line.reason,
            error_ms=None if is_open else self._error(line, chunk),
            lead=self._lead(line),
            changed=self._is_changed(line),
        )

    def _what(self, line: Delivery) -> str:
        key = (line.version, line.acts)
        found = self._texts.get(key)
        if found is None:
            found = elided(", ".join(self._deed(act) for act in line.acts), MAX_WHAT)
            self._texts[key] = found
        return found

    def _deed(self, act: CueAct) -> str:
        if isinstance(act, PromptAct):
            return describe_fade(act.fade) + bare(self._actions.of(None, act.text))
        return describe_act(act)

    def _error(self, line: Delivery, chunk: int | None) -> float | None:
        """Return by how much a delivery is shown after its position, in milliseconds."""
        if line.off is not None:
            return round(line.off / 1e6, 1)
        view = self._source.view
        if not line.has_position or chunk is None or view.clock is not None:
            return None
        at = chunk if line.landed is None else line.landed
        return round(float(view.grid.snap_error(line.time, at) * 1000), 1)

    def _lead(self, line: Delivery) -> int | None:
        if line.sent is None or line.boundary is None:
            return None
        chunk_ns = float(self._source.view.grid.chunk * SECOND)
        return max(0, ceil((line.boundary - line.sent) / chunk_ns - SLIGHTLY))

    def _fired_chunk(
        self, number: int, fired: int | None, landed: int | None, began: int | None
    ) -> float | None:
        """Return where the model was when something fired, in chunks; None if it is not known.

        It is kept: later, the chunk that was made then has another length or is unknown. Of a run
        that is over, what is known is how long before its chunk it fired.
        """
        if fired is None:
            return None
        if number not in self._fired:
            view, chunk_ns = self._source.view, self._moments.chunk_ns
            since = (view.chunk, self._moments.boundary_at)
            if since[1] is None and landed is not None:
                since = (landed, began)
            if since[1] is None or chunk_ns <= 0:
                return None
            self._fired[number] = round(max(0.0, since[0] + (fired - since[1]) / chunk_ns), 3)
        return self._fired[number]

    def _is_changed(self, line: Delivery) -> bool:
        """Return whether an edit of the score changed or added a cue."""
        if line.version < 2 or line.entry is None or line.was_kept:
            return False
        before = self._same.get(line.version)
        if before is None:
            before = _cues_of(self._source.view.versions[line.version - 2])
            self._same[line.version] = before
        return _cue(line.section, line.occurrence, line.place, line.acts) not in before

    def _move(self, number: int, move: RunAction) -> Line:
        """Return an action of a rule or an exit on the run itself."""
        self._read_version()
        return Line(
            n=number,
            revision=move.version,
            line=move.line,
            section=self._source.status.coming.name(move.section, move.occurrence),
            occurrence=move.occurrence,
            tint=self._tints.get(move.section, 0),
            place=move.place,
            what="leave the section" if move.what == "exit" else move.what,
            kinds=["goto" if move.kind == LEAVES else move.kind],
            fired=move.place,
            fired_chunk=self._fired_chunk(number, move.fired, move.chunk, move.came),
            time_s=None,
            planned=None,
            earliest=None,
            latest=None,
            chunk=move.chunk,
            landed=move.chunk if move.status is Status.LANDED else None,
            status=_STATUS[move.status],
            reason=move.reason,
            error_ms=None,
            lead=None,
            changed=False,
        )


def _status(line: Delivery, is_open: bool) -> LineStatus:
    if line.status is Status.LANDED:
        is_late = None not in (line.planned, line.landed) and line.landed != line.planned
        return "late" if is_late else "landed"
    if line.status is Status.SENT and line.reason.startswith(WAS_REFUSED):
        return "refused"
    if is_open and line.status is Status.WAITING:
        return "open"
    return _STATUS[line.status]


def _order(line: Line) -> tuple[int, int]:
    at = next(
        (one for one in (line["landed"], line["chunk"], line["latest"]) if one is not None),
        UNPLACED,
    )
    return at, line["n"]


def _cues_of(schedule: Schedule) -> frozenset[object]:
    return frozenset(
        _cue(stretch.section, stretch.occurrence, entry.place, entry.acts)
        for stretch in schedule.stretches
        for entry in stretch.entries
    )


def _cue(section: str | None, occurrence: int, place: str, acts: tuple[CueAct, ...]) -> object:
    return section, occurrence, place, acts
