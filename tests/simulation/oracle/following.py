"""The course of a show that follows wall time or a clock: positions are bound to chunks late, by
the latest boundaries.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

from sequencer.events.codec import Event
from sequencer.events.events import (
    BoundariesFitted,
    ClockFitted,
    OffsetChanged,
    TransportChanged,
    TransportLocated,
)
from tests.simulation.oracle.course import Course
from tests.simulation.oracle.parts import Parts
from tests.simulation.oracle.pieces import UNKNOWN, Passage

SECOND = 10**9
DELAY = 1_300_000_000
"""How long after its report a chunk is assumed to be shown until that was measured, in nanoseconds."""
STRAYS = 2
"""A position within this many standard errors of a boundary counts as on it.

Those of the clock and of the boundaries add up.
"""
SENT_AHEAD = SECOND // 5
"""How long before its time a message is handed to MIDI, in nanoseconds: from then on it cannot be
taken back.
"""
LONGEST = 9
"""The number of latest boundaries over which a chunk's length is measured if there is no fit."""


class Following(Course):
    """The course of a show whose score time is wall time since its first take began."""

    def __init__(self, parts: Parts) -> None:
        self._origin: int | None = None
        self._offset = 0
        self._lag = round(parts.chunk * SECOND) + DELAY
        self._boundary: tuple[int, float] | None = None
        self._length = float(parts.chunk * SECOND)
        self._error = 0.0
        self._is_fitted = False
        self._seen: deque[tuple[int, int]] = deque(maxlen=LONGEST)
        self._opens_until: Fraction | None = None
        """The time of the first prompt of the score: what it has until then opens it."""
        self._began: dict[int, float] = {}
        """When passes began, by the clock."""
        super().__init__(parts)

    @property
    def origin(self) -> int:
        """When the score began, in nanoseconds."""
        return self._origin or 0

    @property
    def _clock_error(self) -> float:
        """The standard error of the clock's predictions, in nanoseconds: wall time has none."""
        return 0.0

    def handle(self, event: Event) -> None:
        """Handle an event; fits of boundaries and the operator's offset apply from here on."""
        match event:
            case OffsetChanged():
                self._offset = event.offset
            case BoundariesFitted() if self.mode == "playing":
                self._is_fitted = True
                self._boundary = self.base + event.chunk, float(event.time)
                self._length, self._error, self._lag = event.chunk_ns, event.deviation, event.lag
            case _:
                super().handle(event)

    def _runs(self, making: int, at: int) -> None:
        super()._runs(making, at)
        began = at - round(
            (making - self.base) * self.parts.chunk * SECOND
        )  # if a chunk shows that the take runs
        if self._origin is None:
            self._origin = began
        self._is_fitted = False
        self._seen.clear()
        self._begins(self.base, began)

    def _begins(self, chunk: int, at: int) -> None:
        if self._is_fitted:
            return
        self._seen.append((chunk, at))
        self._boundary = chunk, float(at)
        first, then = self._seen[0]
        if chunk - first >= 2 and at > then:
            self._length = (at - then) / (chunk - first)

    def _after_chunk(self, at: int) -> None:
        self._begins(self.making, at)
        super()._after_chunk(at)

    def when(self, passage: Passage, quarter: Fraction | None, seconds: Fraction) -> float | None:
        """Return the nanosecond of a position: its quarter in a pass (None if it is in seconds) and
        its time in the score.
        """
        return None if self._origin is None else self._origin + float(seconds) * SECOND

    def _at(self, passage: Passage, quarter: Fraction | None, seconds: Fraction, snap: str) -> int:
        """Return the chunk that represents a position."""
        when = self.when(passage, quarter, seconds)
        if when is None or self._boundary is None:
            return UNKNOWN
        chunk, then = self._boundary
        x = chunk + (when + self._offset - self._lag - then) / self._length
        near = floor(x + 0.5)
        if abs(x - near) * self._length <= STRAYS * (self._error + self._clock_error):
            return near
        return floor(x) if snap == "floor" else ceil(x) if snap == "ceil" else ceil(x - 0.5)

    def _foretell(self) -> None:
        reach = self.making + self.parts.lead
        if self._opens_until is None:  # a model cannot start without a prompt
            self._opens_until = min(
                (one.time for one in self.pending if "prompt" in one.does), default=Fraction(0)
            )
        for one in self.pending:
            one.chunk = (
                0
                if one.time <= self._opens_until
                else max(0, self._at(one.passage, one.quarter, one.time, one.snap))
            )
        self.pending.sort(key=lambda one: (one.chunk, one.time, one.order))
        before = 0
        for passage in self.passages[1:]:
            if passage.chunk > self.making:
                passage.chunk = max(
                    before, self._at(passage, Fraction(0), passage.start, self.parts.snap)
                )
                if passage.chunk <= reach:
                    self._began[passage.number] = (
                        self.when(passage, Fraction(0), passage.start) or 0.0
                    )
            before = passage.chunk
        last = self.passages[-1]
        self._end = max(1, self._at(last, last.end_quarter - last.quarter, last.end, "ceil"))
        if before > reach + 1:
            self._end = UNKNOWN

    def _place_passage(self, index: int, start: Fraction) -> None:
        first = len(self.passages)
        super()._place_passage(index, start)
        for passage in self.passages[first:]:
            passage.chunk = UNKNOWN if passage.number else 0
        self._end = UNKNOWN
        self._foretell()

    def _may_leave(
        self, current: Passage, quarter: Fraction | None, at: Fraction, reach: int
    ) -> bool:
        """Return whether a position is in reach and so far ahead that nothing after it has been
        sent to MIDI devices.
        """
        when = self.when(current, quarter, at)
        return self._at(current, quarter, at, self.parts.snap) >= reach and (
            when is None or when > self.now + SENT_AHEAD
        )

    def _may_land(
        self, passage: Passage, quarter: Fraction | None, time: Fraction, reach: int
    ) -> bool:
        """Return whether a position can still be reached, and is ahead of the clock."""
        when = self.when(passage, quarter, time)
        return self._at(passage, quarter, time, self.parts.snap) >= reach and (
            when is None or when > self.now
        )

    def _bar_line(self, current: Passage, reach: int) -> tuple[Fraction, Fraction | None]:
        """Return the bar line; without beats it is the time that is seen with the chunk, or that to
        which nothing was sent.
        """
        if self._boundary is None or current.part.music.has_beats:
            return super()._bar_line(current, reach)
        chunk, then = self._boundary
        shown = round(then + (reach - chunk) * self._length + self._lag) - self._offset
        at = max(self._score_time(shown), self._score_time(self.now + SENT_AHEAD), current.start)
        return at if self._may_leave(current, None, at, reach) else at + Fraction(1, 1000), None

    def _score_time(self, time: int) -> Fraction:
        """Return what the clock of a score without beats shows at a nanosecond, in seconds, to the
        millisecond.
        """
        return Fraction((time - self.origin) / SECOND).limit_denominator(1000)

    def _limit(self) -> int:
        return UNKNOWN


