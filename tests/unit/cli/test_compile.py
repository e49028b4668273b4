"""The command that compiles scores: one schedule, or those of all stages in one document."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.cli import main
from sequencer.language.compiler import compile_ensemble, compile_score
from sequencer.language.notations import read
from sequencer.schedule.document import from_json, to_json
from sequencer.schedule.ensemble import EnsembleSchedule

STAGES = 'stages left, right\nseed 7 on right\nat 0c "A."\nat 2c on right "B."\nend 4c\n'


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """A score for two stages."""
    path = tmp_path / "pair.score"
    path.write_text(STAGES, encoding="utf-8")
    return path


def test_one_schedule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "a.score", tmp_path / "a.json"
    path.write_text('at 0c "A."\nend 4c\n', encoding="utf-8")
    assert main(["compile", str(path), "-o", str(out)]) == 0
    schedule = compile_score(read(path))
    assert from_json(out.read_text(encoding="utf-8")) == schedule
    assert "1 cues, 4 chunks, digest" in capsys.readouterr().out
    assert main(["compile", str(path), "--part", "left"]) == 2
    assert "names no stages" in capsys.readouterr().err


def test_all_stages(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = pair.with_suffix(".json")
    assert main(["compile", str(pair), "-o", str(out)]) == 0
    ensemble = compile_ensemble(read(pair))
    text = out.read_text(encoding="utf-8")
    assert EnsembleSchedule.from_json(text) == ensemble
    shown = capsys.readouterr().out
    assert f"2 stages, 3 cues, 4 chunks, digest {ensemble.digest()[:12]}" in shown
    assert main(["compile", str(out)]) == 0
    assert capsys.readouterr().out == text


@pytest.mark.parametrize("again", [False, True], ids=["score", "compiled"])
def test_one_stage(pair: Path, again: bool, capsys: pytest.CaptureFixture[str]) -> None:
    source = pair
    if again:
        source = pair.with_suffix(".json")
        assert main(["compile", str(pair), "-o", str(source)]) == 0
        capsys.readouterr()
    assert main(["compile", str(source), "--part", "right"]) == 0
    assert capsys.readouterr().out == to_json(compile_score(read(pair), "right"))
    assert main(["compile", str(source), "--part", "top"]) == 2
    shown = capsys.readouterr().err
    assert "no stage top" in shown
    assert "its stages are: left, right" in shown


def test_the_check_describes_every_stage(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(pair)]) == 0
    shown = capsys.readouterr().out
    assert (
        shown
        == f"{pair}: 2 stages, 4 chunks (5.5 s); left: 1 cue; right: 2 cues; every cue is exactly on a chunk\n"
    )
