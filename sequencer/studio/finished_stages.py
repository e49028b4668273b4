"""What the page shows of a run on several stages that is over.

Its report is that of the reference stage, with the notes of all stages, and in `ensemble` what is
known of them together:

| key | value |
|---|---|
| `stages` | for each stage `name`, `verdict` (one sentence) and `lost` |
| `spread_ms`, `freeze_ms`, `cues` | as in `report.json` of such a run; see `docs/screens.md` |
| `alignments` | how often the stages waited for each other |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.ensemble import Ensemble
from sequencer.media.score_sounds import ScoreSound
from sequencer.runtime.live.status import LiveStatus
from sequencer.runtime.output.report_format import verdict
from sequencer.runtime.results import EnsembleResult
from sequencer.studio.finished import finished_view
from sequencer.studio.lines import Lines
from sequencer.studio.run_source import Moments, RunSource
from sequencer.studio.stage_lines import StageLines
from sequencer.studio.stage_plots import run_plot
from sequencer.studio.stages_view import lost_alerts


def stages_report(result: EnsembleResult) -> dict[str, Any]:
    """Return the report of a run on several stages, as the page shows it.

    Args:
        result: The result of the run.
    """
    document, reports = result.document, result.report.reports
    parts: Mapping[str, Mapping[str, Any]] = document["stages"]
    lost = document["lost"]
    first = next((part for name, part in parts.items() if name not in lost), None)
    shown = dict(next(iter(parts.values())) if first is None else first)
    stalled = max(part["summary"]["stalled_seconds"] for part in parts.values())
    billed = [
        part["measured"]["billed_seconds"]
        for part in parts.values()
        if "billed_seconds" in part.get("measured", {})
    ]
    errors = [
        abs(cue["error_ms"])
        for part in parts.values()
        for cue in part["cues"]
        if cue["error_ms"] is not None
    ]
    return {
        **shown,
        "title": document["title"],
        "ended": document["ended"],
        "ended_well": document["ended_normally"],
        "chunks": max(part["chunks"] for part in parts.values()),
        **({"measured": {"billed_seconds": sum(billed)}} if billed else {}),
        "summary": {
            **shown["summary"],
            "stalled_seconds": stalled,
            "snap_error_ms": {"mean": round(mean(errors), 1), "worst": max(errors)}
            if errors
            else None,
        },
        "stalls": [
            {**stall, "stage": name} for name, part in parts.items() for stall in part["stalls"]
        ],
        "refused": _named(parts, "refused"),
        "notes": [
            *(f"{note['stage']}: {note['text']}" for note in document["notes"]),
            *_named(parts, "notes"),
        ],
        "ensemble": {
            "stages": [
                {"name": name, "verdict": verdict(one), "lost": name in lost}
                for name, one in reports.items()
            ],
            "spread_ms": document["spread_ms"],
            "freeze_ms": document["freeze_ms"],
            "alignments": len(document["alignments"]),
            "cues": document["cues"],
        },
    }


def _named(parts: Mapping[str, Mapping[str, Any]], key: str) -> list[str]:
    return [f"{name}: {text}" for name, part in parts.items() for text in part[key]]


def finished_stages(
    ensemble: Ensemble,
    report: Mapping[str, Any],
    *,
    stage: str = "simulator",
    failures: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the parts of a snapshot of a run on several stages that is over.

    Args:
        ensemble: The conductors at the end of the run.
        report: Its report, as `stages_report` returns it.
        stage: What it played on.
        failures: A sentence for each file that could not be written completely.
    """
    reference = ensemble.conductors[ensemble.reference]
    parts = finished_view(reference, report, stage=stage, failures=failures)
    return {
        **parts,
        "lines": lines_of(ensemble.conductors).lines(),
        "alerts": [*lost_alerts(ensemble.notes), *parts["alerts"]],
        "stages": list(ensemble.conductors),
    }


def finished_stages_plot(
    ensemble: Ensemble,
    thumbnails: Mapping[str, str] | None = None,
    sound: ScoreSound | None = None,
) -> dict[str, Any]:
    """Return the timeline of a run on several stages that is over, as JSON."""
    return run_plot(
        ensemble.conductors,
        ensemble.reference,
        lines_of(ensemble.conductors),
        thumbnails=thumbnails,
        sound=sound,
        is_over=True,
    )


def lines_of(conductors: Mapping[str, Conductor]) -> StageLines:
    """Return the deliveries of the stages of a run as they are now."""
    found = StageLines(tuple(conductors))
    for name, conductor in conductors.items():
        source = RunSource(conductor=conductor, status=LiveStatus(conductor, 0))
        lines = Lines(source, Moments(source))
        with lines.as_of_now():
            found.change(name, lines.current())
    return found
