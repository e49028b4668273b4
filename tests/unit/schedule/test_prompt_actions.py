"""What distinguishes a prompt from the other prompts of its score, and its shortest form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.schedule.model import draw
from sequencer.schedule.prompt_actions import Actions, actions_of, sentences
from sequencer.schedule.rewording import shortest_action
from tests.support.schedules import WHOLE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("A tram", ["A tram"]),
        ("A tram. It waits.", ["A tram.", "It waits."]),
        ("Now! Or? Then… End", ["Now!", "Or?", "Then…", "End"]),
        ("One.Two", ["One.Two"]),
        ("A  b\n c.  D", ["A b c.", "D"]),
        ("雨。風！海？空", ["雨。", "風！", "海？", "空"]),
        ("3.5 metres high.", ["3.5 metres high."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


SCORE = ["S. A waits. L.", "S. It turns. L.", "S. It stops. L.", "S. It turns. It stops. L."]


@pytest.mark.parametrize(
    ("before", "text", "action"),
    [
        (None, "S. A waits. L.", "… A waits. …"),
        ("S. A waits. L.", "S. It turns. L.", "… It turns. …"),
        ("S. It turns. L.", "S. It turns. It stops. L.", "… It stops. …"),
        ("S. It turns. L.", "S. It turns. L.", "… It turns. …"),
        (None, "Unseen. Unknown.", "Unseen. Unknown."),
        ("S. L.", "S. L.", "S. L."),
        (None, "", ""),
    ],
    ids=["opening", "new", "only-what-is-new", "the-same", "all-new", "all-known", "empty"],
)
def test_actions(before: str | None, text: str, action: str) -> None:
    assert Actions(SCORE).of(before, text) == action


def test_no_space_after_a_full_width_stop() -> None:
    assert Actions(["雨。風。", "雨。海。"]).of(None, "雨。風。") == "… 風。"
    assert Actions(["雨。風。空。", "海。空。"]).of("海。空。", "雨。風。空。") == "雨。風。…"


def test_a_repeated_text_counts_once() -> None:
    assert Actions(["S. A.", "S. A.", "S. B."]).of(None, "S. A.") == "… A."


def test_all_prompts_of_a_schedule_count_with_those_of_rules_and_picks() -> None:
    actions = actions_of(WHOLE)
    assert actions.of(None, "A. X. D. Q.") == "… Q."
    assert actions_of(WHOLE).of(None, "A. B. C. D. X. Y.") == "A. B. C. D. X. Y."


@pytest.mark.parametrize(
    ("before", "text", "shortest"),
    [
        ("A boat drifts.", "The boat drifts on. It rains.", "… It rains."),
        ("A boat drifts.", "The boat drifts on.", "The boat drifts on."),
        (None, "A boat drifts.", "A boat drifts."),
        ("A red boat.", "The green lamp.", "The green lamp."),
        ("One two three four five.", "One two three six seven. New.", "… New."),
        (
            "One two three four five.",
            "One two six seven eight. New.",
            "One two six seven eight. New.",
        ),
        ("A boat. The sea.", "It rains. The boat. A sea.", "It rains. …"),
        ("A.", "B. C.", "B. C."),
    ],
    ids=[
        "reworded",
        "nothing-left",
        "opening",
        "different",
        "three-of-five",
        "two-of-five",
        "at-the-end",
        "short",
    ],
)
def test_the_shortest_action(before: str | None, text: str, shortest: str) -> None:
    assert shortest_action(Actions([text]), before, text) == shortest


@pytest.mark.parametrize(
    ("seed", "key", "ordinal", "choices", "drawn"),
    [
        (0, "|1|q0", 0, 3, 1),
        (0, "|1|q0", 1, 3, 0),
        (4, "a|2|s1/2", 0, 9, 2),
        (4, "a|2|go x", 7, 9, 2),
    ],
)
def test_draws_never_change(seed: int, key: str, ordinal: int, choices: int, drawn: int) -> None:
    """The random choices of a score are the same in every version."""
    assert draw(seed, key, ordinal, choices) == drawn


@given(st.integers(0, 2**32), st.text(max_size=10), st.integers(0, 99), st.integers(1, 50))
def test_a_draw_is_one_of_the_choices(seed: int, key: str, ordinal: int, choices: int) -> None:
    assert 0 <= draw(seed, key, ordinal, choices) < choices
