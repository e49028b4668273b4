"""Handle what the model reports while a take runs: chunks, states, answers and refusals."""

from __future__ import annotations

from sequencer.engine.conductor.dispatch import (
    catch_up,
    drop_passed,
    finish,
    on_chunk_begin,
    retry,
    send_due,
)
from sequencer.engine.conductor.operator_input import leave_when_max_passed
from sequencer.engine.conductor.run_state import RunState
from sequencer.engine.conductor.show_end import score_over
from sequencer.engine.revisions import STATES_NAME_PROMPTS
from sequencer.events.commands import Command
from sequencer.events.events import (
    FINISHED_BY_HAND,
    ChunkDone,
    CommandRefused,
    ImageAccepted,
    PromptAccepted,
    SessionEnded,
    StateReported,
    StopRequested,
)

END = "the end of the score"


def chunk_done(run: RunState, event: ChunkDone) -> list[Command]:
    """Handle a chunk that was made: judge it by its prompt, begin the next, send what is due.

    After the last chunk the run waits until that has been shown.
    """
    if event.frames == 0 and event.chunk == 0 and run.making == run.base:
        return []  # a warm-up chunk: nothing was made yet
    if run.making == run.base and run.is_before_its_chunk(event):
        return []
    chunk = run.base + event.chunk
    if chunk < run.making:
        run.ledger.done_late(chunk, event.prompt)
        return []  # a duplicate, or out of order
    doubted, run.playing.doubtful_chunk = run.playing.doubtful_chunk, None
    is_doubtful = not run.can_be(chunk + 1, event.at) or run.skips_with_an_earlier_prompt(event)
    if is_doubtful and doubted not in (chunk, chunk - 1):
        # It is of the previous take, or wrong; a second report that agrees with it would confirm
        # it.
        run.playing.doubtful_chunk = chunk
        return []
    first = run.making
    run.note_stall(run.stalls.report(first, chunk + 1 - first, event.at))
    if chunk == run.making:
        length = run.full_length(chunk, event.at - run.playing.boundary_at)
        run.shortest_chunk = max(1, min(run.shortest_chunk, length))
        run.chunk_lengths.append(length)
    run.playing.boundary_at = event.at
    run.playing.counts_itself = True
    run.ledger.chunk_done(chunk, event.prompt, event.at)
    run.making = chunk + 1
    if run.sync is not None:
        run.sync.boundary(run.making, event.at)
        run.plan.forecast(run.making + run.schedule.lead)
    on_chunk_begin(run, run.making, event.at)
    run.ledger.flights.forget(chunk)
    drop_passed(run, first)
    if run.making >= run.plan.end_chunk():
        run.note_beyond(run.making - run.plan.end_chunk(), END)
        return score_over(run, event)
    leave_when_max_passed(run, event.at)
    return send_due(run, event)


def last_chunk_of_take(run: RunState, event: ChunkDone) -> list[Command]:
    """While a reset is pending, count the current chunk, which the model still completes.

    What a late reset lets the old take make beyond that belongs to the time of the new take and is
    not judged.
    """
    chunk = run.base + event.chunk
    run.overrun = max(run.overrun, chunk + 1 - run.cutting.next_base)
    if chunk >= run.making:
        run.note_stall(run.stalls.report(run.making, chunk + 1 - run.making, event.at))
    if run.making <= chunk < run.cutting.next_base:
        run.ledger.chunk_done(chunk, event.prompt, event.at)
        run.making = chunk + 1
    return []


def state_reported(run: RunState, event: StateReported) -> list[Command]:
    """Handle the model's own count.

    It is trusted once this take has reported a chunk, because late `state`s of the previous take
    may still arrive. The count of a new connection is trusted at once.
    """
    if not event.started or not (run.playing.counts_itself or run.awaits_state):
        return []
    is_making = event.running and not event.paused and run.revision >= STATES_NAME_PROMPTS
    if is_making and event.prompt is not None:
        run.ledger.making_with(run.base + event.chunk, event.prompt)
    rested = run.may_be_paused
    if event.paused:
        run.playing.is_paused, run.playing.pause_requested_in = True, None
        run.stalls.rest()
        run.actions.paused(run.base + event.chunk - 1, event.at)
    elif run.base + event.chunk >= run.making and rested:
        run.playing.is_paused, run.playing.pause_requested_in = False, None
        run.actions.resumed(run.base + event.chunk, event.at)
    ahead = run.base + event.chunk > run.making and run.can_be(run.base + event.chunk, event.at)
    if ahead:
        first, run.making = run.making, run.base + event.chunk
        run.note_stall(run.stalls.report(first, run.making - first, event.at))
        on_chunk_begin(run, run.making, event.at)
        drop_passed(run, first)
        end = run.plan.end_chunk()
        if run.ends_where_written and run.making >= end:
            run.playing.boundary_at = event.at
            if run.awaits_state:
                run.ledger.lose_settings(run.base)
            run.ledger.chunk_done(end - 1, event.prompt, event.at)
            for line in run.plan.take_up_to(end - 1):
                line.planned = run.plan.chunk_of(line)
                line.reason = f"chunk {line.planned} could not be reached any more"
            run.note_beyond(run.making - end, END)
            return score_over(run, event)
    if run.awaits_state:
        run.awaits_state = False
        again = catch_up(run, event.prompt)
        run.ledger.recheck(
            {run.base + chunk: prompt for chunk, prompt in event.scheduled}, run.base, run.making
        )
        return again + send_due(run, event)
    return send_due(run, event) if ahead or (rested and not run.may_be_paused) else []


def prompt_accepted(run: RunState, event: PromptAccepted) -> list[Command]:
    """Handle an accepted prompt: it answers the oldest pending command with the same text."""
    run.ledger.accepted_prompt(event.prompt)
    return []


def image_accepted(run: RunState, event: ImageAccepted) -> list[Command]:
    """Handle an image that the model encoded: it acts from the next chunk on."""
    run.ledger.accepted_image(run.making + 1, run.base)
    return []


def refused(run: RunState, event: CommandRefused) -> list[Command]:
    """Handle a refusal: retry a prompt, and report everything else.

    A prompt whose chunk is out of reach is sent for a later one.

    A refused prompt that should have overwritten another one leaves that one stuck.
    """
    run.note_refusal(event)
    if event.command == "pause":
        run.playing.pause_requested_in = None
        return send_due(run, event)
    flight = run.ledger.refused(event.command)
    if flight is None:
        return []
    if run.ledger.stuck(flight, run.reason_of(event)):
        return []
    return retry(run, flight, event) + send_due(run, event)


def session_ended(run: RunState, event: SessionEnded) -> list[Command]:
    """End the run, not well: the platform or the model ended the session."""
    run.note_stall(run.stalls.end(run.making, event.at))
    return finish(run, event, f"the session was ended: {event.reason}", well=False)


def closing(run: RunState, event: StopRequested) -> list[Command]:
    """End the run because the operator or a limit does."""
    run.note_stall(run.stalls.end(run.making, event.at))
    return finish(
        run, event, event.reason, well=False, by_operator=event.reason == FINISHED_BY_HAND
    )
