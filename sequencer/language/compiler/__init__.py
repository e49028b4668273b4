"""Compile a score to a schedule, in five passes that collect diagnostics and continue after errors.

``resolve``   replaces names by texts, triggers by those of the schedule, and `play` by an order of
blocks ``place``     gives the cues of each block exact local times and expands `every` ``expand``
turns blocks into stretches, one for each pass, and makes the random choices of picks ``quantise``
maps exact times to chunks and forms the takes ``validate``  checks what can only be known on
chunks: collisions and openings

A block is placed once and can be passed several times, so `place` comes before `expand`. The
compiler is pure: it takes a score and returns a schedule and diagnostics.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY

from sequencer.core.diagnostics import Diagnostic, Diagnostics
from sequencer.core.display import counted, summary_repr
from sequencer.core.errors import ScoreError, UsageError
from sequencer.core.gc_pause import paused_collection
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.compiler.carried_state import warn_carried_settings, warn_repeated_picks
from sequencer.language.compiler.expand import expand
from sequencer.language.compiler.midi_file_clock import (
    uses_file_clock,
    with_block_per_pass,
    with_file_tempo,
)
from sequencer.language.compiler.misplaced_stages import correct_misplaced_stages
from sequencer.language.compiler.place import has_pass_blocks, place
from sequencer.language.compiler.quantise import quantise
from sequencer.language.compiler.resolve import resolve
from sequencer.language.compiler.stages import (
    build_ensemble,
    check_stages,
    merge_diagnostics,
    names_stages,
    part_of,
    stage_names,
)
from sequencer.language.compiler.validate import check_collisions, check_schedule
from sequencer.language.score import Score
from sequencer.schedule.ensemble import EnsembleSchedule, choose_part, refuse_part
from sequencer.schedule.model import Schedule

__all__ = ["Compilation", "compile_all", "compile_ensemble", "compile_score"]


TIMELESS_CODES = frozenset(
    {
        "E301",
        "E302",
        "E304",
        "E305",
        "E306",
        "E307",
        "E308",
        "E309",
        "E310",
        "E311",
        "E319",
        "E321",
        "E326",
    }
)
"""Errors that do not move cues, so that collisions reported along with them are genuine."""


@dataclass(frozen=True, slots=True)
class Compilation:
    """The result of compiling: a schedule unless there are errors, and all errors and warnings.

    A score for several stages has no `schedule`, but an `ensemble` with one for each of them.
    """

    schedule: Schedule | None
    diagnostics: tuple[Diagnostic, ...]
    dropped: int = 0
    """The number of diagnostics beyond the maximum that is kept."""
    _: KW_ONLY
    ensemble: EnsembleSchedule | None = None

    @property
    def is_valid(self) -> bool:
        """Whether there is a schedule, or one for each stage."""
        return self.schedule is not None or self.ensemble is not None

    def choose(self, part: str | None) -> Schedule | None:
        """Return the schedule, or that of one stage; None if there are errors.

        Raises:
            UsageError: The score is for several stages and `part` is None, or it has no such stage.
        """
        if self.ensemble is not None:
            return choose_part(self.ensemble, part)
        if self.schedule is not None:
            refuse_part(part)
        return self.schedule

    def __repr__(self) -> str:
        result = self.schedule if self.ensemble is None else self.ensemble
        schedule = "no schedule" if result is None else repr(result)
        return summary_repr(self, None, schedule, counted(len(self.diagnostics), "diagnostic"))


def compile_all(score: Score, find_line: Callable[[int], int] = int) -> Compilation:
    """Compile a score and collect all diagnostics.

    Args:
        score: The score.
        find_line: Returns the line in the score's text of the line of a span. They differ only in a
            score that was read by pieces (`language.incremental`).
    """
    with paused_collection():
        if names_stages(score):
            return _compile_stages(score, find_line)
        return _compile(score, find_line)


def _compile_stages(score: Score, find_line: Callable[[int], int]) -> Compilation:
    """Compile the score of each stage."""
    faults = Diagnostics()
    check_stages(score, faults)
    names = stage_names(score)
    if not names:
        common = _compile(part_of(score, None), find_line)
        return Compilation(None, (*faults.diagnostics, *common.diagnostics), common.dropped)
    score = correct_misplaced_stages(score, names, faults)
    parts = {name: _compile(part_of(score, name), find_line) for name in names}
    found = {name: part.diagnostics for name, part in parts.items()}
    diagnostics = (*faults.diagnostics, *merge_diagnostics(score, found))
    dropped = faults.dropped + max(part.dropped for part in parts.values())
    schedules = {name: part.schedule for name, part in parts.items() if part.schedule is not None}
    if faults.has_errors or len(schedules) < len(parts):
        return Compilation(None, diagnostics, dropped)
    return Compilation(None, diagnostics, dropped, ensemble=build_ensemble(score, schedules))


def _compile(score: Score, find_line: Callable[[int], int]) -> Compilation:
    faults = Diagnostics()
    resolved = resolve(score, faults, find_line)
    if uses_file_clock(resolved):
        resolved = with_file_tempo(resolved, faults)
    elif has_pass_blocks(resolved):
        resolved = with_block_per_pass(resolved)
    placed = place(resolved, faults)
    stretches = expand(resolved, placed, faults)
    schedule = quantise(resolved, stretches)
    if not faults.has_errors:
        check_schedule(schedule, resolved, faults)
        if not faults.has_errors:
            warn_carried_settings(schedule, faults, find_line)
            warn_repeated_picks(resolved.blocks, stretches, faults)
    elif (
        all(one.code in TIMELESS_CODES for one in faults.diagnostics if one.is_error)
        and not faults.dropped
    ):
        check_collisions(schedule, resolved, faults)
    diagnostics = faults.diagnostics
    if any(section.like is not None for section in score.sections):
        diagnostics = _each_once(diagnostics)
    return Compilation(None if faults.has_errors else schedule, diagnostics, faults.dropped)


def _each_once(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Drop repetitions: what is wrong in a cue is found again where a section inherits it."""
    return tuple({(one.code, one.span, one.message): one for one in diagnostics}.values())


