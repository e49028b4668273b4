"""A text with errors keeps its names and its outline."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from sequencer.editing.hovering import hover
from sequencer.editing.looking import Look, look
from sequencer.editing.names import NameKind
from sequencer.editing.outline import Symbol, find_selections, find_symbols
from sequencer.editing.texts import Position, bounds_of, contains, text_of
from sequencer.editing.unfinished import MAX_REPLACED
from sequencer.language.loader import load_text
from tests.support.editing import SOME_OR_EVERY, FindLooks

TEXT = """scene tram {
  base "A tram."
  follow "The tram. {action}"
}
let light = "Soft."
section a 8 bars {
  at 1 tram, mark drop
  at 3 tram "It turns."
  on note C3 -> tram "It stops."
}
section b 4 bars {
  at 1 tram "It goes."
}
play a b
"""
YAML = """scenes:
  tram:
    base: A tram.
    follow: "The tram. {action}"
let:
  light: Soft.
sections:
  - section: a 8 bars
    cues:
      - {at: 1, show: tram, mark: drop}
      - at: 3
        show: tram
        action: "It turns."
    rules:
      - {when: note C3, show: tram, action: It stops.}
  - section: b 4 bars
    cues:
      - {at: 1, show: tram, action: It goes.}
play: a b
"""


def outline(known: Look) -> list[str]:
    """Return each symbol as `line kind`, those of sections too."""

    def shown(symbols: tuple[Symbol, ...]) -> list[str]:
        return [
            line
            for one in symbols
            for line in (f"{one.span.line} {one.kind}", *shown(one.children))
        ]

    return shown(find_symbols(known))


def defined(known: Look) -> set[str]:
    return {one.name for one in known.names.occurrences if one.is_definition}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('tram "It turns."', 'tram "It tu'),
        ('tram "It turns."', 'tram "It turns.", '),
        ('at 3 tram "It turns."', "at 3"),
        ('at 3 tram "It turns."', "at"),
        ("at 3 tram", "at 3.3.3 tram"),
        ('at 3 tram "It turns."', 'at 3 pick("It turns." |'),
        ('at 3 tram "It turns."', 'at 3 tram "It turns." every'),
        ("note C3", "note Z9"),
        ('-> tram "It stops."', "->"),
        ("section b 4 bars {", "section b {"),
        ("section b 4 bars {", "section b 4 bars"),
        ("section b 4 bars {", "section b"),
        ("section b 4 bars {", "section b 4 bas {"),
        ("section b 4 bars {", "section b 4 bars, tmpo 3 {"),
        ("section b 4 bars {", "section b until {  # a comment"),
        ('let light = "Soft."', "let light ="),
        ('let light = "Soft."', 'let light = pick("a" | "b")'),
        ("scene tram {", "scene tram"),
        ('  base "A tram."\n  follow "The tram. {action}"\n', ""),
        ('base "A tram."', "base A tram."),
        ("play a b", "play"),
        ("play a b", "pl"),
    ],
)
def test_a_text_keeps_its_outline_and_its_names(old: str, new: str) -> None:
    whole = look(TEXT, "a.score", advice=False)
    before, _, after = TEXT.partition(old)
    assert after
    removed = old.count("\n") - new.count("\n")
    known = look(before + new + after, "a.score", advice=False)
    assert known.loaded.score is None
    assert [one.split()[1] for one in outline(known)] == [one.split()[1] for one in outline(whole)]
    assert defined(known) == defined(whole) == {"tram", "light", "a", "b", "drop"}
    if not removed:
        assert outline(known) == outline(whole)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("show: tram, mark: drop}", "show: tram, mark: drop"),
        ("show: tram, mark: drop}", "show: tram, mark: drop, act"),
        ("at: 3\n", "at: 3.3.3\n"),
        ('action: "It turns."', 'action: "It turns.'),
        ("note C3", "note Z9"),
        ("section: b 4 bars", "section: b 4 bas"),
        ("section: b 4 bars", "section: b"),
        ("base: A tram.", "base"),
        ('    follow: "The', '   follow: "The'),
        ("play: a b", "pl"),
        ("play: a b", "\tplay: a b"),
        ("play: a b", "play: {a b"),
    ],
)
def test_a_text_in_yaml_keeps_its_outline_and_its_names(old: str, new: str) -> None:
    whole = look(YAML, "a.yaml", advice=False)
    assert YAML.count(old) == 1
    known = look(YAML.replace(old, new), "a.yaml", advice=False)
    assert known.loaded.score is None
    assert outline(known) == outline(whole)
    assert defined(known) == defined(whole) == {"tram", "light", "a", "b", "drop"}


TYPED = {
    "a.score": (
        ('  at 3 tram "It turns."\n', '  at 2 tram "It rings, {light}", sr 4x, mark there\n'),
        ("section b 4 bars {\n", "section new 8 bars, tempo 120 -> 130 over 4 bars {\n}\n"),
        ("section a 8 bars {\n", 'scene new { base "A {light}"; follow "B {action}" }\n'),
        ("play a b\n", 'let other = "x {light}"\n'),
    ),
    "a.yaml": (
        (
            "      - at: 3\n",
            '      - {at: 2, show: tram, action: "It rings, {light}", do: [cut]}\n',
        ),
        (
            "  - section: b",
            "  - section: new 8 bars, tempo 120 -> 130 over 4 bars\n    max: 8 bars\n",
        ),
        ("    rules:\n", "      - {at: 5, prompt: 'It rings.', midi: cc 20 64}\n"),
        ("sections:\n", "  other: It {light}\n"),
    ),
}


@pytest.mark.parametrize(
    ("file", "before", "new"),
    [(file, *case) for file, cases in TYPED.items() for case in cases],
)
def test_nothing_else_leaves_the_outline_while_lines_are_typed(
    file: str, before: str, new: str
) -> None:
    text = TEXT if file == "a.score" else YAML
    known = look(text, file, advice=False)
    whole = {one.split(" ", 1)[1] for one in named_outline(known)}
    at = text.index(before)
    for typed in range(0, len(new), 2):
        known = look(text[:at] + new[:typed] + "\n" + text[at:], file, previous=known)
        left = whole - {one.split(" ", 1)[1] for one in named_outline(known)}
        assert not left, (new[:typed], left)


def named_outline(known: Look) -> list[str]:
    """Return each symbol as `line kind name`, those of sections too."""
    found = list(find_symbols(known))
    for one in found:
        found += one.children
    return [f"{one.span.line} {one.kind} {one.name}" for one in found]


def test_uses_of_names_are_known_up_to_the_error() -> None:
    text = TEXT.replace('at 3 tram "It turns."', 'at 3 tram "It tu')
    known = look(text, "a.score", advice=False)
    used = [
        one.span.line
        for one in known.names.occurrences
        if one.kind is NameKind.SCENE and not one.is_definition
    ]
    assert used == [7, 8, 9, 12]


def test_the_outline_keeps_the_chunks_of_cues_that_did_not_change() -> None:
    before = look(f"clock 120 bpm\n{TEXT}", "a.score", advice=False)
    assert before.schedule is not None, before.diagnostics
    wrong = before.text.replace('at 3 tram "It turns."', '# new\n  at 3 tram "It tu')
    known = look(wrong, "a.score", advice=False, previous=before)
    section = next(one for one in find_symbols(known) if one.name == "a")
    assert [one.detail for one in section.children] == ["c0", "", ""]
    section = next(one for one in find_symbols(known) if one.name == "b")
    assert [one.detail for one in section.children] == ["c12 · +500 ms"]


def test_what_is_read_instead_is_not_shown() -> None:
    known = look("let light =\nscene x {\n}\n", "a.score", advice=False)
    for one in find_symbols(known):
        assert one.span.end_line <= 3
        assert one.span.end_column <= len(known.text.split("\n")[one.span.end_line - 1]) + 1
    for line in (1, 2):
        for span in find_selections(known, Position(line, 3)):
            start, end = bounds_of(known.source, span)
            assert end <= len(known.text) and text_of(known.source, span) == known.text[start:end]


@pytest.mark.parametrize("line", ["on", "on note Z9 -> tram", "on note"])
def test_what_is_read_instead_has_no_names(line: str) -> None:
    known = look(TEXT.replace('on note C3 -> tram "It stops."', line), "a.score", advice=False)
    assert not [one for one in known.names.occurrences if one.kind is NameKind.GO]
    assert len(outline(known)) == len(outline(look(TEXT, "a.score", advice=False)))


def test_scenes_of_used_files_stay_known(tmp_path: Path) -> None:
    (tmp_path / "lib.score").write_text('scene tram { base "A tram." }\n', encoding="utf-8")
    text = 'use "lib.score"\nat 0c tram "a\n'
    known = look(text, "a.score", partial(load_text, folder=tmp_path), advice=False)
    assert known.score is not None
    assert [[one.name for one in use.scenes] for use in known.score.uses] == [["tram"]]
    found = hover(known, Position(2, 8))
    assert found is not None and found.text == "scene tram\nbase: A tram."


def test_only_so_many_statements_are_replaced() -> None:
    known = look("at 3\n" * (MAX_REPLACED + 9), "a.score", advice=False)
    assert len(find_symbols(known)) == MAX_REPLACED


@SOME_OR_EVERY
def test_every_text_with_errors_has_symbols_inside_of_it(found: FindLooks) -> None:
    some = 0
    for name, known in found().items():
        if known.loaded.score is not None or known.score is None:
            continue
        lines = known.text.split("\n")
        waiting = list(find_symbols(known))
        for one in waiting:
            some += 1
            assert contains(one.span, one.selection), name
            assert one.span.end_line <= len(lines), name
            assert one.span.end_column <= len(lines[one.span.end_line - 1]) + 1, name
            waiting += one.children
    assert some > len(found())
