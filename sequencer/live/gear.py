"""Gear that belongs to a live run: a MIDI port or a Link session that is heard, and a clock of ours that is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from sequencer.clocks.link import LinkFeed, LiveLink
from sequencer.clocks.midi import MidiFeed
from sequencer.clocks.midi_live import Feed, LiveMidi
from sequencer.clocks.mtc import TimecodeFeed, rate
from sequencer.conductor import Conductor, Phase
from sequencer.errors import UsageError
from sequencer.events import ClockMoved, Command, Event, Finish, SendMidi
from sequencer.live.running import Attachment, LiveRun
from sequencer.live.sending import ClockSending, pieces_of
from sequencer.midi import open_output
from sequencer.midi.sending import Sender
from sequencer.timebase import SECOND

NOMINAL = 120
COLD = frozenset({Phase.WAITING, Phase.UPLOADING, Phase.OPENING})
"""Phases in which the model could not start on a beat yet."""
SPARE = SECOND // 50
"""How much longer than to the time of the last message the port stays open."""
LONGEST_REST = 10 * SECOND
"""How long, behind the end of a run, what was said ahead may still take to be sent."""


def heard(run: LiveRun, port: str) -> Attachment:
    """Hear a port while the run plays: its notes and controllers, and its clock where the score follows one."""
    return _heard(run, port)


@asynccontextmanager
async def _heard(run: LiveRun, port: str) -> AsyncIterator[None]:
    schedule = run.settings.schedule
    follows = schedule.clock.kind in ("midi", "mtc") and run.performance.conductor.run.follow is not None
    expected = None if schedule.clock.rate is None else rate(schedule.clock.rate)
    feed: Feed = MidiFeed(float(schedule.clock.bpm or NOMINAL), follows)
    if follows and expected is not None:
        feed = TimecodeFeed(expected)
    live = LiveMidi(port, feed, run.performance.deliver, run.say)
    live.open()
    if follows:
        if isinstance(feed, MidiFeed):
            run.lookers.append(_Hands(feed))
        what = "as soon as its time code runs" if schedule.clock.kind == "mtc" else "on its first beat"
        run.say(f"{live.name}: the score begins {what}")
    try:
        yield
    finally:
        live.close()


class _Hands:
    """Looks on for an operator who starts or stops the clock of gear that only ticks, and tells the feed."""

    def __init__(self, feed: MidiFeed) -> None:
        self._feed = feed

    def __call__(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        """Look (the shape of a performance's watcher): what the feed did not say itself was said by hand."""
        if isinstance(event, ClockMoved) and not self._feed.said(event):
            self._feed.moved_by_hand(event.what, event.at)


def linked(run: LiveRun, transport: bool = True) -> Attachment:
    """Follow the Link session on this network.

    Without `transport` the score begins by itself: at the next bar line as soon as the model is warm.
    """
    return _linked(run, transport)


@asynccontextmanager
async def _linked(run: LiveRun, transport: bool) -> AsyncIterator[None]:
    clock = run.settings.schedule.clock
    bar = float(clock.meter.bar)
    feed = LinkFeed(bar, transport)
    live = LiveLink(float(clock.bpm or NOMINAL), feed, run.performance.deliver, run.say, bar)
    live.open()
    run.standing.ahead = lambda: feed.ahead
    if not transport:
        feed.held = True
        run.lookers.append(_Warm(feed))
    run.say(
        "Link: the score begins "
        + ("when the session plays" if transport else "on the first bar line on which the model is warm")
    )
    try:
        yield
    finally:
        live.close()


class _Warm:
    """Looks on until the model is warm, and lets a session begin then that nobody else starts."""

    def __init__(self, feed: LinkFeed) -> None:
        self._feed = feed

    def __call__(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        """Look (the shape of a performance's watcher)."""
        if self._feed.held and conductor.phase not in COLD:
            self._feed.held = False


def told(run: LiveRun, port: str, clock: bool) -> Attachment:
    """Send through a port what the score's cues and rules tell gear; with `clock` the score's beats too, as a MIDI clock.

    Start, stop and song position go with the clock, so that gear plays what is seen.
    """
    return _told(run, port, clock)


@asynccontextmanager
async def _told(run: LiveRun, port: str, clock: bool) -> AsyncIterator[None]:
    conductor = run.performance.conductor
    if clock and conductor.run.follow is not None and conductor.run.follow.outer:
        raise UsageError("this score follows a clock from outside: there is none of ours to send", "leave out --send-clock")
    if clock and not pieces_of(conductor):
        raise UsageError("this score has no beats, so there is no clock to send", "write a tempo, as: clock 120 bpm, 4/4")
    sender = Sender(open_output(port, run.say), run.clock.now)
    telling = Telling(sender)
    run.lookers.append(telling)
    if clock:
        run.lookers.append(ClockSending(sender, run.settings.schedule, conductor))
    try:
        yield
        await asyncio.sleep(telling.rest(run.clock.now()) / SECOND)
    finally:
        sender.close()


class MessageSender(Protocol):
    """What sends messages at their time: a `Sender`, or a test."""

    @property
    def ends_at(self) -> int | None:
        """The nanosecond of the Stop behind the score's last tick; None where none is to come."""
        ...

    def send_at(self, due: int, message: bytes) -> None:
        """Send a message at nanosecond `due`."""
        ...

    def forget(self) -> None:
        """Drop what is not due yet."""
        ...


class Telling:
    """Looks on at a performance (as a watcher), and hands a sender what gear is to be told."""

    def __init__(self, sender: MessageSender) -> None:
        self._sender = sender
        self._last = 0
        self._is_cut_off = False

    def __call__(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        """An event, after the conductor has had it."""
        for command in commands:
            match command:
                case SendMidi():
                    self._sender.send_at(command.due, bytes.fromhex(command.message))
                    self._last = max(self._last, command.due)
                case Finish() if not conductor.run.ended_well:
                    self._sender.forget()
                    self._is_cut_off = True
                case _:
                    pass

    def rest(self, now: int) -> int:
        """How many nanoseconds what was said ahead still takes, and our own clock up to its last Stop."""
        last = max(self._last, self._sender.ends_at or 0)
        return 0 if self._is_cut_off or last <= now else min(LONGEST_REST, last - now + SPARE)
