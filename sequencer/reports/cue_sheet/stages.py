"""The cue sheets of a score for several stages, one after another or in one table."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

from sequencer.core.errors import UsageError
from sequencer.reports.cue_sheet.export import as_csv, as_json, as_markdown
from sequencer.reports.cue_sheet.rows import sheet_of
from sequencer.reports.cue_sheet.terminal import as_table
from sequencer.schedule.ensemble import EnsembleSchedule

FORMAT = 1
"""The version number of the JSON format."""


def render_sheets(ensemble: EnsembleSchedule, kind: str, *, full: bool, width: int) -> str:
    """Return the cue sheets of all stages.

    Args:
        ensemble: The schedules of the stages.
        kind: `table` and `markdown` are one sheet after another, each with the name of its stage in
            its title. `csv` is one table whose first column is the stage. `json` is one object.
        full: As for `as_table` and `as_markdown`.
        width: As for `as_table`.

    Raises:
        UsageError: The kind is `html`: a page is for one stage.
    """
    match kind:
        case "html":
            raise UsageError(
                "a page shows the cue sheet of one stage, and this score is for "
                f"{len(ensemble.parts)} ({', '.join(ensemble.names)})",
                f"choose one: --part {ensemble.reference_name}, or in Python "
                f"part={ensemble.reference_name!r}",
            )
        case "csv":
            return _as_csv(ensemble)
        case "json":
            return _as_json(ensemble)
        case _:
            titled = (
                sheet_of(replace(schedule, title=f"{schedule.title or 'Untitled'} · {name}"))
                for name, schedule in ensemble.parts
            )
            return "\n".join(
                as_markdown(sheet, full=full)
                if kind == "markdown"
                else as_table(sheet, width, full=full)
                for sheet in titled
            )


def _as_csv(ensemble: EnsembleSchedule) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for index, (name, schedule) in enumerate(ensemble.parts):
        head, *rows = csv.reader(io.StringIO(as_csv(sheet_of(schedule))))
        if index == 0:
            writer.writerow(["stage", *head])
        writer.writerows([name, *row] for row in rows)
    return out.getvalue()


def _as_json(ensemble: EnsembleSchedule) -> str:
    value = {
        "helios-sheets": FORMAT,
        "realign": ensemble.realign,
        "stages": [
            {"stage": name, **json.loads(as_json(sheet_of(schedule)))}
            for name, schedule in ensemble.parts
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
