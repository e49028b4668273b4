"""The order of sections: names, counts and groups."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.language.score import PlayGroup, PlayItem, PlayPart, played_items, unrolled
from sequencer.language.values import writing as spelling
from sequencer.language.values.play import MAX_GROUP_DEPTH, MAX_PASSES, read_play
from tests.support.strategies import play_parts
from tests.support.value_tables import check_value, read, replaced

A, B, C = PlayItem("a"), PlayItem("b"), PlayItem("c", 2)


@pytest.mark.parametrize(
    ("written", "order"),
    [
        ("a (b c*2)*3 a", (A, PlayGroup((B, C), 3), A)),
        ("(a)", (PlayGroup((A,)),)),
        ("( a b )*2", (PlayGroup((A, B), 2),)),
        ("(a (b c*2)*2)*2 b", (PlayGroup((A, PlayGroup((B, C), 2)), 2), B)),
        ("(a)(b)", (PlayGroup((A,)), PlayGroup((B,)))),
    ],
)
def test_groups_are_read(written: str, order: tuple[PlayPart, ...]) -> None:
    check_value(read_play, written, order)


@pytest.mark.parametrize(
    ("written", "corrected"),
    [
        ("a (b c", "a (b c)"),
        ("a (b (c", "a (b (c))"),
        ("a b) c", "a b c"),
        ("a () b", "a  b"),
        ("(a b)*0", "(a b)*1"),
        (f"(a b)*{MAX_PASSES + 1}", f"(a b)*{MAX_PASSES}"),
        ("(a b) *2", "(a b)*2"),
        ("(a b) x2", "(a b)*2"),
        ("(a b)*", "(a b)*2"),
        ("(a x 2 b)", "(a*2 b)"),
        ("intro, (verse, chorus)*2", "intro (verse chorus)*2"),
        ("intro -> (verse -> chorus)*2", "intro (verse chorus)*2"),
        ("[a b]*2 (c)", "(a b)*2 (c)"),
    ],
)
def test_a_mistake_in_a_group_has_a_fix_that_is_read(written: str, corrected: str) -> None:
    order, diagnostics = read(read_play, written)
    assert order is None
    (one,) = diagnostics
    assert one.code == "E255"
    assert replaced(written, one) == corrected
    assert read(read_play, corrected)[1] == ()


def test_groups_are_not_nested_too_deeply() -> None:
    deep = "(" * MAX_GROUP_DEPTH + "a" + ")" * MAX_GROUP_DEPTH
    assert read(read_play, deep)[0] is not None
    assert [one.code for one in read(read_play, f"({deep})")[1]] == ["E255"]
    assert [one.code for one in read(read_play, "(" * 5_000)[1]] == ["E255"]


def test_an_order_is_unrolled() -> None:
    order = (A, PlayGroup((B, PlayGroup((A, C), 3)), 2))
    assert [item.section for item in unrolled(order)] == ["a", *["b", *["a", "c"] * 3] * 2]
    assert [item.section for item in unrolled(order, most=1)] == ["a", "b", "a", "c"]
    assert [item.section for item in played_items(order)] == ["a", "b", "a", "c"]


@given(st.lists(play_parts, min_size=1, max_size=4))
def test_an_order_is_spelled_as_it_is_read(parts: list[PlayPart]) -> None:
    check_value(read_play, spelling.render_play(tuple(parts)), tuple(parts))
