"""Handle a take's start, reported by the model, or shown by a `state` or by its first chunk."""

from __future__ import annotations

from sequencer.core.timebase import nanoseconds
from sequencer.engine.conductor.clock_input import continue_from_clock
from sequencer.engine.conductor.deliveries import Delivery
from sequencer.engine.conductor.dispatch import on_chunk_begin, send_due
from sequencer.engine.conductor.improvising import improvise, show_improvised
from sequencer.engine.conductor.operator_input import act_on, operator_pause
from sequencer.engine.conductor.playback import chunk_done, state_reported
from sequencer.engine.conductor.run_state import RunState
from sequencer.engine.conductor.take_setup import open_take, set_up_again
from sequencer.engine.conductor.transitions import Phase
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import ChunkDone, Improvised, OperatorPause, Started, StateReported


def started(run: RunState, event: Started) -> list[Command]:
    """Begin the take: its first chunk begins now."""
    _begin_take(run, event, event.at)
    continue_from_clock(run, run.base, event.at)
    return _apply_held_input(run, event)


def started_before(run: RunState, event: StateReported) -> list[Command]:
    """Handle a `state` before the start was reported.

    If the take runs, the message that reported the start was lost. If it does not, the start is
    tried again.
    """
    if run.awaits_state and not event.started:
        run.awaits_state = False
        run.ledger.reset_for_take(run.base)
        return open_take(run, event)
    if run.opening.start_repeated and not event.started:
        return set_up_again(run, event)
    if not (event.started and (run.awaits_state or run.opening.start_repeated)):
        return []
    _begin_take(run, event, _began_at(run, event.chunk, event.at))
    making = run.base + event.chunk
    continue_from_clock(run, making if run.can_be(making, event.at) else run.base, event.at)
    run.playing.counts_itself = True
    return state_reported(run, event) + _apply_held_input(run, event)


def done_before(run: RunState, event: ChunkDone) -> list[Command]:
    """Handle a take's first chunk before the start was reported: that message is lost or late.

    The chunk is recorded as done first, so that nothing is sent as if it were still to be made.
    """
    if (
        event.chunk > 1
        or (event.frames and run.is_before_its_chunk(event))
        or run.skips_with_an_earlier_prompt(event)
    ):
        return []  # a late report of the previous take
    made = 0 if event.frames == 0 and event.chunk == 0 else event.chunk + 1
    _begin_take(run, event, _began_at(run, made, event.at))
    continue_from_clock(run, run.base + made, event.at)
    return chunk_done(run, event) + _apply_held_input(run, event)


def _began_at(run: RunState, made: int, at: int) -> int:
    """Return when a take that has made this many chunks began.

    By the nominal rate, but not before the take was asked to start.
    """
    lasted = made * nanoseconds(run.schedule.grid.chunk) - (run.missing_time if made else 0)
    return max(run.opening.asked_at, at - lasted)


def _begin_take(run: RunState, event: Event, at: int) -> None:
    """Record that the take has been running since a time."""
    run.enter(Phase.PLAYING, event)
    run.playing.boundary_at = at
    run.note_stall(run.stalls.report(run.base, 0, at))
    run.starts = run.refused_openings = 0
    run.actions.cut()
    run.takes += 1
    run.making = run.base
    run.ledger.opened(run.base)
    run.messages.display.began(run.base, at)
    if run.sync is not None:
        run.sync.begins(at)
        run.sync.take_began(run.base, at)
    on_chunk_begin(run, run.base, at)


def _apply_held_input(run: RunState, event: Event) -> list[Command]:
    """Send what is due in the new take, and apply what the operator did during its opening."""
    commands = send_due(run, event)
    held, run.held_input = run.held_input, []
    for earlier in held:
        if run.phase is not Phase.PLAYING:
            run.held_input.append(earlier)  # the take is cut at once: it waits for the next one
        elif isinstance(earlier, OperatorPause):
            commands += operator_pause(run, earlier)
        elif isinstance(earlier, Improvised):
            commands += improvise(run, earlier, event)
        elif isinstance(earlier, Delivery):
            commands += show_improvised(run, earlier, event)
        else:
            commands += act_on(run, earlier, event)
    return commands
