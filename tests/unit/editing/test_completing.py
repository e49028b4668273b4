"""What can be written at a position."""

from __future__ import annotations

import pytest

from sequencer.editing.completing import CompletionItem, ItemKind, complete
from sequencer.editing.looking import look
from sequencer.editing.texts import Position, apply_edits
from sequencer.editing.words import known_words
from sequencer.language.spec import ACTIONS, SETTINGS, STATEMENTS
from tests.support.editing import SCENE, SCORES, SOME_OR_EVERY, FindLooks, look_at_file, with_cursor

TEXT = f"""let light = "x"
{SCENE}section verse 8 bars {{
  at 1 tram, mark drop
  on go boo -> goto verse
}}
"""
YAML = """let:
  light: soft
scenes:
  tram:
    base: A {light}.
sections:
  - section: verse 8 bars
    cues:
      - {at: 1, show: tram, mark: drop}
rules:
  - {when: go boo, goto: verse}
"""
FILES = ("images/", "a.score", "b.score", "b.yaml", "x.png", "s.wav", "s.mid", "notes.txt")


def files(folder: str) -> tuple[str, ...]:
    return FILES if not folder else ("tram.png", "more/")


def items(marked: str, before: str = TEXT, file: str = "a.score") -> tuple[CompletionItem, ...]:
    known = look(before, file, advice=False)
    text, at = with_cursor(before + marked, "¦")
    found = complete(known, text, at, files)
    for one in found:
        assert apply_edits(text, [one.edit]), one
    return found


def labels(marked: str, before: str = TEXT, file: str = "a.score") -> list[str]:
    return [one.label for one in items(marked, before, file)]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("sec¦", ["section"]),
        ("at 3 tram, ¦", ["tram", "image", "mark", "pick(", "shuffle(", "cut", "tempo", "midi"]),
        ("at 3 tr¦", ["tram"]),
        ("at 3¦", ["b", "s", "c", "f", "ms", "m", "beats"]),
        ("at +2 ¦", ["bars", "beats"]),
        ("at +¦", ["+2 bars", "+1.5s"]),
        ("at end ¦", ["-1 bar", "-2.5s"]),
        ("clock 96 ¦", ["bpm, 4/4"]),
        ("clock midi ¦", ['"port", 4/4, nominal 120 bpm']),
        ('sound "s.wav" ¦', ["from"]),
        ('sound "s.wav" from ¦', ["12.5s"]),
        ("at 3 midi cc ¦", ["20 64 ch 1"]),
        ("on cc ¦", ["20 > 64", "20 < 32"]),
        ("on cc 7 ¦", ["> 64", "< 32"]),
        ("on note E3 ¦", ["vel >= 100", "at next bar", "->"]),
        ("on note E3 at ¦", ["next bar", "next beat", "next 2 bars"]),
        ("on note E3 at next bar ¦", ["->"]),
        ("section x until note E3 ¦", ["vel >= 100", "or"]),
        ("at ¦", ["9", "9.3", "12.5s", "14c", "mark drop", "+2 bars", "end -1 bar"]),
        ('at 3 tram "It turns. {li¦', ["light"]),
        ('at 3 tram """It turns.\n{li¦', ["light"]),
        ('scene y {\n  follow "A. {¦', ["light", "action"]),
        ('at 3 image "¦', ["images/", "x.png"]),
        ('at 3 image "images/t¦', ["tram.png"]),
        ('use "¦', ["b.score", "b.yaml", "images/"]),
        ('sound "¦', ["s.wav"]),
        ('clock file "¦', ["s.mid"]),
        ("at 3 sr ¦", ["off", "2x", "4x"]),
        ("snap ¦", ["nearest", "floor", "ceil"]),
        ("late d¦", ["drop"]),
        ("clock ¦", ["chunks", "120 bpm, 4/4"]),
        ("section x ¦", ["8 bars", "until", "like"]),
        ("section x 8¦", ["bars", "beats", "c"]),
        ("section x like ¦", ["verse"]),
        ("section x 8 bars, ¦", ["tempo", "meter", "cut", "max"]),
        ("section x until note C3 ¦", ["or"]),
        ("section x 8 bars {\n  ¦", ["at", "every", "on", "}"]),
        ("scene x {\n  ¦", ["base", "follow", "quiet", "}"]),
        ("scene x { ¦", ["base", "follow", "quiet", "}"]),
        ("scene x {\n  quiet W60¦", ["W601", "W604"]),
        ("play ver¦", ["verse"]),
        ("on ¦", ["note D3", "start", "continue", 'osc "/drop"', "go "]),
        ("on go ¦", ["boo"]),
        ("on note C3 -> ¦", ["pause", "resume", "goto", "tram"]),
        ("on note C3 -> goto ¦", ["verse"]),
        ("every 4 bars ¦", ["from", "tram"]),
        ("at 3 midi ¦", ["cc 20 64 ch 1", "program 5"]),
        ("at 3 cut ¦", ["seed 9"]),
        ("at 3 tempo 120 ¦", ["->", "over"]),
        ("at 3 tempo 120 -> 130 over 4¦", ["bars"]),
    ],
)
def test_what_is_offered(marked: str, expected: list[str]) -> None:
    found = labels(marked)
    assert [one for one in expected if one not in found] == [], found


