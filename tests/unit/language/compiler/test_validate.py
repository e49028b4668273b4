"""The last pass: errors that show only after every cue has its chunk.

The earlier passes report nothing for these scores.
"""

from __future__ import annotations

import sys

import pytest

from sequencer.core.diagnostics import Diagnostics
from sequencer.core.errors import ScoreError
from sequencer.language.check import check_text
from sequencer.language.compiler import compile_all, compile_score
from sequencer.language.compiler.validate import check_collisions
from tests.support.compiler_passes import checked, codes_of, passed, score_of

BEATS = "clock 120 bpm, 4/4\n"
LIVE = 'section live until go x, max 4 bars {\n  at 1 "L"\n}\n'
AFTER_LIVE = f'{BEATS}{LIVE}section b 4 bars {{\n  at 1 "B"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the opening of a take
        pytest.param('at 0c "A"\n', [], id="prompt-at-the-start"),
        pytest.param('at 1c "A"\n', ["E423 1:1"], id="prompt-after-the-start"),
        pytest.param('at 0.6s "A"\n', [], id="prompt-that-snaps-to-the-start"),
        pytest.param('at 0.7s "A"\n', ["E423 1:1"], id="prompt-that-snaps-beyond-the-start"),
        pytest.param('at 0c sr 4x\nat 1c "A"\n', ["E423 2:1"], id="setting-at-the-start"),
        pytest.param('at 1c cut, "A"\n', ["E423 1:1"], id="score-begins-with-a-cut"),
        pytest.param("at 0c sr 4x\n", ["E422 1:1"], id="no-prompt-at-all"),
        pytest.param("at 0c midi program 1\n", ["E422 1:1"], id="only-messages"),
        pytest.param('at 0c "A"\nat 4c cut\n', ["E421 2:1"], id="cut-without-prompt"),
        pytest.param('at 0c "A"\nat 4c cut, "B"\n', [], id="cut-with-prompt"),
        pytest.param('at 0c "A"\nat 4c cut\nat 4c "B"\n', [], id="cut-with-prompt-of-another-cue"),
        pytest.param(
            'at 0c "A"\nat 4c cut\nat 5c "B"\nat 9c cut\n',
            ["E421 2:1", "E421 4:1"],
            id="two-cuts-without-prompts",
        ),
        # two actions of the same kind
        pytest.param('at 0c "A"\nat 4c "B"\nat 4c "C"\n', ["E424 3:1"], id="two-prompts"),
        pytest.param('at 0c "A"\nat 4c "B"\nat 133f "C"\n', ["E424 3:1"], id="two-prompts-by-snap"),
        pytest.param(
            'at 0c "A"\nat 4c "B"\nat 4c "C"\nat 4c "D"\n',
            ["E424 3:1", "E424 4:1"],
            id="three-prompts",
        ),
        pytest.param('at 0c "A"\nat 4c cut, "B"\nat 4c cut\n', ["E424 3:1"], id="two-cuts"),
        pytest.param('at 0c "A", sr 2x\nat 0c sr 4x\n', ["W403 2:1"], id="two-sr"),
        pytest.param(
            'at 0c "A", image "a.png"\nat 0c image "b.png"\n', ["W403 2:1"], id="two-images"
        ),
        pytest.param(
            'at 0c "A"\nat 4c "B"\nat 4c "C"\non stop -> pause\n',
            ["W403 3:1"],
            id="two-prompts-with-a-rule",
        ),
        pytest.param(
            'clock midi, nominal 120 bpm\nat 1 "A"\nat 3 "B"\nat 3.1 "C"\n',
            ["W403 4:1"],
            id="two-prompts-of-an-external-clock",
        ),
        # strength
        pytest.param('at 0c "A", strength 0.5\n', ["W402 1:1"], id="strength-alone"),
        pytest.param('at 0c "A", strength 0.5, image "a.png"\n', [], id="strength-with-image"),
        pytest.param(
            'at 0c "A", strength 0.5\nat 0c image "a.png"\n',
            [],
            id="strength-with-image-of-another-cue",
        ),
        pytest.param(
            'at 0c "A"\nat 2c image "a.png"\nat 3c strength 0.5\n',
            ["W402 3:1"],
            id="strength-after-image",
        ),
        # cues without a known chunk
        pytest.param(f'{AFTER_LIVE}  at 3 cut, "C"\n}}\n', [], id="cut-with-prompt-after-live"),
        pytest.param(
            f'{AFTER_LIVE}  at 3 cut\n  at 3.1 "C"\n}}\n', [], id="cut-beside-prompt-after-live"
        ),
        pytest.param(
            f'{AFTER_LIVE}  at 3 cut\n  at 3.2 "C"\n}}\n',
            ["E425 7:3"],
            id="cut-before-a-prompt-on-its-chunk-after-live",
        ),
        pytest.param(
            f'{AFTER_LIVE}  at 3 cut\n  at 3.4 "C"\n}}\n',
            ["E421 7:3", "E425 7:3"],
            id="cut-before-a-prompt-on-a-later-chunk-after-live",
        ),
        pytest.param(
            f'{AFTER_LIVE}  at 3 cut\n  at 3 snap ceil, "C"\n}}\n',
            ["E425 7:3"],
            id="cut-and-prompt-that-snap-differently",
        ),
        pytest.param(
            (
                f'{BEATS}section live until go x, max 4 bars {{\n  at 1 "L"\n  at 3 cut\n  at '
                f'3.1+1/8 "C"\n}}\n'
            ),
            [],
            id="cut-in-the-first-live-section",
        ),
        pytest.param(
            f'{BEATS}section a 4 bars {{\n  at 1 "A"\n  on go x -> goto b\n}}\n'
            'section b 4 bars {\n  at 1 "B"\n  at 3 cut\n  at 3.1+1/8 "C"\n}\n',
            ["E425 8:3"],
            id="cut-after-a-section-with-a-rule",
        ),
        pytest.param(
            'clock midi, nominal 120 bpm\nat 1 "A"\nat 3 cut\nat 3.1+1/8 "C"\n',
            ["E425 3:1"],
            id="cut-of-an-external-clock",
        ),
    ],
)
def test_what_is_reported_and_where(text: str, expected: list[str]) -> None:
    assert codes_of(checked(score_of(text, images=("a.png", "b.png")))) == expected


