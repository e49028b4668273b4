"""Lines of pieces are actual lines again, in every span of a node."""

from __future__ import annotations

from sequencer.core.diagnostics import Diagnostic, Fix, Related, Span
from sequencer.language.incremental.lines import PIECE_BITS, Lines
from sequencer.language.score import AtBar, Cue, Prompt, Text

LINES = Lines({1: 1, 7: 40})


def span(piece: int, line: int, end: int | None = None) -> Span:
    last = line if end is None else end
    return Span("a.score", (piece << PIECE_BITS) + line, 3, (piece << PIECE_BITS) + last, 9)


def test_a_span_of_a_piece() -> None:
    assert LINES.span(span(7, 2, 4)) == Span("a.score", 42, 3, 44, 9)


def test_a_span_from_one_piece_to_another() -> None:
    both = Span("a.score", 1 << PIECE_BITS, 1, (7 << PIECE_BITS) + 1, 2)
    assert LINES.span(both) == Span("a.score", 1, 1, 41, 2)


def test_a_span_with_actual_lines_stays() -> None:
    actual = Span("used.score", 12, 1, 12, 5)
    assert LINES.span(actual) is actual


def test_all_spans_of_a_node() -> None:
    text = Text(("A road.",), span(7, 0))
    cue = Cue(AtBar(1, span=span(7, 0)), (Prompt(text, span(7, 0)),), span(7, 0))
    moved = LINES.node((cue, cue))
    assert moved == (cue, cue)
    assert moved[1].span == moved[1].place.span == Span("a.score", 40, 3, 40, 9)
    prompt = moved[1].actions[0]
    assert isinstance(prompt, Prompt)
    assert isinstance(prompt.words, Text)
    assert prompt.words.span == Span("a.score", 40, 3, 40, 9)


def test_all_spans_of_a_diagnostic() -> None:
    one = Diagnostic(
        code="E301",
        message="m",
        span=span(1, 0),
        hint="h",
        fixes=(Fix(span(7, 0), "f"),),
        related=(Related(span(7, 1), "r"),),
    )
    moved = LINES.diagnostic(one)
    lines = (moved.span.line, moved.fixes[0].span.line, moved.related[0].span.line)
    assert lines == (1, 40, 41)
    assert (moved.code, moved.message, moved.hint) == ("E301", "m", "h")
