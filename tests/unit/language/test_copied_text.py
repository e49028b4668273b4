"""Copied text: names in any script, spaces other than the ordinary one, characters that have a
meaning in YAML.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Literal

import pytest

from sequencer.core.errors import ScoreError
from sequencer.language.compiler import compile_score
from sequencer.language.loader import load_text
from sequencer.language.notations import print_score
from sequencer.language.source import UNUSUAL_SPACE
from sequencer.language.values.strings import normalise_name
from tests.support.mistakes import applied

NAMES = {
    "Devanagari": "बारिश",
    "Bengali, joined": "বাংলা-ঋতু",
    "Tamil": "தமிழ்",
    "Thai": "ไฟใต้",
    "Hebrew with points": "שָׁלוֹם",
    "Arabic with points": "بِسْم",
    "Persian with a joiner": "می\u200cخواهم",
    "Sinhala with a joiner": "ශ්\u200dරී",
    "Korean": "한국",
    "Vietnamese": "tiếng-Việt_2",
    "a letter without a composed form": "x\u0323\u0308y",
    "an Angstrom sign": "\u212bngstrom",
    "a word of the language with an accent": "resumé",
    "another": "pausé",
    "a unit with an accent": "baŕ",
    "a word between triggers with an accent": "oŕ",
    "a mark from beyond the basic plane": "\U00011103\U00011127",
}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_script_and_form(name: str, form: Literal["NFC", "NFD"]) -> None:
    """A name is the same in composed and in decomposed form: it is read in both, and equal in both
    notations.
    """
    one = unicodedata.normalize(form, NAMES[name])
    other = unicodedata.normalize("NFC" if form == "NFD" else "NFD", NAMES[name])
    text = (
        f'clock 120 bpm\nlet {one} = "x"\nscene {one} {{\n  base "A {{{other}}}."\n  follow "B. '
        f'{{action}}"\n}}\n'
        f"section {one} until go {one} or go {other} or go {one}, max 8 bars {{\n  at 1 {other}\n  "
        f'at 3 {one} "x", mark {one}\n'
        f'  at mark {other} +1bar "z"\n  at 6 {other}, sr 4x\n  every 2 bars from 7 {one}\n  on go '
        f"{one} -> goto {other}\n"
        f'  on note C3 -> {one} "goes"\n}}\nplay {other} {one}*2\n'
    )
    yaml = (
        f'clock: 120 bpm\nlet: {{{one}: x}}\nscenes:\n  {one}: {{base: "A {{{other}}}.", follow: '
        f'"B. {{action}}"}}\nsections:\n'
        f"  - section: {one}\n    until: [go {one}, go {other}, go {one}]\n    max: 8 bars\n    "
        "cues:\n"
        f"      - {{at: 1, show: {other}}}\n      - {{at: 3, show: {one}, action: x, mark: {one}}}\n"
        f"      - {{at: mark {other} +1bar, prompt: z}}\n      - {{at: 6, show: {other}, sr: 4x}}\n"
        f"      - {{every: 2 bars, from: 7, show: {one}}}\n    rules:\n      - {{when: go {one}, "
        f"goto: {other}}}\n"
        f"      - {{when: note C3, show: {one}, action: goes}}\nplay: {other} {one}*2\n"
    )
    scores = []
    for written, file in ((text, "a.score"), (yaml, "a.yaml")):
        reading = load_text(written, file)
        assert reading.score is not None, reading.diagnostics
        compile_score(reading.score)
        assert reading.score.sections[0].name == unicodedata.normalize("NFC", one)
        scores.append(reading.score)
        for notation, again in (("text", "b.score"), ("yaml", "b.yaml")):
            assert load_text(print_score(reading.score, notation), again).score == reading.score
    assert scores[0] == scores[1]


def test_a_name_that_is_defined_in_both_forms_is_defined_twice() -> None:
    text = (
        'clock 120 bpm\nsection \u00e9 2 bars {\n  at 1 "A."\n}\nsection e\u0301 2 bars '
        '{\n  at 1 "B."\n}\n'
    )
    reading = load_text(text, "a.score")
    assert reading.score is not None
    with pytest.raises(ScoreError) as raised:
        compile_score(reading.score)
    assert [one.code for one in raised.value.diagnostics] == ["E315"]


@pytest.mark.parametrize(
    "text",
    [
        "\u0301a",
        "a-\u0301b",
        "a\u200cb",
        "\u0939\u200c",
        "\u200c\u0939",
        "\u0939\u200c\u200c\u0939",
        "a“b",
        "a→b",
        "a\u20ddb",
        "日、本",
        "🎬",
        "a🎬",
    ],
)
def test_what_is_no_name(text: str) -> None:
    """A mark without its letter, a joiner without neighbours, a symbol, an emoji."""
    assert normalise_name(text) is None


def test_characters_that_cannot_be_in_a_name_are_reported() -> None:
    (found,) = load_text(
        'clock 120 bpm\nsection jam–two 8 bars {\n  at 1 "A."\n}\n', "a.score"
    ).diagnostics
    assert (found.code, found.fixes[0].text) == ("E225", "jam-two")


# ---- spaces --------------------------------------------------------------------------------------

ODD = ["\u00a0", "\u2003", "\u202f", "\u3000", "\u00a0\u00a0", "\u200b"]
TEXT = (
    'clock 120 bpm, 4/4\nsection a 2 bars {{\n{0}at 1 "A boat."\n{0} at{1}2{1}"It '
    'turns."{0}\n{0}\n{0}}}\n{0}play a\n'
)
YAML = (
    "clock: 120 bpm, 4/4\nsections:\n  - section:{0} a 2 bars\n    cues:\n{0}    - {{at: 1,{0} "
    "prompt:{0} A boat.}}\n"
    "{0}    - {{at: 2{0}, prompt: It turns.}}\n{0}\nplay: a\n"
)


def fixed(text: str, file: str) -> str:
    """Return the text with the suggested replacements for its spaces, until nothing is wrong with
    it.
    """
    for _ in range(6):
        found = load_text(text, file).diagnostics
        if not found:
            return text
        assert {one.code for one in found} == {"E159"}, (text, found)
        for one in found:
            start, end = one.span.column - 1, one.span.end_column - 1
            assert UNUSUAL_SPACE.fullmatch(text.split("\n")[one.span.line - 1][start:end])
        text = applied(text, tuple(fix for one in found for fix in one.fixes))
    raise AssertionError(text)


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_unusual_spaces_are_named_wherever_they_are(odd: str) -> None:
    seen = odd.isspace()
    assert '"It turns."' in fixed(TEXT.format(odd, odd if seen else " " + odd), "a.score")
    assert "It turns." in fixed(YAML.format(odd if seen else " " + odd), "a.yaml")


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_texts_and_comments_may_contain_any_space(odd: str) -> None:
    for text, file in (
        (
            (
                f'score "Night{odd}tram"\nat 0c "A{odd}boat.", # not{odd}here\n  sr 4x # '
                f"nor{odd}here\nend 2c\n"
            ),
            "a.score",
        ),
        (
            (
                f"score: Night{odd}tram # not{odd}here\ncues:\n  - {{at: 0c, prompt: A{odd}boat., "
                f"sr: 4x}}\nend: 2c\n"
            ),
            "a.yaml",
        ),
    ):
        reading = load_text(text, file)
        assert reading.score is not None, reading.diagnostics
        assert reading.score.header.title == f"Night{odd}tram"


def test_other_faults_are_reported_beside_unusual_spaces() -> None:
    found = load_text('seed -1\nat 0c\u00a0"A boat."\nsr 3x\n', "a.score").diagnostics
    assert [one.code for one in found] == ["E245", "E159", "E246"]
    found = load_text("seed: -1\ncues:\n  - {at: 0c, prompt: A\u00a0boat.}\n", "a.yaml").diagnostics
    assert [one.code for one in found] == ["E245"]


# ---- a # in a text -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("  - {at: 0c, prompt: Tram #2 at a stop.}", '"Tram #2 at a stop."'),
        ("  - {at: 0c, prompt: Tram #2 at a stop, sr: 4x}", '"Tram #2 at a stop"'),
        ("  - {at: 0c, prompt: It's tram #2}", '"It\'s tram #2"'),
        ('  - {at: 0c, prompt: "a # b", image: x #2.png}', '"x #2.png"'),
        ("  - {at: 0c, prompt: {pick: [A tram #2, B]}}", '"A tram #2"'),
        ("  - {at: 0c,\n     prompt: A tram #2}", '"A tram #2"'),
    ],
)
def test_a_hash_in_a_text_is_pointed_at(line: str, text: str) -> None:
    written = f"cues:\n{line}\nend: 2c\n"
    (found,) = load_text(written, "a.yaml").diagnostics
    here = written.split("\n")[found.span.line - 1]
    assert (found.code, here[found.span.column - 1]) == ("E625", "#")
    assert [fix.text for fix in found.fixes] == [text]
    reading = load_text(applied(written, found.fixes), "a.yaml")
    assert [one.code for one in reading.diagnostics] in ([], ["E521"])


def test_a_comment_after_an_open_brace_is_a_comment() -> None:
    (found,) = load_text(
        'cues:\n  - {at: 0c, prompt: "A.", sr: 4x # later: more\n', "a.yaml"
    ).diagnostics
    assert found.code == "E624"


def test_the_copied_scores(tmp_path: Path) -> None:
    """What the printer writes for a title with a tab is read again, in the other notation as well."""
    reading = load_text('score "Night\ttram"\nat 0c "A tram."\nend 2c\n', "a.score")
    assert reading.score is not None
    for notation, file in (("text", "b.score"), ("yaml", "b.yaml")):
        again = load_text(print_score(reading.score, notation), file)
        assert again.score == reading.score, again.diagnostics


def test_a_name_without_combining_characters_stays_as_it_was_written() -> None:
    """Scores from before combining marks were allowed keep their digests."""
    for name in ("\u212bngström", "\uf900"):
        reading = load_text(f'clock 120 bpm\nsection {name} 4 bars {{\n  at 1 "A boat."\n}}\n')
        assert reading.score is not None
        assert reading.score.sections[0].name == name
