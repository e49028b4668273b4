"""Gear that belongs to a live run: a MIDI port or a Link session that is heard, and a clock of ours that is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sequencer.clocks.link import LinkFeed, LiveLink
from sequencer.clocks.midi import MidiFeed
from sequencer.clocks.midi_live import LiveMidi
from sequencer.errors import UsageError
from sequencer.live.running import Attachment, LiveRun
from sequencer.live.sending import ClockSending, pieces_of
from sequencer.midi import open_output
from sequencer.midi.sending import Sender

NOMINAL = 120


def heard(run: LiveRun, port: str) -> Attachment:
    """Hear a port while the run plays: its notes and controllers, and its clock where the score follows one."""
    return _heard(run, port)


@asynccontextmanager
async def _heard(run: LiveRun, port: str) -> AsyncIterator[None]:
    schedule = run.settings.schedule
    follows = schedule.clock.kind == "midi" and run.performance.conductor.run.follow is not None
    feed = MidiFeed(float(schedule.clock.bpm or NOMINAL), follows)
    live = LiveMidi(port, feed, run.performance.deliver, run.say)
    live.open()
    if follows:
        run.say(f"{live.name}: the score begins on its first beat")
    try:
        yield
    finally:
        live.close()


def linked(run: LiveRun, transport: bool = True) -> Attachment:
    """Follow the Link session on this network; without `transport` the score begins at the next bar line by itself."""
    return _linked(run, transport)


@asynccontextmanager
async def _linked(run: LiveRun, transport: bool) -> AsyncIterator[None]:
    clock = run.settings.schedule.clock
    bar = float(clock.meter.bar)
    live = LiveLink(float(clock.bpm or NOMINAL), LinkFeed(bar, transport), run.performance.deliver, run.say, bar)
    live.open()
    run.say("Link: the score begins " + ("when the session plays" if transport else "on the next bar line"))
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
    if conductor.run.follow is not None and conductor.run.follow.outer:
        raise UsageError("this score follows a clock from outside: there is none of ours to send", "leave out --send-clock")
    if not pieces_of(conductor):
        raise UsageError("this score has no beats, so there is no clock to send", "write a tempo, as: clock 120 bpm, 4/4")
    sender = Sender(open_output(port, run.say), run.clock.now)
    run.lookers.append(ClockSending(sender, run.settings.schedule, conductor))
    try:
        yield
    finally:
        sender.close()
