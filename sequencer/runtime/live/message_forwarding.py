"""Pass the messages that a run issues ahead of time to what sends them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from sequencer.core.timebase import SECOND
from sequencer.engine.conductor.machine import Conductor
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Finish

PORT_CLOSE_DELAY_NS = SECOND // 50
"""How long an output stays open after the time of the last message, in nanoseconds."""
MAX_FLUSH_NS = 10 * SECOND
"""How long after the end of a run the messages scheduled ahead may still take to be sent."""


class MessageForwarder(ABC):
    """Watches a performance and passes its messages to a sender.

    If a run ends early, the messages that are not due yet are dropped.
    """

    def __init__(self) -> None:
        self._last = 0
        self._is_cut_off = False

    def __call__(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        """Handle an event after the conductor."""
        for command in commands:
            due = self.pass_on(command)
            if due is not None:
                self._last = max(self._last, due)
            elif isinstance(command, Finish) and not conductor.view.is_complete:
                self.forget()
                self._is_cut_off = True

    @abstractmethod
    def pass_on(self, command: Command) -> int | None:
        """Pass on a message, and return when it is due; None if the command is something else."""

    @abstractmethod
    def forget(self) -> None:
        """Drop the messages that are not due yet."""

    @property
    def ends_at(self) -> int | None:
        """The time of the last message that the sender itself adds, in nanoseconds, if any."""
        return None

    def rest(self, now: int) -> int:
        """Return the nanoseconds until all that was passed on, or is added, has been sent."""
        last = max(self._last, self.ends_at or 0)
        return (
            0
            if self._is_cut_off or last <= now
            else min(MAX_FLUSH_NS, last - now + PORT_CLOSE_DELAY_NS)
        )
