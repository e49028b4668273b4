"""Timers and the protocol of a timer service: all that a stage needs of a run's time.

The clocks are in `sequencer.sync`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(order=True, slots=True)
class Timer:
    """An action to be called at nanosecond `due`. `cancel()` prevents the call."""

    due: int
    order: int
    action: Callable[[], None] | None = field(compare=False)

    def cancel(self) -> None:
        """Cancel the timer; has no effect if it has already fired."""
        self.action = None


class TimerService(Protocol):
    """Provides the time and calls timers."""

    def now(self) -> int:
        """Return nanoseconds; only differences are meaningful."""
        ...

    def call_at(self, due: int, action: Callable[[], None]) -> Timer:
        """Call `action` at nanosecond `due`, or as soon as possible if that is past.

        `action` must not block.
        """
        ...
