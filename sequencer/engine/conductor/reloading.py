"""Let another version of the score take over while a run plays.

A version waits until its images are uploaded, and while a take is being opened or cut. Before the
first take has started, it replaces the score that was to be played.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from sequencer.engine.conductor.deliveries import Delivery, Status
from sequencer.engine.conductor.dispatch import send_due, wake_at
from sequencer.engine.conductor.improvising import (
    improvised_image_failed,
    improvised_image_uploaded,
)
from sequencer.engine.conductor.message_output import AHEAD
from sequencer.engine.conductor.operator_input import issued_until, launch
from sequencer.engine.conductor.plan import Plan
from sequencer.engine.conductor.run_actions import RELOADS
from sequencer.engine.conductor.run_state import ANSWER_TIMEOUT_NS, Reloading, RunState
from sequencer.engine.conductor.score_state import changed_acts, state_at
from sequencer.engine.conductor.take_setup import open_take, upload_edited
from sequencer.engine.conductor.takeover import (
    TOO_LATE,
    Refusal,
    Takeover,
    Where,
    check_version,
    find_reached,
    find_takeover,
    moved_position,
)
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.play_range import PlayRange
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Reset, Upload
from sequencer.events.events import ConnectionRestored, ReloadRequested, Uploaded, UploadFailed
from sequencer.schedule.model import Schedule

_BEFORE_START = frozenset({Phase.OPENING, Phase.ARMED})
_OPENS_AGAIN = (ReloadRequested, Uploaded, ConnectionRestored)
"""Events after which a take that is being opened can be opened with another version.

