"""Wait between two scores of a set list until the operator begins the next one.

Enter, `/sequencer/go` and `tell RUN go` begin it; `q` twice, `finish` and a signal end the list.
RUN is the folder of the next run, which exists already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from sequencer.core.errors import UsageError
from sequencer.core.timebase import SECOND
from sequencer.runtime.operator.commands import IgnoredError
from sequencer.runtime.operator.debounce import Debounce
from sequencer.runtime.operator.keyboard import ENTER, ESCAPE, Keys
from sequencer.runtime.operator.remote import RemoteControlServer
from sequencer.runtime.osc.endpoints import Endpoint
from sequencer.runtime.osc.receiver import OscReceiver
from sequencer.runtime.osc.sockets import listening
from sequencer.runtime.signals import closing_on_signals
from sequencer.schedule.model import Schedule

LATE_GO_NS = SECOND
"""A GO this soon after a score is taken for one that was meant for its end, in nanoseconds."""
ENDED_BY_OPERATOR = "the operator ended the set list"
HELP = "keys: Enter begin the next score · q q end the set list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided between two scores.

    Attributes:
        begins: Whether the next score begins.
        reason: Why the list ends, otherwise.
    """

    begins: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseSettings:
    """What is listened to between two scores.

    Attributes:
        folder: The folder of the next run, where `tell` finds the address.
        schedule: What is performed next.
        osc_in: Where OSC is received; None for nowhere.
        debounce_ms: Within how many milliseconds a repeated GO of OSC is ignored.
        keys: Whether the terminal's keys are read.
        signals: Whether Ctrl-C and SIGTERM end the list.
    """

    folder: Path
    schedule: Schedule
    osc_in: Endpoint | None
    debounce_ms: int
    keys: bool
    signals: bool


class BetweenScores:
    """Turns keys and commands into a decision, which `decided` returns once it is made.

    Args:
        now: Returns the time, in nanoseconds.
        notify: Prints a line for the operator.
    """

    def __init__(self, now: Callable[[], int], notify: Callable[[str], object]) -> None:
        self._now = now
        self._notify = notify
        self._began = now()
        self._asked_to_end = False
        self._decision: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()

    async def decided(self) -> Decision:
        """Wait for the decision."""
        return await self._decision

    def handle_line(self, text: str) -> None:
        """Handle a command of `tell` or of OSC.

        Raises:
            IgnoredError: It has no effect between two scores.
        """
        match text.split():
            case ["go"] if self._now() - self._began < LATE_GO_NS:
                raise IgnoredError(
                    "the score before has only just ended", "go again to begin the next one"
                )
            case ["go"]:
                self._decide(Decision(begins=True))
            case ["finish"]:
                self._decide(Decision(begins=False, reason=ENDED_BY_OPERATOR))
            case _:
                raise IgnoredError(
                    "no score plays now", "go begins the next one, finish ends the set list"
                )

    def interrupt(self, reason: str) -> None:
        """End the list because of a signal."""
        self._decide(Decision(begins=False, reason=reason))

    def press(self, key: str) -> None:
        """Handle a key of the terminal."""
        asked, self._asked_to_end = self._asked_to_end, key == "q"
        if key in ENTER:
            try:
                self.handle_line("go")
            except UsageError as error:
                self._notify(f"{error.message}; {error.hint}")
        elif key == "q" and asked:
            self.handle_line("finish")
        elif key == "q":
            self._notify("press q again to end the set list")
        elif key != ESCAPE:
            self._notify(HELP)

    def _decide(self, decision: Decision) -> None:
        if not self._decision.done():
            self._decision.set_result(decision)


async def wait_between_scores(
    settings: PauseSettings, now: Callable[[], int], notify: Callable[[str], object]
) -> Decision:
    """Wait until the next score begins, or the list ends.

    Args:
        settings: What is listened to.
        now: Returns the time, in nanoseconds.
        notify: Prints a line for the operator.

    Raises:
        OutputError: A port cannot be opened, or the folder cannot be written.
    """
    pause = BetweenScores(now, notify)
    async with AsyncExitStack() as stack:
        if settings.signals:
            stack.enter_context(closing_on_signals(pause.interrupt))
        door = RemoteControlServer(settings.folder, pause.handle_line)
        await door.open()
        stack.push_async_callback(door.close)
        if settings.osc_in is not None:
            receiver = OscReceiver(
                lambda: settings.schedule,
                handle_line=pause.handle_line,
                deliver=lambda _: None,
                notify=notify,
                now=now,
                debounce=Debounce(settings.debounce_ms, notify),
            )
            await stack.enter_async_context(listening(settings.osc_in, receiver))
        if settings.keys:
            stack.enter_context(Keys(pause.press))
        return await pause.decided()
