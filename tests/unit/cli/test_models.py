"""The list of the models."""

from __future__ import annotations

import json
import socket
from pathlib import Path

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


@pytest.mark.parametrize(
    ("name", "meant"),
    [("longlive", "longlive-2"), ("LingBot World", "lingbot"), ("Heilos", "helios")],
)
def test_another_name_has_the_one_that_was_meant(
    name: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", name]) == 2
    assert f"hint: did you mean {meant}?" in capsys.readouterr().err


def test_a_title_in_a_score_has_the_name_of_the_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tram.score"
    path.write_text('model LongLive 2.0\nat 0c "A tram."\nend 8c\n', encoding="utf-8")
    assert main(["check", str(path)]) == 1
    assert "hint: write the name of the model: model longlive-2\n" in capsys.readouterr().err


def test_what_is_no_schema_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
    path = tmp_path / "one.score"
    path.write_text('at 0c "A tram."\n', encoding="utf-8")
    for where, text in (
        (f"{place}/schema", f"hint: the address begins with http://: http://{place}/schema"),
        (f"http://{place}/schema", "hint: nothing listens there"),
        (str(path), f"{path} is not JSON: "),
    ):
        assert main(["models", "--from-schema", where]) == 1
        assert text in capsys.readouterr().err