@pytest.mark.parametrize(
    ("text", "fixes"),
    [
        pytest.param('at 1c "A"\n', ["0c"], id="first-prompt"),
        pytest.param(f'{BEATS}at 2 "A"\n', ["1"], id="first-prompt-in-bars"),
        pytest.param(
            'at 0c sr 4x\nevery 4c from 2c "A"\nend 9c\n', ["0c"], id="first-prompt-of-an-every"
        ),
        pytest.param('at 0c "A"\nat 4c "B"\nat 4c "C"\n', ["5c"], id="next-free-chunk"),
        pytest.param('at 0c "A"\nat 4c "B"\nat 4c "C"\nat 5c "D"\n', ["6c"], id="next-but-one"),
        pytest.param(
            f'{BEATS}at 1 "A"\nat 3 "B"\nat 3.2 "C"\nend 9\n', ["3.3"], id="next-free-beat"
        ),
        pytest.param(
            f'{BEATS}at 1 "A"\nat 3.4 "B"\nat 3.4+1/2 "C"\nend 9\n',
            ["4.2"],
            id="free-beat-of-the-next-bar",
        ),
        pytest.param('at 0c "A"\nat 4c "B"\nat 4c "C"\nend 5c\n', [], id="no-room"),
        pytest.param('every 4c "A"\nat 4c "B"\nend 9c\n', ["5c"], id="meets-an-every"),
        pytest.param(
            'at 0c "A"\nevery 4c "B"\nend 9c\n', [" from 5.5s"], id="every-without-a-start"
        ),
        pytest.param('at 0c "A"\nat 4c cut, "B"\nat 4c cut\n', [], id="cuts-have-none"),
    ],
)
def test_replacements(text: str, fixes: list[str]) -> None:
    found = checked(score_of(text))
    assert [fix.text for fault in found.diagnostics for fix in fault.fixes] == fixes


@pytest.mark.parametrize(
    ("text", "position"),
    [
        pytest.param(f"{BEATS}section a 1 bar {{\n}}\n", "2:1", id="empty-section"),
        pytest.param("on stop -> pause\n", "1:1", id="only-a-rule"),
        pytest.param("end 4c\n", "1:1", id="only-an-end"),
        pytest.param("seed 4\n", "1:1", id="only-a-header"),
        pytest.param('let x = "A"\n', None, id="library"),
        pytest.param('scene s {\n  base "A"\n}\n', None, id="library-of-scenes"),
    ],
)
def test_a_score_without_a_cue(text: str, position: str | None) -> None:
    assert codes_of(checked(text)) == ([] if position is None else [f"E422 {position}"])


@pytest.mark.parametrize("extra", [0, 1], ids=["longest", "too-long"])
@pytest.mark.parametrize(
    ("bound", "value", "text"),
    [
        ("MAX_CHUNKS", 8, 'at 0c "A"\nend {length}c\n'),
        ("MAX_BARS", 8, BEATS + 'at 1 "A"\nend {length}\n'),
    ],
    ids=["chunks", "bars"],
)
def test_the_longest_score(
    monkeypatch: pytest.MonkeyPatch, bound: str, value: int, text: str, extra: int
) -> None:
    monkeypatch.setattr(sys.modules["sequencer.language.compiler.validate"], bound, value)
    codes = [code.split()[0] for code in codes_of(checked(text.format(length=value + extra)))]
    assert codes == (["E420"] if extra else [])


# ---- together with other errors ------------------------------------------------------------------


