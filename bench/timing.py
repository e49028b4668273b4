"""Timing that a busy machine disturbs little: processor time, and comparisons measured in turns."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """Return the minimum processor time of `work` in several runs."""
    return min(once(work) for _ in range(times))


def once(work: Callable[[], object]) -> float:
    """Return the processor time of one run, after collecting earlier garbage."""
    gc.collect()
    before = time.process_time()
    work()
    return time.process_time() - before


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two functions timed in turns.

    `ratio` is ours as a multiple of theirs: the median over the turns, with its spread.
    """

    ours: float
    theirs: float
    ratio: float
    spread: tuple[float, float]

    def speed(self) -> tuple[float, tuple[float, float]]:
        """Return the ratio of speeds instead of times, with its spread."""
        return 1 / self.ratio, (1 / self.spread[1], 1 / self.spread[0])


def beside(ours: Callable[[], object], theirs: Callable[[], object], times: int = 5) -> Pair:
    """Time both in turns: what slows the machine down for a while slows both.

    Seconds are the minimum of each.
    """
    turns = [(once(theirs), once(ours)) for _ in range(times)]
    return paired([own for _, own in turns], [other for other, _ in turns])


def paired(ours: list[float], theirs: list[float]) -> Pair:
    """Pair times measured in turns: the first of ours belongs to the first of theirs, and so on."""
    ratios = [own / other for own, other in zip(ours, theirs, strict=True)]
    return Pair(
        ours=min(ours), theirs=min(theirs), ratio=median(ratios), spread=(min(ratios), max(ratios))
    )
