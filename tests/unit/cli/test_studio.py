"""`sequencer studio`: it prints its address, ends on request, and explains invalid flags."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sequencer.cli import main

SCORE = 'seed 1\nat 0c "A lamp."\nend 2c\n'


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sequencer", "studio", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX's")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_asked_to_end(how: signal.Signals, tmp_path: Path) -> None:
    score = tmp_path / "lamp.score"
    score.write_text(SCORE, encoding="utf-8")
    process = start(str(score))
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"studio is at (http://127\.0\.0\.1:\d+/)#(\S+)", line)
        assert found, line + process.stderr.read()
        response = httpx.get(found[1], trust_env=False)
        assert response.status_code == 200
        assert found[2] not in response.text
        process.send_signal(how)
        err = process.stderr.read()
        process.wait(timeout=15)
    finally:
        process.kill()
        process.stdout.close()
        process.stderr.close()
    assert process.returncode == 0, err
    assert err == ""


def test_a_host_that_others_can_reach_causes_a_warning(tmp_path: Path) -> None:
    process = start("--host", "0.0.0.0", str(tmp_path))  # noqa: S104  # what is tested
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        assert "studio is at http://127.0.0.1:" in process.stdout.readline()
        warning = process.stderr.readline()
    finally:
        process.terminate()
        process.communicate(timeout=15)
    assert "not encrypted" in warning


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "70000"], "not a port"),
        (["--port", "-1"], "not a port"),
        (["--host", ""], "--host is empty"),
        (["--host", "no-such-host.invalid"], "cannot be served"),
    ],
)
def test_flags_that_make_no_sense_are_explained(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["studio", str(tmp_path), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_score_that_does_not_exist_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["studio", str(tmp_path / "missing.score"), "--port", "0"]) == 1
    assert "missing.score" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("lam.score",), ("there is no file lam.score", "did you mean lamp.score?")),
        (("nodir",), ("there is no folder or score nodir", "ends in .score or .yaml")),
        (("lamp.score", "--stage", "vllm-omni"), ("--url",)),
        (("lamp.score", "--stage", "reactor"), ("there is no API key", "REACTOR_API_KEY")),
    ],
)
def test_what_would_fail_later_is_reported_at_the_start(
    arguments: tuple[str, ...],
    parts: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REACTOR_API_KEY", raising=False)
    Path("lamp.score").write_text(SCORE, encoding="utf-8")
    assert main(["studio", *arguments, "--port", "0"]) != 0
    shown = capsys.readouterr()
    assert all(one in shown.err for one in parts)
    assert shown.out == ""
