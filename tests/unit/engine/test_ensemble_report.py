"""What the report of a run on several stages states: spreads, freezes, lost stages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sequencer.engine.ensemble_report import report_of
from sequencer.stages.simulated.faults import End
from tests.support.ensembles import ensemble_of_texts, play_ensemble, stage_faults

LEFT = 'at 0c "A."\nat 5c "B."\nend 20c\n'
RIGHT = 'at 0c "A."\nat 5c "B."\nat 9c "Only here."\nend 20c\n'


def test_the_spread_is_from_the_first_stage_to_the_last(tmp_path: Path) -> None:
    schedule = ensemble_of_texts({"left": LEFT, "right": RIGHT})
    run = play_ensemble(schedule, tmp_path, {"right": stage_faults(-10_000)})
    report = report_of(run.ensemble)
    left, right = (run.ensemble.conductors[name].view.shown for name in ("left", "right"))
    assert [cue.chunk for cue in report.cues] == [0, 5, 9]
    for cue in report.cues:
        assert cue.spread_ms == pytest.approx((right[cue.chunk] - left[cue.chunk]) / 1e6, abs=0.01)
        assert (cue.first, cue.last, cue.missing) == ("left", "right", ())
    assert report.cues[2].place == "9c"
    assert report.spread is not None
    assert report.spread.chunks == 20
    spreads = sorted((right[chunk] - left[chunk]) / 1e6 for chunk in range(20))
    assert report.spread.worst_ms == pytest.approx(spreads[-1], abs=0.01)
    assert report.spread.median_ms == pytest.approx(spreads[9], abs=0.01)
    assert report.freezes_ms == ()
    assert report.went_as_written


def test_freezes_are_waits_of_stages_that_were_paused(tmp_path: Path) -> None:
    schedule = ensemble_of_texts({"left": LEFT, "right": RIGHT}, realign=5)
    run = play_ensemble(schedule, tmp_path, {"right": stage_faults(-10_000)})
    report = report_of(run.ensemble)
    assert len(report.freezes_ms) == 2 * 3
    late = 5 * 1_375 * (1 / 0.99 - 1)
    assert max(report.freezes_ms) == pytest.approx(late, abs=5)
    document = report.to_json()
    assert document["freeze_ms"]["worst"] == max(report.freezes_ms)
    assert [one["chunk"] for one in document["alignments"]] == [0, 5, 10, 15]
    json.dumps(document)


def test_a_lost_stage(tmp_path: Path) -> None:
    schedule = ensemble_of_texts({"left": LEFT, "right": RIGHT})
    ends = stage_faults(end=End(chunk=4, reason="gone"))
    report = report_of(play_ensemble(schedule, tmp_path, {"right": ends}).ensemble)
    assert report.lost == ("right",)
    assert not report.went_as_written
    assert report.ended_normally
    assert report.cues[1].spread_ms is None
    assert report.cues[1].missing == ("right",)
    assert [(one.stage, one.is_lost, one.text) for one in report.notes] == [("right", True, "gone")]


def test_nothing_was_shown_twice(tmp_path: Path) -> None:
    schedule = ensemble_of_texts({"left": LEFT, "right": RIGHT})
    ends = stage_faults(end=End(at=10_000_000))
    report = report_of(play_ensemble(schedule, tmp_path, {"left": ends, "right": ends}).ensemble)
    assert report.spread is None
    assert not report.ended_normally
    assert report.to_json()["spread_ms"] is None
