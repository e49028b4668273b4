from __future__ import annotations

import json
from pathlib import Path

import pytest

from sequencer.cli import main
from sequencer.cli.check_folder import FolderCheck, check_scores, find_scores
from sequencer.core.errors import InputError

GOOD = 'at 0c "A paper boat drifts along a gutter."\nend 8c\n'


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Make a folder with scores, and with files that are none."""
    folder = tmp_path / "library"
    (folder / "more").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    for name in ("b.score", "a.score", "more/c.score", ".hidden/d.score"):
        (folder / name).write_text(GOOD)
    (folder / "e.yaml").write_text('cues:\n- {at: 0c, prompt: "A boat."}\nend: 8c\n')
    (folder / "plan.yaml").write_text("sweep: 1\nscore: a.score\n")
    (folder / "notes.txt").write_text("at")
    return folder


def test_scores_are_found_and_other_files_left_out(library: Path, tmp_path: Path) -> None:
    found = [path.relative_to(library).as_posix() for path in find_scores(library)]
    assert found == ["a.score", "b.score", "e.yaml", "more/c.score"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="contains no score"):
        find_scores(tmp_path / "empty")


def test_a_folder_is_checked_as_its_files_are(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (library / "b.score").write_text('at 0c "A boat.\n')
    assert main(["check", str(library)]) == 1
    output, errors = capsys.readouterr()
    assert output.endswith("4 scores, 1 of them not valid\n")
    assert output.count(": 8 chunks (11.0 s)") == 3
    assert main(["check", str(library / "b.score")]) == 1
    assert capsys.readouterr().err.splitlines()[0] in errors
    assert main(["check", str(library), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert [Path(one["file"]).name for one in document["scores"]] == [
        "a.score",
        "b.score",
        "e.yaml",
        "c.score",
    ]


def test_a_folder_is_checked_for_a_stage(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (library / "b.score").write_text("sr 4x\n" + GOOD)
    assert main(["check", str(library)]) == 0
    assert main(["check", str(library), "--stage", "vllm-omni"]) == 1
    output, errors = capsys.readouterr()
    assert output.endswith("4 scores, 1 of them not valid\n")
    assert "b.score:1:1: error[E802]: vLLM-Omni has no super-resolution" in errors


def test_warnings_count_if_they_are_asked_for(library: Path) -> None:
    path = library / "a.score"
    path.write_text('at 0c "A boat."\nat 2c "No boat."\nend 8c\n')

    def check(strict: bool, *allow: str) -> bool:
        (result,) = check_scores([FolderCheck(path=str(path), allow=allow, is_strict=strict)])
        return result.is_valid

    assert check(False)
    (result,) = check_scores([FolderCheck(path=str(path), allow=(), is_strict=True)])
    codes = {one["code"] for one in result.document["diagnostics"]}
    assert codes
    assert not check(True)
    assert check(True, *codes)


@pytest.mark.parametrize(
    "option", [["--watch"], ["--grid"], ["--align", "x"], ["--clicks", "x.wav"], ["--from", "yaml"]]
)
def test_options_for_single_scores_are_refused(
    option: list[str], library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(library), *option]) == 2
    assert f"{option[0]} is for single scores" in capsys.readouterr().err