@pytest.mark.parametrize(
    ("marked", "unexpected"),
    [
        ("at 3 tram, ¦", ["pause", "goto", "seed", "at", "light"]),
        ("at 3¦", ["bars", "tram"]),
        ("on cc ¦", ["->"]),
        ("clock midi ¦", ["cc 20 64 ch 1", "program 5"]),
        ("at end ¦", ["9", "cut"]),
        ("section verse like ¦", ["verse"]),
        ('let y = "{¦', ["y"]),
        ("section x 8 bars {\n  ¦", ["section", "clock", "base"]),
        ("scene x {\n  ¦", ["at", "section"]),
        ('use "¦', ["a.score", "x.png", "notes.txt"]),
    ],
)
def test_what_does_not_fit_is_not_offered(marked: str, unexpected: list[str]) -> None:
    before = TEXT + "section other 4 bars { at 1 tram }\n"
    found = labels(marked, before)
    assert found and [one for one in unexpected if one in found] == []


@pytest.mark.parametrize(
    "marked",
    [
        "# at ¦",
        "let ¦",
        "section ¦",
        'at 3 tram "It ¦',
        'at 3 image "/etc/¦',
        'use "../¦',
        "at 3 ? ¦",
        "at 3 tempo 12¦",
        "at 3.¦",
        "at 3 🚋¦",
        "let y = ¦",
        "at 3 tram¦",
        "snap floor¦",
        "at 3 sr off¦",
        "play verse¦",
        "section x 8 bars {¦",
        "section x 8 bars {\n}¦",
    ],
)
def test_where_nothing_is_offered(marked: str) -> None:
    assert labels(marked) == []


def test_marks_are_those_of_the_section() -> None:
    inside = TEXT[: TEXT.rindex("}")]
    assert labels("  at mark ¦", inside) == ["drop"]


def test_a_setting_that_is_written_is_not_offered_again() -> None:
    assert "clock" in labels("cl¦") and "clock" not in labels("cl¦", "clock 120 bpm\n")


