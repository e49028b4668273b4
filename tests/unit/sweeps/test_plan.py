from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sequencer.sweeps.plan import MAX_ROWS, Axis, Plan, PlanError


def plan(*axes: Axis, zips: bool = False, takes: int = 1) -> Plan:
    return Plan(name="p", score=Path("a.score"), axes=axes, zips=zips, takes=takes)


SEED, LIGHT = Axis("seed", ("1", "2", "3")), Axis("let.light", ("blue", "red"))


def test_every_value_is_combined_with_every_other_one_the_first_axis_slowest() -> None:
    found = [tuple(values.values()) for values, _ in plan(SEED, LIGHT).combinations()]
    assert found[:3] == [("1", "blue"), ("1", "red"), ("2", "blue")]
    assert len(set(found)) == plan(SEED, LIGHT).count() == 6


def test_zipped_axes_go_together_and_single_values_go_with_all() -> None:
    other, one = Axis("let.light", ("a", "b", "c")), Axis("sr", ("2x",))
    made = plan(SEED, other, one, zips=True)
    assert [tuple(values.values()) for values, _ in made.combinations()] == [
        ("1", "a", "2x"),
        ("2", "b", "2x"),
        ("3", "c", "2x"),
    ]
    assert made.count() == 3
    assert made.varying == (SEED, other)


def test_zipped_axes_have_one_length() -> None:
    with pytest.raises(PlanError, match=r"let.light has 2 values and seed has 3") as caught:
        list(plan(SEED, LIGHT, zips=True).combinations())
    assert (caught.value.hint or "").endswith("or omit --zip")
    with pytest.raises(PlanError) as caught:
        list(replace(plan(SEED, LIGHT, zips=True), file="plan.yaml").combinations())
    assert (caught.value.hint or "").endswith("with: combine: product")


def test_takes_are_innermost() -> None:
    made = plan(LIGHT, takes=2)
    assert [(values["let.light"], take) for values, take in made.combinations()] == [
        ("blue", 0),
        ("blue", 1),
        ("red", 0),
        ("red", 1),
    ]
    assert made.count() == 4


def test_a_plan_without_axes_has_one_row() -> None:
    for zips in (False, True):
        assert list(plan(zips=zips).combinations()) == [({}, 0)]


def test_too_many_rows_are_refused_before_they_are_made() -> None:
    axes = [Axis(f"let.{letter}", tuple(map(str, range(1000)))) for letter in "abcdefgh"]
    with pytest.raises(PlanError, match=f"the maximum is {MAX_ROWS:,}"):
        list(plan(*axes).combinations())


def test_labels_have_the_last_part_of_a_name() -> None:
    assert (LIGHT.label, SEED.label, Axis("image.a.b.png", ()).label) == (
        "light",
        "seed",
        "a.b.png",
    )
