"""Sends in the virtual time of a run what `perform --midi-out` sends in real time, and stores it.

Nothing wakes it: due messages are taken before each call and at the end, each at the time it was
due.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from fractions import Fraction

from sequencer.core.osc_values import OscValue
from sequencer.core.timers import TimerService
from sequencer.midi.clock_generator import ClockSection, MidiClockGenerator
from sequencer.midi.send_queue import Outbox


def osc_as_bytes(address: str, arguments: Sequence[OscValue]) -> bytes:
    """Return an OSC message as bytes that begin as no MIDI message of a show does."""
    return b"\xe0" + json.dumps([address, *arguments]).encode()


class VirtualSender:
    """The outbox of a run in virtual time. `sent` is what was sent: when, and the message."""

    def __init__(self, clock: TimerService) -> None:
        self._clock = clock
        self._outbox = Outbox()
        self._at = 0
        self.sent: list[tuple[int, bytes]] = []

    @property
    def ends_at(self) -> int | None:
        """See `MessageSender`."""
        self._take(self._clock.now())
        return self._outbox.ends_at

    def send_at(self, due: int, message: bytes) -> None:
        self._take(self._clock.now())
        self._outbox.push(due, message)

    def forget(self) -> None:
        self._take(self._clock.now())
        self._outbox.forget()

    def begin_clock(
        self, pieces: Sequence[ClockSection], delay: int = 0, end: Fraction | None = None
    ) -> None:
        self._outbox.clock = MidiClockGenerator(pieces, delay, end)

    def plan(self, pieces: Sequence[ClockSection], end: Fraction | None = None) -> None:
        self._update_clock(lambda clock: clock.plan(pieces, end))

    def anchor(self, at: int, seconds: Fraction, pace: float = 1.0, now: int | None = None) -> None:
        self._update_clock(lambda clock: clock.anchor(at, seconds, pace, now))

    def limit(self, at: int | None) -> None:
        self._update_clock(lambda clock: clock.limit(at))

    def stop(self, at: int) -> None:
        self._update_clock(lambda clock: clock.stop(at))

    def close(self, rest: int) -> None:
        """End the run: send what is still due within `rest` nanoseconds, then the final messages."""
        until = self._clock.now() + rest
        self._take(until)
        self.sent += [(until, message) for message in self._outbox.close()]

    def _update_clock(self, update: Callable[[MidiClockGenerator], None]) -> None:
        assert self._outbox.clock is not None
        self._take(self._clock.now())
        update(self._outbox.clock)

    def _take(self, now: int) -> None:
        while (due := self._outbox.due) is not None and due <= now:
            at = max(due, self._at)  # what is queued too late is sent at once
            self._at = at
            self.sent += [(at, message) for message in self._outbox.take(at)]
        self._at = max(self._at, now)