class ByClock(Following):
    """The course of a show that follows an external clock, as long as that starts once and runs on."""

    def __init__(self, parts: Parts) -> None:
        self._fit: ClockFitted | None = None
        self._zero = 0.0
        self._has_started = False
        self.was_moved = False
        """Whether the clock was stopped or relocated: this class does not compute what follows."""
        super().__init__(parts)

    def handle(self, event: Event) -> None:
        """Handle an event; fits give the position of the clock, and its start is quarter 0 of the
        score.
        """
        match event:
            case ClockFitted():
                self._fit = event
            case TransportChanged(what="start") if (
                not self._has_started and not self.takes[0].began
            ):
                self._has_started, self._zero = True, 0.0
                if self._fit is not None:
                    self._fit = replace(self._fit, quarter=0.0, time=event.at)
            case TransportChanged() | TransportLocated():
                self.was_moved = True
            case _:
                super().handle(event)

    def _runs(self, making: int, at: int) -> None:
        is_first = self._origin is None
        super()._runs(making, at)
        if is_first and not self._has_started and self._fit is not None:
            self._zero = float(
                round(
                    self._fit.quarter + (self.origin - self._fit.time) * self._fit.quarters_per_ns
                )
            )

    def when(self, passage: Passage, quarter: Fraction | None, seconds: Fraction) -> float | None:
        """Return the nanosecond of a position by the newest fit; one in seconds counts from the
        beginning of its pass.
        """
        fit = self._fit
        if fit is None or fit.quarters_per_ns <= 0:
            return None
        if self.parts.counts_seconds:
            quarter = seconds - passage.start
        if quarter is None:
            began = self._began.get(passage.number) or self.when(
                passage, Fraction(0), passage.start
            )
            return None if began is None else began + float(seconds - passage.start) * SECOND
        return (
            fit.time
            + (float(passage.quarter + quarter) + self._zero - fit.quarter) / fit.quarters_per_ns
        )

    @property
    def _clock_error(self) -> float:
        return 0.0 if self._fit is None else self._fit.deviation

    def _score_time(self, time: int) -> Fraction:
        assert self._fit is not None
        second = (
            self._fit.quarter + (time - self._fit.time) * self._fit.quarters_per_ns - self._zero
        )
        return Fraction(second).limit_denominator(1000)
