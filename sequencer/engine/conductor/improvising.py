"""Handle what an operator improvises: prompts, images and settings, and sections to go to.

It acts as a rule of the current pass would, fired at that moment. An image that the score does not
use is uploaded first; until then, nothing of it is sent.
"""

from __future__ import annotations

from sequencer.core.timebase import SECOND, nanoseconds
from sequencer.engine.conductor.deliveries import Delivery, Status
from sequencer.engine.conductor.dispatch import send_due
from sequencer.engine.conductor.fired_deliveries import (
    add_improvised,
    improvised_position,
    place_at,
)
from sequencer.engine.conductor.musical_lines import find_line
from sequencer.engine.conductor.operator_input import (
    commit_fired,
    issued_until,
    launch,
    leave,
    leave_at,
)
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.run_actions import LEAVES
from sequencer.engine.conductor.run_state import RunState
from sequencer.engine.conductor.transitions import Phase
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Upload
from sequencer.events.events import Improvised, Uploaded, UploadFailed
from sequencer.schedule.model import (
    CueAct,
    ImageAct,
    PromptAct,
    Quantisation,
    StrengthAct,
    SuperResolutionAct,
)

ENCODING_NS = SECOND // 2
"""How long the model takes to encode an image at most, in nanoseconds, as far as is known."""


def improvise(run: RunState, event: Improvised, now: Event | None = None) -> list[Command]:
    """Show or set what was improvised at the next chunk within reach, or go to a section.

    Args:
        run: The run, whose take plays.
        event: What was improvised.
        now: The event that is being handled, if what was improvised was held until then.
    """
    at = event if now is None else now
    current = run.plan.pass_at(run.making)
    if event.section is not None:
        _go_to(run, event, event.section, current, at.at)
    acts = _acts_of(event)
    if not acts:
        return send_due(run, at)
    line = add_improvised(run.plan, acts, current, event.at, _quantisation(event))
    image = event.image
    if image is None or image.sha256 in run.improvised.uploaded:
        return show_improvised(run, line, at)
    waiting = run.improvised.waiting.setdefault(image.sha256, [])
    waiting.append(line)
    if len(waiting) > 1 or not run.is_connected:
        return send_due(run, at)  # it is being uploaded, or will be once the connection is restored
    return [Upload(image), *send_due(run, at)]


def _quantisation(event: Improvised) -> Quantisation | None:
    return None if event.unit is None else Quantisation(event.every, event.unit)


def _go_to(run: RunState, event: Improvised, section: str, current: Pass, at: int) -> None:
    quantisation = _quantisation(event)
    move = run.actions.fired(
        LEAVES,
        f"goto {section}",
        improvised_position(quantisation),
        current=current,
        line=0,
        at=event.at,
    )
    target, reason = run.plan.next_stretch_named(section, current), f"goto {section}"
    if target is None:
        move.end(Status.SKIPPED, "that section is not played")
        return
    if quantisation is not None:
        after = issued_until(run, at) or at
        reach = run.making + run.schedule.lead
        found = find_line(run.plan, current, quantisation, reach, after)
        if found is not None and found.current is current:
            run.actions.leaves(move)
            leave_at(run, current, found.time, following=target, reason=reason)
            return
    leave(run, move, current, following=target, reason=reason, at=at)


def _acts_of(event: Improvised) -> tuple[CueAct, ...]:
    acts: list[CueAct] = []
    if event.sr is not None:
        acts.append(SuperResolutionAct(event.sr))
    if event.strength is not None:
        acts.append(StrengthAct(event.strength))
    if event.image is not None:
        acts.append(ImageAct(event.image))
    if event.prompt is not None:
        acts.append(PromptAct(event.prompt))
    return tuple(acts)


def show_improvised(run: RunState, line: Delivery, event: Event) -> list[Command]:
    """Commit what was improvised, and send what is due; hold it while no take runs."""
    commands = _commit(run, line, event)
    return commands + send_due(run, event)


def _commit(run: RunState, line: Delivery, event: Event) -> list[Command]:
    if run.phase not in (Phase.PLAYING, Phase.CUTTING):
        run.held_input.append(line)
        return []
    if line.quantisation is not None:
        launch(run, line, run.plan.pass_at(run.making))
        return []
    later = 1 if "image" in line.kinds and _is_too_late_to_encode(run, event.at) else 0
    return commit_fired(
        run, line.acts, event, lambda chunk: place_at(run.plan, line, chunk), later=later
    )


def _is_too_late_to_encode(run: RunState, at: int) -> bool:
    """Return whether an image that is sent now is probably not encoded when the next chunk begins.

    It would act a chunk later, together with the prompt that it was sent with, which would replace
    a prompt that is scheduled for that chunk.
    """
    lengths = sorted(run.chunk_lengths) or [nanoseconds(run.schedule.grid.chunk)]
    ends = run.playing.boundary_at + lengths[len(lengths) // 2]
    return not run.playing.is_paused and ends - at < ENCODING_NS


def improvised_image_uploaded(run: RunState, event: Uploaded) -> list[Command]:
    """Show an improvised image, now that the stage has it."""
    lines = run.improvised.waiting.pop(event.sha256, [])
    if not lines:
        return []
    run.improvised.uploaded.add(event.sha256)
    commands = [command for line in lines for command in _commit(run, line, event)]
    return commands + send_due(run, event)


def improvised_image_failed(run: RunState, event: UploadFailed) -> list[Command]:
    """Report an improvised image that could not be uploaded; the run goes on without it."""
    for line in run.improvised.waiting.pop(event.sha256, []):
        line.finish(Status.REFUSED, f"it could not be uploaded: {event.reason}")
    return []
