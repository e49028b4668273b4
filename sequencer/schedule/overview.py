"""One schedule with what all stages of a score do, to show it to people. It is never performed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import TypeVar

from sequencer.core.wide_numbers import ordering
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.schedule.model import Entry, Schedule, Stretch

_One = TypeVar("_One")


def overview(ensemble: EnsembleSchedule) -> Schedule:
    """Return a schedule that has every cue, rule and take of all stages once.

    Stages can show several prompts on one chunk, so it cannot be performed. What it shows of
    positions is true for each stage, because all have the same times.
    """
    parts = ensemble.schedules
    stretches = tuple(
        _merge_stretches(stretch, tuple(part.stretches[index] for part in parts))
        for index, stretch in enumerate(ensemble.reference.stretches)
    )
    count = rules = 0
    numbered: list[Stretch] = []
    for stretch in stretches:
        numbered.append(
            replace(
                stretch,
                entries=tuple(replace(one, id=count + n) for n, one in enumerate(stretch.entries)),
                rules=tuple(replace(one, id=rules + n) for n, one in enumerate(stretch.rules)),
            )
        )
        count += len(stretch.entries)
        rules += len(stretch.rules)
    takes = sorted(
        _unique((one for part in parts for one in part.takes), lambda one: one.start),
        key=lambda one: one.start,
    )
    return replace(
        ensemble.reference,
        stretches=tuple(numbered),
        takes=tuple(replace(one, index=index) for index, one in enumerate(takes)),
    )


def stages_of_cues(ensemble: EnsembleSchedule) -> dict[int, tuple[str, ...]]:
    """Return the names of the stages that have each cue, by its number in the overview."""
    found: dict[int, tuple[str, ...]] = {}
    for index, stretch in enumerate(overview(ensemble).stretches):
        names: dict[Hashable, dict[str, None]] = {}
        for name, part in ensemble.parts:
            for entry in part.stretches[index].entries:
                names.setdefault(_cue_key(entry), {})[name] = None
        found |= {entry.id: tuple(names[_cue_key(entry)]) for entry in stretch.entries}
    return found


def _merge_stretches(first: Stretch, all_of_them: tuple[Stretch, ...]) -> Stretch:
    entries = _unique(
        (one for stretch in all_of_them for one in stretch.entries),
        _cue_key,
    )
    rules = _unique(
        (one for stretch in all_of_them for one in stretch.rules),
        lambda one: (one.origin, one.trigger, one.acts),
    )
    return replace(first, entries=tuple(sorted(entries, key=_position)), rules=tuple(rules))


def _cue_key(entry: Entry) -> Hashable:
    """Return what is equal for a cue on all stages that have it."""
    if entry.origin.line:
        return entry.origin, entry.offset
    return entry.offset, entry.acts


def _position(entry: Entry) -> tuple[object, int, int]:
    return ordering(entry.offset), entry.origin.line, entry.origin.column


def _unique(found: Iterable[_One], key: Callable[[_One], Hashable]) -> list[_One]:
    by_key: dict[Hashable, _One] = {}
    for one in found:
        by_key.setdefault(key(one), one)
    return list(by_key.values())
