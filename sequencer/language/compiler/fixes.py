"""Fixes for mistakes that the compiler finds, where one fix is more likely than all others.

Nothing is reported here.
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from math import floor

from sequencer.core.diagnostics import Fix, Span
from sequencer.language.compiler.ir import BlockPosition
from sequencer.language.compiler.local_time import BlockTime
from sequencer.language.score import AtBar, AtOffset, Duration, Position, Score, Unit
from sequencer.schedule.model import Entry, Schedule, Stretch

MAX_POSITIONS_TRIED = 64
"""The maximum number of later positions tried for a cue that needs another chunk."""


def add_clock_fix(score: Score) -> tuple[Fix, ...]:
    """Return a fix that adds the clock line that a score in chunks needs to use bars.

    The line goes below the score's title, or at the top.
    """
    if score.header.clock is not None or not score.file:
        return ()
    title = dict(score.header.spans).get("title")
    line = 1 if title is None else title.end_line + 1
    word = "clock:" if is_yaml(score.file) else "clock"
    return (Fix(Span(score.file, line, 1, line, 1), f"{word} 120 bpm, 4/4\n"),)


def longer_length_fix(length: Duration, position: BlockPosition, local: BlockTime) -> Fix | None:
    """Return a fix with the length, in its unit, that contains a position; None without a file."""
    match length.unit:
        case Unit.BARS if position.quarter is not None and local.meters is not None:
            amount = local.meters.bar_beat_at(position.quarter).bar
        case Unit.BEATS if position.quarter is not None and local.meters is not None:
            amount = floor(position.quarter / local.meters.changes[0][1].beat) + 1
        case Unit.CHUNKS | Unit.FRAMES | Unit.SECONDS:
            amount = _count_units(position, length.unit, local)
        case _:
            amount = 0
    if amount <= length.amount or length.span.line == 0:
        return None
    return Fix(length.span, _format_amount(amount, length.unit))


def later_end_fix(end: Position, position: BlockPosition, local: BlockTime) -> Fix | None:
    """Return a fix with the end that a score without sections needs to contain a position."""
    match end:
        case AtOffset(unit=Unit.CHUNKS | Unit.FRAMES | Unit.SECONDS as unit):
            amount = _count_units(position, unit, local) + (3 if unit is Unit.CHUNKS else 0)
            return Fix(end.span, _format_amount(amount, unit))
        case AtBar() if position.quarter is not None and local.meters is not None:
            return Fix(end.span, str(local.meters.bar_beat_at(position.quarter).bar + 1))
        case _:
            return None


def _count_units(position: BlockPosition, unit: Unit, local: BlockTime) -> int:
    """Return the smallest number of whole units past a position; 0 if its time is unknown."""
    seconds = position.seconds
    if seconds is None and position.quarter is not None and local.tempo is not None:
        seconds = local.tempo.seconds_at(position.quarter)
    if seconds is None:
        return 0
    if unit is Unit.CHUNKS:
        return floor(local.chunks_between(Fraction(0), seconds)) + 1
    return floor(seconds / local.to_seconds(Fraction(1), unit)) + 1


def _format_amount(amount: int, unit: Unit) -> str:
    match unit:
        case Unit.BARS:
            return "1 bar" if amount == 1 else f"{amount} bars"
        case Unit.BEATS:
            return f"{amount}b"
        case Unit.CHUNKS:
            return f"{amount}c"
        case Unit.FRAMES:
            return f"{amount}f"
        case Unit.SECONDS:
            return f"{amount}s"


def free_position_fix(
    entry: Entry, stretch: Stretch, schedule: Schedule, taken: Collection[int]
) -> str | None:
    """Return the next beat (or chunk) after an entry whose chunk is not in `taken`.

    The result is None if none is found in the stretch.
    """
    grid = schedule.grid
    if entry.quarter is not None and stretch.meters is not None and stretch.tempo is not None:
        at = entry.quarter
        for _ in range(MAX_POSITIONS_TRIED):
            here = stretch.meters.bar_beat_at(at)
            at += (1 - here.rest) * stretch.meters.at_bar(here.bar - 1).beat
            seconds = stretch.tempo.seconds_at(at)
            if seconds >= stretch.seconds:
                return None
            if grid.snap(stretch.start + seconds, entry.snap) not in taken:
                position = stretch.meters.bar_beat_at(at)
                return str(position.bar) if position.beat == 1 else str(position)
        return None
    begins = grid.chunks_at(stretch.start)
    first = floor(grid.chunks_at(stretch.start + entry.offset) - begins) + 1
    for chunk in range(first, first + MAX_POSITIONS_TRIED):
        seconds = grid.seconds_of(begins + chunk) - stretch.start
        if seconds >= stretch.seconds:
            return None
        if grid.snap(stretch.start + seconds, entry.snap) not in taken:
            return f"{chunk}c"
    return None


def is_yaml(file: str) -> bool:
    """Return whether a file of this name is in the YAML notation."""
    return file.casefold().endswith((".yaml", ".yml"))
