"""Describe what a score is waiting for, and explain to an operator why an input has no effect.

The functions read a view of a run and change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sequencer.core.midi_notes import note_name
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.conductor.triggers import answers_note, is_osc_trigger, osc_number
from sequencer.engine.conductor.view import RunView
from sequencer.events.codec import Event
from sequencer.events.events import (
    ControlChanged,
    Improvised,
    NoteReceived,
    OffsetChanged,
    OperatorGo,
    OperatorPause,
    OscReceived,
    ProgramChanged,
    TransportChanged,
)
from sequencer.schedule.describe import firing_by_name
from sequencer.schedule.model import (
    ControlCrossing,
    GotoAct,
    GoTrigger,
    NoteTrigger,
    OscCrossing,
    OscTrigger,
    ProgramTrigger,
    ReleaseTrigger,
    Schedule,
    Stretch,
    TransportTrigger,
    Trigger,
    VelocityTrigger,
)

_ON_NOTES = (NoteTrigger, VelocityTrigger, ReleaseTrigger)
NOTES = 12
"""Notes per octave: the same name in another octave is the usual mistake."""
MIN_SIMILARITY = 0.6
"""The similarity (0 to 1) from which a name counts as a misspelling of another."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why an event has no effect: one sentence, and a hint listing what the score waits for."""

    message: str
    hint: str


def list_triggers(stretch: Stretch) -> tuple[Trigger, ...]:
    """Return a stretch's distinct triggers: those that end it, then its rules in source order."""
    return tuple(dict.fromkeys((*stretch.until, *(rule.trigger for rule in stretch.rules))))


def describe_awaited(run: RunView) -> str:
    """Return what the current pass awaits, such as `section jam waits for: go out, note D3`."""
    return _describe_triggers(run.schedule, run.listening_pass.stretch)


def explain_unanswered(run: RunView, event: Event) -> Unanswered | None:
    """Return why an event has no effect now; None if it is awaited or takes effect anyway.

    Args:
        run: The run as it is before the event.
        event: What the operator did.
    """
    schedule = run.schedule
    if run.phase is Phase.FINISHED:
        return Unanswered("the run is over", f"it ended because of this: {run.ended}")
    match event:
        case NoteReceived(velocity=0) if not _awaits_a_release(schedule):
            hint = "give it a velocity from 1 to 127, or omit vel"
            return Unanswered("a note with velocity 0 is a note-off, which triggers nothing", hint)
        case OffsetChanged():
            if run.clock is not None or schedule.has_timed_sends:
                return None
            message = (
                "an offset shifts positions against a clock or MIDI devices, but this run has "
                "neither"
            )
            return Unanswered(message, "start the run with --follow")
        case Improvised():
            return _explain_improvised(run, event)
        case OperatorPause() if run.waits_for_go:
            # Held until the take has started, it would keep the score still after its GO.
            return Unanswered("the score has not begun: it waits for GO", "go begins it")
        case TransportChanged() if run.clock is not None and run.clock.is_external:
            return None
        case (
            NoteReceived()
            | ControlChanged()
            | ProgramChanged()
            | OperatorGo()
            | OscReceived()
            | TransportChanged()
        ):
            pass
        case _:
            return None
    current = run.listening_pass.stretch
    if any(_can_fire(firing, event) for firing in list_triggers(current)):
        return None
    name = describe_input(event, schedule)
    others = dict.fromkeys(
        one.section
        for one in schedule.stretches
        if any(_can_fire(firing, event) for firing in list_triggers(one)) and one.section
    )
    if others:
        subject = (
            f"section {next(iter(others))} waits"
            if len(others) == 1
            else f"sections {_join_names(others)} wait"
        )
        return Unanswered(
            f"nothing waits for {name} now: {subject} for it", _describe_triggers(schedule, current)
        )
    everywhere = [firing for one in schedule.stretches for firing in list_triggers(one)]
    similar = _find_similar(event, list_triggers(current)) or _find_similar(event, everywhere)
    listed = _describe_triggers(schedule, current)
    if similar is not None:
        listed = (
            f"did you mean {firing_by_name(similar, schedule.middle)}? "
            f"{listed[0].upper()}{listed[1:]}"
        )
    return Unanswered(f"nothing waits for {name}", listed)


def _awaits_a_release(schedule: Schedule) -> bool:
    """Return whether a score has a rule or an exit for the release of some note."""
    everywhere = (firing for one in schedule.stretches for firing in list_triggers(one))
    return any(isinstance(firing, ReleaseTrigger) for firing in everywhere)


def _explain_improvised(run: RunView, event: Improvised) -> Unanswered | None:
    if run.phase is Phase.SHOWING:
        return Unanswered("the last chunk of the score was made already", "play the score again")
    sections = dict.fromkeys(one.section for one in run.schedule.stretches if one.section)
    if event.section is None or event.section in sections:
        return None
    if not sections:
        return Unanswered("this score has no sections to go to", "go to one of a score that has")
    from difflib import get_close_matches

    meant = get_close_matches(event.section, sections, n=1)
    listed = f"the sections that it plays are {_join_names(sections)}"
    hint = f"did you mean {meant[0]}? {listed[0].upper()}{listed[1:]}" if meant else listed
    return Unanswered(f"this score plays no section {event.section}", hint)


