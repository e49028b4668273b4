"""Dispatch: commit deliveries to chunks, send what is due, begin cuts, retry refused prompts."""

from __future__ import annotations

from sequencer.engine.conductor.deliveries import LIVE, Delivery, Status, kind_of
from sequencer.engine.conductor.ledger import MAX_TRIES
from sequencer.engine.conductor.pending_commands import PendingCommand
from sequencer.engine.conductor.run_state import ANSWER_TIMEOUT_NS, MAX_AHEAD, Finished, RunState
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.revisions import WARMS_UP_UNSEEN
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Finish, Reset, WakeAt
from sequencer.events.events import (
    BoundariesFitted,
    ChunkDone,
    ChunkShown,
    CommandRefused,
    Improvised,
)
from sequencer.schedule.model import CutAct


def commit_limit(run: RunState) -> int:
    """Return the last score chunk to commit now; what a coming cut opens with waits for it."""
    limit = max(run.making + run.schedule.lead, run.plan.certain_until(run.making))
    while run.plan.known_until <= run.making + run.schedule.lead:
        run.plan.lay_more()
    limit = min(limit, run.plan.known_until)
    cut = run.plan.next_cut()
    return limit if cut is None else min(limit, cut - 1)


def commit_up_to(run: RunState, limit: int) -> None:
    """Commit every waiting delivery up to a score chunk.

    Prompts beyond reach are limited to `MAX_AHEAD`, because the model repeats all of them in every
    `state`.
    """
    reach = run.making + run.schedule.lead
    while (line := run.plan.next_line()) is not None and run.plan.chunk_of(line) <= limit:
        if line.nominal > reach and run.ledger.prompts_beyond(run.making) >= MAX_AHEAD:
            return
        commit(run, run.plan.pop_next())


def commit(run: RunState, line: Delivery) -> None:
    """Commit a delivery to the chunk that its position snaps to.

    If that is out of reach, commit it to the next one that is not, or with `late drop` drop it.
    """
    chunk = line.planned = run.plan.chunk_of(line)
    soonest = soonest_chunk(run, line, chunk)
    if chunk < soonest:
        if run.schedule.late == "drop" and line.fired is None and not line.is_brought:
            line.finish(Status.DROPPED, f"chunk {chunk} could not be reached any more")
            return
        line.reason = f"chunk {chunk} could not be reached any more"
        chunk = soonest
    run.ledger.commit(line, chunk)


def soonest_chunk(run: RunState, line: Delivery, chunk: int) -> int:
    """Return the first chunk on which a delivery can still act."""
    if not run.is_running:
        return run.base
    kinds = {kind_of(act) for act in line.acts}
    slot = run.ledger.slots.get(chunk)
    carried = "image" in kinds or (
        slot is not None and slot.image is not None and "image" not in slot.sent
    )
    return run.making + (run.schedule.lead if "prompt" in kinds and not carried else 1)


def send_due(run: RunState, event: Event) -> list[Command]:
    """Commit what is within reach and return the commands that are due now.

    A cut begins when its chunk comes next.
    """
    if not run.is_connected or run.phase is not Phase.PLAYING:
        return []
    run.plan.forecast(run.making + run.schedule.lead)
    commit_up_to(run, commit_limit(run))
    commands = [] if run.may_be_paused else run.ledger.live_due(run.base, run.making, event.at)
    commands += run.ledger.prompts_due(run.base, run.making, True, event.at)
    cut = run.plan.next_cut()
    if (
        cut is not None
        and not run.may_be_paused
        and run.making >= cut - 1
        and not _is_cut_too_late(run, cut)
    ):
        commands += begin_cut(run, max(cut, run.making + 1), event)
    return commands


def _is_cut_too_late(run: RunState, cut: int) -> bool:
    """Return whether a score's cut could only begin after its end, making the show longer.

    A rule's cut begins at once and never belongs to the plan, so this does not apply to it.
    """
    end = run.plan.end_chunk()
    return run.ends_where_written and cut < end <= run.making + 1


def drop_passed(run: RunState, first: int) -> None:
    """With `late drop`, drop unsent live acts for the chunks from `first` to the current one."""
    if not run.ends_where_written or run.schedule.late != "drop":
        return
    for chunk in range(max(first, run.base + 1), run.making + 1):
        slot = run.ledger.slots.get(chunk)
        kinds = set() if slot is None else set(LIVE) - slot.sent
        if slot is None or not kinds:
            continue
        if slot.image is not None and "image" in kinds:
            kinds.add("prompt")
        for line in slot.lines:
            line.drop(kinds, f"chunk {chunk} could not be reached any more")
        slot.sent |= kinds


