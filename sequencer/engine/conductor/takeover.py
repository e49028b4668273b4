"""Find where an edited score takes over: when, and at which of its own positions.

The position is found by name, because sections may have been inserted or removed before it: the
same section, the same pass of it and the same bar (or second, without beats).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Literal

from sequencer.engine.conductor.exits import find_time_without_beats
from sequencer.engine.conductor.passes import NOMINAL_QUARTERS
from sequencer.engine.play_range import RangePosition
from sequencer.schedule.model import Quantisation, Schedule, Stretch

if TYPE_CHECKING:
    from sequencer.engine.conductor.passes import Pass
    from sequencer.engine.conductor.plan import Plan

Where = Literal["bar", "chunk", "section"]
"""Where a version takes over: at the next bar line, chunk or beginning of a section in reach."""

_ZERO = Fraction(0)
_BAR = Quantisation(1, "bars")
_PARTS = 96
"""A measured position is counted in parts of a quarter of this number."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a version of the score cannot take over: what is wrong, and what helps.

    `code` is that of the catalog; empty for what depends on more than the two scores.
    """

    code: str
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]" if self.code else self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachedPosition:
    """A position of the plan at which another version can take over.

    Attributes:
        current: The pass that it is in, or (if it is at the end of that) that is over there.
        quarter: The quarter within that pass; None for a position in seconds.
        time: The nominal score time.
        following: The pass that begins there, if there is one.
    """

    current: Pass
    quarter: Fraction | None
    time: Fraction
    following: Pass | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """Where a version of the score takes over.

    Attributes:
        current: The pass of the version before.
        time: The nominal score time.
        quarter: The same in quarters since the score began.
        continues: Whether the new version goes on within `stretch`; otherwise with its beginning.
        stretch: The stretch of the new version.
        offset: The seconds since the beginning of that stretch.
        inside: The quarter within that stretch; None without beats.
        following: The index of the stretch that begins after it (or at the takeover).
        stop: Where the range that is played ends in the new version; None for the end.
        old: The position by the order of the old score: the index of a stretch, and seconds in it.
        new: The same in the new score.
    """

    current: Pass
    time: Fraction
    quarter: Fraction
    continues: bool
    stretch: Stretch
    offset: Fraction
    inside: Fraction | None
    following: int
    stop: RangePosition | None
    old: tuple[int, Fraction]
    new: tuple[int, Fraction]
    goes_on_with: Pass | None = None
    """The pass that would have followed `current` in the old plan."""

    @property
    def pass_quarter(self) -> Fraction:
        """Where the pass of the new version would have begun, in quarters since the score began."""
        if self.current.counts_seconds:
            return self.quarter - self.offset
        if self.inside is None or self.stretch.tempo is None:
            return self.quarter - self.offset * NOMINAL_QUARTERS
        return self.quarter - self.inside


def stretch_named(schedule: Schedule, section: str | None, occurrence: int) -> Stretch | None:
    """Return a pass of a section, counted from 1 in the order of `play`; at most its last one."""
    named = [one for one in schedule.stretches if one.section == section]
    return next((one for one in reversed(named) if one.occurrence <= occurrence), None) or next(
        iter(named), None
    )


# ---- when ------------------------------------------------------------------------------------


def find_reached(
    plan: Plan, making: int, reach: int, passed: int, where: Where
) -> ReachedPosition | None:
    """Return the first position at which a version can take over.

    Args:
        plan: The plan.
        making: The score chunk that is being made.
        reach: The first score chunk within reach.
        passed: In a run that follows a clock, the nanosecond that it comes after.
        where: What kind of position.

    Returns:
        The position; None if the score ends before there is one.
    """
    for one in plan.passes[plan.pass_at(making).number :]:
        found = _start_of(plan, one, making, reach, passed)
        if found is None and where == "bar":
            found = _bar_of(plan, one, reach, passed)
        if found is None and where == "chunk":
            found = _chunk_of(plan, one, reach, passed)
        if found is not None:
            return found if plan.is_before_end(found.time) else None
    return None


def _start_of(
    plan: Plan, one: Pass, making: int, reach: int, passed: int
) -> ReachedPosition | None:
    """Return the beginning of a pass, if it has not begun and can be reached."""
    quarter = _ZERO if one.stretch.tempo is not None else None
    if one.number <= plan.pass_at(making).number or not plan.can_land(
        one, quarter, one.start, reach, passed
    ):
        return None
    return ReachedPosition(
        current=plan.passes[one.number - 1], quarter=None, time=one.start, following=one
    )


def _bar_of(plan: Plan, one: Pass, reach: int, passed: int) -> ReachedPosition | None:
    from sequencer.engine.conductor.musical_lines import find_line_in_pass

    if one.stretch.meters is None or one.stretch.tempo is None:
        return _chunk_of(plan, one, reach, passed)
    line = find_line_in_pass(plan, one, _BAR, reach, passed)
    if line is None or line.time >= one.end:
        return None
    return ReachedPosition(current=one, quarter=line.quarter, time=line.time)


def _chunk_of(plan: Plan, one: Pass, reach: int, passed: int) -> ReachedPosition | None:
    """Return the position that is shown with the first chunk in reach, if it is in a pass."""
    tempo, follow = one.stretch.tempo, plan.follow
    if follow is None:
        at = plan.grid.boundary(reach)
    elif tempo is None or not follow.is_external or one.counts_seconds:
        at = find_time_without_beats(plan, one, reach, passed)
    else:
        due = follow.boundary_of(reach)
        here = None if due is None else follow.quarter_at(max(round(due) - follow.offset, passed))
        if here is None:
            return None
        quarter = Fraction(ceil(here * _PARTS) + 1, _PARTS) - one.quarter
        quarter = max(quarter, one.begins_quarter - one.quarter)
        at = one.start + tempo.seconds_at(max(quarter, _ZERO))
        return None if at >= one.end else ReachedPosition(current=one, quarter=quarter, time=at)
    at = max(at, one.begins)
    return None if at >= one.end else ReachedPosition(current=one, quarter=None, time=at)


# ---- where -----------------------------------------------------------------------------------


def find_takeover(
    plan: Plan, schedule: Schedule, reached: ReachedPosition, section: str | None
) -> Takeover | Refusal:
    """Return where a version of the score takes over, or why it cannot.

    Args:
        plan: The plan.
        schedule: The version.
        reached: When it takes over.
        section: The section in which the position is looked up; None for that of the plan.
    """
    stop = moved_position(plan.stop, plan.schedule, schedule)
    if plan.stop is not None and stop is None:
        return _range_refusal(plan.stop, schedule)
    at = _position_of(plan, reached)
    if at.time < at.current.end:
        return _inside(schedule, at, section, stop)
    return _between(schedule, at, section, stop)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Position:
    """A position of the version before.

    Attributes:
        current: The pass that it is in, or at the end of.
        time: The nominal score time.
        absolute: Quarters since the score began.
        quarter: The quarter in the pass; None without beats.
        following: The pass that follows.
    """

    current: Pass
    time: Fraction
    absolute: Fraction
    quarter: Fraction | None
    following: Pass | None


def _position_of(plan: Plan, reached: ReachedPosition) -> _Position:
    """Return a reached position in the version that is played until then."""
    current, time = reached.current, reached.time
    first = reached.following or current
    following = next(iter(plan.passes[current.number + 1 : current.number + 2]), None)
    quarter = reached.quarter
    replaced = first.replaces
    if replaced is not None and replaced.time >= time:
        # Another version was to take over here, or later: this one takes its place.
        absolute = first.quarter_of(quarter, time)
        current, following, quarter = replaced.current, replaced.following, None
        tempo = current.stretch.tempo
        if plan.follow is not None and plan.follow.is_external and tempo is not None:
            quarter = max(absolute - current.quarter, _ZERO)
            time = current.start + tempo.seconds_at(quarter)
    if time >= current.end:
        absolute = current.end_quarter if following is None else following.quarter
        return _Position(
            current=current, time=time, absolute=absolute, quarter=None, following=following
        )
    if quarter is None and current.stretch.tempo is not None:
        quarter = bar_line(current, time)
    return _Position(
        current=current,
        time=time,
        absolute=current.quarter_of(quarter, time),
        quarter=quarter,
        following=following,
    )


def bar_line(current: Pass, at: Fraction) -> Fraction | None:
    """Return the exact quarter of a pass at a time if a bar begins there.

    In a ramp it cannot be computed from the time.
    """
    stretch = current.stretch
    if stretch.meters is None or stretch.tempo is None or at < current.start:
        return None
    near = stretch.meters.bar_beat_at(stretch.tempo.quarter_at(at - current.start)).bar
    lines = (stretch.meters.bar_start(bar) for bar in (near - 1, near))
    return next(
        (line for line in lines if current.start + stretch.tempo.seconds_at(line) == at), None
    )


def _inside(
    schedule: Schedule, at: _Position, section: str | None, stop: RangePosition | None
) -> Takeover | Refusal:
    """Return the takeover at a position within a section."""
    current = at.current
    named = stretch_named(schedule, section or current.stretch.section, current.stretch.occurrence)
    if named is None:
        return _section_refusal(schedule, section, current.stretch.section)
    inside, offset = _same_position(current, at, named)
    following = named.index + 1
    if current.was_left and at.following is not None:
        following = _index_of(schedule, at.following, following)
    old = (current.stretch.index, at.time - current.start)
    if offset < named.seconds or current.was_left:
        return Takeover(
            current=current,
            time=at.time,
            quarter=at.absolute,
            continues=True,
            stretch=named,
            offset=offset,
            inside=inside,
            following=following,
            stop=stop,
            old=old,
            new=(named.index, offset),
            goes_on_with=at.following,
        )
    return _from_beginning(schedule, at, following, old, stop)


def _between(
    schedule: Schedule, at: _Position, section: str | None, stop: RangePosition | None
) -> Takeover | Refusal:
    """Return the takeover at the end of a section, with what follows it in the new version."""
    current, following = at.current, at.following
    old = (current.stretch.index + 1, _ZERO)
    own = stretch_named(schedule, current.stretch.section, current.stretch.occurrence)
    if section is not None:
        named = stretch_named(
            schedule, section, 1 if following is None else following.stretch.occurrence
        )
        if named is None:
            return _section_refusal(schedule, section, None)
        return _from_beginning(schedule, at, named.index, old, stop)
    if own is not None and not current.was_left:
        return _from_beginning(schedule, at, own.index + 1, old, stop)
    next_one = None
    if following is not None:
        old = (following.stretch.index, _ZERO)
        next_one = stretch_named(schedule, following.stretch.section, following.stretch.occurrence)
    if next_one is not None:
        return _from_beginning(schedule, at, next_one.index, old, stop)
    if own is not None:
        return _from_beginning(schedule, at, own.index + 1, old, stop)
    return _section_refusal(schedule, None, current.stretch.section)


def _from_beginning(
    schedule: Schedule,
    at: _Position,
    index: int,
    old: tuple[int, Fraction],
    stop: RangePosition | None,
) -> Takeover | Refusal:
    """Return the takeover with the beginning of a stretch."""
    beyond = len(schedule.stretches)
    if stop is not None:
        beyond = stop.stretch + (1 if stop.offset else 0)
    if index >= beyond:
        return TOO_LATE
    return Takeover(
        current=at.current,
        time=at.time,
        quarter=at.absolute,
        continues=False,
        stretch=schedule.stretches[index],
        offset=_ZERO,
        inside=_ZERO if schedule.stretches[index].tempo is not None else None,
        following=index,
        stop=stop,
        old=old,
        new=(index, _ZERO),
        goes_on_with=at.following,
    )


def _same_position(
    current: Pass, at: _Position, named: Stretch
) -> tuple[Fraction | None, Fraction]:
    """Return the quarter and the seconds of a stretch at which it has the position of a pass.

    The position is a bar, and quarters in it; without beats it is a number of seconds.
    """
    before = current.stretch
    seconds = at.time - current.start
    tempo, meters = before.tempo, before.meters
    if tempo is None or meters is None or named.tempo is None or named.meters is None:
        inside = None if named.tempo is None else named.tempo.quarter_at(seconds)
        return inside, seconds
    quarter = tempo.quarter_at(seconds) if at.quarter is None else at.quarter
    if (tempo, meters) == (named.tempo, named.meters):
        return quarter, seconds  # in a ramp a quarter is not computed back exactly
    bar = meters.bar_beat_at(quarter).bar - 1
    rest = quarter - meters.bar_start(bar)
    begins = named.meters.bar_start(bar)
    inside = min(begins + rest, named.meters.bar_start(bar + 1))
    return inside, named.tempo.seconds_at(inside)


def _index_of(schedule: Schedule, one: Pass, otherwise: int) -> int:
    named = stretch_named(schedule, one.stretch.section, one.stretch.occurrence)
    return otherwise if named is None else named.index


def moved_position(
    position: RangePosition | None, before: Schedule, after: Schedule
) -> RangePosition | None:
    """Return the position of a range in another version of the score; None if it has none."""
    if position is None:
        return None
    old = before.stretches[position.stretch]
    new = stretch_named(after, old.section, old.occurrence)
    if new is None:
        return None
    offset = position.offset
    if (
        old.tempo is not None
        and old.meters is not None
        and new.tempo is not None
        and new.meters is not None
        and (old.tempo, old.meters) != (new.tempo, new.meters)
    ):
        quarter = old.tempo.quarter_at(offset)
        bar = old.meters.bar_beat_at(quarter).bar - 1
        inside = new.meters.bar_start(bar) + quarter - old.meters.bar_start(bar)
        offset = new.tempo.seconds_at(min(inside, new.meters.bar_start(bar + 1)))
    return RangePosition(stretch=new.index, offset=min(offset, new.seconds), text=position.text)


# ---- refusals --------------------------------------------------------------------------------

TOO_LATE = Refusal(
    "E704",
    "the run is too near its end: no position is left at which the edited score could take over",
    "perform the edited score in a new run",
)


def _section_refusal(schedule: Schedule, wanted: str | None, playing: str | None) -> Refusal:
    sections = dict.fromkeys(one.section for one in schedule.stretches if one.section)
    listed = ", ".join(sections)
    if wanted is not None:
        return Refusal(
            "E701",
            f"the edited score has no section {wanted}",
            f"its sections: {listed}" if sections else "it has no sections; omit 'in SECTION'",
        )
    what = "it has no sections" if playing is None else f"section {playing} is playing"
    if playing is None:
        return Refusal(
            "E701",
            "the score that plays has no sections, and the edited one has no part without one",
            f"name the section in which it goes on: reload in {next(iter(sections), 'SECTION')}",
        )
    if not sections:
        return Refusal(
            "E701",
            f"{what}, but the edited score has no sections",
            f"keep section {playing} in the edited score",
        )
    return Refusal(
        "E701",
        f"{what}, but the edited score does not play a section of that name",
        f"name the section in which it goes on: reload in {next(iter(sections))} "
        f"(it has: {listed})",
    )


def _range_refusal(stop: RangePosition, schedule: Schedule) -> Refusal:
    sections = dict.fromkeys(one.section for one in schedule.stretches if one.section)
    return Refusal(
        "",
        f"the run ends before {stop.text}, which the edited score does not have",
        "keep that section" if not sections else f"its sections: {', '.join(sections)}",
    )


def check_version(before: Schedule, after: Schedule) -> Refusal | None:
    """Return why a version of the score cannot take over in a run at all; None if it can."""
    if before.grid != after.grid:
        return Refusal(
            "E702",
            "the edited score has another grid, and the run is built on the one it began with",
            "keep the grid line, or perform the edited score in a new run",
        )
    old, new = before.clock, after.clock
    if (old.kind, old.port, old.rate) != (new.kind, new.port, new.rate):
        return Refusal(
            "E703",
            "the edited score has another clock, and the run is built on the one it began with",
            "keep the kind of clock and its port, or perform the edited score in a new run; the "
            "tempo and the meter may change",
        )
    return None
