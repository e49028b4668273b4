"""Variables and scenes become texts."""

from __future__ import annotations

import pytest

from sequencer.core.prompt_texts import MAX_PROMPT_LENGTH
from sequencer.language.check import check_text
from sequencer.language.compiler.ir import ResolvedPrompt
from tests.support.compiler_passes import codes_of, resolved_of, score_of

SCENE = 'scene tram {\n  base "A tram."\n  follow "A tram. {action}"\n}\n'


def prompts(text: str) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return the texts of all cues in source order, and the reported codes."""
    resolved, faults = resolved_of(score_of(text))
    (block,) = resolved.blocks
    return [
        act.texts for cue in block.cues for act in cue.acts if isinstance(act, ResolvedPrompt)
    ], codes_of(faults)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('let x = "B"\nat 0c "A {x} C"\n', ("A B C",), id="variable"),
        pytest.param(
            'let x = "B"\nlet y = "{x}{x}"\nat 0c "{y}"\n', ("BB",), id="variable-in-a-variable"
        ),
        pytest.param('let x = " B "\nat 0c " {x} "\n', ("B",), id="white-space-at-the-ends"),
        pytest.param('at 0c "a {{b}} c"\n', ("a {b} c",), id="braces"),
        pytest.param(f"{SCENE}at 0c tram\n", ("A tram.",), id="base"),
        pytest.param(f'{SCENE}at 0c tram "It turns."\n', ("A tram. It turns.",), id="follow"),
        pytest.param(
            f'{SCENE}at 0c tram pick("X" | "Y")\n',
            ("A tram. X", "A tram. Y"),
            id="follow-with-pick",
        ),
        pytest.param(
            f'let x = "Z"\n{SCENE}at 0c tram "{{x}}!"\n',
            ("A tram. Z!",),
            id="variable-in-an-action",
        ),
        pytest.param(
            'let x = "Z"\nscene s {\n  base "A {x}"\n}\nat 0c s\n',
            ("A Z",),
            id="variable-in-a-base",
        ),
        pytest.param(
            'scene s {\n  follow "{action}, {action}"\n}\nat 0c s "X"\n',
            ("X, X",),
            id="action-twice",
        ),
    ],
)
def test_texts(text: str, expected: tuple[str, ...]) -> None:
    assert prompts(text) == ([expected], [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('let x = "B"\nlet x = "C"\nat 0c "{x}"\n', ["E301 2:5"], id="variable-twice"),
        pytest.param(
            'let action = "B"\nat 0c "A {action}"\n', ["E302 1:5"], id="variable-called-action"
        ),
        pytest.param(f"{SCENE}{SCENE}at 0c tram\n", ["E303 5:7"], id="scene-twice"),
        pytest.param('at 0c "A {action}"\n', ["E305 1:10"], id="action-outside-a-follow"),
        pytest.param(
            'scene s {\n  base "A {action}"\n}\nat 0c s\n', ["E305 2:11"], id="action-in-a-base"
        ),
        pytest.param(
            'let x = "{y}"\nlet y = "Y"\nat 0c "A {x}{y}"\n', ["E306 1:10"], id="defined-later"
        ),
        pytest.param('at 0c "A {x}"\n', ["E307 1:10"], id="unknown-variable"),
        pytest.param("at 0c tram\n", ["E308 1:7"], id="unknown-scene"),
        pytest.param('scene s {\n  follow "{action}"\n}\nat 0c s\n', ["E309 4:7"], id="no-base"),
        pytest.param('scene s {\n  base "A"\n}\nat 0c s "X"\n', ["E310 4:7"], id="no-follow"),
        pytest.param('at 0c ""\n', ["E311 1:7"], id="empty-prompt"),
        pytest.param('let x = ""\nat 0c "{x}"\n', ["E311 2:7"], id="empty-by-a-variable"),
        pytest.param('at 0c pick("A" | "")\n', ["E311 1:7"], id="empty-option"),
        pytest.param('at 0c "{x}"\n', ["E307 1:8"], id="empty-for-want-of-a-variable"),
        pytest.param(
            'let x = "{q}"\nat 0c "{x}"\n', ["E307 1:10"], id="empty-for-want-of-an-inner-variable"
        ),
        pytest.param(
            'scene s {\n  base "A"\n  follow "B"\n}\nat 0c s\n',
            ["W301 3:10"],
            id="follow-without-action",
        ),
        pytest.param('let x = "B"\nat 0c "A"\n', ["W302 1:5"], id="unused-variable"),
        pytest.param(f'{SCENE}at 0c "A"\n', ["W303 1:7"], id="unused-scene"),
        pytest.param(
            'let x = "B"\nlet y = "{x}"\nat 0c "A"\n', ["W302 2:5"], id="used-by-another-variable"
        ),
        pytest.param(
            'let xx = "B"\nat 0c "A {xy}"\n', ["E307 2:10"], id="unused-may-be-what-was-meant"
        ),
        pytest.param(f"{SCENE}at 0c tarm\n", ["E308 5:7"], id="unused-scene-may-be-what-was-meant"),
        pytest.param('let x = "B"\n', [], id="library-of-variables"),
        pytest.param(
            f'scene s {{\n  base "A {{q}}"\n}}\n{SCENE}at 0c tram\n',
            ["W303 1:7", "E307 2:11"],
            id="unshown-is-read",
        ),
        pytest.param('at 12 seconds "A"\n', ["E216 1:4"], id="unit-apart"),
        pytest.param('at 12 ms "A"\n', ["E216 1:4"], id="milliseconds-apart"),
    ],
)
def test_what_is_reported_and_where(text: str, expected: list[str]) -> None:
    assert prompts(text)[1] == expected


def test_a_scene_is_reported_once_however_often_it_is_shown() -> None:
    text = 'scene s {\n  base "A {q}"\n}\nat 0c s\nat 4c s\n'
    assert prompts(text) == ([("A",), ("A",)], ["E307 2:11"])


@pytest.mark.parametrize("extra", [0, 1], ids=["longest", "too-long"])
def test_a_text_has_a_bound_with_its_variables(extra: int) -> None:
    half = "x" * (MAX_PROMPT_LENGTH // 2)
    found, codes = prompts(f'let h = "{half}"\nat 0c "{{h}}{{h}}{"y" * extra}"\n')
    assert codes == (["E304 2:7"] if extra else [])
    assert [len(text) for texts in found for text in texts] == (
        [] if extra else [MAX_PROMPT_LENGTH]
    )


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        pytest.param('let boat = "B"\nat 0c "A {boot} {boat}"\n', "{boat}", id="variable"),
        pytest.param(f"{SCENE}at 0c tarm\n", "tram", id="scene"),
        pytest.param("on go a -> hold\n", "pause", id="another-word-for-pause"),
        pytest.param("on go a -> continue\n", "resume", id="another-word-for-resume"),
        pytest.param("at 0c cutt\n", "cut", id="misspelled-cut"),
        pytest.param('at 0c prompt "A"\n', "", id="word-before-a-prompt"),
        pytest.param('at 0c imag "a.png"\n', "image", id="misspelled-image"),
        pytest.param('at 12 seconds "A"\n', "12s", id="unit-apart"),
        pytest.param('at 350 msec "A"\n', "350ms", id="milliseconds-apart"),
        pytest.param('at 4 chunks "A"\n', "4c", id="chunks-apart"),
        pytest.param('at 96 frames "A"\n', "96f", id="frames-apart"),
        pytest.param('at 0c "A {action}"\n', "", id="action"),
    ],
)
def test_replacements(text: str, fix: str) -> None:
    _, faults = resolved_of(score_of(text))
    assert [one.text for fault in faults.diagnostics for one in fault.fixes] == [fix]


def test_a_unit_apart_leaves_its_cue_out() -> None:
    found, _ = prompts('at 12 seconds "A"\nat 4c "B"\n')
    assert found == [("B",)]


def test_a_name_that_differs_only_in_capital_letters_is_suggested() -> None:
    (fault,) = check_text('let x = "b"\nat 0c "A {X}."\nend 9c\n').errors
    assert (fault.code, fault.hint) == ("E307", "did you mean {x}?")


@pytest.mark.parametrize(
    ("word", "action", "is_end"),
    [
        ("stop", "pause", True),
        ("halt", "pause", True),
        ("hold", "pause", False),
        ("freeze", "pause", False),
        ("continue", "resume", False),
        ("unpause", "resume", False),
    ],
)
def test_words_for_pausing_name_the_action(word: str, action: str, is_end: bool) -> None:
    (fault,) = check_text(f'at 0c "A"\nat 2c {word}\nend 9c\n').errors
    assert (fault.code, fault.hint is None) == ("E308", False)
    assert f"{action} belongs in a rule: on go out -> {action}" in str(fault.hint)
    assert ("sets its end" in str(fault.hint)) is is_end
