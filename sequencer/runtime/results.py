"""The results of runs: what `rehearse` and `perform` return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sequencer.core.display import html_of, summary_repr
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.report import Report
from sequencer.engine.ensemble import Ensemble
from sequencer.engine.ensemble_report import EnsembleReport
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.schedule.model import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkDigest:
    """The digest of one chunk's raw frames: take (from 1), score chunk, frame count, SHA-256.

    The SHA-256 is that of the frames' RGB bytes.
    """

    take: int
    chunk: int
    frames: int
    sha256: str


class _RunResult:
    """What the results of all runs have in common."""

    __slots__ = ()

    report: Report
    schedule: Schedule
    folder: Path | None
    failures: tuple[str, ...]

    @property
    def went_well(self) -> bool:
        """Whether the score was played as written to its end, or until an operator ended it.

        Failed files do not count.
        """
        return self.report.went_as_written

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a row for each cue, as `Report.to_dicts` does.

        >>> import sequencer
        >>> score = sequencer.reads('at 0c "A boat."\\nend 2c\\n')
        >>> rehearsed = sequencer.rehearse(score, video=False, save=False)
        >>> [(row["place"], row["landed"], row["status"]) for row in rehearsed.to_dicts()]
        [('0c', 0, 'landed')]

        Returns:
            The rows, in the order of the report.
        """
        return self.report.to_dicts()

    def __repr__(self) -> str:
        report = self.report
        landed = sum(1 for cue in report.cues if cue.landed is not None)
        went = "went as written" if self.went_well else "did not go as written"
        return summary_repr(
            self,
            self.schedule.title,
            went,
            f"{landed} of {len(report.cues)} cues landed",
            f"{report.chunks} chunks",
            "not saved" if self.folder is None else f"in {str(self.folder)!r}",
            f"{len(self.failures)} files incomplete" if self.failures else "",
        )

    def _repr_html_(self) -> str | None:
        """Return the run's timeline for a notebook."""
        return html_of(self)


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class RehearsalResult(_RunResult):
    """The result of a rehearsal.

    `folder` is None if nothing was saved; `renderer` names what rendered the frames. `failures` has
    a sentence for each file of the run that could not be written completely, with the reason (such
    as a full disk).
    """

    report: Report
    schedule: Schedule
    folder: Path | None
    pictures: tuple[ChunkDigest, ...]
    renderer: str | None
    journal_failure: str | None
    failures: tuple[str, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict)
    """The content of `report.json`."""
    conductor: Conductor | None = field(default=None, compare=False)
    """The conductor at the end of the run, from which its timeline is drawn."""


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class PerformanceResult(_RunResult):
    """The result of a live run.

    `failures` has a sentence for each incomplete file, with the reason (a full disk).
    """

    report: Report
    schedule: Schedule
    folder: Path
    journal_failure: str | None
    clips: tuple[Path, ...]
    facts: Mapping[str, Any]
    failures: tuple[str, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict)
    """The content of `report.json`."""
    conductor: Conductor | None = field(default=None, compare=False)
    """The conductor at the end of the run, from which its timeline is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleResult:
    """The result of a run on several stages.

    `folder` is None if nothing was saved. `failures` has a sentence for each file of the run that
    could not be written completely, with the reason (such as a full disk).
    """

    report: EnsembleReport
    schedule: EnsembleSchedule
    folder: Path | None
    pictures: Mapping[str, tuple[ChunkDigest, ...]]
    journal_failure: str | None
    failures: tuple[str, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict)
    """The content of `report.json`."""
    ensemble: Ensemble | None = field(default=None, compare=False, repr=False)
    """The conductors at the end of the run, from which the timelines are drawn."""

    @property
    def went_well(self) -> bool:
        """Whether every stage played its part as written to its end, or until an operator ended it.

        Failed files do not count.
        """
        return self.report.went_as_written
