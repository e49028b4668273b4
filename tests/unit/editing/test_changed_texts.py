"""Every question can be asked about every text, at every position: nothing raises an exception."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.core.diagnostics import Span
from sequencer.editing.actions import find_actions
from sequencer.editing.completing import complete
from sequencer.editing.hints import HintSetting, find_hints
from sequencer.editing.hovering import hover
from sequencer.editing.looking import Look, look, with_advice
from sequencer.editing.names import (
    Refusal,
    find_definitions,
    find_highlights,
    find_references,
    prepare_rename,
    rename,
)
from sequencer.editing.outline import find_folds, find_selections, find_symbols
from sequencer.editing.texts import Position, apply_edits
from sequencer.editing.tidying import format_text
from sequencer.editing.tokens import find_tokens
from tests.support.editing import SCORES

TEXTS = [(path.name, path.read_text(encoding="utf-8")) for path in SCORES]
PIECES = (
    '"',
    '"""',
    "{",
    "}",
    "(",
    ")",
    "\n",
    "#",
    ",",
    "->",
    " - ",
    ": ",
    "at 3 ",
    "x",
    "é",
    "𝄞",
    "\t",
)


def ask_everything(known: Look, at: Position) -> None:
    """Ask every question about a position."""
    for setting in HintSetting:
        assert all(one.line >= 1 for one in find_hints(known, setting))
    hover(known, at)
    find_symbols(known)
    find_folds(known)
    assert all(at.is_in(one) for one in find_selections(known, at))
    find_definitions(known, at)
    find_highlights(known, at)
    spans = find_references(known, at)
    assert len(set(spans)) == len(spans)
    if not isinstance(prepare_rename(known, at), Refusal):
        renamed = rename(known, at, "another-name")
        assert isinstance(renamed, Refusal) or renamed
    for action in find_actions(known, Span(known.file, at.line, at.column, at.line, at.column)):
        apply_edits(known.text, action.edits)
    complete(known, known.text, at, lambda folder: ("a/", f"{folder}b.png"))
    tokens = find_tokens(known)
    starts = [(one.span.line, one.span.column) for one in tokens]
    assert starts == sorted(set(starts))
    format_text(known)


@given(st.sampled_from(TEXTS), st.data())
@settings(deadline=None, max_examples=20)
def test_a_text_that_is_being_changed(case: tuple[str, str], data: st.DataObject) -> None:
    change(*case, data)


@pytest.mark.slow
@given(st.sampled_from(TEXTS), st.data())
@settings(deadline=None, max_examples=400)
def test_a_text_that_is_being_changed_often(case: tuple[str, str], data: st.DataObject) -> None:
    change(*case, data)


def change(file: str, text: str, data: st.DataObject) -> None:
    """Change a text a few times, and ask everything after each change."""
    known = look(text, file, advice=False)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(known.text)))
        end = min(len(known.text), start + data.draw(st.sampled_from([0, 0, 1, 2, 5, 60])))
        new = known.text[:start] + data.draw(st.sampled_from(["", *PIECES])) + known.text[end:]
        known = look(new, file, advice=False, previous=known)
        before = known.text[:start]
        at = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
        ask_everything(known, at)
    ask_everything(with_advice(known), Position(data.draw(st.integers(0, 99)), 3))


@given(st.text(max_size=40), st.sampled_from(["a.score", "a.yaml", ""]), st.integers(0, 41))
@settings(deadline=None, max_examples=100)
def test_any_text(text: str, file: str, column: int) -> None:
    ask_everything(look(text, file), Position(1, column))
