"""Diagnostics as text: the line, the caret, the limits; and the collection that readers fill."""

from __future__ import annotations

import pytest

from sequencer.core.diagnostics import (
    MAX_KEPT,
    MAX_SHOWN,
    NO_SPAN,
    SHOWN_WIDTH,
    Diagnostic,
    Diagnostics,
    Fix,
    Related,
    Severity,
    Span,
    display_width,
    escape_control,
    render,
    render_all,
)


def on(column: int, end_column: int, line: int = 1, end_line: int | None = None) -> Span:
    return Span("a.score", line, column, end_line or line, end_column)


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (Span("a.score", 3, 5, 3, 9), "a.score:3:5"),
        (Span("a.score", 0, 0, 0, 0), "a.score"),  # the complete file
        (NO_SPAN, ""),
    ],
)
def test_a_span_is_written_as_editors_read_it(span: Span, shown: str) -> None:
    assert str(span) == shown


def test_a_span_extends_to_the_end_of_another_one() -> None:
    assert on(3, 5).to(on(1, 4, line=2)) == Span("a.score", 1, 3, 2, 4)


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("abc", 3), ("e\u0301", 1), ("\u96e8", 2), ("\uff21", 2), ("a\u200bb\ufeff", 2)],
)
def test_the_width_of_a_text_in_cells(text: str, width: int) -> None:
    assert display_width(text) == width


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("\x1b[2J", "\ufffd[2J"),
        ("a\u202eb", "a\ufffdb"),  # would reverse the direction of what follows
        ("a\u2028b\x9bc", "a\ufffdb\ufffdc"),
        ("\u00e9\u96e8", "\u00e9\u96e8"),
    ],
)
def test_control_characters_become_visible(text: str, safe: str) -> None:
    assert escape_control(text) == safe


RENDERED = {
    "one line": (
        Diagnostic(code="E201", message="wrong.", span=on(4, 7)),
        "at 9x3 x",
        "a.score:1:4: error[E201]: wrong.\n    1 │ at 9x3 x\n      │    ^^^",
    ),
    "an empty span has one caret": (
        Diagnostic(code="E201", message="wrong.", span=on(3, 3)),
        "at",
        "a.score:1:3: error[E201]: wrong.\n    1 │ at\n      │   ^",
    ),
    "a span of several lines is underlined to the end of its first": (
        Diagnostic(code="E201", message="wrong.", span=on(4, 2, end_line=2)),
        "ab {cd\n}",
        "a.score:1:4: error[E201]: wrong.\n    1 │ ab {cd\n      │    ^^^",
    ),
    "wide characters have two carets": (
        Diagnostic(code="E201", message="wrong.", span=on(2, 3)),
        "\u96e8\u96e8",
        "a.score:1:2: error[E201]: wrong.\n    1 │ \u96e8\u96e8\n      │   ^^",
    ),
    "tabs and control characters keep their columns": (
        Diagnostic(code="E201", message="wrong.", span=on(4, 5)),
        "\t\x1bax",
        "a.score:1:4: error[E201]: wrong.\n    1 │  \ufffdax\n      │    ^",
    ),
    "a line that the text does not contain is left out": (
        Diagnostic(code="E201", message="wrong.", span=on(1, 2, line=9)),
        "one line",
        "a.score:9:1: error[E201]: wrong.",
    ),
    "without a text there is no excerpt": (
        Diagnostic(
            code="W201", message="odd.", span=on(1, 2), hint="write B", severity=Severity.WARNING
        ),
        None,
        "a.score:1:1: warning[W201]: odd.\nhint: write B",
    ),
    "without a position there is no head": (
        Diagnostic(code="E500", message="wrong.", span=NO_SPAN),
        "x",
        "error[E500]: wrong.",
    ),
    "related positions follow, with a line of the same file": (
        Diagnostic(
            code="E300",
            message="twice.",
            span=on(1, 2, line=2),
            related=(Related(on(1, 2), "first"), Related(Span("b", 7, 1, 7, 2), "other")),
        ),
        "a\nb",
        (
            "a.score:2:1: error[E300]: twice.\n    2 │ b\n      │ ^\na.score:1:1: first\n    1 │ a\n "
            "     │ ^\nb:7:1: other"
        ),
    ),
}


@pytest.mark.parametrize(("diagnostic", "text", "expected"), RENDERED.values(), ids=RENDERED)
def test_a_diagnostic_as_text(diagnostic: Diagnostic, text: str | None, expected: str) -> None:
    assert render(diagnostic, text) == expected


