"""Read positions of a run, as options give them: `--event WHAT@WHEN`, `--from` and `--to`.

A position is a section with a position in it as in scores, a time, or a chunk.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from fractions import Fraction

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.core.errors import UsageError
from sequencer.language.compiler.ir import BlockPosition
from sequencer.language.compiler.local_time import NO_BEATS, NO_TEMPO, BlockTime
from sequencer.language.score import (
    After,
    AtBar,
    AtMark,
    AtOffset,
    AtTick,
    FromEnd,
    Position,
    Unit,
)
from sequencer.language.values.amounts import read_amount
from sequencer.language.values.positions import read_position
from sequencer.schedule.describe import length_in_words
from sequencer.schedule.model import Schedule, Stretch

_PASS = re.compile(r"(?P<number>\d{1,5})/(?P<passes>\d{1,5})\Z")


def sections_of(schedule: Schedule) -> list[str]:
    """Return the names of a schedule's sections, in the order in which they are first played."""
    return list(dict.fromkeys(one.section for one in schedule.stretches if one.section is not None))


def find_passes(
    subject: str, section: str, rest: str, schedule: Schedule
) -> tuple[Sequence[Stretch], str]:
    """Return the stretches that are meant (every pass if none is named), and the position."""
    stretches = [one for one in schedule.stretches if one.section == section]
    word, _, written = rest.partition(" ")
    named = _PASS.match(word)
    if named is None:
        return stretches, rest
    number, passes = int(named["number"]), int(named["passes"])
    if passes != len(stretches) or not 1 <= number <= passes:
        count = f"{len(stretches)} passes" if len(stretches) > 1 else "one pass"
        right = (
            f"{section} {min(max(1, number), len(stretches))}/{len(stretches)}"
            if len(stretches) > 1
            else section
        )
        message = f"{subject}: section {section} has {count}, so there is no {section} {word}"
        raise UsageError(message, f"write {right}")
    return [one for one in stretches if one.occurrence == number], written.strip()


def read_seconds(when: str) -> Fraction | None:
    """Return a time since the start, such as `1m30s`, in seconds; None if `when` is not a time."""
    read = read_amount(when, _span(when), Diagnostics(), "a position")
    return read[0] if read is not None and read[1] is Unit.SECONDS else None


def position_without_section(
    subject: str, when: str, first: str, sections: list[str]
) -> UsageError:
    """Return the error for a position that does not begin with one of the sections."""
    if not first[:1].isalpha() or first in ("mark", "end"):
        hint = f"write for example {sections[0]} {when}; the sections are {', '.join(sections)}"
        message = (
            f"{subject}: a position such as {when} counts from the start of a section, "
            "but none is named"
        )
        return UsageError(message, hint)
    meant = get_close_matches(first, sections, n=1)
    hint = f"did you mean {meant[0]}?" if meant else f"the sections are {', '.join(sections)}"
    return UsageError(f"{subject}: there is no section {first}", hint)


def resolve_position(
    subject: str, written: str, stretch: Stretch, schedule: Schedule, *, may_be_end: bool = False
) -> tuple[Fraction | None, Fraction]:
    """Return a position's quarter (None if timed) and its offset in seconds within a stretch.

    Args:
        subject: The option that gives the position, for messages.
        written: The position in the stretch; empty for its beginning.
        stretch: The stretch.
        schedule: The schedule that it belongs to.
        may_be_end: Whether the very end of the stretch is also allowed.

    Raises:
        UsageError: This is not a position, or the stretch is over before it.
    """
    if not written:
        return (None if stretch.tempo is None else Fraction(0)), Fraction(0)
    faults = Diagnostics()
    span = _span(written)
    local = BlockTime(
        schedule.grid,
        stretch.meters,
        faults,
        (),
        NO_BEATS if schedule.clock.counts_seconds else NO_TEMPO,
        begins=stretch.start,
    )
    local.tempo = stretch.tempo
    read = read_position(written, span, faults)
    if isinstance(read, FromEnd) and stretch.is_live:
        message = f"{subject}: section {stretch.section} ends when its trigger fires"
        raise UsageError(message, "name a position from its start")
    position = None if read is None else _found(read, stretch, local)
    offset = None if position is None else local.seconds_of(position, span)
    if position is None or offset is None:
        raise _refused(subject, written, stretch, faults)
    if offset > stretch.seconds or (offset == stretch.seconds and not may_be_end):
        name = "the score" if stretch.section is None else f"section {stretch.section}"
        length = ("at most " if stretch.is_live else "") + length_in_words(stretch)
        raise UsageError(
            f"{subject}: {name} is {length} long, so it is over before {written}",
            "name an earlier position",
        )
    return position.quarter, offset


def _found(written: Position, stretch: Stretch, local: BlockTime) -> BlockPosition | None:
    match written:
        case AtBar() | AtTick() | AtOffset():
            return local.locate(written)
        case After():
            return local.advance(local.start, written.by.amount, written.by.unit, written.span)
        case AtMark():
            mark = next((one for one in stretch.marks if one.name == written.name), None)
            if mark is None:
                return None
            musical = mark.quarter is not None
            start = BlockPosition(
                mark.quarter,
                None if musical else mark.offset,
                Unit.BEATS if musical else Unit.SECONDS,
            )
            return (
                start
                if written.plus is None
                else local.advance(start, written.plus.amount, written.plus.unit, written.span)
            )
        case FromEnd():
            end = (
                BlockPosition(None, stretch.seconds, Unit.SECONDS)
                if stretch.quarters is None
                else BlockPosition(stretch.quarters, None, Unit.BARS)
            )
            return local.count_back(end, written.by, written.span, stretch.section)


def _refused(subject: str, written: str, stretch: Stretch, faults: Diagnostics) -> UsageError:
    fault = faults.diagnostics[0] if faults.diagnostics else None
    if fault is not None:
        return UsageError(f"{subject}: {fault.message}", fault.hint)
    marks = ", ".join(one.name for one in stretch.marks)
    name = "the score" if stretch.section is None else f"section {stretch.section}"
    hint = f"its marks are {marks}" if marks else f"{name} has no marks; write a bar"
    return UsageError(f"{subject}: there is no such mark in {name}: {written}", hint)


def _span(text: str) -> Span:
    return Span("position", 1, 1, 1, len(text) + 1)
