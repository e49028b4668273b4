"""Requests for follow-up actions, and which answers are accepted."""

from __future__ import annotations

import json

import pytest

from sequencer.core.prompt_texts import MAX_PROMPT_LENGTH
from sequencer.language.evolving import (
    GUIDE,
    GUIDE_FOR_PROMPTS,
    Refused,
    Subject,
    as_cue,
    ask_again,
    fault_of,
    first_messages,
    guide,
    read_answers,
    texts_of,
    with_suggestions,
)
from sequencer.language.notations import reads

TEXT = """\
let light = "Soft grey light."
scene boat {
  base "A paper boat drifts along a gutter. {light} Low close shot, 35mm."
  follow "The paper boat drifts on. {action} {light} Low close shot, 35mm."
}
at 0c boat
end 8c
"""
BOAT = Subject(score=reads(TEXT), scene="boat")
FREE = Subject(prompt="A paper boat drifts along a gutter. Soft grey light. Low close shot, 35mm.")


def test_the_request_has_the_rules_of_the_catalog_and_the_texts_of_the_scene() -> None:
    system, user = first_messages(BOAT, texts_of(BOAT), 3)
    assert "A follow-up adds one new action." in system["content"]
    assert len(guide(is_scene=True).splitlines()) == len(GUIDE)
    assert len(guide(is_scene=False).splitlines()) == len(GUIDE) + len(GUIDE_FOR_PROMPTS)
    before = "A paper boat drifts along a gutter. Soft grey light. Low close shot, 35mm."
    after = "The paper boat drifts on. {action} Soft grey light. Low close shot, 35mm."
    assert user["content"].splitlines()[:2] == [
        f"The video shows: {before}",
        f"The next prompt will be: {after}",
    ]
    assert "Write 3 different texts for {action}" in user["content"]


def test_a_free_prompt_asks_for_complete_prompts() -> None:
    system, user = first_messages(FREE, texts_of(FREE), 2)
    assert "complete prompts" in system["content"]
    assert user["content"].startswith("The video shows: A paper boat drifts")


def test_what_was_refused_is_explained() -> None:
    reply, advice = ask_again("[]", [Refused("No rain.", "it names what is not there")], 2)
    assert (reply["role"], reply["content"]) == ("assistant", "[]")
    assert "- 'No rain.': it names what is not there" in advice["content"]
    assert "Write 2 others" in advice["content"]


@pytest.mark.parametrize(
    ("reply", "answers"),
    [
        ('["A.", "B  c."]', ["A.", "B c."]),
        ('```json\n["A."]\n```', ["A."]),
        ('{"actions": ["A."]}', ["A."]),
        ("Here you are: A.", None),
        ("[1, 2]", None),
        ("[" * 100_000, None),
        ("7", None),
    ],
)
def test_which_replies_can_be_read(reply: str, answers: list[str] | None) -> None:
    assert read_answers(reply) == answers


def test_a_reply_has_a_limit() -> None:
    assert len(read_answers(json.dumps(["A."] * 1000)) or ()) == 50


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("It turns once.", None),
        ("It {turns} once.", None),
        ("It turns and then it fills with rain.", "several actions"),
        ("It turns without any rain.", "names what should not be visible"),
        ("(It turns:1.4)", "syntax of another tool"),
        ("It turns ONCE again.", "repeats another answer"),
        ("", "empty"),
        ("x" * (MAX_PROMPT_LENGTH + 1), "the maximum is"),
        ("x" * MAX_PROMPT_LENGTH, "longer than"),
        ("It turns\x07.", "control character"),
    ],
)
def test_an_answer_has_to_pass_the_prompt_advice(answer: str, fault: str | None) -> None:
    found = fault_of(BOAT, answer, ["It turns once again."])
    assert (found is None) is (fault is None), found
    assert fault is None or fault in (found or "")


def test_a_complete_prompt_has_to_keep_the_camera_line() -> None:
    kept = "The paper boat fills with rain. Soft grey light. Low close shot, 35mm."
    assert fault_of(FREE, kept, ()) is None
    assert "lacks the camera line" in (
        fault_of(FREE, "The paper boat fills with rain. Soft grey light.", ()) or ""
    )


def test_answers_are_printed_as_cues() -> None:
    assert as_cue(BOAT, 'It says "no".') == 'boat "It says \\"no\\"."'
    assert as_cue(FREE, "A {boat}.") == '"A {{boat}}."'


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_suggestions_leave_the_rest_of_the_file_as_it_is(end: str) -> None:
    text = f"a{end}  tram:  # x{end}   odd   {end}"
    assert with_suggestions(text, 2, ["one", "two"]) == (
        f"a{end}  # one{end}  # two{end}  tram:  # x{end}   odd   {end}"
    )
