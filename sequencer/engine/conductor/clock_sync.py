"""Follow a clock: musical time comes from outside, chunk boundaries from the model.

Positions are bound to chunks late.

The fits of both are made outside the conductor; this module only combines them. Times are integer
or float nanoseconds and positions float quarters: what an external clock reports is measured, so no
exact value is lost.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

from sequencer.core.timebase import DISPLAY_DELAY, SECOND, ChunkGrid, Snap
from sequencer.events.codec import Event
from sequencer.events.events import (
    BoundariesFitted,
    ClockFitted,
    TransportChanged,
    TransportLocated,
)
from sequencer.schedule.model import Schedule

MIN_BOUNDARIES, MAX_BOUNDARIES = 2, 9
STRAYS = 2.0
"""A position within this many standard deviations of a boundary is on it.

So `floor` and `ceil` do not alternate.
"""

FARTHEST = 1e21
"""A fit with NaN or a number of this size or more is ignored: anybody can write a journal."""
SLOWEST = 1e-18
"""In quarters per nanosecond: one quarter in thirty years. A slower clock counts as stopped."""


def can_be(event: Event) -> bool:
    """Return whether the values of a clock or boundary event can have been measured.

    True for all other events.
    """
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
    """What is known of the clock and of the chunk boundaries.

    `is_external` is False for an internal tempo followed in real time.
    """

    def __init__(self, schedule: Schedule, is_external: bool, delay: int = DISPLAY_DELAY) -> None:
        """Create the state of a run that follows a clock.

        Args:
            schedule: The schedule that is played.
            is_external: Whether the clock is an external one.
            delay: The time in nanoseconds from a chunk's report to its first frame, assumed until
                it is measured.
        """
        self.is_external = is_external
        self.offset = 0
        self.lag = round(schedule.grid.chunk * SECOND) + delay
        """Nanoseconds from the beginning of a chunk to its first visible frame.

        Until it is measured: the time to make a chunk and then to transmit it.
        """
        self.is_running = not is_external
        self.origin: int | None = None
        """The nanosecond of score time 0, for an internal clock."""
        self.shown: dict[int, int] = {}
        """When each score chunk was shown, in nanoseconds."""
        self._clock: ClockFitted | None = None
        self._stopped_at: tuple[int, float] | None = None
        self._zero = 0.0
        self._has_position = False
        self._chunk = 0
        self._time: float | None = None
        self._lacks = float(schedule.grid.lacks)
        self._nominal = float(schedule.grid.chunk)
        self._length = float(schedule.grid.chunk * SECOND)
        self._deviation = 0.0
        self._fitted = False
        self._seen: deque[tuple[int, int]] = deque(maxlen=MAX_BOUNDARIES)

    # ---- receiving -------------------------------------------------------------------------------

    def clock_fitted(self, fit: ClockFitted) -> None:
        """Store a new fit of the external clock."""
        self._clock = fit
        if fit.quality in ("locked", "free") and self._stopped_at is None:
            self.is_running = True

    def clock_moved(self, move: TransportChanged) -> None:
        """Handle a change of the external clock's transport.

        Stop freezes musical time; continue goes on from there.
        """
        match move.what:
            case "start":
                self._stopped_at = None
                self._zero = 0.0
                self._has_position = True
                self.is_running = True
                self._set_position(move.at, 0.0)
            case "stop":
                if self.is_running:
                    self._stopped_at = (move.at, self.quarter_at(move.at) or 0.0)
                self.is_running = False
            case "continue":
                here = self.quarter_at(move.at) or 0.0
                self._stopped_at = None
                self.is_running = True
                self._set_position(move.at, here)

    def located(self, at: int, quarter: float) -> None:
        """Handle a jump of the external clock to a position in quarters from the score's start.

        A stopped clock is now stopped there; for a running one the next fit supplies the rest.
        """
        self._zero = 0.0
        self._has_position = True
        if self._stopped_at is not None:
            self._stopped_at = (at, quarter)
        else:
            self._set_position(at, quarter)

    def _set_position(self, at: int, quarter: float) -> None:
        """Set the clock to a score quarter at a time.

        It keeps the tempo that it had, which holds until its next fit.
        """
        if self._clock is not None:
            self._clock = replace(self._clock, quarter=quarter + self._zero, time=at)

    def begins(self, at: int) -> None:
        """Set the score's time 0 to now.

        This is for an internal clock, or an external one that ran before anybody listened.
        """
        if self.origin is None:
            self.origin = at
            if self.is_external and not self._has_position:
                self._zero = float(round(self.quarter_at(at) or 0.0))

    def boundaries_fitted(self, fit: BoundariesFitted, base: int) -> None:
        """Store a new fit of the chunk boundaries.

        `base` is the score chunk at which the fit's take began.
        """
        self._fitted = True
        self._chunk = base + fit.chunk
        self._time = float(fit.time)
        self._length = fit.chunk_ns
        self._deviation = fit.deviation
        self.lag = fit.lag

    def boundary(self, chunk: int, at: int) -> None:
        """Note the beginning of a score chunk.

        Without boundary fits, the latest boundaries give the length of a chunk.
        """
        if self._fitted:
            return
        self._seen.append((chunk, at))
        self._chunk, self._time = chunk, float(at)
        first, then = self._seen[0]
        if chunk - first >= MIN_BOUNDARIES and at > then:
            self._length = (at - then) / (chunk - first)

    def take_began(self, chunk: int, at: int) -> None:
        """Note the beginning of a take: boundaries of the previous take no longer apply."""
        self._fitted = False
        self._seen.clear()
        # A first chunk with fewer frames counts as if it had begun sooner: then the boundaries of
        # a take are on one line, and so are the times at which its chunks are shown.
        self.boundary(chunk, at - round(self.lacking) if self._lacks else at)

    # ---- predicting ------------------------------------------------------------------------------

    def quarter_at(self, time: int) -> float | None:
        """Return the score quarter at a time, by the latest fit. None before the first fit."""
        if self._stopped_at is not None:
            return self._stopped_at[1]
        if self._clock is None:
            return None
        return (
            self._clock.quarter
            + (time - self._clock.time) * self._clock.quarters_per_ns
            - self._zero
        )

    def time_of(self, quarter: float, seconds: float) -> float | None:
        """Return when a position is (or was) due, in nanoseconds. None if it is not known.

        Args:
            quarter: The position in quarters, used with an external clock.
            seconds: The position in nominal score seconds, used with an internal clock.
        """
        if not self.is_external:
            return None if self.origin is None else self.origin + seconds * SECOND
        if self._stopped_at is not None:
            return float(self._stopped_at[0]) if quarter <= self._stopped_at[1] else None
        if self._clock is None or not self.is_running or self._clock.quarters_per_ns < SLOWEST:
            return None
        return (
            self._clock.time
            + (quarter + self._zero - self._clock.quarter) / self._clock.quarters_per_ns
        )

    def score_seconds_at(self, time: int) -> float | None:
        """Return the score time in seconds at a time, for time code or an internal clock.

        None while it is not known.
        """
        if self.is_external:
            return self.quarter_at(time)
        return None if self.origin is None else (time - self.origin) / SECOND

    def boundary_of(self, chunk: int) -> float | None:
        """Return when a score chunk will be shown: its boundary plus the lag."""
        return (
            None
            if self._time is None
            else self._time + (chunk - self._chunk) * self._length + self.lag
        )

    def seconds_at(self, time: int, grid: ChunkGrid | None = None) -> float | None:
        """Return the model's time, in seconds, that is seen when a position at `time` is due.

        None before a boundary is known. `grid` has the takes of the run, if chunks differ.
        """
        if self._time is None:
            return None
        chunk = self._chunk + (time + self.offset - self.lag - self._time) / self._length
        if grid is None or grid.first is None:
            return chunk * self._nominal
        return float(grid.seconds_of(Fraction(chunk)))

    def chunk_at(self, time: float, snap: Snap) -> int | None:
        """Return the score chunk that is shown at a time, the offset included.

        None before a boundary is known.

        The rounding is that of `ChunkGrid.snap`, except that a time close to a boundary takes that
        boundary.
        """
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
    def lacking(self) -> float:
        """How many nanoseconds shorter the first chunk of a take is than others."""
        return self._lacks * self._length

    @property
    def stopped_for(self) -> int | None:
        """The nanosecond since which the external clock has been stopped; None while it runs."""
        return None if self._stopped_at is None else self._stopped_at[0]
