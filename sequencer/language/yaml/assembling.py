"""Make a reading of what was read in a text, and of what was known."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from sequencer.core.diagnostics import Diagnostic, Span
from sequencer.language.incremental.lines import PIECE_BITS, Lines
from sequencer.language.incremental.moved import MovedNodes
from sequencer.language.score import Item, Let, Scene, Score, Section
from sequencer.language.yaml.blocks import Block, DividedText, Piece, YamlReading
from sequencer.language.yaml.masking import Hashes, MaskedText
from sequencer.language.yaml.numbering import FIRST_NUMBERED, Numbering
from sequencer.language.yaml.reader import ScoreReader

_NOT_SPACE = re.compile("[^ ]")

MAX_UNUSED = 2
"""How many blocks of earlier texts are kept for each block of a text that has an error."""

Stubs = dict[int, tuple[list[Section], int | None]]
"""The masked sections in whose place a reader has others, by the lines of those, from 1.

The second value is the index of the block of the last section of a run.
"""


class Assembly:
    """Makes a reading of what a reader returned, and of what was known."""

    def __init__(
        self, divided: DividedText, masked: MaskedText, stubs: Stubs, reader: ScoreReader
    ) -> None:
        """Prepare.

        Args:
            divided: The text in blocks.
            masked: The text that was read.
            stubs: The masked sections in whose place the reader has nameless ones.
            reader: What read the text.
        """
        self.divided = divided
        self.masked = masked
        self.stubs = stubs
        self.reader = reader
        runs = list(masked.runs.values())
        run_starts = [run.start for run in runs]
        self.hashes = [one for one in reader.hashes if one[0] not in set(run_starts)]
        self.hash_starts = [start for start, _ in self.hashes]
        self.reported = {
            line
            for one in reader.faults.diagnostics
            for line in range(one.span.line, max(one.span.line, one.span.end_line) + 1)
        }
        self.is_read: list[bool] = []
        """Whether something was read in each block."""
        for start, block in zip(divided.starts, divided.blocks, strict=True):
            index = bisect_right(run_starts, start) - 1
            self.is_read.append(index < 0 or runs[index].end < start + len(block.text))
        self.numbering = Numbering(self._number_lines())
        self.items: dict[tuple[int, int], Item] = {}
        """New items by line and column."""
        self.sections: dict[tuple[int, int], tuple[Section, Span]] = {}
        """New sections by line and column, and their spans without the comments after them."""
        self.known_items: dict[int, Item] = {}
        """Known items with the text of new ones, by the identities of those."""
        self.known_sections: dict[int, Section] = {}
        """What takes the place of new sections, by their identities."""

    def assemble(self, score: Score, diagnostics: tuple[Diagnostic, ...]) -> YamlReading:
        """Return the reading of a score, with what is reported about it."""
        divided = self.divided
        self._add_items(score.items)
        for section, span in zip(score.sections, self.reader.section_spans, strict=True):
            if section.name:
                self.sections[span.line, span.column] = section, span
                self._add_items(section.items)
        lasts = {id(section) for section in score.sections[-1:] if not self.reader.is_complete}
        blocks = [
            self._update(block, start, line, lasts) if is_read else block
            for block, start, line, is_read in zip(
                divided.blocks, divided.starts, divided.lines, self.is_read, strict=True
            )
        ]
        sections: list[Section] = []
        for section in score.sections:
            if section.name:
                sections.append(self._finish_section(section))
                continue
            known, index = self.stubs[section.span.line]
            if index is not None and self.reported:
                known = [self._extend_section(known[0], section.span, index)]
            sections += known
        items = score.items
        if self.items:
            items = tuple([self._finish_item(item) for item in items])
        score = replace(score, sections=tuple(sections), items=items)
        return self._finish(blocks, score, diagnostics)

    def _number_lines(self) -> dict[int, int]:
        """Return the lines of pieces, by the actual lines, of all blocks that were read."""
        found: dict[int, int] = {}
        for index, is_read in enumerate(self.is_read):
            if is_read:
                found.update(self._lines_of(index))
        return found

    def _lines_of(self, index: int) -> Iterator[tuple[int, int]]:
        """Yield each actual line of a block with its line in a piece."""
        block, line = self.divided.blocks[index], self.divided.lines[index]
        is_open = index == len(self.is_read) - 1 and not self.divided.text.endswith("\n")
        for number, first, piece in zip(block.numbers, block.firsts, block.pieces, strict=True):
            start = line + first + 1
            base = (number << PIECE_BITS) - start
            is_last = is_open and piece is block.pieces[-1]
            for one in range(start, start + piece.lines + is_last):
                yield one, base + one

    def _extend_section(self, section: Section, span: Span, index: int) -> Section:
        """Return a masked section, with the comments of items below it that could not be read."""
        self.numbering.lines.update(self._lines_of(index))
        self.numbering.number_span(span, is_long=True)
        return section if section.span == span else replace(section, span=span)

    def _add_items(self, items: Iterable[Item]) -> None:
        """Note which of some items are new."""
        for item in items:
            span = item.span
            if span.line < FIRST_NUMBERED:
                self.items[span.line, span.column] = item

    # ---- what is known from now on ---------------------------------------------------------------

    def _update(self, block: Block, start: int, line: int, lasts: set[int]) -> Block:
        """Return a block with the items and the section that were read in it."""
        if block.kind is None:
            return block
        section, end = self.sections.get(self._first(block, start, line), (None, None))
        if section is not None and (
            end is None
            or id(section) in lasts
            or self._offset(section.span) > start + len(block.text)
            or self._has_reports(start, len(block.text), line, block.lines)
        ):
            section = end = None
        last = 0 if end is None else self._offset(end) - start
        pieces: list[Piece] = []
        at, number = start, line
        for piece in block.pieces:
            pieces.append(self._update_piece(piece, at, number))
            at += piece.length
            number += piece.lines
        if section is not None:
            if block.section is not None:
                self.known_sections[id(section)] = block.section
                return block
            section = self._finish_section(section)
        if block.is_known or (
            section is None
            and all(one is old for one, old in zip(pieces, block.pieces, strict=True))
        ):
            return block
        return Block(
            block.text, block.kind, block.column, tuple(pieces), section=section, last=last
        )

    def _update_piece(self, piece: Piece, start: int, line: int) -> Piece:
        """Return a piece with the item that was read in it."""
        if piece.kind is None:
            return piece
        item = self.items.get(self._first(piece, start, line))
        if (
            item is None
            or self._offset(item.span) > start + piece.length
            or self._has_reports(start, piece.length, line, piece.lines)
        ):
            return piece
        if piece.item is not None:
            self.known_items[id(item)] = piece.item
            return piece
        last = self._offset(item.span) - start
        hashes: Hashes = ()
        if self.hashes:
            first = bisect_left(self.hash_starts, start)
            stop = bisect_left(self.hash_starts, start + piece.length)
            hashes = tuple((one - start, end - start) for one, end in self.hashes[first:stop])
        self.numbering.number(item)
        return Piece(
            number=piece.number,
            length=piece.length,
            lines=piece.lines,
            kind=piece.kind,
            column=piece.column,
            item=item,
            last=last,
            hashes=hashes,
        )

    def _first(self, part: Piece | Block, start: int, line: int) -> tuple[int, int]:
        """Return the line and the column, from 1, of what follows the dash of an item."""
        at = start + part.column + 2
        if self.divided.text[at : at + 1] == " ":
            found = _NOT_SPACE.search(self.divided.text, at)
            at = at if found is None else found.start()
        return line + 1, at - start + 1

    def _offset(self, span: Span) -> int:
        return self.divided.source.starts[span.end_line - 1] + span.end_column - 1

    def _has_reports(self, start: int, length: int, line: int, lines: int) -> bool:
        """Return whether something was reported in part of the text, whose first line is `line`."""
        is_open = not self.divided.text.endswith("\n", start, start + length)
        stop = line + 1 + lines + is_open
        return bool(self.reported) and not self.reported.isdisjoint(range(line + 1, stop))

    # ---- the score -------------------------------------------------------------------------------

    def _finish_item(self, item: Item) -> Item:
        known = self.known_items.get(id(item))
        if known is not None:
            return known
        if item.span.line < FIRST_NUMBERED:
            self.numbering.number(item)
        return item

    def _finish_section(self, section: Section) -> Section:
        """Return a new section with numbered lines, or the known one that it is equal to."""
        found = self.known_sections.get(id(section))
        if found is None:
            found = section
            if not self.known_items.keys().isdisjoint(map(id, section.items)):
                items = tuple(self.known_items.get(id(item), item) for item in section.items)
                found = replace(section, items=items)
            self.numbering.number(found)
            self.known_sections[id(section)] = found
        return found

    def _finish_named(self, nodes: tuple[_Named, ...]) -> tuple[_Named, ...]:
        """Return variables or scenes, known ones where they are equal."""
        before = self.divided.before
        known = {} if before is None else before.named
        found: list[_Named] = []
        for node in nodes:
            self.numbering.number(node)
            old = known.get(node.span)
            found.append(old if isinstance(old, type(node)) and old == node else node)
        return tuple(found)

    def _finish(
        self, blocks: list[Block], score: Score, diagnostics: tuple[Diagnostic, ...]
    ) -> YamlReading:
        divided, number = self.divided, self.numbering.number
        for part in (score.header, score.uses, score.play, score.end):
            number(part)
        for span in (score.play_span, score.end_span):
            number(span)
        lets, scenes = self._finish_named(score.lets), self._finish_named(score.scenes)
        file, text = divided.source.file, divided.text
        named: dict[Span, Let | Scene] = {}
        unused: tuple[Block, ...] = ()
        if self.reported:
            unused = tuple(divided.unused[: MAX_UNUSED * len(blocks)])
            named = {} if divided.before is None else dict(divided.before.named)
        named.update((node.span, node) for node in lets)
        named.update((node.span, node) for node in scenes)
        lines: dict[int, int] = {}
        for block, line in zip(blocks, divided.lines, strict=True):
            lines.update(zip(block.numbers, [line + 1 + one for one in block.firsts], strict=True))
        return YamlReading(
            score=replace(
                score,
                lets=lets,
                scenes=scenes,
                comments=(),
                file=file,
                text=text,
                sources=((file, text),),
            ),
            lines=Lines(lines),
            diagnostics=diagnostics,
            blocks=tuple(blocks),
            unused=unused,
            named=named,
            numbers=divided.numbers,
            hashes=tuple(self.reader.hashes),
            masked=self.masked,
            moved=MovedNodes() if divided.before is None else divided.before.moved,
        )


_Named = TypeVar("_Named", Let, Scene)
