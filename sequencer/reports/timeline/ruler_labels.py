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


@dataclass(frozen=True, slots=True)
class Label:
    """A text that begins at `x`. Labels of `rank` 0 are placed first."""

    x: Fraction
    text: str
    rank: int = 1
    bold: bool = False


def place_labels(
    labels: Iterable[Label], right: Fraction | int, taken: Iterable[tuple[Fraction, Fraction]] = ()
) -> list[Label]:
    """Return the labels that neither overlap nor extend beyond `right`, preferring lower ranks, then positions further left.

    Args:
        labels: The labels, in any order.
        right: The right end of the drawing.
        taken: (left, right) of what no label may touch.
    """
    starts: list[tuple[Fraction, Fraction]] = sorted(taken)
    found: list[Label] = []
    for label in sorted(labels, key=lambda one: (one.rank, one.x)):
        end = label.x + width_of(label.text, LABEL_FONT_SIZE, bold=label.bold)
        if end > right:
            continue
        index = bisect_left(starts, (label.x, end))
        before = starts[index - 1][1] if index else None
        after = starts[index][0] if index < len(starts) else None
        if (before is None or before + MIN_LABEL_DISTANCE <= label.x) and (after is None or end + MIN_LABEL_DISTANCE <= after):
            insort(starts, (label.x, end))
            found.append(label)
    return sorted(found, key=lambda one: one.x)
