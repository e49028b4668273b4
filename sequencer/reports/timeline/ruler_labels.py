"""Place labels on a ruler: a label is written only where it overlaps nothing."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from sequencer.reports.timeline.text_metrics import width_of

LABEL_FONT_SIZE = 9
"""The font size of numbers on rulers, in pixels."""
MIN_LABEL_DISTANCE = 5
"""The fewest pixels between two labels."""
ABOUT_EQUAL = 1e-3
"""Differences of floats up to this many pixels are computed again, exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A text that begins at `x`. Labels of `rank` 0 are placed first."""

    x: Fraction
    text: str
    rank: int = 1
    bold: bool = False


def arrange_labels(
    labels: Iterable[Label], right: Fraction | int, taken: Iterable[tuple[Fraction, Fraction]] = ()
) -> list[Label]:
    """Return the labels that neither overlap nor extend beyond `right`, lower ranks first.

    Among labels of the same rank, those further left are preferred.

    Args:
        labels: The labels, in any order.
        right: The right end of the drawing.
        taken: (left, right) of what no label may touch.
    """
    # Arithmetic with fractions is slow, and rulers have many labels. Each fraction is therefore
    # preceded by the nearest float: rounding keeps the order, and only what is about equal is
    # compared exactly.
    starts = sorted((_rounded(left), left, _rounded(end - left), end - left) for left, end in taken)
    found: list[tuple[float, Label]] = []
    placed = sorted(
        ((label.rank, _rounded(label.x), label) for label in labels),
        key=lambda one: (one[0], one[1], one[2].x),
    )
    for _, left, label in placed:
        width = width_of(label.text, LABEL_FONT_SIZE, bold=label.bold)
        one = (left, label.x, _rounded(width), width)
        space = right - left - one[2]
        if space < 0 if abs(space) > ABOUT_EQUAL else label.x + width > right:
            continue
        index = bisect_left(starts, one)
        if (index == 0 or _are_apart(starts[index - 1], one)) and (
            index == len(starts) or _are_apart(one, starts[index])
        ):
            insort(starts, one)
            found.append((left, label))
    found.sort(key=lambda one: (one[0], one[1].x))
    return [label for _, label in found]


_Extent = tuple[float, Fraction, float, Fraction]
"""The left end and the width of something on a ruler, each after the nearest float."""


def _are_apart(one: _Extent, other: _Extent) -> bool:
    """Return whether there is enough space between something and what is to the right of it."""
    space = other[0] - one[0] - one[2] - MIN_LABEL_DISTANCE
    if abs(space) > ABOUT_EQUAL:
        return space > 0
    return one[1] + one[3] + MIN_LABEL_DISTANCE <= other[1]


def _rounded(value: Fraction | int) -> float:
    return value.numerator / value.denominator
