"""Check a text that was loaded by pieces, using what an earlier check of it found out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Protocol

from sequencer.core.diagnostics import Diagnostic
from sequencer.language.advice import advise
from sequencer.language.check import CheckResult, check, count_unreported, order_by_position
from sequencer.language.compiler import Compilation, compile_all
from sequencer.language.incremental.advising import advise_parts
from sequencer.language.incremental.compiling import PartCompilation, compile_parts
from sequencer.language.incremental.lines import MovableDiagnostics
from sequencer.language.incremental.loading import PieceLoad
from sequencer.language.loader import LoadResult, Notation, load_file_pieces
from sequencer.language.partial import unaffected_diagnostics, unread_parts
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.schedule.model import Schedule
from sequencer.schedule.overview import overview

LINE_CODES_OF_YAML = frozenset({"E424", "W403"})
"""Codes of diagnostics whose fixes depend on the text after a value: they need actual lines."""


class Checked(Protocol):
    """A text that was loaded, compiled and advised on."""

    @property
    def loaded(self) -> LoadResult:
        """The result of loading."""
        ...

    @property
    def result(self) -> CheckResult:
        """The complete result."""
        ...

    @property
    def schedule(self) -> Schedule | None:
        """The schedule of the result."""
        ...

    @property
    def ensemble(self) -> EnsembleSchedule | None:
        """The schedules of several stages, if the score is for several."""
        ...

    @property
    def overview(self) -> Schedule | None:
        """The schedule; for several stages, one that shows the cues of all."""
        ...

    @property
    def is_valid(self) -> bool:
        """Whether there is a schedule, or one for each stage."""
        ...

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The diagnostics of the result."""
        ...

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that were read, the score's own first."""
        ...

    @property
    def notation(self) -> Notation:
        """The notation of the score's own file."""
        ...

    @property
    def dropped(self) -> int:
        """The number of diagnostics beyond the maximum that is kept."""
        ...

    def with_advice(self) -> Checked:
        """Return the same with the advice on the prompts."""
        ...


@dataclass(frozen=True, kw_only=True)
class PieceCheck:
    """A text that was checked by pieces. What is expensive is computed when it is asked for."""

    load: PieceLoad
    compilation: Compilation | PartCompilation
    """The result of compiling, with the spans of the reading."""
    parts: PartCompilation | None
    """The last result of compiling by parts, also of an earlier version."""
    advice: tuple[MovableDiagnostics, ...] | None
    """The advice, with the spans of the reading; None if it was not asked for."""

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that were read, the score's own first."""
        return tuple(self.load.files)

    @property
    def notation(self) -> Notation:
        """The notation of the score's own file."""
        return self.load.notation

    @property
    def loaded(self) -> LoadResult:
        """The result of loading, with actual lines."""
        return self.load.result

    @property
    def is_valid(self) -> bool:
        """Whether there is a schedule."""
        if self.load.has_errors:
            return False
        compilation = self.compilation
        return compilation.is_valid

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All diagnostics, in the order of `check_loaded`."""
        lines = self.load.reading.lines
        compiled = order_by_position(map(lines.diagnostic, self.compilation.diagnostics))
        found = order_by_position(map(lines.diagnostic, self.load.diagnostics))
        if not self.load.has_errors:
            found += compiled
        elif compiled and self.loaded.part is not None:
            gaps = unread_parts(self.loaded)
            found += unaffected_diagnostics(tuple(compiled), gaps, self.loaded.part)
        if self.dropped:
            found.append(count_unreported(self.dropped, next(iter(self.files), "")))
        found = order_by_position(found)
        if self.advice:
            advice = chain.from_iterable(one.at(lines) for one in self.advice)
            found = order_by_position([*found, *advice])
        return tuple(found)

    @cached_property
    def schedule(self) -> Schedule | None:
        """The schedule, with actual lines."""
        compilation, lines = self.compilation, self.load.reading.lines
        if not self.is_valid or self.ensemble is not None:
            return None
        if isinstance(compilation, PartCompilation):
            return compilation.schedule(lines.span)
        return lines.node(compilation.schedule)

    @cached_property
    def ensemble(self) -> EnsembleSchedule | None:
        """The schedules of several stages, with actual lines."""
        compilation = self.compilation
        if not self.is_valid or isinstance(compilation, PartCompilation):
            return None
        return self.load.reading.lines.node(compilation.ensemble)

    @cached_property
    def overview(self) -> Schedule | None:
        """The schedule; for several stages, one that shows the cues of all."""
        return self.schedule if self.ensemble is None else overview(self.ensemble)

    @cached_property
    def result(self) -> CheckResult:
        """The complete result, with actual lines."""
        return CheckResult(
            score=self.loaded.score,
            schedule=self.schedule,
            diagnostics=self.diagnostics,
            sources=self.loaded.sources,
            dropped=self.dropped,
            ensemble=self.ensemble,
        )

    @property
    def dropped(self) -> int:
        """The number of diagnostics beyond the maximum that is kept."""
        return 0 if self.load.has_errors else self.compilation.dropped

    def with_advice(self) -> PieceCheck:
        """Return the same with the advice on the prompts."""
        if self.advice is not None:
            return self
        if not self.is_valid:
            return replace(self, advice=())
        if isinstance(self.compilation, PartCompilation):
            return replace(self, advice=advise_parts(self.compilation))
        return replace(self, advice=(MovableDiagnostics(advise(self.load.score)),))


def check_file(
    path: Path, notation: Notation | None, before: PieceCheck | None
) -> tuple[CheckResult, PieceCheck | None]:
    """Read a score's file and compile it, as `language.check.check` does.

    Args:
        path: The score's file.
        notation: The notation; by default that of the file's extension.
        before: An earlier check of the file.

    Returns:
        The result, and the check that the next one can use.
    """
    reading = None if before is None else before.load.reading
    load = load_file_pieces(path, notation, before=reading)
    if load is None:
        return check(path, notation=notation), before
    checked = check_pieces(load, before, advice=True)
    return checked.result, checked


def check_pieces(load: PieceLoad, before: PieceCheck | None, *, advice: bool) -> PieceCheck:
    """Compile a score that was loaded by pieces, as far as it could be read, and advise on it."""
    known = None if before is None else before.parts
    parts = compile_parts(load.score, load.reading.lines.line, known)
    compilation = parts or compile_all(load.score, load.reading.lines.line)
    if load.notation is Notation.YAML and any(
        one.code in LINE_CODES_OF_YAML for one in compilation.diagnostics
    ):
        loaded = load.result
        actual = loaded.score or loaded.part
        compilation = compilation if actual is None else compile_all(actual)
    checked = PieceCheck(load=load, compilation=compilation, parts=parts or known, advice=None)
    return checked.with_advice() if advice else checked
