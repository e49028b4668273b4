"""The layout of both printers: which row a comment belongs to, and where blank lines are."""

from __future__ import annotations

import pytest

from sequencer.core.diagnostics import Span
from sequencer.language.layout import Inner, Row, attach_comments, render_rows
from sequencer.language.score import Comment


def span(line: int, column: int, end_line: int, end_column: int) -> Span:
    return Span("a", line, column, end_line, end_column)


def comment(text: str, line: int, column: int, own_line: bool) -> Comment:
    return Comment(text, own_line, span(line, column, line, column + 1 + len(text)))


def formatted_lines(
    rows: list[Row], *comments: Comment, source: str = "", keep_all_gaps: bool = False
) -> list[str]:
    last = attach_comments([(row.start, row) for row in rows], comments)
    return render_rows(rows, last, source, keep_all_gaps=keep_all_gaps).split("\n")[:-1]


LONG = span(2, 1, 4, 9)


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        (Inner.ALL, ["# first", "long"]),
        (Inner.AFTER_FIRST_LINE, ["long  # first"]),
        (Inner.NONE, ["long  # first"]),
    ],
    ids=lambda value: value.name if isinstance(value, Inner) else "",
)
def test_a_comment_at_the_end_of_the_first_line(inner: Inner, expected: list[str]) -> None:
    assert (
        formatted_lines(
            [Row(depth=0, lines=["long"], span=LONG, inner=inner)], comment("first", 2, 20, False)
        )
        == expected
    )


def test_a_comment_on_a_line_inside_a_statement_moves_before_it_but_not_out_of_a_block() -> None:
    inside = comment("inside", 3, 3, True)
    assert formatted_lines([Row(depth=0, lines=["long"], span=LONG, inner=Inner.ALL)], inside) == [
        "# inside",
        "long",
    ]
    assert formatted_lines(
        [Row(depth=0, lines=["long"], span=LONG, inner=Inner.AFTER_FIRST_LINE)], inside
    ) == [
        "# inside",
        "long",
    ]
    head, end = (
        Row(depth=0, lines=["head {"], span=LONG),
        Row(depth=0, lines=["}"], span=LONG, is_end=True),
    )
    assert formatted_lines([head, end], inside) == ["head {", "  # inside", "}"]


def test_an_end_without_lines_shows_only_the_comments_before_it() -> None:
    head, end = (
        Row(depth=0, lines=["head:"], span=LONG),
        Row(depth=0, lines=[], span=LONG, is_end=True),
    )
    assert formatted_lines(
        [head, end], comment("inside", 3, 3, True), comment("trailing", 4, 12, False)
    ) == [
        "head:",
        "  # inside",
        "  # trailing",
    ]


def test_space_lines_of_the_source_are_kept_and_required_ones_added() -> None:
    source = "one\n\n# c\ntwo\nthree\n"
    rows = [
        Row(depth=0, lines=["one"], span=span(1, 1, 1, 4)),
        Row(depth=0, lines=["two"], span=span(4, 1, 4, 4)),
        Row(depth=0, lines=["three"], span=span(5, 1, 5, 6), gap=True),
    ]
    assert formatted_lines(rows, comment("c", 3, 1, True), source=source) == [
        "one",
        "",
        "# c",
        "two",
        "",
        "three",
    ]
    rows[1].before.clear()
    rows[1].first = True
    assert formatted_lines(rows, comment("c", 3, 1, True), source=source) == [
        "one",
        "# c",
        "two",
        "",
        "three",
    ]


@pytest.mark.parametrize(
    ("keep_all_gaps", "expected"), [(True, ["", "# a", "one"]), (False, ["# a", "one"])]
)
def test_a_space_line_above_a_comment_that_was_at_the_end_of_a_line(
    keep_all_gaps: bool, expected: list[str]
) -> None:
    rows = [
        Row(depth=0, lines=["nought"], span=span(1, 1, 1, 7)),
        Row(depth=0, lines=["one"], span=span(2, 1, 5, 2), inner=Inner.ALL),
    ]
    found = formatted_lines(
        rows,
        comment("a", 4, 3, False),
        source="nought\none,\n\ntwo # a\n}",
        keep_all_gaps=keep_all_gaps,
    )
    assert found == ["nought", *expected]
