"""Sends in the virtual time of a run what `perform --midi-out` sends in real time, and keeps it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from sequencer.clocks import VirtualClock
from sequencer.midi.clock_out import ClockOut, Piece
from sequencer.midi.outbox import Outbox


class VirtualSender:
    """The outbox of a run, emptied by timers of its virtual clock. `sent` is what left: when, and the message."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._outbox = Outbox()
        self.sent: list[tuple[int, bytes]] = []
        self._timer = clock.call_at(0, lambda: None)

    @property
    def ends_at(self) -> int | None:
        """See `Sender`."""
        return self._outbox.ends_at

    def send_at(self, due: int, message: bytes) -> None:
        self._outbox.push(due, message)
        self._wait()

    def forget(self) -> None:
        self._outbox.forget()

    def begin_clock(self, pieces: Sequence[Piece], delay: int = 0, end: Fraction | None = None) -> None:
        self._outbox.clock = ClockOut(pieces, delay, end)

    def plan(self, pieces: Sequence[Piece], end: Fraction | None = None) -> None:
        self._tell(lambda clock: clock.plan(pieces, end))

    def anchor(self, at: int, seconds: Fraction, pace: float = 1.0) -> None:
        self._tell(lambda clock: clock.anchor(at, seconds, pace))

    def stop(self, at: int) -> None:
        self._tell(lambda clock: clock.stop(at))

    def close(self, rest: int) -> None:
        """The run is over: send what is still due within `rest` nanoseconds, then what ends everything."""
        self._timer.cancel()
        until = self._clock.now() + rest
        while (due := self._outbox.due) is not None and due <= until:
            self._take(max(due, self._clock.now()))
        self.sent += [(until, message) for message in self._outbox.close()]

    def _tell(self, say: Callable[[ClockOut], None]) -> None:
        assert self._outbox.clock is not None
        say(self._outbox.clock)
        self._wait()

    def _wait(self) -> None:
        self._timer.cancel()
        due = self._outbox.due
        if due is not None:
            self._timer = self._clock.call_at(due, self._fire)

    def _fire(self) -> None:
        self._take(self._clock.now())
        self._wait()

    def _take(self, now: int) -> None:
        self.sent += [(now, message) for message in self._outbox.take(now)]
