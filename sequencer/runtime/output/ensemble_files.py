"""The files of a run on several stages: one report, and a folder for each stage."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sequencer.core.errors import OutputError, ScheduleError
from sequencer.core.images import ImageFile
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.ensemble_report import EnsembleReport
from sequencer.runtime.loop import Outcome
from sequencer.runtime.output.report_format import FORMAT, as_json
from sequencer.runtime.output.run_folder import RunFolder
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
