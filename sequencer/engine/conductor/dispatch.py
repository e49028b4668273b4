"""Dispatch: commit deliveries to chunks, send what is due, begin cuts, and retry refused prompts."""

from __future__ import annotations

from sequencer.engine.conductor.deliveries import LIVE, Delivery, Status, kind_of
from sequencer.engine.conductor.ledger import MAX_TRIES
from sequencer.engine.conductor.pending_commands import PendingCommand
from sequencer.engine.conductor.run_state import ANSWER_TIMEOUT_NS, MAX_AHEAD, Phase, RunState
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Finish, Reset, WakeAt
from sequencer.events.events import BoundariesFitted, ChunkDone, ChunkShown, CommandRefused
from sequencer.schedule.model import CutAct


def commit_limit(run: RunState) -> int:
    """Return the last score chunk that may be committed now; what a coming cut opens with waits for that cut."""
    limit = max(run.making + run.schedule.lead, run.plan.certain_until(run.making))
    cut = run.plan.next_cut()
    return limit if cut is None else min(limit, cut - 1)


def commit_up_to(run: RunState, limit: int) -> None:
    """Commit every waiting delivery up to a score chunk.

    Prompts beyond reach are limited to `MAX_AHEAD`, because the model repeats all of them in every `state`.
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
        if run.schedule.late == "drop":
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
    carried = "image" in kinds or (slot is not None and slot.image is not None and "image" not in slot.sent)
    return run.making + (run.schedule.lead if "prompt" in kinds and not carried else 1)


def send_due(run: RunState, at: int) -> list[Command]:
    """Commit what is within reach and return the commands that are due now; begin a cut when its chunk comes next."""
    if not run.connected or run.phase is not Phase.PLAYING:
        return []
    run.plan.forecast(run.making + run.schedule.lead)
    commit_up_to(run, commit_limit(run))
    commands = [] if run.may_rest else run.ledger.live_due(run.base, run.making, at)
    commands += run.ledger.prompts_due(run.base, run.making, True, at)
    cut = run.plan.next_cut()
    if cut is not None and not run.may_rest and run.making >= cut - 1 and not _is_cut_too_late(run, cut):
        commands += begin_cut(run, max(cut, run.making + 1), at)
    return commands


def _is_cut_too_late(run: RunState, cut: int) -> bool:
    """Return whether a cut of the score could only begin after the score has ended, which would make the show longer.

    A rule's cut begins at once and never belongs to the plan, so this does not apply to it.
    """
    end = run.plan.end_chunk()
    return run.ends_where_written and cut < end <= run.making + 1


def drop_passed(run: RunState, first: int) -> None:
    """With `late drop`, drop the live acts that were not sent for the chunks from `first` to the current one."""
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
    """After a reconnection, send again (or drop) a prompt that should be shown by now and never reached the model.

    The cue stays committed to its chunk; it lands where its prompt is shown. `shown` is the prompt that the model shows.
    """
    slot = run.ledger.slot_in_force(run.making)
    if not run.ends_where_written or slot is None or slot.chunk <= run.base or slot.image is not None or shown is None:
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
    return [run.ledger.send_again(slot, slot.prompt, run.reach - run.base)]


def on_chunk_begin(run: RunState, chunk: int, at: int) -> None:
    """Handle the beginning of a score chunk.

    In a run that follows a clock, note how late its cues are, and whether the tempo changed after they were committed.
    """
    run.moves.plays(run.plan.pass_at(chunk).number, chunk, at)
    slot = run.ledger.slots.get(chunk)
    for line in slot.lines if slot is not None else ():
        line.boundary = at
        if run.follow is None or not line.has_place:
            continue
        beat = run.plan.time_of_line(line)
        if beat is None:
            note_stop(run, line)
            continue
        line.off = at + run.follow.lag - run.follow.offset - beat
        nearest = run.follow.chunk_at(beat, line.snap)
        if nearest is not None and nearest != chunk and nearest >= run.base and not line.reason:
            line.reason = f"the clock or the lag changed inside the reach: chunk {nearest} would be right by now"


def note_stop(run: RunState, line: Delivery) -> None:
    """Note a stopped clock as the reason why a delivery's position is unknown when its chunk begins or is shown."""
    if run.follow is not None and run.follow.stopped_for is not None and not line.reason:
        line.reason = "the clock stopped inside the reach: its place had not come when it was shown"


def begin_cut(run: RunState, chunk: int, at: int) -> list[Command]:
    """End the take before `chunk`: everything up to that chunk that is not committed yet opens the new take."""
    run.phase = Phase.CUTTING
    run.next_base = chunk
    run.resets = 1
    run.still_runs = None
    run.reset_doubted = False
    for line in run.plan.take_up_to(chunk):
        line.planned = run.plan.chunk_of(line)
        if line.planned < chunk and run.schedule.late == "drop" and not _cuts(line):
            line.finish(Status.DROPPED, f"chunk {line.planned} could not be reached any more")
            continue
        if line.planned < chunk:
            line.reason = f"chunk {line.planned} could not be reached any more"
        run.ledger.commit(line, chunk)
    return [Reset(), wake_at(run, at + ANSWER_TIMEOUT_NS)]


