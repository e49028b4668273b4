"""Each planted fault is found within 200 shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.drawing import draw_script
from tests.simulation.invariants import violations
from tests.simulation.planted import BY_ORACLE, PLANTS
from tests.simulation.planted_wide import BY_INVARIANT, FROM
from tests.simulation.playing import play
from tests.simulation.test_simulation import OPEN

WITHIN = 200
ORACLE = ("shows-the-score", "shows-nothing-else", "sends-the-score", "ticks-the-score")


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_fault_is_caught(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    PLANTS[name](monkeypatch)
    first = FROM.get(name, 0)
    for seed in range(first, first + WITHIN):
        if seed in OPEN:
            continue  # it violates an invariant without a planted fault
        found = violations(play(draw_script(seed), tmp_path))
        if name in BY_ORACLE:
            found = tuple(one for one in found if one.name in ORACLE)
        if name in BY_INVARIANT:
            found = tuple(one for one in found if one.name == BY_INVARIANT[name])
        if found:
            print(f"{name}: caught by show {seed - first + 1}: {found[0]}")  # noqa: T201  `pytest -rP` shows how soon each was found
            return
    pytest.fail(f"{name} was not caught by {WITHIN} shows")
