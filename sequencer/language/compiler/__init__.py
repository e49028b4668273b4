"""Score → Schedule, in five passes that collect their faults and go on.

``resolve``   names become texts, triggers firings, `play` an order of blocks
``place``     each block's cues get exact local times, `every`s unfolded
``expand``    blocks become stretches, one for each pass, picks drawn
``quantise``  exact times fall onto chunks; takes are made
``check``     what only shows on chunks: collisions, openings

A block is placed once and passed many times, so `place` comes before `expand`. Everything here is pure: a score in, a
schedule and diagnostics out.
"""

from __future__ import annotations

from sequencer.core.diagnostics import Diagnostic, Diagnostics
from sequencer.core.errors import ScoreError
from sequencer.core.gc_pause import paused_collection
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.compiler.expand import expand
from sequencer.language.compiler.midi_file_clock import uses_file_clock, with_file_tempo
from sequencer.language.compiler.place import place
from sequencer.language.compiler.quantise import quantise
from sequencer.language.compiler.resolve import resolve
from sequencer.language.compiler.validate import check, check_collisions
from sequencer.language.score import Score
from sequencer.schedule.model import Schedule

__all__ = ["Compilation", "compile_all", "compile_score"]


TIMELESS = frozenset({"E301", "E302", "E304", "E305", "E306", "E307", "E308", "E309", "E310", "E311", "E319", "E321", "E326"})
"""Errors that leave every cue its place, so that what collides beside them really does."""


@dataclass(frozen=True, slots=True)
class Compilation:
    """What compiling gave: a schedule unless something stops it, and every diagnostic, warnings included."""

    schedule: Schedule | None
    diagnostics: tuple[Diagnostic, ...]


def compile_all(score: Score) -> Compilation:
    """Compile a score, faults collected."""
    with paused_collection():
        return _compiled(score)


def _compiled(score: Score) -> Compilation:
    faults = Diagnostics()
    resolved = resolve(score, faults)
    if uses_file_clock(resolved):
        resolved = with_file_tempo(resolved, faults)
    placed = place(resolved, faults)
    stretches = expand(resolved, placed, faults)
    schedule = quantise(resolved, stretches)
    if not faults.has_errors:
        check(schedule, resolved, faults)
    elif all(one.code in TIMELESS for one in faults.diagnostics if one.is_error) and not faults.dropped:
        check_collisions(schedule, resolved, faults)
    return Compilation(None if faults.has_errors else schedule, faults.diagnostics)


def compile_score(score: Score) -> Schedule:
    """The schedule of a score. Raises ScoreError with every fault when there is an error; warnings are left aside."""
    compilation = compile_all(score)
    if compilation.schedule is None:
        raise ScoreError(compilation.diagnostics, dict(score.sources))
    return compilation.schedule
