"""Scores with actual lines: what did not move since the last one is used again."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from sequencer.language.incremental.lines import PIECE_BITS, Lines
from sequencer.language.score import Item, Score, Section

_Starts = tuple[int, ...]


class MovedNodes:
    """The sections and items of a text with actual lines, as they were last asked for."""

    def __init__(self) -> None:
        self._sections: dict[int, tuple[Section, tuple[int, ...], _Starts, Section]] = {}
        self._items: dict[int, tuple[int, tuple[Item, ...], tuple[Item, ...]]] = {}

    def score(self, score: Score, lines: Lines) -> Score:
        """Return a score with actual lines."""
        rest = lines.node(replace(score, sections=(), items=()))
        sections = {id(one): self._section(one, lines) for one in score.sections}
        self._sections = sections
        items = self._moved_items(score.items, lines)
        numbers = lines.numbers
        self._items = {key: one for key, one in self._items.items() if key in numbers}
        return replace(rest, sections=tuple(known[3] for known in sections.values()), items=items)

    def _section(
        self, section: Section, lines: Lines
    ) -> tuple[Section, tuple[int, ...], _Starts, Section]:
        known = self._sections.get(id(section))
        if known is not None and known[0] is section:
            numbers = known[1]
            starts = tuple(map(lines.start, numbers))
            if starts == known[2]:
                return known
        else:
            spans = (section.span, *(item.span for item in section.items))
            numbers = tuple(
                {line >> PIECE_BITS for span in spans for line in (span.line, span.end_line)}
            )
            starts = tuple(map(lines.start, numbers))
        head = lines.node(replace(section, items=()))
        moved = replace(head, items=self._moved_items(section.items, lines))
        return section, numbers, starts, moved

    def _moved_items(self, items: tuple[Item, ...], lines: Lines) -> tuple[Item, ...]:
        """Return items with actual lines, piece by piece."""
        moved: list[Item] = []
        for number, found in groupby(items, key=lambda item: item.span.line >> PIECE_BITS):
            group = tuple(found)
            start = lines.start(number)
            known = self._items.get(number)
            if known is None or known[0] != start or known[1] != group:
                known = self._items[number] = (start, group, lines.node(group))
            moved += known[2]
        return tuple(moved)
