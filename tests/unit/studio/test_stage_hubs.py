"""Each stage of a run has frames of its own."""

from __future__ import annotations

import pytest

from sequencer.studio.stage_hubs import StageHubs


@pytest.fixture
def hubs() -> StageHubs:
    return StageHubs(lambda _: None)


def test_a_run_on_one_stage_uses_the_first_hub(hubs: StageHubs) -> None:
    assert hubs.begin([""]) == {"": hubs.first}
    assert hubs.find("") is hubs.find("right") is hubs.first
    hubs.close()


def test_stages_have_hubs_of_their_own_which_later_runs_use_again(hubs: StageHubs) -> None:
    found = hubs.begin(["left", "right"])
    assert found["left"] is hubs.first
    assert hubs.find("right") is found["right"] is not hubs.first
    again = hubs.begin(["a", "b", "c"])
    assert again["b"] is found["right"]
    assert hubs.find("right") is hubs.first  # the run before has ended
    hubs.close()
