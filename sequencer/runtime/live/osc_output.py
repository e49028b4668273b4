"""Hand the OSC messages of a live run to an output, each at its time.

A run without an output reports how many messages were due, so that nobody believes that they were
sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from sequencer.core.display import counted
from sequencer.core.osc_values import OscValue
from sequencer.core.timebase import SECOND
from sequencer.events.commands import Command, SendOsc
from sequencer.runtime.live.message_forwarding import MessageForwarder
from sequencer.runtime.live.run import LiveRun
from sequencer.schedule.model import OscAct


class OscOutput(Protocol):
    """Where OSC messages go, such as a UDP socket."""

    def send(self, address: str, arguments: tuple[OscValue, ...]) -> None:
        """Send a message now. Never blocks, and reports its own failures."""
        ...

    def close(self) -> None:
        """Close the output after the last message."""
        ...


class OscScheduler:
    """Sends through an output, each message at its nanosecond, in the running event loop."""

    def __init__(self, output: OscOutput, now: Callable[[], int]) -> None:
        self._output = output
        self._now = now
        self._pending: dict[int, asyncio.TimerHandle] = {}
        self._sent = 0

    def send_at(self, due: int, address: str, arguments: tuple[OscValue, ...]) -> None:
        """Send a message at nanosecond `due`, or at once if that has passed."""
        self._sent += 1
        wait = max(0, due - self._now()) / SECOND
        if not wait:
            self._output.send(address, arguments)
            return
        loop = asyncio.get_running_loop()
        self._pending[self._sent] = loop.call_later(
            wait, self._send, self._sent, address, arguments
        )

    def forget(self) -> None:
        """Drop the messages that are not due yet."""
        for handle in self._pending.values():
            handle.cancel()
        self._pending.clear()

    def _send(self, number: int, address: str, arguments: tuple[OscValue, ...]) -> None:
        del self._pending[number]
        self._output.send(address, arguments)


class OscSender(MessageForwarder):
    """Watches a performance and passes its OSC messages to a scheduler."""

    def __init__(self, scheduler: OscScheduler) -> None:
        super().__init__()
        self._scheduler = scheduler

    def pass_on(self, command: Command) -> int | None:
        """Pass on an OSC message."""
        if not isinstance(command, SendOsc):
            return None
        self._scheduler.send_at(command.due, command.address, command.arguments)
        return command.due

    def forget(self) -> None:
        """Drop the messages that are not due yet."""
        self._scheduler.forget()


@asynccontextmanager
async def osc_output(run: LiveRun, output: OscOutput) -> AsyncIterator[None]:
    """Send the OSC messages of the score's cues and rules through an output, then close it."""
    sender = OscSender(OscScheduler(output, run.clock.now))
    run.lookers.append(sender)
    try:
        yield
        await asyncio.sleep(sender.rest(run.clock.now()) / SECOND)
    finally:
        sender.forget()
        output.close()


@asynccontextmanager
async def no_osc_output(run: LiveRun) -> AsyncIterator[None]:
    """Warn that the score sends OSC and no output is given; report at the end what was due."""
    run.notify(
        "this score sends OSC, but no --osc-out HOST:PORT is given: its messages are only in the "
        "journal"
    )
    yield
    sends = run.performance.conductor.view.sent_messages
    due = sum(isinstance(act, OscAct) for one in sends for act in one.acts)
    if due:
        verb = "was" if due == 1 else "were"
        run.notes.append(
            f"{counted(due, 'OSC message')} {verb} due but not sent: no --osc-out was given"
        )
