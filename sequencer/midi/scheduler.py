"""Sends the clock and the notes of cues on time, in a thread that sleeps until the next one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from fractions import Fraction

from sequencer.midi.clock_generator import ClockSection, MidiClockGenerator
from sequencer.midi.outputs import MidiOutput
from sequencer.midi.send_queue import CONTROL, NOTE_ON, PROGRAM, Outbox, note_off

NOTE_LASTS = 100_000_000
"""How long a note of a cue lasts, nanoseconds."""


def note_on(note: int, velocity: int, channel: int) -> bytes:
    """Return a note-on; the channel counts from 1."""
    return bytes((NOTE_ON | channel - 1, note, velocity))


def control_change(control: int, value: int, channel: int) -> bytes:
    """Return a controller's value; the channel counts from 1."""
    return bytes((CONTROL | channel - 1, control, value))


def program_change(program: int, channel: int) -> bytes:
    """Return a program change; program and channel count from 1."""
    return bytes((PROGRAM | channel - 1, program - 1))


class MessageScheduler:
    """Sends through an open output, each message at its nanosecond, in a thread of its own.

    Methods may be called from any thread. `close` releases every sounding note, stops the devices'
    clock and closes the port.
    """

    def __init__(self, output: MidiOutput, now: Callable[[], int] = time.monotonic_ns) -> None:
        self._output = output
        self._now = now
        self._changed = threading.Condition()
        self._outbox = Outbox()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="midi output", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """The port's name."""
        return self._output.name

    @property
    def ends_at(self) -> int | None:
        """The predicted nanosecond of the Stop after the score's last tick; None if not pending."""
        with self._changed:
            return self._outbox.ends_at

    def send_at(self, due: int, message: bytes) -> None:
        """Send one complete message at nanosecond `due`, or at once if that has passed."""
        with self._changed:
            self._outbox.push(due, message)
            self._changed.notify()

    def play(
        self, due: int, note: int, velocity: int, channel: int, lasts: int = NOTE_LASTS
    ) -> None:
        """Send a note at nanosecond `due`, released `lasts` nanoseconds later."""
        with self._changed:
            self._outbox.push(due, note_on(note, velocity, channel))
            self._outbox.push(due + lasts, note_off(note, channel))
            self._changed.notify()

    def forget(self) -> None:
        """Drop messages that are not due yet; sounding notes are still released.

        The dropped messages are those of a cue that was moved.
        """
        with self._changed:
            self._outbox.forget()

    # ---- the clock ----

    def begin_clock(
        self, pieces: Sequence[ClockSection], delay: int = 0, end: Fraction | None = None
    ) -> None:
        """Send the clock of this score from the first `anchor` on, up to its end."""
        with self._changed:
            self._outbox.clock = MidiClockGenerator(pieces, delay, end)

    def plan(self, pieces: Sequence[ClockSection], end: Fraction | None = None) -> None:
        """Change the parts of the score: see `MidiClockGenerator.plan`."""
        self._update_clock(lambda clock: clock.plan(pieces, end))

    def anchor(self, at: int, seconds: Fraction, pace: float = 1.0, now: int | None = None) -> None:
        """Set where the score is: see `MidiClockGenerator.anchor`."""
        self._update_clock(lambda clock: clock.anchor(at, seconds, pace, now))

    def limit(self, at: int | None) -> None:
        """Set how far the score is made: see `MidiClockGenerator.limit`."""
        self._update_clock(lambda clock: clock.limit(at))

    def stop(self, at: int) -> None:
        """Stop the score from then on: see `MidiClockGenerator.stop`."""
        self._update_clock(lambda clock: clock.stop(at))

    def close(self) -> None:
        """Send note-offs and Stop, and close the port. Can be called twice."""
        with self._changed:
            if self._closing:
                return
            self._closing = True
            self._changed.notify()
        self._thread.join()
        for message in self._outbox.close():
            self._output.send(message)
        self._output.close()

    # ---- internals ----

    def _update_clock(self, update: Callable[[MidiClockGenerator], None]) -> None:
        with self._changed:
            if self._outbox.clock is not None:
                update(self._outbox.clock)
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                due = self._outbox.due
                while not self._closing and (due is None or due > self._now()):
                    self._changed.wait(None if due is None else max(0, due - self._now()) / 1e9)
                    due = self._outbox.due
                if self._closing:
                    return
                messages = self._outbox.take(self._now())
            for message in messages:
                self._output.send(message)
