"""Set up a take: uploads, settings, conditions and start; also resets between takes and lost connections."""

from __future__ import annotations

from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.dispatch import (
    commit,
    commit_limit,
    commit_up_to,
    finish,
    finish_deliveries,
    on_chunk_begin,
    retry,
    send_due,
    wake_at,
)
from sequencer.engine.conductor.run_state import (
    ANSWER_TIMEOUT_NS,
    MAX_OPENINGS,
    MAX_RESETS,
    MAX_STARTS,
    REOPENING,
    RETRY,
    Phase,
    RunState,
)
from sequencer.engine.revisions import SET_UP_ONCE
from sequencer.events.commands import Command, Reset, Start, Upload
from sequencer.events.events import (
    CommandRefused,
    ConditionsReady,
    ConnectionLost,
    ConnectionRestored,
    ImageAccepted,
    PromptAccepted,
    Ready,
    ResetDone,
    StateReported,
    TimerFired,
    Uploaded,
    UploadFailed,
)


def ready(run: RunState, event: Ready) -> list[Command]:
    """Handle a stage that takes commands: upload the images first, or set up the first take."""
    images = run.schedule.images
    run.uploads = {image.sha256 for image in images}
    if not images:
        return open_take(run, event.at)
    run.phase = Phase.UPLOADING
    return [Upload(image) for image in images]


def uploaded(run: RunState, event: Uploaded) -> list[Command]:
    """Handle an uploaded image; after the last one, set up the first take."""
    run.uploads.discard(event.sha256)
    return [] if run.uploads else open_take(run, event.at)


def upload_failed(run: RunState, event: UploadFailed) -> list[Command]:
    """End the run: without the image that could not be uploaded, nothing begins."""
    path = next((image.path for image in run.schedule.images if image.sha256 == event.sha256), event.sha256[:12])
    return finish(run, f"the image {path} could not be uploaded: {event.reason}", well=False)


def open_take(run: RunState, at: int) -> list[Command]:
    """Set a take up at `base`: send its settings, and every prompt that may be sent already."""
    run.phase = Phase.OPENING
    run.reopens = False
    if run.revision >= SET_UP_ONCE:
        run.restarted = False  # everything is sent now, so no `state` of this connection can report that something is missing
    run.making = run.base
    run.has_prompt = run.has_image = False
    run.plan.forecast(run.base + run.schedule.lead)
    for line in run.plan.take_up_to(run.base):
        commit(run, line)
    commit_up_to(run, commit_limit(run))
    commands = run.ledger.opening(run.base, at)
    commands += run.ledger.prompts_due(run.base, run.making, False, at)
    return [*commands, wake_at(run, at + ANSWER_TIMEOUT_NS)]


def wants_image(run: RunState) -> bool:
    """Return whether the take opens with an image: then it starts only after the image was encoded."""
    slot = run.ledger.slots.get(run.base)
    return slot is not None and slot.image is not None


def conditioned(run: RunState, event: ConditionsReady) -> list[Command]:
    """Handle a report of what the model holds; ask it to start once everything that the take opens with is there."""
    run.has_prompt = run.has_prompt or event.has_prompt
    run.has_image = run.has_image or event.has_image
    return start_if_ready(run, event.at)


def opening_prompt(run: RunState, event: PromptAccepted) -> list[Command]:
    """Handle an accepted prompt while the take is being set up; the prompt that the take opens with allows it to start."""
    run.ledger.accepted_prompt(event.prompt)
    run.has_prompt = run.has_prompt or event.prompt.strip() == (run.ledger.active_at(run.base) or "").strip()
    return start_if_ready(run, event.at)


def opening_image(run: RunState, event: ImageAccepted) -> list[Command]:
    """Handle the encoded image that the take opens with."""
    run.ledger.accepted_image(run.making, run.base)
    run.has_image = True
    return start_if_ready(run, event.at)


