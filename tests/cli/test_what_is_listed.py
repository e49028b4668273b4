"""What `rehearse` and `perform` print while they run, and the files they list at the end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sequencer.api.runs import rehearse
from sequencer.cli import main
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.runtime.rehearsal import Progress

SHORT = 'score "Short"\ngrid 12 frames @ 24 fps\nat 0c "A boat. Grey light. Low close shot, fixed."\nend 3c\n'
PAUSING = 'at 0c "A boat."\non go rest -> pause\non go on -> resume\nend 6c\n'


def listed(out: str, folder: Path) -> set[str]:
    """Return the files that the output lists below the run's folder."""
    _, found, rest = out.partition(f"{folder}/\n")
    assert found
    return {match[1] for match in re.finditer(r"^  (\S+) +\S", rest, re.MULTILINE)}


@pytest.mark.parametrize("command", [("rehearse", "--no-video"), ("perform", "--stage", "simulated")], ids=lambda one: one[0])
def test_the_files_of_a_run_are_listed(command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "short.score").write_text(SHORT, encoding="utf-8")
    folder = tmp_path / "run"
    name, *options = command
    assert main([name, str(tmp_path / "short.score"), *options, "--out", str(folder)]) == 0
    shown = capsys.readouterr()
    assert listed(shown.out, folder) == {one.name for one in folder.iterdir()}
    assert "disconnected" not in shown.err, "a first line that nothing is connected yet is no news"


def test_a_paused_rehearsal_says_so(tmp_path: Path) -> None:
    moments: list[Progress] = []
    rehearse(
        compile_score(reads(PAUSING)),
        out=tmp_path / "run",
        video=False,
        events=["go rest@1c", "go on@30s"],
        watch=moments.append,
    )
    assert [one.paused for one in moments if one.is_turn] == [True, False]
    between = moments.index(next(one for one in moments if one.is_turn))
    assert not any(one.paused for one in moments[:between])
    assert not moments[-1].paused
