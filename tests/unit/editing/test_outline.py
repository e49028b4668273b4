"""Symbols, folds and selections."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from sequencer.editing.looking import look
from sequencer.editing.outline import (
    Fold,
    FoldKind,
    Symbol,
    find_folds,
    find_selections,
    find_symbols,
)
from sequencer.editing.texts import Position, contains, text_of
from tests.support.editing import SCORES, SOME_OR_EVERY, FindLooks, look_at_file, with_cursor
from tests.support.golden import Golden


def drawn(symbols: tuple[Symbol, ...], indent: str = "") -> str:
    """Return symbols as an indented list."""
    return "".join(
        f"{indent}{one.span.line}–{one.span.end_line} {one.kind} {one.name}"
        f"{f' ({one.detail})' if one.detail else ''}\n{drawn(one.children, indent + '  ')}"
        for one in symbols
    )


@pytest.mark.parametrize("path", SCORES, ids=lambda path: path.name)
def test_every_example_score(path: Path, golden: Golden) -> None:
    known = look_at_file(path)
    folds = "".join(f"{one.first}–{one.last} {one.kind}\n" for one in find_folds(known))
    golden(f"outline-{path.name}.txt", drawn(find_symbols(known)) + folds)


def test_a_text_with_errors_has_symbols() -> None:
    text = 'scene tram {\n  base "A."\n}\nsection a 8 bars {\n  at 1 tram\n  at 2 tram tram\n}\n'
    assert drawn(find_symbols(look(text))) == (
        "1–3 scene tram\n4–7 section a\n  5–5 cue at 1 tram\n  6–6 cue at 2 tram\n"
    )
    assert find_symbols(look("\x00")) == ()


def test_folds() -> None:
    text = (
        "# one\n# two\n\n# alone\n"
        'at 0c """A boat\n  drifts."""  # not alone\n'
        'at 4c pick("a"\n  | "b")\nend 8c\n'
    )
    assert find_folds(look(text)) == (
        Fold(1, 2, FoldKind.COMMENT),
        Fold(5, 6, FoldKind.REGION),
        Fold(7, 8, FoldKind.REGION),
    )


def test_selections_grow() -> None:
    text, at = with_cursor(
        'scene tram { base "A." }\nsection a 4 bars {\n  at 1 tr|am, sr 4x\n  at 2 sr 2x\n}\n'
    )
    known = look(text)
    found = [text_of(known.source, one) for one in find_selections(known, at)]
    assert found == [
        "tram",
        "at 1 tram, sr 4x",
        "section a 4 bars {\n  at 1 tram, sr 4x\n  at 2 sr 2x\n}",
        text,
    ]


YAML = """scenes:
  # about the tram,
  # in two lines
  tram: {base: A tram.}
sections:
  - section: a 8 bars
    cues:
      - {at: 1, show: tram}
      - at: 3
        prompt: >-
          Two wo|rds
          and more
play: a
"""


def test_symbols_of_a_text_in_yaml() -> None:
    text, _ = with_cursor(YAML)
    assert drawn(find_symbols(look(f"clock: 120 bpm\n{text}", "a.yaml"))) == (
        "5–5 scene tram\n"
        "7–13 section a\n"
        "  9–9 cue {at: 1, show: tram} (c0)\n"
        "  10–13 cue at: 3 prompt: >- Two words and more (c3 · +125 ms)\n"
    )


def test_folds_of_a_text_in_yaml() -> None:
    text, _ = with_cursor(YAML)
    assert find_folds(look(text, "a.yaml")) == (
        Fold(2, 3, FoldKind.COMMENT),
        Fold(6, 12, FoldKind.REGION),
        Fold(9, 12, FoldKind.REGION),
        Fold(10, 12, FoldKind.REGION),
    )


def test_selections_grow_in_yaml() -> None:
    text, at = with_cursor(YAML)
    known = look(text, "a.yaml")
    found = [text_of(known.source, one) for one in find_selections(known, at)]
    prompt = ">-\n          Two words\n          and more"
    cue = f"at: 3\n        prompt: {prompt}"
    assert found[:4] == ["words", "Two words", prompt, cue]
    assert found[4].startswith("section: a 8 bars\n") and found[4].endswith(cue)
    assert found[5:] == [text]
    head = [text_of(known.source, one) for one in find_selections(known, Position(6, 14))]
    assert head == ["a", "section: a 8 bars", found[4], text]


@SOME_OR_EVERY
def test_every_text_has_an_outline(found: FindLooks) -> None:
    for name, known in found().items():
        lines = known.text.count("\n") + 1
        waiting = list(find_symbols(known))
        for one in waiting:
            assert contains(one.span, one.selection), (name, one)
            waiting += one.children
        assert all(1 <= one.first < one.last <= lines for one in find_folds(known)), name
        for number, line in enumerate(known.text.split("\n")[:8], 1):
            for column in range(1, min(len(line), 60) + 2, 7):
                chain = find_selections(known, Position(number, column))
                assert chain, name
                assert all(contains(b, a) for a, b in pairwise(chain)), name
