"""The comments of a YAML file. PyYAML throws them away; they are found here, by what is no value."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import replace
from itertools import islice

from sequencer.errors import Span
from sequencer.notation.source import Source
from sequencer.score import Comment

_SIGN = re.compile(r"(?<!\S)#[^\n]*")


def comments_of(source: Source, values: list[tuple[int, int]]) -> tuple[Comment, ...]:
    """Every comment, in order. `values` is where values stand that hold a # themselves (start, end), in order."""
    text = source.text
    found: list[Comment] = []
    index = at = 0
    while match := _SIGN.search(text, at):
        start, at = match.span()
        while index < len(values) and values[index][1] <= start:
            index += 1
        if index < len(values) and values[index][0] <= start:
            at = values[index][1]
            continue
        line = source.starts[source.line(start)]
        own = not text[line:start].strip()
        found.append(Comment(match.group()[1:].rstrip().removeprefix(" "), own, source.span(start, at)))
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
