"""Handle the start of a take, which the model reports itself, or shows by a `state` or by the first chunk that it has made."""

from __future__ import annotations

from sequencer.core.timebase import nanoseconds
from sequencer.engine.conductor.clock_input import join
from sequencer.engine.conductor.dispatch import on_chunk_begin, send_due
from sequencer.engine.conductor.operator_input import act_on, operator_pause
from sequencer.engine.conductor.playback import chunk_done, state_reported
from sequencer.engine.conductor.run_state import Phase, RunState
from sequencer.engine.conductor.take_setup import open_take, set_up_again
from sequencer.events.commands import Command
from sequencer.events.events import ChunkDone, OperatorPause, Started, StateReported


def started(run: RunState, event: Started) -> list[Command]:
    """Begin the take: its first chunk begins now."""
    _runs(run, event.at)
    join(run, run.base, event.at)
    return _set_going(run, event.at)


def started_before(run: RunState, event: StateReported) -> list[Command]:
    """Handle a `state` before the start was reported.

    If the take runs, the message that reported the start was lost. If it does not, the start is tried again.
    """
    if run.restarted and not event.started:
        run.restarted = False
        run.ledger.reset_for_take(run.base)
        return open_take(run, event.at)
    if run.insisting and not event.started:
        return set_up_again(run, event.at)
    if not (event.started and (run.restarted or run.insisting)):
        return []
    _runs(run, _began_at(run, event.chunk, event.at))
    making = run.base + event.chunk
    join(run, making if run.can_be(making, event.at) else run.base, event.at)
    run.fresh = True
    return state_reported(run, event) + _set_going(run, event.at)


def done_before(run: RunState, event: ChunkDone) -> list[Command]:
    """Handle a take's first chunk before the start was reported: that message was lost, or arrives later.

    The chunk is recorded as done first, so that nothing is sent as if it were still to be made.
    """
    if event.chunk > 1:
        return []  # a late report of the previous take
    made = 0 if event.frames == 0 and event.chunk == 0 else event.chunk + 1
    _runs(run, _began_at(run, made, event.at))
    join(run, run.base + made, event.at)
    return chunk_done(run, event) + _set_going(run, event.at)


def _began_at(run: RunState, made: int, at: int) -> int:
    """Return when a take that has made this many chunks began: by the nominal rate, but not before it was asked to start."""
    return max(run.asked_at, at - made * nanoseconds(run.schedule.grid.chunk))


def _runs(run: RunState, at: int) -> None:
    """Record that the take has been running since a time."""
    run.phase = Phase.PLAYING
    run.boundary_at = at
    run.note_stall(run.stalls.report(run.base, 0, at))
    run.starts = run.openings = 0
    run.insisting = False
    run.paused, run.pausing = False, None
    run.moves.cut()
    run.fresh = False
    run.takes += 1
    run.making = run.base
    run.ledger.opened(run.base)
    run.sends.seen.began(run.base, at)
    if run.follow is not None:
        run.follow.begins(at)
        run.follow.take_began(run.base, at)
    on_chunk_begin(run, run.base, at)


def _set_going(run: RunState, at: int) -> list[Command]:
    """Send what is due in the new take, and apply what the operator did while it was being opened."""
    commands = send_due(run, at)
    held, run.held = run.held, []
    for earlier in held:
        if run.phase is not Phase.PLAYING:
            run.held.append(earlier)  # the take is cut at once: it waits for the next one
        elif isinstance(earlier, OperatorPause):
            commands += operator_pause(run, earlier)
        else:
            commands += act_on(run, earlier, at)
    return commands
