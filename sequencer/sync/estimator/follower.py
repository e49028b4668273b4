"""Follows a MIDI clock: 24 ticks per quarter, and transport messages that set the position.

`ClockFollower` takes messages with timestamps in integer nanoseconds. It returns the position at a
time and the time of a position. It has no clock of its own and does no I/O::

    follower = ClockFollower()
    follower.start(at_ns)            # the next tick is beat 0
    follower.tick(at_ns)             # … 24 of these a beat
    follower.beat_at(now_ns)         # → 7.98
    follower.time_of(16)             # → the nanosecond at which beat 16 will be
    follower.bpm, follower.state     # → 120.003, "locked"

A *beat* here is a quarter note. How the ticks themselves are followed is in `hypotheses` and
`kalman`.
"""

from __future__ import annotations

from math import ceil
from typing import Literal

from sequencer.sync.estimator.hypotheses import HypothesisSet

PPQN = 24
"""Ticks in a quarter note, defined by MIDI."""
TICKS_PER_SIXTEENTH = 6
"""Ticks in the unit of a song position."""

ClockState = Literal["searching", "locked", "free", "stopped"]

SILENCE = 12
"""After this many missing ticks, a clock is silent; its position continues at its last tempo."""
MIN_SILENCE_NS = 300_000_000
"""… but not before this many nanoseconds: receivers stall too."""
LOCK_ERROR, UNLOCK_ERROR = 0.02, 0.05
"""Locked when the tempo's standard error falls below the first; unlocked above the second.

The standard error is a share of the tempo. Above the second, the clock is searching again.
"""
MIN_TICKS_TO_LOCK = 5
"""Number of received ticks before a clock can be locked."""
EARLY_TICKS, MAX_EARLY_DIFFERENCE = 48, 0.15
"""Before this many ticks, the clock is locked only if the tempo is near the mean interval.

The second value is the largest share by which they may differ: the timestamps of the first beat can
fit several hypotheses.
"""
OFF_GRID = 0.25
"""At a start, a tick this far (in ticks) from the old grid begins a new one.

A device may restart its clock when it starts.
"""
HORIZON = 48
"""How far ahead, in ticks, `deviation` predicts: two quarters, about what a command needs."""


