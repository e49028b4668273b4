"""What the model reports while a take runs: chunks, states, answers, refusals."""

from __future__ import annotations

from sequencer.engine.conductor.dispatch import catch_up, drop_passed, finish, on_chunk_begin, retry, send_due
from sequencer.engine.conductor.operator_input import leave_after_max
from sequencer.engine.conductor.run_state import RunState
from sequencer.engine.conductor.show_end import score_over
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
    """A chunk is made: it is judged by what it showed, the next one begins, and what is due for it leaves. After
    the last one the run waits until that has been shown."""
    if event.frames == 0 and event.chunk == 0 and run.making == run.base:
        return []  # a warm-up chunk: nothing was made yet
    chunk = run.base + event.chunk
    if chunk < run.making:
        run.ledger.done_late(chunk, event.prompt)
        return []  # said twice, or out of order
    doubted, run.doubted = run.doubted, None
    if not run.can_be(chunk + 1, event.at) and doubted not in (chunk, chunk - 1):
        run.doubted = chunk  # of the take before, or wrong; a second report in step with it would say that it is right
        return []
    first = run.making
    run.note_stall(run.stalls.report(first, chunk + 1 - first, event.at))
    if chunk == run.making:
        run.quickest = max(1, min(run.quickest, event.at - run.boundary_at))
        run.lasted.append(event.at - run.boundary_at)
    run.boundary_at = event.at
    run.fresh = True
    run.ledger.chunk_done(chunk, event.prompt, event.at)
    run.making = chunk + 1
    if run.follow is not None:
        run.follow.boundary(run.making, event.at)
        run.plan.forecast(run.making + run.schedule.lead)
    on_chunk_begin(run, run.making, event.at)
    run.ledger.flights.forget(chunk)
    drop_passed(run, first)
    if run.making >= run.plan.end_chunk():
        run.note_beyond(run.making - run.plan.end_chunk(), END)
        return score_over(run, event.at)
    leave_after_max(run, event.at)
    return send_due(run, event.at)


def last_chunk_of_take(run: RunState, event: ChunkDone) -> list[Command]:
    """While a reset is on its way, the chunk in the making is still finished and counts.

    What a late reset lets the old take make beyond that is the new take's time: nothing of the score is judged by it.
    """
    chunk = run.base + event.chunk
    run.overrun = max(run.overrun, chunk + 1 - run.next_base)
    if chunk >= run.making:
        run.note_stall(run.stalls.report(run.making, chunk + 1 - run.making, event.at))
    if run.making <= chunk < run.next_base:
        run.ledger.chunk_done(chunk, event.prompt, event.at)
        run.making = chunk + 1
    return []


def state_reported(run: RunState, event: StateReported) -> list[Command]:
    """The model's own count, believed when this take has shown itself: late `state`s of the take before may still come.

    That of a new connection is believed at once.
    """
    if not event.started or not (run.fresh or run.restarted):
        return []
    rested = run.may_rest
    if event.paused:
        run.paused, run.pausing = True, None
        run.stalls.rest()
        run.moves.paused(run.base + event.chunk - 1, event.at)
    elif run.base + event.chunk >= run.making and rested:
        run.paused, run.pausing = False, None
        run.moves.resumed(run.base + event.chunk, event.at)
    ahead = run.base + event.chunk > run.making and run.can_be(run.base + event.chunk, event.at)
    if ahead:
        first, run.making = run.making, run.base + event.chunk
        run.note_stall(run.stalls.report(first, run.making - first, event.at))
        on_chunk_begin(run, run.making, event.at)
        drop_passed(run, first)
        end = run.plan.end_chunk()
        if run.ends_where_written and run.making >= end:
            run.boundary_at = event.at
            if run.restarted:
                run.ledger.lose_settings(run.base)
            run.ledger.chunk_done(end - 1, event.prompt, event.at)
            for line in run.plan.take_up_to(end - 1):
                line.planned = run.plan.chunk_of(line)
                line.reason = f"chunk {line.planned} could not be reached any more"
            run.note_beyond(run.making - end, END)
            return score_over(run, event.at)
    if run.restarted:
        run.restarted = False
        again = catch_up(run, event.prompt)
        run.ledger.recheck({run.base + chunk: prompt for chunk, prompt in event.scheduled}, run.base, run.making)
        return again + send_due(run, event.at)
    return send_due(run, event.at) if ahead or (rested and not run.may_rest) else []


def prompt_accepted(run: RunState, event: PromptAccepted) -> list[Command]:
    """The model took a prompt: the oldest one on its way that says the same."""
    run.ledger.accepted_prompt(event.prompt)
    return []


def image_accepted(run: RunState, event: ImageAccepted) -> list[Command]:
    """The model encoded an image: it acts from the next chunk on."""
    run.ledger.accepted_image(run.making + 1, run.base)
    return []


def refused(run: RunState, event: CommandRefused) -> list[Command]:
    """The model refused something. A prompt is tried again for a later chunk, an overwriting one is stuck; the rest is told."""
    run.note_refusal(event)
    if event.command == "pause":
        run.pausing = None
        return send_due(run, event.at)
    flight = run.ledger.refused(event.command)
    if flight is None:
        return []
    if run.ledger.stuck(flight, run.reason_of(event)):
        return []
    return retry(run, flight, event) + send_due(run, event.at)


def session_ended(run: RunState, event: SessionEnded) -> list[Command]:
    """The platform or the model ended the session: the run is over, and not well."""
    run.note_stall(run.stalls.end(run.making, event.at))
    return finish(run, f"the session was ended: {event.reason}", well=False)


def closing(run: RunState, event: StopRequested) -> list[Command]:
    """The operator ends the run, or a limit does."""
    run.note_stall(run.stalls.end(run.making, event.at))
    run.stopped = event.reason == FINISHED_BY_HAND
    return finish(run, event.reason, well=False)
