"""Shows on several stages keep their invariants, and each planted fault is found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.simulation.ensembles import (
    ENSEMBLE_INVARIANTS,
    ENSEMBLE_PLANTS,
    ENSEMBLES,
    draw_ensemble,
    ensemble_violations,
    play_drawn,
)
from tests.support.requirements import REQUIRE_ALL

SHOWS = 300 if os.environ.get(REQUIRE_ALL) == "1" else 10
WITHIN = 120


@pytest.mark.parametrize("first", range(ENSEMBLES, ENSEMBLES + SHOWS, 10))
def test_shows_on_several_stages(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + 10):
        found = ensemble_violations(play_drawn(draw_ensemble(seed), tmp_path))
        assert not found, f"{draw_ensemble(seed)}\nseed {seed}: {found[0]}"


def test_the_same_seed_is_the_same_show(tmp_path: Path) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    first.mkdir()
    again.mkdir()
    shows = [play_drawn(draw_ensemble(ENSEMBLES + 4), folder) for folder in (first, again)]
    assert shows[0].journal.read_bytes() == shows[1].journal.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("name", ENSEMBLE_PLANTS)
def test_a_planted_fault_is_caught(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant, invariant = ENSEMBLE_PLANTS[name]
    plant(monkeypatch)
    for seed in range(ENSEMBLES, ENSEMBLES + WITHIN):
        found = ensemble_violations(play_drawn(draw_ensemble(seed), tmp_path))
        if any(one.name == invariant for one in found):
            print(f"{name}: caught by show {seed - ENSEMBLES + 1}")  # noqa: T201  `pytest -rP` shows how soon each was found
            return
    pytest.fail(f"{name} was not caught by {WITHIN} shows")


def test_every_invariant_is_described_in_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulation.md").read_text("utf-8")
    assert not [name for name in ENSEMBLE_INVARIANTS if f"`{name}`" not in page]
    assert not [name for name in ENSEMBLE_PLANTS if name not in page]
