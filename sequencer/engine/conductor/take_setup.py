"""How a take is set up: uploads, settings, conditions, start; resets between takes; lost connections."""

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
    """The stage takes commands: images are uploaded first, or the first take is set up."""
    images = run.schedule.images
    run.uploads = {image.sha256 for image in images}
    if not images:
        return open_take(run, event.at)
    run.phase = Phase.UPLOADING
    return [Upload(image) for image in images]


def uploaded(run: RunState, event: Uploaded) -> list[Command]:
    """An image is where the model finds it; with the last one the first take is set up."""
    run.uploads.discard(event.sha256)
    return [] if run.uploads else open_take(run, event.at)


def upload_failed(run: RunState, event: UploadFailed) -> list[Command]:
    """An image could not be uploaded: without it nothing is begun."""
    path = next((image.path for image in run.schedule.images if image.sha256 == event.sha256), event.sha256[:12])
    return finish(run, f"the image {path} could not be uploaded: {event.reason}", well=False)


def open_take(run: RunState, at: int) -> list[Command]:
    """Set a take up at `base`: its settings, and every prompt that may leave already."""
    run.phase = Phase.OPENING
    run.reopens = False
    if run.revision >= SET_UP_ONCE:
        run.restarted = False  # all of it is sent now, so no `state` of this connection says that something is missing
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
    """Whether the take opens with an image: then it is not started before that was encoded."""
    slot = run.ledger.slots.get(run.base)
    return slot is not None and slot.image is not None


def conditioned(run: RunState, event: ConditionsReady) -> list[Command]:
    """The model says what it holds: with all that the take opens with there, it is asked to start."""
    run.has_prompt = run.has_prompt or event.has_prompt
    run.has_image = run.has_image or event.has_image
    return start_if_ready(run, event.at)


def opening_prompt(run: RunState, event: PromptAccepted) -> list[Command]:
    """The model took a prompt while the take is set up; with the one that the take opens with, it may start."""
    run.ledger.accepted_prompt(event.prompt)
    run.has_prompt = run.has_prompt or event.prompt.strip() == (run.ledger.active_at(run.base) or "").strip()
    return start_if_ready(run, event.at)


def opening_image(run: RunState, event: ImageAccepted) -> list[Command]:
    """The model encoded the image that the take opens with."""
    run.ledger.accepted_image(run.making, run.base)
    run.has_image = True
    return start_if_ready(run, event.at)


def start_if_ready(run: RunState, at: int) -> list[Command]:
    """Ask the take to start where all is there that it opens with, or arm it where an outer clock stands."""
    if run.reopens or not run.has_prompt or (wants_image(run) and not run.has_image):
        return []
    if run.follow is not None and not run.follow.is_running:
        run.phase = Phase.ARMED  # the model is warm; its start leaves on the clock's first beat
        return []
    return start(run, at)


def start(run: RunState, at: int) -> list[Command]:
    """Ask the model to start, and to be woken where nothing comes of it."""
    run.phase = Phase.STARTING
    run.starts += 1
    run.bases.append(run.base)
    run.asked_at = at
    run.insisting = False
    waits = run.due is not None and run.due > at
    return [Start()] if waits else [Start(), wake_at(run, at + ANSWER_TIMEOUT_NS)]


def opening_refused(run: RunState, event: CommandRefused) -> list[Command]:
    """What opens a take cannot be done without; the other prompts can be sent again later."""
    run.note_refusal(event)
    flight = run.ledger.refused(event.command)
    if event.command == "start":
        if run.insisting:
            return []  # started already, or not to be started: the `state` behind the refusal says which
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
    """What the take opens with was refused: after a moment all of it is sent once more."""
    run.phase = Phase.OPENING
    run.openings += 1
    run.reopens = True
    run.has_prompt = run.has_image = False
    return [wake_at(run, event.at + REOPENING)]


