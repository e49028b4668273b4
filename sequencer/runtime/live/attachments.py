"""Connect a live run with MIDI devices and external clocks: ports and Link as inputs, messages and a MIDI clock as outputs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Protocol

from sequencer.core.errors import UsageError
from sequencer.core.timebase import SECOND, UNSEEN_TIME
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.run_state import Phase
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Finish, SendMidi
from sequencer.events.events import ChunkShown, OffsetChanged, Paused, Resumed, SessionEnded, TransportChanged
from sequencer.midi.clock_generator import TOO_FAR, TempoSegment
from sequencer.midi.outputs import open_output
from sequencer.midi.scheduler import MessageScheduler
from sequencer.runtime.live.run import Attachment, LiveRun
from sequencer.schedule.model import Schedule
from sequencer.sync.chunk_boundaries import BoundaryFeed, first_lag
from sequencer.sync.link import LinkFeed, LiveLink
from sequencer.sync.midi_clock import MidiFeed
from sequencer.sync.midi_port import Feed, MidiPortClock
from sequencer.sync.timecode import TimecodeFeed, parse_rate

UNSEEN = 2
"""If no frame has been seen after this many chunks and after `UNSEEN_TIME`, no frames are being counted: the clock starts then.
"""


class ClockSender(Protocol):
    """Receives the score's time: a `MessageScheduler`, or a test double."""

    def begin_clock(self, pieces: Sequence[TempoSegment], delay: int = 0, end: Fraction | None = None) -> None:
        """Prepare to send, up to the quarter `end`."""
        ...

    def plan(self, pieces: Sequence[TempoSegment], end: Fraction | None = None) -> None:
        """Replace the plan: the score continues differently."""
        ...

    def anchor(self, at: int, seconds: Fraction, pace: float = 1.0, now: int | None = None) -> None:
        """Fix the score's position at time `at` to `seconds`, as known at time `now`."""
        ...

    def limit(self, at: int | None) -> None:
        """Send no tick after `at`: frames last until then. None if all frames are generated, or if that is not known."""
        ...

    def stop(self, at: int) -> None:
        """Stop the clock at `at`."""
        ...


def tempo_segments(conductor: Conductor) -> tuple[TempoSegment, ...]:
    """Return the tempo of every planned pass; empty if one has no beats."""
    passes = conductor.run.plan.passes
    pieces = tuple(TempoSegment(one.start, one.quarter, one.stretch.tempo) for one in passes if one.stretch.tempo is not None)
    return pieces if len(pieces) == len(passes) else ()


def end_of(conductor: Conductor) -> Fraction:
    """Return the quarter at which the score ends, according to the present plan."""
    return conductor.run.plan.passes[-1].end_quarter


