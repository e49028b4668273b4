"""The files of a run on several stages: one report, and a folder for each stage."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sequencer.core.diagnostics import escape_control
from sequencer.core.errors import OutputError, ScheduleError
from sequencer.core.images import ImageFile
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.ensemble_report import EnsembleReport
from sequencer.runtime.loop import Outcome
from sequencer.runtime.output.report_format import FORMAT, as_json, verdict
from sequencer.runtime.output.run_folder import RunFolder
from sequencer.schedule.describe import describe_pass
from sequencer.schedule.document import digest
from sequencer.schedule.ensemble import EnsembleSchedule

if TYPE_CHECKING:
    from sequencer.media.score_sounds import ScoreSound
    from sequencer.reports.timeline.player import Recording

_FOLDER_NAME = re.compile(r"\w[\w-]*\Z")


def check_folder_names(schedule: EnsembleSchedule) -> None:
    """Check that each stage can have a folder of its own.

    Raises:
        ScheduleError: A name is not one of a folder, or two would have the same folder.
    """
    folded = [name.casefold() for name in schedule.names]
    wrong = next((one for one in schedule.names if not _FOLDER_NAME.match(one)), None)
    if wrong is not None or len(set(folded)) < len(folded):
        raise ScheduleError(
            "each stage has a folder named after it, and these names cannot be folders: "
            + ", ".join(schedule.names),
            "choose names of letters and digits that differ in more than capitals",
        )


def make_stage_folder(keep: RunFolder, name: str) -> Path:
    """Make the folder of a stage in the folder of a run. Raises OutputError."""
    folder = keep.path / name
    try:
        folder.mkdir()
    except OSError as error:
        raise OutputError(f"{folder} cannot be created: {error.strerror}") from None
    return folder


def ensemble_document(
    schedule: EnsembleSchedule,
    report: EnsembleReport,
    outcome: Outcome,
    settings: Mapping[str, Any],
    facts: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the content of `report.json` of a run on several stages.

    Args:
        schedule: What each stage plays.
        report: The report of the run.
        outcome: The outcome of the run's loop.
        settings: How the run was set up. It must not contain a secret.
        facts: What the run knows of each stage besides its cues.
    """
    document: dict[str, Any] = {
        "helios-report": FORMAT,
        "title": schedule.reference.title,
        "seed": schedule.reference.seed,
        "schedule_digest": schedule.digest(),
        "realign": schedule.realign,
        "settings": dict(settings),
        **report.to_json(),
    }
    if outcome.journal_failure is not None:
        document["journal_failure"] = outcome.journal_failure
    if outcome.unreached:
        document["events_never_reached"] = list(outcome.unreached)
    if outcome.unanswered:
        document["events_nothing_waited_for"] = list(outcome.unanswered)
    document["stages"] = {
        name: as_json(
            report.reports[name],
            {"stage": name, "schedule_digest": digest(part), **facts.get(name, {})},
        )
        for name, part in schedule.parts
    }
    return document


def stage_parts(
    keep: RunFolder,
    name: str,
    conductor: Conductor,
    document: Mapping[str, Any],
    *,
    images: Callable[[ImageFile], bytes] | None,
    recording: Callable[[], Recording | None] | None = None,
    sound: ScoreSound | None = None,
    writing: Callable[[str], object] | None = None,
) -> list[Callable[[], object]]:
    """Return functions that write the report and the timelines of a stage into its folder.

    Args:
        keep: The folder of the run.
        name: The name of the stage.
        conductor: The conductor of the stage, at the end of the run.
        document: The content of the report of the stage.
        images: Returns the bytes of an image, for thumbnails.
        recording: Returns what the page plays, once the run is over.
        sound: The sound of the score, if it has one.
        writing: Called with the name of each timeline before it is written.
    """
    from sequencer.reports.timeline import Timelines
    from sequencer.reports.timeline.thumbnails import thumbnails_of

    schedule = conductor.view.schedule
    drawn = Timelines(
        schedule,
        conductor,
        {} if images is None else thumbnails_of(schedule, images, conductor.view.images),
        sound=sound,
        recording=None if recording is None else recording(),
    )

    def write(file: str, text: Callable[[], str]) -> None:
        if writing is not None:
            writing(f"{name}/{file}")
        keep.write(f"{name}/{file}", text())

    return [
        lambda: keep.write_json(f"{name}/report.json", dict(document)),
        lambda: write("timeline.svg", drawn.svg),
        lambda: write("timeline.html", drawn.html),
    ]


MAX_ROWS = 40
"""The most cues in the table."""


def ensemble_table(report: EnsembleReport, schedule: EnsembleSchedule) -> str:
    """Return the spread of each cue, what happened to each stage, and the verdict of each.

    If there are more than `MAX_ROWS` cues, those with the smallest spread are left out.
    """
    cues = sorted(report.cues, key=lambda one: (not one.missing, -(one.spread_ms or 0.0)))
    kept = sorted(cues[:MAX_ROWS], key=lambda one: one.chunk)
    passes = Counter(stretch.section for stretch in schedule.reference.stretches)
    rows = [("cue", "chunk", "spread", "first", "last", "")]
    for cue in kept:
        name = (
            ""
            if cue.section is None
            else describe_pass(cue.section, cue.occurrence, passes[cue.section])
        )
        rows.append(
            (
                f"{name} {cue.place}".strip(),
                str(cue.chunk),
                "" if cue.spread_ms is None else f"{cue.spread_ms:.0f} ms",
                cue.first or "",
                cue.last or "",
                f"not on {', '.join(cue.missing)}" if cue.missing else "",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.rjust(width) if column in (1, 2) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    if len(cues) > len(kept):
        lines.append(f"and {len(cues) - len(kept)} more; report.json lists all of them")
    lines += [f"{name}: {verdict(one)}" for name, one in report.reports.items()]
    lines += [f"note: the stage {one.stage}: {one.text}" for one in report.notes]
    for name, one in report.reports.items():
        lines += [f"note: {name}: {note}" for note in one.notes]
    return escape_control("\n".join(lines))


def ensemble_verdict(report: EnsembleReport) -> str:
    """Return one line that sums up a run on several stages."""
    parts = [f"{len(report.reports)} stages"]
    if report.spread is not None:
        parts.append(
            f"spread {report.spread.median_ms:.0f} ms in the median, "
            f"{report.spread.p95_ms:.0f} ms at p95, {report.spread.worst_ms:.0f} ms at worst"
        )
    freezes = report.freezes_ms
    if freezes:
        parts.append(f"frozen for up to {max(freezes):.0f} ms at alignments")
    if report.lost:
        parts.append(f"lost: {', '.join(report.lost)}")
    landed = sum(cue.landed is not None for one in report.reports.values() for cue in one.cues)
    parts.append(f"{landed} of {sum(len(one.cues) for one in report.reports.values())} cues landed")
    return escape_control(f"{report.ended}: " + ", ".join(parts))
