"""Competing hypotheses about a clock, scored by how well they predict its ticks.

The one with the best score is used.

At each tick every hypothesis predicts, is scored by the actual time, and is updated. New ones are
added next to the leaders: the tempo changes in a step here, it begins to change gradually, the
gradual change ends, all ticks are shifted; and, if a tick arrives half an interval or more from the
expected time: ticks were lost, or a tick came twice. A wrong hypothesis soon scores low and is
dropped. The old one stays next to a new one until that is confirmed; so a delay that only looked
like a change of tempo has no effect once it is over.
"""

from __future__ import annotations

from collections import deque
from math import log

from sequencer.sync.estimator.kalman import ARRIVAL, FADING, NOISES, QUIETEST, TempoHypothesis
from sequencer.sync.estimator.least_squares import Line
from sequencer.sync.estimator.timestamp_grid import TimestampGrid

MIN_TICK_NS, MAX_TICK_NS = 3_500_000.0, 240_000_000.0
"""Plausible times between ticks, nanoseconds: about 714 to 10 beats per minute."""
MAX_HYPOTHESES = 8
"""The maximum number of hypotheses."""
MAX_LATE = 4
"""How many of them may classify the latest tick as late.

More would leave no space for the hypothesis that all ticks are shifted.
"""
MAX_LOG_ODDS_LOST = 18.0
"""Hypotheses whose log odds are this much below the leader's are dropped."""
LOG_PRIOR_STEP, LOG_PRIOR_BEND = log(1 / 400), log(1 / 600)
"""Log probabilities, at a tick, that the tempo changes in a step, or begins to change gradually."""
LOG_PRIOR_STRAIGHTEN, LOG_PRIOR_JUMP = log(1 / 300), log(1 / 2000)
"""… that a gradual change ends, and that all ticks are shifted."""
LOG_PRIOR_LOST, LOG_PRIOR_LOST_MORE = log(1 / 100), log(1 / 2)
"""… that a tick before this one was lost, and for each further one."""
LOG_PRIOR_TWICE = log(1 / 300)
"""… that a tick came twice."""
FAULTY = 6.0
"""A hypothesis with more faults (fading over 64 ticks) than this is wrong.

It is wrong however well it fits: the timestamps are coarse.
"""
REVIEWED, RECOUNTED = 96, 384
"""How many past ticks are fitted and counted again when timestamps turn out to be coarse.

The first value is for fitting, the second for counting.
"""
COARSE = 0.35
"""From this share of an interval on, the timestamps' grid makes ticks look lost or doubled."""
STRAIGHT = 1.5
"""Coarse timestamps of an even clock lie in a band this many grid steps wide.

The band is one step plus the jitter, however many timestamps there are.
"""
NEW_CLOCK_RATIO, MAX_INTERVAL_DIFFERENCE = 3.0, 0.3
"""A tempo this many times the old one, or that fraction, is a new clock, not a step.

The second value is the maximum relative difference of its first two intervals.
"""
LOG_PRIOR_DELAYED = log(1 / 10)
"""After a silence: that the ticks were only delayed, and none was lost."""
LOG_PRIOR_OTHER_NOISE = log(1e-4)
"""That a hypothesis of another kind of noise, long dropped, is right."""
FIRST_VARIANCE = 500_000.0**2
"""The noise variance assumed before any is measured, ns²."""


