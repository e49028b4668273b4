"""Runs on several simulators in virtual time, for the tests of ensembles."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import sequencer
from sequencer.api.scripted_events import read_event
from sequencer.engine.ensemble import Ensemble
from sequencer.engine.journal import Journal, JournalWriter, ensemble_header_of, read_journal
from sequencer.runtime.ensemble_loop import EnsemblePerformance
from sequencer.runtime.loop import Outcome
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.stages.simulated.faults import Delays, Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock


@dataclass(kw_only=True)
class EnsembleRun:
    """A finished run on several stages."""

    ensemble: Ensemble
    outcome: Outcome
    warnings: list[str]
    journal: Journal

    def sections(self, stage: str) -> list[tuple[str | None, float]]:
        """Return the sections that a stage played, each with the second at which it began."""
        passes = self.ensemble.conductors[stage].view.passes
        return [(one.stretch.section, float(one.start)) for one in passes]

    def landed(self, stage: str) -> list[int | None]:
        """Return the chunk on which each cue of a stage landed."""
        return [cue.landed for cue in self.ensemble.conductors[stage].report().cues]


def ensemble_of_texts(texts: Mapping[str, str], realign: int | None = None) -> EnsembleSchedule:
    """Compile a text for each stage."""
    parts = ((name, sequencer.compile_score(sequencer.reads(text))) for name, text in texts.items())
    return EnsembleSchedule(tuple(parts), realign)


def play_ensemble(
    schedule: EnsembleSchedule,
    folder: Path,
    faults: Mapping[str, Faults] | None = None,
    events: Sequence[str] = (),
    *,
    following: bool = False,
) -> EnsembleRun:
    """Play a schedule on one simulator for each stage, in virtual time, with a journal."""
    clock, warnings = VirtualClock(), list[str]()
    journal = JournalWriter(
        folder / "journal.jsonl", ensemble_header_of(schedule, {}, {}, following)
    )
    chosen = dict(faults or {})
    stages = {
        name: SimulatedStage(
            clock, settings=SimulatedSettings(part.grid, chosen.get(name, Faults()))
        )
        for name, part in schedule.parts
    }
    performance = EnsemblePerformance(
        schedule,
        stages,
        clock,
        journal=journal,
        script=[read_event(event, schedule.reference) for event in events],
        warn=warnings.append,
        following=following,
    )
    outcome = asyncio.run(performance.run())
    return EnsembleRun(
        ensemble=performance.ensemble,
        outcome=outcome,
        warnings=warnings,
        journal=read_journal(folder / "journal.jsonl"),
    )


def stage_faults(ppm: float = 0, connect_ms: int = 300, jitter_ms: int = 0, **more: Any) -> Faults:
    """Return the faults of a stage whose rate differs by some parts per million."""
    return Faults(
        fps=24 * (1 + Fraction(ppm) / 1_000_000),
        delays=Delays(connect=connect_ms * 1_000_000),
        jitter=jitter_ms * 1_000_000,
        **more,
    )
