"""Shows that once violated an invariant: found by seeds, shrunk, kept as regression tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.invariants import violations
from tests.simulation.playing import play
from tests.simulation.script import read_script

KEPT = sorted((Path(__file__).parent / "kept").glob("*.show"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_kept_show_breaks_nothing_any_more(path: Path, tmp_path: Path) -> None:
    found = violations(play(read_script(path.read_text("utf-8")), tmp_path))
    assert not found, "\n".join(map(str, found))


def test_there_are_some_and_each_describes_what_it_found() -> None:
    assert KEPT
    for path in KEPT:
        assert read_script(path.read_text("utf-8")).about, path.name
