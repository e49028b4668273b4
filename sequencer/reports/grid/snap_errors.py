"""Sum up snap errors: of a schedule or its sections, with another snap, or shifted.

Shifted means that everything is moved against the grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from sequencer.core.timebase import Snap
from sequencer.core.wide_numbers import for_display, is_before
from sequencer.schedule.model import Entry, Schedule, Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapErrors:
    """How far cues are from their positions.

    The fields are:

    `mean` of the absolute errors, `worst` signed (positive is late), in seconds.

    `place` is the position of the worst error; empty without cues.
    """

    cues: int
    mean: Fraction
    worst: Fraction
    place: str = ""


NO_ERRORS = SnapErrors(cues=0, mean=Fraction(0), worst=Fraction(0))


def known_cues(schedule: Schedule) -> Iterator[tuple[Stretch, Entry]]:
    """Yield the cues whose time is known before the run.

    These are the cues before the first exit of a live section.
    """
    for stretch in schedule.stretches:
        for entry in stretch.entries:
            yield stretch, entry
        if stretch.is_live:
            return


def errors_of(
    schedule: Schedule, shift: Fraction = Fraction(0), snap: Snap | None = None
) -> SnapErrors:
    """Return the errors if all were `shift` seconds later on the grid, or with another `snap`.

    A cue with a snap of its own keeps it. (A cue whose own snap equals the score's cannot be
    distinguished from a cue without one.)
    """
    return summarise(_signed_errors(schedule, known_cues(schedule), shift, snap))


def by_section(schedule: Schedule) -> tuple[tuple[str | None, SnapErrors], ...]:
    """Return the errors of each section, of all its passes together, in order of first appearance.

    Sections without cues are left out.
    """
    found: dict[str | None, list[tuple[Stretch, Entry]]] = {}
    for stretch, entry in known_cues(schedule):
        found.setdefault(stretch.section, []).append((stretch, entry))
    return tuple(
        (name, summarise(_signed_errors(schedule, cues, Fraction(0), None)))
        for name, cues in found.items()
    )


def _signed_errors(
    schedule: Schedule, cues: Iterable[tuple[Stretch, Entry]], shift: Fraction, snap: Snap | None
) -> Iterator[tuple[str, Fraction]]:
    grid = schedule.grid
    for stretch, entry in cues:
        mode = snap if snap is not None and entry.snap is schedule.snap else entry.snap
        time = stretch.start + entry.offset + shift
        position = entry.place if stretch.section is None else f"{stretch.section} {entry.place}"
        yield position, grid.snap_error(time, grid.snap(time, mode))


def summarise(cases: Iterable[tuple[str, Fraction]]) -> SnapErrors:
    """Return the errors of (position, signed seconds) pairs."""
    count, total, worst, position = 0, Fraction(0), Fraction(0), ""
    for where, error in cases:
        if count == 0 or is_before(abs(worst), abs(error)):
            worst, position = error, where
        count += 1
        total += for_display(abs(error))
    return (
        SnapErrors(cues=count, mean=total / count, worst=worst, place=position)
        if count
        else NO_ERRORS
    )