def is_too_late(run: RunView, event: Event) -> bool:
    """Return whether an event would leave a section that ends by itself before it can be left."""
    if run.phase is not Phase.PLAYING:
        return False
    current = run.pass_at(run.chunk)
    if not any(_can_fire(firing, event) for firing in current.stretch.until):
        return False
    return not run.can_leave(current, event.at)


def find_leaving_triggers(run: RunView, event: Event) -> tuple[Trigger, ...]:
    """Return what an event fires that leaves the current section: exits, and rules that `goto`.

    Args:
        run: The run as it is before the event.
        event: The event.
    """
    if run.phase is Phase.FINISHED:
        return ()
    current = run.listening_pass.stretch
    leaving = (
        *current.until,
        *(
            rule.trigger
            for rule in current.rules
            if any(isinstance(act, GotoAct) for act in rule.acts)
        ),
    )
    return tuple(one for one in leaving if _can_fire(one, event) and _crosses(run, one, event))


def _crosses(run: RunView, firing: Trigger, event: Event) -> bool:
    """Return whether a value that a trigger listens to comes from the other side of its limit."""
    if not isinstance(firing, ControlCrossing | OscCrossing):
        return True
    return isinstance(event, ControlChanged | OscReceived) and run.would_cross(firing, event)


def find_unfired_crossings(run: RunView, event: ControlChanged) -> tuple[ControlCrossing, ...]:
    """Return the crossings that a controller's value does not fire; empty if it fires any."""
    listening = [one for one in list_triggers(run.listening_pass.stretch) if _can_fire(one, event)]
    crossings = tuple(one for one in listening if isinstance(one, ControlCrossing))
    return () if any(run.would_cross(one, event) for one in crossings) else crossings


def _can_fire(firing: Trigger, event: Event) -> bool:
    """Return whether an event can fire a trigger.

    For a controller's crossing every value counts.
    """
    match firing, event:
        case NoteTrigger() | VelocityTrigger() | ReleaseTrigger(), NoteReceived():
            return answers_note(firing, event)
        case ControlCrossing(), ControlChanged():
            return firing.control == event.control and firing.channel in (None, event.channel)
        case ProgramTrigger(), ProgramChanged():
            return firing.program == event.program and firing.channel in (None, event.channel)
        case OscTrigger(), OscReceived():
            return firing.address == event.address and is_osc_trigger(event)
        case OscCrossing(), OscReceived():
            return firing.address == event.address and osc_number(event) is not None
        case GoTrigger(), OperatorGo():
            return firing.name == event.name
        case TransportTrigger(), TransportChanged():
            return firing.what == event.what
        case _:
            return False


def describe_input(event: Event, schedule: Schedule) -> str:
    """Return the name of a pad, controller, program or go-cue as an operator would type it."""
    match event:
        case NoteReceived(velocity=0):
            return f"release {note_name(event.note, schedule.middle)}" + _channel(event.channel)
        case NoteReceived():
            return f"note {note_name(event.note, schedule.middle)}" + _channel(event.channel)
        case ControlChanged():
            return f"cc {event.control}" + _channel(event.channel)
        case ProgramChanged():
            return f"program {event.program}" + _channel(event.channel)
        case OperatorGo():
            return f"go {event.name}"
        case OscReceived():
            return f"osc {event.address}"
        case TransportChanged():
            return event.what
        case _:
            return event.kind


def _channel(channel: int) -> str:
    return "" if channel == 1 else f" ch {channel}"


def _describe_triggers(schedule: Schedule, stretch: Stretch) -> str:
    """Return what a stretch waits for, on one line."""
    waited = list_triggers(stretch)
    if not waited and not any(list_triggers(one) for one in schedule.stretches):
        return "this score waits for nothing: it has no live section and no rule"
    subject = "the score" if stretch.section is None else f"section {stretch.section}"
    return f"{subject} waits for: " + (
        ", ".join(firing_by_name(one, schedule.middle) for one in waited) or "nothing"
    )


def _join_names(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _find_similar(event: Event, firings: Iterable[Trigger]) -> Trigger | None:
    """Return the trigger probably meant: another channel, a note an octave off, a similar name."""
    match event:
        case NoteReceived():
            notes = [one for one in firings if isinstance(one, _ON_NOTES)]
            same = next((one for one in notes if one.note == event.note), None)
            return same or next(
                (one for one in notes if (one.note - event.note) % NOTES == 0), None
            )
        case ControlChanged():
            return next(
                (
                    one
                    for one in firings
                    if isinstance(one, ControlCrossing) and one.control == event.control
                ),
                None,
            )
        case ProgramChanged():
            programs = [one for one in firings if isinstance(one, ProgramTrigger)]
            same_number = next((one for one in programs if one.program == event.program), None)
            return same_number or next(
                (one for one in programs if abs(one.program - event.program) == 1), None
            )
        case OperatorGo():
            return _find_similar_name(
                event.name, [one for one in firings if isinstance(one, GoTrigger)]
            )
        case _:
            return None


def _find_similar_name(name: str, words: list[GoTrigger]) -> GoTrigger | None:
    from difflib import SequenceMatcher  # imported only when a name is misspelled

    plain = name.casefold()
    rated = [(SequenceMatcher(None, plain, one.name.casefold()).ratio(), one) for one in words]
    best = max(rated, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] >= MIN_SIMILARITY else None
