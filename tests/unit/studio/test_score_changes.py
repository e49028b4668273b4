"""The changes of an edit, in sentences."""

from __future__ import annotations

import pytest

from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.schedule.model import Schedule
from sequencer.studio.score_changes import MAX_CHANGES, describe_changes

SCORE = """clock 120 bpm, 4/4
section a 4 bars {
  at 1 "A tram."
  at 3 "It rains."
}
section b 4 bars {
  at 1 "It snows."
  on note D3 -> sr 4x
}
play a b
"""


def compiled(text: str) -> Schedule:
    return compile_score(reads(text, file="changes.score"))


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ('"It rains."', '"It pours."', "a 3.1 is changed: “It pours.”"),
        ("at 3 ", "at 4 ", "a 4.1 is new: “It rains.”"),
        ('  at 3 "It rains."\n', "", "a 3.1 is removed"),
        ("section b 4 bars", "section b 6 bars", "b lasts 6 bars instead of 4 bars"),
        ("section b 4 bars", "section b 4 bars, tempo 100", "b has another tempo or meter"),
        ("sr 4x", "sr off", "b has other rules"),
        ("play a b", "play b a", "the sections are played in another order"),
        ("play a b", "play a b b", "b 2/2 is new, with 1 cue"),
        ("4/4\n", "4/4\nseed 7\n", "seed is 7 instead of 0"),
    ],
)
def test_each_kind_of_change(old: str, new: str, change: str) -> None:
    assert old in SCORE
    assert change in describe_changes(compiled(SCORE), compiled(SCORE.replace(old, new)))


def test_nothing_has_changed() -> None:
    assert describe_changes(compiled(SCORE), compiled(f"# a comment\n{SCORE}")) == []


def test_many_changes_are_counted() -> None:
    def score(word: str) -> Schedule:
        cues = "\n".join(f'at {number}c "{word} {number}."' for number in range(40))
        return compiled(f"{cues}\nend 50c\n")

    found = describe_changes(score("Rain"), score("Snow"))
    assert len(found) == MAX_CHANGES
    assert found[-1] == "and 29 more changes"
