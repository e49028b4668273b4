"""A take begins to run: the model says so itself, or shows it by a `state` or by the first chunk that it has made."""

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
    """The model runs: its first chunk begins now."""
    _runs(run, event.at)
    join(run, run.base, event.at)
    return _set_going(run, event.at)


def started_before(run: RunState, event: StateReported) -> list[Command]:
    """A `state` that says it runs stands for a start whose own message was lost; one that says it does not, for a new try."""
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
    """A take's first chunk stands for a start whose own message was lost, or comes behind it.

    Nothing leaves as if that chunk were still to be made: it is taken for done first.
    """
    if event.chunk > 1:
        return []  # of the take before, said late
    made = 0 if event.frames == 0 and event.chunk == 0 else event.chunk + 1
    _runs(run, _began_at(run, made, event.at))
    join(run, run.base + made, event.at)
    return chunk_done(run, event) + _set_going(run, event.at)


def _began_at(run: RunState, made: int, at: int) -> int:
    """When a take began that has made so many chunks by now: by the nominal rate, but not before it was asked to start."""
    return max(run.asked_at, at - made * nanoseconds(run.schedule.grid.chunk))


def _runs(run: RunState, at: int) -> None:
    """The take has run since then."""
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
    """What is due in the new take leaves, and what hands did while it was being opened acts."""
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
