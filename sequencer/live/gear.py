"""Gear that belongs to a live run: a MIDI port that is heard, and a clock of ours that is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sequencer.clocks.midi import MidiFeed
from sequencer.clocks.midi_live import LiveMidi
from sequencer.conductor import Conductor
from sequencer.errors import UsageError
from sequencer.events import ChunkDone, Command, Event, Paused, Resumed, SessionEnded, Started, WasReset
from sequencer.live.running import Attachment, LiveRun
from sequencer.live.standing import Standing
from sequencer.midi import open_output
from sequencer.midi.clock_out import Piece
from sequencer.midi.sending import Sender
from sequencer.timebase import nanoseconds

SECOND = 1_000_000_000


def heard(run: LiveRun, port: str) -> Attachment:
    """Hear a port while the run plays: its notes and controllers, and its clock where the score follows one."""
    return _heard(run, port)


@asynccontextmanager
async def _heard(run: LiveRun, port: str) -> AsyncIterator[None]:
    schedule = run.settings.schedule
    follows = schedule.clock.kind == "midi" and run.performance.conductor.run.follow is not None
    feed = MidiFeed(float(schedule.clock.bpm or 120), follows)
    live = LiveMidi(port, feed, run.performance.deliver, run.say)
    live.open()
    if follows:
        run.say(f"{live.name}: the score begins on its first beat")
    try:
        yield
    finally:
        live.close()


def clock_sent(run: LiveRun, port: str) -> Attachment:
    """Send the score's beats as a MIDI clock: start, stop and song position included, so that gear plays what is seen."""
    return _clock_sent(run, port)


@asynccontextmanager
async def _clock_sent(run: LiveRun, port: str) -> AsyncIterator[None]:
    conductor = run.performance.conductor
    pieces = pieces_of(conductor)
    if conductor.run.follow is not None and conductor.run.follow.outer:
        raise UsageError("this score follows a clock from outside: there is none of ours to send", "leave out --send-clock")
    if not pieces:
        raise UsageError("this score has no beats, so there is no clock to send", "write a tempo, as: clock 120 bpm, 4/4")
    sender = Sender(open_output(port, run.say), run.clock.now)
    sender.begin_clock(pieces)
    run.lookers.append(ClockKeeper(sender, run.standing, pieces))
    try:
        yield
    finally:
        sender.close()


def pieces_of(conductor: Conductor) -> tuple[Piece, ...]:
    """The tempo of every pass that is planned; empty where one has no beats."""
    pieces = []
    for one in conductor.run.plan.passes:
        if one.stretch.tempo is None:
            return ()
        pieces.append(Piece(one.start, one.quarter, one.stretch.tempo))
    return tuple(pieces)


class ClockKeeper:
    """Tells a sender where the score is, in terms of what is seen: a chunk's first frame comes after the chunk is made."""

    def __init__(self, sender: Sender, standing: Standing, pieces: tuple[Piece, ...]) -> None:
        self._sender = sender
        self._standing = standing
        self._pieces = pieces

    def __call__(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        """Look (the shape of a performance's watcher)."""
        match event:
            case Started() | ChunkDone() | Resumed():
                self._anchor(event.at, conductor)
            case Paused() | WasReset() | SessionEnded():
                self._sender.stop(event.at)
            case _:
                pass

    def _anchor(self, at: int, conductor: Conductor) -> None:
        pieces = pieces_of(conductor)
        if pieces and pieces != self._pieces:
            self._pieces = pieces
            self._sender.plan(pieces)
        grid = conductor.run.schedule.grid
        length = round(self._standing.chunk_seconds() * SECOND)
        pace = length / nanoseconds(grid.chunk)
        self._sender.anchor(at + length + (self._standing.lag or 0), grid.boundary(conductor.making), pace)
