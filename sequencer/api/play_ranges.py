"""Read `--from POSITION` and `--to POSITION`: the part of a score that a run plays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from sequencer.api.run_positions import (
    find_passes,
    position_without_section,
    read_seconds,
    resolve_position,
    sections_of,
)
from sequencer.core.errors import UsageError
from sequencer.core.unicode_names import with_composed_marks
from sequencer.engine.play_range import MAX_TEXT, PlayRange, RangePosition
from sequencer.schedule.model import Schedule

_CHUNKS = re.compile(r"(?P<chunk>\d{1,9})\s*c\Z")
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?\s*(?:s|ms)\Z")
POSITION_HINT = (
    "write a section (drop), a position in it (drop 9.1, drop 2/2 9.1), a time (90s, 1m30s) or a "
    "chunk (24c)"
)


def read_range(
    start: str | None,
    stop: str | None,
    schedule: Schedule,
    before: PlayRange | None = None,
) -> PlayRange | None:
    """Return the range that `--from` and `--to` give.

    Args:
        start: The position of `--from`; None for the beginning.
        stop: The position of `--to`; None for the end.
        schedule: The schedule that is played.
        before: The range of the run that is repeated, whose ends apply unless they are given.

    Raises:
        UsageError: A position cannot be read or is not in the score, or the range is empty.
    """
    if start is None and stop is None:
        return before
    begins = None if before is None else before.start
    ends = None if before is None else before.stop
    if start is not None:
        found = _positions("--from", start, schedule)
        begins = next((one for one in found if one.chunk(schedule) < schedule.end), None)
        if begins is None:
            raise _beyond("--from", start, schedule)
    first = 0 if begins is None else begins.chunk(schedule)
    if stop is not None:
        found = _positions("--to", stop, schedule)
        ends = next((one for one in found if one.chunk(schedule) > first), None)
        if ends is None:
            raise _not_after(stop, start, found[-1].chunk(schedule), first)
        if ends.chunk(schedule) > schedule.end:
            raise _beyond("--to", stop, schedule)
    if ends is not None and ends.chunk(schedule) <= first:
        raise _not_after(ends.text, start, ends.chunk(schedule), first)
    if first == 0 and begins is not None:
        begins = None
    return None if begins is None and ends is None else PlayRange(start=begins, stop=ends)


def check_range_has_no_clock(
    start: str | None, stop: str | None, schedule: Schedule, follow: bool
) -> None:
    """Check that a live run with a range follows no clock, which gives the position itself.

    Raises UsageError.
    """
    option = "--from" if start is not None else "--to" if stop is not None else None
    if option is None:
        return
    if schedule.clock.is_external:
        raise UsageError(
            f"{option} selects a part of the score, but this score follows an external clock, "
            "which gives the position",
            "omit it and start the clock at that position, or select the part in a rehearsal: "
            "sequencer rehearse SCORE --from POSITION --to POSITION",
        )
    if follow:
        raise UsageError(
            f"{option} selects a part of the score, but --follow counts its positions from the "
            "beginning of the run",
            f"omit --follow or {option}",
        )


def _positions(option: str, written: str, schedule: Schedule) -> Sequence[RangePosition]:
    """Return the positions that a text can mean, in order: one in each pass of a section."""
    text = with_composed_marks(" ".join(written.split()))
    subject = f"{option} {text!r}"
    if not text or len(text) > MAX_TEXT:
        raise UsageError(f"{option} {written[:40]!r} is not a position", POSITION_HINT)
    sections = sections_of(schedule)
    first, _, rest = text.partition(" ")
    if first in sections:
        stretches, inside = find_passes(subject, first, rest.strip(), schedule)
    elif (time := _time(text, schedule)) is not None:
        return [_at(time, text, schedule, option)]
    elif sections:
        raise position_without_section(subject, text, first, sections)
    elif first[:1].isalpha() and first != "mark":
        raise UsageError(
            f"{subject}: there is no section {first}: this score has no sections",
            "write a bar (9.1), a time (90s) or a chunk (24c)",
        )
    else:
        stretches, inside = schedule.stretches, text
    may_be_end = option == "--to"
    return [
        RangePosition(
            stretch=one.index,
            offset=resolve_position(subject, inside, one, schedule, may_be_end=may_be_end)[1],
            text=text,
        )
        for one in stretches
    ]


def _time(text: str, schedule: Schedule) -> Fraction | None:
    """Return the seconds of a chunk or a time since the score began; None for another text."""
    chunks = _CHUNKS.match(text)
    if chunks is not None:
        return schedule.grid.boundary(int(chunks["chunk"]))
    if _SECONDS.match(text):
        number = Fraction(text.rstrip("ms ").strip())
        return number / 1000 if text.endswith("ms") else number
    return read_seconds(text) if text[:1].isdigit() and text.endswith("s") else None


def _at(time: Fraction, text: str, schedule: Schedule, option: str) -> RangePosition:
    """Return the position at a nominal time of the score. Raises UsageError beyond its end."""
    for one in reversed(schedule.stretches):
        if one.start <= time:
            break
    offset = time - one.start
    if offset > one.seconds and schedule.grid.snap(time, schedule.snap) > schedule.end:
        raise _beyond(option, text, schedule)
    return RangePosition(stretch=one.index, offset=min(offset, one.seconds), text=text)


def _beyond(option: str, text: str, schedule: Schedule) -> UsageError:
    seconds = float(schedule.grid.boundary(schedule.end))
    hint = "name an earlier position" + (", or omit --to" if option == "--to" else "")
    return UsageError(
        f"{option} {text!r}: the score is over by then: it has {schedule.end} chunks "
        f"({seconds:.1f} s)",
        hint,
    )


def _not_after(stop: str, start: str | None, ends: int, begins: int) -> UsageError:
    where = "the beginning" if start is None else f"--from {start!r}"
    return UsageError(
        f"--to {stop!r} (chunk {ends}) is not after {where} (chunk {begins})",
        "name a later position with --to, or an earlier one with --from",
    )
