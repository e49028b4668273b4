"""A tape that sends MIDI time code in virtual time: real bytes through the real feed.

A move is a time since the run was opened and what happens: `2s start`, `7s stop`, `8s continue`,
`9s locate 12500` (to this millisecond, with a full frame message), `10s jump 30000` (without it),
`11s lose 500ms` (nothing arrives for this long), `12s double 300ms` (each message arrives twice),
`13s jitter 8ms` (from then on), `14s garble`, `15s pace 1001/1000` (its speed from then on), `16s
back` (it runs backwards until it is started or continued). It is stopped until it is started.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from sequencer.core.timers import TimerService
from sequencer.events.codec import Event
from sequencer.stages.simulated.helios_state import hash64
from sequencer.sync.timecode import TimecodeFeed, parse_rate
from tests.simulation.clock_device import LOOK, SECOND, duration

GARBAGE = (
    b"\xf1\x80",
    b"\xf1",
    b"\xf0\x7f\x7f\x01\x01\xf7",
    b"\xf0\x7f\x7f\x01\x01\x00\x00\x3f\x1f\xf7",
    b"\xf1\x7f",
    b"\xf8",
)
RATES = {
    "24": (0, Fraction(24), 24),
    "25": (1, Fraction(25), 25),
    "29.97": (2, Fraction(30000, 1001), 30),
    "30": (3, Fraction(30), 30),
}
"""By name: the code of the messages, frames per second, and how many frame numbers a second has."""


def spelled(frame: int, name: str) -> tuple[int, int, int, int]:
    """Return (hours, minutes, seconds, frames) of a frame, counted from 00:00:00:00; drop-frame
    code skips numbers.
    """
    _, _, counts = RATES[name]
    if name == "29.97":
        minute = 0
        while frame >= (length := 1800 if minute % 10 == 0 else 1798):
            frame -= length
            minute += 1
        frame += 0 if minute % 10 == 0 else 2
        return minute // 60 % 24, minute % 60, frame // counts, frame % counts
    seconds, frames = divmod(frame, counts)
    return seconds // 3600 % 24, seconds // 60 % 60, seconds % 60, frames


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time in which a tape ran evenly: from when until when, its position at the end in seconds,
    and its pace.
    """

    begin: int
    end: int
    position: Fraction
    pace: Fraction

    def reached(self, position: Fraction) -> int:
        """Return when it was at this position."""
        return int(self.end - (self.position - position) * SECOND / self.pace)


