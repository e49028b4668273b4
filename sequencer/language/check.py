"""Read, compile and advise on a score in one step, which is what every command does first.

A score that cannot be read completely is compiled as far as it was read, so that all errors are
reported together. In `partial`, `unread_parts` finds what is missing, and `unaffected_diagnostics`
drops what the compiler may report only for that reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.core.diagnostics import Diagnostic, Severity, Span
from sequencer.core.display import counted, summary_repr
from sequencer.core.errors import ScoreError
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.score import Score
from sequencer.schedule.model import Schedule

if TYPE_CHECKING:
    from sequencer.language.loader import LoadResult, Notation
    from sequencer.schedule.ensemble import EnsembleSchedule

UNREPORTED = "W501"
"""The code of the diagnostic that counts those that are not reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The complete result of a check.

    `schedule` is None if an error prevents it; `sources` are the source texts by file. A score for
    several stages has no `schedule`, but an `ensemble` with one for each of them.
    """

    score: Score | None
    schedule: Schedule | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    dropped: int = 0
    """How many diagnostics beyond the maximum were not kept; one of `diagnostics` reports it."""
    ensemble: EnsembleSchedule | None = None

    @property
    def is_valid(self) -> bool:
        """Whether there is a schedule, or one for each stage."""
        return self.schedule is not None or self.ensemble is not None

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """The schedules of all stages: one if the score names no stages, none if it has errors."""
        if self.ensemble is not None:
            return self.ensemble.schedules
        return () if self.schedule is None else (self.schedule,)

    @property
    def overview(self) -> Schedule | None:
        """The schedule; for several stages, one that shows the cues of all and cannot be played."""
        if self.ensemble is None:
            return self.schedule
        from sequencer.schedule.overview import overview

        return overview(self.ensemble)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that prevent the score from being performed."""
        return tuple(one for one in self.diagnostics if one.is_error)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that do not prevent a performance."""
        return tuple(one for one in self.diagnostics if one.severity is Severity.WARNING)

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that are information, such as cues that a shorter section drops."""
        return tuple(one for one in self.diagnostics if one.severity is Severity.NOTE)

    def performable(self, part: str | None = None) -> Schedule:
        """Return the schedule.

        Args:
            part: The name of a stage, if the score is for several: its schedule is returned.

        Raises:
            ScoreError: There is no schedule. The exception contains all diagnostics.
            UsageError: The score is for several stages and `part` is None, or it has no such stage.
        """
        from sequencer.schedule.ensemble import choose_part, refuse_part

        if self.ensemble is not None:
            return choose_part(self.ensemble, part)
        if self.schedule is None:
            raise ScoreError(self.diagnostics, self.sources)
        refuse_part(part)
        return self.schedule

    def __repr__(self) -> str:
        errors, warnings = (
            counted(len(self.errors), "error"),
            counted(len(self.warnings), "warning"),
        )
        found = self.schedule if self.ensemble is None else self.ensemble
        schedule = "no schedule" if found is None else repr(found)
        return summary_repr(self, None, errors, warnings, schedule)


def check(
    path: Path | str, *, advice: bool = True, notation: Notation | None = None
) -> CheckResult:
    """Read a score's file and compile it.

    >>> import sequencer
    >>> sequencer.check("first.score").errors
    ()

    Args:
        path: The score's file.
        advice: Whether to add advice.
        notation: The notation; by default that of the file's extension.

    Returns:
        The result with all diagnostics. A missing file is one of them, not an exception.

    Raises:
        TypeError: The path is neither a str nor a Path.
    """
    from sequencer.language.loader import load

    if not isinstance(path, str | Path):
        raise TypeError(f"check() expects a path (str or Path), not {type(path).__name__}")
    return check_loaded(load(Path(path), notation), advice)


def check_text(
    text: str,
    file: str = "",
    *,
    advice: bool = True,
    folder: Path | None = None,
    notation: Notation | None = None,
) -> CheckResult:
    """Read a score from a text and compile it.

    Args:
        text: The text.
        file: The file name for diagnostics.
        advice: Whether to add advice.
        folder: The folder of images and used files. Without it no other file is read, and
            references to files are errors.
        notation: The notation; by default that of the extension of `file`, or else text.

    Returns:
        The result with all diagnostics.
    """
    from sequencer.language.loader import load_text

    return check_loaded(load_text(text, file, folder, notation), advice)


def check_loaded(loaded: LoadResult, advice: bool) -> CheckResult:
    """Compile what was loaded, as far as it could be read, and advise on it.

    Args:
        loaded: The load result.
        advice: Whether to add advice.

    Returns:
        The result with all diagnostics, those of loading too.
    """
    from sequencer.language.compiler import compile_all

    diagnostics = list(loaded.diagnostics)
    schedule = ensemble = None
    dropped = loaded.dropped
    if loaded.score is not None:
        compilation = compile_all(loaded.score)
        diagnostics += compilation.diagnostics
        dropped += compilation.dropped
        schedule, ensemble = compilation.schedule, compilation.ensemble
    elif loaded.part is not None:
        diagnostics += _independent_diagnostics(loaded, loaded.part)
    if dropped:
        diagnostics.append(count_unreported(dropped, next(iter(loaded.files), "")))
    result = CheckResult(
        score=loaded.score,
        schedule=schedule,
        diagnostics=tuple(order_by_position(diagnostics)),
        sources=loaded.sources,
        dropped=dropped,
        ensemble=ensemble,
    )
    return add_advice(result) if advice else result


def add_advice(result: CheckResult) -> CheckResult:
    """Return a result with the advice on the prompts added, if the score has no errors."""
    if not result.is_valid or result.score is None:
        return result
    from sequencer.language.advice import advise

    diagnostics = order_by_position((*result.diagnostics, *advise(result.score)))
    return replace(result, diagnostics=tuple(diagnostics))


def order_by_position(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return diagnostics by file and position; those at one position keep their order."""
    return sorted(diagnostics, key=lambda one: (one.span.file, one.span.line, one.span.column))


def count_unreported(count: int, file: str) -> Diagnostic:
    """Return the warning that a number of diagnostics of a file is not reported."""
    more = f"{counted(count, 'more problem')} {'was' if count == 1 else 'were'} found"
    return Diagnostic(
        code=UNREPORTED,
        message=f"{more} than are reported",
        span=Span(file, 0, 0, 0, 0),
        hint="fix the first ones",
        severity=Severity.WARNING,
    )


def _independent_diagnostics(loaded: LoadResult, score: Score) -> Iterator[Diagnostic]:
    """Yield other diagnostics of a partly read score that do not depend on what is missing."""
    from sequencer.language.compiler import compile_all
    from sequencer.language.partial import unaffected_diagnostics, unread_parts

    gaps = unread_parts(loaded)
    return unaffected_diagnostics(compile_all(score).diagnostics, gaps, score)
