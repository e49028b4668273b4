"""Handle what a run that follows a clock receives besides the model's events.

These are the external clock's fits and transport, chunk boundaries, and the operator's offset.
"""

from __future__ import annotations

from fractions import Fraction

from sequencer.engine.conductor.dispatch import note_stop, send_due
from sequencer.engine.conductor.operator_input import act_on, hold_until_started, launch
from sequencer.engine.conductor.run_state import RunState
from sequencer.engine.conductor.take_setup import start_unless_held
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.revisions import JUMPS_GIVE_WAY, JUMPS_WHILE_CUT
from sequencer.events.commands import Command
from sequencer.events.events import (
    BoundariesFitted,
    ChunkShown,
    ClockFitted,
    OffsetChanged,
    TransportChanged,
    TransportLocated,
)


def clock_fitted(run: RunState, event: ClockFitted) -> list[Command]:
    """Store a new fit of the clock; start an armed run if it shows that the clock is running."""
    if run.sync is None:
        return []
    run.sync.clock_fitted(event)
    return start_unless_held(run, event) if run.phase is Phase.ARMED else []


def chunk_shown(run: RunState, event: ChunkShown) -> list[Command]:
    """Note that a chunk is shown.

    In runs of the first revision this happens only while a take plays; in later ones
    `show_end.note_chunk_shown` does it in every phase.
    """
    if (
        not run.ends_when_shown and run.base + event.chunk <= run.making
    ):  # a chunk of the previous take may arrive late
        note_shown(run, run.base + event.chunk, event.at)
    return []


def note_shown(run: RunState, chunk: int, at: int) -> None:
    """In a run that follows a clock, note when a chunk is shown and its positions were due."""
    if run.sync is None:
        return
    run.sync.shown[chunk] = at
    slot = run.ledger.slots.get(chunk)
    for line in slot.lines if slot is not None else ():
        if line.has_position and run.plan.is_before_jump(line):
            line.reason = line.reason or "the clock was moved before it was shown"
            continue
        beat = run.plan.time_of_line(line) if line.has_position else None
        if beat is not None:
            line.shown, line.beat = at, beat + run.sync.offset
        elif line.has_position:
            note_stop(run, line)


def boundaries_fitted(run: RunState, event: BoundariesFitted) -> list[Command]:
    """Store a new fit of the chunk boundaries; ignore fits of a take that was reset."""
    if run.sync is not None and run.phase is Phase.PLAYING:
        run.sync.boundaries_fitted(event, run.base)
    return []


def offset_changed(run: RunState, event: OffsetChanged) -> list[Command]:
    """Set the operator's offset. It applies to everything that is not committed yet."""
    if run.sync is not None:
        run.sync.offset = event.offset
    run.messages.display.offset = event.offset
    return []


def clock_moved(run: RunState, event: TransportChanged) -> list[Command]:
    """Handle start, stop and continue: first for musical time, then for rules triggered by them."""
    if run.sync is not None:
        run.sync.clock_moved(event)
    firings = run.triggers.match(event)
    return act_on(run, firings, event)


def held_clock_moved(run: RunState, event: TransportChanged) -> list[Command]:
    """Update musical time while a take is being opened, and hold the rules until it has started."""
    run.clock_was_moved = run.clock_was_moved and (event.what != "start" or run.takes > 0)
    if event.what != "stop":
        run.waits_for_go = False
    if run.sync is not None:
        run.sync.clock_moved(event)
    return hold_until_started(run, event)


def armed_clock_moved(run: RunState, event: TransportChanged) -> list[Command]:
    """Send the model's `start` on the clock's first beat, or as the start of a device's transport.

    Starting the transport of a device also begins a run that waits for its operator.
    """
    held_clock_moved(run, event)
    return start_unless_held(run, event)


def located(run: RunState, event: TransportLocated) -> list[Command]:
    """Handle a jump while no take plays: the first take begins there, later ones continue there."""
    if run.sync is not None:
        run.sync.located(event.at, event.quarter)
        continues_there = (
            run.takes > 0 and run.revision >= JUMPS_WHILE_CUT and run.phase is not Phase.SHOWING
        )
        run.clock_was_moved = continues_there if run.takes > 0 else event.quarter > 0
    return []


def located_while_cutting(run: RunState, event: TransportLocated) -> list[Command]:
    """Handle a jump during a pending reset: the next take opens with what is in force there."""
    if run.sync is None or run.revision < JUMPS_WHILE_CUT:
        return located(run, event)
    run.sync.located(event.at, event.quarter)
    _replan_from_clock(run, run.cutting.next_base, event.quarter)
    return []


def continue_from_clock(run: RunState, making: int, at: int) -> None:
    """Continue the score where the clock is now, if it was moved while no take was running.

    The position is as seen from the chunk `making`.
    """
    here = None if run.sync is None else run.sync.quarter_at(at)
    if run.clock_was_moved and here is not None and (here > 0 or run.takes > 1):
        run.clock_was_moved = False
        _replan_from_clock(run, making + run.schedule.lead, here)


def relocated(run: RunState, event: TransportLocated) -> list[Command]:
    """Handle a jump while a take plays: what is in force at the new position lands at reach.

    Nothing in between is played.
    """
    if run.sync is None:
        return []
    run.sync.located(event.at, event.quarter)
    _replan_from_clock(run, run.making + run.schedule.lead, event.quarter)
    return send_due(run, event)


def _replan_from_clock(run: RunState, reach: int, here: float) -> None:
    """Rebuild the plan from a quarter on: what is in force there lands at the score chunk `reach`.

    A cut whose reset was already sent still happens. What the next take should have opened with is
    dropped with the old plan.
    """
    quarter = Fraction(here).limit_denominator(96)
    run.actions.give_up_leaving("the clock was moved first")
    launched = run.plan.take_launched()
    planned, run.plan.takeovers = run.plan.takeovers, []
    chase = run.plan.relocate(quarter, reach)
    for one in planned:
        run.actions.taken_over(one.version, reach, run.ledger.now)
    first = run.cutting.next_base if run.phase is Phase.CUTTING else reach - run.schedule.lead + 1
    run.ledger.withdraw(
        first,
        lambda line: line.fired is None and "cut" not in line.open,
        "the clock was moved away from it",
    )
    run.messages.located(run.plan.pass_of_quarter(quarter).number, quarter)
    run.ledger.commit_chase(chase, gives_way=run.revision >= JUMPS_GIVE_WAY)
    for line in launched:
        run.plan.renumber(line)
        launch(run, line, run.plan.pass_of_quarter(quarter))
