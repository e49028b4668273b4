"""Connect a live run with MIDI devices and external clocks.

Ports and Link are inputs; messages and a MIDI clock are outputs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Protocol

from sequencer.core.errors import UsageError
from sequencer.core.tempo_parts import tempo_since
from sequencer.core.timebase import SECOND, UNSEEN_TIME
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.transitions import Phase
from sequencer.events.codec import Event
from sequencer.events.commands import Command, SendMidi
from sequencer.events.events import (
    BoundariesFitted,
    ChunkDone,
    ChunkShown,
    OffsetChanged,
    Paused,
    Resumed,
    SessionEnded,
    TransportChanged,
)
from sequencer.midi.clock_generator import TOO_FAR, ClockSection
from sequencer.midi.outputs import open_output
from sequencer.midi.scheduler import MessageScheduler
from sequencer.runtime.live.message_forwarding import MessageForwarder
from sequencer.runtime.live.run import LiveRun
from sequencer.schedule.model import Schedule
from sequencer.sync.chunk_boundaries import BoundaryFeed, first_lag
from sequencer.sync.link import LinkFeed, LiveLink
from sequencer.sync.midi_clock import MidiFeed
from sequencer.sync.midi_port import Feed, MidiPortClock
from sequencer.sync.timecode import TimecodeFeed, parse_rate

UNSEEN = 2
"""After this many chunks and `UNSEEN_TIME` without a frame, no frames are being counted.

The clock starts then.
"""


class ClockSender(Protocol):
    """Receives the score's time: a `MessageScheduler`, or a test double."""

    def begin_clock(
        self, pieces: Sequence[ClockSection], delay: int = 0, end: Fraction | None = None
    ) -> None:
        """Prepare to send, up to the quarter `end`."""
        ...

    def plan(self, pieces: Sequence[ClockSection], end: Fraction | None = None) -> None:
        """Replace the plan: the score continues differently."""
        ...

    def anchor(self, at: int, seconds: Fraction, pace: float = 1.0, now: int | None = None) -> None:
        """Fix the score's position at time `at` to `seconds`, as known at time `now`."""
        ...

    def limit(self, at: int | None) -> None:
        """Send no tick after `at`: frames last until then.

        None if all frames are generated, or if that is not known.
        """
        ...

    def stop(self, at: int) -> None:
        """Stop the clock at `at`."""
        ...


def clock_sections(conductor: Conductor) -> tuple[ClockSection, ...]:
    """Return the tempo of every planned pass; empty if one has no beats."""
    passes = conductor.view.passes
    if any(one.stretch.tempo is None for one in passes):
        return ()
    return tuple(piece for one in passes for piece in _sections_of(one))


def _sections_of(one: Pass) -> Iterator[ClockSection]:
    """Yield the tempo of a pass; before an edited score takes over in it, that of the old one."""
    tempo, replaced = one.stretch.tempo, one.replaces
    if tempo is None:
        return
    if one.began is None or replaced is None or replaced.current.stretch.tempo is None:
        yield ClockSection(one.start, one.quarter, tempo)
        return
    old = replaced.current
    yield ClockSection(old.start, old.quarter, replaced.current.stretch.tempo)
    inside = tempo.quarter_at(replaced.time - one.start)
    yield ClockSection(replaced.time, one.quarter + inside, tempo_since(tempo, inside))


def end_of(conductor: Conductor) -> Fraction:
    """Return the quarter at which the score ends, according to the present plan."""
    return conductor.view.passes[-1].end_quarter


