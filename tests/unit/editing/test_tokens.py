"""What each word of a text is, for colours."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.editing.looking import look
from sequencer.editing.names import NameKind
from sequencer.editing.texts import text_of
from sequencer.editing.tokens import TokenKind, find_tokens
from tests.support.editing import SCORES, SOME_OR_EVERY, FindLooks, look_at_file
from tests.support.golden import Golden


def coloured(text: str, file: str = "a.score") -> list[tuple[str, str]]:
    known = look(text, file, advice=False)
    return [(text_of(known.source, one.span), str(one.kind)) for one in find_tokens(known)]


def test_a_cue() -> None:
    assert coloured('at 3.2+1/2 tram "It {light} {{x}}.", sr 4x, mark drop  # x\n') == [
        ("at", "keyword"),
        ("3.2+1/2", "number"),
        ("tram", "scene"),
        ('"It ', "string"),
        ("{light}", "variable"),
        (' {{x}}."', "string"),
        ("sr", "keyword"),
        ("4x", "keyword"),
        ("mark", "keyword"),
        ("drop", "mark"),
        ("# x", "comment"),
    ]


def test_a_section_and_a_rule() -> None:
    known = look(
        "section a until note C3 or go b, max 8 bars {\n  on go c -> goto a\n}\n", "a.score"
    )
    found = [
        (text_of(known.source, one.span), str(one.kind), one.is_live) for one in find_tokens(known)
    ]
    assert found == [
        ("section", "keyword", False),
        ("a", "section", False),
        ("until", "keyword", True),
        ("note", "trigger", True),
        ("C3", "trigger", True),
        ("or", "keyword", True),
        ("go", "trigger", True),
        ("b", "trigger", True),
        ("max", "keyword", False),
        ("8", "number", False),
        ("bars", "keyword", False),
        ("on", "keyword", True),
        ("go", "trigger", True),
        ("c", "trigger", True),
        ("goto", "keyword", True),
        ("a", "section", True),
    ]


def test_a_refused_statement_is_coloured_by_its_words() -> None:
    found = coloured('at 3 tram tram "x" every 8 bars\n')
    assert found[:3] == [("at", "keyword"), ("3", "number"), ("tram", "scene")]
    assert ('"x"', "string") in found and ("every", "keyword") in found and ("8", "number") in found


def test_a_text_of_several_lines_has_a_token_on_each() -> None:
    assert coloured('at 0c """A\n\n  {b}\nc."""\n')[3:] == [
        ('"""A', "string"),
        ("  ", "string"),
        ("{b}", "variable"),
        ('c."""', "string"),
    ]


def test_yaml() -> None:
    text = (
        "score: at 5\nscenes:\n  tram: {base: 'A 2.'}\ncues:\n"
        "  - {at: 1, show: tram, prompt: at 3}  # x\nrules:\n  - {when: go b, do: pause}\n"
    )
    assert coloured(text, "a.yaml") == [
        ("score", "keyword"),
        ("at 5", "string"),
        ("scenes", "keyword"),
        ("tram", "scene"),
        ("base", "keyword"),
        ("'A 2.'", "string"),
        ("cues", "keyword"),
        ("at", "keyword"),
        ("1", "number"),
        ("show", "keyword"),
        ("tram", "scene"),
        ("prompt", "keyword"),
        ("at 3", "string"),
        ("# x", "comment"),
        ("rules", "keyword"),
        ("when", "keyword"),
        ("go", "trigger"),
        ("b", "trigger"),
        ("do", "keyword"),
        ("pause", "keyword"),
    ]


def test_a_range_and_a_newer_text() -> None:
    known = look('at 0c "a"\nat 1c "b"\nat 2c "c"\n', "a.score", advice=False)
    assert {one.span.line for one in find_tokens(known, first=2, last=2)} == {2}
    every = find_tokens(known)
    for line in (1, 2, 3):
        assert find_tokens(known, first=line) == tuple(
            one for one in every if one.span.line >= line
        )
    newer = find_tokens(known, "seed 4\n")
    assert [one.kind for one in newer] == [TokenKind.KEYWORD, TokenKind.NUMBER]


@pytest.mark.parametrize("path", SCORES, ids=lambda path: path.name)
def test_every_example_score(path: Path, golden: Golden) -> None:
    known = look_at_file(path)
    lines: dict[int, list[str]] = {}
    for one in find_tokens(known):
        word = text_of(known.source, one.span)
        word = word if len(word) < 30 else word[:28] + "…"
        live = "!" if one.is_live else ""
        lines.setdefault(one.span.line, []).append(f"{word}:{one.kind}{live}")
    golden(f"tokens-{path.name}.txt", "".join(f"{n} {' '.join(t)}\n" for n, t in lines.items()))
    kinds = {one.span: one.kind for one in find_tokens(known)}
    for name in known.names.occurrences:
        if name.span.file == path.name and name.kind in (NameKind.SCENE, NameKind.SECTION):
            assert str(kinds[name.span]) == str(name.kind), name


@pytest.mark.parametrize("path", SCORES, ids=lambda path: path.name)
def test_every_word_of_an_example_score_has_a_colour(path: Path) -> None:
    known = look_at_file(path)
    lines = [list(line) for line in known.text.split("\n")]
    for one in find_tokens(known):
        columns = slice(one.span.column - 1, one.span.end_column - 1)
        assert any(not char.isspace() for char in lines[one.span.line - 1][columns]) or (
            one.kind is TokenKind.STRING
        )
        lines[one.span.line - 1][columns] = " " * (one.span.end_column - one.span.column)
    left = {char for line in lines for char in line}
    assert not [char for char in left if char.isalnum() or char in "#\"'"], path


@SOME_OR_EVERY
def test_tokens_cover_every_text_in_order_without_overlap(found: FindLooks) -> None:
    for name, known in found().items():
        before = (0, 0)
        for one in find_tokens(known):
            assert one.span.line == one.span.end_line, name
            assert before <= (one.span.line, one.span.column), name
            assert one.span.column < one.span.end_column, name
            assert one.span.end_column <= len(known.text.split("\n")[one.span.line - 1]) + 1, name
            before = (one.span.line, one.span.end_column)
