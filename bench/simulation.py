"""Measures how many random shows are played and checked per second: see docs/simulation.md.

The same shows every time.

Each show is compared with its own score, played once without faults, without operator input at bad
moments, and without checks: the difference is the cost of the simulation itself.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TypeVar

from bench.findings import Bars, Findings, Row, Section
from bench.machine import ROOT
from bench.timing import once

T = TypeVar("T")
SHOWS = 60
TURNS = 3
GOAL = 1000 / 300
"""CI plays a thousand shows within five minutes."""

SECTION = Section(
    "Simulated shows",
    f"""
{SHOWS} shows of [the simulation](simulation.md) with fixed seeds, one after the other on one core.
They are played in virtual time with faults, operator commands and MIDI devices, then checked for
every invariant, including a replay. They are compared with the same scores, played by the same
engine without faults, operator commands and checks. The goal is the thousand shows of CI within
five minutes, on one of its two cores.
""",
)


@dataclass(frozen=True, slots=True)
class _Turn:
    """Processor seconds for all shows: playing, checking, and playing them without faults."""

    played: float
    seen: float
    plain: float


def measure() -> Findings:
    """Play, check, and play without faults, in turns."""
    sys.path.insert(0, str(ROOT))  # the simulation belongs to the tests
    try:
        from tests.simulation.drawing import draw_script
        from tests.simulation.invariants import violations
        from tests.simulation.playing import Show, play
    finally:
        sys.path.pop(0)
    scripts = [draw_script(seed) for seed in range(SHOWS)]
    plain = [replace(script, faults={}, operator_events=()) for script in scripts]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shows: list[Show] = []
        broken: list[str] = []

        def turn() -> _Turn:
            shows.clear()
            broken.clear()
            return _Turn(
                _each(scripts, lambda script: shows.append(play(script, folder))),
                _each(
                    range(SHOWS),
                    lambda seed: broken.extend(
                        f"seed {seed}: {one}" for one in violations(shows[seed])
                    ),
                ),
                _each(plain, lambda script: play(script, folder)),
            )

        play(scripts[0], folder)
        turns = [turn() for _ in range(TURNS)]
    virtual = sum(show.steps[-1].event.at for show in shows if show.steps) / 1e9
    speeds = sorted(SHOWS / (one.played + one.seen) for one in turns)
    real = sorted(virtual / (one.played + one.seen) for one in turns)
    costs = sorted((one.played + one.seen) / one.plain for one in turns)
    rows = (
        Row(
            "shows played and checked per second",
            median(speeds),
            least=GOAL,
            spread=(speeds[0], speeds[-1]),
        ),
        Row("speed of their virtual time", median(real), "× real time", spread=(real[0], real[-1])),
        Row(
            "a show played with faults and checked, time",
            median(costs),
            beside="its score played without them",
            spread=(costs[0], costs[-1]),
        ),
        Row(
            "share of that time for checking",
            median(one.seen / (one.played + one.seen) for one in turns) * 100,
            "%",
        ),
        Row("invariants broken", float(len(broken)), most=0),
    )
    best = min(turns, key=lambda one: one.played + one.seen)
    bars = (
        ("played with faults and operator commands", best.played),
        ("checked", best.seen),
        ("the same scores without faults", best.plain),
    )
    chart = Bars(
        "Cost of a show",
        "ms of processor time",
        tuple((name, 1000 * spent / SHOWS) for name, spent in bars),
    )
    events = sum(len(one.steps) for one in shows)
    note = (
        f"{SHOWS} shows with {virtual / 60:.0f} minutes of virtual time in total, {events:,} events"
    )
    return Findings(rows, (chart,), (note,))


def _each(things: Sequence[T], work: Callable[[T], object]) -> float:
    return once(lambda: [work(one) for one in things])
