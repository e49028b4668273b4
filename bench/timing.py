"""Timing that a busy machine disturbs least: processor time, and what is compared taken in turns."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """The least processor time that `work` took in a few runs."""
    return min(once(work) for _ in range(times))


def once(work: Callable[[], object]) -> float:
    """The processor time of one run, with no garbage of others in it."""
    gc.collect()
    before = time.process_time()
    work()
    return time.process_time() - before


@dataclass(frozen=True, slots=True)
class Pair:
    """Two works timed in turns. `ratio` is ours as a multiple of theirs: the median over the turns, with its spread."""

    ours: float
    theirs: float
    ratio: float
    spread: tuple[float, float]

    def speed(self) -> tuple[float, tuple[float, float]]:
        """The ratio of speeds instead of times, with its spread."""
        return 1 / self.ratio, (1 / self.spread[1], 1 / self.spread[0])


def beside(ours: Callable[[], object], theirs: Callable[[], object], times: int = 5) -> Pair:
    """Time both in turns: what slows the machine down for a while slows both. Seconds are the least of each."""
    turns = [(once(theirs), once(ours)) for _ in range(times)]
    return paired([own for _, own in turns], [other for other, _ in turns])


def paired(ours: list[float], theirs: list[float]) -> Pair:
    """What was measured in turns: the first of ours belongs to the first of theirs, and so on."""
    ratios = [own / other for own, other in zip(ours, theirs, strict=True)]
    return Pair(min(ours), min(theirs), median(ratios), (min(ratios), max(ratios)))
