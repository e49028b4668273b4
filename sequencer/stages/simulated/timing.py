"""What is due when in the simulated model, and how long things take, in integer nanoseconds."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from fractions import Fraction

from sequencer.core.timebase import SECOND, ChunkGrid
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.helios_state import hash64

ENCODED, BOUNDARY, ANSWER = range(3)
"""Ranks: what is due at the same nanosecond happens in this order.

Within one rank, it happens in the order of scheduling.
"""


class EventQueue:
    """Scheduled actions, in order of time."""

    def __init__(self) -> None:
        self._due: list[tuple[int, int, int, Callable[[int], None]]] = []
        self._asked = 0

    def at(self, due: int, rank: int, act: Callable[[int], None]) -> None:
        """Schedule an action for nanosecond `due`, which is passed to `act`."""
        self._asked += 1
        heapq.heappush(self._due, (due, rank, self._asked, act))

    @property
    def next(self) -> int | None:
        """When something is due; None if nothing is."""
        return self._due[0][0] if self._due else None

    def until(self, now: int) -> None:
        """Run everything that is due up to and including nanosecond `now`.

        Actions that are scheduled meanwhile are included.
        """
        while self._due and self._due[0][0] <= now:
            at, _, _, act = heapq.heappop(self._due)
            act(at)


class ModelTiming:
    """The timing of one session, all of it in nanoseconds."""

    def __init__(self, faults: Faults, grid: ChunkGrid) -> None:
        self._faults = faults
        frame = SECOND / (faults.fps or grid.fps)
        self._chunk = grid.frames * frame
        self._first = (grid.first or grid.frames) * frame
        is_steady = grid.first is None and not faults.slow and not faults.jitter
        self._steady = max(self._chunk, Fraction(1)) if is_steady else None

    def chunk(self, take: int, chunk: int, *, is_first: bool = False) -> Fraction:
        """Return how long a chunk takes, exactly; the first one with frames may have fewer."""
        if self._steady is not None:
            return self._steady
        length = self._first if is_first else self._chunk
        for slow in self._faults.slow:
            if slow.covers(take, chunk):
                length = length * slow.factor + slow.by
        if self._faults.jitter:
            width = self._faults.jitter
            length += hash64(self._faults.seed, "chunk", take, chunk) % (2 * width + 1) - width
        return max(length, Fraction(1))

    def answer(self, command: str, received: int) -> int:
        """Return how long the answers to the `received`th command of this name take."""
        delays = self._faults.delays
        wait = delays.answer + delays.commands.get(command, 0)
        if delays.jitter:
            wait += hash64(self._faults.seed, "answer", command, received) % (delays.jitter + 1)
        return wait
