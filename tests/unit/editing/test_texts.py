"""Positions and edits of a text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.diagnostics import Fix, Span
from sequencer.editing.texts import (
    Position,
    apply_edits,
    bounds_of,
    contains,
    line_text,
    offset_of,
    span_at,
    text_of,
)
from sequencer.language.source import Source

TEXT = "one\ntwo 𝄞\n\nfour"
SOURCE = Source("a.score", TEXT)


def test_a_position_outside_of_the_text_is_moved_inside() -> None:
    places = [(0, 5), (1, 1), (1, 99), (2, 5), (3, 4), (4, 5), (9, 1)]
    found = [offset_of(SOURCE, Position(*place)) for place in places]
    assert found == [0, 0, 3, 8, 10, 15, 15]


def test_a_span_and_its_text() -> None:
    span = span_at(SOURCE, 4, 10)
    assert span == Span("a.score", 2, 1, 3, 1)
    assert text_of(SOURCE, span) == "two 𝄞\n"
    assert [line_text(SOURCE, line) for line in (1, 2, 3, 4)] == ["one", "two 𝄞", "", "four"]


def test_a_span_contains_its_parts_only_in_its_own_file() -> None:
    whole = Span("a", 1, 3, 2, 5)
    assert contains(whole, whole)
    assert not contains(whole, Span("a", 1, 2, 2, 5))
    assert not contains(whole, Span("a", 1, 3, 2, 6))
    assert not contains(whole, Span("b", 1, 3, 2, 5))


def test_insertions_at_one_position_keep_their_order() -> None:
    at = Span("", 1, 2, 1, 2)
    assert apply_edits("ab", [Fix(at, "1"), Fix(at, "2")]) == "a12b"


def test_an_edit_that_overlaps_is_left_out() -> None:
    edits = [Fix(Span("", 1, 1, 1, 3), "x"), Fix(Span("", 1, 2, 1, 4), "y")]
    assert apply_edits("abcd", edits) == "xcd"


@given(st.text("ab\n𝄞é", max_size=30), st.data())
def test_every_offset_has_a_span(text: str, data: st.DataObject) -> None:
    source = Source("", text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    span = span_at(source, start, end)
    assert bounds_of(source, span) == (start, end)
    assert apply_edits(text, [Fix(span, "new")]) == text[:start] + "new" + text[end:]