def compile_score(score: Score, part: str | None = None) -> Schedule:
    """Compile a score to a schedule; warnings are ignored.

    >>> import sequencer
    >>> sequencer.compile_score(sequencer.reads('at 0c "A paper boat."\\nend 4c\\n'))
    <Schedule: 4 chunks (5.5 s), 1 cue>

    Args:
        score: The score.
        part: The name of a stage, if the score is for several: its schedule is returned.

    Returns:
        The schedule.

    Raises:
        ScoreError: The score has an error. The exception contains every diagnostic.
        UsageError: The score is for several stages and `part` is None, or it has no such stage.
    """
    compilation = compile_all(score)
    schedule = compilation.choose(part)
    if schedule is None:
        raise ScoreError(compilation.diagnostics, dict(score.sources))
    return schedule


def compile_ensemble(score: Score) -> EnsembleSchedule:
    """Compile a score for several stages; warnings are ignored.

    >>> import sequencer
    >>> lines = ["stages left, right", 'at 0c "A boat."', 'at 2c on right "It turns."', "end 4c"]
    >>> text = "\\n".join(lines)
    >>> ensemble = sequencer.compile_ensemble(sequencer.reads(text))
    >>> ensemble
    <EnsembleSchedule: 2 stages, 4 chunks (5.5 s)>
    >>> ensemble.part("right")
    <Schedule: 4 chunks (5.5 s), 2 cues>

    Args:
        score: The score.

    Returns:
        The schedules of all its stages.

    Raises:
        ScoreError: The score has an error. The exception contains every diagnostic.
        UsageError: The score names no stages.
    """
    compilation = compile_all(score)
    if compilation.ensemble is not None:
        return compilation.ensemble
    if compilation.schedule is None:
        raise ScoreError(compilation.diagnostics, dict(score.sources))
    raise UsageError("this score has no stages", "compile it with compile_score")
