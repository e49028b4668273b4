"""The clock of a run: real (monotonic nanoseconds) or virtual (jumps to the next deadline).

Everything that happens later in a run is a timer of its clock, so that one loop serves both: a live
run sleeps until the next timer, a rehearsal jumps there. Timers with equal deadlines fire in the
order in which they were added.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from typing import Protocol

from sequencer.core.timers import Timer, TimerService


class Clock(TimerService, Protocol):
    """A timer service that can also let time pass."""

    async def idle(self, awake: asyncio.Event) -> bool:
        """Let time pass until `awake` is set or a timer has fired.

        Return False if no timer is left and nothing else can happen.
        """
        ...


class _Timers:
    """A heap of timers in order of due time, then of creation."""

    def __init__(self) -> None:
        self._heap: list[Timer] = []
        self._asked = 0

    def add(self, due: int, action: Callable[[], None]) -> Timer:
        self._asked += 1
        timer = Timer(due, self._asked, action)
        heapq.heappush(self._heap, timer)
        return timer

    def next_due(self) -> int | None:
        """Return when the next active timer is due; remove cancelled ones on the way."""
        while self._heap and self._heap[0].action is None:
            heapq.heappop(self._heap)
        return self._heap[0].due if self._heap else None

    def fire(self, now: int) -> bool:
        """Fire the next timer if it is due; return whether one fired."""
        due = self.next_due()
        if due is None or due > now:
            return False
        timer = heapq.heappop(self._heap)
        action, timer.action = timer.action, None
        if action is not None:
            action()
        return True


class VirtualClock:
    """Time that jumps and never waits. Starts at `start` nanoseconds."""

    def __init__(self, start: int = 0) -> None:
        self._now = start
        self._timers = _Timers()

    def now(self) -> int:
        """Return the virtual time, in nanoseconds."""
        return self._now

    def call_at(self, due: int, action: Callable[[], None]) -> Timer:
        """Call `action` when virtual time reaches `due`."""
        return self._timers.add(due, action)

    async def idle(self, awake: asyncio.Event) -> bool:
        """Jump to the next timer and fire it; return False without a timer.

        Never waits for `awake`: nothing else runs here.
        """
        due = self._timers.next_due()
        if due is None:
            return False
        self._now = max(self._now, due)
        return self._timers.fire(self._now)


class RealClock:
    """Monotonic time. Waits in the event loop of the running task.

    `after` is a timestamp that its time must exceed: for a run that is resumed after a restart of
    the system.
    """

    def __init__(self, after: int = 0) -> None:
        self._timers = _Timers()
        self._ahead = max(0, after + 1 - time.monotonic_ns())

    def now(self) -> int:
        """Return `time.monotonic_ns()`, shifted if that is before `after`."""
        return time.monotonic_ns() + self._ahead

    def call_at(self, due: int, action: Callable[[], None]) -> Timer:
        """Call `action` at monotonic nanosecond `due`; only from the loop's own thread."""
        return self._timers.add(due, action)

    async def idle(self, awake: asyncio.Event) -> bool:
        """Sleep until the next timer is due (and fire it) or until `awake` is set.

        Always True: external events may still arrive.
        """
        if self._timers.fire(self.now()):
            return True
        due = self._timers.next_due()
        timeout = None if due is None else max(0, due - self.now()) / 1_000_000_000
        try:
            async with asyncio.timeout(timeout):
                await awake.wait()
        except TimeoutError:
            self._timers.fire(self.now())
        return True
