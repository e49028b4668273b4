"""Timelines of scores for several stages have a lane for each, and name the stages of each cue."""

from __future__ import annotations

from pathlib import Path

import sequencer
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.studio.finished_stages import finished_stages_plot
from sequencer.studio.plots import schedule_plot
from sequencer.studio.stage_plots import ensemble_plot

SCREENS = Path(__file__).parents[3] / "scores" / "three-screens.score"


def screens() -> EnsembleSchedule:
    return sequencer.compile_ensemble(sequencer.read(SCREENS))


def test_each_stage_has_what_its_own_timeline_has() -> None:
    ensemble = screens()
    plot = ensemble_plot(ensemble)
    assert [one["name"] for one in plot["stages"]] == ["left", "middle", "right"]
    assert plot["prompts"] == []
    for stage in plot["stages"]:
        part = schedule_plot(ensemble.part(stage["name"]))
        assert stage["prompts"] == part["prompts"]
        assert stage["takes"] == part["takes"]
        assert (stage["sr"], plot["sr"]) == ([], part["sr"])  # the same on all: drawn once
    assert plot["takes"] == []


def test_cues_name_their_stages() -> None:
    flags = ensemble_plot(screens())["flags"]
    assert [(one["n"], one["line"], one.get("stages")) for one in flags] == [
        (0, 18, None),
        (1, 19, ["left"]),
        (2, 20, ["right"]),
        (3, 21, ["middle"]),
        (4, 25, None),
        (5, 26, ["left", "right"]),
        (6, 27, ["middle"]),
    ]


def test_what_was_played_has_the_cues_of_all_stages() -> None:
    result = sequencer.rehearse_ensemble(SCREENS, video=False, save=False)
    assert result.ensemble is not None
    plot = finished_stages_plot(result.ensemble)
    assert plot["performed"]
    assert [(one["landed"], one.get("stages")) for one in plot["flags"]] == [
        (0, None),
        (7, ["left"]),
        (11, ["right"]),
        (15, ["middle"]),
        (22, None),
        (29, ["left", "right"]),
        (36, ["middle"]),
    ]
    starts = {one["name"]: [held["start"] for held in one["prompts"]] for one in plot["stages"]}
    assert starts["left"] == [0, 7, 22, 29]
    assert starts["middle"] == [0, 15, 22, 36]
