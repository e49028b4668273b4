"""The action of a prompt is the part that changes: not the sentences shared with the previous
prompt or with the others.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.language.compiler import compile_score
from sequencer.runtime.output.action_excerpt import brief_action
from sequencer.schedule.prompt_actions import Actions, actions_of, sentences
from tests.support.builders import at_chunk, on_chunks

BASE = "A woman in a yellow raincoat waits at a tram stop. Wet neon light."


def follow(action: str) -> str:
    return f"The woman in the yellow raincoat remains at the tram stop. {action} Wet neon light."


UMBRELLA, TRAM = follow("Now she opens a red umbrella."), follow("Now a tram glides in.")


@pytest.mark.parametrize(
    ("before", "text", "action"),
    [
        (None, BASE, "A woman in a yellow raincoat waits at a tram stop. …"),
        (BASE, UMBRELLA, "… Now she opens a red umbrella. …"),
        (UMBRELLA, TRAM, "… Now a tram glides in. …"),
        (TRAM, UMBRELLA, "… Now she opens a red umbrella. …"),
        (None, TRAM, "… Now a tram glides in. …"),
        (TRAM, TRAM, "… Now a tram glides in. …"),
    ],
)
def test_the_frame_that_prompts_share_is_left_out(
    before: str | None, text: str, action: str
) -> None:
    assert Actions([BASE, UMBRELLA, TRAM, TRAM]).of(before, text) == action


def test_a_prompt_that_grows_shows_what_was_added() -> None:
    first, second, third = (
        "A tram. It rains.",
        "A tram. It rains. A dog comes.",
        "A tram. It rains. A dog comes. It barks.",
    )
    actions = Actions([first, second, third])
    assert actions.of(None, first) == first
    assert actions.of(first, second) == "… A dog comes."
    assert actions.of(second, third) == "… It barks."


def test_full_width_sentences_need_no_spaces() -> None:
    rain, snow = "街の夜。雨が降る。静か。", "街の夜。雪が降る。静か。"
    assert sentences(rain) == ["街の夜。", "雨が降る。", "静か。"]
    assert Actions([rain, snow]).of(rain, snow) == "… 雪が降る。…"


def test_a_schedule_gives_the_texts_of_its_cues() -> None:
    schedule = compile_score(on_chunks(at_chunk(0, UMBRELLA), at_chunk(4, TRAM), end=9))
    assert actions_of(schedule).of(None, TRAM) == "… Now a tram glides in. …"


@given(
    st.lists(st.text(alphabet="ab. …。\n", max_size=12), max_size=4),
    st.text(alphabet="ab. …。\n", max_size=12),
)
def test_an_action_is_never_empty_where_the_text_is_not(texts: list[str], text: str) -> None:
    action = Actions(texts).of(None, text)
    assert bool(action.strip()) == bool(text.strip())


@pytest.mark.parametrize(
    ("space", "brief"),
    [
        (100, "The paper boat drifts on along the gutter. Now it turns once. …"),
        (40, "… Now it turns once. …"),
        (10, "… Now it …"),
    ],
)
def test_where_there_is_little_space_a_reworded_sentence_is_omitted(space: int, brief: str) -> None:
    first = "A paper boat drifts along a gutter. Grey light."
    second = "The paper boat drifts on along the gutter. Now it turns once. Grey light."
    assert brief_action(Actions([first, second]), first, second, space) == brief


def test_a_sentence_that_only_resembles_another_is_shown_where_it_is_all_that_is_new() -> None:
    first, second = (
        "The lights of the tram at the stop turn red. Night.",
        "The lights of the tram at the stop turn blue. Night.",
    )
    assert (
        brief_action(Actions([first, second]), first, second, 30)
        == "The lights of the tram at the…"
    )
