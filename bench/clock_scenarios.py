"""Clocks to follow: what the source sent, and what arrived.

Virtual time, seeded; nothing here waits.

A `Clock` contains the true time of every tick (24 per beat, some beats past the end, so that
predictions can be judged) and the arrivals in order: (nanosecond, number of the true tick). A lost
tick has no arrival, a doubled one has two.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

PPQN = 24
BEATS = 64
TAIL = 3 * PPQN
TRACES = Path(__file__).parent.parent / "tests" / "data" / "clock-traces"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One clock.

    `truth` (ns) and `bpm` have one value for every tick; `arrivals` are (nanosecond, tick).

    `changes` are the ticks at which the tempo steps; `walks` is True if the source itself drifts.
    """

    truth: tuple[float, ...]
    bpm: tuple[float, ...]
    arrivals: tuple[tuple[int, int], ...]
    changes: tuple[int, ...] = (0,)
    walks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named maker of clocks from seeds.

    Errors count from tick `first` up to `last`; `step` is the tick of a tempo step.
    """

    name: str
    make: Callable[[int], Clock]
    first: int = 8 * PPQN
    last: int = BEATS * PPQN
    step: int | None = None


def _tempo_line(
    tempo: Callable[[float], float], beats: int = BEATS
) -> tuple[list[float], list[float]]:
    """Return true tick times (ns) and bpm for a tempo given over beats.

    Each tick interval has the tempo at its middle.
    """
    times, bpms, now = [], [], 1e9
    for tick in range(beats * PPQN + TAIL):
        times.append(now)
        bpms.append(tempo(tick / PPQN))
        now += 60e9 / PPQN / tempo((tick + 0.5) / PPQN)
    return times, bpms


def _constant(_: float) -> float:
    return 120.0


def _step(beat: float) -> float:
    return 120.0 if beat < BEATS / 2 else 140.0


def _ramp(beat: float) -> float:
    return 100.0 + 60.0 * min(1.0, max(0.0, (beat - 16) / 16))


def _receive_ticks(
    times: list[float], noise: Callable[[int, float], float], beats: int = BEATS
) -> list[tuple[int, int]]:
    """Return arrivals of all ticks except the tail, each delayed by `noise` but still in order."""
    ticks_received, last = [], 0
    for tick, time in enumerate(times[: beats * PPQN]):
        last = max(last, round(time + noise(tick, time)))
        ticks_received.append((last, tick))
    return ticks_received


def white(tempo: Callable[[float], float], sigma_ms: float) -> Callable[[int], Clock]:
    """Return a maker of clocks with normal jitter of arrival."""

    def make(seed: int) -> Clock:
        chance = random.Random(seed)
        times, bpm = _tempo_line(tempo)
        ticks_received = _receive_ticks(times, lambda _tick, _time: chance.gauss(0, sigma_ms * 1e6))
        return Clock(
            truth=tuple(times),
            bpm=tuple(bpm),
            arrivals=tuple(ticks_received),
            changes=(0, BEATS // 2 * PPQN) if tempo is _step else (0,),
        )

    return make


def quantised(seed: int) -> Clock:
    """Return a clock with timestamps in whole milliseconds, at a phase that the seed determines."""
    phase = random.Random(seed).random() * 1e6
    times, bpm = _tempo_line(_constant)
    ticks_received = _receive_ticks(
        times, lambda _tick, time: round((time + phase) / 1e6) * 1e6 - phase - time
    )
    return Clock(truth=tuple(times), bpm=tuple(bpm), arrivals=tuple(ticks_received))


def stalls(seed: int) -> Clock:
    """Return a clock with 1 ms of jitter whose receiver stalls 5 to 60 ms about every two beats.

    Ticks during a stall arrive at its end.
    """
    chance = random.Random(seed)
    times, bpm = _tempo_line(_constant)
    awake = 0.0

    def late(_tick: int, time: float) -> float:
        nonlocal awake
        at = time + chance.gauss(0, 1e6)
        if at > awake and chance.random() < 1 / 48:
            awake = at + chance.uniform(5e6, 60e6)
        return max(at, awake) - time

    return Clock(truth=tuple(times), bpm=tuple(bpm), arrivals=tuple(_receive_ticks(times, late)))


def lossy(seed: int) -> Clock:
    """Return a clock with 1 ms of jitter; 1 tick in 100 is lost, 1 in 200 is duplicated."""
    chance = random.Random(seed)
    times, bpm = _tempo_line(_constant)
    ticks_received: list[tuple[int, int]] = []
    for at, tick in _receive_ticks(times, lambda _tick, _time: chance.gauss(0, 1e6)):
        if tick > 0 and chance.random() < 0.01:
            continue
        ticks_received.append((at, tick))
        if chance.random() < 0.005:
            ticks_received.append((at + 300_000, tick))
    return Clock(truth=tuple(times), bpm=tuple(bpm), arrivals=tuple(ticks_received))


def wandering(share: float) -> Callable[[int], Clock]:
    """Return a maker of sources whose intervals wander, like `jack_midi_clock -J`.

    Every interval is off by up to `share` (a random walk).
    """

    def make(seed: int) -> Clock:
        chance = random.Random(seed)
        times, now = [], 1e9
        for _ in range(BEATS * PPQN + TAIL):
            times.append(now)
            now += 60e9 / PPQN / 120 * (1 + chance.uniform(-share, share))
        ticks_received = _receive_ticks(times, lambda _tick, _time: 0.0)
        return Clock(
            truth=tuple(times),
            bpm=(120.0,) * len(times),
            arrivals=tuple(ticks_received),
            walks=True,
        )

    return make


def captured(
    name: str, bpm: float | None, period_ms: float = 0.0, walks: bool = False
) -> Callable[[int], Clock]:
    """Return a maker of captured clocks, by their source's time.

    `period_ms` rounds arrivals up as a JACK period would, at a phase that depends on the seed.
    Without `bpm` the true tempo at a tick is that of the interval after it.
    """

    def make(seed: int) -> Clock:
        with (TRACES / name).open(encoding="utf-8") as lines:
            source = [
                float(row["source_s"]) * 1e9
                for row in csv.DictReader(lines)
                if row["status"] == "0xf8"
            ]
        times = tuple(1e9 + at for at in source)
        tempo = [60e9 / PPQN / (after - before) for before, after in pairwise(times)]
        phase, period = random.Random(seed).random(), period_ms * 1e6

        def late(_tick: int, time: float) -> float:
            return ((time / period + phase) // 1 + 1 - phase) * period - time if period else 0.0

        ticks_received = _receive_ticks(list(times), late, (len(times) - TAIL) // PPQN)
        return Clock(
            truth=times,
            bpm=(bpm,) * len(times) if bpm else (*tempo, tempo[-1]),
            arrivals=tuple(ticks_received),
            walks=walks,
        )

    return make


HALF = BEATS // 2 * PPQN
SCENARIOS = (
    Scenario(name="constant, 1 ms", make=white(_constant, 1.0)),
    Scenario(name="constant, 3 ms", make=white(_constant, 3.0)),
    Scenario(name="stamps of 1 ms", make=quantised),
    Scenario(name="late stalls", make=stalls),
    Scenario(
        name="step 120→140, 1 ms",
        make=white(_step, 1.0),
        first=HALF,
        last=HALF + 8 * PPQN,
        step=HALF,
    ),
    Scenario(
        name="step 120→140, 3 ms",
        make=white(_step, 3.0),
        first=HALF,
        last=HALF + 8 * PPQN,
        step=HALF,
    ),
    Scenario(name="ramp 100→160, 1 ms", make=white(_ramp, 1.0), first=16 * PPQN, last=33 * PPQN),
    Scenario(name="lost 1 %, doubled ½ %", make=lossy),
    Scenario(name="random walk, 5 %", make=wandering(0.05)),
    Scenario(name="random walk, 20 %", make=wandering(0.20)),
    Scenario(
        name="captured: steady, JACK periods",
        make=captured("steady-128bpm.csv", 128.0, 1e3 * 256 / 48000),
    ),
    Scenario(
        name="captured: source jitter", make=captured("source-jitter-5.csv", 128.0, walks=True)
    ),
    Scenario(
        name="captured: klick ramp",
        make=captured("klick-ramp.csv", None),
        first=32 * PPQN,
        last=48 * PPQN,
    ),
)
