"""An unreliable external MIDI clock in virtual time: real bytes through the real feed.

A move is a time since the run was opened and what happens: `2s start`, `5s tempo 140`, `7s stop`,
`8s continue`, `9s locate 32` (sixteenths), `10s lose 500ms` (no tick arrives for this long), `11s
double 300ms` (each arrives twice), `12s jitter 8ms` (from then on), `13s garble`, `14s unplug 2s`.
It ticks from the beginning, at 120 bpm until the tempo changes.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from sequencer.core.timers import TimerService
from sequencer.events.codec import Event
from sequencer.stages.simulated.helios_state import hash64
from sequencer.sync.midi_clock import MidiFeed

SECOND = 10**9
LOOK = SECOND // 20
GARBAGE = (
    b"\xf2\x01",
    b"\xf8\xff",
    b"\x90\x40",
    b"\xf2\xff\x01",
    b"\xb0\x14\x80",
    b"\xfd",
    b"\x80\x40\x00",
)


def duration(text: str) -> int:
    """Return `500ms` or `2.5s` in nanoseconds."""
    if text.endswith("ms"):
        return int(Fraction(text[:-2]) * SECOND / 1000)
    return int(Fraction(text.removesuffix("s")) * SECOND)


class ClockDevice:
    """Plays its moves on a virtual clock, and passes the events that its feed makes of the bytes to
    `deliver`.
    """

    def __init__(
        self,
        moves: tuple[str, ...],
        nominal: float,
        clock: TimerService,
        deliver: Callable[[Event], None],
    ) -> None:
        self._feed = MidiFeed(nominal)
        self._clock = clock
        self._deliver = deliver
        self._tempo = Fraction(120)
        self._ticks = 0
        self._edge = Fraction(0)
        self._jitter = 0
        self._silent_until = self._double_until = -1
        for move in moves:
            when, what, *rest = move.split()
            clock.call_at(duration(when), lambda what=what, rest=rest: self._move(what, rest))  # type: ignore[misc]  # binds now
        self._plan_tick()
        self._look()

    def _move(self, what: str, rest: list[str]) -> None:
        now = self._clock.now()
        match what:
            case "start":
                self._receive(b"\xfa")
            case "stop":
                self._receive(b"\xfc")
            case "continue":
                self._receive(b"\xfb")
            case "locate":
                position = int(rest[0])
                self._receive(bytes((0xF2, position & 0x7F, position >> 7)))
            case "tempo":
                self._tempo = Fraction(rest[0])
            case "lose":
                self._silent_until = now + duration(rest[0])
            case "double":
                self._double_until = now + duration(rest[0])
            case "jitter":
                self._jitter = duration(rest[0])
            case "garble":
                for message in GARBAGE:
                    self._receive(message)
            case "unplug":
                self._silent_until = now + duration(rest[0])
                self._give(self._feed.unplugged(now))
            case _:
                raise ValueError(f"the clock device knows no {what!r}")

    def _receive(self, message: bytes) -> None:
        self._give(self._feed.feed(message, self._clock.now()))

    def _give(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self._deliver(event)

    def _plan_tick(self) -> None:
        self._ticks += 1
        self._edge += Fraction(60 * SECOND) / (self._tempo * 24)
        late = hash64("tick", self._ticks) % (self._jitter + 1) if self._jitter else 0
        self._clock.call_at(int(self._edge) + late, self._tick)

    def _tick(self) -> None:
        now = self._clock.now()
        if now >= self._silent_until:
            self._receive(b"\xf8")
            if now < self._double_until:
                self._receive(b"\xf8")
        self._plan_tick()

    def _look(self) -> None:
        self._give(self._feed.silence(self._clock.now()))
        self._clock.call_at(self._clock.now() + LOOK, self._look)
