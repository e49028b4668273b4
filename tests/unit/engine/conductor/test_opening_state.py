"""What is in force in the middle of a score, also when several acts depend on each other."""

from __future__ import annotations

import pytest

import sequencer
from sequencer.engine.conductor.opening_state import OpeningState, state_before
from sequencer.engine.conductor.plan import Plan
from sequencer.schedule.describe import describe_act


def state(cues: str, chunk: int) -> OpeningState:
    score = sequencer.reads(f'at 0c "A."\n{cues}\nend 20c\n')
    waiting = Plan(sequencer.compile_score(score)).waiting
    return state_before(
        [line for line in waiting if line.nominal < chunk],
        [line for line in waiting if line.nominal == chunk],
    )


@pytest.mark.parametrize(
    ("cues", "seed", "acts"),
    [
        ("at 3c sr 4x", None, ["prompt “A.”", "sr 4x"]),
        ("at 3c sr 4x\nat 9c sr off", None, ["prompt “A.”"]),
        ("at 3c sr 4x\nat 10c sr off", None, ["prompt “A.”", "sr 4x"]),
        ('at 3c "B."\nat 9c "C."', None, []),
        ('at 3c cut seed 7, "B."', 7, ["prompt “B.”"]),
        ('at 3c cut seed 7, "B."\nat 5c cut, "C."', 7, ["prompt “C.”"]),
        ("at 3c strength 0.5", None, ["strength 0.5", "prompt “A.”"]),
    ],
)
def test_the_last_act_of_each_kind_is_in_force(
    cues: str, seed: int | None, acts: list[str]
) -> None:
    found = state(cues, 9)
    assert found.seed == seed
    assert [describe_act(act) for act in found.acts] == acts
    assert found.later == ()
