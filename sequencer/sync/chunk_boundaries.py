"""Predicts chunk boundaries: a slow clock with numbered ticks.

A model produces the ticks, and they are received over a network.

`BoundaryFollower` takes the times at which chunks begin, end, pause and are shown, in integer
nanoseconds, and predicts boundaries. It uses the same competing hypotheses as for a MIDI clock, on
a slowed-down time: reports are delayed in transmission, chunks really take longer or shorter, one
takes twice as long, the rate changes permanently. Each case has its own hypothesis.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from statistics import median_low

from sequencer.core.timebase import DISPLAY_DELAY, nanoseconds
from sequencer.events.codec import Event
from sequencer.events.events import (
    BoundariesFitted,
    ChunkDone,
    ChunkShown,
    Paused,
    ResetDone,
    Resumed,
    Started,
)
from sequencer.sync.estimator.hypotheses import HypothesisSet

SLOWER = 64.0
"""How much slower chunks are than ticks:

20 ms and 1 ms of jitter there are 1.3 s and 64 ms here.
"""
HORIZON = 3
"""How far ahead, in chunks, `deviation` predicts: a prompt's lead and the current chunk."""
UNKNOWN = 0.05
"""The share of a chunk by which the first boundaries may be off, before anything is measured."""
LATE = 0.2
"""If a report is later than this share of a chunk, all boundaries move.

It is then more likely that the chunk took longer. The hypothesis that it was only delayed is kept:
if the next report comes at the originally expected time, the old line counts again.
"""
STALLED = 2.0
"""A chunk that takes longer than this many usual ones does not show how late frames are shown."""
ALIKE = 0.1
"""If two consecutive late chunks are alike within this share, the model has become slower.

Alike means that they have the same length.
"""
SAMPLES = 9
"""How many of the latest lags are used, by their median: single frames come late."""
TAKES = 8
"""How many takes are remembered after they ended."""
REMEMBERED = 64
"""How many beginnings are kept, so that frames shown later can be matched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryFit:
    """Chunk `chunk` of the take begins at nanosecond `time`; chunks from there last `chunk_ns`.

    `deviation` is the standard error of a boundary predicted three chunks ahead, and `lag` the time
    from a chunk's beginning to its first frame shown; both in nanoseconds, `lag` 0 if nothing was
    shown yet.
    """

    chunk: int
    time: int
    chunk_ns: float
    deviation: float
    lag: int


class BoundaryFollower:
    """The boundaries of one run, take after take. `nominal_ns` is a chunk's length in the score.

    `lag` (nanoseconds) is used until one is measured; `fixed_lag`, if set, overrides every
    measurement. `lacks` is the part of a chunk that the first chunk of a take lacks: that chunk
    counts as if it had begun so much earlier, and all boundaries of a take are on one line.
    """

    def __init__(self, nominal_ns: float, lag: int = 0, lacks: Fraction = Fraction(0)) -> None:
        if not nominal_ns > 0:
            raise ValueError("a chunk lasts some time")
        self.fixed_lag: int | None = None
        self._first_lag = lag
        self._nominal = float(nominal_ns)
        self._lacks = lacks
        self._hypotheses = HypothesisSet()
        self._base: int | None = None
        self._next = 0
        """The chunk that begins at the latest boundary received."""
        self._known = False
        """Whether a boundary of this take is known and chunks are being made."""
        self._was_late = False
        self._earlier = self._latest = 0.0
        self._last = 0
        self._begun: dict[int, int] = {}
        self._begun_before: deque[dict[int, int]] = deque([{}], maxlen=TAKES)
        """When the chunks of the previous takes began, the latest take first."""
        self._lags: deque[int] = deque(maxlen=SAMPLES)

    # ---- reports ----

    def started(self, at_ns: int) -> None:
        """Handle the start of a take: its chunk 0 begins now.

        The measured length and lag stay valid.
        """
        self._next = 0
        self._put_away()
        self._anew(at_ns - round(self._lacks * Fraction(self.chunk_ns)) if self._lacks else at_ns)

    def done(self, chunk: int, at_ns: int) -> None:
        """Handle a finished chunk: the next one begins now.

        Duplicate and out-of-order reports are ignored.
        """
        begins = chunk + 1
        if not self._known:
            self._next = begins
            self._anew(at_ns)
            return
        count = begins - self._next
        if count <= 0:
            return
        at, best = self._now(at_ns), self._hypotheses.best
        foretold, length = (
            (self._latest + self._nominal / SLOWER, self._nominal / SLOWER)
            if best is None
            else (best.ahead(1.0), best.v)
        )
        late = at - foretold > LATE * length
        if (
            late
            and count == 1
            and self._was_late
            and abs(at - 2 * self._latest + self._earlier) < ALIKE * (at - self._latest)
        ):
            self._hypotheses = (
                HypothesisSet()
            )  # two consecutive ones agree: the model is slower, and its past does not count
            for boundary in (self._earlier, self._latest, at):
                self._hypotheses.tick(boundary)
        elif best is None and (late or count > 1):
            self._hypotheses = (
                HypothesisSet()
            )  # the very first chunk does not show how long chunks last: use the nominal length
            self._hypotheses.tick(at - length)
            self._hypotheses.tick(at)
        elif late or count > 1:
            self._hypotheses.resume(at, count)
        else:
            self._hypotheses.tick(at)
        self._was_late = late and count == 1
        self._hypotheses.agree(begins)
        if count == 1:
            self._shorten(chunk, at_ns)
        self._next = begins
        self._begins(begins, at_ns)

    def shown(self, chunk: int, at_ns: int) -> None:
        """Handle the first frame of a chunk.

        Before the take's first chunk begins, the frame belongs to the previous take.
        """
        begun = (self._begun or self._begun_before[0]).get(chunk)
        if begun is not None:
            self._lags.append(at_ns - begun)

    def shown_before(self, takes: int, chunk: int, at_ns: int) -> None:
        """Handle the first frame of a chunk of an earlier take.

        The take is `takes` before the one that plays or is being opened.

        If takes are short, all frames come that late.
        """
        begun = (
            self._begun_before[takes - 1].get(chunk)
            if 0 < takes <= len(self._begun_before)
            else None
        )
        if begun is not None:
            self._lags.append(at_ns - begun)

    def ends(self) -> None:
        """Handle the end of the take: the model pauses until the next one begins."""
        self._put_away()
        self.rests()

    def rests(self) -> None:
        """Handle a pause or reset: no chunk is being made.

        Nothing can be predicted until the next report.
        """
        self._known = False

    def resumed(self, at_ns: int) -> bool:
        """Handle the end of a pause: the next chunk begins now.

        If the command to resume came before the current chunk was over, the model never paused and
        that chunk is not late yet. Then nothing changes, and False is returned.
        """
        upcoming = self.time_of(self._next + 1)
        if upcoming is not None and at_ns < upcoming:
            return False
        self._anew(at_ns)
        return True

    # ---- predictions ----

    @property
    def lag(self) -> int:
        """The lag in use: nanoseconds from a chunk's beginning to its first frame shown.

        It is the median of the latest lags, the lower of two: one slow chunk changes nothing. The
        time of a stall does not count either.
        """
        if self.fixed_lag is not None:
            return self.fixed_lag
        return median_low(self._lags) if self._lags else self._first_lag

    @property
    def chunk_ns(self) -> float:
        """How long a chunk lasts, nanoseconds; nominal until two boundaries are known."""
        best = self._hypotheses.best
        return self._nominal if best is None else best.v * SLOWER

    def fit(self) -> BoundaryFit | None:
        """Return the current fit; None while no chunk is being made."""
        if not self._known or self._base is None:
            return None
        best = self._hypotheses.best
        if best is None:
            return BoundaryFit(
                chunk=self._next,
                time=self._last,
                chunk_ns=self._nominal,
                deviation=UNKNOWN * self._nominal,
                lag=self.lag,
            )
        time = self._base + round(best.x * SLOWER)
        return BoundaryFit(
            chunk=self._next,
            time=time,
            chunk_ns=best.v * SLOWER,
            deviation=best.deviation(HORIZON) * SLOWER,
            lag=self.lag,
        )

    def time_of(self, chunk: int) -> int | None:
        """Return the predicted nanosecond when a chunk of this take begins, or None.

        The result is None while no chunk is being made.
        """
        fit = self.fit()
        return None if fit is None else fit.time + round((chunk - fit.chunk) * fit.chunk_ns)

    # ---- internals ----

    def _put_away(self) -> None:
        """Keep the beginnings of a take that is over: frames of its chunks may still arrive."""
        if self._begun:
            self._begun_before.appendleft(self._begun)
            self._begun = {}

    def _anew(self, at_ns: int) -> None:
        """Resume: keep the length, approximately, and take the phase from here."""
        at = self._now(at_ns)
        if self._hypotheses.best is None:
            self._hypotheses = HypothesisSet()
            self._hypotheses.tick(at)
        else:
            self._hypotheses.resume(at, 1)
        self._hypotheses.agree(self._next)
        self._known = True
        self._begins(self._next, at_ns)

    def _begins(self, chunk: int, at_ns: int) -> None:
        self._last = at_ns
        self._earlier, self._latest = self._latest, self._now(at_ns)
        self._begun[chunk] = at_ns
        if len(self._begun) > REMEMBERED:
            del self._begun[next(iter(self._begun))]

    def _shorten(self, chunk: int, at_ns: int) -> None:
        """Let a chunk that stalled begin as late as a usual one would have.

        Its frames come that long after it was made. The first chunk of a take, which a cold model
        makes slowly, may be the only one that measures the lag.
        """
        begun = self._begun.get(chunk)
        if begun is not None and at_ns - begun > STALLED * self.chunk_ns:
            self._begun[chunk] = at_ns - round(self.chunk_ns)

    def _now(self, at_ns: int) -> float:
        if self._base is None:
            self._base = at_ns
        return (at_ns - self._base) / SLOWER


def first_lag(chunk: Fraction) -> int:
    """Return the nanoseconds from a chunk's beginning to its first frame shown, as assumed.

    They are assumed until they are measured.
    """
    return nanoseconds(chunk) + DISPLAY_DELAY


class BoundaryFeed:
    """Turns the events of a run into predictions of boundaries.

    `chunk` is a chunk's nominal length in seconds.

    `lag` (nanoseconds) is used until frames are seen; `feed.follower.lag` is the one in use,
    `.fixed_lag` overrides it. `lacks` is the part of a chunk that the first chunk of a take lacks.

    Pure: time comes with the events. The runtime calls it before it passes each event to the
    conductor::

        fit = feed.feed(event)
        if fit is not None:
            handle(fit)
        handle(event)
    """

    def __init__(self, chunk: Fraction, lag: int = 0, lacks: Fraction = Fraction(0)) -> None:
        self.follower = BoundaryFollower(float(chunk) * 1e9, lag, lacks)
        self._began = False

    def feed(self, event: Event) -> BoundariesFitted | None:
        """Return the fit to deliver before this event; None if it does not change boundaries."""
        follower = self.follower
        match event:
            case Started() if not self._began:
                self._began = True
                follower.started(event.at)
                return None
            case ResetDone():
                self._began = False
                follower.ends()
                return None
            case ChunkDone():
                follower.done(event.chunk, event.at)
                return self._fitted(event.at)
            case Paused():
                follower.rests()
                return None
            case Resumed():
                return self._fitted(event.at) if follower.resumed(event.at) else None
            case ChunkShown():
                follower.shown(event.chunk, event.at)
                return None
            case _:
                return None

    def shown_before(self, event: ChunkShown, takes: int) -> None:
        """Handle a frame of an earlier take, which ended before its frames came.

        The take is:

        `takes` before the one that plays.
        """
        self.follower.shown_before(takes, event.chunk, event.at)

    def _fitted(self, at: int) -> BoundariesFitted | None:
        fit = self.follower.fit()
        if fit is None:
            return None
        return BoundariesFitted(at, fit.chunk, fit.time, fit.chunk_ns, fit.deviation, fit.lag)
