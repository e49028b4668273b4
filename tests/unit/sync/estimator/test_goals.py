"""The clock follower meets its goals, compared with a mean of 24 ticks and with an oracle, in
virtual time.
"""

from __future__ import annotations

import pytest

from bench.clock import GOALS, Goal, goals, run, table
from bench.clock_scenarios import SCENARIOS

HERE = ("ours", "MA24", "oracle")
JUDGED = tuple(goal for goal in GOALS if not goal.beside)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_goals_are_reached(scenario: object) -> None:
    mine = tuple(one for one in SCENARIOS if one is scenario)
    results = run(mine, 3, HERE)
    asked: list[Goal] = [goal for goal in JUDGED if goal.scenario in results]
    missed = [
        f"{goal.text} is {goal.value(results[goal.scenario]):.3f}, at most {goal.most} wanted"
        for goal in asked
        if goal.value(results[goal.scenario]) > goal.most
    ]
    assert missed == []
    judged, well = goals(results)
    assert well
    assert judged.count("met") == len(asked)
    assert mine[0].name in table(results, 3)


def test_a_worse_follower_misses_them() -> None:
    """The goals can be missed: the mean of 24 ticks, used instead of our follower, reaches hardly
    any.
    """
    chosen = tuple(
        one
        for one in SCENARIOS
        if one.name in ("constant, 1 ms", "step 120→140, 1 ms", "lost 1 %, doubled ½ %")
    )
    results = run(chosen, 1, HERE)
    for row in results.values():
        row["ours"] = row["MA24"]
    judged, well = goals(results)
    assert not well
    assert judged.count("MISSED") >= 4
