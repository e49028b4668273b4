"""Timers and who keeps them: all that a stage needs of a run's time. `sequencer.sync` has the clocks themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(order=True, slots=True)
class Timer:
    """Something that is to happen at nanosecond `due`. `cancel()` makes it not happen."""

    due: int
    order: int
    action: Callable[[], None] | None = field(compare=False)

    def cancel(self) -> None:
        """Forget it; harmless when it has happened already."""
        self.action = None


class TimerService(Protocol):
    """Tells the time and keeps timers."""

    def now(self) -> int:
        """Nanoseconds; only differences mean anything."""
        ...

    def call_at(self, due: int, action: Callable[[], None]) -> Timer:
        """Call `action` at nanosecond `due`, or as soon as possible where that has passed. `action` must not block."""
        ...
