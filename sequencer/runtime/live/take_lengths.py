"""How many chunks a take can have, for stages that fix its length when it starts."""

from __future__ import annotations

from math import ceil

from sequencer.core.timebase import SECOND
from sequencer.engine.conductor.view import RunView
from sequencer.schedule.model import GotoAct, Schedule


def chunks_of_take(view: RunView, limit: int) -> int:
    """Return how many chunks the take that begins now can have.

    It is exact for a score without live sections and rules, whose next cut or end is known. A
    score with them has at most the chunks that are left of its longest course. A run that follows
    a clock, whose score may be edited, or whose rules go to other sections has no such limit,
    except for its time.

    Args:
        view: The run.
        limit: How long the run may last in all, in nanoseconds.
    """
    schedule = view.schedule
    if view.may_reload or view.clock is not None or _may_repeat(schedule):
        return max(1, ceil(limit / (schedule.grid.chunk * SECOND)))
    if not schedule.is_fixed:
        return max(1, schedule.end - view.base)
    cuts = (take.start for take in schedule.takes if take.start > view.base)
    return max(1, min([view.end_chunk, *cuts]) - view.base)


def _may_repeat(schedule: Schedule) -> bool:
    """Return whether a rule may go to an earlier section."""
    rules = (rule for stretch in schedule.stretches for rule in stretch.rules)
    return any(isinstance(act, GotoAct) for rule in rules for act in rule.acts)
