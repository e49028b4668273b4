"""Every score in scores/ goes through read → print → read → compile → rehearse → replay, twice,
with equal digests.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import sequencer
from sequencer.engine.conductor.report import Report
from sequencer.language.score import Score
from sequencer.schedule.document import from_json, to_json
from sequencer.schedule.ensemble import EnsembleSchedule
from tests.support.example_scores import compiled, digest_of
from tests.support.golden import Golden

SCORES = Path(__file__).parents[2] / "scores"
ALL = sorted(path.name for path in SCORES.iterdir() if path.suffix in {".score", ".yaml"})
PLAYED = [name for name in ALL if not name.startswith("library")]

OPERATOR_EVENTS = {
    "lights": ["note C3@8c"],
    "follow-the-drums": ["note C1 ch 10@10c", "cc 20=10@11c", "cc 20=80@13c", "program 5@20c"],
    "live-set": ["note D3 ch 10@9c", "cc 20=20@10c", "cc 20=90@12c", "note E3@13c", "go out@16c"],
    "pads": [
        "note C3 vel 120@10s",
        "note C3 vel 20@14s",
        "release D3@18s",
        "note E3@20s",
        "note G3@24s",
        "go out@20c",
    ],
}
"""The scripted events for scores that wait for events."""


def operator_events_of(name: str) -> list[str]:
    return OPERATOR_EVENTS.get(Path(name).stem, [])


def test_there_are_enough_scores_and_two_notations() -> None:
    assert len(PLAYED) >= 10
    assert sum(1 for name in PLAYED if name.endswith(".yaml")) >= 2


@pytest.mark.parametrize("name", ALL)
def test_printed_and_read_again_it_is_the_same_score(name: str) -> None:
    score = sequencer.read(SCORES / name)
    printed = sequencer.print_score(score)
    again = sequencer.reads(printed, file="again.score", folder=SCORES)
    assert sequencer.print_score(again) == printed
    assert digest_of(again) == digest_of(score)


@pytest.mark.parametrize("name", ALL)
def test_its_schedule_is_json_both_ways(name: str, golden: Golden) -> None:
    written = (SCORES / name).read_text(encoding="utf-8")
    schedule = compiled(sequencer.reads(written, file=name, folder=SCORES))
    if isinstance(schedule, EnsembleSchedule):
        text = schedule.to_json()
        assert EnsembleSchedule.from_json(text) == schedule
    else:
        text = to_json(schedule)
        assert from_json(text) == schedule
    golden(f"schedule-{name}.json", text)


@pytest.mark.parametrize("name", PLAYED)
def test_rehearsed_twice_it_leaves_the_same_run_and_replays(name: str, tmp_path: Path) -> None:
    reports, journals = [], []
    for number in (1, 2):
        out = tmp_path / f"run-{number}"
        rehearsed = rehearsal_of(sequencer.read(SCORES / name), out)
        replayed = sequencer.replay(out)
        assert replayed.is_equal
        assert replayed.is_whole
        assert (dict(replayed.reports) or replayed.report) == rehearsed
        reports.append((out / "report.json").read_bytes())
        journals.append((out / "journal.jsonl").read_bytes())
    assert reports[0] == reports[1]
    assert journals[0] == journals[1]


def rehearsal_of(score: Score, out: Path) -> Report | dict[str, Report]:
    """Rehearse a score; return the report, or that of each stage."""
    schedule = compiled(score)
    events = operator_events_of(score.file)
    if isinstance(schedule, EnsembleSchedule):
        together = sequencer.rehearse_ensemble(score, out=out, video=False, events=events)
        assert together.report.went_as_written, together.report
        return dict(together.report.reports)
    rehearsed = sequencer.rehearse(
        schedule, sources=dict(score.sources), folder=SCORES, out=out, video=False, events=events
    )
    assert rehearsed.went_well, rehearsed.report
    return rehearsed.report


def test_every_rule_that_was_fed_acted(tmp_path: Path) -> None:
    schedule = sequencer.compile_score(sequencer.read(SCORES / "live-set.score"))
    sequencer.rehearse(
        schedule,
        folder=SCORES,
        out=tmp_path / "run",
        video=False,
        events=operator_events_of("live-set"),
    )
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    fired = [cue for cue in report["cues"] if cue["rule"] is not None]
    assert len(fired) == 3, (
        "a note, a crossing up and a pick; the first value of a controller only arms"
    )
    assert all(cue["status"] == "landed" and cue["waited_ms"] > 0 for cue in fired)
    jam = [cue for cue in report["cues"] if cue["section"] == "outro"]
    assert jam, "the exit leads to the outro"
    assert report["chunks"] < schedule.end
