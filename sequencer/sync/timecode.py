"""Follows MIDI time code: quarter frames, eight of which encode a time, and full-frame messages.

`TimecodeFollower` takes messages with timestamps. It returns the source's time at a moment and the
moment of a source time. A quarter frame is a tick of a steady clock (24 to 30 frames per second,
four ticks each), so the ticks are followed like those of a MIDI clock; their pieces identify them.
Pure: no I/O and no clock of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from sequencer.events.codec import Event
from sequencer.events.events import ClockFitted, TransportChanged, TransportLocated
from sequencer.sync.estimator.hypotheses import HypothesisSet
from sequencer.sync.midi_clock import note_events

TimecodeState = Literal["searching", "locked", "free", "stopped"]
PIECES = 8
QUARTER_FRAMES_PER_FRAME = 4
SILENCE = 150_000_000
"""After this many nanoseconds without a quarter frame, the source is silent.

It sends none while it is stopped.
"""
GRACE = 2_000_000_000
"""How long a silent source is assumed to run on; then it counts as stopped.

A cable may have been unplugged.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRate:
    """A frame rate of time code.

    The fields are:

    `fps` true frames per second, `counts` frame numbers per second, `drops` for drop-frame.
    """

    code: int
    name: str
    fps: Fraction
    counts: int
    drops: bool


