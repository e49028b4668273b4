"""How long a session has been running: what is billed, and warnings before its limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sequencer.timebase import SECOND

if TYPE_CHECKING:
    from sequencer.clocks import Clock

WARNINGS = (120, 30)
"""Seconds before the session's end at which a warning is given."""


class SessionTime:
    """One session's time on the run's clock. `limit` is in seconds; `notice` hears the warnings."""

    def __init__(self, clock: Clock, limit: float, notice: Callable[[str], None]) -> None:
        self._clock = clock
        self._limit = limit
        self._notice = notice
        self._made: int | None = None
        self._closed: int | None = None
        self._warned: set[int] = set()

    def begin(self) -> None:
        """The session was made: from here on it is billed."""
        self._made = self._clock.now()

    def end(self) -> None:
        """The session is closed; what comes later is not billed."""
        if self._closed is None:
            self._closed = self._clock.now()

    @property
    def billed(self) -> int:
        """Nanoseconds from its making to its end, or until now."""
        if self._made is None:
            return 0
        return (self._clock.now() if self._closed is None else self._closed) - self._made

    def warn(self) -> None:
        """Give the warnings that are due, each once."""
        if self._made is None:
            return
        left = self._limit - (self._clock.now() - self._made) / SECOND
        for before in WARNINGS:
            if left <= before and before not in self._warned and before < self._limit:
                self._warned.add(before)
                self._notice(f"the session's limit of {self._limit / 60:.0f} min comes in {max(0, left):.0f} s")
