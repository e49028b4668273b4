"""Sweeps on the protocol of the platform: claimed first, one session for each row, nothing twice."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sequencer
from tests.support.sweeps import environment, sweep, write_plan

SCORE = """\
let light = "In blue light."
at 0c "A boat drifts. {light}"
end 3c
"""
KEY = "rk_sweep_test"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "sequencer", "serve", "--port", "0"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:[0-9]+", process.stdout.readline())
    assert found is not None
    yield found[0]
    process.kill()
    process.communicate()


@pytest.mark.slow
def test_rows_on_a_live_model(tmp_path: Path, served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REACTOR_API_KEY", KEY)
    axes = f"let: {{light: [Blue., Red.]}}\nstage: reactor\nrenderer: none\nurl: {served}\n"
    write_plan(tmp_path, axes, score=SCORE)
    run = ("run", "plan.yaml", "--store", "store", "--limit", "sessions=1", "--json")
    refused = sweep(tmp_path, *run)
    assert refused.returncode == 2
    assert "confirm it: --most-dollars 1" in refused.stderr
    ran = sweep(tmp_path, *run, "--most-dollars", "1")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["complete"] == 2
    shown = json.loads(sweep(tmp_path, "show", "plan.yaml", "--store", "store", "--json").stdout)
    for row in shown["rows"]:
        assert (row["state"], row["as_written"]) == ("complete", True)
        assert sequencer.replay(tmp_path / row["folder"]).is_equal
        assert (tmp_path / "store" / "claims" / f"{row['key']}.json").is_file()
    again = sweep(tmp_path, *run)
    assert json.loads(again.stdout)["played"] == 0, "nothing is missing, so nothing is paid"
    for path in (tmp_path / "store").rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path