class Tape:
    """Plays its moves on a virtual clock, and passes the events that its feed makes of the bytes to
    `deliver`.
    """

    def __init__(
        self,
        moves: tuple[str, ...],
        name: str,
        clock: TimerService,
        deliver: Callable[[Event], None],
    ) -> None:
        expected = parse_rate(name)
        assert expected is not None
        self._feed = TimecodeFeed(expected)
        self._clock = clock
        self._deliver = deliver
        self._name = name
        self._code, self._fps, _ = RATES[name]
        self._at = 0
        """The tape's position, in quarter frames."""
        self._step = 0
        """Quarter frames by which it advances with each message:

        1, -1 backwards, or 0 while it is stopped.
        """
        self._pace = Fraction(1)
        self._run = 0
        self._edge = Fraction(0)
        self._jitter = 0
        self._silent_until = self._double_until = -1
        self._began = 0
        self.stretches: list[Stretch] = []
        """The times in which it ran evenly and its messages arrived."""
        for move in moves:
            when, what, *rest = move.split()
            clock.call_at(duration(when), lambda what=what, rest=rest: self._move(what, rest))  # type: ignore[misc]  # binds now
        self._look()

    def _move(self, what: str, rest: list[str]) -> None:
        now = self._clock.now()
        self.end_stretch()
        match what:
            case "start" | "continue":
                self._runs(1)
            case "back":
                self._runs(-1)
            case "stop":
                self._runs(0)
            case "locate" | "jump":
                self._at = int(Fraction(rest[0]) * self._fps / 1000) * 4
                if what == "locate":
                    self._runs(0)
                    self._receive(self._full_frame())
            case "lose":
                self._silent_until = self._began = now + duration(rest[0])
            case "double":
                self._double_until = now + duration(rest[0])
            case "jitter":
                self._jitter = duration(rest[0])
            case "pace":
                self._pace = Fraction(rest[0])
            case "garble":
                for message in GARBAGE:
                    self._receive(message)
            case _:
                raise ValueError(f"a tape knows no {what!r}")

    def end_stretch(self) -> None:
        """End an even stretch: whatever happens now, the tape ran evenly until now."""
        now = self._clock.now()
        if self._step == 1 and self._began < now and self._silent_until < now:
            self.stretches.append(
                Stretch(
                    begin=self._began,
                    end=now,
                    position=Fraction(self._at, 4) / self._fps,
                    pace=self._pace,
                )
            )
        self._began = max(now, self._silent_until)

    def _runs(self, step: int) -> None:
        if step == self._step:
            return
        self._step = step
        self._run += 1
        if step:
            self._edge = Fraction(self._clock.now())
            self._plan(self._run)

    def _full_frame(self) -> bytes:
        hours, minutes, seconds, frames = spelled(self._at // 4, self._name)
        return bytes(
            (0xF0, 0x7F, 0x7F, 1, 1, self._code << 5 | hours, minutes, seconds, frames, 0xF7)
        )

    def _receive(self, message: bytes) -> None:
        if self._clock.now() >= self._silent_until:
            for event in self._feed.feed(message, self._clock.now()):
                self._deliver(event)

    def _plan(self, run: int) -> None:
        late = hash64("quarter", self._at) % (self._jitter + 1) if self._jitter else 0
        self._clock.call_at(int(self._edge) + late, lambda: self._quarter(run))

    def _quarter(self, run: int) -> None:
        """Send a quarter frame; eight of them encode the frame in which the first one was sent."""
        if run != self._run:
            return
        piece = self._at % 8
        hours, minutes, seconds, frames = spelled(self._at // 8 * 2, self._name)
        whole = (frames, seconds, minutes, hours | self._code << 5)[piece // 2]
        message = bytes((0xF1, piece << 4 | (whole >> 4 * (piece % 2) & 15)))
        self._receive(message)
        if self._clock.now() < self._double_until:
            self._receive(message)
        if self._at + self._step < 0:
            self._runs(0)
            return
        self._at += self._step
        self._edge += SECOND / (self._fps * 4 * self._pace)
        self._plan(run)

    def _look(self) -> None:
        for event in self._feed.silence(self._clock.now()):
            self._deliver(event)
        self._clock.call_at(self._clock.now() + LOOK, self._look)


def draw_tape_moves(rng: Random, seconds: float) -> tuple[str, ...]:
    """Draw the moves of a tape for a score of this many seconds."""
    first = ("0s", "300ms", "1s", "4s")[rng.randrange(4)]
    moves = [f"{first} start"] if rng.randrange(8) else []
    if rng.randrange(4) == 0:
        moves.insert(0, f"0s locate {rng.randrange(int(seconds * 1000))}")
    if rng.randrange(3) == 0:
        moves.append(f"0s jitter {1 + rng.randrange(9)}ms")
    if rng.randrange(4) == 0:
        moves.append(f"0s pace {('1001/1000', '999/1000', '24/25', '11/10')[rng.randrange(4)]}")
    length = int(seconds * 1000)
    for _ in range(rng.randrange(6) if rng.randrange(3) else 0):
        when = rng.randrange(500, 500 + length)
        match rng.randrange(8):
            case 0:
                moves += [f"{when}ms stop", f"{when + rng.randrange(9000)}ms continue"]
            case 1:
                moves += [
                    f"{when}ms locate {rng.randrange(length)}",
                    f"{when + rng.randrange(2000)}ms continue",
                ]
            case 2:
                moves.append(f"{when}ms jump {rng.randrange(length)}")
            case 3:
                moves.append(f"{when}ms lose {rng.randrange(4000)}ms")
            case 4:
                moves.append(f"{when}ms double {rng.randrange(2000)}ms")
            case 5:
                moves.append(f"{when}ms garble")
            case 6:
                moves += [f"{when}ms back", f"{when + rng.randrange(3000)}ms continue"]
            case _:
                moves.append(f"{when}ms {('start', 'stop')[rng.randrange(2)]}")
    return tuple(moves)
