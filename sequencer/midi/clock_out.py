"""Our own time as a MIDI clock: 24 ticks a quarter, start, stop, continue and song positions, each at its nanosecond.

`ClockOut` is pure. It is told where the score is (`anchor`), and says what is to be sent when (`due`, `take`); a thread sends
it (see `sending`), or a test reads it in virtual time. Where the score turns out to be elsewhere than foretold, ticks come a
little closer together or further apart until they are right again; where that would take too long the gear is sent there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from sequencer.timebase import SECOND, TempoMap

PPQN = 24
TICKS_PER_SIXTEENTH = 6
TICK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
SLEW = 0.03
"""How much longer or shorter than right an interval may be made to catch up."""
TOO_FAR = SECOND // 2
"""What is further off than this, in nanoseconds, is not caught up with: the gear is sent to the right place."""
AFTER_START = 1_000_000
"""The first tick comes this much behind Start or Continue, as gear wants it."""
LAST_POSITION = 16383
"""The highest song position, in sixteenths."""


@dataclass(frozen=True, slots=True)
class Piece:
    """From `start` (exact score seconds) and `quarter` (since the score began) on, time goes by this tempo map."""

    start: Fraction
    quarter: Fraction
    tempo: TempoMap


def song_position(sixteenths: int) -> bytes:
    """The message. Positions past the last one that MIDI knows stay there."""
    place = min(max(0, sixteenths), LAST_POSITION)
    return bytes((0xF2, place & 0x7F, place >> 7))


class ClockOut:
    """The messages of one run. `delay` (nanoseconds) puts all of them off: the lag of the pictures, less the gear's own."""

    def __init__(self, pieces: Sequence[Piece], delay: int = 0) -> None:
        self.delay = delay
        self._pieces: tuple[Piece, ...] = ()
        self._quarters: list[Fraction] = []
        self._anchor: tuple[int, Fraction] | None = None
        self._pace = 1.0
        self._tick = 0
        self._latest: int | None = None
        self._off = 0.0
        """By how much, in nanoseconds, ticks come later than they should just now (negative: sooner)."""
        self._running = False
        self._ready: list[tuple[int, bytes]] = []
        self.plan(pieces)

    # ---- where the score is ----

    def plan(self, pieces: Sequence[Piece]) -> None:
        """The pieces of the score as they are going to be played; told again where a live section was left."""
        if not pieces:
            raise ValueError("a clock needs a tempo")
        self._pieces = tuple(sorted(pieces, key=lambda one: one.quarter))
        self._quarters = [one.quarter for one in self._pieces]

    def anchor(self, at: int, seconds: Fraction, pace: float = 1.0) -> None:
        """The score stands at exact score time `seconds` at nanosecond `at`; a second of it takes `pace` seconds.

        The first anchor starts the clock there (Start at 0, else a song position and Continue), one after `stop` lets it go on.
        """
        expected = self._ideal(self._tick) if self._running else None
        self._anchor, self._pace = (at, seconds), pace
        if expected is None:
            self._go(at, seconds)
            return
        self._off += expected - self._ideal(self._tick)
        if abs(self._off) > TOO_FAR:
            self._ready.append((at, STOP))
            self._go(at, seconds)

    def stop(self, at: int) -> None:
        """The score stands still."""
        if self._running:
            self._running = False
            self._ready.append((at + self.delay, STOP))

    @property
    def is_running(self) -> bool:
        """Whether ticks are sent."""
        return self._running

    # ---- what is to be sent ----

    @property
    def due(self) -> int | None:
        """The nanosecond of the next message; None while nothing is to be sent."""
        if self._ready:
            return self._ready[0][0]
        return self._next() if self._running else None

    def take(self, now: int) -> list[tuple[int, bytes]]:
        """What is due by `now`, in order, each with the nanosecond it should have been sent at."""
        taken: list[tuple[int, bytes]] = []
        while (due := self.due) is not None and due <= now:
            if self._ready:
                taken.append(self._ready.pop(0))
            else:
                taken.append((due, TICK))
                self._ticked(due)
        return taken

    # ---- inside ----

    def _go(self, at: int, seconds: Fraction) -> None:
        """Start at the score's beginning, or send the gear to the next sixteenth from here."""
        self._off = 0.0
        self._latest = None
        self._running = True
        at += self.delay
        if seconds == 0:
            self._tick = 0
            self._off = float(AFTER_START)
            self._ready.append((at, START))
            return
        sixteenth = ceil(self._quarter_at(seconds) * PPQN / TICKS_PER_SIXTEENTH)
        self._tick = sixteenth * TICKS_PER_SIXTEENTH
        if self._ideal(self._tick) - at < AFTER_START:
            self._tick += TICKS_PER_SIXTEENTH
            sixteenth += 1
        self._ready += [(at, song_position(sixteenth)), (round(self._ideal(self._tick)) - AFTER_START, CONTINUE)]

    def _ideal(self, tick: int) -> float:
        """When a tick should be sent, nanoseconds."""
        if self._anchor is None:
            raise ValueError("nobody has said where the score is")
        at, seconds = self._anchor
        return at + self.delay + float(self._seconds_of(Fraction(tick, PPQN)) - seconds) * self._pace * SECOND

    def _next(self) -> int:
        due = round(self._ideal(self._tick) + self._off)
        return due if self._latest is None else max(due, self._latest + 1)

    def _ticked(self, at: int) -> None:
        interval = self._ideal(self._tick + 1) - self._ideal(self._tick)
        most = SLEW * interval
        self._off -= min(most, max(-most, self._off))
        self._latest = at
        self._tick += 1

    def _seconds_of(self, quarter: Fraction) -> Fraction:
        piece = self._pieces[max(0, bisect_right(self._quarters, quarter) - 1)]
        return piece.start + piece.tempo.seconds_at(max(Fraction(0), quarter - piece.quarter))

    def _quarter_at(self, seconds: Fraction) -> Fraction:
        piece = self._pieces[max(0, bisect_right(self._pieces, seconds, key=lambda one: one.start) - 1)]
        return piece.quarter + piece.tempo.quarter_at(max(Fraction(0), seconds - piece.start))
