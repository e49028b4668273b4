"""Check a text that was loaded by pieces, using what an earlier check of it found out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from sequencer.core.diagnostics import Diagnostic
from sequencer.language.advice import advise
from sequencer.language.check import CheckResult, count_unreported, order_by_position
from sequencer.language.compiler import Compilation, compile_all
from sequencer.language.incremental.loading import PieceLoad
from sequencer.language.loader import LoadResult
from sequencer.language.partial import unaffected_diagnostics, unread_parts
from sequencer.schedule.model import Schedule

LINE_CODES = frozenset({"W404"})
"""Codes of diagnostics whose messages contain a line: they are computed with actual lines."""


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
    def is_valid(self) -> bool:
        """Whether there is a schedule."""
        ...

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The diagnostics of the result."""
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
    compilation: Compilation
    """The result of compiling, with the spans of the reading."""
    advice: tuple[Diagnostic, ...] | None
    """The advice, with the spans of the reading; None if it was not asked for."""

    @property
    def loaded(self) -> LoadResult:
        """The result of loading, with actual lines."""
        return self.load.result

    @property
    def is_valid(self) -> bool:
        """Whether there is a schedule."""
        return not self.load.has_errors and self.compilation.schedule is not None

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
            found.append(count_unreported(self.dropped, next(iter(self.loaded.files), "")))
        found = order_by_position(found)
        if self.advice:
            found = order_by_position([*found, *map(lines.diagnostic, self.advice)])
        return tuple(found)

    @cached_property
    def schedule(self) -> Schedule | None:
        """The schedule, with actual lines."""
        schedule = self.compilation.schedule
        if schedule is None or self.load.has_errors:
            return None
        return self.load.reading.lines.node(schedule)

    @cached_property
    def result(self) -> CheckResult:
        """The complete result, with actual lines."""
        return CheckResult(
            score=self.loaded.score,
            schedule=self.schedule,
            diagnostics=self.diagnostics,
            sources=self.loaded.sources,
            dropped=self.dropped,
        )

    @property
    def dropped(self) -> int:
        """The number of diagnostics beyond the maximum that is kept."""
        return 0 if self.load.has_errors else self.compilation.dropped

    def with_advice(self) -> PieceCheck:
        """Return the same with the advice on the prompts."""
        if self.advice is not None:
            return self
        return replace(self, advice=advise(self.load.score) if self.is_valid else ())


def check_pieces(load: PieceLoad, before: PieceCheck | None, *, advice: bool) -> PieceCheck:
    """Compile a score that was loaded by pieces, as far as it could be read, and advise on it."""
    compilation = compile_all(load.score, load.reading.lines.line)
    if any(one.code in LINE_CODES for one in compilation.diagnostics):
        loaded = load.result
        actual = loaded.score or loaded.part
        compilation = compilation if actual is None else compile_all(actual)
    checked = PieceCheck(load=load, compilation=compilation, advice=None)
    return checked.with_advice() if advice else checked
