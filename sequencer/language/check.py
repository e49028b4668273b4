"""Read, compile and advise on a score in one go: what every command does first.

A score that does not parse whole is compiled as far as it was read, so that all its faults are told at once: `gaps` finds what
is missing, `following` leaves out what the compiler may say for that reason only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.core.diagnostics import Diagnostic
from sequencer.core.errors import ScoreError
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.score import Score
from sequencer.schedule.model import Schedule

if TYPE_CHECKING:
    from sequencer.language.loader import LoadResult, Notation


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A score that was looked at from all sides. `schedule` is None when something stops it; `sources` are texts by file."""

    score: Score | None
    schedule: Schedule | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What stops the score from being performed."""
        return tuple(one for one in self.diagnostics if one.is_error)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What the author should know."""
        return tuple(one for one in self.diagnostics if not one.is_error)

    def performable(self) -> Schedule:
        """The schedule. Raises ScoreError with all diagnostics where there is none."""
        if self.schedule is None:
            raise ScoreError(self.diagnostics, self.sources)
        return self.schedule


def check(path: Path, *, advice: bool = True, notation: Notation | None = None) -> CheckResult:
    """Read a score's file and compile it. Everything that is wrong is in the result, also a file that is not there.

    The notation is that of the file's ending when none is given.
    """
    from sequencer.language.loader import load

    return _compiled(load(path, notation), advice)


def check_text(
    text: str, file: str = "", *, advice: bool = True, folder: Path | None = None, notation: Notation | None = None
) -> CheckResult:
    """The same for a text. Without a `folder` nothing else is read: images and used files are told as errors.

    The notation is that of `file`'s ending, or text, when none is given.
    """
    from sequencer.language.loader import load_text

    return _compiled(load_text(text, file, folder, notation), advice)


def _compiled(loaded: LoadResult, advice: bool) -> CheckResult:
    from sequencer.language.compiler import compile_all

    diagnostics = list(loaded.diagnostics)
    schedule = None
    if loaded.score is not None:
        compilation = compile_all(loaded.score)
        diagnostics += compilation.diagnostics
        schedule = compilation.schedule
    elif loaded.part is not None:
        diagnostics += _beside(loaded, loaded.part)
    if advice and schedule is not None and loaded.score is not None:
        from sequencer.language.advice import advise

        diagnostics += advise(loaded.score)
    diagnostics.sort(key=lambda one: (one.span.file, one.span.line, one.span.column))
    return CheckResult(loaded.score, schedule, tuple(diagnostics), loaded.sources)


def _beside(loaded: LoadResult, score: Score) -> Iterator[Diagnostic]:
    """What else is wrong with a score that was not read whole, as far as that does not hang on what is missing."""
    from sequencer.language.compiler import compile_all
    from sequencer.language.partial import unaffected_diagnostics, unread_parts

    gaps = unread_parts(loaded)
    return unaffected_diagnostics(compile_all(score).diagnostics, gaps, score)
