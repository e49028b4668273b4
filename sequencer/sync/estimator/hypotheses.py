"""Rival theories of a clock, weighed by how well they foretell: the one with the best score speaks.

At each tick every theory foretells, is scored by what came, and learns. A few new ones are born beside the leaders: the tempo
has stepped here, it begins to glide, the glide has ended, all is shifted; and where a tick comes half an interval or more from
where it should: ticks were lost, a tick came twice. A wrong theory is soon outscored and dropped; the old one stays beside a
new one until that has proved itself, and so a stall that only looked like a change of tempo is forgotten as soon as it is over.
"""

from __future__ import annotations

from collections import deque
from math import log

from sequencer.sync.estimator.kalman import ARRIVAL, FADING, NOISES, QUIETEST, TempoHypothesis
from sequencer.sync.estimator.least_squares import Line
from sequencer.sync.estimator.timestamp_grid import TimestampGrid

MIN_TICK_NS, MAX_TICK_NS = 3_500_000.0, 240_000_000.0
"""Times between ticks that are believed, nanoseconds: about 714 to 10 beats a minute."""
MAX_HYPOTHESES = 8
"""How many theories are kept."""
MAX_LATE = 4
"""How many of them may hold the latest tick for late: else they leave no room for the news that all is shifted."""
MAX_LOG_ODDS_BEHIND = 18.0
"""Theories that are this much (log odds) behind the leader are dropped."""
STEP, BEND, STRAIGHTEN, JUMP = log(1 / 400), log(1 / 600), log(1 / 300), log(1 / 2000)
LOST, LOST_MORE, TWICE = log(1 / 100), log(1 / 2), log(1 / 300)
FAULTY = 6.0
"""A theory with more faults (fading over 64 ticks) than this is wrong however well it fits: the stamps are coarse."""
REVIEWED, RECOUNTED = 96, 384
"""So many ticks back are looked at again, and so many counted again, when the stamps turn out to be coarse."""
COARSE = 0.35
"""From this share of an interval on, the grain of the stamps makes ticks look lost or doubled."""
STRAIGHT = 1.5
"""Coarse stamps of an even clock lie in a band so many grains wide (one, and the jitter), however many they are."""
AFRESH, AGREE = 3.0, 0.3
"""A tempo this many times the old one (or that part of it) is no step but a new clock; how alike its first intervals are."""
HELD = log(1 / 10)
OTHER_NOISE = log(1e-4)
FIRST_VARIANCE = 500_000.0**2
"""The noise believed in before there is any to measure, ns²."""


