"""What is due when, on integer nanoseconds."""

from __future__ import annotations

import heapq
from collections.abc import Callable

ENCODED, BOUNDARY, ANSWER = range(3)
"""Ranks: what is due at one nanosecond happens in this order, and within one rank as it was asked for."""


class Agenda:
    """Things to do, in order of time."""

    def __init__(self) -> None:
        self._due: list[tuple[int, int, int, Callable[[int], None]]] = []
        self._asked = 0

    def at(self, due: int, rank: int, act: Callable[[int], None]) -> None:
        """Do something at nanosecond `due`; `act` is told it."""
        self._asked += 1
        heapq.heappush(self._due, (due, rank, self._asked, act))

    @property
    def next(self) -> int | None:
        """When something is due; None when nothing is."""
        return self._due[0][0] if self._due else None

    def until(self, now: int) -> None:
        """Do all that is due up to and with nanosecond `now`, what comes up on the way included."""
        while self._due and self._due[0][0] <= now:
            at, _, _, act = heapq.heappop(self._due)
            act(at)
