"""What the page shows of a run that is over, made from its result or its journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.journal import Journal
from sequencer.engine.replay import replayed
from sequencer.runtime.live.status import LiveStatus
from sequencer.runtime.output.report_format import as_json
from sequencer.studio.clock_state import ClockWatch, find_loss
from sequencer.studio.go_state import NO_GO
from sequencer.studio.protocol import Note
from sequencer.studio.run_source import RunSource
from sequencer.studio.run_view import RunView


def finished_view(
    conductor: Conductor,
    document: Mapping[str, Any],
    *,
    stage: str = "simulator",
    failures: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the parts of a snapshot of a run that is over.

    Args:
        conductor: The conductor at the end of the run, or after a replay of its journal.
        document: The content of `report.json`.
        stage: The stage on which it played.
        failures: A sentence for each file that could not be written completely.

    Returns:
        The parts of a snapshot for the mode `report`.
    """
    source = RunSource(
        conductor=conductor,
        status=LiveStatus(conductor, 0),
        stage=stage,
        failures=lambda: failures,
    )
    parts = RunView(source).parts(0)
    return {
        **parts,
        "playback": None,
        "clock": None,
        "go": NO_GO,
        "next": None,
        "notes": [Note(at=0, text=text) for text in document.get("notes", ())],
        "report": dict(document),
    }


def finished_view_of_journal(journal: Journal) -> tuple[Conductor, dict[str, Any]]:
    """Return the conductor at the end of a journal, and the parts of a snapshot of its run.

    The report is made anew: it has the cues and notes, but not what only the run itself measured.
    """
    conductor = replayed(journal)
    settings = dict(journal.header.get("settings", {}))
    schedule = conductor.view.schedule
    document = as_json(
        conductor.report(),
        {"title": schedule.title, "seed": schedule.seed, "settings": settings},
    )
    stage = str(settings.get("stage", ""))
    watch, last = ClockWatch(), 0
    for record in journal.records:
        if record.event is not None:
            watch.handle(record.event)
            last = record.event.at
    loss = find_loss(conductor.view, watch, last)
    if loss is not None:
        document["clock_lost"] = loss
    return conductor, finished_view(conductor, document, stage=stage)
