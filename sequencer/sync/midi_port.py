"""A MIDI port heard while a run plays: its messages cross from their thread into the loop, and become events there.

    live = LiveMidi("Digitakt", MidiFeed(nominal_bpm=120), performance.deliver, say=print)
    live.open()          # in the running loop; raises MidiError where the port is not there
    …
    live.close()

Stamps are taken once, where a message arrives, on `time.monotonic_ns` as `RealClock` has it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from sequencer.events.codec import Event
from sequencer.midi.inputs import MidiInput, open_input

POLL_INTERVAL_S = 0.05
"""How often, in seconds, it is asked whether the clock has fallen silent."""


class Feed(Protocol):
    """What turns messages into events: see `MidiFeed`."""

    def feed(self, message: bytes, at: int) -> Sequence[Event]:
        """Take one whole message."""
        ...

    def silence(self, at: int) -> Sequence[Event]:
        """Tell the time while nothing comes."""
        ...

    def unplugged(self, at: int) -> Sequence[Event]:
        """The port is gone."""
        ...

    def complaint(self, at: int) -> str | None:
        """What somebody should know who waits for this clock; each thing once."""
        ...


class MidiPortClock:
    """Listens to `port` (see `midi.addresses`) and delivers what `feed` makes of it, in the loop's own thread.

    `say` gets a sentence when the port goes or comes back; `heard` is called with every message, for those who show them.
    """

    def __init__(
        self,
        port: str,
        feed: Feed,
        deliver: Callable[[Event], None],
        say: Callable[[str], None],
        heard: Callable[[bytes, int], None] | None = None,
    ) -> None:
        self._text = port
        self._feed = feed
        self._deliver = deliver
        self._say = say
        self._heard = heard
        self._loop: asyncio.AbstractEventLoop | None = None
        self._input: MidiInput | None = None
        self._looking: asyncio.TimerHandle | None = None

    @property
    def name(self) -> str:
        """The port's own name, once it is open."""
        return self._text if self._input is None else self._input.name

    def open(self) -> None:
        """Open the port; messages are heard from now on. Raises MidiError, with a cure."""
        self._loop = asyncio.get_running_loop()
        self._input = open_input(self._text, self._cross, self._changed, time.monotonic_ns)
        self._look()

    def close(self) -> None:
        """Stop listening; nothing is delivered any more. Safe to call twice, and after failures."""
        self._loop = None
        if self._looking is not None:
            self._looking.cancel()
        port, self._input = self._input, None
        if port is not None:
            port.close()

    # ---- in the port's thread

    def _cross(self, message: bytes, at: int) -> None:
        self._call(lambda: self._arrive(message, at))

    def _changed(self, there: bool, at: int, sentence: str) -> None:
        self._call(lambda: self._plugged(there, at, sentence))

    def _call(self, act: Callable[[], None]) -> None:
        loop = self._loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(act)
            except RuntimeError:
                return  # the loop has ended while a last message came in: nobody is there to hear it

    # ---- in the loop

    def _arrive(self, message: bytes, at: int) -> None:
        if self._loop is None:
            return
        if self._heard is not None:
            self._heard(message, at)
        self._hand_on(self._feed.feed(message, at))

    def _plugged(self, there: bool, at: int, sentence: str) -> None:
        if self._loop is None:
            return
        self._say(sentence)
        if not there:
            self._hand_on(self._feed.unplugged(at))

    def _look(self) -> None:
        if self._loop is None:
            return
        now = time.monotonic_ns()
        self._hand_on(self._feed.silence(now))
        complaint = self._feed.complaint(now)
        if complaint is not None:
            self._say(complaint)
        self._looking = self._loop.call_later(POLL_INTERVAL_S, self._look)

    def _hand_on(self, events: Sequence[Event]) -> None:
        for event in events:
            self._deliver(event)
