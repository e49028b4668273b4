from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.diagnostics import Span
from sequencer.editing.line_views import LineView
from sequencer.editing.texts import Position

READ = "one\ntwo\nthree\nfour"
NOW = "zero\none\ntwo!\nthree\nfour"


def test_positions_are_found_on_lines_that_are_in_both_texts() -> None:
    view = LineView(READ, NOW)
    assert not view.is_current
    assert view.to_read(Position(2, 3)) == Position(1, 3)
    assert view.to_read(Position(1, 1)) is None and view.to_read(Position(3, 1)) is None
    assert (view.to_line(3), view.to_line(2)) == (4, None)


def test_spans_move_with_their_lines() -> None:
    view = LineView(READ, NOW)
    assert view.to_present(Span("a", 3, 1, 4, 5)) == Span("a", 4, 1, 5, 5)
    assert view.to_present(Span("a", 2, 1, 3, 6)) is None, "one of its lines has changed"
    assert view.to_present(Span("a", 0, 0, 0, 0)) == Span("a", 0, 0, 0, 0), "no position"
    assert view.span_in_read(Span("a", 4, 1, 5, 5)) == Span("a", 3, 1, 4, 5)
    assert view.span_in_read(Span("a", 3, 1, 4, 2)) is None
    assert view.span_in_read(Span("a", 5, 1, 4, 1)) is None, "its end is before its start"


@given(st.text("ab\n", max_size=12), st.integers(1, 14), st.integers(1, 14))
def test_the_same_text_has_the_same_positions(text: str, line: int, column: int) -> None:
    view = LineView(text, text)
    at, span = Position(line, column), Span("a", line, column, line, column)
    assert view.is_current and view.to_read(at) == at and view.to_line(line) == line
    assert view.to_present(span) == span and view.span_in_read(span) == span


@given(st.text("ab\n", max_size=12), st.text("ab\n", max_size=12), st.integers(1, 14))
def test_a_line_that_is_found_has_the_same_text(before: str, after: str, line: int) -> None:
    found = LineView(before, after).to_line(line)
    if found is not None and line <= before.count("\n") + 1:
        assert before.split("\n")[line - 1] == after.split("\n")[found - 1]
