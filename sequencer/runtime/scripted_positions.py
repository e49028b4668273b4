"""Deliver scripted events at musical positions.

When a run reaches bar 3 of a section is known only while it plays.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from sequencer.core.timebase import SECOND
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.view import RunView
from sequencer.runtime.scripted_events import ScriptedEvent


class Positions:
    """The scripted events of a run that wait for a position in a section.

    Call `due` after every event and at the time that it returns.
    """

    def __init__(self, script: Iterable[ScriptedEvent]) -> None:
        self.waiting = [one for one in script if one.positions]
        self._entered: dict[int, int] = {}
        """The pass in which its section was last seen to play, by each waiting event's identity.

        The values are pass numbers.
        """

    def due(self, run: RunView, now: int) -> tuple[list[ScriptedEvent], int | None]:
        """Remove the events whose position has been reached.

        Returns:
            These events, and the time at which to call again, in nanoseconds. The time is None if
                only another event can bring
            a position nearer.
        """
        if not self.waiting or not run.is_running or run.is_paused:
            return [], None
        current = run.pass_at(run.chunk)
        reached: list[ScriptedEvent] = []
        coming: list[int] = []
        for one in self.waiting:
            if run.first_index(current) in one.positions:
                self._entered[id(one)] = current.number
                time = _time_of(run, current, one, now)
                if time is not None and time <= now:
                    reached.append(one)
                elif time is not None:
                    coming.append(time)
            elif self._was_passed(run, one):
                reached.append(
                    one
                )  # the next section has begun a little early, on a chunk boundary
        self.waiting = [one for one in self.waiting if one not in reached]
        return reached, min(coming, default=None)

    def _was_passed(self, run: RunView, one: ScriptedEvent) -> bool:
        """Return whether a pass that contains the position has just ended.

        The pass must have been long enough to contain the position.
        """
        number = self._entered.pop(id(one), None)
        if number is None or number >= len(run.passes):
            return False
        left = run.passes[number]
        return _is_within(run, left, one)

    def drop_passed(self, run: RunView, now: int) -> None:
        """Remove the events whose position the killed run had reached: they occurred then."""
        current = run.pass_at(run.chunk)
        earlier = run.passes[: current.number]
        passed = [
            one for one in self.waiting if any(_is_within(run, before, one) for before in earlier)
        ]
        for one in self.waiting:
            time = (
                _time_of(run, current, one, now)
                if run.first_index(current) in one.positions
                else None
            )
            if time is not None and time <= now:
                passed.append(one)
        self.waiting = [one for one in self.waiting if one not in passed]


def _is_within(run: RunView, current: Pass, one: ScriptedEvent) -> bool:
    """Return whether a pass has the position of an event and is long enough to contain it."""
    position = one.positions.get(run.first_index(current))
    return position is not None and position[1] <= current.end - current.start


def _time_of(run: RunView, current: Pass, one: ScriptedEvent, now: int) -> int | None:
    """Return the time at which the current pass reaches the position of an event, in nanoseconds.

    In a run that follows a clock, that is when the clock reaches it; otherwise, when the model
    generates that part of its chunk.
    """
    quarter, offset = one.positions[run.first_index(current)]
    time = current.start + offset
    if run.clock is not None:
        followed = run.time_of_position(current, quarter, time)
        return None if followed is None else ceil(followed)
    whole = run.grid.chunk_at(time)
    if whole < run.chunk:
        return now
    if whole > run.chunk:
        return None
    return run.chunk_began_at + ceil((time - run.grid.boundary(whole)) * SECOND)
