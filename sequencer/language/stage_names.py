"""Check the names of stages, which no word may be that means something else in a cue."""

from __future__ import annotations

from sequencer.core.diagnostics import Diagnostics
from sequencer.language.score import ALL_STAGES, StageName
from sequencer.language.spec import RESERVED


def check_stage_names(stages: tuple[StageName, ...], faults: Diagnostics) -> None:
    """Report the names of stages in the header that a cue or YAML would read as something else."""
    for stage in stages:
        if stage.name not in RESERVED and stage.name != ALL_STAGES:
            continue
        why = (
            "in YAML it is every stage"
            if stage.name == ALL_STAGES
            else "in a cue it means something else"
        )
        faults.error(
            "E344",
            f"no stage can be called {stage.name}: {why}",
            stage.span,
            hint=f"give the stage another name, for example {stage.name}-stage",
        )