class ClockSenderTask:
    """Watches a performance and keeps a clock sender at the score's position.

    The clock ends with the frames: its last tick and Stop are sent when the end of the score is seen, which is after the last
    chunk was reported. A run that ends before its score stops the clock at once. If the model stalls, the clock stops when the
    last available frame has been seen, and continues with the next one. While the connection is lost, the clock runs on, as the
    model does.

    In a fixed run, beats are counted in the model's chunks: external devices start with the first frame, and a beat is when the
    chunk that contains it is *seen*. In a run that follows wall time, beats are at their own times, and an offset moves the
    frames. In a fixed run the frames cannot move: a positive offset, which shows them later than the beats, sends the clock
    earlier.

    Raises:
        ValueError: The run has no beats.
    """

    def __init__(self, sender: ClockSender, schedule: Schedule, conductor: Conductor) -> None:
        self._sender = sender
        self._grid = schedule.grid
        self._nominal = float(schedule.grid.chunk) * SECOND
        self._boundaries = BoundaryFeed(schedule.grid.chunk, lag=first_lag(schedule.grid.chunk))
        self._offset = 0
        self._base = self._takes = 0
        self._origin: int | None = None
        self._runs = False
        self._reported: int | None = None
        """When the first chunk was reported, in nanoseconds."""
        self._making = 0
        self._made_at: int | None = None
        """When the latest chunk was reported; None while that is not known, or if no more chunks follow."""
        self._seen_until = 0
        """When the latest chunk that was seen is over."""
        self._limit: int | None = None
        """Until when to wait for the next report, in nanoseconds."""
        self._over = False
        self._passes = list(conductor.run.plan.passes)
        self._pieces = tempo_segments(conductor)
        self._end = end_of(conductor)
        if not self._pieces:
            raise ValueError("a clock needs beats")
        sender.begin_clock(self._pieces, end=self._end)

    def __call__(  # noqa: PLR0912  # one branch for each kind of event
        self, event: Event, commands: Sequence[Command], conductor: Conductor
    ) -> None:
        """Handle an event after the conductor."""
        if self._over:
            return
        self._look_at(conductor)
        if conductor.run.takes != self._takes:  # a take runs, reported by the model or derived from what it shows
            self._base, self._takes = conductor.base, conductor.run.takes
        is_late = isinstance(event, ChunkShown) and not conductor.run.is_of_this_take(event.take)
        fit = None if is_late else self._boundaries.feed(event)
        match event:
            case OffsetChanged():
                self._offset = event.offset
            case Paused() if conductor.run.follow is None:
                self._sender.stop(event.at + self._lag)
            case SessionEnded():
                self._sender.stop(event.at)
            case _:
                pass
        follow = conductor.run.follow
        if follow is None:
            self._look_how_far(event, conductor)
        if follow is not None:
            if follow.origin is not None and follow.origin != self._origin:
                self._origin = follow.origin
                self._sender.anchor(follow.origin, Fraction(0))
        elif isinstance(event, ChunkShown) and not self._runs:
            chunk = conductor.run.score_chunk(event.chunk, event.take)
            if chunk is not None:
                self._runs = True
                self._sender.anchor(event.at - self._offset, self._grid.boundary(chunk), self._pace, event.at)
        elif fit is not None and (self._runs or self._is_unseen(fit.chunk, event.at)):
            self._runs = True
            self._sender.anchor(fit.time + self._lag, self._grid.boundary(self._base + fit.chunk), self._pace, event.at)
        if conductor.is_finished:
            self._over = True
            if not conductor.run.ended_well:
                self._sender.stop(event.at)

    def _look_how_far(self, event: Event, conductor: Conductor) -> None:
        """Limit the clock to generated frames: a report covers its chunk and the lag, or the time until the next is overdue.

        If the next chunk is so late that the frames freeze before it, the clock stops for that time.
        """
        chunk = round(self._boundaries.follower.chunk_ns)
        made = conductor.making - self._making
        if made > 0 or isinstance(event, Resumed):
            if made == 1 and self._made_at is not None and event.at - self._made_at - chunk > TOO_FAR:
                self._sender.stop(max(self._made_at + self._lag, self._seen_until))
            self._made_at = event.at
        elif isinstance(event, ChunkShown) and conductor.run.score_chunk(event.chunk, event.take) is not None:
            self._seen_until = event.at + chunk - self._offset
        if conductor.phase in (Phase.SHOWING, Phase.FINISHED) or not conductor.run.connected:
            self._made_at = None
        limit = None
        if self._made_at is not None:
            limit = max(self._made_at + max(self._lag, chunk + TOO_FAR), self._seen_until)
        if limit != self._limit:
            self._sender.limit(limit)
        self._making, self._limit = conductor.making, limit

    def _is_unseen(self, chunk: int, at: int) -> bool:
        """Return whether a frame should have been seen by now, if frames were counted. Call it for each report until one is."""
        if self._reported is None:
            self._reported = at
        return chunk > UNSEEN and at - self._reported >= UNSEEN_TIME

    @property
    def _pace(self) -> float:
        return self._boundaries.follower.chunk_ns / self._nominal

    @property
    def _lag(self) -> int:
        return self._boundaries.follower.lag - self._offset

    def _look_at(self, conductor: Conductor) -> None:
        """Update the plan where it has changed: a live section was left, or a jump was made."""
        passes = conductor.run.plan.passes
        if passes == self._passes:  # unchanged passes are the same objects, which makes comparing them fast
            return
        self._passes = list(passes)
        pieces, end = tempo_segments(conductor), end_of(conductor)
        if pieces and (pieces != self._pieces or end != self._end):
            self._pieces, self._end = pieces, end
            self._sender.plan(pieces, end)


NOMINAL = 120
COLD = frozenset({Phase.WAITING, Phase.UPLOADING, Phase.OPENING})
"""Phases in which the model could not start on a beat yet."""
PORT_CLOSE_DELAY_NS = SECOND // 50
"""How long the port stays open after the time of the last message, in nanoseconds."""
MAX_FLUSH_NS = 10 * SECOND
"""How long after the end of a run the messages scheduled ahead may still take to be sent."""


def midi_input(run: LiveRun, port: str) -> Attachment:
    """Receive from a port while the run plays: notes and controllers, and the clock if the score follows one."""
    return _heard(run, port)


