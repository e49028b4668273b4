"""Export the cue sheet as CSV, Markdown and JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

from sequencer.reports.cue_sheet.rows import Row, RuleRow, Sheet, describe_origin, summary_line
from sequencer.reports.cue_sheet.terminal import (
    describe_part,
    format_chunks,
    format_error,
    format_frame,
    format_number,
    format_position,
    format_time,
    replace_unprintable,
)
from sequencer.schedule.describe import decimal, describe_clock

FORMAT = 1
"""The version number of the JSON format."""

COLUMNS = (
    "cue",
    "section",
    "pass",
    "place",
    "bar_beat",
    "counted_from",
    "seconds",
    "frame",
    "chunk",
    "earliest_chunk",
    "snap",
    "snap_error_ms",
    "take",
    "trigger",
    "action",
    "source",
)
"""The columns of the CSV sheet. `counted_from` is empty (the score's start) or `exit of NAME`."""

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")


def _escape_formula(text: str) -> str:
    """Return a cell that no spreadsheet reads as a formula.

    A score's names cannot be formulas, but a schedule is untrusted.
    """
    text = text.replace("\r\n", "\n").replace(
        "\r", "\n"
    )  # a single \r would end the row and not be quoted
    return f"'{text}" if text[:1] in tuple("=+-@\t") else text


def as_csv(sheet: Sheet) -> str:
    """Return the sheet as CSV: a heading line, a line for each cue, then the rules.

    RFC 4180 with bare newlines. No cell is read as a formula.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for part in sheet.parts:
        for row in part.rows:
            writer.writerow(
                (
                    format_number(row),
                    _escape_formula(part.section or ""),
                    part.occurrence,
                    _escape_formula(row.place),
                    row.bar_beat,
                    "" if row.after is None else f"exit of {row.after}",
                    decimal(row.seconds, 6, trim=True),
                    "" if row.frame is None else decimal(row.frame, 6, trim=True),
                    *(
                        ("", "", "")
                        if row.is_message
                        else (row.chunk, row.earliest, row.snap.value)
                    ),
                    "" if row.error is None else decimal(row.error * 1000, 3, trim=True),
                    row.take,
                    "",
                    _escape_formula(", ".join(row.acts)),
                    _escape_formula(describe_origin(row.origin)),
                )
            )
    for rule in sheet.rules:
        where = "" if rule.everywhere else ", ".join(rule.parts)
        cells = [
            where,
            *[""] * 11,
            rule.trigger,
            ", ".join(rule.acts),
            describe_origin(rule.origin),
        ]
        writer.writerow([f"R{rule.number}", *map(_escape_formula, cells)])
    return out.getvalue()


def as_markdown(sheet: Sheet, *, full: bool = False) -> str:
    """Return a heading, a table for each part, and a list of rules.

    Texts are escaped: a prompt never becomes markup.

    Only the part of each prompt that changes is shown; with `full`, the complete prompt.
    """
    schedule = sheet.schedule
    lines = [
        f"# {_escape_markdown(sheet.title)}",
        "",
        _escape_markdown(describe_clock(schedule)),
        "",
        _escape_markdown(summary_line(schedule)),
    ]
    for part in sheet.parts:
        if part.section is not None or part.until:
            lines += ["", f"## {_escape_markdown(describe_part(part))}"]
        if part.rows:
            lines += [
                "",
                "| # | position | time | frame | chunk | snap error, ms | what | line |",
                "|--:|:--|--:|--:|--:|--:|:--|--:|",
            ]
            lines += [_markdown_row(row, full) for row in part.rows]
    if sheet.rules:
        lines += ["", "## Rules", ""]
        lines += [_markdown_rule(rule, full) for rule in sheet.rules]
    return "\n".join(lines) + "\n"


def _markdown_row(row: Row, full: bool) -> str:
    cells = (
        format_number(row),
        format_position(row),
        format_time(row),
        format_frame(row),
        format_chunks(row),
        format_error(row),
        ", ".join(row.acts if full else row.brief),
        str(row.origin.line) if row.origin.line else "",
    )
    return "| " + " | ".join(_escape_markdown(cell) for cell in cells) + " |"


def _markdown_rule(rule: RuleRow, full: bool) -> str:
    where = "everywhere" if rule.everywhere else f"in {', '.join(rule.parts)}"
    line = f", line {rule.origin.line}" if rule.origin.line else ""
    return "- " + _escape_markdown(
        f"on {rule.trigger} ({where}{line}) → {', '.join(rule.acts if full else rule.brief)}"
    )


def _escape_markdown(text: str) -> str:
    return _MARKUP.sub(r"\\\1", replace_unprintable(text).replace("&", "&amp;"))


def as_json(sheet: Sheet) -> str:
    """Return the sheet as JSON, ending in a newline.

    Exact times are fractions (as text), next to rounded numbers.
    """
    schedule = sheet.schedule
    value = {
        "helios-sheet": FORMAT,
        "title": schedule.title,
        "clock": {
            "kind": schedule.clock.kind,
            "bpm": None if schedule.clock.bpm is None else str(schedule.clock.bpm),
            "meter": str(schedule.clock.meter),
            "port": schedule.clock.port,
        },
        "grid": {
            "frames": schedule.grid.frames,
            **({} if schedule.grid.first is None else {"first": schedule.grid.first}),
            "fps": str(schedule.grid.fps),
            "chunk_seconds": str(schedule.grid.chunk),
        },
        "snap": schedule.snap.value,
        "lead": schedule.lead,
        "seed": schedule.seed,
        "sr": schedule.sr,
        "chunks": schedule.end,
        "takes": [
            {"take": take.index + 1, "chunk": take.start, "seed": take.opening.seed}
            for take in schedule.takes
        ],
        "summary": summary_line(schedule),
        "parts": [
            {
                "name": part.name,
                "section": part.section,
                "pass": part.occurrence,
                "length": part.length,
                "seconds": str(part.duration),
                "tempo": part.tempo or None,
                "meter": part.meter or None,
                "starts_after_exit_of": part.after,
                "starts_at_seconds": str(part.seconds),
                "chunk": part.chunk,
                "earliest_chunk": part.earliest,
                "end_chunk": part.end,
                "until": list(part.until),
                "left_at_the_earliest": part.left_earliest,
                "cues": [_cue_as_json(row) for row in part.rows],
            }
            for part in sheet.parts
        ],
        "rules": [
            {
                "rule": rule.number,
                "trigger": rule.trigger,
                "parts": list(rule.parts),
                "everywhere": rule.everywhere,
                "acts": list(rule.acts),
                "brief": list(rule.brief),
                "source": describe_origin(rule.origin),
            }
            for rule in sheet.rules
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _cue_as_json(row: Row) -> dict[str, Any]:
    return {
        "cue": None if row.is_message else row.number,
        "place": row.place,
        "bar_beat": row.bar_beat or None,
        "after_exit_of": row.after,
        "seconds": str(row.seconds),
        "time": format_time(row),
        "frame": None if row.frame is None else str(row.frame),
        "chunk": None if row.is_message else row.chunk,
        "earliest_chunk": None if row.is_message else row.earliest,
        "snap": None if row.is_message else row.snap.value,
        "snap_error_ms": None if row.error is None else decimal(row.error * 1000, 3, trim=True),
        "snap_error_ms_at_the_latest": None
        if row.is_message
        else decimal(row.error_at_latest * 1000, 3, trim=True),
        "take": row.take,
        "acts": list(row.acts),
        "brief": list(row.brief),
        "source": describe_origin(row.origin),
    }
