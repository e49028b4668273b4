"""Two runs compared: each row is a change of the second run, with what is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.engine.journal import Journal, read_journal
from sequencer.language.compiler import compile_score
from sequencer.language.loader import load_text
from sequencer.reports.diff import Comparison, compare
from tests.support.builders import play

SCORE = """clock 120 bpm, 4/4
seed 3
section a 4 bars {
  at 1 "A."
  at 2 "B."
  at 3 sr 4x
  at 3 midi note C3
  at 4 midi cc 20 70
  on go x -> "X."
}
"""


def ran(folder: Path, name: str, score: str = SCORE, *events: str) -> Journal:
    reading = load_text(score, "a.score")
    assert reading.score is not None, reading.diagnostics
    play(compile_score(reading.score), *events, journal=folder / name)
    return read_journal(folder / name)


def found(comparison: Comparison) -> list[str]:
    """Return everything that differs, one line each."""
    return [
        *(f"setting {one.partition(':')[0]}" for one in comparison.settings),
        *(f"cue {one}" for one in comparison.cues),
        *(f"send {one}" for one in comparison.sends),
        *(f"prompt {chunk}" for chunk in comparison.prompts),
    ]


def test_a_run_is_equal_to_itself(tmp_path: Path) -> None:
    one = compare(ran(tmp_path, "a"), ran(tmp_path, "b"))
    assert found(one) == []
    assert one.is_equal
    assert one.chunks == (6, 6)
    assert (one.frame_digests, bool(one.why_not)) == (
        None,
        True,
    )  # neither run has frames of its own
    assert "equal" in repr(one)


def test_a_prompt_that_changes_is_found_with_its_chunks(tmp_path: Path) -> None:
    one = compare(ran(tmp_path, "a"), ran(tmp_path, "b", SCORE.replace('"B."', '"C."')))
    assert found(one) == ["setting schedule digest", *(f"prompt {chunk}" for chunk in range(1, 6))]
    assert not one.is_equal
    assert "different" in repr(one)


def test_a_seed_that_changes_is_a_setting(tmp_path: Path) -> None:
    one = compare(ran(tmp_path, "a"), ran(tmp_path, "b", SCORE.replace("seed 3", "seed 4")))
    assert found(one) == ["setting seed", "setting schedule digest"]


def test_a_firing_is_only_in_the_run_in_which_it_happened(tmp_path: Path) -> None:
    one = compare(ran(tmp_path, "a"), ran(tmp_path, "b", SCORE, "go x@2c"))
    (cue,) = one.cues
    assert cue.before is None
    assert cue.after is not None
    assert (cue.after.place, cue.after.landed, one.prompts) == ("go x", 4, (4, 5))


def test_a_firing_that_landed_elsewhere_is_named_with_both_chunks(tmp_path: Path) -> None:
    one = compare(ran(tmp_path, "a", SCORE, "go x@2c"), ran(tmp_path, "b", SCORE, "go x@3c"))
    (cue,) = one.cues
    assert cue.before is not None
    assert cue.after is not None
    assert (cue.before.landed, cue.after.landed) == (4, 5)
    assert [part for part in ("4", "5") if part in cue.what] == ["4", "5"]
    assert one.prompts == (4,)


@pytest.mark.parametrize(
    ("old", "new", "sends"),
    [
        ("at 3 midi note C3", "at 3 midi note D3", 2),  # one message in each run
        ("  at 3 midi note C3\n", "", 1),
        ("at 4 midi cc 20 70", "at 4 midi cc 20 71", 2),
        ("at 3 midi note C3", "at 3.1 midi note C3", 0),
    ],
)
def test_messages_that_differ_are_found(tmp_path: Path, old: str, new: str, sends: int) -> None:
    one = compare(ran(tmp_path, "a"), ran(tmp_path, "b", SCORE.replace(old, new)))
    assert len(one.sends) == sends


def test_messages_are_equal_however_they_are_grouped(tmp_path: Path) -> None:
    together = SCORE.replace("  at 4 midi cc 20 70\n", "").replace(
        "at 3 midi note C3", "at 3 midi note C3, midi cc 20 70"
    )
    apart = SCORE.replace("at 4 midi cc 20 70", "at 3 midi cc 20 70")
    assert compare(ran(tmp_path, "a", together), ran(tmp_path, "b", apart)).sends == ()


def test_a_shorter_run_is_not_equal(tmp_path: Path) -> None:
    one = compare(ran(tmp_path, "a"), ran(tmp_path, "b", SCORE, "finish@3c"))
    assert one.chunks[0] == 6
    assert one.chunks[1] < 6
    assert not one.is_equal
