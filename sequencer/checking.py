"""Read, compile and advise on a score in one go: what every command does first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sequencer.errors import Diagnostic, ScoreError
from sequencer.schedule import Schedule
from sequencer.score import Score


@dataclass(frozen=True, slots=True)
class Checked:
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


def check(path: Path, *, advice: bool = True) -> Checked:
    """Read a score's file and compile it. Faults of a score are in the result; a file that is not there raises ScoreError."""
    from sequencer.compiler import compile_all
    from sequencer.notation import load

    loaded = load(path)
    diagnostics = list(loaded.diagnostics)
    if loaded.score is None:
        return Checked(None, None, tuple(diagnostics), loaded.sources)
    compilation = compile_all(loaded.score)
    # An image that could not be read was told by the reader, at its place and with the reason.
    told = {(one.span.file, one.span.line) for one in diagnostics if one.is_error}
    diagnostics += [one for one in compilation.diagnostics if one.code != "E326" or (one.span.file, one.span.line) not in told]
    schedule = None if any(one.is_error for one in diagnostics) else compilation.schedule
    if advice and schedule is not None:
        from sequencer.advice import advise

        diagnostics += advise(loaded.score)
    diagnostics.sort(key=lambda one: (one.span.file, one.span.line, one.span.column))
    return Checked(loaded.score, schedule, tuple(diagnostics), loaded.sources)
