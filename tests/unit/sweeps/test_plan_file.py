from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sequencer.core.errors import InputError, UsageError
from sequencer.sweeps.plan import Axis, Plan
from sequencer.sweeps.plan_file import (
    MAX_PLAN_BYTES,
    parse_values,
    plan_text,
    read_plan,
    reads_plan,
)

FULL = """\
sweep: 1
name: lights
score: night-tram.score
let:
  light: ["In blue light.", "At dusk: red, {hero}"]
  hero: a cat
image:
  images/tram.png: [images/tram.png, images/rain.png]
seed: 1..3
noise: [0, 7..8]
sr: 2x
combine: zip
takes: 2
size: 320x192
url: http://127.0.0.1:9000
local: yes
revision: "2026-11"
"""


def read(text: str) -> Plan:
    return reads_plan(text, "plan.yaml", Path("folder"))


def test_a_plan_is_read() -> None:
    plan = read(FULL)
    assert [(axis.name, axis.values) for axis in plan.axes] == [
        ("let.light", ("In blue light.", "At dusk: red, {hero}")),
        ("let.hero", ("a cat",)),
        ("image.images/tram.png", ("images/tram.png", "images/rain.png")),
        ("seed", ("1", "2", "3")),
        ("noise", ("0", "7", "8")),
        ("sr", ("2x",)),
    ]
    assert (plan.name, plan.score, plan.zips, plan.takes) == (
        "lights",
        Path("folder/night-tram.score"),
        True,
        2,
    )
    assert (plan.size, plan.url, plan.local, plan.revision) == (
        (320, 192),
        "http://127.0.0.1:9000",
        True,
        "2026-11",
    )
    assert plan.axes[3].where == "plan.yaml:9:1: "


def test_a_plan_that_is_written_is_read_again() -> None:
    plan = read(FULL)
    again = read(plan_text(plan, "night-tram.score"))
    assert [(one.name, one.values) for one in again.axes] == [
        (one.name, one.values) for one in plan.axes
    ]
    assert replace(again, axes=()) == replace(plan, axes=())


@pytest.mark.parametrize(
    "value",
    ["yes", "no", "1..3", "a: b", "- x", "#x", '"', "'", "\\", "é\u2028\u0085x", "", "~", "3"],
)
def test_every_text_is_written_so_that_it_is_read_as_itself(value: str) -> None:
    plan = Plan(
        name="p", score=Path("a.score"), axes=(Axis("let.light", (value, "other", "third")),)
    )
    assert read(plan_text(plan, "a.score")).axes[0].values == (value, "other", "third")