Others have just changed its phase.
"""


def reload_requested(run: RunState, event: ReloadRequested) -> list[Command]:
    """Let a version of the score wait until it can take over; upload its images first."""
    version = f"version {event.version}"
    action = run.actions.fired(
        RELOADS, version, "reload", current=run.plan.pass_at(run.making), line=0, at=event.at
    )
    if not run.may_reload or not 1 <= event.version <= len(run.versions):
        action.end(Status.REFUSED, f"the run has no {version} of its score")
        return []
    schedule = run.versions[event.version - 1]
    refusal = check_version(run.versions[0], schedule)
    if run.phase is Phase.SHOWING:
        refusal = refusal or TOO_LATE
    if refusal is not None:
        action.end(Status.REFUSED, str(refusal))
        return []
    if run.reloading.event is not None:  # only the newest of those that wait is kept
        run.actions.never_takes_over(run.reloading.event.version, action)
    requested = run.reloading.missing
    missing = {image.sha256 for image in schedule.images} - run.improvised.uploaded
    run.reloading = Reloading(event=event, action=action, missing=missing)
    if not run.is_connected or run.phase in (Phase.WAITING, Phase.UPLOADING):
        return []
    known = requested | set(run.improvised.waiting)
    return [
        one
        for one in upload_edited(run)
        if isinstance(one, Upload) and one.image.sha256 not in known
    ]


def image_uploaded(run: RunState, event: Uploaded) -> list[Command]:
    """Handle an image that was improvised, or that a version to take over needs."""
    commands = improvised_image_uploaded(run, event)
    if event.sha256 in run.reloading.missing:
        run.reloading.missing.discard(event.sha256)
        run.improvised.uploaded.add(event.sha256)
    return commands


def image_failed(run: RunState, event: UploadFailed) -> list[Command]:
    """Report an image that could not be uploaded; a version that needs it does not take over."""
    commands = improvised_image_failed(run, event)
    if event.sha256 in run.reloading.missing:
        refuse(run, upload_refusal(run, event))
    return commands


def upload_refusal(run: RunState, event: UploadFailed) -> Refusal:
    """Return the refusal of a version one of whose images could not be uploaded."""
    images = [image for schedule in run.versions for image in schedule.images]
    path = next((one.path for one in images if one.sha256 == event.sha256), event.sha256[:12])
    return Refusal(
        "",
        f"the image {path} of the edited score could not be uploaded: {event.reason}",
        "reload once more, or omit the image",
    )


def refuse(run: RunState, refusal: Refusal) -> None:
    """End the wait of a version that cannot take over, and report why."""
    if run.reloading.action is not None:
        run.reloading.action.end(Status.REFUSED, str(refusal))
    run.reloading = Reloading()


def apply_waiting(run: RunState, event: Event) -> list[Command]:
    """Let the version that waits take over, if it can now."""
    waiting = run.reloading
    if waiting.event is None:
        return []
    if run.phase is Phase.WAITING:
        if _begin_with(run, waiting.event.version, event):
            run.improvised.uploaded = {image.sha256 for image in run.schedule.images}
        return []
    if run.phase is Phase.UPLOADING:
        return _upload_instead(run, waiting.event.version, event)
    if run.phase in (Phase.SHOWING, Phase.FINISHED):
        refuse(run, TOO_LATE)
        return []
    if waiting.missing:
        return []
    if run.phase is Phase.PLAYING:
        return take_over(run, waiting.event, event)
    if run.phase is Phase.CUTTING and run.takes == 0:
        if _begin_with(run, waiting.event.version, event):
            run.cutting.next_base = run.base
        return []
    is_calm = run.takes == 0 and run.is_connected and isinstance(event, _OPENS_AGAIN)
    if run.phase in _BEFORE_START and is_calm:
        return _open_instead(run, waiting.event.version, event)
    return []


# ---- before the first start ------------------------------------------------------------------


def _begin_with(run: RunState, version: int, event: Event) -> bool:
    """Replace the score of a run that has not begun; return whether that was possible."""
    schedule, played = run.versions[version - 1], run.plan.played
    if played is not None:
        start = moved_position(played.start, run.schedule, schedule)
        stop = moved_position(run.plan.stop, run.schedule, schedule)
        is_lost = (start is None) != (played.start is None) or (stop is None) != (
            played.stop is None
        )
        moved = PlayRange(start=start, stop=stop)
        if is_lost or moved.first_chunk(schedule) >= moved.end_chunk(schedule):
            refuse(
                run,
                Refusal(
                    "",
                    f"the run plays {played}, which the edited score does not have",
                    "keep the sections in which the range begins and ends",
                ),
            )
            return False
        played = moved
    run.begin_with(version, played)
    action, run.reloading = run.reloading.action, Reloading()
    if action is not None:
        action.land(run.base, event.at)
    return True


def _upload_instead(run: RunState, version: int, event: Event) -> list[Command]:
    """Upload the images of another version; open the first take if there are none."""
    before = {image.sha256 for image in run.schedule.images}
    requested = set(run.uploading.missing)
    if not _begin_with(run, version, event):
        return []
    uploaded = run.improvised.uploaded - (before & requested)
    images = run.schedule.images
    run.uploading.missing = {image.sha256 for image in images} - uploaded
    run.improvised.uploaded = uploaded | {image.sha256 for image in images}
    if not run.uploading.missing:
        return open_take(run, event)
    return [
        Upload(image)
        for image in images
        if image.sha256 in run.uploading.missing and image.sha256 not in requested
    ]


def _open_instead(run: RunState, version: int, event: Event) -> list[Command]:
    """Clear the model, and open the first take of another version."""
    if not _begin_with(run, version, event):
        return []
    run.enter(Phase.CUTTING, event)
    run.cutting.next_base = run.base
    run.resets = 1
    return [Reset(), wake_at(run, event.at + ANSWER_TIMEOUT_NS)]


# ---- while a take plays ----------------------------------------------------------------------


def find(
    run: RunState, schedule: Schedule, where: Where, section: str | None, at: int
) -> Takeover | Refusal:
    """Return where a version would take over at nanosecond `at`, or why it cannot."""
    reach = run.making + max(run.schedule.lead, schedule.lead)
    passed = issued_until(run, at)
    reached = find_reached(run.plan, run.making, reach, at if passed is None else passed, where)
    if reached is None:
        return TOO_LATE
    return find_takeover(run.plan, schedule, reached, section)


def take_over(run: RunState, wanted: ReloadRequested, event: Event) -> list[Command]:
    """Continue with a version of the score from the first position within reach."""
    schedule = run.versions[wanted.version - 1]
    run.plan.forecast(run.making + run.schedule.lead)
    found = find(run, schedule, wanted.where, wanted.section, event.at)
    if isinstance(found, Refusal):
        refuse(run, found)
        return []
    before = state_at(run.versions[found.current.version - 1], found.old)
    after = state_at(schedule, found.new)
    if before.seed != after.seed:
        run.ledger.seed = after.seed
    adopted = run.plan.adopt(wanted.version, schedule, found, changed_acts(before, after))
    leaving = {line.number for line in adopted.leaving}

    def leaves(line: Delivery) -> bool:
        return line.number in leaving

    action = run.reloading.action
    if action is not None:
        for version in adopted.overtaken:
            run.actions.never_takes_over(version, action)
    run.ledger.withdraw(run.making + 1, leaves, f"version {wanted.version} of the score took over")
    run.schedule = schedule
    run.triggers.listen_to(schedule)
    run.messages.adopted(found.current.number, found.time)
    run.reloading = Reloading()
    run.plan.forecast(run.making + schedule.lead)
    for line in adopted.launched:
        run.plan.renumber(line)
        launch(run, line, run.plan.pass_at(run.making))
    return send_due(run, event)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoverForecast:
    """Where a version of the score would take over.

    Attributes:
        section: The section of its new position; empty for none.
        position: The bar (or second) there; empty while it is not known.
        waits_for: What it waits for, if the position is not known yet; empty otherwise.
        chunk: The score chunk; None where it is not known.
        last_chunk: The last score chunk during whose making it still takes over there.
        until: In a run that follows a clock, the nanosecond from which on it takes over later.
    """

    section: str
    position: str
    waits_for: str = ""
    chunk: int | None = None
    last_chunk: int | None = None
    until: int | None = None


def forecast_takeover(
    run: RunState, schedule: Schedule, where: Where, section: str | None, at: int
) -> TakeoverForecast | Refusal:
    """Return where a version would take over at nanosecond `at`, or why it cannot."""
    refusal = check_version(run.versions[0], schedule)
    if refusal is not None:
        return refusal
    if run.phase in (Phase.SHOWING, Phase.FINISHED):
        return TOO_LATE
    if run.phase is not Phase.PLAYING:
        waits_for = "once the take runs" if run.takes else "before the run begins"
        return TakeoverForecast(section="", position="", waits_for=waits_for)
    found = find(run, schedule, where, section, at)
    if isinstance(found, Refusal):
        return found
    stretch, meters = found.stretch, found.stretch.meters
    position = f"{float(found.offset):.1f} s"
    if meters is not None and found.inside is not None:
        position = str(meters.bar_beat_at(found.inside)).partition("+")[0]
    missing = {image.sha256 for image in schedule.images} - run.improvised.uploaded
    waits_for, name = "", stretch.section or ""
    if missing:
        images = f"{len(missing)} image{'s' * (len(missing) != 1)}"
        waits_for = f"once {images} of it {'is' if len(missing) == 1 else 'are'} uploaded"
    follow = run.plan.follow
    if follow is None:
        chunk = run.plan.chunk_at(found.time)
        last = chunk - max(run.schedule.lead, schedule.lead)
        return TakeoverForecast(
            section=name, position=position, waits_for=waits_for, chunk=chunk, last_chunk=last
        )
    due = follow.time_of(float(found.quarter), float(found.time))
    there = None if due is None else follow.chunk_at(due, run.schedule.snap)
    is_bound = due is not None and issued_until(run, at) is not None
    return TakeoverForecast(
        section=name,
        position=position,
        waits_for=waits_for,
        chunk=there,
        last_chunk=None if there is None else there - max(run.schedule.lead, schedule.lead),
        until=ceil(due) - AHEAD if due is not None and is_bound else None,
    )


def describe_takeover(
    run: RunState, schedule: Schedule, where: Where, section: str | None, at: int
) -> Refusal | str:
    """Return where a version would take over at nanosecond `at`, in words, or why it cannot."""
    found = forecast_takeover(run, schedule, where, section, at)
    if isinstance(found, Refusal):
        return found
    if found.waits_for:
        return found.waits_for
    name = f"{found.section} {found.position}".strip()
    if run.plan.follow is not None:
        return f"at {name}"
    return f"at {name}, with chunk {found.chunk}"


def find_refusal(playing: Schedule, edited: Schedule, chunk: int) -> Refusal | None:
    """Return why an edit could not take over at the next bar while a chunk of a score is made.

    Args:
        playing: The score that plays from its beginning.
        edited: The edit.
        chunk: The score chunk that is being made, at nominal times.
    """
    refusal = check_version(playing, edited)
    if refusal is not None:
        return refusal
    plan = Plan(playing)
    reached = find_reached(plan, chunk, chunk + max(playing.lead, edited.lead), 0, "bar")
    found = TOO_LATE if reached is None else find_takeover(plan, edited, reached, None)
    return found if isinstance(found, Refusal) else None
