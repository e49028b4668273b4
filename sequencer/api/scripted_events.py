"""Parse `--event WHAT@WHEN`: a chunk or a time of the run, or a position of a section in the syntax of the score language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from fractions import Fraction

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.core.errors import UsageError
from sequencer.core.timebase import nanoseconds
from sequencer.language.compiler.ir import BlockPosition
from sequencer.language.compiler.local_time import NO_BEATS, NO_TEMPO, BlockTime
from sequencer.language.score import After, AtBar, AtMark, AtOffset, AtTick, Position, Unit
from sequencer.language.values.amounts import read_amount
from sequencer.language.values.positions import read_position
from sequencer.runtime.scripted_events import ScriptedEvent, parse_scripted_event
from sequencer.schedule.describe import length_in_words
from sequencer.schedule.model import Schedule, Stretch

_PLAIN = re.compile(r"\d{1,9}(?:\.\d{1,9})?\s*(?:c|s|ms)\Z")
_PASS = re.compile(r"(?P<number>\d{1,5})/(?P<passes>\d{1,5})\Z")
EVENT_HINT = (
    "write WHAT@WHEN: 'go exit@12c' when 12 chunks are done, 'note C3@3.5s' that long after the start, "
    "'cc 20=70@drop 9.3' at a position of a section, 'go exit@drop 2/2 9.3' in its second pass"
)


def read_event(text: str, schedule: Schedule) -> ScriptedEvent:
    """Parse one `--event` for a run of a schedule.

    Args:
        text: ``WHAT@WHEN``. WHAT is a command as `sequencer tell` accepts it. WHEN is a number of chunks (``12c``), a time
            since the model started (``3.5s``, ``350ms``, ``1m30s``), or a section and a position in it (``drop 9.3``). A
            section with several passes may be followed by a pass number as in the cue sheet (``drop 2/2 9.3``). In a score
            without sections, a position needs no section.
        schedule: The schedule to play.

    Returns:
        The event with its time or positions.

    Raises:
        UsageError: The text is not of this form, or the schedule does not have this section, pass or position.
    """
    what, at, when = text.rpartition("@")
    when = when.strip()
    if not at or not what.strip() or not when:
        raise UsageError(f"--event {text!r} is not WHAT@WHEN", EVENT_HINT)
    if _PLAIN.match(when):
        return parse_scripted_event(f"{what}@{when}", schedule.middle, text)
    made = parse_scripted_event(f"{what}@0c", schedule.middle, text)
    return _placed(made, when, schedule)


def _placed(made: ScriptedEvent, when: str, schedule: Schedule) -> ScriptedEvent:
    """Return the event with the positions, or the time in score syntax, that `when` describes."""
    sections = list(dict.fromkeys(one.section for one in schedule.stretches if one.section is not None))
    first, _, rest = when.partition(" ")
    if first in sections:
        stretches, place = _passes(made, first, rest.strip(), schedule)
    elif sections:
        after = _time(when)
        if after is None:
            raise _without_section(made, when, first, sections)
        return replace(made, chunk=None, after=nanoseconds(after))
    elif first[:1].isalpha() and first != "mark":
        message = f"--event {made.text!r}: there is no section {first}: what is played has no sections"
        raise UsageError(message, "write a chunk (12c) or a time (3.5s)")
    else:
        stretches, place = schedule.stretches, when
    spots = {one.index: _spot(made, place, one, schedule) for one in stretches}
    return replace(made, chunk=None, spots=spots)


def _passes(made: ScriptedEvent, section: str, rest: str, schedule: Schedule) -> tuple[Sequence[Stretch], str]:
    """Return the stretches that are meant (every pass if none is named), and the position after section and pass."""
    stretches = [one for one in schedule.stretches if one.section == section]
    word, _, place = rest.partition(" ")
    named = _PASS.match(word)
    if named is None:
        return stretches, rest
    number, passes = int(named["number"]), int(named["passes"])
    if passes != len(stretches) or not 1 <= number <= passes:
        count = f"{len(stretches)} passes" if len(stretches) > 1 else "one pass"
        right = f"{section} {min(max(1, number), len(stretches))}/{len(stretches)}" if len(stretches) > 1 else section
        message = f"--event {made.text!r}: section {section} has {count}, so there is no {section} {word}"
        raise UsageError(message, f"write {right}")
    return [one for one in stretches if one.occurrence == number], place.strip()


def _time(when: str) -> Fraction | None:
    """Return a time since the start, such as `1m30s`, in seconds; None if `when` is not a time."""
    read = read_amount(when, _span(when), Diagnostics(), "a place")
    return read[0] if read is not None and read[1] is Unit.SECONDS else None


def _without_section(made: ScriptedEvent, when: str, first: str, sections: list[str]) -> UsageError:
    if not first[:1].isalpha() or first == "mark":
        hint = f"write for example {sections[0]} {when}; the sections are {', '.join(sections)}"
        message = f"--event {made.text!r}: a position such as {when} counts from the start of a section, and none is named"
        return UsageError(message, hint)
    meant = get_close_matches(first, sections, n=1)
    hint = f"did you mean {meant[0]}?" if meant else f"the sections are {', '.join(sections)}"
    return UsageError(f"--event {made.text!r}: there is no section {first}", hint)


def _spot(made: ScriptedEvent, place: str, stretch: Stretch, schedule: Schedule) -> tuple[Fraction | None, Fraction]:
    """Return the quarter (None for a timed position) and the offset in seconds of a position in a stretch."""
    if not place:
        return (None if stretch.tempo is None else Fraction(0)), Fraction(0)
    faults = Diagnostics()
    span = _span(place)
    local = BlockTime(schedule.grid, stretch.meters, faults, (), NO_BEATS if schedule.clock.counts_seconds else NO_TEMPO)
    local.tempo = stretch.tempo
    read = read_position(place, span, faults)
    spot = None if read is None else _found(read, stretch, local)
    offset = None if spot is None else local.seconds_of(spot, span)
    if spot is None or offset is None:
        raise _refused(made, place, stretch, faults)
    if offset >= stretch.seconds:
        name = "the score" if stretch.section is None else f"section {stretch.section}"
        length = ("at most " if stretch.is_live else "") + length_in_words(stretch)
        raise UsageError(
            f"--event {made.text!r}: {name} is {length} long, so it is over before {place}", "name an earlier position"
        )
    return spot.quarter, offset


def _found(place: Position, stretch: Stretch, local: BlockTime) -> BlockPosition | None:
    match place:
        case AtBar() | AtTick() | AtOffset():
            return local.locate(place)
        case After():
            return local.advance(local.start, place.by.amount, place.by.unit, place.span)
        case AtMark():
            mark = next((one for one in stretch.marks if one.name == place.name), None)
            if mark is None:
                return None
            musical = mark.quarter is not None
            start = BlockPosition(mark.quarter, None if musical else mark.offset, Unit.BEATS if musical else Unit.SECONDS)
            return start if place.plus is None else local.advance(start, place.plus.amount, place.plus.unit, place.span)


def _refused(made: ScriptedEvent, place: str, stretch: Stretch, faults: Diagnostics) -> UsageError:
    told = faults.diagnostics[0] if faults.diagnostics else None
    if told is not None:
        return UsageError(f"--event {made.text!r}: {told.message}", told.hint)
    marks = ", ".join(one.name for one in stretch.marks)
    name = "the score" if stretch.section is None else f"section {stretch.section}"
    hint = f"its marks are {marks}" if marks else f"{name} has no marks; write a bar"
    return UsageError(f"--event {made.text!r}: there is no such mark in {name}: {place}", hint)


def _span(text: str) -> Span:
    return Span("--event", 1, 1, 1, len(text) + 1)
