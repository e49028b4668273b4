"""The cues of a schedule as plain rows, for data frames."""

from __future__ import annotations

from typing import Any

from sequencer.schedule.describe import describe_act
from sequencer.schedule.model import Schedule

CUE_COLUMNS = {
    "cue": "the number of the cue, from 1",
    "section": "the section's name, or None",
    "pass": "the number of the pass of the section, from 1",
    "place": "the position as the author wrote it",
    "seconds": "the time since the score began, as a float; after a live section, "
    "if that lasts its maximum",
    "seconds_exact": "the same as a Fraction",
    "quarter": "the time in quarters since the pass of the section began, as a float; "
    "None without beats",
    "quarter_exact": "the same as a Fraction, or None",
    "chunk": "the score chunk for which it is planned; after a live section, the latest one",
    "error_ms": "the signed snap error in milliseconds, as a float",
    "error": "the same in seconds, as a Fraction",
    "snap": "`nearest`, `floor` or `ceil`",
    "what": "a description of what it does",
    "prompt": "the complete prompt that it shows, or None",
    "file": "the file of the score",
    "line": "its line, from 1; 0 if it has none",
}  # fmt: skip
"""The columns of `Schedule.to_dicts`, with their meanings."""


def cue_rows(schedule: Schedule) -> list[dict[str, Any]]:
    """Return a row for each cue of a schedule, in order."""
    found: list[dict[str, Any]] = []
    for stretch in schedule.stretches:
        for entry in stretch.entries:
            seconds = stretch.start + entry.offset
            found.append(
                {
                    "cue": entry.id + 1,
                    "section": stretch.section,
                    "pass": stretch.occurrence,
                    "place": entry.place,
                    "seconds": float(seconds),
                    "seconds_exact": seconds,
                    "quarter": None if entry.quarter is None else float(entry.quarter),
                    "quarter_exact": entry.quarter,
                    "chunk": entry.chunk,
                    "error_ms": float(entry.error * 1000),
                    "error": entry.error,
                    "snap": entry.snap.value,
                    "what": ", ".join(describe_act(act) for act in entry.acts),
                    "prompt": next((act.text for act in entry.acts if act.kind == "prompt"), None),
                    "file": entry.origin.file,
                    "line": entry.origin.line,
                }
            )
    return found
