"""The tree of a YAML file: scalars, lists and mappings with their places."""

from __future__ import annotations

from sequencer.notation.yaml.scalars import Scalar
from sequencer.score import Item


class Sequence:
    """A list: `whole` where its end was reached. `read` are those of its items that were read while it grew."""

    __slots__ = ("end", "flow", "items", "read", "start", "whole")

    def __init__(self, items: list[Node], start: int, end: int, flow: bool, whole: bool) -> None:
        self.items = items
        self.read: list[Item] = []
        self.start = start
        self.end = end
        self.flow = flow
        self.whole = whole


class Mapping:
    """Keys with their values, in source order: `whole` where its end was reached."""

    __slots__ = ("column", "end", "end_column", "end_line", "entries", "flow", "line", "start", "whole")

    def __init__(self, start: int, line: int, column: int, flow: bool) -> None:
        self.entries: dict[str, tuple[Scalar, Node]] = {}
        self.start = start
        self.line = line
        self.column = column
        self.end = start
        self.end_line = -1
        self.end_column = -1
        self.flow = flow
        self.whole = True


Node = Scalar | Sequence | Mapping | None
"""A value of the tree; None where there was one that could not be read (told)."""
