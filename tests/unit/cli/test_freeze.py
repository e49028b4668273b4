"""`sequencer freeze`: the score goes to standard output or a file, its notes to standard error."""

from __future__ import annotations

from pathlib import Path

import pytest

import sequencer
from sequencer.cli import main

SCORE = 'clock 120 bpm, 4/4\nseed 1\n# A comment.\nat 1 "A."\nat 3 "B."\nend 5\n'


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    sequencer.rehearse(sequencer.reads(SCORE, file="a.score"), video=False, out="run")
    return tmp_path


def test_bars_and_comments_are_kept(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["freeze", "run"]) == 0
    printed = capsys.readouterr()
    assert '# A comment.\nat 1 "A."\nat 3 "B."\n' in printed.out
    assert printed.err == ""


def test_the_chunks_are_an_option(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["freeze", "run", "--chunks", "-o", "b.score"]) == 0
    assert capsys.readouterr().out == "b.score: 2 cues\n"
    assert 'at 0c "A."\nat 3c "B."\n' in (run / "b.score").read_text()


def test_what_cannot_be_kept_is_printed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schedule = sequencer.compile_score(sequencer.reads(SCORE))
    sequencer.rehearse(schedule, video=False, out="other")
    assert main(["freeze", "other"]) == 0
    printed = capsys.readouterr()
    assert printed.err.startswith("sequencer: sections and beats cannot be kept: ")
    assert "clock chunks" in printed.out
