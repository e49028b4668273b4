"""Read a changed text by pieces: only those that the change touches are read again.

A piece is some statements of one section, or some statements outside of sections. Pieces begin and
end at line breaks between statements, where the splitter is in its initial state, so a piece reads
the same wherever it is. One with a diagnostic is read again every time, because what is reported
may depend on the text after it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count

from sequencer.core.diagnostics import (
    MAX_COMPARISONS,
    NO_SPAN,
    Diagnostic,
    Diagnostics,
    Span,
)
from sequencer.core.gc_pause import paused_collection
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.incremental.lines import PIECE_BITS, Lines
from sequencer.language.incremental.moved import MovedNodes
from sequencer.language.incremental.reading import MAX_DIAGNOSTICS, Reading, find_common_ends
from sequencer.language.score import Comment, Header, Item, Score, Section
from sequencer.language.score_builder import ScoreBuilder
from sequencer.language.source import Source, check_characters
from sequencer.language.text.heads import OpenScene, OpenSection
from sequencer.language.text.reader import MAX_TOKENS, StatementReader, locate_comments
from sequencer.language.text.statements import (
    CommentToken,
    Statement,
    StatementKind,
    StatementSplitter,
)

PIECE_STATEMENTS = 64
"""How many statements a new piece has at most."""

GROWN_STATEMENTS = 2 * PIECE_STATEMENTS
"""How many statements a changed piece has at most: a line more does not divide it."""

_WHOLE_CODES = frozenset({"E102", "E111", "E152"})
"""Codes of diagnostics that depend on the whole text, or that name a line in their messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What was read from some lines of a text. `items` are those of the section, or of the score.

    `length` is in characters, `lines` is the number of its line breaks. A piece of a section has
    its head if the section begins in it, its closing brace in `end` if it ends in it.
    """

    number: int
    length: int
    lines: int
    has_statements: bool
    is_inside: bool
    """Whether it begins inside a section."""
    head: OpenSection | None
    items: tuple[Item, ...]
    end: Span | None
    section: Section | None
    """The section, if all of it is in this piece."""
    parts: ScoreBuilder
    header: Header | None
    remarks: tuple[CommentToken, ...]
    """The comments, with offsets from the start of the piece."""
    diagnostics: tuple[Diagnostic, ...]
    comparisons: int
    """How many names were compared for suggestions."""
    steps: int
    """How many steps the parser made."""


class TextReading(Reading):
    """A text in the text notation, with its pieces."""

    pieces: tuple[Piece, ...]
    sections: Mapping[tuple[int, ...], Section]
    """The sections of more than one piece, by the numbers of their pieces."""
    numbers: Iterator[int]

    def __init__(
        self,
        *,
        score: Score,
        pieces: tuple[Piece, ...],
        sections: Mapping[tuple[int, ...], Section],
        numbers: Iterator[int],
        moved: MovedNodes,
    ) -> None:
        """Create a reading of a score that was assembled from these pieces."""
        starts: dict[int, int] = {}
        line = 1
        for piece in pieces:
            starts[piece.number] = line
            line += piece.lines
        super().__init__(
            file=score.file,
            text=score.text,
            score=score,
            lines=Lines(starts),
            diagnostics=tuple(one for piece in pieces for one in piece.diagnostics),
            moved=moved,
        )
        object.__setattr__(self, "pieces", pieces)
        object.__setattr__(self, "sections", sections)
        object.__setattr__(self, "numbers", numbers)

    def comments(self) -> tuple[Comment, ...]:
        """Return the comments of the text, with actual lines."""
        found: list[CommentToken] = []
        at = 0
        for piece in self.pieces:
            found += (
                CommentToken(one.start + at, one.end + at, one.own_line) for one in piece.remarks
            )
            at += piece.length
        return locate_comments(Source(self.file, self.text), found)


def reread_text(text: str, file: str, before: Reading | None) -> TextReading | None:
    r"""Read a text, using what is known about an earlier version of it.

    Args:
        text: The text, with `\n` as newlines and without a byte order mark.
        file: The file name for diagnostics.
        before: The reading of the earlier version, or None to read everything.

    Returns:
        The reading, or None if the text has to be read as a whole.
    """
    known = before if isinstance(before, TextReading) and before.file == file else None
    try:
        with paused_collection():
            return _Rereader(text, file, known).read()
    except _IndivisibleError:
        return None


class _IndivisibleError(Exception):  # internal: the text is read as a whole instead
    """The text cannot be read by pieces."""


class _Rereader:
    def __init__(self, text: str, file: str, before: TextReading | None) -> None:
        self.text = text
        self.file = file
        self.numbers = count(1) if before is None else before.numbers
        self.old = () if before is None else before.pieces
        self.sections = {} if before is None else before.sections
        self.moved_nodes = MovedNodes() if before is None else before.moved
        self.most = PIECE_STATEMENTS if before is None else GROWN_STATEMENTS
        prefix, suffix = (0, 0) if before is None else find_common_ends(before.text, text)
        self._check_characters(prefix, len(text) - suffix)
        self.source = Source(file, text)
        self.moves: dict[int, int] = {}
        """Where an earlier piece can be used again, by its index: an offset in the text."""
        at = 0
        shift = len(text) - (0 if before is None else len(before.text))
        for index, piece in enumerate(self.old):
            end = at + piece.length
            if not piece.diagnostics:
                if end <= prefix and text[end - 1] == "\n":
                    self.moves[index] = at
                elif before is not None and at >= len(before.text) - suffix:
                    self.moves[index] = at + shift
            at = end
        self.indices = list(self.moves)
        self.offsets = list(self.moves.values())
        self.pieces: list[Piece] = []

    def _check_characters(self, start: int, end: int) -> None:
        """Refuse a text with characters that are not allowed in a score."""
        first = self.text.rfind("\n", 0, start) + 1
        last = self.text.find("\n", end)
        changed = self.text[first:] if last < 0 else self.text[first:last]
        faults = Diagnostics()
        if not check_characters(Source(self.file, changed), faults) or faults.count:
            raise _IndivisibleError

    def read(self) -> TextReading:
        """Return the reading of the text."""
        index, at = 0, 0
        while index < len(self.old) or not self.pieces:
            if self.moves.get(index) == at:
                self.pieces.append(self.old[index])
                at += self.old[index].length
                index += 1
            else:
                region = _Region(self, at, self._open_section())
                at, index = region.read()
                if at == len(self.text):
                    break
        if at < len(self.text):  # the text was continued after its last piece
            at, _ = _Region(self, at, self._open_section()).read()
        return self._assemble()

    def _open_section(self) -> OpenSection | None:
        """Return the section in which the next piece begins, with its items so far."""
        inner: list[Piece] = []
        for piece in reversed(self.pieces):
            if piece.end is not None or not (piece.is_inside or piece.head is not None):
                return None
            inner.append(piece)
            if piece.head is not None:
                items = [item for one in reversed(inner) for item in one.items]
                return replace(piece.head, items=items)
        return None

    def find_known(self, first: int, last: int, is_inside: bool) -> tuple[int, int] | None:
        """Return (offset, index) of an earlier piece that begins at an offset from first to last.

        It begins inside a section, or not, as its place here.
        """
        found = bisect_left(self.offsets, first)
        while found < len(self.offsets) and self.offsets[found] <= last:
            at, index = self.offsets[found], self.indices[found]
            is_at_line = at == 0 or self.text[at - 1] == "\n"
            if is_at_line and self.old[index].is_inside == is_inside:
                return at, index
            found += 1
        return None

    # ---- the score -------------------------------------------------------------------------------

    def _assemble(self) -> TextReading:
        """Return the reading with the score of all pieces."""
        pieces = self.pieces
        reported = [one for piece in pieces for one in piece.diagnostics]
        if (
            len(reported) >= MAX_DIAGNOSTICS
            or any(one.code in _WHOLE_CODES for one in reported)
            or sum(piece.comparisons for piece in pieces) > MAX_COMPARISONS
            or sum(piece.steps for piece in pieces) > MAX_TOKENS
            or not any(piece.has_statements for piece in pieces)
        ):
            raise _IndivisibleError
        parts = ScoreBuilder()
        sections: dict[tuple[int, ...], Section] = {}
        headers: list[Header] = []
        inner: list[Piece] = []
        for piece in pieces:
            if piece.header is not None:
                headers.append(piece.header)
            if piece.section is not None:
                parts.sections.append(piece.section)
            elif piece.is_inside or piece.head is not None:
                inner.append(piece)
                if piece.end is not None:
                    parts.sections.append(self._join(inner, sections))
                    inner = []
            else:
                _add_parts(parts, piece)
        score = Score(
            header=_join_headers(headers),
            uses=tuple(parts.uses),
            lets=tuple(parts.lets),
            scenes=tuple(parts.scenes),
            sections=tuple(parts.sections),
            items=tuple(parts.items),
            play=parts.play,
            end=parts.end,
            file=self.file,
            text=self.text,
            sources=((self.file, self.text),),
            play_span=parts.play_span,
            end_span=parts.end_span,
        )
        return TextReading(
            score=score,
            pieces=tuple(pieces),
            sections=sections,
            numbers=self.numbers,
            moved=self.moved_nodes,
        )

    def _join(self, pieces: Sequence[Piece], sections: dict[tuple[int, ...], Section]) -> Section:
        """Return the section of several pieces, the same object if they are the same pieces."""
        key = tuple(piece.number for piece in pieces)
        known = self.sections.get(key)
        if known is None:
            head, end = pieces[0].head, pieces[-1].end
            if head is None or end is None:
                raise _IndivisibleError
            items = list(chain.from_iterable(piece.items for piece in pieces))
            known = replace(head, items=items).close(end)
        sections[key] = known
        return known


def _add_parts(parts: ScoreBuilder, piece: Piece) -> None:
    """Add what a piece outside of sections contains."""
    added = piece.parts
    parts.uses += added.uses
    parts.lets += added.lets
    parts.scenes += added.scenes
    parts.items += piece.items
    if added.play_span != NO_SPAN:
        if parts.play_span != NO_SPAN:
            raise _IndivisibleError
        parts.play, parts.play_span = added.play, added.play_span
    if added.end_span != NO_SPAN:
        if parts.end_span != NO_SPAN:
            raise _IndivisibleError
        parts.end, parts.end_span = added.end, added.end_span


def _join_headers(headers: Sequence[Header]) -> Header:
    """Return the header of several pieces, which have different lines of it."""
    if len(headers) == 1:
        return headers[0]
    spans = [one for header in headers for one in header.spans]
    if len({name for name, _ in spans}) < len(spans):
        raise _IndivisibleError
    values = {name: getattr(header, name) for header in headers for name, _ in header.spans}
    return Header(**values, spans=tuple(spans))


class _Region:
    """Reads new pieces, from the start of a line to an earlier piece that can be used again."""

    def __init__(self, reader: _Rereader, at: int, section: OpenSection | None) -> None:
        self.reader = reader
        self.text = reader.text
        self.at = at
        self.section = section
        self.cutter = StatementSplitter(reader.text)
        self.cutter.start = self.cutter.line = self.cutter.at = at
        self.cutter.depth = self.depth = 0 if section is None else 1
        self.index = 0
        """The next statement."""
        self.remark = 0
        """The next comment."""

    def read(self) -> tuple[int, int]:
        """Read until an earlier piece or the end of the text.

        Return the offset where it ends, and the index of that piece.
        """
        while True:
            known = self._read_piece()
            if known is not None:
                return known
            if self.at == len(self.text):
                return self.at, len(self.reader.old)

    def _read_piece(self) -> tuple[int, int] | None:
        """Read a piece. Return the earlier piece that follows it, if one does."""
        reader = self.reader
        source = reader.source
        number = next(reader.numbers)
        source.shift = (number << PIECE_BITS) - source.line(self.at) - 1
        faults = Diagnostics()
        faults.texts = {reader.file: reader.text}
        statements = _PieceReader(source, faults, self.cutter, self.section)
        is_inside, known = self.section is not None, self.section
        before = 0 if known is None else len(known.items)
        head: OpenSection | None = None
        last, number_read = self.at, 0
        found: tuple[int, int] | None = None
        end = len(self.text)
        while True:
            statement = self._next_statement()
            if statement is None:
                break
            boundary = self._find_boundary(last, statement, statements, number_read)
            is_inside_now = statements.section is not None
            if boundary is not None:
                first = self.at if number_read == 0 else boundary
                found = reader.find_known(first, statement.start, is_inside_now)
                if found is not None:
                    end = found[0]
                    break
            begins_section = self._begins_section(statement)
            if number_read and (begins_section or statements.is_closed):
                if boundary is None:
                    raise _IndivisibleError
                end = boundary
                break
            if number_read >= reader.most and boundary is not None:
                end = boundary
                break
            statements.read_statement(self.index, statement)
            self._count_depth(statement)
            self.index += 1
            number_read += 1
            last = statement.end
            if head is None and not is_inside and statements.section is not None:
                if number_read > 1:
                    raise _IndivisibleError
                head = known = statements.section
        self._finish(statements, head, end)
        closed = statements.closed_section
        owner = closed if closed is not None else known
        self.section = statements.section
        self._add(
            Piece(
                number=number,
                length=end - self.at,
                lines=self.text.count("\n", self.at, end),
                has_statements=number_read > 0,
                is_inside=is_inside,
                head=None if head is None else replace(head, items=[]),
                items=tuple(
                    statements.nesting.parts.items if owner is None else owner.items[before:]
                ),
                end=None
                if closed is None
                else Span(reader.file, 0, 0, closed.span.end_line, closed.span.end_column),
                section=closed if head is not None else None,
                parts=statements.nesting.parts,
                header=statements.header,
                remarks=tuple(self._take_remarks(end)),
                diagnostics=faults.diagnostics_in_order,
                comparisons=faults.comparisons,
                steps=statements.steps,
            )
        )
        self.at = end
        return found

    def _add(self, piece: Piece) -> None:
        if piece.length:
            self.reader.pieces.append(piece)

    def _next_statement(self) -> Statement | None:
        statements = self.cutter.statements
        if self.index < len(statements) or self.cutter.split_next():
            return statements[self.index]
        return None

    def _begins_section(self, statement: Statement) -> bool:
        return (
            self.depth == 0
            and statement.kind is StatementKind.OPEN
            and self.text.startswith("section", statement.start)
        )

    def _find_boundary(
        self, last: int, statement: Statement, statements: _PieceReader, number_read: int
    ) -> int | None:
        """Return the first line between two statements if a piece can begin there."""
        if not statements.is_between(self.depth, statement.start):
            return None
        if number_read == 0:
            return self.at
        newline = self.text.find("\n", last, statement.start)
        if newline < 0 or self.text[last - 1] in ",>":
            return None  # whether a statement ends with a comma depends on the line after it
        return newline + 1

    def _count_depth(self, statement: Statement) -> None:
        if statement.kind is StatementKind.OPEN:
            self.depth += 1
        elif statement.kind is StatementKind.CLOSE:
            self.depth = max(0, self.depth - 1)

    def _finish(self, statements: _PieceReader, head: OpenSection | None, end: int) -> None:
        """Check that the piece is either in one section, or outside of all of them."""
        if end == len(self.text) and isinstance(statements.nesting.block, OpenSection | OpenScene):
            raise _IndivisibleError  # its closing brace is missing
        parts = statements.nesting.parts
        is_section = bool(parts.sections) or statements.section is not None
        has_more = (
            parts.uses or parts.lets or parts.scenes or parts.items or parts.play or parts.end
        )
        if len(parts.sections) > 1 or (is_section and (has_more or statements.header is not None)):
            raise _IndivisibleError
        began = self.section is not None or head is not None
        if began != is_section or (parts.sections and statements.section is not None):
            raise _IndivisibleError  # a section without its closing brace

    def _take_remarks(self, end: int) -> Iterator[CommentToken]:
        """Yield the comments of the piece that ends at `end`."""
        remarks = self.cutter.remarks
        while self.remark < len(remarks) and remarks[self.remark].start < end:
            one = remarks[self.remark]
            yield CommentToken(one.start - self.at, one.end - self.at, one.own_line)
            self.remark += 1


class _PieceReader(StatementReader):
    """Reads the statements of one piece, which may begin inside a section."""

    def __init__(
        self,
        source: Source,
        faults: Diagnostics,
        cutter: StatementSplitter,
        section: OpenSection | None,
    ) -> None:
        super().__init__(source, faults, cutter)
        self.nesting.block = section

    @property
    def section(self) -> OpenSection | None:
        """The section that is open now."""
        block = self.nesting.block
        return block if isinstance(block, OpenSection) else None

    @property
    def is_closed(self) -> bool:
        """Whether a section was closed."""
        return bool(self.nesting.parts.sections)

    @property
    def closed_section(self) -> Section | None:
        """The section that was closed."""
        sections = self.nesting.parts.sections
        return sections[0] if sections else None

    @property
    def header(self) -> Header | None:
        """The header lines that were read."""
        header = self.nesting.header.header()
        return header if header.spans else None

    @property
    def steps(self) -> int:
        """How many steps the parser made."""
        return self.parser.steps - self.before

    def is_between(self, depth: int, at: int) -> bool:
        """Return whether nothing is pending, except for a section, before the statement at `at`."""
        nesting = self.nesting
        is_pending = nesting.nested or nesting.forgiven
        block = nesting.block
        is_known = block is None or isinstance(block, OpenSection)
        explained = 0 if self.explainer is None else self.explainer.reported_to
        return not is_pending and is_known and depth == (block is not None) and explained <= at