def finish(run: RunState, reason: str, well: bool) -> list[Command]:
    """End the run, and give every delivery and every run action that is still open its final status."""
    run.phase = Phase.FINISHED
    run.ended = reason
    run.ended_well = well
    run.ledger.discard_from(run.making)
    run.moves.finish(run.making, run.boundary_at, reason, well, run.stopped)
    why = "no chunk was reported with it" if well else f"the run ended first: {reason}"
    for line in run.plan.lines:
        if line.rule is not None and line.landed is None and (line.chunk or 0) >= run.plan.end_chunk():
            line.finish(Status.SKIPPED, "it fired too near the end: no chunk within reach was left")
        elif well and run.follow is None and line.planned is not None and line.planned >= run.making:
            line.finish(Status.SKIPPED, "the score was left before its chunk")
        elif run.stopped and (line.chunk is None or line.chunk >= run.making):
            line.finish(Status.SKIPPED, "the operator ended the run before its chunk was made")
        elif not line.is_final:
            line.finish(Status.MISSED, line.reason or why)
    return [Finish(reason)]


def wake_at(run: RunState, due: int) -> WakeAt:
    """Request a wake-up; only the latest requested time counts."""
    run.due = due
    return WakeAt(due)


def retry(run: RunState, flight: PendingCommand, event: CommandRefused) -> list[Command]:
    """Send a refused prompt again for the next chunk within reach; report every other refused command."""
    slot = run.ledger.slots[flight.chunk]
    if flight.command == "schedule_prompt" and slot.prompt not in (None, flight.prompt):
        return []  # another delivery has replaced it, and has a pending command of its own
    lines = [line for line in slot.lines if "prompt" in line.open]
    again = flight.command == "schedule_prompt" and run.schedule.late == "shift" and flight.tries < MAX_TRIES
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
    return [run.ledger.resend(PendingCommand(flight.command, chunk, flight.prompt, flight.tries), run.base)]


def finish_deliveries(run: RunState, flight: PendingCommand, status: Status, reason: str) -> None:
    """End the deliveries whose acts were carried by a command that failed for good."""
    kinds = _KINDS_OF_COMMAND.get(flight.command, frozenset())
    slot = run.ledger.slots.get(flight.chunk)
    for line in slot.lines if slot is not None else ():  # a take that shows nothing has no deliveries
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


def add_due_midi(run: RunState, event: Event, commands: list[Command]) -> list[Command]:
    """Add the MIDI messages that are due with an event to its commands. They come first, before a `Finish`."""
    is_over = run.phase is Phase.FINISHED
    if is_over and not any(isinstance(command, Finish) for command in commands):
        return commands  # the run was over before this event
    _look(run, event)
    if is_over and not run.ended_well:
        return commands
    if is_over:
        run.sends.seen.finalise()
    return [*run.sends.due(event.at, _until(run), everything=is_over), *commands]


def _look(run: RunState, event: Event) -> None:
    """Pass on to the display clock of a fixed run what an event reveals about when chunks are shown."""
    match event:
        case ChunkShown() if run.is_of_this_take(event.take) and run.base + event.chunk <= run.making:
            # otherwise it belongs to the previous take and arrives late
            run.sends.seen.shown(event.chunk, event.at)
        case ChunkShown() if not run.is_of_this_take(event.take):
            chunk = run.score_chunk(event.chunk, event.take)
            if chunk is not None:
                run.sends.seen.shown_before(chunk, event.at)
        case ChunkDone() if run.phase is Phase.PLAYING or run.base + event.chunk < run.next_base:
            run.sends.seen.done(event.chunk, event.at)
        case BoundariesFitted() if run.phase is Phase.PLAYING or _is_of_the_take_before_a_cut(run, event):
            run.sends.seen.fitted(event)
        case _:
            pass


def _is_of_the_take_before_a_cut(run: RunState, fit: BoundariesFitted) -> bool:
    """Return whether a fit comes from a chunk of the score made while a cut was pending; that chunk may have been made late."""
    is_cutting = run.ends_where_written and run.phase is Phase.CUTTING
    return is_cutting and run.base + fit.chunk - 1 < run.next_base


def _until(run: RunState) -> int | None:
    """Return the first score chunk that may never come, or not yet: a fixed run sends no MIDI for chunks that are not made."""
    if run.follow is not None:
        return None
    match run.phase:
        case Phase.SHOWING:
            return run.making
        case Phase.PLAYING | Phase.FINISHED:
            return run.making + (1 if run.sends.seen.is_streamed and not run.paused else 0)
        case Phase.CUTTING:
            return min(run.making + (1 if run.sends.seen.is_streamed else 0), run.next_base)
        case _:
            return run.base
