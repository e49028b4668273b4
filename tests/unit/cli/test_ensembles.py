"""`rehearse` of a score for several stages: what is printed, the exit code, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sequencer.cli import main

TEXT = 'stages left, right\nat 0c "A."\nat 1c on right "Rain."\nend 3c\n'


@pytest.fixture
def score(tmp_path: Path) -> Path:
    path = tmp_path / "two.score"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_the_table_and_the_files(
    score: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["rehearse", str(score), "--no-video", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "spread" in printed
    assert "left: the score is over: 1 of 1 cues landed and shown" in printed
    assert "right: the score is over: 2 of 2 cues landed and shown" in printed
    assert "left/, right/: for each stage" in printed
    assert main(["replay", str(out)]) == 0
    capsys.readouterr()
    assert main(["show", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "right: the score is over: 2 of 2 cues" in shown
    assert "Rain." in shown


def test_a_lost_stage_is_an_exit_code(
    score: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = tmp_path / "ends.yaml"
    faults.write_text("end: {chunk: 1}\n", encoding="utf-8")
    options = ("--no-video", "--out", str(tmp_path / "run"), "--json")
    assert main(["rehearse", str(score), *options, "--faults", f"right={faults}"]) == 1
    found = capsys.readouterr()
    assert json.loads(found.out)["lost"] == ["right"]
    assert "lost: right" in found.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--bundle",), "--bundle is for runs on one stage, and this score has several"),
        (("--faults", "up=/dev/null"), "there are faults for up, which is no stage"),
        (("--part", "up"), "this score has no stage up"),
    ],
)
def test_what_is_refused(
    options: tuple[str, ...],
    message: str,
    score: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["rehearse", str(score), "--out", str(tmp_path / "run"), *options]) != 0
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_one_stage_can_be_played(score: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    options = ("--part", "right", "--no-video", "--quiet", "--out", str(out))
    assert main(["rehearse", str(score), *options]) == 0
    assert json.loads((out / "report.json").read_text("utf-8"))["summary"]["cues"] == 2


@pytest.mark.parametrize("command", ["freeze", "diff", "rerun"])
def test_commands_for_one_stage_refuse_such_a_run(
    command: str, score: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["rehearse", str(score), "--no-video", "--quiet", "--out", str(out)]) == 0
    further = [str(out)] if command == "diff" else []
    assert main([command, str(out), *further]) != 0
    assert "this is a run on several stages (left, right)" in capsys.readouterr().err
