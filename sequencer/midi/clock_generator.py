"""Generate a MIDI clock from the run's own time.

The clock consists of:

24 ticks per quarter, start, stop, continue and song positions.

`MidiClockGenerator` is pure. Its caller sets where the score is (`anchor`), and it returns which
message is due when (`due`, `take`), each at its nanosecond; a thread sends them (see `scheduler`),
or a test reads them in virtual time. If the score is not where it was predicted, the intervals
between ticks become slightly shorter or longer until the ticks are right again. If that would take
too long, a device that is ahead is stopped until the score reaches its position, and a device that
is late is moved there with a song position, or, where the score is past the last one that MIDI can
express, gets the ticks that it lacks at up to twice the tempo.

If nothing moves them, devices get exactly 24 ticks for every quarter of the score, whatever was
paused in it, and a Stop after the last.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from sequencer.core.timebase import SECOND, TempoMap

PPQN = 24
POSITION = 0xF2
TICKS_PER_SIXTEENTH = 6
TICK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
SLEW = 0.03
"""How much longer or shorter than correct an interval may be made in order to catch up."""
TOO_FAR = SECOND // 2
"""A larger difference, in nanoseconds, is not corrected gradually: the device is relocated.

The device is sent to the right position.
"""
CATCH_UP = 0.5
"""How much shorter than correct an interval may be for a device that cannot be relocated."""
LATE_END = SECOND
"""A device late by at most this many nanoseconds when the score ends gets its last ticks late.