class HypothesisSet:
    """A small set of `TempoHypothesis` objects.

    `tick(at)` adds a tick; `best` is None until two ticks are known.
    """

    def __init__(self) -> None:
        self.best: TempoHypothesis | None = None
        self._all: list[TempoHypothesis] = []
        self._received = 0
        self._last = 0.0
        self._since = 0.0
        self._born = 0
        self._grain = TimestampGrid()
        self._past: deque[tuple[float, int]] = deque(maxlen=RECOUNTED)
        """(time, number as counted then) of the latest ticks."""

    def agree(self, index: int) -> None:
        """Set the number of the latest tick to `index` in every hypothesis.

        It does not matter what a hypothesis counted before.
        """
        away = index - self.index
        self._past = deque(((time, number + away) for time, number in self._past), RECOUNTED)
        self._received = index
        for fit in self._all:
            fit.index = index

    @property
    def index(self) -> int:
        """The number of the latest tick."""
        return self._received if self.best is None else self.best.index

    def tick(self, at: float) -> None:
        """Handle a tick at `at`, not earlier than the last one."""
        since, before = at - self._last, self._since
        self._last, self._since = at, since
        if self.best is None:
            self._begin(at, since)
            self._past.append((at, self.index))
            return
        best = self._compete(at, since, before)
        known = self._grain.size
        found = self._grain.add_interval(since)
        self._past.append((at, self.index))
        if best is None:
            return  # the tick fits no tempo at all: begin again with the next ticks
        if best.faults > FAULTY:
            found = self._grain.found(best.v) or found
        if found:
            if not self._review():
                self._grain.size = known
        elif self._grain.size == 0.0 and best.floor > QUIETEST:
            for fit in self._all:
                fit.floor = QUIETEST

    def resume(self, at: float, count: int) -> None:
        """Handle a tick after a silence of `count` ticks.

        Keep the tempo, approximately, and take the phase from this tick.

        Another hypothesis is that all the ticks were only delayed and arrive now: the next ones
        decide.
        """
        best = self.best
        if best is None:
            self.tick(at)
            return
        self._past.clear()
        self._past.append((at, best.index + count))
        held = best.copy()
        held.score = LOG_PRIOR_DELAYED + held.tick(at, 1, at - self._last)
        level = -log(best.v)
        kept = []
        for noise in NOISES:
            fit = max(
                (one for one in self._all if one.noise is noise),
                key=lambda one: one.score,
                default=best,
            ).with_noise(noise)
            fit = fit.straightened().stepped(0.05)
            fit.index = best.index + count
            fit.x, fit.p00, fit.p01, fit.late = at, noise.arrival, 0.0, False
            fit.score = level
            kept.append(fit)
        self._all, self.best, self._last = [*kept, held], kept[0], at

    def _review(self) -> bool:
        """Fit the past ticks again as a line with the grid of the coarse timestamps as its noise.

        Return whether they fit.

        If the grid step is a considerable part of an interval, ticks may have been wrongly
        classified as lost or doubled: then all received ticks count. If the past ticks are not such
        a line, return False and change nothing: ticks that are really lost or doubled drift away
        from any line through all of them.
        """
        best = self.best
        if best is None or len(self._past) < 8:
            return False
        grain = self._grain.size
        received = list(self._past)
        past = received[-REVIEWED:]
        times = [time for time, _ in past]
        line = Line.through(range(len(past)), times)
        coarse = grain > COARSE * line.slope
        if not coarse and line.range > STRAIGHT * grain:
            line = Line.through([number for _, number in past], times)
        if line.range > STRAIGHT * grain or not MIN_TICK_NS < line.slope < MAX_TICK_NS:
            return False
        index = best.index
        if coarse:
            even = (
                Line.through(range(len(received)), [time for time, _ in received]).range
                < STRAIGHT * grain
            )
            index = received[0][1] + len(received) - 1 if even else past[0][1] + len(past) - 1
        away = line.last - line.middle
        fits = []
        for noise in NOISES:
            fit = TempoHypothesis(
                noise, line.mean + line.slope * away, line.slope, grain * grain / 12
            )
            fit.floor = grain * grain / 12
            fit.p00 = 1 / len(times) + away * away / line.spread
            fit.p01, fit.p11 = away / line.spread, 1 / line.spread
            fit.alpha, fit.beta = 24.0, 24.0 * fit.floor
            fit.age = len(times)
            fit.index = index
            fit.score = 0.0 if noise is ARRIVAL else -3.0
            fits.append(fit)
        self._all, self.best = fits, fits[0]
        return True

    def _begin(self, at: float, since: float) -> None:
        self._received += 1
        if self._received == 1 or not MIN_TICK_NS <= since <= MAX_TICK_NS:
            return
        for noise in NOISES:
            fit = TempoHypothesis(noise, at, since, FIRST_VARIANCE)
            fit.index = self._received
            fit.score = 0.0 if noise is ARRIVAL else -1.0
            self._all.append(fit)
        self.best = self._all[0]

    def _newborn(self, at: float) -> list[TempoHypothesis]:
        """Return hypotheses that something changes right after the latest tick."""
        self._born += 1
        born: list[TempoHypothesis] = []
        for noise in NOISES:
            parent = next((fit for fit in self._all if fit.noise is noise), None)
            if parent is None:
                parent = self._all[0].with_noise(noise)
                parent.score += LOG_PRIOR_OTHER_NOISE
                born.append(parent)
            if abs(parent.surprise(at)) > 0.7:
                share = 1.0 if abs(at - parent.x - parent.v) > 0.4 * parent.v else 0.2
                step = parent.stepped(share)
                step.score += LOG_PRIOR_STEP
                born.append(step)
            if parent.age > 6:
                if parent.bends:
                    flat = parent.straightened()
                    flat.score += LOG_PRIOR_STRAIGHTEN
                    born.append(flat)
                elif self._born % 4 == 0:
                    bend = parent.bent(0.03)
                    bend.score += LOG_PRIOR_BEND
                    born.append(bend)
            if abs(parent.z) > 4.0:
                jump = parent.jumped(30_000_000.0)
                jump.score += LOG_PRIOR_JUMP
                born.append(jump)
        return born

    def _afresh(self, at: float, since: float, before: float) -> list[TempoHypothesis]:
        """Return a hypothesis that ignores the past, if two intervals match but not the leader.

        The two intervals agree with each other, but not with the leader.

        The leader classifies the latest ticks as late repeatedly, or its tempo is far from theirs.
        """
        leader = self._all[0]
        if (
            not MIN_TICK_NS < before < MAX_TICK_NS
            or abs(since - before) > MAX_INTERVAL_DIFFERENCE * before
        ):
            return []
        if not leader.late and 1 / NEW_CLOCK_RATIO < since / leader.v < NEW_CLOCK_RATIO:
            return []
        fit = TempoHypothesis(ARRIVAL, at - since, before, FIRST_VARIANCE)
        fit.index = leader.index
        fit.score = leader.score + LOG_PRIOR_STEP
        return [fit]

    def _compete(self, at: float, since: float, before: float) -> TempoHypothesis | None:
        """Let every hypothesis, old and new, predict the tick and learn from it.

        Return the leader, or None if all fail.
        """
        crowd: list[TempoHypothesis] = []
        for fit in [*self._all, *self._newborn(at), *self._afresh(at, since, before)]:
            off = (at - fit.x) / fit.v
            if off < 0.5:
                twice = fit.copy()
                twice.score += LOG_PRIOR_TWICE - log(fit.v)
                twice.faults = fit.faults * FADING + 1.0
                crowd.append(twice)
            elif off > 1.5:
                count = int(off + 0.5)
                lost = fit.copy()
                lost.score += (
                    LOG_PRIOR_LOST + LOG_PRIOR_LOST_MORE * (count - 2) + lost.tick(at, count, since)
                )
                lost.faults += 1.0
                crowd.append(lost)
            fit.score += fit.tick(at, 1, since)
            crowd.append(fit)
        crowd = [fit for fit in crowd if MIN_TICK_NS < fit.v < MAX_TICK_NS]
        if not crowd:
            self._received, self.best, self._all = self.index + 1, None, []
            return None
        crowd.sort(key=lambda one: -one.score)
        top = crowd[0].score
        kept: list[TempoHypothesis] = []
        late = 0
        for fit in crowd:
            fit.score -= top
            if fit.score < -MAX_LOG_ODDS_LOST or len(kept) >= MAX_HYPOTHESES:
                break
            if (fit.late and late >= MAX_LATE) or any(_same(fit, other) for other in kept):
                continue
            late += fit.late
            kept.append(fit)
        self._all, self.best = kept, kept[0]
        return kept[0]


def _same(one: TempoHypothesis, other: TempoHypothesis) -> bool:
    """Whether two hypotheses have converged, so that the weaker one can be dropped."""
    if one.index != other.index or one.noise is not other.noise or one.bends != other.bends:
        return False
    near = 0.15 * one.variance**0.5
    return (
        abs(one.x - other.x) < near
        and abs(one.v - other.v) * 48 < near
        and one.age > 6
        and other.age > 6
    )
