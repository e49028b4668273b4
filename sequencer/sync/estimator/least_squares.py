"""A straight line through points, by least squares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The line through (number, time) pairs.

    It passes through (`middle`, `mean`), and time grows by `slope` per number.

    `spread` is the sum of the squared distances of the numbers from their mean, `last` the last
    number, and `range` the difference between the largest and the smallest residual (in the unit of
    the times).
    """

    middle: float
    mean: float
    slope: float
    spread: float
    last: int
    range: float

    @classmethod
    def through(cls, numbers: Sequence[int], times: Sequence[float]) -> Line:
        """Return the line through at least two points with different numbers."""
        count = len(numbers)
        middle, mean = sum(numbers) / count, sum(times) / count
        away = [number - middle for number in numbers]
        spread = sum(one * one for one in away)
        slope = sum(one * (time - mean) for one, time in zip(away, times, strict=True)) / spread
        errors = [time - mean - slope * one for one, time in zip(away, times, strict=True)]
        return cls(
            middle=middle,
            mean=mean,
            slope=slope,
            spread=spread,
            last=numbers[-1],
            range=max(errors) - min(errors),
        )
