from __future__ import annotations

from dataclasses import replace

import pytest

import sequencer
from sequencer.runs.keys import EPOCH, KEY, inputs_of, key_of

SCORE = 'score "Boat"\nseed 3\nat 0c "A boat."\nat 2c cut seed 4, "A ship."\nend 4c\n'
SCHEDULE = sequencer.compile_score(sequencer.reads(SCORE))
STAGE = {"kind": "simulated"}
VIDEO = {"size": [320, 192]}


def key(**changes: object) -> str:
    given = {"schedule": SCHEDULE, "stage": STAGE, "video": VIDEO, "take": 0, **changes}
    return key_of(inputs_of(**given))  # type: ignore[arg-type]  # each test gives one of another value


def test_equal_inputs_have_one_key() -> None:
    again = sequencer.compile_score(sequencer.reads(f"# a comment\n{SCORE}"))
    assert key(schedule=again) == key()
    assert KEY.fullmatch(key())


def test_a_key_is_stable_between_versions() -> None:
    """If this fails, every run of every store is played anew: increment EPOCH for a reason only."""
    assert (EPOCH, key()[:16]) == (1, "c476a8ed269c755a")


@pytest.mark.parametrize(
    "changes",
    [
        {"stage": {"kind": "simulated", "renderer": "x"}},
        {"video": None},
        {"video": {"size": [640, 384]}},
        {"take": 1},
        {"schedule": replace(SCHEDULE, seed=4)},
        {"schedule": replace(SCHEDULE, title="Ship")},
    ],
)
def test_whatever_changes_the_result_changes_the_key(changes: dict[str, object]) -> None:
    assert key(**changes) != key()


def test_a_title_does_not_matter_without_a_video() -> None:
    assert key(video=None, schedule=replace(SCHEDULE, title="Ship")) == key(video=None)