def set_up_again(run: RunState, at: int) -> list[Command]:
    """The model would not start: after a rest everything is sent once more."""
    run.phase = Phase.OPENING
    run.insisting = False
    run.has_prompt = run.has_image = False
    return [wake_at(run, at + RETRY)]


def opening_woke(run: RunState, event: TimerFired) -> list[Command]:
    """No answer in time, or a refused start's rest is over: try all the same, the model will say what it lacks."""
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
    """Nothing answered the start: it was not heard, or its answer was lost. Asked again, the model must say which."""
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
    """The model reports a reset. One that comes before the chunk in the making was reported may be of an earlier take."""
    if not run.may_be_reset:
        run.reset_doubted = True
        return []
    return was_reset(run, event)


def was_reset(run: RunState, event: ResetDone) -> list[Command]:
    """The old take is cleared: the next one is set up from its first chunk on."""
    overrun, run.overrun = run.overrun, 0
    run.note_beyond(overrun, f"chunk {run.next_base - 1}, where a cut was due")
    run.base = run.next_base
    run.restarted = run.reset_doubted = False
    on_chunk_begin(run, run.base, event.at)
    run.ledger.reset_for_take(run.base)
    return open_take(run, event.at)


def reset_refused(run: RunState, event: CommandRefused) -> list[Command]:
    """No cut then. But refused the second time of asking, the first one has worked: there is nothing left to reset."""
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
    """Nobody reported the reset in time: it is asked for again, and at last taken for done."""
    if event.due != run.due:
        return []
    if not run.connected:
        return [wake_at(run, event.at + ANSWER_TIMEOUT_NS)]
    still_runs, run.still_runs = run.still_runs, None
    if run.resets < MAX_RESETS or still_runs:
        # It may be in a long chunk, or the message was lost either way. Asking again does no harm.
        run.resets += 1
        return [Reset(), wake_at(run, event.at + ANSWER_TIMEOUT_NS)]
    run.notes.append("the model did not report the reset; the new take was opened all the same")
    return was_reset(run, ResetDone(event.at))


def state_while_cutting(run: RunState, event: StateReported) -> list[Command]:
    """A model that answers and has the old take running is in a long chunk: no new take is opened over it.

    One that has nothing running bears out a reset that was not believed.
    """
    run.still_runs = event.started
    if event.started:
        run.overrun = max(run.overrun, run.base + event.chunk - run.next_base)
    return was_reset(run, ResetDone(event.at)) if run.reset_doubted and not event.started else []


def reset_again(run: RunState, event: ResetDone) -> list[Command]:
    """A reset that was asked for twice came twice: what had been set up for the take is gone, so set it up again."""
    if run.resets <= 1:
        return []
    run.resets -= 1
    run.ledger.reset_for_take(run.base)
    return open_take(run, event.at)


def lost(run: RunState, event: ConnectionLost) -> list[Command]:
    """The connection broke: nothing is sent until it stands again."""
    run.connected = False
    run.notes.append(f"the connection was lost: {event.reason}")
    return []


def restored(run: RunState, event: ConnectionRestored) -> list[Command]:
    """Connected again: what was on its way may be lost, and every command here can safely be sent twice."""
    run.connected = True
    run.restarted = True
    match run.phase:
        case Phase.PLAYING:
            return []  # the `state` of the new connection says how far the model is; what is due leaves then
        case Phase.UPLOADING:
            if run.revision >= SET_UP_ONCE:
                run.restarted = False  # nothing but images was sent before
            return [Upload(image) for image in run.schedule.images if image.sha256 in run.uploads]
        case Phase.STARTING:
            return [
                wake_at(run, event.at + ANSWER_TIMEOUT_NS)
            ]  # the `state` of the new connection says whether the start was heard
        case Phase.OPENING | Phase.ARMED:
            run.ledger.reset_for_take(run.base)
            return open_take(run, event.at)
        case Phase.CUTTING:
            return [Reset(), wake_at(run, event.at + ANSWER_TIMEOUT_NS)]
        case Phase.WAITING | Phase.SHOWING | Phase.FINISHED:
            return []