class ClockFollower:
    """Position and tempo of a MIDI clock. `nominal_bpm` is used until two ticks are received.

    States: `stopped` (the position is frozen; ticks only improve the tempo) · `searching` (runs,
    tempo not well known) · `locked` · `free` (runs at the last tempo, because no ticks arrive).
    Timestamps that go backwards are treated as equal to the latest.
    """

    def __init__(self, nominal_bpm: float = 120.0) -> None:
        if not nominal_bpm > 0:
            raise ValueError("a tempo is positive")
        self._nominal = 60e9 / PPQN / nominal_bpm
        self._hypotheses = HypothesisSet()
        self._base: int | None = None
        self._latest = 0.0
        self._last_tick = 0.0
        self._first_tick = 0.0
        self._running = False
        self._free = False
        self._locked = False
        self._received = 0
        self._next: int | None = 0
        """The number of the next tick; None if it is one more than the last.

        It is set after start, continue and locate.
        """
        self._held = 0.0
        """The position, in ticks, while the clock does not move."""
        self._error = 0.0

    # ---- input ----

    def start(self, at_ns: int) -> None:
        """Handle Start: the next tick is beat 0."""
        self._now(at_ns)
        self._running = True
        self._next, self._held = 0, 0.0

    def stop(self, at_ns: int) -> None:
        """Handle Stop: the position freezes. Continue resumes with the tick after the last one."""
        now = self._now(at_ns)
        if self._running and self._next is None:
            last = self._hypotheses.index
            self._held = (
                min(float(last + 1), max(float(last), self._ticks_at(now)))
                if not self._free
                else self._ticks_at(now)
            )
            self._next = last + 1 if not self._free else round(self._held)
        self._running = False

    def resume(self, at_ns: int) -> None:
        """Handle Continue: the next tick is at the song position, or the one after the last."""
        self._now(at_ns)
        self._running = True

    def locate(self, sixteenths: int) -> None:
        """Handle a song position, in sixteenths from the start: the next tick is there.

        Usually sent while stopped, before Continue.
        """
        self._next = max(0, sixteenths) * TICKS_PER_SIXTEENTH
        self._held = float(self._next)

    def tick(self, at_ns: int) -> None:
        """Handle a clock tick."""
        silent = self.state_at(at_ns) == "free" or self._quiet(at_ns)
        at = self._now(at_ns)
        if self._received == 0 or silent:
            self._first_tick, self._received = at, 0
        self._last_tick = at
        self._received += 1
        fit = self._hypotheses.best
        if fit is not None and silent:
            self._hypotheses.resume(at, max(1, round(fit.ticks_at(at))))
        elif (
            fit is not None
            and self._running
            and self._next is not None
            and abs((at - fit.ahead(1.0)) / fit.v) > OFF_GRID
        ):
            self._hypotheses.resume(at, 1)
        else:
            self._hypotheses.tick(at)
        self._free = False
        if self._running and self._next is not None:
            self._hypotheses.agree(self._next)
            self._next = None
        fit = self._hypotheses.best
        if fit is not None:
            self._error = at - fit.x
            unsure = fit.tempo_deviation
            known = self._received > MIN_TICKS_TO_LOCK and (
                self._received > EARLY_TICKS or self._is_near_mean(fit.v)
            )
            self._locked = known and unsure < (UNLOCK_ERROR if self._locked else LOCK_ERROR)

    def silence(self, at_ns: int) -> bool:
        """Check for missing ticks.

        Return True if the clock has just become silent and runs free from now on.
        """
        if self._free or not self._running or not self._quiet(at_ns):
            return False
        self._now(at_ns)
        self._free = True
        return True

    def unplugged(self, at_ns: int) -> None:
        """Handle the loss of the port: run free at once, until ticks arrive again."""
        self._now(at_ns)
        self._free = True

    # ---- output ----

    @property
    def bpm(self) -> float:
        """Quarters per minute, now."""
        fit = self._hypotheses.best
        return 60e9 / PPQN / (self._nominal if fit is None else fit.v)

    @property
    def state(self) -> ClockState:
        """How certain the position is: see the class."""
        if not self._running:
            return "stopped"
        if self._free:
            return "free"
        return "locked" if self._locked else "searching"

    def state_at(self, at_ns: int) -> ClockState:
        """Return `state` as of a time, if no tick came since the last.

        A silence counts even if nobody called `silence`.
        """
        state = self.state
        return "free" if state in ("locked", "searching") and self._quiet(at_ns) else state

    @property
    def silence_due(self) -> int | None:
        """When `silence` should be called, or None.

        From this nanosecond on, a clock without ticks counts as silent.
        """
        if self._base is None or not self._running or self._free or not self._received:
            return None
        return self._base + ceil(self._last_tick + self._patience())

    @property
    def phase_error(self) -> float:
        """How many nanoseconds late the latest tick is, compared with the line of all ticks.

        The line goes through all of them; negative means early.
        """
        return self._error

    def beat_at(self, at_ns: int) -> float:
        """Return the position at a time, in quarters.

        It is frozen while stopped and until the first tick after a start.
        """
        if not self._moves or self._base is None:
            return self._held / PPQN
        return self._ticks_at(float(at_ns - self._base)) / PPQN

    def time_of(self, beat: float) -> int:
        """Return the nanosecond at which the position is, was or will be `beat`, as now known.

        While the clock is stopped: as if it continued at the latest timestamp received.
        """
        base = 0 if self._base is None else self._base
        ticks = float(beat) * PPQN
        if not self._moves:
            return base + round(self._latest + self._ahead(ticks - self._held) - self._ahead(0.0))
        return base + round(self._ahead(ticks - self._hypotheses.index))

    @property
    def deviation(self) -> float:
        """The standard error, in ns, of a time predicted two quarters past the latest tick."""
        return self.deviation_at(HORIZON / PPQN)

    def deviation_at(self, quarters: float) -> float:
        """Return the standard error, in ns, of a time predicted `quarters` past the last tick."""
        fit = self._hypotheses.best
        return self._nominal * PPQN if fit is None else fit.deviation(quarters * PPQN)

    def fit(self) -> tuple[float, int, float, float, ClockState]:
        """Return the values of `events.ClockFitted`.

        They are:

        (quarter, nanosecond, quarters per nanosecond, deviation, quality).

        In a ramp the line is the tangent of the curve one quarter ahead, because past times are not
        needed. While nothing moves, the rate is 0.
        """
        base = 0 if self._base is None else self._base
        if not self._moves:
            return self._held / PPQN, base + round(self._latest), 0.0, self.deviation, self.state
        fit = self._hypotheses.best
        if fit is None:
            return (
                self._hypotheses.index / PPQN,
                base + round(self._ahead(0.0)),
                1 / (self._nominal * PPQN),
                self.deviation,
                self.state,
            )
        touch = float(PPQN) if fit.bends else 0.0
        quarter = (fit.index + touch) / PPQN
        return (
            quarter,
            base + round(fit.ahead(touch)),
            1 / (fit.period_ahead(touch) * PPQN),
            self.deviation,
            self.state,
        )

    # ---- internals ----

    @property
    def _moves(self) -> bool:
        return self._running and self._next is None

    def _now(self, at_ns: int) -> float:
        if self._base is None:
            self._base = at_ns
        self._latest = max(self._latest, float(at_ns - self._base))
        return self._latest

    def _is_near_mean(self, period: float) -> bool:
        counted = (self._last_tick - self._first_tick) / (self._received - 1)
        return abs(counted / period - 1) < MAX_EARLY_DIFFERENCE

    def _patience(self) -> float:
        fit = self._hypotheses.best
        return max(float(MIN_SILENCE_NS), SILENCE * (self._nominal if fit is None else fit.v))

    def _quiet(self, at_ns: int) -> bool:
        return (
            self._base is not None
            and self._received > 0
            and at_ns - self._base - self._last_tick >= self._patience()
        )

    def _ahead(self, ticks: float) -> float:
        fit = self._hypotheses.best
        return self._last_tick + ticks * self._nominal if fit is None else fit.ahead(ticks)

    def _ticks_at(self, at: float) -> float:
        fit = self._hypotheses.best
        away = (at - self._last_tick) / self._nominal if fit is None else fit.ticks_at(at)
        return self._hypotheses.index + away
