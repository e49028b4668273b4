"""One hypothesis about a clock: a line (or a curve) through its ticks, and its uncertainty.

It also records how well it has predicted so far.

A `TempoHypothesis` is a Kalman filter over (time of the latest tick, time between ticks, change of
that per tick), written out by hand because it runs several times per tick. Its covariance is in
units of its own noise, which it learns from its residuals: the prior is normal with an
inverse-gamma variance, so predictions follow a Student's t distribution, and the uncertainty after
few ticks is appropriately large. All times are nanoseconds as floats, counted from a base that the
caller keeps.

With some small probability a tick is not where it belongs: delayed in transmission (late, and then
often together with the next ones) or simply wrong (early). Such ticks are weighted by the odds that
they are regular, so they never pull the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, log1p, sqrt


@dataclass(frozen=True, slots=True)
class Noise:
    """Where a clock's jitter comes from, in shares of one variance.

    `arrival` is white and does not add up, `source` does.
    """

    name: str
    arrival: float
    source: float


ARRIVAL = Noise("arrival", 1.0, 0.0)
"""Ticks are sent evenly and delayed in transmission."""
MIXED = Noise("mixed", 1.0, 0.05)
"""Mostly delays in transmission, with a source that drifts a little."""
SOURCE = Noise("source", 0.05, 1.0)
"""The source itself drifts: each interval has its own error, and errors add up (a random walk)."""

NOISES = (ARRIVAL, MIXED, SOURCE)

WANDER = 3e-12
"""Variance that a tempo gains per tick, in units of the noise.

The filter forgets what is older than about thirty beats.
"""
BEND_WANDER = 5e-8
"""The same for the gradual change of a tempo: ramps are seldom exactly even.

One that is even in bpm is not even in seconds.
"""
SWERVE = 5e-6
"""The same again, as a share of the time between ticks: the tempo of a clean clock can vary too."""
QUIETEST = 20_000.0**2
"""The smallest variance assumed, ns².

