"""Read a changed score in YAML again: items whose text did not change are not parsed again.

The text is divided into blocks (sections, groups of cues, and the rest), and those into pieces. An
item is known if the same text was read before at the same depth and nothing was reported in it.
Known items are masked (see `masking`), and the reader of complete texts reads what is left. So
PyYAML decides about the structure of every text, and reports every mistake in it.
"""

from __future__ import annotations

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.core.gc_pause import paused_collection
from sequencer.language.incremental.reading import MAX_DIAGNOSTICS, Reading, find_common_ends
from sequencer.language.score import Score, Section
from sequencer.language.source import Source
from sequencer.language.yaml.assembling import Assembly, Stubs
from sequencer.language.yaml.blocks import Block, DividedText, Piece, YamlReading
from sequencer.language.yaml.masking import Hashes, ListKind, MaskedRun, MaskedText, mask
from sequencer.language.yaml.numbering import CrossingError
from sequencer.language.yaml.reader import ScoreReader, is_readable, report_read

QUICK_LENGTH = 2_000
"""How many characters that are not masked are worth an attempt with `fast_path`."""

MAX_JOINS = 3
"""How often pieces are joined because a value begins in one and ends in another."""


def reread_yaml(text: str, file: str, before: Reading | None) -> YamlReading | None:
    r"""Read a text, using what is known from an earlier version of it.

    Args:
        text: The text, with `\n` as newlines and without a byte order mark.
        file: The file name for diagnostics.
        before: The reading of the earlier version, or None to read everything.

    Returns:
        The reading, or None if the text has to be read as a whole.
    """
    known = before if isinstance(before, YamlReading) and before.file == file else None
    prefix, suffix = (0, 0) if known is None else find_common_ends(known.text, text)
    start = text.rfind("\n", 0, prefix) + 1  # a line can become too long at its end
    end = text.find("\n", len(text) - suffix)
    if not is_readable(text[start : len(text) if end < 0 else end]):
        return None
    source = Source(file, text)
    joined: list[tuple[int, int]] = []
    for _ in range(MAX_JOINS + 1):
        try:
            with paused_collection():
                return _Rereader(DividedText(source, known, joined)).read()
        except CrossingError as crossing:
            last = crossing.last if crossing.last < len(source.starts) else -1
            joined.append((source.starts[crossing.first - 1], source.starts[last]))
    return None


class _Rereader:
    def __init__(self, divided: DividedText) -> None:
        self.divided = divided
        self.source = divided.source
        self.runs: list[MaskedRun] = []
        self.last_blocks: list[int] = []
        """The index of the last block of each run."""
        self.sections: dict[int, list[Section]] = {}
        """The sections of each run, by its line."""
        self.stubs: Stubs = {}
        self.masked = MaskedText(self.source.text, {})

    # ---- reading ---------------------------------------------------------------------------------

    def read(self) -> YamlReading | None:
        """Return the reading, or None if the text has to be read as a whole."""
        self._mask(len(self.divided.blocks))
        reader, score = self._read()
        if not (reader.is_complete and all(run.is_found for run in self.runs)):
            found = 0
            while found < len(self.runs) and self.runs[found].is_found:
                found += 1
            if self.runs:
                # where the text is not as expected, its last lines before that, and all after it,
                # are read as they are: what is reported may depend on them
                self._mask(self.last_blocks[found - 1] if found else 0)
                reader, score = self._read(may_be_quick=reader.is_complete)
            if not all(run.is_found for run in self.runs):
                return None
        reported = Diagnostics()
        report_read(self.source, reader.faults, reported)
        if reader.faults.count >= MAX_DIAGNOSTICS:
            return None
        return Assembly(self.divided, self.masked, self.stubs, reader).assemble(
            score, reported.diagnostics
        )

    def _read(self, *, may_be_quick: bool = True) -> tuple[ScoreReader, Score]:
        """Read what is not masked."""
        self.masked = mask(self.source.text, self.runs)
        left = len(self.source.text) - sum(run.end - run.start for run in self.runs)
        if may_be_quick and left > QUICK_LENGTH:
            reader = self._reader()
            score = reader.read_score(quick=True)
            if score is not None and not reader.faults.diagnostics:
                return reader, score
            for run in self.runs:
                run.is_found = False
        reader = self._reader()
        return reader, reader.read_score(quick=False) or Score(file=self.source.file)

    def _reader(self) -> ScoreReader:
        faults = Diagnostics()
        faults.texts = {self.source.file: self.source.text}
        reader = ScoreReader(self.source, faults, self.masked)
        reader.blocks.masked = {
            run.line: self._stub_sections(run, index)
            for run, index in zip(self.runs, self.last_blocks, strict=True)
            if run.kind[0] == "sections"
        }
        return reader

    def _stub_sections(self, run: MaskedRun, last: int) -> list[Section]:
        """Return sections in place of masked ones: one for the last of them, one for the others.

        The reader uses only where they begin and end: comments after the last one belong to it.
        """
        sections, at = self.sections[run.line], self.divided.starts[last]
        span = self.source.span(at + sections[-1].span.column - 1, run.last)
        self.stubs[span.line] = (sections[-1:], last)
        stubs = [Section(name="", duration=None, span=span)]
        if len(sections) > 1:
            line, column = run.line + 1, sections[0].span.column
            first = Span(self.source.file, line, column, line, column + 1)
            stubs.insert(0, Section(name="", duration=None, span=first))
            self.stubs[line] = (sections[:-1], None)
        return stubs

    def _mask(self, stop: int) -> None:
        """Mask all known items in the blocks before the one with the index `stop`."""
        self.runs = []
        self.last_blocks = []
        self.sections = {}
        self.stubs = {}
        for index in range(stop):
            block = self.divided.blocks[index]
            start, line = self.divided.starts[index], self.divided.lines[index]
            if block.is_known:
                self._mask_block(index, block, start, line)
            elif block.kind is not None:
                # the comments after a section's last item belong to the section, so it is read
                last = len(block.pieces) - (1 if block.kind[0] == "sections" else 0)
                for piece in block.pieces[:last]:
                    if piece.item is not None and piece.kind is not None:
                        self._mask_piece(index, piece, start, line)
                    start += piece.length
                    line += piece.lines

    def _mask_block(self, index: int, block: Block, start: int, line: int) -> None:
        if block.kind is None:
            return
        run = self._extend_run(index, block.kind, block.column, start, line)
        if block.section is not None:
            self.sections.setdefault(run.line, []).append(block.section)
        run.items += block.items
        _end_run(run, block.hashes, len(block.text), block.lines, block.last)

    def _mask_piece(self, index: int, piece: Piece, start: int, line: int) -> None:
        if piece.kind is None or piece.item is None:
            return
        run = self._extend_run(index, piece.kind, piece.column, start, line)
        run.items.append(piece.item)
        _end_run(run, piece.hashes, piece.length, piece.lines, piece.last)

    def _extend_run(
        self, index: int, kind: ListKind, column: int, start: int, line: int
    ) -> MaskedRun:
        """Return the run that ends where a known item begins, or a new one."""
        run = self.runs[-1] if self.runs else None
        if run is None or (run.end, run.kind, run.column) != (start, kind, column):
            run = MaskedRun(kind, column, line, start)
            self.runs.append(run)
            self.last_blocks.append(index)
        self.last_blocks[-1] = index
        return run


def _end_run(run: MaskedRun, hashes: Hashes, length: int, lines: int, last: int) -> None:
    if hashes:
        run.hashes.append((run.end, hashes))
    run.last = run.end + last
    run.end += length
    run.lines += lines
