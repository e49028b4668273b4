"""The commands that format and convert scores, list their scenes and print the schema."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from sequencer.cli import main
from sequencer.language.loader import load_text
from sequencer.language.notations import read

SCORES = Path(__file__).parents[2] / "scores"
LOOSE = 'seed   42 # why not\nat 0c    "Rain."\nend 8c\n'
NEAT = 'seed 42  # why not\n\nat 0c "Rain."\n\nend 8c\n'
IN_YAML = "seed: 42  # why not\n\ncues:\n  - {at: 0c, prompt: Rain.}\n\nend: 8c\n"


@pytest.fixture
def loose(tmp_path: Path) -> Path:
    """A score that has not been formatted."""
    path = tmp_path / "loose.score"
    path.write_text(LOOSE, encoding="utf-8")
    return path


def test_a_score_is_laid_out_in_place(loose: Path) -> None:
    assert main(["format", "--check", str(loose)]) == 1
    assert loose.read_text(encoding="utf-8") == LOOSE
    assert main(["format", str(loose)]) == 0
    assert loose.read_text(encoding="utf-8") == NEAT
    assert main(["format", "--check", str(loose)]) == 0


def test_there_and_back(loose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = loose.with_suffix(".yaml")
    assert main(["format", str(loose), "-o", str(there)]) == 0
    assert there.read_text(encoding="utf-8") == IN_YAML
    assert main(["format", "--check", str(there)]) == 0
    assert main(["format", "--to", "text", str(there)]) == 0
    assert capsys.readouterr().out == NEAT
    assert main(["format", "--to", "yaml", str(loose)]) == 0
    assert capsys.readouterr().out == IN_YAML
    assert loose.read_text(encoding="utf-8") == LOOSE


def test_standard_input_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(LOOSE))
    assert main(["format", "-"]) == 0
    assert capsys.readouterr().out == NEAT
    monkeypatch.setattr("sys.stdin", io.StringIO(IN_YAML))
    assert main(["format", "-", "--from", "yaml", "--to", "text"]) == 0
    assert capsys.readouterr().out == NEAT


def test_several_scores_at_once(loose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = loose.with_name("broken.yaml")
    broken.write_text("cues:\n  - {at: 0.3, prompt: Rain.}\n", encoding="utf-8")
    assert main(["format", str(broken), str(loose)]) == 1
    assert "E204" in capsys.readouterr().err
    assert loose.read_text(encoding="utf-8") == NEAT
    assert main(["format", str(broken), str(loose), "-o", "x.yaml"]) == 2
    assert main(["format", "--check", "--to", "yaml", str(loose)]) == 2


@pytest.mark.parametrize("path", sorted(SCORES.glob("*.yaml")), ids=lambda path: path.name)
def test_the_yaml_examples_are_their_twins_converted(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    twin = path.with_suffix(".score")
    assert read(path) == read(twin)
    assert main(["format", "--to", "yaml", str(twin)]) == 0
    modeline, _, rest = path.read_text(encoding="utf-8").partition("\n")
    assert modeline == "# yaml-language-server: $schema=../grammar/score.schema.json"
    assert rest == capsys.readouterr().out


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
    assert tram["evolutions"][0] == {"name": "tram_opens", "text": "Now she opens a red umbrella; drops scatter from it."}
    assert tram["line"] == 1 + (SCORES / "library.score").read_text(encoding="utf-8").split("\n").index("scene tram {")


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
    plain.write_text(NEAT, encoding="utf-8")
    assert main(["scenes", str(plain)]) == 0
    assert "has no scenes" in capsys.readouterr().out
    assert main(["scenes", "--json", str(plain)]) == 0
    assert json.loads(capsys.readouterr().out) == {"scenes": []}


def test_a_score_that_is_not_well_has_no_list(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    broken = tmp_path / "broken.score"
    broken.write_text("scene tram {\n}\n", encoding="utf-8")
    assert main(["scenes", str(broken)]) == 1
    assert "E122" in capsys.readouterr().err
    assert load_text(broken.read_text(encoding="utf-8"), "broken.score").score is None
