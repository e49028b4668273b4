"""Messages that leave at their time: a thread that sleeps until the next one is due, for the clock and for notes of cues."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Sequence
from fractions import Fraction

from sequencer.midi.clock_out import STOP, ClockOut, Piece
from sequencer.midi.outputs import MidiOutput

NOTE_ON, NOTE_OFF, CONTROL, PROGRAM = 0x90, 0x80, 0xB0, 0xC0
NOTE_LASTS = 100_000_000
"""How long a note of a cue lasts, nanoseconds."""


def note_on(note: int, velocity: int, channel: int) -> bytes:
    """A note-on; the channel counts from 1."""
    return bytes((NOTE_ON | channel - 1, note, velocity))


def note_off(note: int, channel: int) -> bytes:
    """A note-off; the channel counts from 1."""
    return bytes((NOTE_OFF | channel - 1, note, 0))


def control_change(control: int, value: int, channel: int) -> bytes:
    """A controller's value; the channel counts from 1."""
    return bytes((CONTROL | channel - 1, control, value))


def program_change(program: int, channel: int) -> bytes:
    """A program change; program and channel count from 1."""
    return bytes((PROGRAM | channel - 1, program - 1))


class Sender:
    """Sends through an open output, each message at its nanosecond, in a thread of its own.

    Methods may be called from any thread. `close` lets go of every sounding note, stops the gear's clock and closes the port.
    """

    def __init__(self, output: MidiOutput, now: Callable[[], int] = time.monotonic_ns) -> None:
        self._output = output
        self._now = now
        self._changed = threading.Condition()
        self._waiting: list[tuple[int, int, bytes]] = []
        self._order = 0
        self._sounding: dict[tuple[int, int], int] = {}
        self._clock: ClockOut | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="midi output", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """The port's name."""
        return self._output.name

    def send_at(self, due: int, message: bytes) -> None:
        """Send one whole message at nanosecond `due`, or at once where that has passed."""
        with self._changed:
            self._push(due, message)
            self._changed.notify()

    def play(self, due: int, note: int, velocity: int, channel: int, lasts: int = NOTE_LASTS) -> None:
        """A note at nanosecond `due`, let go of `lasts` nanoseconds later."""
        with self._changed:
            self._push(due, note_on(note, velocity, channel))
            self._push(due + lasts, note_off(note, channel))
            self._changed.notify()

    def forget(self) -> None:
        """Drop what was to be sent and is not due yet (a cue that was moved); notes that sound are still let go of."""
        with self._changed:
            self._waiting = [one for one in self._waiting if self._lets_go(one[2])]
            heapq.heapify(self._waiting)

    # ---- our clock ----

    def begin_clock(self, pieces: Sequence[Piece], delay: int = 0) -> None:
        """From the first `anchor` on, send the clock of this score."""
        with self._changed:
            self._clock = ClockOut(pieces, delay)

    def plan(self, pieces: Sequence[Piece]) -> None:
        """The pieces changed: see `ClockOut.plan`."""
        self._tell(lambda clock: clock.plan(pieces))

    def anchor(self, at: int, seconds: Fraction, pace: float = 1.0) -> None:
        """Where the score is: see `ClockOut.anchor`."""
        self._tell(lambda clock: clock.anchor(at, seconds, pace))

    def stop(self, at: int) -> None:
        """The score stands still: see `ClockOut.stop`."""
        self._tell(lambda clock: clock.stop(at))

    def close(self) -> None:
        """Send what ends things, and close the port. Safe to call twice."""
        with self._changed:
            if self._closing:
                return
            self._closing = True
            self._changed.notify()
        self._thread.join()
        if self._clock is not None and self._clock.is_running:
            self._output.send(STOP)
        for channel, note in self._sounding:
            self._output.send(note_off(note, channel))
        self._output.close()

    # ---- inside ----

    def _tell(self, say: Callable[[ClockOut], None]) -> None:
        with self._changed:
            if self._clock is not None:
                say(self._clock)
                self._changed.notify()

    def _push(self, due: int, message: bytes) -> None:
        self._order += 1
        heapq.heappush(self._waiting, (due, self._order, message))

    def _lets_go(self, message: bytes) -> bool:
        return message[0] & 0xF0 == NOTE_OFF and ((message[0] & 15) + 1, message[1]) in self._sounding

    def _run(self) -> None:
        while True:
            with self._changed:
                due = self._due()
                while not self._closing and (due is None or due > self._now()):
                    self._changed.wait(None if due is None else max(0, due - self._now()) / 1e9)
                    due = self._due()
                if self._closing:
                    return
                messages = self._taken(self._now())
            for message in messages:
                self._output.send(message)

    def _due(self) -> int | None:
        first = self._waiting[0][0] if self._waiting else None
        clock = self._clock.due if self._clock is not None else None
        return min((one for one in (first, clock) if one is not None), default=None)

    def _taken(self, now: int) -> list[bytes]:
        taken = [] if self._clock is None else self._clock.take(now)
        while self._waiting and self._waiting[0][0] <= now:
            due, _, message = heapq.heappop(self._waiting)
            taken.append((due, message))
            kind, channel = message[0] & 0xF0, (message[0] & 15) + 1
            if kind == NOTE_ON and message[2]:
                self._sounding[channel, message[1]] = due
            elif kind in (NOTE_ON, NOTE_OFF):
                self._sounding.pop((channel, message[1]), None)
        return [message for _, message in sorted(taken, key=lambda one: one[0])]
