"""What is common to tests of the example scores, of which some are for several stages."""

from __future__ import annotations

from sequencer.language.compiler import compile_ensemble, compile_score
from sequencer.language.score import Score
from sequencer.schedule.document import digest
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.schedule.model import Schedule


def compiled(score: Score) -> Schedule | EnsembleSchedule:
    """Return the schedule of a score, or those of its stages."""
    return compile_ensemble(score) if score.header.stages else compile_score(score)


def digest_of(score: Score) -> str:
    """Return the digest of what a score plays."""
    found = compiled(score)
    return found.digest() if isinstance(found, EnsembleSchedule) else digest(found)


def schedules_of(score: Score) -> list[Schedule]:
    """Return the schedule of a score, or of each of its stages."""
    found = compiled(score)
    if isinstance(found, EnsembleSchedule):
        return [schedule for _, schedule in found.parts]
    return [found]