RATES = (
    FrameRate(code=0, name="24", fps=Fraction(24), counts=24, drops=False),
    FrameRate(code=1, name="25", fps=Fraction(25), counts=25, drops=False),
    FrameRate(code=2, name="29.97 drop", fps=Fraction(30000, 1001), counts=30, drops=True),
    FrameRate(code=3, name="30", fps=Fraction(30), counts=30, drops=False),
)
"""The four rates that the messages can encode, by their code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timecode:
    """A time in hours, minutes, seconds and frames."""

    hours: int
    minutes: int
    seconds: int
    frames: int
    rate: FrameRate

    @classmethod
    def at(cls, seconds: float, rate: FrameRate) -> Timecode:
        """Return the time of the frame at `seconds` after 00:00:00:00.

        It wraps around after a day.
        """
        number = int(
            seconds * rate.fps + Fraction(1, 1000)
        )  # a frame that has just begun, despite rounding errors of a float
        if rate.drops:
            tens, rest = divmod(
                number, 17_982
            )  # frames in ten minutes, of which nine skip two numbers each
            number += 18 * tens + (2 * ((rest - 2) // 1798) if rest >= 2 else 0)
        second, frames = divmod(number, rate.counts)
        return cls(
            hours=second // 3600 % 24,
            minutes=second // 60 % 60,
            seconds=second % 60,
            frames=frames,
            rate=rate,
        )

    def __str__(self) -> str:
        mark = ";" if self.rate.drops else ":"
        return f"{self.hours:02}:{self.minutes:02}:{self.seconds:02}{mark}{self.frames:02}"

    @property
    def is_sound(self) -> bool:
        """Whether such a time exists: drop-frame code skips frames 0 and 1 of most minutes."""
        if (
            self.hours > 23
            or self.minutes > 59
            or self.seconds > 59
            or self.frames >= self.rate.counts
        ):
            return False
        return not (self.rate.drops and self.frames < 2 and self.seconds == 0 and self.minutes % 10)

    @property
    def number(self) -> int:
        """The frame's number since 00:00:00:00, counting frames that exist."""
        minutes = self.hours * 60 + self.minutes
        number = (minutes * 60 + self.seconds) * self.rate.counts + self.frames
        return number - 2 * (minutes - minutes // 10) if self.rate.drops else number

    @property
    def time(self) -> Fraction:
        """True elapsed seconds from 00:00:00:00 to this frame."""
        return self.number / self.rate.fps


def decode_timecode(pieces: bytes) -> Timecode:
    """Return the time that eight data bytes of quarter frames, pieces 0 to 7 in order, encode."""
    nibbles = [piece & 0x0F for piece in pieces]
    frames, seconds, minutes = (nibbles[index] | nibbles[index + 1] << 4 for index in (0, 2, 4))
    hours = nibbles[6] | (nibbles[7] & 1) << 4
    return Timecode(
        hours=hours,
        minutes=minutes,
        seconds=seconds,
        frames=frames & 0x1F,
        rate=RATES[nibbles[7] >> 1 & 3],
    )


def full_frame(message: bytes) -> Timecode | None:
    """Return the time of a full-frame message; None for any other message.

    A full-frame message is `F0 7F dev 01 01 hh mm ss ff F7`.
    """
    if len(message) != 10 or message[:2] != b"\xf0\x7f" or message[3:5] != b"\x01\x01":
        return None
    hours, minutes, seconds, frames = message[5:9]
    return Timecode(
        hours=hours & 0x1F,
        minutes=minutes & 0x3F,
        seconds=seconds & 0x3F,
        frames=frames & 0x1F,
        rate=RATES[hours >> 5 & 3],
    )


class TimecodeFollower:
    """Follows a source of time code.

    `rate` is what the score expects; the source's own rate is used once it is received.

    A complete time is known after eight quarter frames in order (two frames); while the source runs
    backwards nothing is locked. States: `stopped` before anything is known and while the source is
    stopped · `searching` until a time is complete · `locked` · `free` while it has just become
    silent.
    """

    def __init__(self, rate: FrameRate = RATES[1]) -> None:
        self.rate = rate
        self._hypotheses = HypothesisSet()
        self._base: int | None = None
        self._last = 0
        self._pieces = bytearray(PIECES)
        self._run = 0
        """How many quarter frames came in order."""
        self._piece = -1
        self._zero: int | None = None
        """The quarter frame (since 00:00:00:00) of the follower's tick 0, once a time is known."""
        self._count = 0
        self._held = Fraction(0)
        self._moving = False
        self._free = False

    # ---- input ----

    def quarter_frame(self, data: int, at_ns: int) -> None:
        """Handle a quarter frame (F1), given its data byte."""
        piece = data >> 4 & 7
        at = max(at_ns, self._last) if self._base is not None else at_ns
        silent = self._base is not None and at - self._last > SILENCE
        self._last = at
        steps = 0 if self._base is None or silent else self._steps(piece, at)
        if steps == 0:
            self._begin(at)
        else:
            self._count += steps
            self._hypotheses.tick(float(at - (self._base or 0)))
            self._hypotheses.agree(self._count)
            self._run = self._run if steps == 1 else 0
        self._free = False
        self._piece = piece
        self._pieces[piece] = data
        self._run += 1
        if piece == PIECES - 1 and self._run >= PIECES:
            self._whole()

    def located(self, time: Timecode) -> None:
        """Handle a full frame: the source is stopped, or continues, at this time."""
        if time.is_sound:
            self.rate = time.rate
            self._held = time.time
            self._forget()

    def silence(self, at_ns: int) -> bool:
        """Check for silence.

        Return True when the source becomes silent, and again when it counts as stopped.
        """
        if not self._moving or self._base is None:
            return False
        quiet = at_ns - self._last
        if quiet > GRACE:
            self._held = Fraction(self.seconds_at(self._last)).limit_denominator(10**6)
            self._forget()
            return True
        if quiet > SILENCE and not self._free:
            self._free = True
            return True
        return False

    # ---- output ----

    @property
    def state(self) -> TimecodeState:
        """How certain the time is: see the class."""
        if self._moving:
            return "free" if self._free else "locked"
        return "searching" if self._run else "stopped"

    def seconds_at(self, at_ns: int) -> float:
        """Return the source's time at a moment, in true seconds.

        It is constant while the source is not locked.
        """
        best = self._hypotheses.best
        if not self._moving or self._zero is None or self._base is None:
            return float(self._held)
        ticks = 0.0 if best is None else best.ticks_at(float(at_ns - self._base))
        return (self._zero + self._count + ticks) / (
            QUARTER_FRAMES_PER_FRAME * float(self.rate.fps)
        )

    def time_of(self, seconds: float) -> int | None:
        """Return the predicted nanosecond when the source is at a time; None while stopped."""
        best = self._hypotheses.best
        if not self._moving or self._zero is None or self._base is None or best is None:
            return None
        return self._base + round(
            best.ahead(
                seconds * QUARTER_FRAMES_PER_FRAME * float(self.rate.fps) - self._zero - self._count
            )
        )

    def fit(self) -> tuple[float, int, float, float, TimecodeState]:
        """Return (second, nanosecond, seconds per nanosecond, standard error, state).

        The standard error is that of a prediction two seconds ahead.
        """
        best = self._hypotheses.best
        if not self._moving or self._zero is None or self._base is None or best is None:
            return float(self._held), self._last, 0.0, 0.0, self.state
        per_second = QUARTER_FRAMES_PER_FRAME * float(self.rate.fps)
        second = (self._zero + self._count) / per_second
        return (
            second,
            self._base + round(best.x),
            1 / (best.v * per_second),
            best.deviation(2 * per_second),
            self.state,
        )

    # ---- internals ----

    def _steps(self, piece: int, at: int) -> int:
        """Return how many quarter frames this one is after the latest, or 0.

        Some may be lost; the result is 0 if the number cannot be determined.
        """
        steps = (piece - self._piece) % PIECES
        best = self._hypotheses.best
        if steps == 1:
            return 1
        if not self._moving or best is None or self._base is None:
            return 0
        passed = best.ticks_at(float(at - self._base))
        return steps if steps and abs(passed - steps) < 0.5 else 0

    def _begin(self, at: int) -> None:
        """Start again with the pieces: after silence, a gap, or while the source runs backwards."""
        if self._moving:
            self._held = Fraction(self.seconds_at(at)).limit_denominator(10**6)
        self._hypotheses = HypothesisSet()
        self._base = at
        self._count = 0
        self._hypotheses.tick(0.0)
        self._hypotheses.agree(0)
        self._run = 0
        self._zero = None
        self._moving = False

    def _whole(self) -> None:
        """Handle eight complete pieces of time code.

        The time that they encode is that of the frame in which the first of them was sent.
        """
        time = decode_timecode(bytes(self._pieces))
        if not time.is_sound:
            self._run = 0
            return
        self.rate = time.rate
        zero = time.number * QUARTER_FRAMES_PER_FRAME - (self._count - (PIECES - 1))
        if self._zero is not None and abs(zero - self._zero) > 1 and self._moving:
            # it does not continue from the previous position: wait for another complete time that
            # confirms it
            self._run = 0
            self._moving = False
            self._zero = None
            return
        self._zero = zero
        self._moving = True

    def _forget(self) -> None:
        self._hypotheses = HypothesisSet()
        self._base = None
        self._run = 0
        self._piece = -1
        self._zero = None
        self._moving = False
        self._free = False


QUARTER_FRAMES_PER_FIT = 25
"""The maximum number of quarter frames between two fits: about four fits per second."""
JUMPED = 0.1
"""A difference of more than this many seconds from the last fit sent is a jump."""
NEVER = float("-inf")


def parse_rate(name: str) -> FrameRate | None:
    """Return the rate of `clock mtc 25`: 24, 25, 29.97 (drop frame) or 30; None for any other."""
    return next((one for one in RATES if name in (one.name, one.name.split()[0])), None)


class TimecodeFeed:
    """Follows the time code in a stream of MIDI messages, and turns other messages into events.

    These are notes, controllers and programs.

    Start, Stop and ticks in the same stream are ignored: the time code is sufficient. `origin` is
    the source's second at which the score begins (an hour, for many tapes).
    """

    def __init__(self, expected: FrameRate = RATES[1], origin: Fraction = Fraction(0)) -> None:
        self.follower = TimecodeFollower(expected)
        self._origin = float(origin)
        self._last_fit: ClockFitted | None = None
        self._stopped_at = NEVER
        """Where the conductor assumes the clock to be while it does not move.

        NEVER if no position was sent.
        """
        self._moving = False
        self._frames = 0

    def feed(self, message: bytes, at: int) -> tuple[Event, ...]:
        """Handle one complete message."""
        if len(message) == 2 and message[0] == 0xF1 and message[1] < 0x80:
            self.follower.quarter_frame(message[1], at)
            return self._followed(at)
        if message and message[0] < 0xF0:
            return note_events(message, at)
        found = full_frame(message)
        if found is None or not found.is_sound:
            return ()
        self.follower.located(found)
        stop = (TransportChanged(at, "stop"),) if self._moving else ()
        self._moving = False
        self._stopped_at = float(found.time) - self._origin
        return (*stop, TransportLocated(at, self._stopped_at))

    def silence(self, at: int) -> tuple[Event, ...]:
        """Check for silence: the source first runs free, and then counts as stopped."""
        if not self.follower.silence(at):
            return ()
        if self.follower.state == "free":
            return self._fitted(at)
        self._moving = False
        self._stopped_at = self.follower.seconds_at(at) - self._origin
        return (TransportChanged(at, "stop"), TransportLocated(at, self._stopped_at))

    def unplugged(self, at: int) -> tuple[Event, ...]:
        """Return nothing: the silence that follows is detected without this call."""
        return ()

    def complaint(self, at: int) -> str | None:
        """Return None: time code that arrives is followed, and missing code looks stopped.

        Missing time code looks like a source that is stopped.
        """
        return None

    def _followed(self, at: int) -> tuple[Event, ...]:
        if self.follower.state != "locked":
            return ()
        here = self.follower.seconds_at(at) - self._origin
        self._frames += 1
        if not self._moving:
            first = self._stopped_at == NEVER
            move = TransportChanged(at, "start" if first else "continue")
            jump = (
                (TransportLocated(at, here),)
                if abs(here - (0.0 if first else self._stopped_at)) > JUMPED
                else ()
            )
            self._moving = True
            self._stopped_at = here
            return (move, *jump, *self._fitted(at)) if first else (*jump, move, *self._fitted(at))
        last_fit = self._last_fit
        if (
            last_fit is not None
            and abs(last_fit.quarter + (at - last_fit.time) * last_fit.quarters_per_ns - here)
            > JUMPED
        ):
            return (TransportLocated(at, here), *self._fitted(at))
        if (
            last_fit is not None
            and last_fit.quality == "locked"
            and self._frames < QUARTER_FRAMES_PER_FIT
        ):
            return ()
        return self._fitted(at)

    def _fitted(self, at: int) -> tuple[Event, ...]:
        second, time, pace, deviation, state = self.follower.fit()
        self._frames = 0
        self._last_fit = ClockFitted(at, second - self._origin, time, pace, deviation, state)
        return (self._last_fit,)
