"""Describe what a score is waiting for, and explain to an operator why an input has no effect.

The functions read the state of a run and change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sequencer.core.midi_notes import note_name
from sequencer.engine.conductor.plan import Pass
from sequencer.engine.conductor.run_state import Phase, RunState
from sequencer.events.codec import Event
from sequencer.events.events import (
    ControlChanged,
    NoteReceived,
    OffsetChanged,
    OperatorGo,
    OperatorPause,
    ProgramChanged,
    TransportChanged,
)
from sequencer.schedule.describe import firing_by_name
from sequencer.schedule.model import (
    ControlCrossing,
    GoTrigger,
    NoteTrigger,
    ProgramTrigger,
    Schedule,
    Stretch,
    TransportTrigger,
    Trigger,
)

NOTES = 12
"""Notes per octave: the same name in another octave is the usual mistake."""
MIN_SIMILARITY = 0.6
"""The similarity (0 to 1) from which a name counts as a misspelling of another."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why an event has no effect: one sentence, and a hint that lists what the score is waiting for."""

    message: str
    hint: str


def listening_pass(run: RunState) -> Pass:
    """Return the pass whose triggers an event fires now; while a take is being opened, the pass that plays next."""
    return run.plan.pass_at(run.next_base if run.phase is Phase.CUTTING else run.making)


def waits_for(stretch: Stretch) -> tuple[Trigger, ...]:
    """Return all triggers of a stretch without duplicates: first those that end it, then its rules in source order."""
    return tuple(dict.fromkeys((*stretch.until, *(rule.trigger for rule in stretch.rules))))


def waiting_in_words(run: RunState) -> str:
    """Return what the current pass is waiting for, such as `section jam waits for: go out, note D3`."""
    return _listed(run.schedule, listening_pass(run).stretch)


def rests(run: RunState) -> bool:
    """Return whether the model is paused, or will be as soon as the pending requests have taken effect."""
    held = next((one for one in reversed(run.held) if isinstance(one, OperatorPause)), None)
    return run.may_rest or run.pausing is not None if held is None else held.paused


def unanswered(run: RunState, event: Event) -> Unanswered | None:
    """Return why an event has no effect now; None if something waits for it, or if it takes effect without that.

    Args:
        run: The run as it is before the event.
        event: What the operator did.
    """
    schedule = run.schedule
    if run.phase is Phase.FINISHED:
        return Unanswered("the run is over", f"it ended because of this: {run.ended}")
    match event:
        case NoteReceived(velocity=0):
            hint = "give it a velocity from 1 to 127, or leave vel out"
            return Unanswered("a note with velocity 0 is a note-off, and nothing waits for one", hint)
        case OffsetChanged():
            if run.follow is not None or schedule.has_timed_sends:
                return None
            message = "an offset moves positions against a clock or external devices, and this run has neither"
            return Unanswered(message, "start the run with --follow")
        case TransportChanged() if run.follow is not None and run.follow.outer:
            return None
        case NoteReceived() | ControlChanged() | ProgramChanged() | OperatorGo() | TransportChanged():
            pass
        case _:
            return None
    current = listening_pass(run).stretch
    if any(_fires(firing, event) for firing in waits_for(current)):
        return None
    said = _event_in_words(event, schedule)
    others = dict.fromkeys(
        one.section for one in schedule.stretches if any(_fires(firing, event) for firing in waits_for(one)) and one.section
    )
    if others:
        who = f"section {next(iter(others))} waits" if len(others) == 1 else f"sections {_together(others)} wait"
        return Unanswered(f"nothing waits for {said} now: {who} for it", _listed(schedule, current))
    everywhere = [firing for one in schedule.stretches for firing in waits_for(one)]
    alike = _alike(event, waits_for(current)) or _alike(event, everywhere)
    listed = _listed(schedule, current)
    if alike is not None:
        listed = f"did you mean {firing_by_name(alike, schedule.middle)}? {listed[0].upper()}{listed[1:]}"
    return Unanswered(f"nothing waits for {said}", listed)


