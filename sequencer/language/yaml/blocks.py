"""The blocks and pieces of a score in YAML: what is known of each, and where it is now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count

from sequencer.core.diagnostics import Diagnostic, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.incremental.lines import Lines
from sequencer.language.incremental.moved import MovedNodes
from sequencer.language.incremental.reading import Reading
from sequencer.language.score import Comment, Item, Let, Scene, Score, Section
from sequencer.language.source import Source
from sequencer.language.yaml.division import Part, divide_part, divide_text, join_parts
from sequencer.language.yaml.masking import Hashes, ListKind, MaskedText
from sequencer.language.yaml.tree import find_comments


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Lines of a text, and the item that was read from them, if it is known.

    `length` is in characters, `lines` is the number of line breaks. `last` is the offset in the
    piece at which the item ends. `hashes` are the offsets of the values in it that contain a `#`.
    """

    number: int
    length: int
    lines: int
    kind: ListKind | None
    column: int
    item: Item | None = None
    last: int = 0
    hashes: Hashes = ()


class Block:
    """A section, a group of items, or other lines of a text.

    `last` is the offset at which the section or the last item ends, without the comments after it.
    `numbers` are those of the pieces, `firsts` the lines at which they begin, from 0. `items` are
    those of a group whose items are all known.
    """

    __slots__ = (
        "column",
        "firsts",
        "hashes",
        "is_known",
        "items",
        "kind",
        "last",
        "lines",
        "numbers",
        "pieces",
        "section",
        "text",
    )

    def __init__(
        self,
        text: str,
        kind: ListKind | None,
        column: int,
        pieces: tuple[Piece, ...],
        *,
        section: Section | None = None,
        last: int = 0,
    ) -> None:
        self.text = text
        self.kind = kind
        self.column = column
        self.pieces = pieces
        self.section = section
        self.numbers = tuple([piece.number for piece in pieces])
        firsts: list[int] = []
        hashes: list[tuple[int, int]] = []
        at = line = 0
        for piece in pieces:
            firsts.append(line)
            if piece.hashes:
                hashes += [(at + start, at + end) for start, end in piece.hashes]
            at += piece.length
            line += piece.lines
        self.hashes = tuple(hashes)
        self.firsts = firsts
        self.lines = line
        items = [piece.item for piece in pieces if piece.item is not None]
        is_group = kind is not None and kind[0] != "sections" and len(items) == len(pieces)
        self.items = items if is_group else []
        self.last = at - pieces[-1].length + pieces[-1].last if is_group else last
        self.is_known = is_group or section is not None


class YamlReading(Reading):
    """A text in YAML, with its blocks."""

    blocks: tuple[Block, ...]
    unused: tuple[Block, ...]
    """Blocks of earlier texts, if something was reported: the next text may have them again."""
    named: Mapping[Span, Let | Scene]
    """The variables and scenes by their spans."""
    numbers: Iterator[int]
    hashes: Hashes
    masked: MaskedText

    def __init__(
        self,
        *,
        score: Score,
        lines: Lines,
        diagnostics: tuple[Diagnostic, ...],
        blocks: tuple[Block, ...],
        unused: tuple[Block, ...],
        named: Mapping[Span, Let | Scene],
        numbers: Iterator[int],
        hashes: Hashes,
        masked: MaskedText,
        moved: MovedNodes,
    ) -> None:
        super().__init__(
            file=score.file,
            text=score.text,
            score=score,
            lines=lines,
            diagnostics=diagnostics,
            moved=moved,
        )
        for name, value in (
            ("blocks", blocks),
            ("unused", unused),
            ("named", named),
            ("numbers", numbers),
            ("hashes", hashes),
            ("masked", masked),
        ):
            object.__setattr__(self, name, value)

    def comments(self) -> tuple[Comment, ...]:
        """Return the comments of the text, with actual lines."""
        source = Source(self.file, self.text)
        return find_comments(source, self.masked.add_hashes(self.hashes))


class DividedText:
    """A text in blocks, known ones where it has them."""

    def __init__(
        self, source: Source, before: YamlReading | None, joined: Sequence[tuple[int, int]]
    ) -> None:
        """Divide a text.

        Args:
            source: The text.
            before: The reading of an earlier version.
            joined: Ranges of offsets that are in one piece each.
        """
        self.source = source
        self.text = source.text
        self.before = before
        self.numbers = count(1) if before is None else before.numbers
        self.blocks: list[Block] = []
        self.unused: list[Block] = []
        """The known blocks that the text does not have."""
        self._divide(joined)
        self.starts: list[int] = []
        """The offset at which each block begins."""
        self.lines: list[int] = []
        """The line at which each block begins, from 0."""
        at = line = 0
        for block in self.blocks:
            self.starts.append(at)
            self.lines.append(line)
            at += len(block.text)
            line += block.lines

    def _divide(self, joined: Sequence[tuple[int, int]]) -> None:
        """Divide the text into blocks, known ones where possible."""
        before = () if self.before is None else (*self.before.blocks, *self.before.unused)
        known: dict[tuple[ListKind | None, str], list[Block]] = {}
        for block in reversed(before):
            known.setdefault((block.kind, block.text), []).append(block)
        parts = join_parts(divide_text(self.text), joined)
        used: set[int] = set()
        found: list[Block | None] = []
        for part in parts:
            candidates = known.get((part.kind, self.text[part.start : part.end]))
            while candidates and not used.isdisjoint(candidates[-1].numbers):
                self.unused.append(candidates.pop())
            again = candidates.pop() if candidates else None
            if again is not None:
                used.update(again.numbers)
            found.append(again)
        self.unused += [block for blocks in known.values() for block in blocks]
        pieces = _find_pieces(self.unused, used) if None in found else {}
        self.blocks = [
            self._new_block(part, joined, pieces) if known_block is None else known_block
            for part, known_block in zip(parts, found, strict=True)
        ]

    def _new_block(
        self,
        part: Part,
        joined: Sequence[tuple[int, int]],
        known: Mapping[tuple[ListKind | None, str], list[Piece]],
    ) -> Block:
        pieces: list[Piece] = []
        for inner in join_parts(divide_part(self.text, part), joined):
            text = self.text[inner.start : inner.end]
            candidates = known.get((inner.kind, text))
            pieces.append(
                candidates.pop()
                if candidates
                else Piece(
                    number=next(self.numbers),
                    length=len(text),
                    lines=text.count("\n"),
                    kind=inner.kind,
                    column=inner.column,
                )
            )
        text = self.text[part.start : part.end]
        return Block(text, part.kind, part.column, tuple(pieces))


def _find_pieces(
    blocks: Iterable[Block], used: set[int]
) -> dict[tuple[ListKind | None, str], list[Piece]]:
    """Return the pieces of blocks by their texts, each number once, the first ones last."""
    found: dict[tuple[ListKind | None, str], list[Piece]] = {}
    for block in blocks:
        at = 0
        for piece in block.pieces:
            text = block.text[at : at + piece.length]
            at += piece.length
            if piece.number not in used:
                used.add(piece.number)
                found.setdefault((piece.kind, text), []).append(piece)
    for pieces in found.values():
        pieces.reverse()
    return found
