"""A MIDI port used during a run: its messages become events in the event loop.

They move from the port's thread to the event loop.

    clock = MidiPortClock("Digitakt", MidiFeed(nominal_bpm=120), performance.deliver, notify=print)
    clock.open()         # in the running loop; raises MidiError if the port does not exist
    …
    clock.close()

Timestamps are taken once, when a message arrives, from `time.monotonic_ns`, as in `RealClock`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from sequencer.events.codec import Event
from sequencer.midi.inputs import MidiInput, open_input

POLL_INTERVAL_S = 0.05
"""How often, in seconds, the clock is checked for silence."""


class Feed(Protocol):
    """Turns messages into events: see `MidiFeed`."""

    def feed(self, message: bytes, at: int) -> Sequence[Event]:
        """Handle one complete message."""
        ...

    def silence(self, at: int) -> Sequence[Event]:
        """Check for silence; called regularly."""
        ...

    def unplugged(self, at: int) -> Sequence[Event]:
        """Handle the loss of the port."""
        ...

    def complaint(self, at: int) -> str | None:
        """Return what a user who waits for this clock should know, each thing once, or None."""
        ...


class MidiPortClock:
    """Receives from `port` (see `midi.addresses`) and delivers the events of `feed`.

    It does so in the loop's own thread.

    `notify` gets a sentence when the port disappears or returns; `on_message` is called with every
    message, to display it.
    """

    def __init__(
        self,
        port: str,
        feed: Feed,
        deliver: Callable[[Event], None],
        notify: Callable[[str], None],
        on_message: Callable[[bytes, int], None] | None = None,
    ) -> None:
        self._text = port
        self._feed = feed
        self._deliver = deliver
        self._notify = notify
        self._on_message = on_message
        self._loop: asyncio.AbstractEventLoop | None = None
        self._input: MidiInput | None = None
        self._looking: asyncio.TimerHandle | None = None

    @property
    def name(self) -> str:
        """The port's own name, once it is open."""
        return self._text if self._input is None else self._input.name

    def open(self) -> None:
        """Open the port and start receiving. Raises MidiError, with a hint."""
        self._loop = asyncio.get_running_loop()
        self._input = open_input(self._text, self._cross, self._changed, time.monotonic_ns)
        self._look()

    def close(self) -> None:
        """Stop receiving; nothing is delivered any more.

        Can be called twice, and after failures.
        """
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
                return  # the loop has ended while a last message came in, so nobody can receive it

    # ---- in the loop

    def _arrive(self, message: bytes, at: int) -> None:
        if self._loop is None:
            return
        if self._on_message is not None:
            self._on_message(message, at)
        self._hand_on(self._feed.feed(message, at))

    def _plugged(self, there: bool, at: int, sentence: str) -> None:
        if self._loop is None:
            return
        self._notify(sentence)
        if not there:
            self._hand_on(self._feed.unplugged(at))

    def _look(self) -> None:
        if self._loop is None:
            return
        now = time.monotonic_ns()
        self._hand_on(self._feed.silence(now))
        complaint = self._feed.complaint(now)
        if complaint is not None:
            self._notify(complaint)
        self._looking = self._loop.call_later(POLL_INTERVAL_S, self._look)

    def _hand_on(self, events: Sequence[Event]) -> None:
        for event in events:
            self._deliver(event)
