"""The command that lists a score's scenes: as JSON, as a table, and for a score with mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sequencer.cli import main
from sequencer.language.loader import load_text

SCORES = Path(__file__).parents[3] / "scores"
PLAIN = 'seed 42\n\nat 0c "Rain."\n\nend 8c\n'


def test_scenes_of_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenes", "--json", str(SCORES / "library.score")]) == 0
    scenes = json.loads(capsys.readouterr().out)["scenes"]
    assert len(scenes) == 8
    assert [len(scene["evolutions"]) for scene in scenes] == [3] * 8
    assert sum(scene["image"] is not None for scene in scenes) == 2
    tram = scenes[0]
    assert tram["name"] == "tram"
    assert tram["image"] == "images/tram-stop.png"
    assert (SCORES / tram["image"]).is_file()
    assert "{tram_light}" in tram["base"]
    assert "{" not in tram["start"]
    assert "{action}" in tram["follow"]
    assert tram["evolutions"][0] == {
        "name": "tram_opens",
        "text": "Now she opens a red umbrella; drops scatter from it.",
    }
    assert tram["line"] == 1 + (SCORES / "library.score").read_text(encoding="utf-8").split(
        "\n"
    ).index("scene tram {")


@pytest.mark.parametrize("name", ["live-set.score", "live-set.yaml"])
def test_scenes_of_used_files_are_listed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenes", "--json", str(SCORES / name)]) == 0
    scenes = json.loads(capsys.readouterr().out)["scenes"]
    assert [scene["name"] for scene in scenes][:2] == ["tram", "harbour"]
    assert {"name": None, "text": "Now a cat crosses the rails."} in scenes[0]["evolutions"]


def test_scenes_as_a_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["scenes", str(SCORES / "night-tram.yaml")]) == 0
    table = capsys.readouterr().out
    assert "tram" in table
    assert "images/tram-stop" in table
    plain = tmp_path / "plain.score"
    plain.write_text(PLAIN, encoding="utf-8")
    assert main(["scenes", str(plain)]) == 0
    assert "has no scenes" in capsys.readouterr().out
    assert main(["scenes", "--json", str(plain)]) == 0
    assert json.loads(capsys.readouterr().out) == {"scenes": []}


def test_a_score_that_is_not_well_has_no_list(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.score"
    broken.write_text("scene tram {\n}\n", encoding="utf-8")
    assert main(["scenes", str(broken)]) == 1
    assert "E122" in capsys.readouterr().err
    assert load_text(broken.read_text(encoding="utf-8"), "broken.score").score is None
