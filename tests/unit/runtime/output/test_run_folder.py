"""The folder of a run that never began leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.core.errors import OutputError
from sequencer.runtime.output.run_folder import RunFolder


def test_folders_that_were_made_for_it_are_removed_with_it(tmp_path: Path) -> None:
    RunFolder(tmp_path / "set" / "night" / "01-first").remove()
    assert list(tmp_path.iterdir()) == []


def test_folders_that_were_there_or_are_used_stay(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    RunFolder(tmp_path / "there" / "run").remove()
    first = RunFolder(tmp_path / "set" / "01-first")
    second = RunFolder(tmp_path / "set" / "02-second")
    first.remove()
    assert (tmp_path / "there").exists()
    assert second.path.exists()


def test_a_folder_that_cannot_be_created_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        RunFolder(tmp_path / "set" / ("x" * 240) / ("x" * 300))
    assert list(tmp_path.iterdir()) == []
