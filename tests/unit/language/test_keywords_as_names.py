"""The language's own words as names: each one that the language reference allows is read, printed,
and read again.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sequencer.language.compiler import compile_score
from sequencer.language.loader import load_text
from sequencer.language.notations import print_score
from sequencer.language.score import Score
from sequencer.language.spec import RESERVED
from sequencer.language.values.triggers import RESERVED_GO_CUE

ROOT = Path(__file__).parents[3]
TERMINALS = (ROOT / "grammar" / "terminals.lark").read_text(encoding="utf-8")
WORDS = sorted(
    set(re.findall(r"(?<![\w\\])[a-z]+", re.sub(r"//.*", "", TERMINALS)))
    | {
        "action",
        "after",
        "before",
        "bpm",
        "c",
        "cc",
        "ch",
        "chunks",
        "cues",
        "do",
        "drop",
        "f",
        "file",
        "fps",
        "go",
        "link",
    }
    | {
        "mtc",
        "n",
        "nearest",
        "no",
        "nominal",
        "none",
        "note",
        "null",
        "off",
        "program",
        "prompt",
        "rules",
        "s",
        "scenes",
    }
    | {"sections", "shift", "show", "start", "stop", "true", "vel", "when", "y", "yes"}
)
"""Every word of the grammar, of the other notation and of the values, and those that other readers
of YAML take for values.
"""

GO_CUES = [word for word in WORDS if word != RESERVED_GO_CUE]
SCENES = [word for word in WORDS if word not in RESERVED]


def both(text: str, yaml: str) -> Score:
    """Return the score that both notations express, after printing it in both and reading it again."""
    scores: list[Score] = []
    for written, file in ((text, "a.score"), (yaml, "a.yaml")):
        reading = load_text(written, file)
        assert reading.score is not None, (written, reading.diagnostics)
        compile_score(reading.score)
        for notation, other in (("text", "b.score"), ("yaml", "b.yaml")):
            printed = print_score(reading.score, notation)
            again = load_text(printed, other)
            assert again.score == reading.score, (printed, again.diagnostics)
        scores.append(reading.score)
    assert scores[0] == scores[1]
    return scores[0]


@pytest.mark.parametrize("word", GO_CUES)
def test_go_cues(word: str) -> None:
    head = f"jam until go {word} or note C3 or go {word}-2, max 4 bars"
    score = both(
        f'clock 120 bpm\nsection {head}, cut {{\n  at 1 "A boat."\n  on go {word} -> sr 4x\n}}\n',
        f"clock: 120 bpm\nsections:\n  - section: {head}, cut\n    cues: [{{at: 1, prompt: A "
        f"boat.}}]\n"
        f"    rules: [{{when: go {word}, sr: 4x}}]\n",
    )
    assert len(score.sections[0].until) == 3
    both(
        f'clock 120 bpm\nsection a until go {word}, max 4 bars {{\n  at 1 "A boat."\n}}\n',
        f"clock: 120 bpm\nsections:\n  - section: a\n    until: go {word}\n    max: 4 bars\n"
        "    cues: [{at: 1, prompt: A boat.}]\n",
    )


@pytest.mark.parametrize("word", WORDS)
def test_sections_marks_and_variables(word: str) -> None:
    variable = "light" if word == "action" else word  # a scene refers to what it shows as {action}
    both(
        f'clock 120 bpm\nlet {variable} = "grey"\nsection {word} 8 bars {{\n  at 1 "A {{{variable}}} '
        f'boat.", mark {word}\n'
        f'  at mark {word} +2bar "It turns."\n  every 2 bars from mark {word} +4bar "It rocks."\n  '
        f"on go x -> goto {word}\n}}\n"
        f"play {word} {word}*2\n",
        f"clock: 120 bpm\nlet: {{{variable}: grey}}\nsections:\n  - section: {word} 8 bars\n    "
        "cues:\n"
        f'      - {{at: 1, prompt: "A {{{variable}}} boat.", mark: {word}}}\n'
        f"      - {{at: mark {word} +2bar, prompt: It turns.}}\n"
        f"      - {{every: 2 bars, from: mark {word} +4bar, prompt: It rocks.}}\n"
        f"      - {{when: go x, goto: {word}}}\nplay: {word} {word}*2\n",
    )


@pytest.mark.parametrize("word", WORDS)
def test_marks_without_sections(word: str) -> None:
    both(
        f'at 0c "A boat.", mark {word}\nat mark {word} +2c "It turns."\nend mark {word} +8c\n',
        f"cues:\n  - {{at: 0c, prompt: A boat., mark: {word}}}\n  - {{at: mark {word} +2c, prompt: "
        f"It turns.}}\n"
        f"end: mark {word} +8c\n",
    )


@pytest.mark.parametrize("word", SCENES)
def test_scenes(word: str) -> None:
    both(
        f'clock 120 bpm\nscene {word} {{\n  base "A boat."\n  follow "The boat. {{action}}"\n}}\n'
        f'at 1 {word}\nat 3 {word} "It turns."\nat 5 sr 4x, {word}\nat 7 {word}, sr 2x\nat 9 cut, '
        f"{word}\n"
        f'every 4 bars from 13 {word} "It rocks."\non note C3 -> {word}\nend 22\n',
        f"clock: 120 bpm\nscenes:\n  {word}: {{base: A boat., follow: 'The boat. "
        f"{{action}}'}}\ncues:\n"
        f"  - {{at: 1, show: {word}}}\n  - {{at: 3, show: {word}, action: It turns.}}\n  - {{at: "
        f"5, sr: 4x, show: {word}}}\n"
        f"  - {{at: 7, show: {word}, sr: 2x}}\n  - {{at: 9, cut: same seed, show: {word}}}\n"
        f"  - {{every: 4 bars, from: 13, show: {word}, action: It rocks.}}\n  - {{when: note C3, "
        f"show: {word}}}\nend: 22\n",
    )


@pytest.mark.parametrize("option", ["cut", "tempo 90", "meter 3/4", "max 4 bars"])
@pytest.mark.parametrize("word", ["out", "cut", "max", "tempo"])
def test_a_missing_comma_is_still_found(word: str, option: str) -> None:
    """After a go-cue's name the word of an option is that option, with its comma missing."""
    rest = "" if option.startswith("max") else ", max 4 bars"
    line = f"section a until go {word} {option}{rest} {{"
    found = load_text(f'clock 120 bpm\n{line}\n  at 1 "A boat."\n}}\n', "a.score").diagnostics
    assert [(one.code, one.fixes[0].span.column) for one in found] == [
        ("E135", line.rindex(f" {option}") + 1)
    ]


