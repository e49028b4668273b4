"""Set up a take: uploads, settings, conditions, start; also resets and lost connections."""

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
    RunState,
)
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.revisions import SET_UP_ONCE
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Reset, Start, Upload
from sequencer.events.events import (
    BeginRequested,
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
from sequencer.schedule.model import ImageAct

NO_FADES = "the stage does not fade: each prompt replaces the previous one at once"
"""What is reported of a score with fades on a stage without them."""


def ready(run: RunState, event: Ready) -> list[Command]:
    """Handle a stage that takes commands: upload the images first, or set up the first take."""
    run.ledger.can_fade = event.fades
    if run.schedule.has_fades and not event.fades:
        run.notes.append(NO_FADES)
    images = run.schedule.images
    run.uploading.missing = {image.sha256 for image in images}
    if not images:
        return open_take(run, event)
    run.enter(Phase.UPLOADING, event)
    return [Upload(image) for image in images]


def uploaded(run: RunState, event: Uploaded) -> list[Command]:
    """Handle an uploaded image; after the last one, set up the first take."""
    run.uploading.missing.discard(event.sha256)
    return [] if run.uploading.missing else open_take(run, event)


def upload_failed(run: RunState, event: UploadFailed) -> list[Command]:
    """End the run: without the image that could not be uploaded, nothing begins."""
    if run.may_reload and event.sha256 not in run.uploading.missing:
        return []  # an image of a version of the score that is not played any more
    path = next(
        (image.path for image in run.schedule.images if image.sha256 == event.sha256),
        event.sha256[:12],
    )
    return finish(run, event, f"the image {path} could not be uploaded: {event.reason}", well=False)


def open_take(run: RunState, event: Event) -> list[Command]:
    """Set a take up at `base`: send its settings, and every prompt that may be sent already."""
    run.enter(Phase.OPENING, event)
    run.opening.is_refused = False
    if run.revision >= SET_UP_ONCE:
        # Everything is sent now, so no `state` of this connection can report that something is
        # missing.
        run.awaits_state = False
    run.making = run.base
    run.opening.has_prompt = run.opening.has_image = False
    run.plan.forecast(run.base + run.schedule.lead)
    for line in run.plan.take_up_to(run.base):
        commit(run, line)
    commit_up_to(run, commit_limit(run))
    commands = run.ledger.opening(run.base, event.at)
    commands += run.ledger.prompts_due(run.base, run.making, False, event.at)
    return [*commands, wake_at(run, event.at + ANSWER_TIMEOUT_NS)]


def wants_image(run: RunState) -> bool:
    """Return whether the take opens with an image, and so starts only after it was encoded."""
    slot = run.ledger.slots.get(run.base)
    return slot is not None and slot.image is not None


def conditions_ready_reported(run: RunState, event: ConditionsReady) -> list[Command]:
    """Handle a report of what the model holds; start once all that the take opens with is there."""
    run.opening.has_prompt = run.opening.has_prompt or event.has_prompt
    run.opening.has_image = run.opening.has_image or event.has_image
    return start_if_ready(run, event)


def opening_prompt(run: RunState, event: PromptAccepted) -> list[Command]:
    """Handle an accepted prompt during take setup; the one the take opens with lets it start."""
    run.ledger.accepted_prompt(event.prompt)
    run.opening.has_prompt = (
        run.opening.has_prompt
        or event.prompt.strip() == (run.ledger.active_at(run.base) or "").strip()
    )
    return start_if_ready(run, event)


def opening_image(run: RunState, event: ImageAccepted) -> list[Command]:
    """Handle the encoded image that the take opens with."""
    run.ledger.accepted_image(run.making, run.base)
    run.opening.has_image = True
    return start_if_ready(run, event)


def start_if_ready(run: RunState, event: Event) -> list[Command]:
    """Start the take once all that it opens with is there, or arm it while the clock is stopped."""
    if (
        run.opening.is_refused
        or not run.opening.has_prompt
        or (wants_image(run) and not run.opening.has_image)
    ):
        return []
    return start_unless_held(run, event)


def start_unless_held(run: RunState, event: Event) -> list[Command]:
    """Start a take that is set up, or arm it.

    An armed take waits for the operator to begin the run, or for the clock's first beat.
    """
    if run.is_held:
        if run.phase is not Phase.ARMED:
            run.enter(Phase.ARMED, event)
        return []
    return start(run, event)


def begin_requested(run: RunState, event: BeginRequested) -> list[Command]:
    """Begin a run that waits for its operator: now if it is armed, otherwise once it is set up."""
    run.waits_for_go = False
    return start_unless_held(run, event) if run.phase is Phase.ARMED else []


def start(run: RunState, event: Event) -> list[Command]:
    """Ask the model to start, and request a wake-up in case nothing happens."""
    run.enter(Phase.STARTING, event)
    run.starts += 1
    run.take_bases.append(run.base)
    run.opening.asked_at = event.at
    run.opening.start_repeated = False
    waits = run.wake_due is not None and run.wake_due > event.at
    return [Start()] if waits else [Start(), wake_at(run, event.at + ANSWER_TIMEOUT_NS)]


def opening_refused(run: RunState, event: CommandRefused) -> list[Command]:
    """Handle a refusal while a take is opened, which cannot begin without what it opens with.

    Other prompts can be sent later.
    """
    run.note_refusal(event)
    flight = run.ledger.refused(event.command)
    if event.command == "start":
        if run.opening.start_repeated:
            # either started already or not to be started: the `state` after the refusal shows which
            return []
        if run.starts >= MAX_STARTS:
            return finish(
                run, event, f"the model refused to start: {run.reason_of(event)}", well=False
            )
        return set_up_again(run, event)
    if (
        flight is not None
        and flight.chunk == run.base
        and run.ends_when_shown
        and run.refused_openings < MAX_OPENINGS - 1
    ):
        return open_again(run, event)
    if flight is not None and flight.chunk == run.base:
        reason = run.reason_of(event)
        finish_deliveries(run, flight, Status.REFUSED, reason)
        return finish(
            run,
            event,
            f"the model refused what the take opens with ({event.command}): {reason}",
            well=False,
        )
    if flight is not None:
        return retry(run, flight, event)
    return []


def open_again(run: RunState, event: CommandRefused) -> list[Command]:
    """After a moment send again everything that the take opens with, as some of it was refused."""
    run.enter(Phase.OPENING, event)
    run.refused_openings += 1
    run.opening.is_refused = True
    run.opening.has_prompt = run.opening.has_image = False
    return [wake_at(run, event.at + REOPENING)]


def set_up_again(run: RunState, event: Event) -> list[Command]:
    """Send everything once more after a delay, because the model refused to start."""
    run.enter(Phase.OPENING, event)
    run.opening.start_repeated = False
    run.opening.has_prompt = run.opening.has_image = False
    return [wake_at(run, event.at + RETRY)]


def opening_timed_out(run: RunState, event: TimerFired) -> list[Command]:
    """Start without an answer, or after a refused start: the model will report what is missing."""
    if event.due != run.wake_due:
        return []
    if not run.is_connected:
        return [wake_at(run, event.at + ANSWER_TIMEOUT_NS)]
    if run.opening.is_refused:
        run.ledger.reset_for_take(run.base)
        return open_take(run, event)
    if run.starts and not run.opening.has_prompt:
        run.ledger.reset_for_take(run.base)
        commands = run.ledger.opening(run.base, event.at)
        commands += run.ledger.prompts_due(run.base, run.making, False, event.at)
        run.opening.has_prompt = run.opening.has_image = True
        return [*commands, *start(run, event)]
    run.notes.append(
        "the model did not report that it has what it needs to start; it was started all the same"
    )
    return start_unless_held(run, event) if run.waits_for_go else start(run, event)


def starting_timed_out(run: RunState, event: TimerFired) -> list[Command]:
    """Send an unanswered start again: either it or its answer was lost.

    Now the model must report which.
    """
    if event.due != run.wake_due:
        return []
    if run.is_connected and run.starts < MAX_STARTS:
        run.starts += 1
        run.take_bases.append(run.base)
        run.opening.start_repeated = True
        return [Start(), wake_at(run, event.at + ANSWER_TIMEOUT_NS)]
    if run.is_connected:
        return finish(run, event, "the model did not answer to start", well=False)
    return [wake_at(run, event.at + ANSWER_TIMEOUT_NS)]


def reset_reported(run: RunState, event: ResetDone) -> list[Command]:
    """Handle a reported reset.

    If the current chunk has not been reported yet, the reset may be of an earlier take.
    """
    if not run.may_be_reset:
        run.cutting.is_report_doubted = True
        return []
    return open_next_take(run, event)


def open_next_take(run: RunState, event: Event) -> list[Command]:
    """Open the next take from its first chunk on: the old one is cleared."""
    overrun, run.overrun = run.overrun, 0
    run.note_beyond(overrun, f"chunk {run.cutting.next_base - 1}, where a cut was due")
    run.base = run.cutting.next_base
    run.awaits_state = False
    on_chunk_begin(run, run.base, event.at)
    if run.sync is not None and run.schedule.grid.first is not None:
        # What is sent before the take begins has to know that its first chunk is shorter.
        run.sync.take_began(run.base, event.at)
        run.plan.forecast(run.base + run.schedule.lead)
    run.ledger.reset_for_take(run.base)
    return open_take(run, event)


def reset_refused(run: RunState, event: CommandRefused) -> list[Command]:
    """Cancel the cut, because its reset was refused.

    If a repeated reset is refused, the first one has worked and there is nothing left to reset:
    open the next take.
    """
    run.note_refusal(event)
    if event.command != "reset":
        return []
    if run.resets > 1:
        return open_next_take(run, event)
    for line in run.ledger.slots[run.cutting.next_base].lines:
        if "cut" in line.open:
            line.finish(Status.REFUSED, run.reason_of(event))
    run.enter(Phase.PLAYING, event)
    run.plan.cancel_take(run.base)
    return send_due(run, event)


def cutting_timed_out(run: RunState, event: TimerFired) -> list[Command]:
    """Repeat a reset not reported in time; after the last attempt assume that it was done."""
    if event.due != run.wake_due:
        return []
    if not run.is_connected:
        return [wake_at(run, event.at + ANSWER_TIMEOUT_NS)]
    old_take_runs, run.cutting.old_take_runs = run.cutting.old_take_runs, None
    if run.resets < MAX_RESETS or old_take_runs:
        # The model may be in a long chunk, or a message was lost. In either case a second request
        # does no harm.
        run.resets += 1
        return [Reset(), wake_at(run, event.at + ANSWER_TIMEOUT_NS)]
    run.notes.append("the model did not report the reset; the new take was opened all the same")
    return open_next_take(run, event)


def state_while_cutting(run: RunState, event: StateReported) -> list[Command]:
    """Handle a `state` while a reset is pending.

    If the old take is running, the model is in a long chunk, and no new take is opened over it. If
    nothing is running, this confirms a reset that was not trusted.
    """
    run.cutting.old_take_runs = event.started
    if event.started:
        run.overrun = max(run.overrun, run.base + event.chunk - run.cutting.next_base)
    return open_next_take(run, event) if run.cutting.is_report_doubted and not event.started else []


def reset_again(run: RunState, event: ResetDone) -> list[Command]:
    """Set the take up again after a repeated reset was reported twice.

    The second reset cleared what had been set up.
    """
    if run.resets <= 1:
        return []
    run.resets -= 1
    run.ledger.reset_for_take(run.base)
    return open_take(run, event)


def lost(run: RunState, event: ConnectionLost) -> list[Command]:
    """Send nothing until the lost connection is restored."""
    run.is_connected = False
    run.notes.append(f"the connection was lost: {event.reason}")
    return []


def restored(run: RunState, event: ConnectionRestored) -> list[Command]:
    """Continue after a reconnection: commands may be lost, and any can safely be sent twice."""
    run.is_connected = True
    run.awaits_state = True
    return [*_resume_phase(run, event), *upload_improvised(run), *upload_edited(run)]


def upload_edited(run: RunState) -> list[Command]:
    """Return the uploads of the images that only a version to take over has."""
    event, missing = run.reloading.event, run.reloading.missing
    if event is None or run.phase is Phase.UPLOADING:
        return []
    images = run.versions[event.version - 1].images
    return [Upload(image) for image in images if image.sha256 in missing]


def upload_improvised(run: RunState) -> list[Command]:
    """Return the uploads of the improvised images that the stage does not have yet."""
    images = [
        act.image
        for lines in run.improvised.waiting.values()
        for act in lines[0].acts
        if isinstance(act, ImageAct)
    ]
    return [Upload(image) for image in images]


def _resume_phase(run: RunState, event: ConnectionRestored) -> list[Command]:
    match run.phase:
        case Phase.PLAYING:
            # the `state` of the new connection gives the model's position; what is due is sent then
            return []
        case Phase.UPLOADING:
            if run.revision >= SET_UP_ONCE:
                run.awaits_state = False  # only images were sent before
            return [
                Upload(image)
                for image in run.schedule.images
                if image.sha256 in run.uploading.missing
            ]
        case Phase.STARTING:
            return [
                wake_at(run, event.at + ANSWER_TIMEOUT_NS)
            ]  # the `state` of the new connection shows whether the start arrived
        case Phase.OPENING | Phase.ARMED:
            run.ledger.reset_for_take(run.base)
            return open_take(run, event)
        case Phase.CUTTING:
            return [Reset(), wake_at(run, event.at + ANSWER_TIMEOUT_NS)]
        case Phase.WAITING | Phase.SHOWING | Phase.FINISHED:
            return []