class ClockSenderTask:
    """Watches a performance and keeps a clock sender at the score's position.

    The clock ends with the frames: its last tick and Stop are sent when the end of the score is
    seen, which is after the last chunk was reported. A run that ends before its score stops the
    clock at once. If the model stalls, the clock stops when the last available frame has been seen,
    and continues with the next one. While the connection is lost, the clock runs on, as the model
    does.

    In a fixed run, beats are counted in the model's chunks: external devices start with the first
    frame, and a beat is when the chunk that contains it is *seen*. In a run that follows wall time,
    beats are at their own times, and an offset moves the frames. In a fixed run the frames cannot
    move: a positive offset, which shows them later than the beats, sends the clock earlier.

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
        self._is_seen = False
        """Whether a frame was seen.

        Without any, the clock begins by the reports of chunks, and the first frame corrects it.
        """
        self._reported: int | None = None
        """When the first chunk that has frames was reported, in nanoseconds.

        A model that warms up makes chunks without any frames.
        """
        self._making = 0
        self._made_at: int | None = None
        """When the latest chunk was reported; None if unknown, or if no more chunks follow."""
        self._seen_until = 0
        """When the latest chunk that was seen is over."""
        self._limit: int | None = None
        """Until when to wait for the next report, in nanoseconds."""
        self._over = False
        self._passes = list(conductor.view.passes)
        self._pieces = clock_sections(conductor)
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
        if (
            conductor.view.take != self._takes
        ):  # a take runs, reported by the model or derived from what it shows
            self._base, self._takes = conductor.base, conductor.view.take
        fit = self._fit_of(event, conductor)
        match event:
            case OffsetChanged():
                self._offset = event.offset
            case Paused() if conductor.view.clock is None:
                self._sender.stop(event.at + self._lag)
            case SessionEnded():
                self._sender.stop(event.at)
            case _:
                pass
        follow = conductor.view.clock
        if follow is None:
            self._look_how_far(event, conductor)
        if follow is not None:
            if follow.origin is not None and follow.origin != self._origin:
                self._origin = follow.origin
                self._sender.anchor(follow.origin, Fraction(0))
        elif isinstance(event, ChunkShown) and not self._is_seen:
            chunk = conductor.view.score_chunk(event.chunk, event.take)
            if chunk is not None:
                self._runs = self._is_seen = True
                self._sender.anchor(
                    event.at - self._offset, self._grid.boundary(chunk), self._pace, event.at
                )
        elif fit is not None and (self._runs or self._is_unseen(fit.chunk, event)):
            self._runs = True
            self._sender.anchor(
                fit.time + self._lag,
                self._grid.boundary(self._base + fit.chunk),
                self._pace,
                event.at,
            )
        if conductor.is_finished:
            self._over = True
            if not conductor.view.is_complete:
                self._sender.stop(event.at)

    def _fit_of(self, event: Event, conductor: Conductor) -> BoundariesFitted | None:
        """Return the boundary fit that an event gives.

        Late frames of the take before a cut give the lag only.
        """
        if not isinstance(event, ChunkShown) or conductor.view.is_of_this_take(event.take):
            return self._boundaries.feed(event)
        takes = conductor.view.takes_since(event.take)
        if takes is not None:
            self._boundaries.shown_before(event, takes)
        return None

    def _look_how_far(self, event: Event, conductor: Conductor) -> None:
        """Limit the clock to generated frames.

        A report covers its chunk and the lag, or the time until the next report is overdue.

        If the next chunk is so late that the frames freeze before it, the clock stops for that
        time.
        """
        chunk = round(self._boundaries.follower.chunk_ns)
        made = conductor.making - self._making
        if made > 0 or isinstance(event, Resumed):
            if (
                made == 1
                and self._made_at is not None
                and event.at - self._made_at - chunk > TOO_FAR
            ):
                self._sender.stop(max(self._made_at + self._lag, self._seen_until))
            self._made_at = event.at
        elif (
            isinstance(event, ChunkShown)
            and conductor.view.score_chunk(event.chunk, event.take) is not None
        ):
            self._seen_until = event.at + chunk - self._offset
        if conductor.phase in (Phase.SHOWING, Phase.FINISHED) or not conductor.view.is_connected:
            self._made_at = None
        limit = None
        if self._made_at is not None:
            limit = max(self._made_at + max(self._lag, chunk + TOO_FAR), self._seen_until)
        if limit != self._limit:
            self._sender.limit(limit)
        self._making, self._limit = conductor.making, limit

    def _is_unseen(self, chunk: int, event: Event) -> bool:
        """Return whether a frame should have been seen by now, if frames were counted.

        Call it for each report until one is.
        """
        if self._reported is None and isinstance(event, ChunkDone) and event.frames:
            self._reported = event.at
        return (
            self._reported is not None
            and chunk > UNSEEN
            and event.at - self._reported >= UNSEEN_TIME
        )

    @property
    def _pace(self) -> float:
        return self._boundaries.follower.chunk_ns / self._nominal

    @property
    def _lag(self) -> int:
        return self._boundaries.follower.lag - self._offset

    def _look_at(self, conductor: Conductor) -> None:
        """Update the plan where it has changed: a live section was left, or a jump was made."""
        passes = conductor.view.passes
        if (
            passes == self._passes
        ):  # unchanged passes are the same objects, which makes comparing them fast
            return
        self._passes = list(passes)
        pieces, end = clock_sections(conductor), end_of(conductor)
        if pieces and (pieces != self._pieces or end != self._end):
            self._pieces, self._end = pieces, end
            self._sender.plan(pieces, end)


NOMINAL = 120
COLD = frozenset({Phase.WAITING, Phase.UPLOADING, Phase.OPENING})
"""Phases in which the model could not start on a beat yet."""


@asynccontextmanager
async def midi_input(run: LiveRun, port: str) -> AsyncIterator[None]:
    """Receive from a port while the run plays: notes, controllers, and any followed clock.

    The clock is received if the score follows one.
    """
    schedule = run.settings.schedule
    follows = (
        schedule.clock.kind in ("midi", "mtc") and run.performance.conductor.view.clock is not None
    )
    expected = None if schedule.clock.rate is None else parse_rate(schedule.clock.rate)
    feed: Feed = MidiFeed(float(schedule.clock.bpm or NOMINAL), follows)
    if follows and expected is not None:
        feed = TimecodeFeed(expected)
    live = MidiPortClock(port, feed, run.deliver_from_device, run.notify)
    live.open()
    if follows:
        if isinstance(feed, MidiFeed):
            run.lookers.append(_TransportWatcher(feed))
        what = (
            "as soon as its time code runs" if schedule.clock.kind == "mtc" else "on its first beat"
        )
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
        """Handle an event as a watcher.

        A transport change that does not come from the feed was made by hand.
        """
        if isinstance(event, TransportChanged) and not self._feed.is_own_event(event):
            self._feed.set_transport(event.what, event.at)


@asynccontextmanager
async def link_clock(run: LiveRun, transport: bool = True) -> AsyncIterator[None]:
    """Follow the Link session on this network.

    Args:
        run: The run.
        transport: Whether to begin when the session starts. Otherwise the score begins by itself,
            at the next bar line as soon as the model is warm.
    """
    clock = run.settings.schedule.clock
    bar = float(clock.meter.bar)
    feed = LinkFeed(bar, transport)
    live = LiveLink(float(clock.bpm or NOMINAL), feed, run.performance.deliver, run.notify, bar)
    if not transport:
        feed.held = True  # before the session is joined: the first look at it may be on a bar line
        run.lookers.append(_WarmUpWatcher(feed))
    live.open()
    run.live_status.ahead = lambda: feed.ahead
    run.notify(
        "Link: the score begins "
        + (
            "when the session plays"
            if transport
            else "on the first bar line on which the model is ready"
        )
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


@asynccontextmanager
async def midi_output(run: LiveRun, port: str, clock: bool) -> AsyncIterator[None]:
    """Send the MIDI messages of the score's cues and rules through a port.

    With `clock`, it also sends the beats as a MIDI clock.

    Start, stop and song position are sent with the clock, so that devices play in time with the
    frames that are seen.
    """
    conductor = run.performance.conductor
    if clock and conductor.view.clock is not None and conductor.view.clock.is_external:
        raise UsageError(
            "this score follows an external clock, so there is no clock of its own to send",
            "omit --send-clock",
        )
    if clock and not clock_sections(conductor):
        raise UsageError(
            "this score has no beats, so there is no clock to send",
            "write a tempo, such as: clock 120 bpm, 4/4",
        )
    if clock and conductor.view.grid.first is not None:
        raise UsageError(
            "this score has a grid with `first`: the video freezes after the first chunk of each "
            "take, so no even clock can be sent",
            "omit --send-clock",
        )
    sender = MessageScheduler(open_output(port, run.notify), run.clock.now)
    midi_sender = MidiSender(sender)
    run.lookers.append(midi_sender)
    if clock:
        run.lookers.append(ClockSenderTask(sender, run.settings.schedule, conductor))
    try:
        yield
        await asyncio.sleep(midi_sender.rest(run.clock.now()) / SECOND)
    finally:
        sender.close()


class MessageSender(Protocol):
    """Sends messages at their times: a `MessageScheduler`, or a test double."""

    @property
    def ends_at(self) -> int | None:
        """The time of the Stop after the score's last tick, in nanoseconds; None if none is due."""
        ...

    def send_at(self, due: int, message: bytes) -> None:
        """Send a message at nanosecond `due`."""
        ...

    def forget(self) -> None:
        """Drop the messages that are not due yet."""
        ...


class MidiSender(MessageForwarder):
    """Watches a performance and passes its MIDI messages to a sender."""

    def __init__(self, sender: MessageSender) -> None:
        super().__init__()
        self._sender = sender

    def pass_on(self, command: Command) -> int | None:
        """Pass on a MIDI message."""
        if not isinstance(command, SendMidi):
            return None
        self._sender.send_at(command.due, bytes.fromhex(command.message))
        return command.due

    def forget(self) -> None:
        """Drop the messages that are not due yet."""
        self._sender.forget()

    @property
    def ends_at(self) -> int | None:
        """When the run's own clock sends its last Stop, in nanoseconds, if it does."""
        return self._sender.ends_at
