"""Keep the session between two scores of a set list, so that the next one begins without a wait.

The session is billed all the time. `SessionKeeper` ends it whatever happens, unless the next run
has taken it over: then that run ends it, or keeps it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from sequencer.core.errors import StageError
from sequencer.core.timebase import SECOND
from sequencer.runtime.live.between_scores import LATE_GO_NS
from sequencer.schedule.model import Schedule
from sequencer.stages.kept_session import Handover, KeptSession

MARGIN_NS = 10 * SECOND
"""How much longer a session must last than the run that takes it over, in nanoseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmStart:
    """How a run of a warm set list begins, and what becomes of its session.

    Attributes:
        handover: The session of the run before; None for a new one.
        waits_for_go: Whether the run is armed until an operator begins it.
        wait_limit: How long it waits at most, in nanoseconds.
        ended_at: When the run before ended, in nanoseconds of the clock; None for the first run.
        session_seconds: How long the session may last, with all the runs in it.
        keep: Receives the session at the end of the run; None if it ends with the run.
    """

    handover: Handover | None = field(repr=False)
    waits_for_go: bool
    wait_limit: int
    ended_at: int | None
    session_seconds: int
    keep: Callable[[KeptSession], object] | None

    @property
    def go_from(self) -> int:
        """From when on a GO begins the run: an earlier one was meant for the score before."""
        return 0 if self.ended_at is None else self.ended_at + LATE_GO_NS

    @property
    def billed_from(self) -> int | None:
        """When the run before ended in the same session, which has been billed since."""
        return None if self.handover is None else self.handover.kept_at


class SessionKeeper:
    """Holds the session between two runs. Use it as a context: leaving it ends the session.

    Args:
        notify: Prints a line for the operator.
        is_simulated: Whether the sessions are those of the simulator.
        session_seconds: How long a session may last.
    """

    def __init__(
        self, notify: Callable[[str], object], *, is_simulated: bool, session_seconds: int
    ) -> None:
        self._notify = notify
        self._is_simulated = is_simulated
        self._limit = session_seconds * SECOND
        self._kept: KeptSession | None = None
        self._given: KeptSession | None = None
        """The session that the current run was given."""
        self._schedule: Schedule | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.end()

    def keep(self, session: KeptSession, schedule: Schedule) -> None:
        """Hold the session of a run that is over.

        Args:
            session: The session.
            schedule: What was played in it.
        """
        self._kept, self._schedule = session, schedule

    async def end(self) -> None:
        """End the session that is held, or that a run was given which did not begin."""
        for one in (self._given, self._kept):
            if one is not None:
                await one.end()
        self._given = self._kept = None

    async def hand_over(self, schedule: Schedule, title: str, lasts: int) -> Handover | None:
        """Return the session for the next run; None if there is none that it can use.

        `settle` has to be called after that run.

        Args:
            schedule: What is played next.
            title: Its name, for messages.
            lasts: How long the run may last, in nanoseconds.
        """
        if self._kept is None:
            return None
        reason = self._misfit(schedule, lasts)
        if reason:
            self._notify(f"a new session is opened for {title}: {reason}")
            await self.end()
            return None
        try:
            handover = await self._kept.take_over()
        except StageError as error:
            self._notify(f"a new session is opened for {title}: {error.message}")
            await self.end()
            return None
        self._given, self._kept = self._kept, None
        return handover

    def _misfit(self, schedule: Schedule, lasts: int) -> str:
        """Return why a schedule cannot be played in the session; empty if it can."""
        kept, before = self._kept, self._schedule
        if kept is None or before is None:
            return "no session is kept"
        if schedule.model != before.model:
            return f"its model is {schedule.model}, and that of the session {before.model}"
        if self._is_simulated and schedule.grid != before.grid:
            return "its chunks have another length than those of the simulated session"
        left = kept.made_at + self._limit - kept.kept_at
        if not self._is_simulated and left < lasts + MARGIN_NS:
            return (
                f"the session may last {left / SECOND / 60:.0f} min more, and the score "
                f"{lasts / SECOND / 60:.0f} min"
            )
        return ""

    async def settle(self, *, was_ready: bool) -> None:
        """Note what became of the session that was handed over.

        Args:
            was_ready: Whether the run was connected to it, and so has ended it or kept it again.
        """
        given, self._given = self._given, None
        if given is not None:
            await (given.forget() if was_ready else given.end())
