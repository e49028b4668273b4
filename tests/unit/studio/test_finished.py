"""The page shows a run that is over from its result, and from its journal alone."""

from __future__ import annotations

import json
from pathlib import Path

import sequencer
from sequencer.engine.journal import read_journal
from sequencer.studio.finished import finished_view, finished_view_of_journal
from sequencer.studio.plots import finished_plot
from tests.support.studio_runs import SCORES


def test_a_rehearsal_in_virtual_time_is_shown_from_its_result(tmp_path: Path) -> None:
    result = sequencer.rehearse(
        SCORES / "live-set.score",
        video=False,
        out=tmp_path / "run",
        events=["note D3 ch 10@9c", "go out@14c"],
    )
    assert result.conductor is not None
    shown = finished_view(result.conductor, result.document)
    assert {line["status"] for line in shown["lines"]} <= {"landed", "skipped"}
    assert {line["place"] for line in shown["lines"]} >= {"note D3 ch 10", "go out", "9.1"}
    assert (shown["playback"], shown["next"]) == (None, None)
    assert shown["go"]["state"] == "none"
    assert shown["report"]["summary"]["cues"] == len(result.report.cues)
    fired = {pad["id"]: pad["fired"] for pad in shown["pads"]}
    assert (fired["note D3 ch 10"], fired["go out"], fired["note E3"]) == (1, 1, 0)
    json.dumps(shown)


def test_a_journal_gives_what_the_result_gave(tmp_path: Path) -> None:
    result = sequencer.rehearse(
        SCORES / "live-set.score", video=False, out=tmp_path / "run", events=["go out@14c"]
    )
    assert result.conductor is not None
    conductor, shown = finished_view_of_journal(read_journal(tmp_path / "run"))
    assert shown["lines"] == finished_view(result.conductor, result.document)["lines"]
    assert finished_plot(conductor) == finished_plot(result.conductor)
    assert shown["report"]["cues"] == json.loads(json.dumps(dict(result.document)))["cues"]


def test_files_that_could_not_be_written_are_shown() -> None:
    result = sequencer.rehearse(SCORES / "live-set.score", video=False, save=False)
    assert result.conductor is not None
    shown = finished_view(result.conductor, result.document, failures=["the disk is full"])
    assert [alert["text"] for alert in shown["alerts"]] == ["The disk is full."]
