"""Measures how far apart several stages show the same chunk, in virtual time.

Six simulators play one score on one clock. Each has its own rate, connection time, response time
and display delay, drawn from fixed seeds, so every machine measures the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from fractions import Fraction
from random import Random
from statistics import median

from bench.findings import Findings, Row, Section
from sequencer.core.timebase import SECOND
from sequencer.engine.ensemble_report import report_of
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.runtime.ensemble_loop import EnsemblePerformance
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.stages.simulated.faults import Delays, Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock

STAGES = ("one", "two", "three", "four", "five", "six")
CHUNKS = 217
REALIGN = 16
DRAWS = 10
_MS = SECOND // 1000
CASES = (
    ("equal rates", 0, 0, None, 30.0),
    ("equal rates, aligned every 16 chunks", 0, 0, REALIGN, 30.0),
    ("±100 ppm, ±5 ms a chunk", 100, 5, None, None),
    ("±100 ppm, ±5 ms a chunk, aligned every 16 chunks", 100, 5, REALIGN, 50.0),
    ("±1000 ppm, ±20 ms a chunk", 1_000, 20, None, None),
    ("±1000 ppm, ±20 ms a chunk, aligned every 16 chunks", 1_000, 20, REALIGN, None),
)
"""A name, the largest difference of rates (ppm) and of a chunk (ms), the alignment, and the goal
for the median spread in milliseconds."""

SECTION = Section(
    "Several stages",
    f"""
Six simulators play a score of {CHUNKS} chunks (five minutes) on one virtual clock: all start once
the last one is ready. The spread of a chunk is the time from the first stage that shows it to the
last one. Each row has the median over all chunks of {DRAWS} runs, and the medians of the runs with
the smallest and the largest one; connection times are drawn from 0.3 to 5 s, answers from 5 to
20 ms, and frames are shown up to 20 ms late. A freeze is how long a stage waits for the others when
all are aligned. The goals are 30 ms at equal rates, and 50 ms at ±100 ppm with alignment.
""",
)


def measure() -> Findings:
    """Measure."""
    return Findings(tuple(row for case in CASES for row in _rows(*case)))


def _rows(
    name: str, ppm: int, jitter: int, realign: int | None, goal: float | None
) -> Iterator[Row]:
    spreads: list[float] = []
    ends: list[float] = []
    freezes: list[float] = []
    for draw in range(DRAWS):
        of_chunks, of_freezes = _play(Random(f"{name} {draw}"), ppm, jitter, realign)
        spreads.append(median(of_chunks))
        ends.append(median(of_chunks[-REALIGN:]))
        freezes += of_freezes
    extent = (min(spreads), max(spreads))
    yield Row(f"{name}: spread", median(spreads), "ms", most=goal, spread=extent)
    if realign is None:
        yield Row(f"{name}: spread at the end", median(ends), "ms", spread=(min(ends), max(ends)))
    elif freezes:
        extent = (min(freezes), max(freezes))
        yield Row(f"{name}: freeze", median(freezes), "ms", spread=extent)


def _play(
    rng: Random, ppm: int, jitter: int, realign: int | None
) -> tuple[list[float], list[float]]:
    """Return the spread of each chunk, and every freeze, of one run, in milliseconds."""
    cues = "".join(f'at {chunk}c "Stop {chunk}."\n' for chunk in range(4, CHUNKS, 7))
    part = compile_score(reads(f'at 0c "A tram."\n{cues}end {CHUNKS}c\n'))
    schedule = EnsembleSchedule(tuple((name, part) for name in STAGES), realign)
    clock = VirtualClock()
    stages = {
        name: SimulatedStage(
            clock, settings=SimulatedSettings(part.grid, _faults(rng, ppm, jitter))
        )
        for name in STAGES
    }
    performance = EnsemblePerformance(schedule, stages, clock, following=False)
    asyncio.run(performance.run())
    report = report_of(performance.ensemble)
    if not report.went_as_written:
        raise RuntimeError(f"a run did not go as written: {report.notes}")
    shown = [one.view.shown for one in performance.ensemble.conductors.values()]
    spreads = [
        (max(times) - min(times)) / _MS
        for times in ([one[chunk] for one in shown] for chunk in range(CHUNKS))
    ]
    return spreads, list(report.freezes_ms)


def _faults(rng: Random, ppm: int, jitter: int) -> Faults:
    delays = Delays(
        connect=rng.randrange(300, 5_000) * _MS,
        answer=rng.randrange(5, 20) * _MS,
        shown_jitter=20 * _MS,
    )
    rate = 24 * (1 + Fraction(rng.randint(-ppm, ppm), 1_000_000))
    return Faults(seed=rng.randrange(10**6), fps=rate, jitter=jitter * _MS, delays=delays)
