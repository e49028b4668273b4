"""Formatting as the smallest edits of lines, so that cursors and folds stay where they are."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from sequencer.core.diagnostics import Fix, Span
from sequencer.editing.looking import Look
from sequencer.editing.names import Refusal
from sequencer.language.notations import print_score

MAX_COMPARED_LINES = 4_000
"""How many lines are compared; a longer change is one edit, because comparing is quadratic."""


def format_text(known: Look) -> tuple[Fix, ...] | Refusal:
    """Return the edits that format a text as `sequencer format` does, or why it stays as it is."""
    score = known.loaded.score
    if score is None:
        error = next(one for one in known.loaded.diagnostics if one.is_error)
        where = f"line {error.span.line}" if error.span.file == known.file else error.span.file
        return Refusal(f"the score has errors, so it stays as it is; the first one is in {where}")
    return find_line_edits(known.text, print_score(score, known.notation), known.file)


def find_line_edits(before: str, after: str, file: str = "") -> tuple[Fix, ...]:
    """Return edits of whole lines that turn one text into another."""
    return tuple(_line_edits(before, after, file))


def _line_edits(before: str, after: str, file: str) -> Iterator[Fix]:
    old, new = _split_lines(before), _split_lines(after)
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle, other = old[start : len(old) - end], new[start : len(new) - end]
    if not middle and not other:
        return
    if len(middle) + len(other) > MAX_COMPARED_LINES:
        yield Fix(_lines_span(old, start, start + len(middle), file), "".join(other))
        return
    matcher = SequenceMatcher(None, middle, other, autojunk=False)
    for kind, first, last, new_first, new_last in matcher.get_opcodes():
        if kind != "equal":
            span = _lines_span(old, start + first, start + last, file)
            yield Fix(span, "".join(other[new_first:new_last]))


def _split_lines(text: str) -> list[str]:
    """Return the lines of a text with their newlines; other line separators do not end a line."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _lines_span(lines: list[str], first: int, last: int, file: str) -> Span:
    """Return the span of some lines, counted from 0, with their newlines."""
    if last < len(lines) or not lines or lines[-1].endswith("\n"):
        return Span(file, first + 1, 1, last + 1, 1)
    end = len(lines[-1]) + 1
    if first == last:  # text is added after a last line without a newline
        return Span(file, len(lines), end, len(lines), end)
    return Span(file, first + 1, 1, len(lines), end)
