"""Output of the commands: none overwrites its own source, and output that cannot be written is
reported.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sequencer.cli import main

SCORE = """seed 7
at 0c "A paper boat drifts along a gutter. Grey light. Wide shot."
end 4c
"""


@pytest.fixture
def score(tmp_path: Path) -> Path:
    path = tmp_path / "boat.score"
    path.write_text(SCORE, encoding="utf-8")
    return path


@pytest.mark.parametrize("command", ["compile", "sheet"])
def test_a_result_does_not_go_over_the_score_that_it_is_made_from(
    command: str, score: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, str(score), "-o", str(score)]) == 2
    assert "is the input, which would be overwritten" in capsys.readouterr().err
    assert score.read_text(encoding="utf-8") == SCORE


def test_a_frozen_run_does_not_go_over_a_score_that_is_there(
    score: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert main(["rehearse", str(score), "--no-video", "-q", "--out", str(run)]) == 0
    assert main(["freeze", str(run), "-o", str(score)]) == 2
    assert "--force" in capsys.readouterr().err
    assert score.read_text(encoding="utf-8") == SCORE
    assert main(["freeze", str(run), "-o", str(score), "--force"]) == 0
    assert score.read_text(encoding="utf-8") != SCORE


@pytest.mark.parametrize("command", ["replay", "show", "freeze"])
def test_what_is_no_journal_is_reported_with_its_name(
    command: str, score: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, str(score)]) == 1
    printed = capsys.readouterr().err
    assert "boat.score, line 1: this is not a journal" in printed
    assert "Expecting" not in printed


def test_an_unknown_argument_points_at_the_help_of_its_command(
    score: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sheet", str(score), "--colour"]) == 2
    printed = capsys.readouterr().err
    assert "unrecognized arguments: --colour" in printed
    assert "see: sequencer sheet --help" in printed


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="only Linux has a device that is always full"
)
def test_output_without_disk_space_is_a_sentence(score: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sequencer", "sheet", str(score)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "sequencer: standard output cannot be written: No space left on device\n"


@pytest.mark.parametrize("handling", ["strict", "surrogateescape"])
def test_bytes_on_standard_input_that_are_no_text_are_a_sentence(handling: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sequencer", "format", "-"],
        input=b'at 0c "\xff"\n',
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": f"utf-8:{handling}"},
    )
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"is not UTF-8" in done.stderr


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="only Unix has a device without an end")
def test_a_score_without_an_end_is_not_read_to_it(tmp_path: Path) -> None:
    endless = tmp_path / "endless.score"
    endless.symlink_to("/dev/zero")
    done = subprocess.run(
        [
            "sh",
            "-c",
            'ulimit -v 4000000; exec "$@"',
            "sh",
            sys.executable,
            "-m",
            "sequencer",
            "check",
            str(endless),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "E502" in done.stdout + done.stderr
