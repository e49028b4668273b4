"""The list of the models."""

from __future__ import annotations

import json

import pytest

from sequencer.cli import main
from sequencer.models.catalog import NAMES


def test_the_models_are_listed_with_what_each_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    out = capsys.readouterr().out
    assert [line.partition(":")[0] for line in out.splitlines() if line and line[0] != " "] == list(
        NAMES
    )
    assert "  grid      32 frames @ 24 fps, first 29" in out
    assert "  images    at the start of a take, required" in out
    assert "commands" not in out


def test_one_model_in_full_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "longlive-2"]) == 0
    out = capsys.readouterr().out
    assert "schedule_scene_cut" in out and "unproven" in out and "reactor/longlive-v2" in out
    assert main(["models", "longlive-2", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["grid"] == {"frames": 32, "first": 29, "fps": "24"}
    assert main(["models", "longlive"]) == 2