def catch_up(run: RunState, shown: str | None) -> list[Command]:
    """After a reconnection, resend (or drop) a prompt due by now that never reached the model.

    The cue stays committed to its chunk; it lands where its prompt is shown. `shown` is the prompt
    that the model shows.
    """
    slot = run.ledger.slot_in_force(run.making)
    if (
        not run.ends_where_written
        or slot is None
        or slot.chunk <= run.base
        or slot.image is not None
        or shown is None
    ):
        return []
    lines = [line for line in slot.lines if "prompt" in line.open]
    if not lines or slot.prompt is None or shown.strip() == slot.prompt.strip():
        return []
    line = lines[-1]
    reason = f"chunk {slot.chunk} could not be reached any more"
    if run.schedule.late == "drop":
        line.drop({"prompt"}, reason)
        return []
    line.reason = line.reason or reason
    if run.ledger.active_at(run.reach) != slot.prompt:
        return []  # a later cue acts where it could have landed
    return [run.ledger.send_again(slot, slot.prompt, run.reach, run.base)]


def on_chunk_begin(run: RunState, chunk: int, at: int) -> None:
    """Handle the beginning of a score chunk.

    In a run that follows a clock, note how late its cues are, and whether the tempo changed after
    they were committed.
    """
    run.actions.plays(run.plan.pass_at(chunk).number, chunk, at)
    for version in run.plan.take_over_by(chunk) if run.plan.takeovers else ():
        run.actions.taken_over(version, chunk, at)
    slot = run.ledger.slots.get(chunk)
    for line in slot.lines if slot is not None else ():
        line.boundary = at
        if run.sync is None or not line.has_position:
            continue
        beat = run.plan.time_of_line(line)
        if beat is None:
            note_stop(run, line)
            continue
        line.off = at + run.sync.lag - run.sync.offset - beat
        nearest = run.sync.chunk_at(beat, line.snap)
        if nearest is not None and nearest != chunk and nearest >= run.base and not line.reason:
            line.reason = (
                f"the clock or the lag changed inside the reach: chunk {nearest} would be right by "
                "now"
            )


def note_stop(run: RunState, line: Delivery) -> None:
    """Note a stopped clock as why a position is unknown when its chunk begins or is shown."""
    if run.sync is not None and run.sync.stopped_for is not None and not line.reason:
        line.reason = (
            "the clock stopped inside the reach: its position had not been reached when it was "
            "shown"
        )


def begin_cut(run: RunState, chunk: int, event: Event) -> list[Command]:
    """End the take before `chunk`; what is not committed up to that chunk opens the new take."""
    run.enter(Phase.CUTTING, event)
    run.cutting.next_base = chunk
    run.resets = 1
    for line in run.plan.take_up_to(chunk):
        line.planned = run.plan.chunk_of(line)
        is_dropped = run.schedule.late == "drop" and line.fired is None and not _cuts(line)
        if line.planned < chunk and is_dropped:
            line.finish(Status.DROPPED, f"chunk {line.planned} could not be reached any more")
            continue
        if line.planned < chunk:
            line.reason = f"chunk {line.planned} could not be reached any more"
        run.ledger.commit(line, chunk)
    run.plan.begin_take(chunk)
    return [Reset(), wake_at(run, event.at + ANSWER_TIMEOUT_NS)]


def finish(
    run: RunState, event: Event, reason: str, well: bool, by_operator: bool = False
) -> list[Command]:
    """End the run, and give every open delivery and run action its final status."""
    run.enter(Phase.FINISHED, event)
    run.plan.lay_rest()
    run.finished = Finished(reason, well, by_operator)
    run.ledger.discard_from(run.making)
    run.actions.finish(run.making, run.playing.boundary_at, reason, well, by_operator)
    for held in run.held_input:
        if isinstance(held, Improvised):
            what = "goto" if held.section is not None else "cue"
            run.notes.append(f"an improvised {what} came too late: the run was over before")
    why = "no chunk was reported with it" if well else f"the run ended first: {reason}"
    for line in run.plan.lines:
        if line.fired is not None and line.chunk is None:
            line.finish(Status.SKIPPED, "the run was over before it could be shown")
        elif (
            line.fired is not None
            and line.landed is None
            and (line.chunk or 0) >= run.plan.end_chunk()
        ):
            line.finish(Status.SKIPPED, "it fired too near the end: no chunk within reach was left")
        elif well and run.sync is None and line.planned is not None and line.planned >= run.making:
            line.finish(Status.SKIPPED, "the score was left before its chunk")
        elif by_operator and (line.chunk is None or line.chunk >= run.making):
            line.finish(Status.SKIPPED, "the operator ended the run before its chunk was made")
        elif not line.is_final:
            line.finish(Status.MISSED, line.reason or why)
    return [Finish(reason)]


def wake_at(run: RunState, due: int) -> WakeAt:
    """Request a wake-up; only the latest requested time counts."""
    run.wake_due = due
    return WakeAt(due)


