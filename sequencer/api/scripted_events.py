"""Parse `--event WHAT@WHEN`: a chunk or time of the run, or a section's position as in scores."""

from __future__ import annotations

import re
from dataclasses import replace

from sequencer.api.run_positions import find_passes, read_seconds, resolve_position, sections_of
from sequencer.api.run_positions import position_without_section as without_section
from sequencer.core.errors import UsageError
from sequencer.core.timebase import nanoseconds
from sequencer.runtime.operator.commands import FindImage
from sequencer.runtime.scripted_events import ScriptedEvent, parse_scripted_event
from sequencer.schedule.model import Schedule

_PLAIN = re.compile(r"\d{1,9}(?:\.\d{1,9})?\s*(?:c|s|ms)\Z")
EVENT_HINT = (
    "write WHAT@WHEN: 'go exit@12c' when 12 chunks are done, 'note C3@3.5s' that long after the "
    "start, "
    "'cc 20=70@drop 9.3' at a position of a section, 'go exit@drop 2/2 9.3' in its second pass"
)


def read_event(text: str, schedule: Schedule, find_image: FindImage | None = None) -> ScriptedEvent:
    """Parse one `--event` for a run of a schedule.

    Args:
        text: ``WHAT@WHEN``. WHAT is a command as `sequencer tell` accepts it. WHEN is a number of
            chunks (``12c``), a time since the model started (``3.5s``, ``350ms``, ``1m30s``), or a
            section and a position in it (``drop 9.3``). A section with several passes may be
            followed by a pass number as in the cue sheet (``drop 2/2 9.3``). In a score without
            sections, a position needs no section.
        schedule: The schedule to play.
        find_image: Inspects an image that the event improvises; None if it cannot improvise one.

    Returns:
        The event with its time or positions.

    Raises:
        UsageError: The text is not of this form, or the schedule does not have this section, pass
            or position.
    """
    what, at, when = text.rpartition("@")
    when = when.strip()
    if not at or not what.strip() or not when:
        raise UsageError(f"--event {text!r} is not WHAT@WHEN", EVENT_HINT)
    if _PLAIN.match(when):
        return parse_scripted_event(f"{what}@{when}", schedule.middle, text, find_image)
    made = parse_scripted_event(f"{what}@0c", schedule.middle, text, find_image)
    return _with_positions(made, when, schedule)


def _with_positions(made: ScriptedEvent, when: str, schedule: Schedule) -> ScriptedEvent:
    """Return the event with the positions, or the time in score syntax, that `when` describes."""
    sections = sections_of(schedule)
    first, _, rest = when.partition(" ")
    subject = f"--event {made.text!r}"
    if first in sections:
        stretches, written = find_passes(subject, first, rest.strip(), schedule)
    elif sections:
        after = read_seconds(when)
        if after is None:
            raise without_section(subject, when, first, sections)
        return replace(made, chunk=None, after=nanoseconds(after))
    elif first[:1].isalpha() and first not in ("mark", "end"):
        message = f"{subject}: there is no section {first}: this score has no sections"
        raise UsageError(message, "write a chunk (12c) or a time (3.5s)")
    else:
        stretches, written = schedule.stretches, when
    positions = {one.index: resolve_position(subject, written, one, schedule) for one in stretches}
    return replace(made, chunk=None, positions=positions)
