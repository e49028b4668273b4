"""A MIDI device in virtual time whose clock drifts, steps, stops, jumps and loses ticks, and whose
true times are known.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sequencer.events.codec import Event
from sequencer.sync.midi_clock import MidiFeed
from sequencer.sync.run_clock import VirtualClock

PPQN = 24
Tempo = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Start:
    """Start now, from the beginning."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop; a following `Wait` with a tempo keeps sending the clock."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """Continue."""


@dataclass(frozen=True, slots=True)
class Locate:
    """A song position, in quarters."""

    quarter: float


@dataclass(frozen=True, slots=True)
class Play:
    """Send ticks for `quarters` quarters at the tempo that `bpm` gives for each quarter since this
    move.
    """

    quarters: float
    bpm: Tempo


@dataclass(frozen=True, slots=True)
class Captured:
    """Send ticks like a captured clock, by its source's intervals in seconds."""

    intervals: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Let seconds pass; with `bpm` the clock keeps ticking."""

    seconds: float
    bpm: float | None = None


Move = Start | Stop | GoOn | Locate | Play | Captured | Wait


def steady(bpm: float) -> Tempo:
    return lambda _: bpm


class MidiDevice:
    """The messages of a list of moves, computed in advance:

    `messages` are (timestamp, bytes), `truth` the times of all ticks played.

    `jitter` is the standard deviation of arrival in seconds; `lost` and `doubled` are shares of the
    ticks.
    """

    def __init__(
        self,
        *moves: Move,
        jitter: float = 0.0,
        lost: float = 0.0,
        doubled: float = 0.0,
        seed: int = 0,
        begin: float = 1.0,
    ) -> None:
        self.messages: list[tuple[int, bytes]] = []
        self.truth: list[tuple[float, float]] = []
        """(seconds, quarter) of each tick that moved the music."""
        self.changes: list[float] = []
        """Times of changes that cannot be predicted: start, stop, a jump, another tempo."""
        self._chance = random.Random(seed)
        self._jitter, self._lost, self._doubled = jitter, lost, doubled
        self._now, self._quarter, self._last = begin, 0.0, 0
        for move in moves:
            self._make(move)

    def _send(self, data: bytes, jitter: bool = False) -> None:
        late = abs(self._chance.gauss(0, self._jitter)) if jitter else 0.0
        self._last = max(self._last, round((self._now + late) * 1e9))
        self.messages.append((self._last, data))

    def _tick(self) -> None:
        if self._chance.random() < self._lost:
            return
        self._send(b"\xf8", jitter=True)
        if self._chance.random() < self._doubled:
            self._send(b"\xf8", jitter=True)

    def _note_changes(self, intervals: Sequence[float]) -> None:
        """Record where a captured clock changes its tempo: a beat that is 2 % longer or shorter
        than the previous one.
        """
        now, before = self._now, 0.0
        for first in range(0, len(intervals) - PPQN, PPQN):
            beat = sum(intervals[first : first + PPQN])
            if before and abs(beat / before - 1) > 0.02:
                self.changes.append(now)
            now, before = now + beat, beat

    def _play(self, intervals: Sequence[float]) -> None:
        first = self._quarter
        for number, interval in enumerate(intervals):
            self.truth.append((self._now, self._quarter))
            if number == 0:
                self._send(
                    b"\xf8"
                )  # the first one is never lost, because its loss could not be detected
            else:
                self._tick()
            self._now += interval
            self._quarter = first + (number + 1) / PPQN

    def _make(self, move: Move) -> None:
        self.changes.append(self._now)
        match move:
            case Start():
                self._quarter = 0.0
                self._send(b"\xfa")
                self._now += 0.001
            case Stop():
                self._send(b"\xfc")
            case GoOn():
                self._send(b"\xfb")
                self._now += 0.001
            case Locate(quarter):
                self._quarter = quarter
                position = round(quarter * 4)
                self._send(bytes((0xF2, position & 0x7F, position >> 7)))
            case Play(quarters, bpm):
                self._play(
                    [60 / PPQN / bpm(number / PPQN) for number in range(round(quarters * PPQN))]
                )
            case Captured(intervals):
                self._note_changes(intervals)
                self._play(intervals)
            case Wait(seconds, None):
                self._now += seconds
            case Wait(seconds, float(bpm)):
                for _ in range(round(seconds * bpm / 60 * PPQN)):
                    self._tick()
                    self._now += 60 / PPQN / bpm
            case Wait():
                raise AssertionError(f"{move} has no tempo that is a float")

    def time_of(self, quarter: float) -> float | None:
        """Return when the music truly was at a quarter for the first time, in seconds; None if it
        never was.
        """
        last: tuple[float, float] | None = None
        for seconds, here in self.truth:
            if abs(here - quarter) < 1e-6:
                return seconds
            if last is not None and last[1] < quarter < here and here - last[1] < 2 / PPQN:
                return last[0] + (seconds - last[0]) * (quarter - last[1]) / (here - last[1])
            last = seconds, here
        return None

    def quarter_at(self, seconds: float) -> float:
        """Return the true position of the music."""
        index = bisect_right(self.truth, (seconds, 1e9)) - 1
        return self.truth[index][1] if index >= 0 else 0.0

    def plug(self, clock: VirtualClock, feed: MidiFeed, deliver: Callable[[Event], None]) -> None:
        """Play into a feed in virtual time, and check for silence as the live input does."""
        messages = iter(self.messages)

        def silent() -> None:
            due = feed.due
            if due is None:
                return
            if due > clock.now():
                clock.call_at(due, silent)
            else:
                for event in feed.silence(clock.now()):
                    deliver(event)

        def arrive(data: bytes) -> None:
            idle = feed.due is None
            for event in feed.feed(data, clock.now()):
                deliver(event)
            if idle and feed.due is not None:
                clock.call_at(feed.due, silent)
            following()

        def following() -> None:
            upcoming = next(messages, None)
            if upcoming is not None:
                at, data = upcoming
                clock.call_at(at, lambda: arrive(data))

        following()