def start_if_ready(run: RunState, at: int) -> list[Command]:
    """Start the take once everything that it opens with is there, or arm it while the external clock is stopped."""
    if run.reopens or not run.has_prompt or (wants_image(run) and not run.has_image):
        return []
    if run.follow is not None and not run.follow.is_running:
        run.phase = Phase.ARMED  # the model is warmed up; its start is sent on the clock's first beat
        return []
    return start(run, at)


def start(run: RunState, at: int) -> list[Command]:
    """Ask the model to start, and request a wake-up in case nothing happens."""
    run.phase = Phase.STARTING
    run.starts += 1
    run.bases.append(run.base)
    run.asked_at = at
    run.insisting = False
    waits = run.due is not None and run.due > at
    return [Start()] if waits else [Start(), wake_at(run, at + ANSWER_TIMEOUT_NS)]


def opening_refused(run: RunState, event: CommandRefused) -> list[Command]:
    """Handle a refusal while a take is opened: it cannot begin without what it opens with; other prompts can be sent later."""
    run.note_refusal(event)
    flight = run.ledger.refused(event.command)
    if event.command == "start":
        if run.insisting:
            return []  # either started already or not to be started: the `state` after the refusal says which
        if run.starts >= MAX_STARTS:
            return finish(run, f"the model refused to start: {run.reason_of(event)}", well=False)
        return set_up_again(run, event.at)
    if flight is not None and flight.chunk == run.base and run.ends_when_shown and run.openings < MAX_OPENINGS - 1:
        return open_again(run, event)
    if flight is not None and flight.chunk == run.base:
        reason = run.reason_of(event)
        finish_deliveries(run, flight, Status.REFUSED, reason)
        return finish(run, f"the model refused what the take opens with ({event.command}): {reason}", well=False)
    if flight is not None:
        return retry(run, flight, event)
    return []


def open_again(run: RunState, event: CommandRefused) -> list[Command]:
    """Send everything that the take opens with once more after a moment, because some of it was refused."""
    run.phase = Phase.OPENING
    run.openings += 1
    run.reopens = True
    run.has_prompt = run.has_image = False
    return [wake_at(run, event.at + REOPENING)]


def set_up_again(run: RunState, at: int) -> list[Command]:
    """Send everything once more after a delay, because the model refused to start."""
    run.phase = Phase.OPENING
    run.insisting = False
    run.has_prompt = run.has_image = False
    return [wake_at(run, at + RETRY)]


def opening_woke(run: RunState, event: TimerFired) -> list[Command]:
    """Start without an answer, or again after a refused start: the model will report what is missing."""
    if event.due != run.due:
        return []
    if not run.connected:
        return [wake_at(run, event.at + ANSWER_TIMEOUT_NS)]
    if run.reopens:
        run.ledger.reset_for_take(run.base)
        return open_take(run, event.at)
    if run.starts and not run.has_prompt:
        run.ledger.reset_for_take(run.base)
        commands = run.ledger.opening(run.base, event.at)
        commands += run.ledger.prompts_due(run.base, run.making, False, event.at)
        run.has_prompt = run.has_image = True
        return [*commands, *start(run, event.at)]
    run.notes.append("the model did not say that it has what it needs to start; it was started all the same")
    return start(run, event.at)


def starting_woke(run: RunState, event: TimerFired) -> list[Command]:
    """Send an unanswered start again: either it or its answer was lost, and now the model must report which."""
    if event.due != run.due:
        return []
    if run.connected and run.starts < MAX_STARTS:
        run.starts += 1
        run.bases.append(run.base)
        run.insisting = True
        return [Start(), wake_at(run, event.at + ANSWER_TIMEOUT_NS)]
    if run.connected:
        return finish(run, "the model did not answer to start", well=False)
    return [wake_at(run, event.at + ANSWER_TIMEOUT_NS)]


def reset_reported(run: RunState, event: ResetDone) -> list[Command]:
    """Handle a reported reset. If the current chunk has not been reported yet, the reset may be of an earlier take."""
    if not run.may_be_reset:
        run.reset_doubted = True
        return []
    return was_reset(run, event)


