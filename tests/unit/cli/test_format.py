"""The command that formats and converts scores."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from sequencer.cli import main
from sequencer.language.notations import read

SCORES = Path(__file__).parents[3] / "scores"
LOOSE = 'seed   42 # why not\nat 0c    "Rain."\nend 8c\n'
NEAT = 'seed 42  # why not\n\nat 0c "Rain."\n\nend 8c\n'
IN_YAML = "seed: 42  # why not\n\ncues:\n  - {at: 0c, prompt: Rain.}\n\nend: 8c\n"


@pytest.fixture
def loose(tmp_path: Path) -> Path:
    """A score that has not been formatted."""
    path = tmp_path / "loose.score"
    path.write_text(LOOSE, encoding="utf-8")
    return path


def test_a_score_is_formatted_in_place(loose: Path) -> None:
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


def test_standard_input_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
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
def test_the_yaml_examples_are_their_twins_converted(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twin = path.with_suffix(".score")
    assert read(path) == read(twin)
    assert main(["format", "--to", "yaml", str(twin)]) == 0
    modeline, _, rest = path.read_text(encoding="utf-8").partition("\n")
    assert modeline == "# yaml-language-server: $schema=../grammar/score.schema.json"
    assert rest == capsys.readouterr().out
