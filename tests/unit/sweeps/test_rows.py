from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from sequencer.core.errors import ScoreError, SequencerError, UsageError
from sequencer.sweeps.plan import Axis, Plan, PlanError
from sequencer.sweeps.rows import compile_rows, dollars_of
from tests.support.sweeps import write_score


def make_plan(folder: Path, *axes: Axis, **changes: object) -> Plan:
    plan = Plan(name="p", score=write_score(folder), axes=axes, file="plan.yaml")
    return replace(plan, **changes)  # type: ignore[arg-type]  # each test gives a field of a plan


SEEDS = Axis("seed", ("1", "2", "3"))
NO_VIDEO = Axis("renderer", ("none",))


def test_every_row_has_its_key_and_label(tmp_path: Path) -> None:
    rows = compile_rows(make_plan(tmp_path, Axis("let.light", ("blue", "x" * 80)), SEEDS, NO_VIDEO))
    assert [row.number for row in rows.rows] == [1, 2, 3, 4, 5, 6]
    assert len({row.key for row in rows.rows}) == 6
    assert rows.rows[0].label == "light blue, seed 1"
    assert len(rows.rows[5].label) < 80
    assert not rows.rows[0].is_paid
    assert rows.rows[0].seconds == rows.rows[0].schedule.grid.boundary(rows.rows[0].schedule.end)


def test_a_row_keeps_its_key_when_others_are_added(tmp_path: Path) -> None:
    few = compile_rows(make_plan(tmp_path, SEEDS))
    many = compile_rows(make_plan(tmp_path, Axis("seed", ("7", "1", "2", "3"))))
    assert [row.key for row in many.rows[1:]] == [row.key for row in few.rows]


def test_a_value_that_is_the_scores_own_changes_no_key(tmp_path: Path) -> None:
    plain = compile_rows(make_plan(tmp_path, NO_VIDEO))
    same = compile_rows(make_plan(tmp_path, NO_VIDEO, Axis("seed", ("3",))))
    assert same.rows[0].key == plain.rows[0].key


def test_the_renderer_and_the_size_are_in_the_key_of_a_video(tmp_path: Path) -> None:
    keys = {
        compile_rows(make_plan(tmp_path, Axis("renderer", (one,)), size=size)).rows[0].key
        for one in ("full", "draft", "none")
        for size in (None, (64, 64))
    }
    assert len(keys) == 5, "the size does not matter without a video"


def test_rows_with_errors_are_reported_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        compile_rows(make_plan(tmp_path, Axis("tempo", ("120", "0.001"))))
    assert "row 2 (tempo 0.001)" in caught.value.message or "0.001 is not valid" in str(
        caught.value
    )


def test_a_score_with_errors_is_reported_as_by_check(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, SEEDS)
    plan.score.write_text('at 0c "A boat.\n')
    with pytest.raises(ScoreError):
        compile_rows(plan)


def test_takes_are_for_stages_whose_results_differ(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="the simulator gives the same result"):
        compile_rows(make_plan(tmp_path, SEEDS, takes=2))
    live = Axis("stage", ("reactor",))
    rows = compile_rows(make_plan(tmp_path, live, takes=2))
    assert [row.label for row in rows.rows] == ["take 1", "take 2"]
    assert len({row.key for row in rows.rows}) == 2


def test_a_paid_stage_has_a_price_and_a_local_one_has_none(tmp_path: Path) -> None:
    live = Axis("stage", ("reactor", "simulated"))
    rows = compile_rows(make_plan(tmp_path, live))
    assert [row.is_paid for row in rows.rows] == [True, False]
    assert dollars_of(rows.rows, Fraction(3600)) == rows.rows[0].seconds
    free = compile_rows(make_plan(tmp_path, live, local=True, url="http://127.0.0.1:1"))
    assert dollars_of(free.rows, Fraction(3600)) == 0
    other = compile_rows(make_plan(tmp_path, live, revision="2"))
    assert other.rows[0].key != rows.rows[0].key
    assert other.rows[1].key == rows.rows[1].key


def test_a_sound_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    plan = make_plan(tmp_path)
    plan.score.write_text(f'sound "song.wav"\n{plan.score.read_text()}')
    with pytest.raises(SequencerError, match=r"song\.wav"):
        compile_rows(plan)


def test_rows_are_found_by_number_and_by_key(tmp_path: Path) -> None:
    rows = compile_rows(make_plan(tmp_path, SEEDS))
    assert rows.find("2") is rows.rows[1]
    for name in (rows.rows[1].key, rows.rows[1].key[:12].upper()):
        assert rows.find(name) is rows.rows[1]
    for wrong in ("0", "4", "", "abc", "zzzz", "²", "1" * 100):
        with pytest.raises(UsageError, match="is not a row of this plan"):
            rows.find(wrong)


def test_rows_with_one_key_are_one_run(tmp_path: Path) -> None:
    rows = compile_rows(make_plan(tmp_path, Axis("strength", ("0.5",)), NO_VIDEO))
    assert rows.find(rows.rows[0].key[:8]) is rows.rows[0]


def test_progress_is_reported(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    compile_rows(make_plan(tmp_path, SEEDS), lambda *moment: seen.append(moment))
    assert seen == [(1, 3), (2, 3), (3, 3)]