@pytest.mark.parametrize(
    ("column", "head", "tail"),
    [
        (1, "", "…"),  # the beginning of the line is shown
        (300, "…", "…"),
        (500, "…", ""),  # and its end
    ],
)
def test_a_long_line_is_cut_around_its_caret(column: int, head: str, tail: str) -> None:
    line = "".join(chr(ord("a") + index % 26) for index in range(500))
    _, source, carets = render(
        Diagnostic(code="E201", message="wrong.", span=on(column, column + 1)), line
    ).split("\n")
    shown = source.partition(" │ ")[2]
    assert len(shown) == SHOWN_WIDTH + len(head) + len(tail)
    assert (shown.startswith("…"), shown.endswith("…")) == (bool(head), bool(tail))
    assert shown[carets.partition(" │ ")[2].index("^")] == line[column - 1]


@pytest.mark.parametrize(
    ("count", "rest"),
    [(MAX_SHOWN, ""), (MAX_SHOWN + 1, "and 1 more"), (MAX_SHOWN + 250, "and 250 more")],
)
def test_only_so_many_diagnostics_are_printed(count: int, rest: str) -> None:
    parts = render_all([Diagnostic(code="E1", message="wrong.", span=NO_SPAN)] * count, {}).split(
        "\n\n"
    )
    assert parts == ["error[E1]: wrong."] * MAX_SHOWN + ([rest] if rest else [])


def test_each_diagnostic_is_printed_with_the_text_of_its_file() -> None:
    found = [
        Diagnostic(code="E1", message="wrong.", span=Span(file, 1, 1, 1, 2))
        for file in ("a", "b", "c")
    ]
    assert [
        part.split("\n")[1:2] for part in render_all(found, {"a": "one", "b": "two"}).split("\n\n")
    ] == [
        ["    1 │ one"],
        ["    1 │ two"],
        [],
    ]


def test_diagnostics_are_kept_in_the_order_of_positions() -> None:
    faults = Diagnostics()
    faults.warn("W2", "later.", on(1, 2, line=2))
    assert not faults.has_errors
    faults.error("E1", "earlier.", on(1, 2), fix=Fix(on(1, 2), "x"))
    faults.error("E0", "first file.", Span("0.score", 9, 1, 9, 2))
    assert [one.code for one in faults.diagnostics] == ["E0", "E1", "W2"]
    assert [one.is_error for one in faults.diagnostics] == [True, True, False]
    assert faults.diagnostics[1].fixes == (Fix(on(1, 2), "x"),)
    assert (faults.has_errors, faults.count, faults.dropped) == (True, 3, 0)


def test_diagnostics_beyond_the_limit_are_counted() -> None:
    faults = Diagnostics()
    for _ in range(MAX_KEPT):
        assert not faults.is_full
        faults.warn("W1", "odd.", NO_SPAN)
    assert faults.is_full
    faults.error("E1", "wrong.", NO_SPAN)
    assert (len(faults.diagnostics), faults.dropped, faults.count, faults.has_errors) == (
        MAX_KEPT,
        1,
        MAX_KEPT + 1,
        True,
    )
    assert (
        faults.nearest("abc", ["abd"]) is None
    )  # the details of a counted diagnostic are not computed

    assert faults.diagnostics[-1].code == "E1"

    both = Diagnostics()
    both.extend(faults)
    both.extend(faults)
    assert (len(both.diagnostics), both.count, both.has_errors) == (
        MAX_KEPT,
        2 * MAX_KEPT + 2,
        True,
    )


def test_an_error_beyond_the_limit_replaces_a_warning() -> None:
    faults = Diagnostics()
    for number in range(MAX_KEPT - 1):
        faults.error(f"E{number}", "wrong.", NO_SPAN)
    faults.warn("W1", "odd.", NO_SPAN)
    faults.note("W2", "so.", NO_SPAN)
    faults.error("E998", "wrong.", NO_SPAN)
    faults.error("E999", "wrong.", NO_SPAN)
    kept = [one.code for one in faults.diagnostics]
    assert (len(kept), kept[-1], "W1" in kept, faults.dropped) == (MAX_KEPT, "E998", False, 3)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("drp", "drop"), ("DROP", "drop"), ("intr", "intro"), ("zzz", None), ("", None)],
)
def test_the_known_name_that_was_probably_meant(name: str, nearest: str | None) -> None:
    assert Diagnostics().nearest(name, ["intro", "drop", "Outro"]) == nearest


def test_a_reading_makes_a_limited_number_of_comparisons() -> None:
    faults = Diagnostics()
    known = [f"name{index}" for index in range(10_000)]
    guesses = [faults.nearest("NAME7", known) for _ in range(12)]
    assert guesses == ["name7"] * 10 + [None] * 2  # 20,000 + 8 × 10,000 comparisons
