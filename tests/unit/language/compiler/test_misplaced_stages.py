"""Stages that are written as if they were scenes: the error, its fix, and what is compiled."""

from __future__ import annotations

import pytest

from sequencer.language.check import check_text

HEAD = 'clock 120 bpm, 4/4\nstages left, right\nsection dawn 16 bars {\n  at 1 "A."\n'


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ('at 5 left "B."', "left is a stage, not a scene", 'write on left "…"'),
        ("at 5 left", "left is a stage, not a scene", 'write on left "…"'),
        (
            'at 5 left, right "B."',
            "left, right are stages, not scenes",
            'write on left, right "…"',
        ),
        ('on note D3 -> left "B."', "left is a stage, not a scene", 'write on left "…"'),
        (
            'at 5 on "B."',
            "`on` names no stages",
            'write, for example: on left "…" (the stages are: left, right)',
        ),
        ('at 5 on all "B."', "there is no stage all", "for all stages, omit `on all`"),
    ],
)
def test_the_error_and_its_hint(line: str, message: str, hint: str) -> None:
    (found,) = check_text(f"{HEAD}  {line}\n}}\n", "a.score").errors
    assert (found.code, found.message, found.hint) == ("E346", message, hint)


@pytest.mark.parametrize("names", ["left", "left, right"])
def test_the_fix_makes_it_valid(names: str) -> None:
    text = f'{HEAD}  at 5 {names} "B."\n}}\n'
    (found,) = check_text(text, "a.score").errors
    (fix,) = found.fixes
    lines = text.splitlines()
    line, column = fix.span.line - 1, fix.span.column - 1
    lines[line] = lines[line][:column] + fix.text + lines[line][column:]
    assert lines[line] == f'  at 5 on {names} "B."'
    assert check_text("\n".join(lines), "a.score").is_valid


def test_it_causes_no_other_errors() -> None:
    text = HEAD.replace('at 1 "A."', 'at 1 left "A."') + '  at 1 right "B."\n}\n'
    assert {one.code for one in check_text(text, "a.score").errors} == {"E346"}


def test_yaml_has_a_hint_of_its_own() -> None:
    text = (
        "clock: 120 bpm, 4/4\nstages: left, right\nsections:\n  - section: dawn 16 bars\n"
        "    cues:\n      - {at: 1, prompt: A}\n      - {at: 5, show: left}\n"
    )
    (found,) = check_text(text, "a.yaml").errors
    assert found.hint == "name the stages with the key stages: {stages: [left], prompt: …}"
    assert not found.fixes


def test_a_scene_with_the_name_of_a_stage_is_shown() -> None:
    text = HEAD.replace("section", 'scene left { base "L." }\nsection') + "  at 5 left\n}\n"
    assert check_text(text, "a.score").is_valid


def test_a_length_of_some_stages() -> None:
    (found,) = check_text(HEAD.replace("bars", "bars on left") + "}\n", "a.score").errors
    assert found.message == "all stages have the same lengths, so none is on left"
    assert found.hint == "write 16 bars; name stages in cues: on left"
    assert found.fixes[0].text == "16 bars"
