"""Turns MIDI messages into the events of a run.

These are the external clock, its transport, and what is played.

`MidiFeed` is pure: it takes bytes and timestamps and returns events, whether they come from a port,
a file or a test in virtual time. `sync.midi_port` receives from a port.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

from sequencer.events.codec import Event
from sequencer.events.events import (
    ClockFitted,
    ControlChanged,
    NoteReceived,
    ProgramChanged,
    TransportChanged,
    TransportLocated,
)
from sequencer.sync.estimator.follower import ClockFollower

SYSTEM = 0xF0
MAX_DATA_BYTE = 127

TICKS_PER_FIT = 6
"""The maximum number of ticks between two fits: each sixteenth …"""
MOVED = 3_000_000
"""A fit is sent at once if a time two quarters ahead has moved by this many nanoseconds.

The time is compared with the last fit.
"""
AHEAD = 2.0
TICKLESS = 2_000_000_000
UNSTARTED = 24 * 8
"""When the user gets a message: about a missing tick, or about a missing Start.

A tick is missing so long (nanoseconds) after a Start; a Start is missing after so many ticks.
"""


class MidiFeed:
    """Follows the clock in a stream of MIDI messages and passes on the rest.

    If `follows` is False, ticks are ignored.

    Start and Continue become events at the first tick after them, because that tick is where the
    music begins; while no clock is followed they become events at once. A Start of a clock that has
    already played first becomes a jump to 0.
    """

    def __init__(self, nominal_bpm: float = 120.0, follows: bool = True) -> None:
        self.follower = ClockFollower(nominal_bpm)
        self._follows = follows
        self._pending: Literal["start", "continue"] | None = None
        self._at_zero = True
        """Whether the conductor assumes the clock to be at 0."""
        self._moving = False
        """Whether the conductor assumes it to move."""
        self._last_fit: ClockFitted | None = None
        self._ticks = 0
        self._asked = 0
        self._idle = 0
        self._complained: set[str] = set()
        self._moves: deque[TransportChanged] = deque(maxlen=64)

    @property
    def awaits_ticks(self) -> bool:
        """Whether Start or Continue was received and no tick since.

        This shows a device that does not send its clock.
        """
        return self._pending is not None

    @property
    def due(self) -> int | None:
        """When `silence` should be called, nanoseconds; None while there is nothing to wait for."""
        return self.follower.silence_due if self._follows and self._pending is None else None

    def feed(self, message: bytes, at: int) -> tuple[Event, ...]:
        """Handle one complete message with the timestamp `at`.

        Messages that are not used return no events.
        """
        if not message:
            return ()
        if message[0] < SYSTEM:
            return note_events(message, at)
        if any(byte > MAX_DATA_BYTE for byte in message[1:]):
            return ()
        match message[0]:
            case 0xF8 if self._follows:
                return self._tick(at)
            case 0xFA:
                return self.start(at)
            case 0xFB:
                return self._continue(at)
            case 0xFC:
                return self._stop(at)
            case 0xF2 if len(message) == 3:
                return self._locate(message[1] | message[2] << 7, at)
            case _:
                return ()

    def start(self, at: int) -> tuple[Event, ...]:
        """Handle Start, from the device or the operator: the next tick is beat 0.

        The operator starts devices that only send ticks.
        """
        if not self._follows:
            return (TransportChanged(at, "start"),)
        self.follower.start(at)
        self._pending, self._asked = "start", at
        if self._at_zero:
            return ()
        self._at_zero = True
        return self._located(0.0, at)

    def silence(self, at: int) -> tuple[Event, ...]:
        """Check for missing ticks.

        A clock that has just become silent runs free, which is reported as a fit.
        """
        if not self._follows or self._pending is not None or not self.follower.silence(at):
            return ()
        return self._fitted(at)

    def unplugged(self, at: int) -> tuple[Event, ...]:
        """Handle the loss of the port: the clock runs free at its last tempo.

        This lasts until ticks arrive again.
        """
        if (
            not self._follows
            or self._pending is not None
            or self.follower.state in ("stopped", "free")
        ):
            return ()
        self.follower.unplugged(at)
        return self._fitted(at)

    def set_transport(self, what: Literal["start", "stop", "continue"], at: int) -> None:
        """Set the transport by an operator command, for devices that only send ticks.

        Ticks count (or do not) from now on.
        """
        self._pending = None
        match what:
            case "start":
                self.follower.start(at)
                self._at_zero = False
            case "stop":
                self.follower.stop(at)
            case "continue":
                self.follower.resume(at)
        self._moving = what != "stop"

    def is_own_event(self, move: TransportChanged) -> bool:
        """Whether this very event is one of the latest that this feed returned.

        Other events come from the operator.
        """
        return any(one is move for one in self._moves)

    def complaint(self, at: int) -> str | None:
        """Return a sentence for a user who waits, or None; each sentence only once.

        The clock sends ticks but was not started, or the reverse.
        """
        if not self._follows:
            return None
        if (
            self._pending is not None
            and at - self._asked > TICKLESS
            and "tickless" not in self._complained
        ):
            self._complained.add("tickless")
            return (
                "Start was received, but no clock message since then: does the device also send "
                "its clock?"
            )
        if self._idle > UNSTARTED and not self._moving and "unstarted" not in self._complained:
            self._complained.add("unstarted")
            return (
                "the clock runs, but has not been started: press play on the device, or send this "
                "run the command: start"
            )
        return None

    # ---- internals ----

    def _tick(self, at: int) -> tuple[Event, ...]:
        follower = self.follower
        follower.tick(at)
        pending, self._pending = self._pending, None
        if pending is not None:
            self._at_zero = False
            self._moving = True
            return (self._moved(at, pending), *self._fitted(at))
        if follower.state == "stopped":
            self._idle += 1
            return ()
        self._ticks += 1
        last_fit = self._last_fit
        known = (
            last_fit is not None
            and last_fit.quality == follower.state
            and last_fit.quarters_per_ns > 0
        )
        if last_fit is not None and known and self._ticks < TICKS_PER_FIT:
            quarter = follower.beat_at(at) + AHEAD
            foretold = last_fit.time + (quarter - last_fit.quarter) / last_fit.quarters_per_ns
            if abs(foretold - follower.time_of(quarter)) < MOVED:
                return ()
        return self._fitted(at)

    def _continue(self, at: int) -> tuple[Event, ...]:
        if not self._follows:
            return (TransportChanged(at, "continue"),)
        if self.follower.state == "stopped":
            self.follower.resume(at)
            self._pending, self._asked = "continue", at
        return ()

    def _stop(self, at: int) -> tuple[Event, ...]:
        if not self._follows:
            return (TransportChanged(at, "stop"),)
        self.follower.stop(at)
        self._pending = None
        was_moving, self._moving = self._moving, False
        return (self._moved(at, "stop"),) if was_moving else ()

    def _locate(self, sixteenths: int, at: int) -> tuple[Event, ...]:
        if not self._follows:
            return ()
        self.follower.locate(sixteenths)
        self._at_zero = sixteenths == 0
        return self._located(sixteenths / 4, at)

    def _located(self, quarter: float, at: int) -> tuple[Event, ...]:
        """Return the events of a jump.

        A clock that moves waits at the new position for its next tick, so that the run does not get
        ahead of a slow device.
        """
        located = TransportLocated(at, quarter)
        return (located, *self._fitted(at)) if self._moving else (located,)

    def _moved(self, at: int, what: Literal["start", "stop", "continue"]) -> TransportChanged:
        move = TransportChanged(at, what)
        self._moves.append(move)
        return move

    def _fitted(self, at: int) -> tuple[Event, ...]:
        quarter, time, rate, deviation, quality = self.follower.fit()
        self._ticks = 0
        self._last_fit = ClockFitted(at, quarter, time, rate, deviation, quality)
        return (self._last_fit,)


def note_events(message: bytes, at: int) -> tuple[Event, ...]:
    """Return the events of what is played; nothing for other messages.

    They are a note-on, a note-off (as a note with velocity 0), a controller or a program.
    """
    kind, channel, data = message[0] & 0xF0, (message[0] & 0x0F) + 1, message[1:]
    if any(byte > MAX_DATA_BYTE for byte in data):
        return ()
    match kind, len(data):
        case 0x90, 2:
            return (NoteReceived(at, data[0], data[1], channel),)
        case 0x80, 2:
            return (NoteReceived(at, data[0], 0, channel),)
        case 0xB0, 2:
            return (ControlChanged(at, data[0], data[1], channel),)
        case 0xC0, 1:
            return (ProgramChanged(at, data[0] + 1, channel),)
        case _:
            return ()