def test_the_name_is_that_of_the_file() -> None:
    assert read("sweep: 1\nscore: a.score\n").name == "plan"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "plan.yaml:1:1: this is not the plan of a sweep", "sequencer sweep plan SCORE"),
        ("[]", "plan.yaml:1:1: a plan is a mapping", "docs/takes.md"),
        ("sweep: 2\nscore: a\n", "plan.yaml:1:1: this version reads plans of format 1", "sweep: 1"),
        ("sweep: 1\n", "plan.yaml:1:1: score is required", "score: night-tram.score"),
        ("sweep: 1\nscore: a\nseeds: 3\n", "plan.yaml:3:1: there is no key seeds", "mean seed"),
        ("sweep: 1\nscore: a\nxyz: 3\n", "plan.yaml:3:1: there is no key xyz", "docs/takes.md"),
        ("sweep: 1\nscore: [a]\n", "plan.yaml:2:1: score takes one value", "score: …"),
        ("sweep: 1\nscore: a\nseed: {a: 1}\n", "3:1: seed takes a value or a list", "seed: …"),
        ("sweep: 1\nscore: a\nseed: []\n", "3:1: seed takes a value or a list", "seed: …"),
        ("sweep: 1\nscore: a\nseed: [1, 1]\n", "3:1: seed has 1 twice", "keep one"),
        ("sweep: 1\nscore: a\nseed: 8..1\n", "3:1: 8..1 is not a range", "1..8"),
        ("sweep: 1\nscore: a\nseed: 1..20000\n", "it has 20,000 numbers", "1..1000"),
        ("sweep: 1\nscore: a\nseed: [3, 1..1000]\n", "at most 1,000 values", "divide"),
        (
            "sweep: 1\nscore: a\nlet: blue\n",
            "3:1: let takes names with their values",
            "let: {light",
        ),
        ("sweep: 1\nscore: a\ntakes: 0\n", "3:1: takes is a number from 1", "takes: 3"),
        ("sweep: 1\nscore: a\ntakes: ٣\n", "3:1: takes is a number from 1", "takes: 3"),
        ("sweep: 1\nscore: a\ncombine: all\n", "3:1: combine is product or zip", "combine: zip"),
        ("sweep: 1\nscore: a\nrenderer: nice\n", "3:1: nice is not a renderer", "renderer: full"),
        (
            "sweep: 1\nscore: a\nrenderer: helios\n",
            "3:1: renderer: helios needs its weights",
            "add weights: FOLDER",
        ),
        (
            "sweep: 1\nscore: a\nrenderer: helios\nweights: ../nothing\n",
            "4:1: weights: ../nothing: there is no such folder",
            "name a folder",
        ),
        (
            "sweep: 1\nscore: a\nrenderer: helios\nweights: .\nrenderer-options: {size: 1x1}\n",
            "5:1: renderer-options: size=1x1: the sides",
            "write size=64x64",
        ),
        (
            "sweep: 1\nscore: a\nrenderer-options: 3\n",
            "3:1: renderer-options takes names",
            "renderer-options: {size: 640x384}",
        ),
        ("sweep: 1\nscore: a\nstage: tv\n", "3:1: tv is not a stage", "stage: simulated"),
        ("sweep: 1\nscore: a\nsize: big\n", "3:1: 'big' is not WIDTHxHEIGHT", None),
        ("sweep: 1\nscore: a\nname: ../x\n", "3:1: '../x' cannot be the name", "64 letters"),
        ("sweep: 1\nscore: a\nscore: b\n", "plan.yaml:3:1: duplicate score", "keep one"),
        ("sweep: 1\nscore: &a b\nname: *a\n", "aliases", "write the value"),
        ("sweep: 1\nlet: {a: {b: {c: {d: [e]}}}}\n", "nested too deeply", "docs/takes.md"),
        ("sweep: 1\nscore: [\n", "is not YAML", "indentation"),
        ("sweep: 1\nscore: a\x00b\n", "is not YAML", "printable"),
        ('sweep: 1\nscore: "a\\0b"\n', "2:1: a path has no null characters", "name a file"),
        (
            f"sweep: 1\nscore: a\nlet: {{a: {'x' * 100_001}}}\n",
            "at most 100,000 characters",
            "shorten",
        ),
    ],
)
def test_mistakes_have_their_position_and_a_hint(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert message in caught.value.message
    assert hint is None or hint in (caught.value.hint or "")


def test_a_file_is_read_up_to_its_maximum(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    with pytest.raises(InputError, match="cannot be read"):
        read_plan(path)
    path.write_bytes(b"#" * (MAX_PLAN_BYTES + 1))
    with pytest.raises(InputError, match="is larger than"):
        read_plan(path)
    path.write_bytes(b"sweep: \xff")
    with pytest.raises(InputError, match="is not UTF-8"):
        read_plan(path)
    path.write_text("sweep: 1\nscore: a.score\n")
    assert read_plan(path).score == tmp_path / "a.score"


def test_a_score_is_not_a_plan(tmp_path: Path) -> None:
    path = tmp_path / "boat.score"
    path.write_text('score "Boat"\n')
    with pytest.raises(InputError, match="is a score, and this command takes a plan") as caught:
        read_plan(path)
    assert (caught.value.hint or "").endswith(f"--seed 1..8 -o {tmp_path / 'boat.yaml'}")


def test_only_whole_numbers_are_written_as_a_range() -> None:
    numbers = ("100", "101", "102")
    axes = (Axis("let.light", numbers), Axis("seed", numbers), Axis("tempo", numbers))
    text = plan_text(Plan(name="p", score=Path("a.score"), axes=axes), "a.score")
    assert "seed: 100..102\n" in text
    assert [(one.name, one.values) for one in read(text).axes] == [
        (one.name, one.values) for one in axes
    ]


def test_values_of_options() -> None:
    assert parse_values("1..3,7, 9") == ("1", "2", "3", "7", "9")
    assert parse_values("off,2x") == ("off", "2x")
    with pytest.raises(UsageError, match="is not a range"):
        parse_values("1..99999")
