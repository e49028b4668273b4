"""Splitting a text into statements: the fast path for simple lines and the general path give the
same result.
"""

from __future__ import annotations

import re
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.language.text import statements as lines
from sequencer.language.text.statements import QuoteError, StatementKind, split_statements

EXAMPLES = sorted((Path(__file__).parents[4] / "scores").rglob("*.score"))

PIECES = st.sampled_from(
    [
        *(
            "at 1 ",
            "tram",
            '"x"',
            '""',
            '"""',
            '"',
            "\\",
            "#",
            " # c",
            "# c",
            ",",
            "->",
            ">",
            "-",
            "{",
            "}",
            "(",
            ")",
            "|",
        ),
        *(
            "“",
            "”",
            " ",
            "\t",
            "\n",
            "\n",
            "\n",
            "\n\n",
            "section a 4 bars {\n",
            "pick(",
            "a ",
            "é",
        ),
    ]
)


def carefully(text: str) -> object:
    """Return the statements and comments of a text, without the fast path."""
    with patch.object(lines, "_PLAIN", re.compile("(?!)")):
        return split_statements(text)


@settings(max_examples=1500, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_both_ways_cut_alike(text: str) -> None:
    assert split_statements(text) == carefully(text)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_both_ways_cut_the_examples_alike(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert split_statements(text) == carefully(text)


def statements_of(text: str) -> list[str]:
    """Return the statements of a text, verbatim."""
    return [text[one.start : one.end] for one in split_statements(text)[0]]


def test_where_statements_end() -> None:
    assert statements_of('at 1 "a"  # c\n\n  at 2 "b"') == ['at 1 "a"', 'at 2 "b"']
    assert statements_of('at 1 "a",\n  # c\n  sr 2x\nat 2 b') == [
        'at 1 "a",\n  # c\n  sr 2x',
        "at 2 b",
    ]
    assert statements_of('on go x ->\n  "a"\n') == ['on go x ->\n  "a"']
    assert statements_of('at 1 pick(\n"a"\n| "b"\n)\n') == ['at 1 pick(\n"a"\n| "b"\n)']
    assert statements_of('let a = """x\n# no comment }\n"""\nseed 1') == [
        'let a = """x\n# no comment }\n"""',
        "seed 1",
    ]
    assert statements_of("section a 1 bar { at 1 x } seed 1") == [
        "section a 1 bar {",
        "at 1 x",
        "}",
        "seed 1",
    ]


def test_a_comma_too_many_does_not_swallow_the_next_statement() -> None:
    assert statements_of('at 1 "a",\nat 2 "b"\n') == ['at 1 "a",', 'at 2 "b"']
    assert statements_of('at 1 pick("a"\nat 2 "b"\n') == ['at 1 pick("a"', 'at 2 "b"']


def test_kinds_flaws_and_comments() -> None:
    statements, remarks = split_statements('# one\nsection a 1 bar {  # two\n  at 1 "x\n}\n')
    assert [one.kind for one in statements] == [
        StatementKind.OPEN,
        StatementKind.PLAIN,
        StatementKind.CLOSE,
    ]
    assert [flaw for one in statements for flaw, _, _ in one.flaws] == [QuoteError.UNCLOSED]
    assert [one.own_line for one in remarks] == [True, False]


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ('scene x { base "A; b"; follow "C" }', ["scene x {", 'base "A; b"', 'follow "C"', "}"]),
        ("section a 4 bars {\n at 1 x; at 2 y # c; d\n}", ["section a 4 bars {", "at 1 x", "at 2 y", "}"]),
        ("section a 4 bars { at 1 x; }", ["section a 4 bars {", "at 1 x", "}"]),
        ("section a 4 bars {\n at 1 x;\n}", ["section a 4 bars {", "at 1 x;", "}"]),
        ('section a 4 bars {\n at 1 pick("A" | "B;"); at 2 y }', ["section a 4 bars {", 'at 1 pick("A" | "B;")', "at 2 y", "}"]),
        ("at 1 x; at 2 y", ["at 1 x; at 2 y"]),
        ("scene x {\n}\nseed 1; seed 2", ["scene x {", "}", "seed 1; seed 2"]),
    ],
)  # fmt: skip
def test_a_semicolon_separates_statements_inside_braces(text: str, statements: list[str]) -> None:
    found, _ = split_statements(text)
    assert [text[one.start : one.end] for one in found] == statements
