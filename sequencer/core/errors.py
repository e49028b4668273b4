"""The exceptions of this package.

Each carries a message for people; any other exception is a bug in the program.

The tree::

    SequencerError            message, optional hint, exit code
    ├── ScoreError            a score with errors: carries its diagnostics             exit 1
    ├── ScheduleError         a compiled schedule that cannot be read or performed     exit 1
    ├── JournalError          a journal that cannot be read, with its line             exit 1
    ├── StageError            the stage (model, network, key) failed                   exit 1
    ├── OutputError           a result could not be written (full disk, no access)     exit 1
    └── UsageError            an invalid flag or argument                              exit 2
        └── InputError        a file named by an argument that is missing or invalid   exit 1
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sequencer.core.diagnostics import Diagnostic, render_all


class SequencerError(Exception):
    """A failure explained to the user: a message, a hint how to fix it, and the exit code."""

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nhint: {self.hint}"


class ScoreError(SequencerError):
    """A score that cannot be performed.

    `diagnostics` holds every problem found, `sources` the texts that they refer to.
    """

    def __init__(
        self, diagnostics: Iterable[Diagnostic], sources: Mapping[str, str] | None = None
    ) -> None:
        self.diagnostics = tuple(diagnostics)
        self.sources = dict(sources or {})
        super().__init__(render_all(self.diagnostics, self.sources))


class ScheduleError(SequencerError):
    """A compiled schedule that cannot be read back or performed."""


class JournalError(SequencerError):
    """A journal that cannot be read; `line` counts from 1, and is 0 if no line is the cause."""

    def __init__(self, message: str, line: int = 0, hint: str | None = None) -> None:
        super().__init__(message if line == 0 else f"line {line}: {message}", hint)
        self.line = line

    def in_file(self, file: str) -> JournalError:
        """Return the same error with the name of the journal file added to the message."""
        found = JournalError(
            f"{file}, {self.message}" if self.line else f"{file}: {self.message}", hint=self.hint
        )
        found.line = self.line
        return found


class StageError(SequencerError):
    """The stage failed: the model, network, API key, or a message that could not be parsed."""


class OutputError(SequencerError):
    """A result could not be written: disk full, no access, a folder in use."""


class UsageError(SequencerError):
    """A flag or an argument that is invalid."""

    exit_code = 2


class InputError(UsageError):
    """A file that an argument names is missing, unreadable or not of the expected kind.

    Exits as for an invalid score.
    """

    exit_code = 1
