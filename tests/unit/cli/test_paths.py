"""Paths that have no name of their own, names that are too long for a disk, and folders that exist
or cannot be removed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sequencer.cli import main
from sequencer.core.paths import partial_of, possible_name, remove
from sequencer.runtime.output.run_folder import RunFolder
from tests.support.requirements import require

SCORE = (
    'score "TITLE"\nseed 7\nat 0c "A paper boat drifts along a gutter. Grey light. Wide '
    'shot."\nend 2c\n'
)


@pytest.mark.parametrize(
    "title", ["𠀀" * 200, "ß" * 300, "a" * 500, "日本" * 90, "…", "\u0301" * 50, "../../x", ".", ""]
)
def test_any_title_makes_a_name_for_a_folder(
    title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = RunFolder.make(None, title)
    assert folder.finish().is_dir()
    assert [path.parent.name for path in tmp_path.rglob("*") if path.parent != tmp_path] == ["runs"]


def test_a_title_that_the_names_of_files_cannot_hold_is_left_out(tmp_path: Path) -> None:
    require(os.name == "posix", "the encoding of names is set like this on Unix")
    (tmp_path / "boat.score").write_text(SCORE.replace("TITLE", "Straße 日本"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "sequencer", "rehearse", "boat.score", "--no-video", "-q"],
        cwd=tmp_path,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [path.name.split("-", 4)[-1] for path in (tmp_path / "runs").iterdir()] == ["Strae"]


@pytest.mark.parametrize("where", [".", "/", ".."])
def test_a_folder_that_every_shell_has_is_there_already(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "boat.score").write_text(SCORE, encoding="utf-8")
    assert main(["rehearse", "boat.score", "--no-video", "-q", "--out", where]) == 2
    assert "already exists" in capsys.readouterr().err
    for words in (
        ["tell", where, "pause"],
        ["perform", "--resume", where],
        ["replay", where],
        ["show", where],
    ):
        assert main(words) == 1, words
        printed = capsys.readouterr().err
        assert printed.startswith("sequencer: "), (words, printed)
        assert "Traceback" not in printed


def test_names_are_cut_by_bytes_and_never_inside_of_a_character() -> None:
    assert possible_name("äöü" * 10, 7) == "äöü"
    assert possible_name("𠀀𠀀", 7) == "𠀀"
    assert possible_name("abc", 0) == ""


def test_the_hidden_name_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert partial_of(Path("a/run")) == Path("a/.run.partial")
    assert partial_of(Path()) == tmp_path.resolve().with_name(f".{tmp_path.name}.partial")
    assert partial_of(Path("/")) == Path("/")


def test_what_cannot_be_removed_stays(tmp_path: Path) -> None:
    remove(tmp_path / "none")
    remove(tmp_path)
    assert tmp_path.is_dir()


@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], ["check", "--help"], ["schema"], ["explain"]]
)
def test_help_ends_quietly_where_nobody_reads_it(words: list[str]) -> None:
    require(os.name == "posix", "a shell reads what is printed")
    for output, code in (("| true", 0), (">/dev/full", 1), (">&-", 0)):
        done = subprocess.run(
            ["sh", "-c", f'exec 3>&2; ("$@"; echo $? >&3) {output}', "sh", sys.executable, "-m", "sequencer", *words],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        lines = done.stderr.splitlines()
        assert lines[-1:] == [str(code)], (output, done.stderr)
        assert lines[:-1] == (
            ["sequencer: standard output cannot be written: No space left on device"]
            if code
            else []
        )