A clock that looks better than 20 µs does so by chance or is virtual.
"""
FADING = 1 - 1 / 64
"""How faults fade, per tick."""
MEMORY = 96.0
"""The noise estimate uses twice this many residuals."""
LATE = 0.02
"""How often a tick is delayed far beyond the jitter."""
LATE_AGAIN = 0.6
"""How often the next one is delayed too: a stall delays several."""
LATE_BY = 50_000_000.0
"""The mean delay, in nanoseconds."""
EARLY = 0.002
"""How often a tick comes far too early."""
TOGETHER = 1_500_000.0
"""Ticks that were delayed by one stall arrive within this many nanoseconds of each other."""
GLIDE = 48.0
"""For how many ticks a gradual change of tempo is assumed to continue."""
_NORMAL = 0.9189385332046727


class TempoHypothesis:
    """One hypothesis.

    `index` is the latest tick's number as this hypothesis counts, `score` its log probability among
    the others.

    `age` counts the ticks since it was created, `faults` the ticks that it recently classified as
    lost or doubled (fading), and `floor` is the smallest variance that it assumes, ns².
    """

    __slots__ = (
        "a", "age", "alpha", "bends", "beta", "faults", "floor", "index", "late", "noise", "p00",
        "p01", "p02", "p11", "p12", "p22", "score", "v", "x", "z",
    )  # fmt: skip

    def __init__(self, noise: Noise, time: float, period: float, variance: float) -> None:
        self.noise = noise
        self.index = 0
        self.score = 0.0
        self.age = 2
        self.faults = 0.0
        self.floor = QUIETEST
        self.late = False
        self.bends = False
        self.z = 0.0
        self.x = time
        self.v = period
        self.a = 0.0
        self.p00 = noise.arrival
        self.p01 = noise.arrival
        self.p11 = 2.0 * noise.arrival + noise.source
        self.p02 = self.p12 = self.p22 = 0.0
        self.alpha = 2.0
        self.beta = 2.0 * variance

    @property
    def variance(self) -> float:
        """The noise's variance, ns²."""
        return max(self.floor, self.beta / self.alpha)

    def copy(self) -> TempoHypothesis:
        """Return a copy of the hypothesis."""
        other = TempoHypothesis.__new__(TempoHypothesis)
        other.noise, other.index, other.score, other.age = (
            self.noise,
            self.index,
            self.score,
            self.age,
        )
        other.late, other.bends, other.z, other.floor = self.late, self.bends, self.z, self.floor
        other.faults = self.faults
        other.x, other.v, other.a = self.x, self.v, self.a
        other.p00, other.p01, other.p02 = self.p00, self.p01, self.p02
        other.p11, other.p12, other.p22 = self.p11, self.p12, self.p22
        other.alpha, other.beta = self.alpha, self.beta
        return other

    # ---- hypotheses about what happens next, each as of the latest tick ----

    def stepped(self, share: float) -> TempoHypothesis:
        """Return the hypothesis of a step.

        From here on, there is another tempo within `share` of this one; the latest tick's time
        stays.
        """
        other = self.copy()
        other.age = 0
        other.bends = False
        other.a = other.p02 = other.p12 = other.p22 = 0.0
        other.p11 += (share * self.v) ** 2 / self.variance
        return other

    def bent(self, share: float) -> TempoHypothesis:
        """Return the hypothesis of a gradual change.

        From here on, the tempo changes by about `share` of itself per beat.
        """
        other = self.copy()
        other.age = 0
        other.bends = True
        other.p22 += (share * self.v / 24) ** 2 / self.variance
        return other

    def straightened(self) -> TempoHypothesis:
        """Return the hypothesis that the tempo stays constant from here on."""
        other = self.copy()
        other.age = 0
        other.bends = False
        other.a = other.p02 = other.p12 = other.p22 = 0.0
        return other

    def jumped(self, by: float) -> TempoHypothesis:
        """Return the hypothesis of a shift.

        From here on, the tempo is the same, but all ticks are shifted by about `by` nanoseconds.
        """
        other = self.copy()
        other.age = 0
        other.late = False
        other.p00 += by * by / self.variance
        return other

    def with_noise(self, noise: Noise) -> TempoHypothesis:
        """Return the same line with a different explanation of the jitter."""
        other = self.copy()
        other.noise = noise
        other.p00 = max(other.p00, noise.arrival * 0.1)
        return other

    # ---- learning ----

    def tick(self, at: float, count: int, since: float) -> float:
        """Assume that the tick at `at` is the `count`-th after the latest, and learn from it.

        `since` is the time since the previous arrival. Returns the probability density that this
        hypothesis gave to the tick (log, per nanosecond).
        """
        self._move(count)
        return self._learn(at, since)

    def _move(self, count: int) -> None:
        """Predict `count` ticks ahead; the uncertainty grows."""
        noise = self.noise
        k = float(count)
        self.index += count
        if self.bends:
            a = self.a
            self.x += k * (self.v + 0.5 * k * a)
            self.v += k * a
            p11, p02, p12, p22 = self.p11, self.p02, self.p12, self.p22
            k2 = k * k
            self.p00 += k * (
                2.0 * self.p01 + noise.source + k * (p11 + p02 + k * p12 + 0.25 * k2 * p22)
            )
            self.p01 += k * (p11 + p02 + k * (1.5 * p12 + 0.5 * k * p22))
            self.p02 += k * (p12 + 0.5 * k * p22)
            self.p11 += k * (2.0 * p12 + k * p22) + k * WANDER
            self.p12 += k * p22
            swerve = SWERVE * self.v
            self.p22 += k * (BEND_WANDER + swerve * swerve * self.alpha / self.beta)
        else:
            self.x += k * self.v
            self.p00 += k * (2.0 * self.p01 + noise.source + k * self.p11)
            self.p01 += k * self.p11
            self.p11 += k * WANDER

    def _learn(self, at: float, since: float) -> float:
        noise = self.noise
        alpha, beta = self.alpha, self.beta
        error = at - self.x
        self.p00 = max(self.p00, 1e-6)
        spread = self.p00 + noise.arrival
        unit = max(beta / alpha, self.floor)
        square = error * error / (unit * spread)
        inlier = -_NORMAL - 0.5 * log(unit * spread) - (alpha + 0.5) * log1p(0.5 * square / alpha)
        self.z = error / sqrt(unit * spread)
        if error >= 0.0:
            if self.late:
                often = LATE_AGAIN
                astray = often * (
                    exp(-error / LATE_BY) / LATE_BY + (0.5 / TOGETHER if since < TOGETHER else 0.0)
                )
            else:
                often = LATE
                astray = often * exp(-error / LATE_BY) / LATE_BY
        else:
            often = EARLY
            astray = often / (2.0 * LATE_BY)
        good = (1.0 - often) * exp(inlier)
        total = good + astray
        if total <= 0.0:
            return -60.0
        weight = good / total
        self.late = weight < 0.5 and error > 0.0
        self.age += 1
        self.faults *= FADING
        if weight > 1e-4:
            spread = self.p00 + noise.arrival / weight
            gain = self.p00 / spread
            g1 = self.p01 / spread
            self.x += gain * error
            self.v += g1 * error
            p01 = self.p01
            keep = 1.0 - gain
            if self.bends:
                p02 = self.p02
                g2 = p02 / spread
                self.a += g2 * error
                self.p12 -= g1 * p02
                self.p22 -= g2 * p02
                self.p02 = p02 * keep
            self.p00 *= keep
            self.p01 = p01 * keep
            self.p11 -= g1 * p01
            alpha += 0.5 * weight
            beta += 0.5 * weight * square * unit
            if alpha > MEMORY:
                beta *= MEMORY / alpha
                alpha = MEMORY
            self.alpha, self.beta = alpha, beta
        return log(total)

    # ---- predictions ----

    def surprise(self, at: float) -> float:
        """Return how far a next tick at `at` is from its predicted time, in standard errors.

        They are approximately those of a line.
        """
        spread = self.p00 + 2.0 * self.p01 + self.p11 + self.noise.arrival + self.noise.source
        return (at - self.x - self.v - 0.5 * self.a) / sqrt(spread * self.variance)

    def ahead(self, ticks: float) -> float:
        """Return the time of the tick that is `ticks` after the latest.

        Fractions and negative values are allowed.

        A gradual change is assumed to continue for `GLIDE` ticks, after which the tempo stays:
        nobody turns a knob for ever.
        """
        if not self.bends:
            return self.x + ticks * self.v
        knee = min(GLIDE, max(-GLIDE, ticks))
        return (
            self.x
            + knee * (self.v + 0.5 * knee * self._bend)
            + (ticks - knee) * (self.v + knee * self._bend)
        )

    def ticks_at(self, time: float) -> float:
        """Return how many ticks `time` is after the latest one: the inverse of `ahead`."""
        away = time - self.x
        if not self.bends:
            return away / self.v
        bend = self._bend
        for knee in (GLIDE, -GLIDE):
            edge = knee * (self.v + 0.5 * knee * bend)
            if (away - edge) * knee >= 0.0:
                return knee + (away - edge) / (self.v + knee * bend)
        return 2.0 * away / (self.v + sqrt(max(0.0, self.v * self.v + 2.0 * bend * away)))

    def period_ahead(self, ticks: float) -> float:
        """Return the time between ticks, `ticks` after the latest."""
        return self.v + (min(GLIDE, max(-GLIDE, ticks)) * self._bend if self.bends else 0.0)

    @property
    def _bend(self) -> float:
        """The change of the time between ticks, per tick, limited by `GLIDE`.

        It is limited so that time never runs backwards within `GLIDE` ticks.
        """
        most = 0.6 * self.v / GLIDE
        return min(most, max(-most, self.a))

    def deviation(self, ticks: float) -> float:
        """Return the standard error of `ahead(ticks)`, nanoseconds."""
        k = ticks
        spread = self.p00 + 2.0 * k * self.p01 + k * k * self.p11
        if self.bends:
            spread += k * k * (self.p02 + k * self.p12 + 0.25 * k * k * self.p22)
        return sqrt(max(0.0, spread + abs(k) * self.noise.source) * self.variance)

    @property
    def tempo_deviation(self) -> float:
        """The standard error of the time between ticks, as a share of it."""
        return sqrt(max(0.0, self.p11) * self.variance) / self.v