def retry(run: RunState, flight: PendingCommand, event: CommandRefused) -> list[Command]:
    """Send a refused prompt again, for its own chunk or else the next one within reach.

    Every other refused command is reported.
    """
    slot = run.ledger.slots[flight.chunk]
    if flight.command == "schedule_prompt" and slot.prompt not in (None, flight.prompt):
        return []  # another delivery has replaced it, and has a pending command of its own
    lines = [line for line in slot.lines if "prompt" in line.open]
    again = (
        flight.command == "schedule_prompt"
        and run.schedule.late == "shift"
        and flight.tries < MAX_TRIES
    )
    if not again or not lines or slot.prompt != flight.prompt:
        finish_deliveries(run, flight, Status.REFUSED, run.reason_of(event))
        return []
    line = lines[-1]
    line.reason = f"refused at chunk {flight.chunk} ({run.reason_of(event)}), sent again"
    chunk = max(flight.chunk, run.reach)
    if chunk != flight.chunk:
        slot.remove(line)
        if run.ledger.has_later_prompt(line, chunk):
            line.finish(Status.OVERTAKEN, "a later cue acts where it could have landed")
            return []
        run.ledger.commit(line, chunk)
    return [
        run.ledger.resend(
            PendingCommand(
                command=flight.command, chunk=chunk, prompt=flight.prompt, tries=flight.tries
            ),
            run.base,
        )
    ]


def finish_deliveries(run: RunState, flight: PendingCommand, status: Status, reason: str) -> None:
    """End the deliveries whose acts were carried by a command that failed for good."""
    kinds = _KINDS_OF_COMMAND.get(flight.command, frozenset())
    slot = run.ledger.slots.get(flight.chunk)
    for line in (
        slot.lines if slot is not None else ()
    ):  # a take that shows nothing has no deliveries
        if line.open & kinds:
            line.finish(status, reason)


def _cuts(line: Delivery) -> bool:
    return any(isinstance(act, CutAct) for act in line.acts)


_KINDS_OF_COMMAND: dict[str, frozenset[str]] = {
    "schedule_prompt": frozenset({"prompt"}),
    "set_conditioning": frozenset({"prompt", "image"}),
    "set_image": frozenset({"image"}),
    "set_image_strength": frozenset({"strength"}),
    "set_sr_scale": frozenset({"sr"}),
}


def add_due_messages(run: RunState, event: Event, commands: list[Command]) -> list[Command]:
    """Add the messages that are due with an event to its commands.

    They come first, before a `Finish`.
    """
    is_over = run.phase is Phase.FINISHED
    if is_over and not any(isinstance(command, Finish) for command in commands):
        return commands  # the run was over before this event
    _update_display(run, event)
    if is_over and not run.finished.is_complete:
        return commands
    if is_over:
        run.messages.display.finalise()
    return [*run.messages.due(event.at, _until(run), everything=is_over), *commands]


def _update_display(run: RunState, event: Event) -> None:
    """Pass to a fixed run's display clock what an event reveals about when chunks are shown."""
    match event:
        case ChunkShown() if (
            run.is_of_this_take(event.take) and run.base + event.chunk <= run.making
        ):
            # otherwise it belongs to the previous take and arrives late
            run.messages.display.shown(event.chunk, event.at)
        case ChunkShown() if not run.is_of_this_take(event.take):
            chunk = run.score_chunk(event.chunk, event.take)
            if chunk is not None:
                run.messages.display.shown_before(chunk, event.at)
        case ChunkDone() if run.phase is Phase.PLAYING or _is_before_a_cut(run, event):
            run.messages.display.done(event.chunk, event.at)
            if not event.frames and run.revision >= WARMS_UP_UNSEEN:
                run.messages.display.warms_up()
        case BoundariesFitted() if run.phase is Phase.PLAYING or _is_of_the_take_before_a_cut(
            run, event
        ):
            run.messages.display.fitted(event)
        case _:
            pass


def _is_before_a_cut(run: RunState, event: ChunkDone) -> bool:
    """Return whether a chunk was made while a cut was pending, and belongs to the score."""
    return run.phase is Phase.CUTTING and run.base + event.chunk < run.cutting.next_base


def _is_of_the_take_before_a_cut(run: RunState, fit: BoundariesFitted) -> bool:
    """Return whether a fit is of a score chunk made, maybe late, while a cut was pending."""
    is_cutting = run.ends_where_written and run.phase is Phase.CUTTING
    return is_cutting and run.base + fit.chunk - 1 < run.cutting.next_base


def _until(run: RunState) -> int | None:
    """Return the first score chunk that may never come, or not yet.

    A fixed run sends no messages for chunks that are not made.
    """
    if run.sync is not None:
        return None
    match run.phase:
        case Phase.SHOWING:
            return run.making
        case Phase.PLAYING | Phase.FINISHED:
            return run.making + (
                1 if run.messages.display.is_streamed and not run.playing.is_paused else 0
            )
        case Phase.CUTTING:
            return min(
                run.making + (1 if run.messages.display.is_streamed else 0), run.cutting.next_base
            )
        case _:
            return run.base