Moving it would only leave them out.
"""
AFTER_START = 1_000_000
"""The first tick is this much later than Start or Continue, as devices require."""
LAST_POSITION = 16383
"""The highest song position, in sixteenths: that of quarter 4095.75, 34 minutes at 120 bpm."""
SAME_BEAT = 48
"""After this many sixteenths the same beat of a bar comes again, in 4/4, 3/4, 2/4, 6/8 and 12/8."""


@dataclass(frozen=True, slots=True)
class ClockSection:
    """A part of the score with one tempo map, from `start` and `quarter` on.

    `start` is in exact score seconds; `quarter` counts from the score's beginning.
    """

    start: Fraction
    quarter: Fraction
    tempo: TempoMap


def song_position(sixteenths: int) -> bytes:
    """Return the message.

    Positions past the last one that MIDI can express become the last one on the same beat.
    """
    sixteenth = max(0, sixteenths)
    if sixteenth > LAST_POSITION:
        sixteenth = LAST_POSITION - (LAST_POSITION - sixteenth) % SAME_BEAT
    return bytes((POSITION, sixteenth & 0x7F, sixteenth >> 7))


class MidiClockGenerator:
    """The messages of one run.

    `delay` (nanoseconds) delays all of them: the lag of the frames, less the device's own latency.

    `end` is the quarter at which the score ends: 24 ticks for every quarter before it, and then
    Stop.
    """

    def __init__(
        self, pieces: Sequence[ClockSection], delay: int = 0, end: Fraction | None = None
    ) -> None:
        self.delay = delay
        self._pieces: tuple[ClockSection, ...] = ()
        self._quarters: list[Fraction] = []
        self._end: Fraction | None = None
        self._last: int | None = None
        """The total number of ticks."""
        self._anchor: tuple[int, Fraction] | None = None
        self._ideals: dict[int, float] = {}
        """When ticks should be sent by that anchor, as far as it was computed."""
        self._pace = 1.0
        self._tick = 0
        self._latest: int | None = None
        """When the latest message was due."""
        self._off = 0.0
        """By how many nanoseconds ticks are currently late (negative: early)."""
        self._running = False
        self._began = False
        self._has_position = True
        """Whether the device is at the next tick:

        False while the song position that moves it there is still pending.
        """
        self._is_catching_up = False
        """Whether the device is late where no song position is right."""
        self._over = False
        self._halt: int | None = None
        """When the device is to be stopped: ticks are sent until then."""
        self._first_halt: int | None = None
        """The same, set before the clock begins: frames still pending are shown until then."""
        self._limit: int | None = None
        """Until when the frames of the score are made: ticks are sent until then."""
        self._after_halt: list[tuple[int, Fraction, float, int | None] | int] = []
        """What was already set for the time after that: anchors, and the times of further stops."""
        self._ready: list[tuple[int, bytes]] = []
        self.plan(pieces, end)

    # ---- position of the score ----

    def plan(self, pieces: Sequence[ClockSection], end: Fraction | None = None) -> None:
        """Set the parts of the score as they will be played, and its end.

        Called again after a live section was left.
        """
        if not pieces:
            raise ValueError("a clock needs a tempo")
        self._pieces = tuple(sorted(pieces, key=lambda one: one.quarter))
        self._quarters = [one.quarter for one in self._pieces]
        self._ideals.clear()
        self._end, self._last = end, None if end is None else ceil(end * PPQN)
        if self._over and not self._has_sent_all:
            self._over = False
            self._resume(self._latest or 0)

    def anchor(self, at: int, seconds: Fraction, pace: float = 1.0, now: int | None = None) -> None:
        """Set the position: exact score time `seconds` at nanosecond `at`.

        `pace` is the number of real seconds per score second.

        The first anchor starts the clock there (Start at 0, else a song position and Continue); an
        anchor after `stop` or after a `limit` resumes it. `now` is the time at which this is known
        (default: `at`); nothing is sent before it.
        """
        if self._halt is not None:
            self._after_halt.append((at, seconds, pace, now))
            return
        expected = self._ideal(self._tick) if self._running else None
        self._anchor, self._pace = (at, seconds), pace
        self._ideals.clear()
        if self._over:
            return
        if expected is None:
            self._go(at, seconds, now)
            return
        self._off += expected - self._ideal(self._tick)
        if abs(self._off) <= TOO_FAR or self._has_sent_all or self._ends_late(at, now):
            return
        soonest = max(at if now is None else now, self._latest or 0)
        if self._off > 0 and not self._is_located_by(soonest):
            self._is_catching_up = True
        else:
            self._stop_and_resume(at, now)

    def stop(self, at: int) -> None:
        """Stop the score at nanosecond `at`; ticks are sent until then."""
        if self._halt is not None and at + self.delay > self._halt:
            self._after_halt.append(at)
            return
        at += self.delay
        self._after_halt = []
        begins = [one for one in self._ready if one[1] in (START, CONTINUE)]
        if begins and begins[0][0] > at:  # it is stopped before that
            self._ready = [one for one in self._ready if one[1] == STOP]
            self._running = False
            self._began = begins[0][1] != START
        if self._running:
            self._halt = at
        elif not self._began:
            self._first_halt = at

    def limit(self, at: int | None) -> None:
        """Limit the clock to nanosecond `at`: ticks stop there, because no later frame is made.

        The limit can be moved when more frames are made.

        After that an anchor resumes the clock. None removes the limit.
        """
        self._limit = None if at is None else at + self.delay

    @property
    def is_running(self) -> bool:
        """Whether ticks are sent.

        False while the Start or Continue before them is still pending.
        """
        return self._running and not any(message in (START, CONTINUE) for _, message in self._ready)

    @property
    def is_over(self) -> bool:
        """Whether the score's last tick and the Stop after it were sent."""
        return self._over

    # ---- messages to send ----

    @property
    def due(self) -> int | None:
        """The nanosecond of the next message; None while nothing is to be sent."""
        if self._ready:
            return self._ready[0][0]
        return self._step()[0] if self._running else None

    @property
    def is_ending(self) -> bool:
        """Whether the next message is the Stop after the score's last tick."""
        return self._running and not self._ready and self._has_sent_all

    @property
    def ends_at(self) -> int | None:
        """The predicted nanosecond of the Stop after the last tick; None if none is pending."""
        if not self._running or self._end is None or self._anchor is None:
            return None
        end = max(round(self._at_quarter(self._end) + self._off), (self._latest or 0) + 1)
        return end if self._halt is None or self._has_sent_all or end <= self._halt else None

    def take(self, now: int, may_end: bool = True) -> list[tuple[int, bytes]]:
        """Return what is due by `now`, in order, each with the nanosecond when it was due.

        Without `may_end` the Stop after the last tick is kept for later.
        """
        taken: list[tuple[int, bytes]] = []
        while (due := self.due) is not None and due <= now:
            if not may_end and self.is_ending:
                break
            if self._is_held():
                continue
            if self._ready:
                taken.append(self._ready.pop(0))
                self._latest = max(self._latest or 0, due)
                self._has_position = self._has_position or taken[-1][1][0] == POSITION
                continue
            _, message = self._step()
            taken.append((due, message))
            if message == TICK:
                self._ticked(due)
            else:
                self._stopped(due)
        return taken

    # ---- internals ----

    @property
    def _has_sent_all(self) -> bool:
        return self._last is not None and self._tick >= self._last

    def _step(self) -> tuple[int, bytes]:
        """Return the next message of a running clock: a tick, or Stop."""
        if self._has_sent_all:
            due, message = self.ends_at, STOP
            due = self._next() if due is None else due
        else:
            due, message = self._next(), TICK
        halts = [
            one
            for one in (self._halt, None if self._has_sent_all else self._limit)
            if one is not None
        ]
        if halts and min(halts) <= due:
            return (min(halts) if self._latest is None else max(min(halts), self._latest + 1)), STOP
        return due, message

    def _is_held(self) -> bool:
        """Cancel a Start or Continue for frames not made yet; return whether one was cancelled.

        The clock then waits for the next anchor.
        """
        if not self._ready or self._limit is None or self._ready[0][1] not in (START, CONTINUE):
            return False
        at, message = self._ready[0]
        if at + AFTER_START < self._limit:
            return False
        self._ready = []
        self._running = False
        self._began = message != START
        return True

    def _stopped(self, at: int) -> None:
        """Update the state after Stop was sent, at the score's end or where it is stopped."""
        self._running = False
        self._latest = at
        self._halt = None
        self._over = self._has_sent_all
        after, self._after_halt = self._after_halt, []
        for one in after:
            if isinstance(one, int):
                self.stop(one)
            else:
                self.anchor(*one)

    def _go(self, at: int, seconds: Fraction, now: int | None) -> None:
        """Start at the score's beginning, resume at the device's position, or move the device.

        The device is moved to the score's position.
        """
        if self._began:
            self._resume(max(at if now is None else now, (self._latest or 0) + 1))
            return
        self._began = True
        at += self.delay
        if self._first_halt is not None and self._first_halt > at:
            self._halt = self._first_halt
        self._first_halt = None
        if seconds == 0:
            self._running = True
            self._tick = 0
            self._off = float(AFTER_START)
            self._ready.append((at, START))
            return
        self._locate(at)

    def _ends_late(self, at: int, now: int | None) -> bool:
        """Return whether a late device keeps its position, because the score is about to end.

        It ends before the first sixteenth at which the device could resume.
        """
        if self._last is None or not 0 < self._off <= LATE_END:
            return False
        soonest = max(at if now is None else now, self._latest or 0)
        return self._sixteenth_from(soonest) * TICKS_PER_SIXTEENTH >= self._last

    def _is_located_by(self, soonest: int) -> bool:
        """Return whether MIDI can express the position to which a late device would be moved."""
        return self._sixteenth_from(soonest) <= LAST_POSITION

    def _stop_and_resume(self, at: int, now: int | None) -> None:
        """Handle a score far from the device's position: stop the device, and resume later.

        It resumes when score and device can be together.
        """
        if any(message == START for _, message in self._ready):
            return  # it has not begun yet
        stop = at if self._latest is None else self._latest + 1
        if self._ready:
            self._ready = []  # it is already stopped
        else:
            self._ready = [(stop, STOP)]
            self._latest = stop
        self._resume(max(stop, stop if now is None else now) + 1)

    def _resume(self, soonest: int) -> None:
        """Resume from the device's position if possible, else from another one.

        It is possible if the score is still to reach that position or has just passed it, and
        necessary if no song position is right.

        A device that is ahead waits, so that no tick is lost and none is sent twice.
        """
        wanted = self._ideal(self._tick)
        is_late = wanted < soonest - TOO_FAR
        if not self._has_position or (is_late and self._is_located_by(soonest)):
            self._locate(soonest)
            return
        self._is_catching_up = is_late
        first = max(round(wanted), soonest + AFTER_START)
        self._running = True
        self._off = first - wanted
        self._ready.append((first - AFTER_START, CONTINUE))

    def _locate(self, soonest: int) -> None:
        """Send the device to the first sixteenth that it can be ready for.

        If the score is over by then, send the device to the last sixteenth, whose ticks then come
        late.
        """
        self._running, self._has_position = True, False
        sixteenth = self._sixteenth_from(soonest)
        if self._last is not None and sixteenth * TICKS_PER_SIXTEENTH >= self._last:
            sixteenth = max(0, self._last - 1) // TICKS_PER_SIXTEENTH
        self._tick = sixteenth * TICKS_PER_SIXTEENTH
        wanted = self._ideal(self._tick)
        first = max(round(wanted), soonest + AFTER_START)
        self._off = first - wanted
        self._ready += [(soonest, song_position(sixteenth)), (first - AFTER_START, CONTINUE)]

    def _sixteenth_from(self, soonest: int) -> int:
        """Return the first sixteenth for which a device can be ready that is moved at a time."""
        sixteenth = ceil(self._quarter_then(soonest) * PPQN / TICKS_PER_SIXTEENTH)
        ready = self._ideal(sixteenth * TICKS_PER_SIXTEENTH) - soonest >= AFTER_START
        return sixteenth if ready else sixteenth + 1

    def _ideal(self, tick: int) -> float:
        """Return when a tick should be sent, nanoseconds."""
        known = self._ideals.get(tick)
        if known is None:
            known = self._ideals[tick] = self._at_quarter(Fraction(tick, PPQN))
        return known

    def _at_quarter(self, quarter: Fraction) -> float:
        """Return when the score is at a quarter, nanoseconds."""
        if self._anchor is None:
            raise ValueError("the position of the score is not known")
        at, seconds = self._anchor
        return at + self.delay + float(self._seconds_of(quarter) - seconds) * self._pace * SECOND

    def _quarter_then(self, time: int) -> Fraction:
        """Return the quarter of the score at a nanosecond."""
        if self._anchor is None:
            raise ValueError("the position of the score is not known")
        at, seconds = self._anchor
        if time == at + self.delay:
            return self._quarter_at(seconds)
        passed = Fraction((time - at - self.delay) / self._pace / SECOND).limit_denominator(
            1_000_000
        )
        return self._quarter_at(max(Fraction(0), seconds + passed))

    def _next(self) -> int:
        due = round(self._ideal(self._tick) + self._off)
        return due if self._latest is None else max(due, self._latest + 1)

    def _ticked(self, at: int) -> None:
        interval = self._ideal(self._tick + 1) - self._ideal(self._tick)
        self._is_catching_up = self._is_catching_up and self._off > TOO_FAR
        most = (CATCH_UP if self._is_catching_up else SLEW) * interval
        self._off -= min(most, max(-most, self._off))
        self._latest = at
        self._ideals.pop(self._tick, None)
        self._tick += 1

    def _seconds_of(self, quarter: Fraction) -> Fraction:
        piece = self._pieces[max(0, bisect_right(self._quarters, quarter) - 1)]
        return piece.start + piece.tempo.seconds_at(max(Fraction(0), quarter - piece.quarter))

    def _quarter_at(self, seconds: Fraction) -> Fraction:
        piece = self._pieces[
            max(0, bisect_right(self._pieces, seconds, key=lambda one: one.start) - 1)
        ]
        return piece.quarter + piece.tempo.quarter_at(max(Fraction(0), seconds - piece.start))
