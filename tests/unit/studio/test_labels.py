"""Labels of pads are short, and name what happens."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.schedule.model import (
    CutAct,
    GotoAct,
    OscAct,
    PauseAct,
    PickAct,
    PromptAct,
    RuleAct,
    StrengthAct,
    SuperResolutionAct,
)
from sequencer.schedule.prompt_actions import Actions
from sequencer.studio.labels import (
    MAX_LABEL,
    act_label,
    acts_label,
    joined_labels,
)

ACTIONS = Actions(["A tram waits. Now lightning flashes; it rains.", "A tram waits. Now it snows."])


@pytest.mark.parametrize(
    ("act", "label"),
    [
        (PromptAct("A tram waits. Now lightning flashes; it rains."), "lightning flashes"),
        (PromptAct("A tram waits. Now it snows."), "it snows"),
        (PickAct(("Now a cat crosses.", "Now a paper flies."), "k"), "cat or paper"),
        (PickAct(("A red lamp glows.", "A red door opens."), "k"), "red lamp or red door"),
        (PickAct(("One.", "Two.", "Three.", "Four."), "k"), "one of 4: One, Two, Three, Four"),
        (SuperResolutionAct("4x"), "SR 4x"),
        (StrengthAct(Fraction(1, 2)), "strength 0.5"),
        (GotoAct("intro"), "to intro"),
        (PauseAct(), "pause"),
        (CutAct(7), "cut seed 7"),
        (OscAct("/drop", ("1",)), "osc /drop 1"),
    ],
)
def test_labels_of_actions(act: RuleAct, label: str) -> None:
    assert act_label(ACTIONS, act) == label


def test_labels_of_several_rules_write_a_common_word_once() -> None:
    assert joined_labels(["SR off", "SR 4x"]) == "SR off · 4x"
    assert joined_labels(["pause", "SR 4x"]) == "pause · SR 4x"
    assert joined_labels(["pause", "pause"]) == "pause"


def test_labels_are_never_too_long() -> None:
    word = "word" * 30
    assert len(acts_label(ACTIONS, [PromptAct(word), GotoAct(word)])) <= MAX_LABEL
    assert len(joined_labels([word, word + "s"])) <= MAX_LABEL
