"""The schedules of several stages: one document and one digest, and what their parts must share."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sequencer.core.errors import ScheduleError
from sequencer.schedule.document import to_json
from sequencer.schedule.ensemble import (
    ENSEMBLE_FORMAT,
    MAX_REALIGN_CHUNKS,
    MAX_STAGES,
    EnsembleSchedule,
    schedule_from_json,
    time_base,
)
from sequencer.schedule.model import Schedule
from tests.support.compiler_passes import passed
from tests.support.schedules import WHOLE, changed

LEFT = changed(WHOLE, ("seed",), 11)
RIGHT = changed(WHOLE, ("stretches", 0, "entries"), ())
PAIR = EnsembleSchedule((("left", LEFT), ("right", RIGHT)), realign=16)


def other(schedule: Schedule, seed: int) -> Schedule:
    return changed(schedule, ("seed",), seed)


def test_what_is_written_reads_back() -> None:
    for ensemble in (PAIR, EnsembleSchedule(PAIR.parts), EnsembleSchedule(PAIR.parts[:1])):
        text = ensemble.to_json()
        assert EnsembleSchedule.from_json(text) == ensemble
        assert schedule_from_json(text) == ensemble
        assert EnsembleSchedule.from_json(text).to_json() == text
        assert text.endswith("}\n")


def test_a_plain_schedule_reads_back_too() -> None:
    assert schedule_from_json(to_json(WHOLE)) == WHOLE


def test_parts_by_name() -> None:
    assert PAIR.names == ("left", "right")
    assert PAIR.schedules == (LEFT, RIGHT)
    assert (PAIR.reference_name, PAIR.reference) == ("left", LEFT)
    assert PAIR.part("right") == RIGHT
    with pytest.raises(ScheduleError, match="there is no stage middle") as caught:
        PAIR.part("middle")
    assert caught.value.hint == "the stages are: left, right"


def test_the_digest_covers_every_part_its_name_order_and_realignment() -> None:
    digests = {
        one.digest()
        for one in (
            PAIR,
            EnsembleSchedule(PAIR.parts),
            EnsembleSchedule(PAIR.parts, 8),
            EnsembleSchedule(PAIR.parts[::-1], 16),
            EnsembleSchedule((("left", LEFT), ("east", RIGHT)), 16),
            EnsembleSchedule((("left", LEFT), ("right", other(RIGHT, 12))), 16),
            EnsembleSchedule((("left", LEFT),), 16),
        )
    }
    assert len(digests) == 7
    renamed = tuple((name, changed(part, ("title",), "Other")) for name, part in PAIR.parts)
    assert EnsembleSchedule(renamed, 16).digest() == PAIR.digest()


def test_its_summary() -> None:
    assert repr(PAIR).startswith("<EnsembleSchedule")
    assert "2 stages" in repr(PAIR)


def test_parts_differ_in_what_they_show_but_not_in_time() -> None:
    for what, path, value in (
        ("their lead", ("lead",), 3),
        ("their length", ("end",), WHOLE.end + 1),
        ("their snap mode", ("snap",), "ceil"),
        ("their model", ("model",), "other"),
        ("what late cues do", ("late",), "drop"),
        ("their grid", ("grid", "frames"), 12),
        ("their sections", ("stretches", 0, "section"), "other"),
        ("where their rules go", ("stretches", 1, "rules"), ()),
    ):
        if dict(time_base(changed(WHOLE, path, value))) == dict(time_base(WHOLE)):
            pytest.fail(f"{path} was not changed")
        with pytest.raises(ScheduleError, match=f"left and right differ in {what}"):
            EnsembleSchedule((("left", WHOLE), ("right", changed(WHOLE, path, value))))


@pytest.mark.parametrize(
    ("names", "realign", "message"),
    [
        ((), None, "there are 0 parts"),
        (tuple(f"s{number}" for number in range(MAX_STAGES + 1)), None, "there are 33 parts"),
        (("left", "left"), None, "two stages have the same name"),
        (("left", ""), None, "a stage has no name"),
        (("left", "\ud800"), None, "half a character"),
        (("left",), 0, "aligned every 0 chunks"),
        (("left",), MAX_REALIGN_CHUNKS + 1, "aligned every 10001 chunks"),
    ],
)
def test_parts_that_cannot_play(names: tuple[str, ...], realign: int | None, message: str) -> None:
    with pytest.raises(ScheduleError, match=message):
        EnsembleSchedule(tuple((name, WHOLE) for name in names), realign)


def altered(**changes: Any) -> str:
    return json.dumps({**PAIR.to_document(), **changes})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "this is not JSON"),
        ("[" * 100_000, "this is not JSON"),
        ("[]", "not the compiled schedules of several stages"),
        (to_json(WHOLE), "not the compiled schedules of several stages"),
        (altered(**{"helios-ensemble": True}), "not the compiled schedules of several stages"),
        (altered(**{"helios-ensemble": ENSEMBLE_FORMAT + 1}), "have format 2"),
        (altered(realign=8), "digest does not match"),
        (altered(realign="16"), "their parts are missing"),
        (altered(parts=None), "their parts are missing"),
        (altered(parts=[1]), "a part has no stage"),
        (altered(parts=[{}] * (MAX_STAGES + 1)), "there are 33 parts"),
        (altered(parts=[{"stage": "left"}]), "this is not a compiled schedule"),
    ],
)
def test_documents_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(ScheduleError, match=message):
        EnsembleSchedule.from_json(text)


def test_an_altered_part_is_refused() -> None:
    document = PAIR.to_document()
    document["parts"][1]["schedule"]["lead"] += 1
    with pytest.raises(ScheduleError, match="this schedule was altered"):
        EnsembleSchedule.from_document(document)


def test_schedules_of_a_compiled_score_play_together() -> None:
    parts = [passed(f'seed {seed}\nat 0c "A"\nat 4c "B"\n').schedule for seed in (1, 2)]
    both = EnsembleSchedule((("a", parts[0]), ("b", parts[1])))
    assert EnsembleSchedule.from_json(both.to_json()) == both
