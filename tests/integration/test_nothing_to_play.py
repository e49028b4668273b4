"""Scores without prompts: `check` reports them, and a command that performs refuses them."""

from __future__ import annotations

from pathlib import Path

import pytest

import sequencer
from sequencer.cli import main
from sequencer.core.errors import ScheduleError
from sequencer.runtime.loop import Performance

SCORES = Path(__file__).parents[2] / "scores"


@pytest.mark.parametrize(
    "text",
    [
        "clock 120 bpm\nsection one 4 bars {\n}\n",
        "end 4c\n",
        'on go x -> "A prompt."\nend 4c\n',
        "clock 120 bpm\n",
        'score "Only a title"\n',
        "seed 4\nsr 2x\n",
    ],
)
def test_no_prompt_at_all_is_an_error(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "empty.score"
    path.write_text(text)
    assert main(["check", str(path)]) == 1
    assert "E422" in capsys.readouterr().err
    assert main(["rehearse", str(path), "--no-video"]) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_a_library_is_valid_but_cannot_be_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = SCORES / "library.score"
    assert main(["check", str(library)]) == 0
    assert "nothing to play" in capsys.readouterr().out
    assert main(["rehearse", str(library), "--no-video", "--out", str(tmp_path / "run")]) == 1
    assert "nothing to perform" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_schedule_without_a_first_prompt_is_not_performed() -> None:
    schedule = sequencer.compile_score(sequencer.reads('let a = "b"\n'))
    with pytest.raises(ScheduleError, match="nothing to perform"):
        sequencer.rehearse(schedule, save=False, video=False)
    with pytest.raises(ScheduleError):
        Performance(schedule, None, None)  # type: ignore[arg-type]  # raises before it uses them


def test_an_end_counts_from_the_last_position_as_cues_do() -> None:
    schedule = sequencer.compile_score(sequencer.reads('at 0c "A."\nat 4c "B."\nend +3c\n'))
    assert schedule.end == 7
