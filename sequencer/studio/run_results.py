"""What the studio makes of the result of a run, on one stage or on several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sequencer.media.score_sounds import ScoreSound
from sequencer.runtime.results import EnsembleResult, PerformanceResult, RehearsalResult
from sequencer.studio.finished import finished_view
from sequencer.studio.finished_stages import finished_stages, finished_stages_plot
from sequencer.studio.plots import finished_plot

RunResult = PerformanceResult | RehearsalResult | EnsembleResult


def result_view(result: RunResult, report: Mapping[str, Any], stage: str) -> dict[str, Any]:
    """Return the parts of a snapshot of a run that is over.

    Args:
        result: The result of the run.
        report: Its report.
        stage: What it played on.
    """
    if isinstance(result, EnsembleResult):
        if result.ensemble is None:
            raise ValueError("the result of a run that has just ended has its conductors")
        return finished_stages(result.ensemble, report, stage=stage, failures=result.failures)
    if result.conductor is None:
        raise ValueError("the result of a run that has just ended has its conductor")
    return finished_view(result.conductor, report, stage=stage, failures=result.failures)


def result_plot(
    result: RunResult, thumbnails: Mapping[str, str], sound: ScoreSound | None
) -> dict[str, Any]:
    """Return the timeline of a run that is over, as JSON."""
    if isinstance(result, EnsembleResult):
        if result.ensemble is None:
            raise ValueError("the result of a run that has just ended has its conductors")
        return finished_stages_plot(result.ensemble, thumbnails, sound)
    if result.conductor is None:
        raise ValueError("the result of a run that has just ended has its conductor")
    return finished_plot(result.conductor, thumbnails, sound)