@pytest.mark.parametrize("option", ["cut seed 9", "tempo 90", "meter 3/4", "max 4 bars"])
def test_an_option_with_its_value_is_no_name(option: str) -> None:
    found = load_text(
        f'clock 120 bpm\nsection a until go {option} {{\n  at 1 "A boat."\n}}\n', "a.score"
    ).diagnostics
    assert "E135" in [one.code for one in found]


def test_or_is_no_go_cue_in_either_notation() -> None:
    for text, file in (
        ('clock 120 bpm\nsection a until go or, max 4 bars {\n  at 1 "A boat."\n}\n', "a.score"),
        ("at 0c sr 2x\non go or -> sr 4x\n", "a.score"),
        ("rules:\n  - {when: go or, sr: 4x}\n", "a.yaml"),
    ):
        (found,) = load_text(text, file).diagnostics
        assert (found.code, found.fixes[0].text) == ("E239", "or-else")


@pytest.mark.parametrize(
    ("statement", "code", "line"),
    [
        ('on go "out" -> sr 4x', "E239", "on go out -> sr 4x"),
        ('on go x -> goto "night ride"', "E142", "on go x -> goto night-ride"),
        ('at 5 mark "drop"', "E142", "at 5 mark drop"),
        ('at mark "drop" "It turns."', "E142", 'at mark drop "It turns."'),
    ],
)
def test_names_have_no_quotes(statement: str, code: str, line: str) -> None:
    (found,) = load_text(f"clock 120 bpm\n{statement}\n", "a.score").diagnostics
    (fix,) = found.fixes
    assert found.code == code
    assert (
        statement[: fix.span.column - 1] + fix.text + statement[fix.span.end_column - 1 :] == line
    )
