"""MIDI time code turned into a run's events. A second of it is told as a quarter: such a clock has seconds for beats."""

from __future__ import annotations

from fractions import Fraction

from sequencer.clocks.midi import played
from sequencer.events import ClockFitted, ClockLocated, ClockMoved, Event
from sequencer.followers.timecode import RATES, Rate, TimecodeFollower, full_frame

EVERY = 25
"""A fit is told at least every so many quarter frames: about four times a second."""
JUMPED = 0.1
"""What differs by more than so many seconds from what was told is a jump."""
NEVER = float("-inf")


def rate(name: str) -> Rate | None:
    """The rate of `clock mtc 25`: 24, 25, 29.97 (drop frame) or 30; None for any other."""
    return next((one for one in RATES if name in (one.name, one.name.split()[0])), None)


class TimecodeFeed:
    """Follows the time code in a stream of MIDI messages, and hands on notes, controllers and programs.

    Start, Stop and ticks in the same stream are passed over: the time code says it all. `origin` is the source's second at
    which the score begins (an hour, for many tapes).
    """

    def __init__(self, expected: Rate = RATES[1], origin: Fraction = Fraction(0)) -> None:
        self.follower = TimecodeFollower(expected)
        self._origin = float(origin)
        self._told: ClockFitted | None = None
        self._stands = NEVER
        """Where the conductor takes the clock to stand while it does not move; never told: nowhere."""
        self._moving = False
        self._frames = 0

    def hear(self, message: bytes, at: int) -> tuple[Event, ...]:
        """Take one whole message."""
        if len(message) == 2 and message[0] == 0xF1 and message[1] < 0x80:
            self.follower.quarter_frame(message[1], at)
            return self._followed(at)
        if message and message[0] < 0xF0:
            return played(message, at)
        found = full_frame(message)
        if found is None or not found.is_sound:
            return ()
        self.follower.located(found)
        stop = (ClockMoved(at, "stop"),) if self._moving else ()
        self._moving = False
        self._stands = float(found.time) - self._origin
        return (*stop, ClockLocated(at, self._stands))

    def silence(self, at: int) -> tuple[Event, ...]:
        """Tell the time while nothing comes: free-wheeling first, and then stopped."""
        if not self.follower.silence(at):
            return ()
        if self.follower.state == "free":
            return self._fitted(at)
        self._moving = False
        self._stands = self.follower.seconds_at(at) - self._origin
        return (ClockMoved(at, "stop"), ClockLocated(at, self._stands))

    def unplugged(self, at: int) -> tuple[Event, ...]:
        """The port is gone: what silence says comes by itself."""
        return ()

    def complaint(self, at: int) -> str | None:
        """Nothing: time code that comes is followed, and none that does not can be told from a source that stands."""
        return None

    def _followed(self, at: int) -> tuple[Event, ...]:
        if self.follower.state != "locked":
            return ()
        here = self.follower.seconds_at(at) - self._origin
        self._frames += 1
        if not self._moving:
            first = self._stands == NEVER
            move = ClockMoved(at, "start" if first else "continue")
            jump = (ClockLocated(at, here),) if abs(here - (0.0 if first else self._stands)) > JUMPED else ()
            self._moving = True
            self._stands = here
            return (move, *jump, *self._fitted(at)) if first else (*jump, move, *self._fitted(at))
        told = self._told
        if told is not None and abs(told.quarter + (at - told.time) * told.quarters_per_ns - here) > JUMPED:
            return (ClockLocated(at, here), *self._fitted(at))
        if told is not None and told.quality == "locked" and self._frames < EVERY:
            return ()
        return self._fitted(at)

    def _fitted(self, at: int) -> tuple[Event, ...]:
        second, time, pace, deviation, state = self.follower.fit()
        self._frames = 0
        self._told = ClockFitted(at, second - self._origin, time, pace, deviation, state)
        return (self._told,)
