"""The page shows of a run on several stages what all of them do, and follows another reference
stage when the first one is lost.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import sequencer
from sequencer.engine.ensemble import Ensemble
from sequencer.events.events import OffsetChanged
from sequencer.runtime.live.status import LiveStatus
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.stages.simulated.faults import Faults
from sequencer.studio.plots import PLOT_INTERVAL_NS
from sequencer.studio.run_source import RunSource
from sequencer.studio.stages_view import EnsembleLines, StagePlots, StagesView
from tests.support.ensembles import play_ensemble

SCORE = """\
clock 120 bpm, 4/4
stages left, right
seed 3
section jam until go on, max 16 bars {
  at 1 "A tram stop."
  at 3 on right "Rain."
  on note D3 -> on right "A tram."
  on note E3 -> on left "Snow."
  on note E3 -> on right "Ice."
}
section end 2 bars {
  at 1 "Night."
}
"""


def jam() -> EnsembleSchedule:
    return sequencer.compile_ensemble(sequencer.reads(SCORE))


def view_of(ensemble: Ensemble) -> StagesView:
    reference = ensemble.conductors[ensemble.reference]
    source = RunSource(conductor=reference, status=LiveStatus(reference, 0))
    return StagesView(source, ensemble)


def test_before_the_run_begins_all_cues_and_pads_are_shown() -> None:
    shown = view_of(Ensemble(jam())).snapshot(0)
    assert shown["stages"] == ["left", "right"]
    lines = sorted(shown["lines"], key=lambda one: one["time_s"])
    assert [(one["place"], one.get("stages")) for one in lines] == [
        ("1.1", None),
        ("3.1", ["right"]),
        ("1.1", None),
    ]
    pads: dict[str, Any] = {pad["id"]: pad for pad in shown["pads"]}
    assert list(pads) == ["note D3", "note E3", "go on"]
    assert " / " in pads["note E3"]["label"]  # another prompt on each stage
    assert pads["go on"]["leaves"]
    assert shown["alerts"] == []


def test_a_patch_has_the_lines_that_changed_on_any_stage(tmp_path: Path) -> None:
    run = play_ensemble(jam(), tmp_path, events=["note D3@2c", "go on@6c"])
    view = view_of(run.ensemble)
    view.snapshot(0)
    fired = [line for line in view.parts(0)["lines"] if line["fired"] == "note D3"]
    assert [line["stages"] for line in fired] == [["right"]]
    left = [line for line in view.parts(0)["lines"] if line["fired"] == "go on"]
    assert [line.get("stages") for line in left] == [None]  # both left at the same bar: one line
    pads = {pad["id"]: pad["fired"] for pad in view.parts(0)["pads"]}
    assert (pads["note D3"], pads["note E3"], pads["go on"]) == (1, 0, 1)


def test_a_lost_reference_stage_is_reported_and_followed(tmp_path: Path) -> None:
    faults = {"left": Faults.model_validate({"end": {"at": 8}})}
    run = play_ensemble(jam(), tmp_path, faults=faults, events=["go on@10c"])
    assert run.ensemble.reference == "right"
    left, right = run.ensemble.conductors.values()
    view = StagesView(RunSource(conductor=left, status=LiveStatus(left, 0)), run.ensemble)
    assert [alert["id"] for alert in view.alerts(0)] == ["lost-left"]
    view.look(OffsetChanged(0, 0), (), right)
    assert view.source.conductor is right
    assert [alert["id"] for alert in view.snapshot(0)["alerts"]] == ["lost-left"]


def test_a_new_line_is_in_the_patch_and_what_it_replaces_is_gone(tmp_path: Path) -> None:
    run = play_ensemble(jam(), tmp_path, events=["go on@6c"])
    lines = EnsembleLines(view_of(run.ensemble).sources)
    lines.begin()
    known = lines.known()
    assert lines.changed() == ([], [])
    assert {one["n"] for one in lines.current()} == {one["n"] for one in known}


def test_the_timeline_is_made_anew_only_when_it_has_changed(tmp_path: Path) -> None:
    run = play_ensemble(jam(), tmp_path, events=["go on@6c"])
    source = view_of(run.ensemble).source
    plots = StagePlots(run.ensemble, source, {}, None)

    async def made() -> tuple[Any, Any, Any]:
        return (
            await plots.plot_in_thread(0),
            await plots.plot_in_thread(PLOT_INTERVAL_NS // 2),
            await plots.plot_in_thread(2 * PLOT_INTERVAL_NS),
        )

    first, soon, later = asyncio.run(made())
    assert [one["name"] for one in first["stages"]] == ["left", "right"]
    assert (soon, later) == (None, None)
