"""The comments of a YAML file. PyYAML throws them away; they are found here, by what is no value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sequencer.notation.source import Source
from sequencer.notation.yaml_scalars import Scalar
from sequencer.notation.yaml_tree import Mapping, Node, Sequence
from sequencer.score import Comment, Section

_SIGN = re.compile(r"(?<!\S)#[^\n]*")


def comments_of(source: Source, tree: Node) -> tuple[Comment, ...]:
    """Every comment, in order."""
    text = source.text
    if "#" not in text:
        return ()
    found: list[Comment] = []
    values = sorted(_ranges(tree, text))
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
        found.append(Comment(match.group()[1:].strip(), own, source.span(start, at)))
    return tuple(found)


def _ranges(node: Node, text: str) -> Iterator[tuple[int, int]]:
    """Where texts stand that may hold a # themselves."""
    match node:
        case Scalar(start=start, end=end):
            if node.is_block:
                newline = text.find("\n", start, end)
                yield (end if newline < 0 else newline), end
            else:
                yield start, end
        case Sequence(items=items):
            for item in items:
                yield from _ranges(item, text)
        case Mapping(entries=entries):
            for key, value in entries.values():
                yield key.start, key.end
                yield from _ranges(value, text)
        case None:
            return


def with_last_comments(section: Section, comments: tuple[Comment, ...], before: int) -> Section:
    """`section` reaching over the comments behind its last line that are indented as its lines are.

    `before` is the line on which what follows the section begins: comments from there on are not its own.
    """
    span = section.span
    for comment in comments:
        if comment.own_line and span.end_line < comment.span.line < before and comment.span.column >= span.column:
            span = replace(span, end_line=comment.span.end_line, end_column=comment.span.end_column)
    return section if span is section.span else replace(section, span=span)
