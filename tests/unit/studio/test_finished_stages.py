"""The page shows what all stages of a run did, also one that was lost."""

from __future__ import annotations

import json
from pathlib import Path

import sequencer
from sequencer.stages.simulated.faults import Faults
from sequencer.studio.finished_stages import finished_stages, stages_report

SCREENS = Path(__file__).parents[3] / "scores" / "three-screens.score"


def test_a_run_on_several_stages_is_shown_from_its_result() -> None:
    result = sequencer.rehearse_ensemble(SCREENS, video=False, save=False, events=["note D3@30c"])
    assert result.ensemble is not None
    report = stages_report(result)
    shown = finished_stages(result.ensemble, report)
    assert shown["stages"] == ["left", "middle", "right"]
    assert shown["alerts"] == []
    stages = {line["place"]: line.get("stages") for line in shown["lines"]}
    assert (stages["note D3"], stages["7.1"], stages["1.1"]) == (["left"], ["right"], None)
    assert report["ensemble"]["spread_ms"]["chunks"] == 44
    assert report["ensemble"]["alignments"] > 0
    assert [one["lost"] for one in report["ensemble"]["stages"]] == [False] * 3
    assert report["summary"]["snap_error_ms"]["worst"] == 625.0
    json.dumps(shown)


def test_a_lost_stage_is_reported() -> None:
    faults = {"left": Faults.model_validate({"end": {"at": 20}})}
    result = sequencer.rehearse_ensemble(SCREENS, video=False, save=False, faults=faults)
    assert result.ensemble is not None
    report = stages_report(result)
    shown = finished_stages(result.ensemble, report)
    assert [one["title"] for one in shown["alerts"]] == ["The stage left is lost"]
    assert [one["lost"] for one in report["ensemble"]["stages"]] == [True, False, False]
    assert report["chunks"] == 44  # of those that went on
    assert any(text.startswith("left: ") for text in report["notes"])
    assert {tuple(line.get("stages", ())) for line in shown["lines"] if line["landed"] == 22} == {
        ("middle", "right")
    }
