from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.diagnostics import Span
from sequencer.core.errors import UsageError
from sequencer.editing.texts import Position
from sequencer.studio.text_buffer import (
    MAX_CHANGES,
    MAX_TEXT_UNITS,
    Change,
    TextBuffer,
    difference,
    read_changes,
)

TEXTS = st.text(alphabet=st.sampled_from("ab\n é𝄞̈"), max_size=30)


def test_positions_count_utf_16_code_units() -> None:
    buffer = TextBuffer.of('let a = "𝄞é"\nat 1 a')
    assert len(buffer) == 20
    assert buffer.position(11) == Position(1, 11)
    assert buffer.units(Position(1, 11)) == 11
    assert buffer.position(13) == Position(1, 13)
    assert buffer.units(Position(2, 4)) == 17
    assert buffer.bounds(Span("", 1, 10, 1, 11)) == (9, 11)
    changed = buffer.changed([Change(9, 11, "x"), Change(14, 16, "on")])
    assert changed.text == 'let a = "xé"\non 1 a'


def test_positions_outside_of_the_text_are_moved_inside() -> None:
    buffer = TextBuffer.of("a𝄞")
    assert buffer.position(-1) == Position(1, 1)
    assert buffer.position(99) == Position(1, 3)
    assert buffer.position(2) == Position(1, 2), "within a character: before it"
    assert buffer.units(Position(9, 9)) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (Change(0, 4, ""), "not in the text"),
        (Change(-1, 0, ""), "not in the text"),
        (Change(2, 1, ""), "not in the text"),
        (Change(2, 2, "x"), "within a character"),
        (Change(0, 2, "x"), "within a character"),
        (Change(0, 0, "\ud800"), "half of a character"),
        (Change(0, 0, "a\r\nb"), "carriage return"),
    ],
)
def test_an_edit_that_would_break_the_text_is_refused(change: Change, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TextBuffer.of("a𝄞").changed([change])


def test_changes_have_to_be_in_order() -> None:
    with pytest.raises(UsageError, match="not in order"):
        TextBuffer.of("abc").changed([Change(2, 3, ""), Change(0, 1, "")])


def test_a_text_has_a_largest_size() -> None:
    buffer = TextBuffer(b"a\0" * MAX_TEXT_UNITS)
    assert len(buffer.changed([Change(0, 1, "b")])) == MAX_TEXT_UNITS
    with pytest.raises(UsageError, match="larger than 16,777,216 characters"):
        buffer.changed([Change(0, 0, "b")])


@pytest.mark.parametrize(
    "given_changes",
    [
        None,
        {},
        [1],
        [{}],
        [{"from": 0, "to": 0}],
        [{"from": 0, "to": 0, "text": 1}],
        [{"from": 0, "to": "0", "text": ""}],
        [{"from": True, "to": 1, "text": ""}],
        [{"from": 0, "to": 0, "text": "", "more": 1}],
        [{"from": 0, "to": 0, "text": ""}] * (MAX_CHANGES + 1),
    ],
)
def test_messages_of_another_form_are_refused(given_changes: object) -> None:
    with pytest.raises(UsageError):
        read_changes(given_changes)


def test_changes_are_read_from_a_message() -> None:
    message = [{"from": 1, "to": 2, "text": "x"}]
    assert read_changes(message) == (Change(1, 2, "x"),)
    assert [one.to_json() for one in read_changes(message)] == message


@given(TEXTS, TEXTS)
def test_the_difference_of_two_texts_makes_one_of_the_other(old: str, new: str) -> None:
    before, after = TextBuffer.of(old), TextBuffer.of(new)
    changes = difference(before, after)
    assert before.changed(changes) == after
    assert bool(changes) == (old != new)


def test_a_difference_leaves_what_both_texts_have() -> None:
    before, after = TextBuffer.of("a𝄞 one b"), TextBuffer.of("a𝄞 two b")
    assert difference(before, after) == (Change(4, 7, "two"),)


@given(TEXTS, st.integers(0, 60))
def test_positions_convert_both_ways(text: str, at: int) -> None:
    buffer = TextBuffer.of(text)
    position = buffer.position(at)
    units = buffer.units(position)
    assert buffer.position(units) == position
    assert units <= max(at, 0)
    assert len(buffer) >= units >= min(at, len(buffer)) - 1