def was_reset(run: RunState, event: ResetDone) -> list[Command]:
    """Open the next take from its first chunk on: the old one is cleared."""
    overrun, run.overrun = run.overrun, 0
    run.note_beyond(overrun, f"chunk {run.next_base - 1}, where a cut was due")
    run.base = run.next_base
    run.restarted = run.reset_doubted = False
    on_chunk_begin(run, run.base, event.at)
    run.ledger.reset_for_take(run.base)
    return open_take(run, event.at)


def reset_refused(run: RunState, event: CommandRefused) -> list[Command]:
    """Cancel the cut, because its reset was refused.

    If a repeated reset is refused, the first one has worked and there is nothing left to reset: open the next take.
    """
    run.note_refusal(event)
    if event.command != "reset":
        return []
    if run.resets > 1:
        return was_reset(run, ResetDone(event.at))
    for line in run.ledger.slots[run.next_base].lines:
        if "cut" in line.open:
            line.finish(Status.REFUSED, run.reason_of(event))
    run.phase = Phase.PLAYING
    return send_due(run, event.at)


def cutting_woke(run: RunState, event: TimerFired) -> list[Command]:
    """Request a reset again that was not reported in time; after the last attempt assume that it was done."""
    if event.due != run.due:
        return []
    if not run.connected:
        return [wake_at(run, event.at + ANSWER_TIMEOUT_NS)]
    still_runs, run.still_runs = run.still_runs, None
    if run.resets < MAX_RESETS or still_runs:
        # The model may be in a long chunk, or a message was lost. In either case a second request does no harm.
        run.resets += 1
        return [Reset(), wake_at(run, event.at + ANSWER_TIMEOUT_NS)]
    run.notes.append("the model did not report the reset; the new take was opened all the same")
    return was_reset(run, ResetDone(event.at))


def state_while_cutting(run: RunState, event: StateReported) -> list[Command]:
    """Handle a `state` while a reset is pending.

    If the old take is running, the model is in a long chunk, and no new take is opened over it. If nothing is running, this
    confirms a reset that was not trusted.
    """
    run.still_runs = event.started
    if event.started:
        run.overrun = max(run.overrun, run.base + event.chunk - run.next_base)
    return was_reset(run, ResetDone(event.at)) if run.reset_doubted and not event.started else []


def reset_again(run: RunState, event: ResetDone) -> list[Command]:
    """Set the take up again: a repeated reset was reported twice, and the second one cleared what had been set up."""
    if run.resets <= 1:
        return []
    run.resets -= 1
    run.ledger.reset_for_take(run.base)
    return open_take(run, event.at)


def lost(run: RunState, event: ConnectionLost) -> list[Command]:
    """Send nothing until the lost connection is restored."""
    run.connected = False
    run.notes.append(f"the connection was lost: {event.reason}")
    return []


def restored(run: RunState, event: ConnectionRestored) -> list[Command]:
    """Continue after a reconnection: pending commands may be lost, and every command here can safely be sent twice."""
    run.connected = True
    run.restarted = True
    match run.phase:
        case Phase.PLAYING:
            return []  # the `state` of the new connection gives the model's position; what is due is sent then
        case Phase.UPLOADING:
            if run.revision >= SET_UP_ONCE:
                run.restarted = False  # only images were sent before
            return [Upload(image) for image in run.schedule.images if image.sha256 in run.uploads]
        case Phase.STARTING:
            return [
                wake_at(run, event.at + ANSWER_TIMEOUT_NS)
            ]  # the `state` of the new connection says whether the start arrived
        case Phase.OPENING | Phase.ARMED:
            run.ledger.reset_for_take(run.base)
            return open_take(run, event.at)
        case Phase.CUTTING:
            return [Reset(), wake_at(run, event.at + ANSWER_TIMEOUT_NS)]
        case Phase.WAITING | Phase.SHOWING | Phase.FINISHED:
            return []
