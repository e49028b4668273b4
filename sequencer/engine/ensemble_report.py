"""What a report states about a run on several stages besides each stage's own report.

The spread of a chunk is the time from the first stage that shows its first frame to the last one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Any

from sequencer.engine.conductor.report import CueReport, Report
from sequencer.engine.ensemble import Alignment, Ensemble, StageNote


@dataclass(frozen=True, slots=True, kw_only=True)
class CueSpread:
    """How far apart the stages showed the chunk of one or more cues.

    Attributes:
        chunk: The score chunk.
        section: The section of the first of the cues.
        occurrence: The pass of that section, from 1.
        place: The position of that cue as its author wrote it.
        spread_ms: Milliseconds from the first stage to the last; None if fewer than two showed it.
        first: The stage that showed it first.
        last: The stage that showed it last.
        missing: The stages that did not show it.
    """

    chunk: int
    section: str | None
    occurrence: int
    place: str
    spread_ms: float | None
    first: str | None
    last: str | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadSummary:
    """The spread over all chunks that at least two stages showed, in milliseconds."""

    chunks: int
    median_ms: float
    p95_ms: float
    worst_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleReport:
    """The report of a run on several stages.

    Attributes:
        reports: The report of each stage.
        cues: The spread of each chunk with a cue, in order.
        spread: The spread over all chunks; None if no two stages showed the same one.
        alignments: When the stages waited for each other.
        notes: What happened to single stages.
        lost: The stages that were lost or left out.
        ended: Why the run was over.
        ended_normally: Whether each stage that was not lost came to its end, or an operator ended
            it.
    """

    reports: Mapping[str, Report]
    cues: tuple[CueSpread, ...]
    spread: SpreadSummary | None
    alignments: tuple[Alignment, ...]
    notes: tuple[StageNote, ...]
    lost: tuple[str, ...]
    ended: str
    ended_normally: bool

    @property
    def went_as_written(self) -> bool:
        """Whether no stage was lost, and each one went as written."""
        return not self.lost and all(one.went_as_written for one in self.reports.values())

    @property
    def freezes_ms(self) -> tuple[float, ...]:
        """How long stages were paused at alignments, in milliseconds, starts of takes excluded."""
        return tuple(
            round((one.at - since) / 1e6, 3)
            for one in self.alignments
            for stage, since in one.waited.items()
            if stage in one.paused
        )

    def to_json(self) -> dict[str, Any]:
        """Return what `report.json` of the run has besides the reports of the stages."""
        freezes = sorted(self.freezes_ms)
        return {
            "ended": self.ended,
            "ended_normally": self.ended_normally,
            "went_as_written": self.went_as_written,
            "lost": list(self.lost),
            "spread_ms": None
            if self.spread is None
            else {
                "chunks": self.spread.chunks,
                "median": self.spread.median_ms,
                "p95": self.spread.p95_ms,
                "worst": self.spread.worst_ms,
            },
            "freeze_ms": {"median": median_low(freezes), "worst": freezes[-1]} if freezes else None,
            "cues": [
                {**{name: getattr(one, name) for name in _CUE_FIELDS}, "missing": list(one.missing)}
                for one in self.cues
            ],
            "alignments": [
                {
                    "chunk": one.chunk,
                    "at_ns": one.at,
                    "waited_ms": {
                        stage: round((one.at - since) / 1e6, 3)
                        for stage, since in one.waited.items()
                    },
                    "missing": list(one.missing),
                }
                for one in self.alignments
            ],
            "notes": [
                {"stage": one.stage, "at_ns": one.at, "text": one.text, "lost": one.is_lost}
                for one in self.notes
            ],
        }


_CUE_FIELDS = tuple(CueSpread.__dataclass_fields__)


def report_of(ensemble: Ensemble) -> EnsembleReport:
    """Return the report of a run on several stages, as it is now."""
    reports = {name: one.report() for name, one in ensemble.conductors.items()}
    shown = {name: one.view.shown for name, one in ensemble.conductors.items()}
    chunks = sorted(set[int]().union(*shown.values()))
    spreads = sorted(
        one.spread_ms
        for one in (_spread_of(chunk, None, shown, ensemble) for chunk in chunks)
        if one.spread_ms is not None
    )
    return EnsembleReport(
        reports=reports,
        cues=tuple(
            _spread_of(chunk, cue, shown, ensemble)
            for chunk, cue in sorted(_first_cues(reports.values()).items())
        ),
        spread=_summary(spreads),
        alignments=tuple(ensemble.alignments),
        notes=tuple(ensemble.notes),
        lost=ensemble.lost,
        ended=ensemble.ended,
        ended_normally=all(
            report.ended_normally for name, report in reports.items() if name not in ensemble.lost
        )
        and len(ensemble.lost) < len(reports),
    )


def _first_cues(reports: Any) -> dict[int, CueReport]:
    """Return the first cue that landed on each chunk, on any stage."""
    found: dict[int, CueReport] = {}
    for report in reports:
        for cue in report.cues:
            if cue.landed is not None:
                found.setdefault(cue.landed, cue)
    return found


def _spread_of(
    chunk: int, cue: CueReport | None, shown: Mapping[str, Mapping[int, int]], ensemble: Ensemble
) -> CueSpread:
    times = {name: times[chunk] for name, times in shown.items() if chunk in times}
    ordered = sorted(times, key=times.__getitem__)
    enough = len(ordered) > 1
    return CueSpread(
        chunk=chunk,
        section=None if cue is None else cue.section,
        occurrence=1 if cue is None else cue.occurrence,
        place="" if cue is None else cue.place,
        spread_ms=round((times[ordered[-1]] - times[ordered[0]]) / 1e6, 3) if enough else None,
        first=ordered[0] if ordered else None,
        last=ordered[-1] if ordered else None,
        missing=tuple(name for name in shown if name not in times),
    )


def _summary(spreads: Sequence[float]) -> SpreadSummary | None:
    """Summarise ascending spreads."""
    if not spreads:
        return None
    return SpreadSummary(
        chunks=len(spreads),
        median_ms=median_low(spreads),
        p95_ms=spreads[min(len(spreads) - 1, len(spreads) * 95 // 100)],
        worst_ms=spreads[-1],
    )
