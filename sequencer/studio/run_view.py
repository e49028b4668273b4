"""What the page shows of a run: the parts of a snapshot, and what an event changed of them.

Nothing here performs I/O. The run passes each event to `look`; who sends patches calls `changes`,
at most twenty times a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.takeover import Where
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import (
    ChunkDone,
    ChunkShown,
    Paused,
    ResetDone,
    Resumed,
    Started,
    StateReported,
)
from sequencer.schedule.model import Schedule
from sequencer.studio.alerts import Refusals, alerts_of
from sequencer.studio.clock_state import ClockWatch, clock_state, find_loss
from sequencer.studio.go_state import go_state
from sequencer.studio.lines import Lines
from sequencer.studio.next_cue import NextCue
from sequencer.studio.pads import Pads
from sequencer.studio.playback import HOUR, playback_of
from sequencer.studio.prompt_history import PromptHistory
from sequencer.studio.protocol import Alert, ClockState, Line, NextState, Note, Pad
from sequencer.studio.revisions import Revisions
from sequencer.studio.run_source import Moments, RunSource

MAX_NOTES = 200
"""The most messages for the operator that are kept."""
SAME_BEAT_NS = 2_000_000
"""Beats that begin within this many nanoseconds are the same: their times are measured."""


class _Lines(Protocol):
    """The methods of `Lines` that a view uses."""

    def begin(self) -> None: ...
    def known(self) -> list[Line]: ...
    def current(self) -> list[Line]: ...
    def changed(self) -> tuple[list[Line], list[int]]: ...
    def as_of_now(self) -> AbstractContextManager[None]: ...


class _Next(Protocol):
    """The methods of `NextCue` that a view uses."""

    def search(self, now: int) -> None: ...
    def state(self, now: int) -> NextState | None: ...


class _Pads(Protocol):
    """The methods of `Pads` that a view uses."""

    def handle(self, event: Event) -> bool: ...
    def pads(self) -> list[Pad]: ...


class RunView:
    """What the page shows of one run.

    Args:
        source: The run.
    """

    def __init__(self, source: RunSource) -> None:
        self._read(source)
        self._clock = ClockWatch()
        self._refusals = Refusals()
        self._notes: list[Note] = []
        self._sent: dict[str, Any] = {}
        """The parts as they were sent last."""
        self._has_events = False
        """Whether events came since the deliveries were compared."""
        self._moves_on = False
        """Whether one of them changes when chunks are made or shown."""

    def _read(self, source: RunSource) -> None:
        """Show the run of a source from now on."""
        self.source = source
        self.moments = Moments(source)
        lines = Lines(source, self.moments)
        self._lines: _Lines = lines
        self._next: _Next = NextCue(source, self.moments, lines)
        self._pads: _Pads = Pads(source)
        self._prompts = PromptHistory(source)
        self._revisions = Revisions(source, self.moments)

    # ---- what happens ----------------------------------------------------------------------------

    def look(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        """Handle an event of the run, as a performance's watcher, after its `LiveStatus` has."""
        del commands, conductor
        self._clock.handle(event)
        self._refusals.handle(event, self.source)
        self._pads.handle(event)
        self._prompts.look()
        self._has_events = True
        self._moves_on = self._moves_on or isinstance(event, _MOVING)

    def notice(self, at: int, text: str) -> None:
        """Add a message for the operator, at nanosecond `at`."""
        self._notes = [*self._notes, Note(at=at, text=text)][-MAX_NOTES:]

    def offer(self, schedule: Schedule | None, where: Where = "bar") -> None:
        """Show an edit of the score that could take over; None if there is none any more."""
        self._revisions.offer(schedule, where)

    # ---- what is shown ---------------------------------------------------------------------------

    def parts(self, now: int) -> dict[str, Any]:
        """Return all parts of a snapshot that the run gives, as they are at nanosecond `now`.

        What patches are counted from does not change.
        """
        self._next.search(now)
        with self._lines.as_of_now():
            return {**self._small_parts(now), "lines": self._lines.current()}

    def alerts(self, now: int) -> list[Alert]:
        """Return what is wrong with the run at nanosecond `now`."""
        clock = clock_state(self.source, self.moments, self._clock, now)
        return alerts_of(self.source, clock, self._clock, self._refusals, now)

    def figures(self, now: int, billed_seconds: float) -> dict[str, Any]:
        """Return what only this view knows of a run that is over, for its report.

        Args:
            now: When it ended, in nanoseconds.
            billed_seconds: For how long its session was billed.
        """
        found: dict[str, Any] = {}
        price = self.source.price_per_hour
        if price and billed_seconds:
            found["cost"] = round(billed_seconds * price / HOUR, 2)
        loss = find_loss(self.source.view, self._clock, now)
        if loss is not None:
            found["clock_lost"] = loss
        return found

    def snapshot(self, now: int) -> dict[str, Any]:
        """Return the parts of a snapshot for one more page, to which the next patches apply.

        They are as they were with the last patch.
        """
        if not self._sent:
            self._lines.begin()
            self._next.search(now)
            self._has_events = self._moves_on = False
            self._sent = self._small_parts(now)
        return {**self._sent, "lines": self._lines.known()}

    def changes(self, now: int) -> dict[str, Any]:
        """Return the parts that changed since the last call, for a patch.

        Args:
            now: The time of the run's clock, in nanoseconds.

        Returns:
            The values of the keys of a `Patch` that changed; empty if nothing did.
        """
        found: dict[str, Any] = {}
        if self._has_events:
            self._has_events = False
            lines, gone = self._lines.changed()
            if lines or gone or self._moves_on:
                self._moves_on = False
                self._next.search(now)
            if lines:
                found["lines"] = lines
            if gone:
                found["gone"] = gone
        for key, value in self._small_parts(now).items():
            if self._sent.get(key, _MISSING) != value:
                found[key] = self._sent[key] = value
        return found

    def _small_parts(self, now: int) -> dict[str, Any]:
        clock = self._steady(clock_state(self.source, self.moments, self._clock, now))
        return {
            "playback": playback_of(self.source, self.moments, self._prompts.prompts, now),
            "clock": clock,
            "go": go_state(self.source, self.moments, now),
            "next": self._next.state(now),
            "pads": self._pads.pads(),
            "revisions": self._revisions.revisions(now),
            "alerts": alerts_of(self.source, clock, self._clock, self._refusals, now),
            "notes": self._notes,
        }

    def _steady(self, clock: ClockState) -> ClockState:
        """Return the clock as it was sent, if it differs from that only by errors of rounding."""
        before: ClockState | None = self._sent.get("clock")
        if before is None or {**before, "beat_at": 0, "beat_ns": 0} != {
            **clock,
            "beat_at": 0,
            "beat_ns": 0,
        }:
            return clock
        pairs = (
            (before["beat_at"], clock["beat_at"]),
            (before["beat_ns"], clock["beat_ns"]),
        )
        are_close = all(
            one == other
            or (one is not None and other is not None and abs(one - other) <= SAME_BEAT_NS)
            for one, other in pairs
        )
        return before if are_close else clock


_MISSING = object()
_MOVING = (ChunkDone, ChunkShown, Paused, Resumed, Started, ResetDone, StateReported)
"""Events that change when chunks are expected to be shown."""