def test_a_statement_over_several_lines() -> None:
    assert "tram" in labels("at 3 sr 4x,\n  ¦") and "tram" in labels("on go x ->\n  ¦")
    assert "at" in labels("at 3 sr 4x\n¦")


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("  - {when: ¦", ["note D3", "go "]),
        ("  - {when: go ¦", ["boo"]),
        ("  - {when: go x, goto: v¦", ["verse"]),
        ("  - {when: go x, do: ¦", ["pause", "resume", "cut"]),
        ("cues:\n  - {at: 3, show: tr¦", ["tram"]),
        ("cues:\n  - at: 3¦", ["b", "s"]),
        ("  - {when: go x, at: ¦", ["next bar"]),
        ("  - {when: go x, at: next ¦", ["bar", "beat"]),
        ("cues:\n  - at: mark ¦", ["drop"]),
        ("cues:\n  - {every: 4 ¦", ["bars"]),
        ('cues:\n  - {at: 3, prompt: "A {li¦', ["light"]),
        ("cues:\n  - {at: 3, image: ¦", ["images/", "x.png"]),
        ("cues:\n  - {at: 3, sr: ¦", ["off", "2x", "4x"]),
        ("play: ¦", ["verse"]),
        ("play:\n  - ¦", ["verse"]),
        ("use:\n  - b¦", ["b.score", "b.yaml"]),
        ("snap: ¦", ["nearest"]),
        ("clock: ¦", ["chunks"]),
        ("max: ¦", ["8 bars"]),
        ("quiet: [¦", ["W601"]),
        ("let:\n  other: a {¦", ["light"]),
        ("scenes:\n  x:\n    base: |\n      A {¦", ["light"]),
        ("scenes:\n  x:\n    follow: >-\n      It\n      goes. {¦", ["light", "action"]),
        ("cues:\n  - at: 3\n    action:\n      pick:\n        - One {¦", ["light"]),
        ("sections:\n  - section: x\n    until:\n      - ¦", ["note D3", "go "]),
        ("sections:\n  - section: x\n    until:\n    - cc ¦", ["20 > 64"]),
        ("sections:\n  - section: x\n    until: [go a, cc ¦", ["20 > 64"]),
        ("sections:\n  - section: x ¦", ["8 bars", "until", "like"]),
        ("sections:\n  - section: x 8 bars, ¦", ["tempo", "meter", "cut"]),
        ("sections:\n  - section: x 8 bars like ¦", ["verse"]),
        ("scenes:\n  x:\n    quiet:\n      - W6¦", ["W601"]),
        ("clock: 96 ¦", ["bpm, 4/4"]),
        ("clock: midi ¦", ['"port", 4/4, nominal 120 bpm']),
    ],
)
def test_values_in_yaml(marked: str, expected: list[str]) -> None:
    found = labels(marked, YAML, "a.yaml")
    assert [one for one in expected if one not in found] == [], found


@pytest.mark.parametrize(
    "marked",
    [
        "max: 16 bars¦",
        "cues:\n  - {at: 1, show: tram¦",
        "cues:\n  - {at: 1, sr: 4x}¦",
        "cues:\n  - {at: 1, sr: 4x} ¦",
        "until: [note C3, go boo]¦",
        "snap: floor¦",
    ],
)
def test_where_nothing_is_offered_in_yaml(marked: str) -> None:
    assert labels(marked, YAML, "a.yaml") == []


def test_what_is_written_in_full_is_offered_if_it_can_go_on() -> None:
    assert labels("section x 8 bar¦") == ["bar", "bars"]


def test_keys_and_comments_in_yaml_are_left_to_others() -> None:
    assert labels("# ¦", YAML, "a.yaml") == []
    assert labels("cu¦", YAML, "a.yaml") == []


def test_every_word_has_a_description() -> None:
    for marked in ("¦", "at 3 ¦", "on note C3 -> ¦", "section x 8 bars {\n  ¦", "snap ¦", "at ¦"):
        for one in items(marked, SCENE):
            assert one.description or one.label in ("->", "{", "="), one
    assert {one.kind for one in items("at 3 ¦")} == {
        ItemKind.KEYWORD,
        ItemKind.SCENE,
        ItemKind.UNIT,
    }


def test_additions_to_the_language_are_offered() -> None:
    found = {*labels("¦", SCENE), *labels("at 3 ¦", SCENE), *labels("on go x -> ¦", SCENE)}
    found |= {*labels("section x {\n¦", SCENE), *labels("scene x {\n¦", SCENE)}
    words = {row.keyword for row in SETTINGS} | {row.keyword for row in STATEMENTS}
    words |= {row.keyword for row in ACTIONS if row.keyword is not None}
    assert {word for word in words if word in known_words()} - found == set()


@SOME_OR_EVERY
def test_completion_works_everywhere_in_every_text(found: FindLooks) -> None:
    for name, known in found().items():
        for number, line in enumerate(known.text.split("\n")[:12], 1):
            for column in range(1, min(len(line), 50) + 2, 3):
                for one in complete(known, known.text, Position(number, column), files):
                    assert one.edit.span.end_column == column, name


@pytest.mark.parametrize("name", ["night-tram.score", "live-set.score", "lights.score"])
def test_what_an_example_score_contains_is_offered_where_it_is(name: str) -> None:
    known = look_at_file(next(path for path in SCORES if path.name == name))
    for one in known.names.occurrences:
        if one.span.file != name or one.is_definition or one.kind.is_path:
            continue
        at = Position(one.span.line, one.span.column + 1)
        cut = known.text.split("\n")
        cut[one.span.line - 1] = cut[one.span.line - 1][: one.span.column]
        found = complete(known, "\n".join(cut[: one.span.line]), at, files)
        assert one.name in [item.label for item in found], one