def comes_too_late(run: RunState, event: Event) -> bool:
    """Return whether an event would leave the current section, but the section ends by itself before it can be left."""
    if run.phase is not Phase.PLAYING:
        return False
    current = run.plan.pass_at(run.making)
    if not any(_fires(firing, event) for firing in current.stretch.until):
        return False
    return run.plan.exit_from(current, run.making + run.schedule.lead) is None


def resting_crossings(run: RunState, event: ControlChanged) -> tuple[ControlCrossing, ...]:
    """Return the crossings that a controller's value does not fire; empty if the value fires any crossing."""
    listening = [one for one in waits_for(listening_pass(run).stretch) if _fires(one, event)]
    crossings = tuple(one for one in listening if isinstance(one, ControlCrossing))
    return () if any(run.ear.would_cross(one, event) for one in crossings) else crossings


def _fires(firing: Trigger, event: Event) -> bool:
    """Return whether an event can fire a trigger. For a controller's crossing every value counts."""
    match firing, event:
        case NoteTrigger(), NoteReceived():
            return firing.note == event.note and firing.channel in (None, event.channel)
        case ControlCrossing(), ControlChanged():
            return firing.control == event.control and firing.channel in (None, event.channel)
        case ProgramTrigger(), ProgramChanged():
            return firing.program == event.program and firing.channel in (None, event.channel)
        case GoTrigger(), OperatorGo():
            return firing.name == event.name
        case TransportTrigger(), TransportChanged():
            return firing.what == event.what
        case _:
            return False


def _event_in_words(event: Event, schedule: Schedule) -> str:
    match event:
        case NoteReceived():
            return f"note {note_name(event.note, schedule.middle)}" + _channel(event.channel)
        case ControlChanged():
            return f"cc {event.control}" + _channel(event.channel)
        case ProgramChanged():
            return f"program {event.program}" + _channel(event.channel)
        case OperatorGo():
            return f"go {event.name}"
        case TransportChanged():
            return event.what
        case _:
            return event.kind


def _channel(channel: int) -> str:
    return "" if channel == 1 else f" ch {channel}"


def _listed(schedule: Schedule, stretch: Stretch) -> str:
    """Return what a stretch waits for, on one line."""
    waited = waits_for(stretch)
    if not waited and not any(waits_for(one) for one in schedule.stretches):
        return "this score waits for nothing: it has no live section and no rule"
    who = "the score" if stretch.section is None else f"section {stretch.section}"
    return f"{who} waits for: " + (", ".join(firing_by_name(one, schedule.middle) for one in waited) or "nothing")


def _together(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _alike(event: Event, firings: Iterable[Trigger]) -> Trigger | None:
    """Return the trigger that was probably meant: the number on another channel, the note an octave off, a similar name."""
    match event:
        case NoteReceived():
            notes = [one for one in firings if isinstance(one, NoteTrigger)]
            same = next((one for one in notes if one.note == event.note), None)
            return same or next((one for one in notes if (one.note - event.note) % NOTES == 0), None)
        case ControlChanged():
            return next((one for one in firings if isinstance(one, ControlCrossing) and one.control == event.control), None)
        case ProgramChanged():
            programs = [one for one in firings if isinstance(one, ProgramTrigger)]
            same_number = next((one for one in programs if one.program == event.program), None)
            return same_number or next((one for one in programs if abs(one.program - event.program) == 1), None)
        case OperatorGo():
            return _like_named(event.name, [one for one in firings if isinstance(one, GoTrigger)])
        case _:
            return None


def _like_named(name: str, words: list[GoTrigger]) -> GoTrigger | None:
    from difflib import SequenceMatcher  # imported only when a name is misspelled

    plain = name.casefold()
    rated = [(SequenceMatcher(None, plain, one.name.casefold()).ratio(), one) for one in words]
    best = max(rated, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] >= MIN_SIMILARITY else None
