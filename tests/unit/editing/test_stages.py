"""Scores for several stages in an editor: hints, descriptions, completion and renaming."""

from __future__ import annotations

import pytest

from sequencer.editing.completing import complete
from sequencer.editing.hints import find_hints
from sequencer.editing.hovering import hover
from sequencer.editing.looking import look
from sequencer.editing.names import Refusal, find_definitions, find_references, rename
from sequencer.editing.texts import apply_edits
from tests.support.editing import with_cursor

HEAD = "clock 120 bpm, 4/4\nstages left, right\n"
TEXT = (
    HEAD + 'seed 7 on right\nat 1 "A."\nat 5 on left "B."\nat 9 on left, right cut, "C."\nend 13\n'
)
YAML = (
    "clock: 120 bpm, 4/4\nstages: [left, right]\nseed: {right: 7}\ncues:\n"
    "  - {at: 1, prompt: A.}\n  - {at: 5, stages: [left], prompt: B.}\nend: 13\n"
)


def test_the_cues_of_all_stages_have_hints() -> None:
    known = look(TEXT, "a.score", advice=False)
    assert [(one.line, one.text) for one in find_hints(known)] == [
        *((4, "⟶ c0"), (5, "⟶ c6 · +250 ms"), (6, "⟶ c12 · +500 ms · take 2"))
    ]


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("stages le|ft, right", "stage left\n3 cues, 2 takes, seed 0"),
        ("seed 7 on rig|ht", "stage right\n2 cues, 2 takes, seed 7"),
    ],
)
def test_a_stage_is_described(marked: str, text: str) -> None:
    whole, at = with_cursor(TEXT.replace(marked.replace("|", ""), marked))
    found = hover(look(whole, "a.score", advice=False), at)
    assert found is not None
    assert found.text == text


def test_a_cue_of_some_stages_names_them() -> None:
    whole, at = with_cursor(TEXT.replace('left "B."', 'left "B|."'))
    found = hover(look(whole, "a.score", advice=False), at)
    assert found is not None
    assert found.text.startswith("on left\n")


@pytest.mark.parametrize(
    ("line", "labels"),
    [
        ("at 5 on |", ["left", "right"]),
        ("at 5 on r|", ["right"]),
        ("at 5 on left, |", ["right"]),
        ("every 2 bars from 3 on |", ["left", "right"]),
        ("on note C3 -> on |", ["left", "right"]),
        ("seed 7 on |", ["left", "right"]),
    ],
)
def test_stages_are_completed(line: str, labels: list[str]) -> None:
    text, at = with_cursor(HEAD + line)
    known = look(TEXT, "a.score", advice=False)
    assert [one.label for one in complete(known, text, at)] == labels


@pytest.mark.parametrize(("head", "offered"), [(HEAD, True), ("clock 120 bpm, 4/4\n", False)])
def test_on_is_offered_where_there_are_stages(head: str, offered: bool) -> None:
    text, at = with_cursor(head + "at 5 |")
    known = look(head + 'at 1 "A."\nend 5\n', "a.score", advice=False)
    assert ("on" in [one.label for one in complete(known, text, at)]) is offered


@pytest.mark.parametrize("front", ["at 5 ", "every 2 bars from 3 ", "on note C3 -> "])
def test_what_all_stages_do_is_not_offered_to_some(front: str) -> None:
    known = look(TEXT, "a.score", advice=False)
    common = {"tempo", "meter", "midi", "osc", "mark", "pause", "resume", "goto"}
    for stages, expected in (("", True), ("on left ", False), ("on left, right ", False)):
        text, at = with_cursor(f"{HEAD}{front}{stages}|")
        labels = {one.label.split(" ")[0] for one in complete(known, text, at)}
        assert bool(labels & common) is expected
        assert "cut" in labels


def test_each_stage_has_a_schedule_with_its_name() -> None:
    known = look(TEXT, "a.score", advice=False)
    titles = [(name, part.title, len(part.entries)) for name, part in known.parts]
    assert titles == [("left", "Untitled · left", 3), ("right", "Untitled · right", 2)]
    (one,) = look('at 0c "A."\nend 2c\n', "a.score", advice=False).parts
    assert one[0] is None and one[1].title is None
    assert not look("at 0c", "a.score", advice=False).parts


def test_stages_are_completed_in_yaml() -> None:
    text, at = with_cursor(YAML.replace("stages: [left]", "stages: [|]"))
    known = look(YAML, "a.yaml", advice=False)
    assert [one.label for one in complete(known, text, at)] == ["left", "right"]


@pytest.mark.parametrize(("text", "file"), [(TEXT, "a.score"), (YAML, "a.yaml")])
def test_a_stage_is_renamed_everywhere(text: str, file: str) -> None:
    marked = text.replace("left", "l|eft", 1)
    whole, at = with_cursor(marked)
    known = look(whole, file, advice=False)
    assert find_definitions(known, at) == (find_references(known, at)[0],)
    edits = rename(known, at, "west")
    assert not isinstance(edits, Refusal)
    assert apply_edits(text, edits) == text.replace("left", "west")
    for taken in ("cut", "all", "right"):
        assert isinstance(rename(known, at, taken), Refusal)