def test_collisions_alone() -> None:
    before = passed('at 1c "A"\nat 1c "B", strength 0.4\n')
    faults = Diagnostics()
    check_collisions(before.schedule, before.resolved, faults)
    assert codes_of(faults) == ["E424 2:1"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param('at 9c "X {q}"', ["E424 3:1", "E307 4:10"], id="beside-an-unknown-variable"),
        pytest.param("at 9c nowhere", ["E424 3:1", "E308 4:7"], id="beside-an-unknown-scene"),
        pytest.param("at mark q sr 4x", ["E412 4:4"], id="not-where-a-place-is-missing"),
        pytest.param('at 1 "X"', ["E402 4:4"], id="not-where-there-are-no-beats"),
    ],
)
def test_collisions_are_reported_beside_errors_that_move_no_cue(
    line: str, expected: list[str]
) -> None:
    compiled = compile_all(score_of(f'at 0c "A"\nat 4c "B"\nat 4c "C"\n{line}\n'))
    assert compiled.schedule is None
    assert [
        f"{one.code} {one.span.line}:{one.span.column}" for one in compiled.diagnostics
    ] == expected


def test_warnings_leave_a_schedule_and_errors_leave_none() -> None:
    warned = compile_all(score_of('let x = "B"\nat 0c "A"\n'))
    assert warned.schedule is not None
    assert [one.code for one in warned.diagnostics] == ["W302"]
    assert compile_score(score_of('let x = "B"\nat 0c "A"\n')) == warned.schedule
    with pytest.raises(ScoreError) as raised:
        compile_score(score_of('at 0c ""\n'))
    assert [one.code for one in raised.value.diagnostics] == ["E311"]


def test_the_prompt_of_a_cut_needs_its_snap_too() -> None:
    """The hint of E425 names the snap, and with it there is no error."""
    inherited = (
        f'{BEATS}section a until go x, max 7 bars {{\n  at 1 "A"\n  at 2 cut, snap floor, "B"\n}}\n'
        'section b like a {\n  at 2 "C"%s\n}\n'
    )
    same = f'{AFTER_LIVE}  at 2 cut, snap floor\n  at 2 "C"%s\n}}\n'
    for text in (inherited, same):
        result = check_text(text % "", "a.score", advice=False)
        hints = [one.hint for one in result.diagnostics if one.code == "E425"]
        assert hints == ["give the prompt at 2.1 the snap of the cut: snap floor"]
        assert check_text(text % ", snap floor", "a.score", advice=False).diagnostics == ()


@pytest.mark.parametrize(
    ("text", "hint", "fixed"),
    [
        (
            'at 0c "A"\nat 4c cut\nat 6c "B"\nend 9c\n',
            "put the prompt at 4c too",
            ("at 6c", "at 4c"),
        ),
        (
            f'{BEATS}section a 4 bars {{ at 1 "A" }}\nsection b 4 bars, cut {{ at 2 "B" }}\n',
            "put the prompt at 1.1 too",
            ("at 2", "at 1.1"),
        ),
        (
            f'{BEATS}at 1 "A"\nat 2 cut, snap ceil\nat 3 "B"\nend 5\n',
            "put the prompt at 2.1 too, with snap ceil",
            ('at 3 "B"', 'at 2.1 "B", snap ceil'),
        ),
        (
            f'{BEATS}at 1 "A"\nat 2 cut, snap ceil\nat 2 "B"\nend 5\n',
            "give the prompt at 2.1 the snap of the cut: snap ceil",
            ('"B"', '"B", snap ceil'),
        ),
    ],
    ids=["chunks", "section", "own-snap", "other-snap"],
)
def test_the_hint_for_a_cut_without_a_prompt_works(
    text: str, hint: str, fixed: tuple[str, str]
) -> None:
    """E421: once the hint is followed, there is no error."""
    result = check_text(text, "a.score", advice=False)
    assert [(one.code, one.hint) for one in result.errors] == [("E421", hint)]
    assert check_text(text.replace(*fixed), "a.score", advice=False).errors == ()


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("E301", 'let x = "A"\nlet x = "B"\nat 0c "{x}"\n'),
        ("E302", 'let action = "A"\nat 0c "B"\n'),
        ("E304", f'let x = "{"A" * 15_000}"\nat 0c "{{x}}{{x}}"\n'),
        ("E305", 'at 0c "A {action}"\n'),
        ("E306", 'let y = "{x}"\nlet x = "A"\nat 0c "{y}"\n'),
        ("E307", 'at 0c "A {q}"\n'),
        ("E308", "at 0c nobody\n"),
        ("E319", 'at 0c "A", "B"\n'),
    ],
)
def test_errors_that_move_no_cue_hide_no_collision(code: str, text: str) -> None:
    collision = 'at 1c "C"\nat 1c "D"\nend 9c\n'
    assert [one.code for one in check_text(text + collision).errors] == [code, "E424"]
