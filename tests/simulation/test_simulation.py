"""Many shows generated from seeds, and the invariants that must hold in each; `make simulate
N=10000` plays more.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sequencer.engine.conductor.deliveries import Status
from tests.simulation.__main__ import breaks
from tests.simulation.additions import ADDITIONS
from tests.simulation.drawing import draw_script
from tests.simulation.edits import EDITED
from tests.simulation.families import LAUNCHES, RESETS, TAPES
from tests.simulation.invariants import INVARIANTS, violations
from tests.simulation.planted import PLANTS
from tests.simulation.playing import play
from tests.simulation.script import Script, faults_as_parts, faults_of_parts, read_script
from tests.simulation.sends import OSC_SHOWS
from tests.simulation.shrinking import fewer, shrunk
from tests.support.requirements import REQUIRE_ALL

SHOWS = 1000 if os.environ.get(REQUIRE_ALL) == "1" else 50
BATCH = 50

OPEN: frozenset[int] = frozenset()
"""Shows that still violate an invariant: `python -m tests.simulation --seed SEED` prints which.

Each is a bug of the engine, or a check that is too strict for what the show does;
docs/simulation.md describes them.
"""


@pytest.mark.parametrize("first", range(0, SHOWS, BATCH))
def test_nothing_is_lost_whatever_breaks(first: int, tmp_path: Path) -> None:
    found = [
        f"seed {seed}: {one}"
        for seed in range(first, first + BATCH)
        if seed not in OPEN
        for one in violations(play(draw_script(seed), tmp_path))
    ]
    assert not found, "\n".join([*found, "shrink it: python -m tests.simulation --seed SEED"])


@pytest.mark.parametrize("first", [RESETS, TAPES, LAUNCHES, ADDITIONS, OSC_SHOWS, EDITED])
def test_shows_of_one_kind_hold(first: int, tmp_path: Path) -> None:
    found = [
        (seed, one)
        for seed in range(first, first + 20)
        for one in violations(play(draw_script(seed), tmp_path))
    ]
    assert not found


def test_shows_send_osc_messages() -> None:
    shows = [draw_script(seed).score for seed in range(OSC_SHOWS, OSC_SHOWS + 20)]
    assert sum("osc " in score for score in shows) >= 3


def test_what_is_open_is_still_broken(tmp_path: Path) -> None:
    held = [seed for seed in sorted(OPEN) if not violations(play(draw_script(seed), tmp_path))]
    assert not held, "these hold now: take them off the list"


@pytest.mark.parametrize("seed", [2, 61, 140])
def test_the_same_seed_is_the_same_show(seed: int, tmp_path: Path) -> None:
    first, again = draw_script(seed), draw_script(seed)
    assert first == again
    assert play(first, tmp_path).journal == play(again, tmp_path).journal


def test_a_script_is_written_and_read_back() -> None:
    for seed in range(40):
        script = draw_script(seed)
        assert read_script(str(script)) == script
        assert faults_of_parts(faults_as_parts(script.faults)) == script.faults


def test_edits_take_over_in_most_shows_that_have_some(tmp_path: Path) -> None:
    landed = 0
    for seed in range(EDITED, EDITED + 10):
        outcome = play(draw_script(seed), tmp_path).outcome
        moves = () if outcome is None else outcome.report.moves
        landed += any(one.place == "reload" and one.status is Status.LANDED for one in moves)
    assert landed >= 5


def test_a_show_with_edits_is_written_and_read_back() -> None:
    for seed in range(EDITED, EDITED + 20):
        script = draw_script(seed)
        assert script.edits
        assert read_script(str(script)) == script


def test_shrinking_leaves_what_is_needed_and_no_more() -> None:
    assert fewer(range(20), lambda some: {3, 17} <= set(some)) == [3, 17]
    script = Script(
        score='seed 1\nat 0c "One."\nat 3c "Two.", sr off\nend 9c\n',
        faults={"fps": "21", "warmup": 1},
        operator_events=("go a@1c", "go b@2c"),
    )
    small = shrunk(
        script,
        lambda one: (
            "sr off" in one.score and "warmup" in one.faults and "go b@2c" in one.operator_events
        ),
    )
    assert small == Script(
        score="at 3c sr off\n", faults={"warmup": 1}, operator_events=("go b@2c",)
    )


def test_a_failing_show_is_shrunk_to_one_that_fails_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTS["the_opening_order_swapped"](monkeypatch)
    small = shrunk(draw_script(1), lambda script: breaks(script, "opening-order"))
    assert breaks(small, "opening-order")
    assert (small.faults, small.operator_events) == ({}, ())
    assert small.size <= 5, "a scene, for its only prompt shows one"


def test_every_invariant_is_described_in_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulation.md").read_text("utf-8")
    assert not [name for name in (*INVARIANTS, "no-crash") if f"`{name}`" not in page]
    assert not [name for name in PLANTS if name.replace("_", " ") not in page]
