"""Fields of a YAML score: texts, strings, lists and mappings, and the code of each mistake."""

from __future__ import annotations

from typing import Any

import pytest

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.language.score import Pick, Text, Variable
from sequencer.language.source import Source
from sequencer.language.yaml.fields import MAX_VALUE_LENGTH, FieldReader
from sequencer.language.yaml.nodes import Mapping, Node, Scalar
from sequencer.language.yaml.tree import parse_tree


class Field:
    """The value of the first key of a text."""

    def __init__(self, text: str) -> None:
        self.faults = Diagnostics()
        source = Source("a.yaml", text)
        tree, _, _ = parse_tree(source, self.faults, lambda mapping, is_rule: None)
        assert isinstance(tree, Mapping)
        self.key: Scalar
        self.node: Node
        self.key, self.node = next(iter(tree.entries.values()))
        self.reader = FieldReader(source, self.faults)

    @property
    def reported(self) -> list[str]:
        return [
            f"{one.code} {one.span.line}:{one.span.column}-{one.span.end_column}"
            + "".join(f" → {fix.text}" for fix in one.fixes)
            for one in self.faults.diagnostics
        ]


TEXTS: dict[str, tuple[Any, ...]] = {
    "a: A tram.\n": ("A tram.",),
    'a: "A {light} tram."\n': ("A ", Variable("light"), " tram."),
    "a: 'A {{brace}}.'\n": ("A {brace}.",),
    "a: |\n  One.\n  Two.\n": ("One. Two.",),
    'a: "x\\ty"\n': ("x\ty",),
}


@pytest.mark.parametrize(("text", "parts"), TEXTS.items())
def test_texts_with_their_variables(text: str, parts: tuple[Any, ...]) -> None:
    field = Field(text)
    found = field.reader.read_text(field.node, field.key)
    assert found is not None
    assert (
        tuple(part if isinstance(part, str) else Variable(part.name) for part in found.parts)
        == parts
    )
    assert field.reported == []


REFUSED_TEXTS: dict[str, list[str]] = {
    "a:\n": ["E622 1:1-2"],
    "a: [x]\n": ["E607 1:4-7"],
    "a: {light}\n": ['E618 1:4-11 → "{light}"'],
    "a: “A tram.”\n": ['E107 1:4-13 → "A tram."'],
}


@pytest.mark.parametrize(("text", "reported"), REFUSED_TEXTS.items())
def test_other_texts_are_reported(text: str, reported: list[str]) -> None:
    field = Field(text)
    assert field.reader.read_text(field.node, field.key) is None
    assert field.reported == reported


@pytest.mark.parametrize(
    ("text", "value", "reported"),
    [
        ("a: My {show}\n", "My {show}", []),  # braces have no meaning here
        ("a: |\n  one line\n", "one line", []),
        ("a: |\n  one\n  two\n", None, ["E275 1:4-6"]),
        ('a: "x\\ey"\n', None, ["E274 1:4-10"]),
        ("a:\n", None, ["E622 1:1-2"]),
        ("a: {b: c}\n", None, ["E607 1:4-10"]),
    ],
)
def test_titles_and_paths_are_one_line(text: str, value: str | None, reported: list[str]) -> None:
    field = Field(text)
    assert field.reader.read_string(field.node, field.key) == value
    assert [one.partition("-")[0] for one in field.reported] == [
        one.partition("-")[0] for one in reported
    ]


def test_a_choice_of_texts() -> None:
    field = Field("a: {pick: [X., Y.]}\n")
    found = field.reader.read_prompt_text(field.node, field.key)
    assert isinstance(found, Pick)
    assert [option.parts for option in found.options] == [("X.",), ("Y.",)]
    plain = Field("a: X.\n")
    assert isinstance(plain.reader.read_prompt_text(plain.node, plain.key), Text)


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("a: {pick: }\n", ["E622 1:5-9"]),
        ("a: {pick: []}\n", ["E622 1:5-9"]),
        ("a: {pick: [X., [Y.]]}\n", ["E607 1:16-20"]),
    ],
)
def test_a_choice_without_its_texts_is_reported(text: str, reported: list[str]) -> None:
    field = Field(text)
    assert field.reader.read_prompt_text(field.node, field.key) is None
    assert field.reported == reported


def read_upper(text: str, span: Span, _faults: Diagnostics) -> tuple[str, int, int]:
    return text.upper(), span.column, span.end_column


@pytest.mark.parametrize(
    ("text", "value", "reported"),
    [
        ("a: abc\n", ("ABC", 4, 7), []),
        ("a: 'abc'\n", ("ABC", 5, 8), []),  # the span is that of the value, without its quotes
        ("a: [abc]\n", None, ["E607 1:4-9"]),
        ("clock: [120 bpm, 3/4]\n", None, ["E607 1:8-22 → 120 bpm, 3/4"]),
        ("clock: {bpm: 120, meter: 3/4}\n", None, ["E607 1:8-30 → 120 bpm, 3/4"]),
        ("when: {note: C3}\n", None, ["E607 1:7-17 → note C3"]),
        (f"a: {'x' * (MAX_VALUE_LENGTH + 1)}\n", None, [f"E149 1:4-{4 + MAX_VALUE_LENGTH + 1}"]),
    ],
    ids=[
        "plain",
        "quoted",
        "list",
        "clock in parts",
        "clock as mapping",
        "trigger as mapping",
        "long",
    ],
)
def test_single_values(text: str, value: tuple[str, int, int] | None, reported: list[str]) -> None:
    field = Field(text)
    assert field.reader.read(field.node, field.key, read_upper) == value
    assert field.reported == reported


@pytest.mark.parametrize(
    ("text", "dashes", "items", "reported"),
    [
        ("a: [1, 2]\n", False, 2, []),
        ("a: 1\n", False, 1, []),
        ("a: {b: 1}\n", True, 1, ["E608 1:4-5"]),
        ("a:\n  b: 1\n  c: 2\n", True, 1, ["E608 2:3-4 → -  →   "]),
        ("a:\n", False, 0, ["E622 1:1-2"]),
    ],
)
def test_a_single_value_counts_as_a_list(
    text: str, dashes: bool, items: int, reported: list[str]
) -> None:
    field = Field(text)
    assert len(field.reader.read_items(field.node, field.key, dashes)) == items
    assert field.reported == reported


@pytest.mark.parametrize(
    ("text", "reported"),
    [("a: {b: 1}\n", []), ("a: 1\n", ["E609 1:4-5"]), ("a:\n", ["E622 1:1-2"])],
)
def test_mappings(text: str, reported: list[str]) -> None:
    field = Field(text)
    assert (field.reader.read_mapping(field.node, field.key, "{b: 1}") is not None) is (
        not reported
    )
    assert field.reported == reported
