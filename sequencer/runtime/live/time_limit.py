"""End a live run that lasts longer than it may, or that waits too long for its operator."""

from __future__ import annotations

from collections.abc import Callable

from sequencer.core.timebase import SECOND
from sequencer.core.timers import Timer
from sequencer.events.codec import Event
from sequencer.events.events import Started
from sequencer.runtime.loop import Performance
from sequencer.schedule.model import Schedule
from sequencer.sync.run_clock import Clock


class TimeLimit:
    """The time that a run may last. An armed run has another limit until it begins.

    Args:
        performance: The run.
        clock: Its clock.
        began: When it began, in whichever process, in nanoseconds.
        limit: Returns how long it may last, in nanoseconds; with an edit of its score, if given.
        wait_limit: How long it may wait for its operator; None if it begins at once.
    """

    def __init__(
        self,
        performance: Performance,
        clock: Clock,
        began: int,
        limit: Callable[[Schedule | None], int],
        wait_limit: int | None,
    ) -> None:
        self._performance = performance
        self._clock = clock
        self._began = began
        self._limit = limit
        self._wait_limit = wait_limit
        self._timer: Timer | None = None
        self.waited_too_long = False
        """Whether the run ended because no operator began it."""

    def begin_at(self, began: int) -> None:
        """Count from another time: when the run that is resumed began."""
        self._began = began

    def check(self) -> None:
        """End the run if its time is over; otherwise check again when it will be.

        An edit that has taken over may have made the score longer.
        """
        view = self._performance.conductor.view
        waits = self._wait_limit is not None and view.take == 0
        limits = [self._limit(one) for one in (None, *view.versions[1:])]
        limit = self._wait_limit if waits and self._wait_limit is not None else max(limits)
        if self._clock.now() < self._began + limit:
            self._timer = self._clock.call_at(self._began + limit, self.check)
        elif waits:
            self.waited_too_long = True
            self._performance.close(
                f"--warm-minutes: it waited {limit / 60 / SECOND:.1f} minutes for a GO"
            )
        else:
            self._performance.close(f"--max-minutes: {limit / 60 / SECOND:.1f} minutes are over")

    def handle(self, event: Event) -> None:
        """Count from the first take on, if the run has waited for its operator."""
        if isinstance(event, Started) and self._wait_limit is not None:
            self._wait_limit = None
            self._began = event.at
            self.cancel()
            self.check()

    def cancel(self) -> None:
        """Stop counting: the run is over."""
        if self._timer is not None:
            self._timer.cancel()
