"""Following: musical time comes from outside, chunk boundaries from the model, and places are bound to chunks late.

Both are fits made in the shell; here they are only put together. Everything is in integer or float nanoseconds and float
quarters: what an outer clock says is measured, so nothing exact is lost.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from math import ceil, floor

from sequencer.core.timebase import DISPLAY_DELAY, SECOND, Snap
from sequencer.events.codec import Event
from sequencer.events.events import BoundariesFitted, ClockFitted, TransportChanged, TransportLocated
from sequencer.schedule.model import Schedule

MIN_BOUNDARIES, MAX_BOUNDARIES = 2, 9
STRAYS = 2.0
"""A place within so many standard deviations of a boundary counts as on it, so that `floor` and `ceil` do not flap."""

FARTHEST = 1e21
"""No fit is believed that holds a larger number, or none at all: fits stand in journals too, and those come from anybody."""
SLOWEST = 1e-18
"""Quarters a nanosecond, one in thirty years: a clock that is slower stands."""


def can_be(event: Event) -> bool:
    """Whether what an event tells of clocks and boundaries can have been measured. Others tell nothing of the kind."""
    numbers: tuple[float, ...]
    match event:
        case ClockFitted():
            numbers = (event.quarter, event.time, event.quarters_per_ns, event.deviation)
        case TransportLocated():
            numbers = (event.quarter,)
        case BoundariesFitted() if event.chunk_ns >= 1:
            numbers = (event.chunk, event.time, event.chunk_ns, event.deviation, event.lag)
        case BoundariesFitted():
            return False
        case _:
            return True
    return all(-FARTHEST < number < FARTHEST for number in numbers)


class ClockSync:
    """What is known of the clock and of the boundaries. `outer` is False for an internal tempo followed in wall time."""

    def __init__(self, schedule: Schedule, outer: bool, delay: int = DISPLAY_DELAY) -> None:
        """`delay` is the time from a chunk's report to its first frame that is believed until it is measured, nanoseconds."""
        self.outer = outer
        self.offset = 0
        self.lag = round(schedule.grid.chunk * SECOND) + delay
        """From a chunk's beginning to its first frame seen. Until that is measured: a chunk is made, and then sent."""
        self.is_running = not outer
        self.origin: int | None = None
        """Internal clock: the nanosecond at which score time 0 was."""
        self.shown: dict[int, int] = {}
        """When score chunks were seen, nanoseconds."""
        self._clock: ClockFitted | None = None
        self._stopped_at: tuple[int, float] | None = None
        self._zero = 0.0
        self._has_place = False
        self._chunk = 0
        self._time: float | None = None
        self._nominal = float(schedule.grid.chunk)
        self._length = float(schedule.grid.chunk * SECOND)
        self._deviation = 0.0
        self._fitted = False
        self._seen: deque[tuple[int, int]] = deque(maxlen=MAX_BOUNDARIES)

    # ---- hearing ---------------------------------------------------------------------------------------------------

    def clock_fitted(self, fit: ClockFitted) -> None:
        """A new fit of the outer clock."""
        self._clock = fit
        if fit.quality in ("locked", "free") and self._stopped_at is None:
            self.is_running = True

    def clock_moved(self, move: TransportChanged) -> None:
        """The outer clock's transport. Stop freezes musical time; continue goes on from there."""
        match move.what:
            case "start":
                self._stopped_at = None
                self._zero = 0.0
                self._has_place = True
                self.is_running = True
                self._stand(move.at, 0.0)
            case "stop":
                if self.is_running:
                    self._stopped_at = (move.at, self.quarter_at(move.at) or 0.0)
                self.is_running = False
            case "continue":
                here = self.quarter_at(move.at) or 0.0
                self._stopped_at = None
                self.is_running = True
                self._stand(move.at, here)

    def located(self, at: int, quarter: float) -> None:
        """The outer clock jumped, and says where in the score to: its quarters count from the score's beginning.

        While it stands, it stands there now; while it runs, its next fit says the rest.
        """
        self._zero = 0.0
        self._has_place = True
        if self._stopped_at is not None:
            self._stopped_at = (at, quarter)
        else:
            self._stand(at, quarter)

    def _stand(self, at: int, quarter: float) -> None:
        """The clock stands at a score quarter now, and moves on at the tempo it had: true until its next fit."""
        if self._clock is not None:
            self._clock = replace(self._clock, quarter=quarter + self._zero, time=at)

    def begins(self, at: int) -> None:
        """The score's time 0 is now: for an internal clock, or for an outer one that ran before anybody listened."""
        if self.origin is None:
            self.origin = at
            if self.outer and not self._has_place:
                self._zero = float(round(self.quarter_at(at) or 0.0))

    def boundaries_fitted(self, fit: BoundariesFitted, base: int) -> None:
        """A new fit of chunk boundaries, `base` being the score chunk at which its take began."""
        self._fitted = True
        self._chunk = base + fit.chunk
        self._time = float(fit.time)
        self._length = fit.chunk_ns
        self._deviation = fit.deviation
        self.lag = fit.lag

    def boundary(self, chunk: int, at: int) -> None:
        """A score chunk began. Where nobody fits boundaries the last ones measure the length of a chunk."""
        if self._fitted:
            return
        self._seen.append((chunk, at))
        self._chunk, self._time = chunk, float(at)
        first, then = self._seen[0]
        if chunk - first >= MIN_BOUNDARIES and at > then:
            self._length = (at - then) / (chunk - first)

    def take_began(self, chunk: int, at: int) -> None:
        """A take began: boundaries of the take before say nothing any more."""
        self._fitted = False
        self._seen.clear()
        self.boundary(chunk, at)

    # ---- predicting ------------------------------------------------------------------------------------------------

    def quarter_at(self, time: int) -> float | None:
        """The score quarter at a time, by the last fit. None before there is one."""
        if self._stopped_at is not None:
            return self._stopped_at[1]
        if self._clock is None:
            return None
        return self._clock.quarter + (time - self._clock.time) * self._clock.quarters_per_ns - self._zero

    def time_of(self, quarter: float, seconds: float) -> float | None:
        """When a place will be (or was): of an outer clock by its quarter, of an internal one by its nominal score seconds."""
        if not self.outer:
            return None if self.origin is None else self.origin + seconds * SECOND
        if self._stopped_at is not None:
            return float(self._stopped_at[0]) if quarter <= self._stopped_at[1] else None
        if self._clock is None or not self.is_running or self._clock.quarters_per_ns < SLOWEST:
            return None
        return self._clock.time + (quarter + self._zero - self._clock.quarter) / self._clock.quarters_per_ns

    def boundary_of(self, chunk: int) -> float | None:
        """When a score chunk will be shown: its boundary and the lag behind it."""
        return None if self._time is None else self._time + (chunk - self._chunk) * self._length + self.lag

    def seconds_at(self, time: int) -> float | None:
        """What of the model's time is seen when a place at this time is to be seen. None before a boundary is known."""
        if self._time is None:
            return None
        return (self._chunk + (time + self.offset - self.lag - self._time) / self._length) * self._nominal

    def chunk_at(self, time: float, snap: Snap) -> int | None:
        """The score chunk whose showing stands for a time, the offset included. None before a boundary is known."""
        if self._time is None:
            return None
        x = self._chunk + (time + self.offset - self.lag - self._time) / self._length
        near = floor(x + 0.5)
        clock = 0.0 if self._clock is None else self._clock.deviation
        if abs(x - near) * self._length <= STRAYS * (self._deviation + clock):
            return near
        match snap:
            case Snap.FLOOR:
                return floor(x)
            case Snap.CEIL:
                return ceil(x)
            case Snap.NEAREST:
                return ceil(x - 0.5)

    @property
    def stopped_for(self) -> int | None:
        """Since which nanosecond the outer clock has stood still; None while it runs."""
        return None if self._stopped_at is None else self._stopped_at[0]