class HypothesisSet:
    """A small crowd of `Fit`s. `tick(at)` feeds them; `best` is the one to believe, None until two ticks are known."""

    def __init__(self) -> None:
        self.best: TempoHypothesis | None = None
        self._all: list[TempoHypothesis] = []
        self._heard = 0
        self._last = 0.0
        self._since = 0.0
        self._born = 0
        self._grain = TimestampGrid()
        self._past: deque[tuple[float, int]] = deque(maxlen=RECOUNTED)
        """(time, number as counted then) of the latest ticks."""

    def agree(self, index: int) -> None:
        """Let the latest tick be number `index` for every theory, whatever it counted before."""
        away = index - self.index
        self._past = deque(((time, number + away) for time, number in self._past), RECOUNTED)
        self._heard = index
        for fit in self._all:
            fit.index = index

    @property
    def index(self) -> int:
        """The number of the latest tick."""
        return self._heard if self.best is None else self.best.index

    def tick(self, at: float) -> None:
        """Hear a tick at `at`, not earlier than the last one."""
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
            return  # what came fits no tempo at all: begin again with the next ticks
        if best.faults > FAULTY:
            found = self._grain.found(best.v) or found
        if found:
            if not self._review():
                self._grain.size = known
        elif self._grain.size == 0.0 and best.floor > QUIETEST:
            for fit in self._all:
                fit.floor = QUIETEST

    def resume(self, at: float, count: int) -> None:
        """Hear a tick after a silence of `count` ticks: the tempo is kept, roughly, the phase taken from here.

        Or else all of them were only held up on their way, and come now: the next ones will tell.
        """
        best = self.best
        if best is None:
            self.tick(at)
            return
        self._past.clear()
        self._past.append((at, best.index + count))
        held = best.copy()
        held.score = HELD + held.tick(at, 1, at - self._last)
        level = -log(best.v)
        kept = []
        for noise in NOISES:
            fit = max((one for one in self._all if one.noise is noise), key=lambda one: one.score, default=best).heard_as(noise)
            fit = fit.straightened().stepped(0.05)
            fit.index = best.index + count
            fit.x, fit.p00, fit.p01, fit.late = at, noise.arrival, 0.0, False
            fit.score = level
            kept.append(fit)
        self._all, self.best, self._last = [*kept, held], kept[0], at

    def _review(self) -> bool:
        """The stamps seem to be coarse: look again at the past ticks as what they are then, a line with that grain for noise.

        Where the grain is a good part of an interval, ticks may have been taken for lost or doubled that were not: then all
        that were heard count. False where the past ticks are no such line, and nothing has changed: ticks that are really lost
        or doubled wander off any line through all of them.
        """
        best = self.best
        if best is None or len(self._past) < 8:
            return False
        grain = self._grain.size
        heard = list(self._past)
        past = heard[-REVIEWED:]
        times = [time for time, _ in past]
        line = Line.through(range(len(past)), times)
        coarse = grain > COARSE * line.slope
        if not coarse and line.range > STRAIGHT * grain:
            line = Line.through([number for _, number in past], times)
        if line.range > STRAIGHT * grain or not MIN_TICK_NS < line.slope < MAX_TICK_NS:
            return False
        index = best.index
        if coarse:
            even = Line.through(range(len(heard)), [time for time, _ in heard]).range < STRAIGHT * grain
            index = heard[0][1] + len(heard) - 1 if even else past[0][1] + len(past) - 1
        away = line.last - line.middle
        fits = []
        for noise in NOISES:
            fit = TempoHypothesis(noise, line.mean + line.slope * away, line.slope, grain * grain / 12)
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
        self._heard += 1
        if self._heard == 1 or not MIN_TICK_NS <= since <= MAX_TICK_NS:
            return
        for noise in NOISES:
            fit = TempoHypothesis(noise, at, since, FIRST_VARIANCE)
            fit.index = self._heard
            fit.score = 0.0 if noise is ARRIVAL else -1.0
            self._all.append(fit)
        self.best = self._all[0]

    def _newborn(self, at: float) -> list[TempoHypothesis]:
        """Theories that something changes right after the latest tick."""
        self._born += 1
        born: list[TempoHypothesis] = []
        for noise in NOISES:
            parent = next((fit for fit in self._all if fit.noise is noise), None)
            if parent is None:
                parent = self._all[0].heard_as(noise)
                parent.score += OTHER_NOISE
                born.append(parent)
            if abs(parent.surprise(at)) > 0.7:
                share = 1.0 if abs(at - parent.x - parent.v) > 0.4 * parent.v else 0.2
                step = parent.stepped(share)
                step.score += STEP
                born.append(step)
            if parent.age > 6:
                if parent.bends:
                    flat = parent.straightened()
                    flat.score += STRAIGHTEN
                    born.append(flat)
                elif self._born % 4 == 0:
                    bend = parent.bent(0.03)
                    bend.score += BEND
                    born.append(bend)
            if abs(parent.z) > 4.0:
                jump = parent.jumped(30_000_000.0)
                jump.score += JUMP
                born.append(jump)
        return born

    def _afresh(self, at: float, since: float, before: float) -> list[TempoHypothesis]:
        """A theory that knows nothing of the past, where two intervals agree, but not with the leader.

        It holds the latest ticks for late, again and again, or its tempo is no neighbour of theirs.
        """
        leader = self._all[0]
        if not MIN_TICK_NS < before < MAX_TICK_NS or abs(since - before) > AGREE * before:
            return []
        if not leader.late and 1 / AFRESH < since / leader.v < AFRESH:
            return []
        fit = TempoHypothesis(ARRIVAL, at - since, before, FIRST_VARIANCE)
        fit.index = leader.index
        fit.score = leader.score + STEP
        return [fit]

    def _compete(self, at: float, since: float, before: float) -> TempoHypothesis | None:
        """Let every theory, old and new, foretell the tick and learn from it; the one that then leads, None where all fail."""
        crowd: list[TempoHypothesis] = []
        for fit in [*self._all, *self._newborn(at), *self._afresh(at, since, before)]:
            off = (at - fit.x) / fit.v
            if off < 0.5:
                twice = fit.copy()
                twice.score += TWICE - log(fit.v)
                twice.faults = fit.faults * FADING + 1.0
                crowd.append(twice)
            elif off > 1.5:
                count = int(off + 0.5)
                lost = fit.copy()
                lost.score += LOST + LOST_MORE * (count - 2) + lost.tick(at, count, since)
                lost.faults += 1.0
                crowd.append(lost)
            fit.score += fit.tick(at, 1, since)
            crowd.append(fit)
        crowd = [fit for fit in crowd if MIN_TICK_NS < fit.v < MAX_TICK_NS]
        if not crowd:
            self._heard, self.best, self._all = self.index + 1, None, []
            return None
        crowd.sort(key=lambda one: -one.score)
        top = crowd[0].score
        kept: list[TempoHypothesis] = []
        late = 0
        for fit in crowd:
            fit.score -= top
            if fit.score < -MAX_LOG_ODDS_BEHIND or len(kept) >= MAX_HYPOTHESES:
                break
            if (fit.late and late >= MAX_LATE) or any(_same(fit, other) for other in kept):
                continue
            late += fit.late
            kept.append(fit)
        self._all, self.best = kept, kept[0]
        return kept[0]


def _same(one: TempoHypothesis, other: TempoHypothesis) -> bool:
    """Whether two theories have come to say the same, so that the weaker can go."""
    if one.index != other.index or one.noise is not other.noise or one.bends != other.bends:
        return False
    near = 0.15 * one.variance**0.5
    return abs(one.x - other.x) < near and abs(one.v - other.v) * 48 < near and one.age > 6 and other.age > 6
