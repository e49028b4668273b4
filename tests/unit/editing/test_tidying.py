"""Formatting as small edits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.editing import tidying
from sequencer.editing.looking import look
from sequencer.editing.names import Refusal
from sequencer.editing.texts import apply_edits
from sequencer.editing.tidying import find_line_edits, format_text
from sequencer.language.notations import print_score
from tests.support.editing import SCENE, SOME_OR_EVERY, FindLooks


def test_only_lines_that_change_are_edited() -> None:
    text = f"clock   120 bpm\n{SCENE}\n\n\nat 1  tram\nat 3 tram\nend 5\n"
    edits = format_text(look(text, "a.score", advice=False))
    assert not isinstance(edits, Refusal)
    changed = {line for one in edits for line in range(one.span.line, one.span.end_line)}
    assert changed and changed <= {1, 7, 8, 9, 10}
    assert apply_edits(text, edits).count("at 3 tram") == 1


def test_a_text_in_yaml_is_formatted_by_its_lines() -> None:
    text = """clock:   120 bpm, 4/4

cues:
  # about
  - {at: 1,  prompt: 'A 🚋.'}
  - {at: 3, prompt: B.}
"""
    edits = format_text(look(text, "a.yaml", advice=False))
    assert not isinstance(edits, Refusal)
    assert [(one.span.line, one.text) for one in edits] == [
        (1, "clock: 120 bpm, 4/4\n"),
        (5, "  - {at: 1, prompt: A 🚋.}\n"),
    ]
    assert format_text(look(apply_edits(text, edits), "a.yaml", advice=False)) == ()


def test_a_text_with_errors_stays_as_it_is() -> None:
    found = format_text(look("at 0c tram tram\nat  4c x\n", "a.score"))
    assert isinstance(found, Refusal)
    assert found.reason == "the score has errors, so it stays as it is; the first one is in line 1"


@SOME_OR_EVERY
def test_applying_the_edits_gives_what_the_printer_prints(found: FindLooks) -> None:
    formatted = 0
    for name, known in found().items():
        edits = format_text(known)
        if isinstance(edits, Refusal):
            assert known.loaded.score is None, name
            continue
        score = known.loaded.score
        assert score is not None
        printed = print_score(score, known.notation)
        assert apply_edits(known.text, edits) == printed, name
        assert not find_line_edits(printed, printed)
        formatted += 1
    assert formatted > len(found()) // 10


LINES = st.text("ab\n\x0b", max_size=25)


@given(LINES, LINES)
def test_line_edits_lead_from_one_text_to_the_other(before: str, after: str) -> None:
    assert apply_edits(before, find_line_edits(before, after)) == after


def test_long_changes_are_one_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidying, "MAX_COMPARED_LINES", 3)
    before, after = "a\nb\nc\nd\n", "a\nx\nc\ny\n"
    edits = find_line_edits(before, after)
    assert len(edits) == 1 and apply_edits(before, edits) == after
