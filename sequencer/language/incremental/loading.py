"""The result of loading a text by pieces, with its images and the files that it uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from sequencer.core.diagnostics import Diagnostic
from sequencer.core.gc_pause import paused_collection
from sequencer.language.incremental.reading import Reading
from sequencer.language.loader import LoadResult, Notation
from sequencer.language.score import Score


@dataclass(frozen=True, kw_only=True)
class PieceLoad:
    """The result of loading a text by pieces. The score has the spans of `reading.lines`."""

    reading: Reading
    score: Score
    """The score, or what could be read of one with errors."""
    diagnostics: tuple[Diagnostic, ...]
    """What was reported, in order."""
    sources: Mapping[str, str]
    notation: Notation
    files: Mapping[str, Score]
    """What could be read of each file on its own."""

    @property
    def has_errors(self) -> bool:
        """Whether something could not be read."""
        return any(one.is_error for one in self.diagnostics)

    @cached_property
    def result(self) -> LoadResult:
        """The result with actual lines, as `load_text` returns it."""
        reading = self.reading
        lines = reading.lines
        with paused_collection():
            score = reading.moved.score(self.score, lines)
            score = replace(score, comments=reading.comments())
        own = replace(
            score,
            uses=lines.node(reading.score.uses),
            sources=reading.score.sources,
            images=(),
            song=None,
        )
        has_errors = self.has_errors
        return LoadResult(
            score=None if has_errors else score,
            diagnostics=tuple(
                sorted(
                    map(lines.diagnostic, self.diagnostics),
                    key=lambda one: (one.span.file, one.span.line, one.span.column),
                )
            ),
            sources=dict(self.sources),
            part=score if has_errors else None,
            notation=self.notation,
            files={**self.files, reading.file: own},
        )
