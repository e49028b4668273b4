"""Offsets of a text as lines and columns, and the characters that a score must not contain."""

from __future__ import annotations

import pytest

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.language.source import (
    MAX_LINE_LENGTH,
    MAX_REPORTED_CONTROLS,
    Source,
    check_characters,
    closest_word,
    excerpt,
    make_locator,
    normalise_newlines,
    replace_forbidden,
    replace_unprintable,
    report_unusual_space,
    subspan,
)

TEXT = "ab\n\ncdé\nf"
"""Offsets: a 0, b 1, newline 2, newline 3, c 4, d 5, é 6, newline 7, f 8."""


@pytest.mark.parametrize(("at", "line"), [(0, 0), (2, 0), (3, 1), (4, 2), (7, 2), (8, 3), (9, 3)])
def test_the_line_of_an_offset(at: int, line: int) -> None:
    assert Source("a", TEXT).line(at) == line


@pytest.mark.parametrize(
    ("start", "end", "position"),
    [
        (0, 2, (1, 1, 1, 3)),
        (1, 1, (1, 2, 1, 2)),
        (4, 7, (3, 1, 3, 4)),  # columns are characters, not bytes
        (0, 5, (1, 1, 3, 2)),
        (0, 4, (1, 1, 2, 1)),  # an end at the start of a line is at the end of the line before
        (8, 9, (4, 1, 4, 2)),
        (9, 9, (4, 2, 4, 2)),
    ],
)
def test_the_span_of_offsets(start: int, end: int, position: tuple[int, int, int, int]) -> None:
    assert Source("a", TEXT).span(start, end) == Span("a", *position)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("a\nb", "a\nb"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\ufeffa", "a"),
        ("a\ufeff", "a\ufeff"),
        ("\r\r\n", "\n\n"),
    ],
)
def test_newlines_are_normalised(text: str, normal: str) -> None:
    assert normalise_newlines(text) == normal


@pytest.mark.parametrize(
    ("text", "printable", "allowed"),
    [
        ("a\tb\nc", "a\tb\nc", "a\tb\nc"),
        ("a\x00b", "a\ufffdb", "a b"),
        ("a\u2028b\ufeff", "a\ufffdb\ufffd", "a b "),
        ("a\r\nb", "a\ufffd\nb", "a\nb"),
        ("é\u00a0", "é\u00a0", "é\u00a0"),
    ],
)
def test_control_characters_are_replaced(text: str, printable: str, allowed: str) -> None:
    assert replace_unprintable(text) == printable
    assert replace_forbidden(text) == allowed


@pytest.mark.parametrize(
    ("found", "fix"),
    [("\u00a0", " "), ("\u2003\u00a0", "  "), ("\u200b", ""), ("\u00ad", "")],
)
def test_unusual_spaces_have_a_fix(found: str, fix: str) -> None:
    faults = Diagnostics()
    at = Span("a", 1, 2, 1, 2 + len(found))
    report_unusual_space(faults, found, at)
    (one,) = faults.diagnostics
    assert (one.code, one.span, [fixed.text for fixed in one.fixes]) == ("E159", at, [fix])
    assert f"U+{ord(found[0]):04X}" in one.message


@pytest.mark.parametrize(
    ("text", "goes_on", "reported"),
    [
        ('at 1 "é"\n', True, []),
        ("a\x00b", False, ["E506 1:2"]),
        ("ok\n" + "x" * MAX_LINE_LENGTH, True, []),
        ("ok\n" + "x" * (MAX_LINE_LENGTH + 1), False, ["E148 2:1"]),
        ("a\x07\nb\x1b", True, ["E146 1:2", "E146 2:2"]),
        (
            "\x07" * (MAX_REPORTED_CONTROLS + 5),
            True,
            [f"E146 1:{column + 1}" for column in range(MAX_REPORTED_CONTROLS)],
        ),
    ],
    ids=["valid", "binary", "long", "too long", "controls", "many controls"],
)
def test_characters_that_are_not_allowed(text: str, goes_on: bool, reported: list[str]) -> None:
    faults = Diagnostics()
    assert check_characters(Source("a", text), faults) is goes_on
    assert [
        f"{one.code} {one.span.line}:{one.span.column}" for one in faults.diagnostics
    ] == reported


@pytest.mark.parametrize(
    ("word", "closest"),
    [("promt", "prompt"), ("PROMPT", "prompt"), ("immage", "Image"), ("zzz", None), ("", None)],
)
def test_the_closest_word(word: str, closest: str | None) -> None:
    assert closest_word(word, ("prompt", "Image", "cut")) == closest


@pytest.mark.parametrize(
    ("text", "span", "part", "expected"),
    [
        ("abcdef", Span("a", 2, 3, 2, 9), (1, 3), Span("a", 2, 4, 2, 6)),
        ("ab\ncd\n", Span("a", 2, 5, 4, 1), (1, 4), Span("a", 2, 6, 3, 2)),
        ("ab\ncd\n", Span("a", 2, 5, 4, 1), (3, 5), Span("a", 3, 1, 3, 3)),
        (
            "abcdef",
            Span("a", 2, 3, 2, 10),
            (1, 3),
            Span("a", 2, 3, 2, 10),
        ),  # the source is longer: it has escapes
        (
            "ab\ncd",
            Span("a", 2, 5, 4, 3),
            (1, 4),
            Span("a", 2, 5, 4, 3),
        ),  # the source has another line
    ],
)
def test_the_span_of_a_part(text: str, span: Span, part: tuple[int, int], expected: Span) -> None:
    assert subspan(text, span, *part) == expected
    assert make_locator(text, span)(*part) == expected


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("short", 40, "short"),
        ("abcdef", 4, "abcd…"),
        ("abcd", 4, "abcd"),
        ("a\nb\x1b", 40, "a\ufffdb\ufffd"),
    ],
)
def test_an_excerpt_is_short_and_on_one_line(text: str, most: int, shown: str) -> None:
    assert excerpt(text, most) == shown
