"""The tree of a YAML text: every scalar is text, with its position; and what this notation does not
support.
"""

from __future__ import annotations

from typing import Any

import pytest

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.language.score import Comment, Cue
from sequencer.language.source import Source
from sequencer.language.yaml.nodes import Mapping, Node, Scalar, Sequence
from sequencer.language.yaml.tree import (
    MAX_DEPTH,
    MAX_DIAGNOSTICS,
    extend_over_comments,
    find_comments,
    parse_tree,
)

Tree = str | list[Any] | dict[str, Any] | None


def plain(node: Node) -> Tree:
    """Return a tree as strings, lists and dicts."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if isinstance(node, Mapping):
        return {word: plain(value) for word, (_, value) in node.entries.items()}
    return None


def parsed(text: str) -> tuple[Tree, list[str]]:
    faults = Diagnostics()

    def keep(_mapping: Mapping, _is_rule: bool) -> Cue | None:
        return None

    tree, _, _ = parse_tree(Source("a.yaml", text), faults, keep)
    return plain(tree), [
        f"{one.code} {one.span.line}:{one.span.column}-{one.span.end_column}"
        for one in faults.diagnostics
    ]


TREES: dict[str, Tree] = {
    "": None,
    "# a comment\n": None,
    "at: 17:1\n": {"at": "17:1"},
    "a: off\nb: 0x10\nc: null\nd: ~\ne: 1e3\nf: 2024-01-01\n": {
        "a": "off",
        "b": "0x10",
        "c": "null",
        "d": "~",
        "e": "1e3",
        "f": "2024-01-01",
    },
    "cut:\nnext: 1\n": {"cut": "", "next": "1"},
    "a: 'it''s'\nb: \"a\\tb\"\n": {"a": "it's", "b": "a\tb"},
    "a: |\n  one\n  two\nb: >\n  one\n  two\n": {"a": "one\ntwo\n", "b": "one two\n"},
    "a: [1, [2, 3], {b: 4}]\n": {"a": ["1", ["2", "3"], {"b": "4"}]},
    "- 1\n- a: 2\n": ["1", {"a": "2"}],
    "sections:\n  - name: x\n    length: 8 bars\n": {
        "sections": [{"name": "x", "length": "8 bars"}]
    },
}


@pytest.mark.parametrize(("text", "tree"), TREES.items())
def test_every_scalar_is_text(text: str, tree: Tree) -> None:
    assert parsed(text) == (tree, [])


def deep(depth: int) -> str:
    return "[" * depth + "]" * depth + "\n"


REPORTED: dict[str, list[str]] = {
    "a: 1\n---\nb: 2\n": ["E613 2:1-4"],
    "a: &x 1\n": ["E604 1:4-6"],
    "a: *x\n": ["E604 1:4-6"],
    "a: !!str 1\n": ["E605 1:4-9"],
    "[1]: 2\n": ["E606 1:1-4"],
    "a: 1\nb: 2\na: 3\n": ["E602 3:1-2"],
    deep(MAX_DEPTH): [],
    deep(MAX_DEPTH + 1): [f"E603 1:{MAX_DEPTH + 1}-{MAX_DEPTH + 2}"],
}


@pytest.mark.parametrize(("text", "reported"), REPORTED.items())
def test_what_is_not_supported_is_reported(text: str, reported: list[str]) -> None:
    assert parsed(text)[1] == reported


def test_of_two_equal_keys_the_first_counts_and_a_fix_removes_the_second() -> None:
    faults = Diagnostics()
    source = Source("a.yaml", "a: 1\na: 3\n")
    tree, _, _ = parse_tree(source, faults, lambda mapping, is_rule: None)
    assert plain(tree) == {"a": "1"}
    (one,) = faults.diagnostics
    assert [fix.text for fix in one.fixes] == [""]
    assert one.fixes[0].span == Span("a.yaml", 2, 1, 2, 5)
    assert [related.span for related in one.related] == [Span("a.yaml", 1, 1, 1, 2)]


def test_parsing_stops_after_so_many_errors() -> None:
    text = "".join(f"a{index}: &x 1\n" for index in range(MAX_DIAGNOSTICS + 50))
    assert len(parsed(text)[1]) == MAX_DIAGNOSTICS


def test_cues_and_rules_are_read_as_soon_as_they_are_parsed() -> None:
    text = (
        "cues:\n- {at: 1}\n- text\nrules:\n- {on: x}\nsections:\n- name: s\n  cues:\n  - "
        "{at: 2}\nother:\n  cues: [{at: 3}]\n"
    )
    read: list[tuple[Tree, bool]] = []

    def note(mapping: Mapping, is_rule: bool) -> Cue | None:
        read.append((plain(mapping), is_rule))
        return None

    tree, _, good = parse_tree(Source("a.yaml", text), Diagnostics(), note)
    assert read == [({"at": "1"}, False), ({"on": "x"}, True), ({"at": "2"}, False)]
    assert plain(tree) == {
        "cues": ["text"],  # what is not a mapping is kept, to be reported
        "rules": [],
        "sections": [{"name": "s", "cues": []}],
        "other": {"cues": [{"at": "3"}]},
    }
    assert good


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        ("a: 1 # one\n", [("one", False, (1, 6, 11))]),
        ("# one\na: 1\n  #two\n", [("one", True, (1, 1, 6)), ("two", True, (3, 3, 7))]),
        ("a: x#y\n", []),
        ("a: 'x # y' # one\n", [("one", False, (1, 12, 17))]),
        ("a: | # one\n  x # y\n# two\n", [("one", False, (1, 6, 11)), ("two", True, (3, 1, 6))]),
    ],
)
def test_comments_are_found_outside_of_values(
    text: str, comments: list[tuple[str, bool, tuple[int, int, int]]]
) -> None:
    source = Source("a.yaml", text)
    _, values, _ = parse_tree(source, Diagnostics(), lambda mapping, is_rule: None)
    assert [
        (one.text, one.own_line, (one.span.line, one.span.column, one.span.end_column))
        for one in find_comments(source, values)
    ] == comments


@pytest.mark.parametrize(
    ("comment", "before", "end"),
    [
        (("c", False, (2, 9)), 9, (2, 12)),  # after the last line
        (("c", True, (3, 3)), 9, (3, 6)),  # below it, indented like it
        (("c", True, (3, 1)), 9, (2, 8)),  # less indented
        (("c", True, (4, 3)), 4, (2, 8)),  # on the line of the next statement
    ],
)
def test_a_block_includes_the_comments_after_its_last_line(
    comment: tuple[str, bool, tuple[int, int]], before: int, end: tuple[int, int]
) -> None:
    text, own, (line, column) = comment
    found = extend_over_comments(
        Span("a", 1, 1, 2, 8),
        (Comment(text, own, Span("a", line, column, line, column + 3)),),
        before,
        least=3,
    )
    assert (found.end_line, found.end_column) == end
