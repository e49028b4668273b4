"""The comments of a YAML file. PyYAML throws them away; they are found here, by what is no value."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from itertools import islice

from sequencer.errors import Span
from sequencer.notation.source import Source
from sequencer.score import Comment


def comments_of(source: Source, values: list[tuple[int, int]]) -> tuple[Comment, ...]:
    """Every comment, in order. `values` is where values stand that hold a # themselves (start, end), in order."""
    text = source.text
    found: list[Comment] = []
    index = at = 0
    while (start := text.find("#", at)) >= 0:
        at = start + 1
        if start and not text[start - 1].isspace():
            continue
        while index < len(values) and values[index][1] <= start:
            index += 1
        if index < len(values) and values[index][0] <= start:
            at = values[index][1]
            continue
        newline = text.find("\n", start)
        at = len(text) if newline < 0 else newline
        number = source.line(start)
        begin = source.starts[number]
        own = not text[begin:start].strip()
        span = Span(source.file, number + 1, start - begin + 1, number + 1, at - begin + 1)
        found.append(Comment(text[start + 1 : at].rstrip().removeprefix(" "), own, span))
    return tuple(found)


def reaching_over(span: Span, comments: tuple[Comment, ...], before: int, least: int) -> Span:
    """The span of a section or a scene with the comments behind its last line: on that line, or indented as its lines
    are (from the column `least` on).

    `before` is the line on which what follows begins: comments from there on belong to that.
    """
    first = bisect_left(comments, span.end_line, key=lambda one: one.span.line)
    for comment in islice(comments, first, None):
        here = comment.span
        if here.line >= before:
            break
        behind = not comment.own_line and here.line == span.end_line and here.column >= span.end_column
        below = comment.own_line and span.end_line < here.line < before and here.column >= least
        if behind or below:
            span = replace(span, end_line=here.end_line, end_column=here.end_column)
    return span