@asynccontextmanager
async def _heard(run: LiveRun, port: str) -> AsyncIterator[None]:
    schedule = run.settings.schedule
    follows = schedule.clock.kind in ("midi", "mtc") and run.performance.conductor.run.follow is not None
    expected = None if schedule.clock.rate is None else parse_rate(schedule.clock.rate)
    feed: Feed = MidiFeed(float(schedule.clock.bpm or NOMINAL), follows)
    if follows and expected is not None:
        feed = TimecodeFeed(expected)
    live = MidiPortClock(port, feed, run.performance.deliver, run.notify)
    live.open()
    if follows:
        if isinstance(feed, MidiFeed):
            run.lookers.append(_TransportWatcher(feed))
        what = "as soon as its time code runs" if schedule.clock.kind == "mtc" else "on its first beat"
        run.notify(f"{live.name}: the score begins {what}")
    try:
        yield
    finally:
        live.close()


class _TransportWatcher:
    """Passes transport commands of the operator to the feed of a device that sends only ticks."""

    def __init__(self, feed: MidiFeed) -> None:
        self._feed = feed

    def __call__(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        """Handle an event as a watcher: a transport change that does not come from the feed was made by hand."""
        if isinstance(event, TransportChanged) and not self._feed.is_own_event(event):
            self._feed.set_transport(event.what, event.at)


def link_clock(run: LiveRun, transport: bool = True) -> Attachment:
    """Follow the Link session on this network.

    Args:
        run: The run.
        transport: Whether to begin when the session starts. Otherwise the score begins by itself, at the next bar line as soon
            as the model is warm.
    """
    return _linked(run, transport)


@asynccontextmanager
async def _linked(run: LiveRun, transport: bool) -> AsyncIterator[None]:
    clock = run.settings.schedule.clock
    bar = float(clock.meter.bar)
    feed = LinkFeed(bar, transport)
    live = LiveLink(float(clock.bpm or NOMINAL), feed, run.performance.deliver, run.notify, bar)
    live.open()
    run.standing.ahead = lambda: feed.ahead
    if not transport:
        feed.held = True
        run.lookers.append(_WarmUpWatcher(feed))
    run.notify(
        "Link: the score begins "
        + ("when the session plays" if transport else "on the first bar line on which the model is warm")
    )
    try:
        yield
    finally:
        live.close()


class _WarmUpWatcher:
    """Waits until the model is warm, then lets a session begin that nobody else starts."""

    def __init__(self, feed: LinkFeed) -> None:
        self._feed = feed

    def __call__(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        """Handle an event as a watcher."""
        if self._feed.held and conductor.phase not in COLD:
            self._feed.held = False


def midi_output(run: LiveRun, port: str, clock: bool) -> Attachment:
    """Send the MIDI messages of the score's cues and rules through a port; with `clock`, also the beats as a MIDI clock.

    Start, stop and song position are sent with the clock, so that devices play in time with the frames that are seen.
    """
    return _told(run, port, clock)


@asynccontextmanager
async def _told(run: LiveRun, port: str, clock: bool) -> AsyncIterator[None]:
    conductor = run.performance.conductor
    if clock and conductor.run.follow is not None and conductor.run.follow.outer:
        raise UsageError("this score follows a clock from outside: there is none of ours to send", "leave out --send-clock")
    if clock and not tempo_segments(conductor):
        raise UsageError("this score has no beats, so there is no clock to send", "write a tempo, as: clock 120 bpm, 4/4")
    sender = MessageScheduler(open_output(port, run.notify), run.clock.now)
    telling = MidiSender(sender)
    run.lookers.append(telling)
    if clock:
        run.lookers.append(ClockSenderTask(sender, run.settings.schedule, conductor))
    try:
        yield
        await asyncio.sleep(telling.rest(run.clock.now()) / SECOND)
    finally:
        sender.close()


class MessageSender(Protocol):
    """Sends messages at their times: a `MessageScheduler`, or a test double."""

    @property
    def ends_at(self) -> int | None:
        """The time of the Stop after the score's last tick, in nanoseconds; None if no Stop is due."""
        ...

    def send_at(self, due: int, message: bytes) -> None:
        """Send a message at nanosecond `due`."""
        ...

    def forget(self) -> None:
        """Drop the messages that are not due yet."""
        ...


class MidiSender:
    """Watches a performance and passes its MIDI messages to a sender."""

    def __init__(self, sender: MessageSender) -> None:
        self._sender = sender
        self._last = 0
        self._is_cut_off = False

    def __call__(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        """Handle an event after the conductor."""
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
        """Return the nanoseconds until the scheduled messages, and the run's own clock up to its last Stop, have been sent."""
        last = max(self._last, self._sender.ends_at or 0)
        return 0 if self._is_cut_off or last <= now else min(MAX_FLUSH_NS, last - now + PORT_CLOSE_DELAY_NS)
