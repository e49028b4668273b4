"""`sequencer doctor`: a line for each finding, a verdict, an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sequencer.cli import main

TEXT = 'clock 120 bpm, 4/4\nsection a 8 bars {\n  at 1 "A tram."\n}\n'


@pytest.fixture
def score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sequencer.api.preflight.NAPS", 3)
    monkeypatch.delenv("REACTOR_API_KEY", raising=False)
    (tmp_path / "tram.score").write_text(TEXT, encoding="utf-8")
    return "tram.score"


def test_ready(score: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", score, "--stage", "simulated"]) == 0
    *lines, verdict = capsys.readouterr().out.splitlines()
    assert lines[0] == "ok       score        1 cue, 12 chunks (0:16.500)"
    assert verdict.startswith("ready")


def test_not_ready(score: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", score]) == 1
    shown = capsys.readouterr()
    assert "problem  key          there is no API key" in shown.out
    assert shown.err.startswith("sequencer: not ready: 1 problem, ")


def test_json(score: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", score, "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)
    assert {row["subject"] for row in rows} >= {"score", "disk", "timers", "key"}
    assert [row["subject"] for row in rows if row["level"] == "problem"] == ["key"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--seconds", "0"), "--seconds 0 is not a valid duration"),
        (("--seconds", "nan"), "--seconds nan is not a valid duration"),
        (("--stage", "simulated", "--local"), "--local applies to a remote stage"),
        (("--stage", "simulated", "--key-file", "x"), "--key-file applies to a remote stage"),
        (("--osc-in", "x"), "'x' is not an address for OSC"),
    ],
)
def test_options_that_make_no_sense(
    score: str, arguments: tuple[str, ...], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", score, *arguments]) == 2
    assert problem in capsys.readouterr().err


def test_a_score_that_is_missing(score: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "missing.score"]) == 1
    assert "there is no file missing.score" in capsys.readouterr().out


def test_several_scores_are_checked_one_at_a_time(
    score: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", score, "two.score"]) == 2
    err = capsys.readouterr().err
    assert "one score at a time, but 2 are given" in err
    assert f"hint: write: sequencer doctor {score} && sequencer doctor two.score" in err
