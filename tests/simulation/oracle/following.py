"""A show that follows wall time: positions are bound to chunks late, by what is known of the model's boundaries by then."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from math import ceil, floor

from sequencer.events import BoundariesFitted, Event, OffsetChanged
from simulation.oracle.course import UNKNOWN, Course
from simulation.oracle.parts import Parts

SECOND = 10**9
DELAY = 1_300_000_000
"""How long after its report a chunk is taken to be shown, until that was measured."""
STRAYS = 2
"""A position within so many standard errors of a boundary counts as on it."""
LONGEST = 9
"""Over so many of the latest boundaries a chunk's length is measured where nothing fits them."""


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
        super().__init__(parts)

    @property
    def origin(self) -> int:
        """When the score began, in nanoseconds."""
        return self._origin or 0

    def hear(self, event: Event) -> None:
        """Something happened; fits of boundaries and the operator's offset count from here on."""
        match event:
            case OffsetChanged():
                self._offset = event.offset
            case BoundariesFitted() if self.mode == "playing":
                self._is_fitted = True
                self._boundary = self.base + event.chunk, float(event.time)
                self._length, self._error, self._lag = event.chunk_ns, event.deviation, event.lag
            case _:
                super().hear(event)

    def _runs(self, making: int, at: int) -> None:
        super()._runs(making, at)
        began = at
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

    def _at(self, seconds: Fraction, snap: str) -> int:
        """The chunk whose showing stands for a time of the score."""
        if self._origin is None or self._boundary is None:
            return UNKNOWN
        chunk, then = self._boundary
        x = chunk + (self._origin + float(seconds) * SECOND + self._offset - self._lag - then) / self._length
        near = floor(x + 0.5)
        if abs(x - near) * self._length <= STRAYS * self._error:
            return near
        return floor(x) if snap == "floor" else ceil(x) if snap == "ceil" else ceil(x - 0.5)

    def _foretell(self) -> None:
        reach = self.making + self.parts.lead
        for one in self.pending:
            one.chunk = 0 if one.time == 0 else max(0, self._at(one.time, one.snap))
        self.pending.sort(key=lambda one: (one.chunk, one.time, one.order))
        before = 0
        for passage in self.passages[1:]:
            if passage.chunk > self.making:
                passage.chunk = max(before, self._at(passage.start, self.parts.snap))
            before = passage.chunk
        self._end = max(1, self._at(self.passages[-1].end, "ceil"))
        if before > reach + 1:
            self._end = UNKNOWN

    def _lay(self, index: int, start: Fraction) -> None:
        first = len(self.passages)
        super()._lay(index, start)
        for passage in self.passages[first:]:
            passage.chunk = UNKNOWN if passage.number else 0
        self._end = UNKNOWN
        self._foretell()

    def _bar_chunk(self, at: Fraction) -> int:
        return self._at(at, self.parts.snap)

    def _limit(self) -> int:
        return UNKNOWN
