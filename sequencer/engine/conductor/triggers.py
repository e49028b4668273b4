"""Find the rules and exits that an event fires."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isfinite

from sequencer.events.events import (
    ControlChanged,
    NoteReceived,
    OperatorGo,
    OscReceived,
    ProgramChanged,
    TransportChanged,
)
from sequencer.schedule.model import (
    ControlCrossing,
    GoTrigger,
    NoteTrigger,
    OscCrossing,
    OscTrigger,
    ProgramTrigger,
    ReleaseTrigger,
    Schedule,
    TransportTrigger,
    Trigger,
    VelocityTrigger,
)

REARM = 4
"""By how much a controller must come back before its crossing can fire again."""

REARM_OSC = Fraction(3, 100)
"""The same for the first argument of an OSC message; most faders go from 0 to 1."""

TriggerEvent = (
    NoteReceived | ControlChanged | ProgramChanged | OperatorGo | OscReceived | TransportChanged
)


@dataclass(slots=True)
class _Crossing:
    armed: bool = False
    seen: bool = False


class TriggerMatcher:
    """Match events to triggers.

    Remembers the state of every controller that a rule of the score listens to.
    """

    def __init__(self, schedule: Schedule) -> None:
        triggers = _triggers_of(schedule)
        self._notes = [one for one in triggers if isinstance(one, VelocityTrigger | ReleaseTrigger)]
        self._crossings = {one: _Crossing() for one in triggers if isinstance(one, ControlCrossing)}
        self._osc = {one: _Crossing() for one in triggers if isinstance(one, OscCrossing)}
        self._controls: dict[tuple[int, int], int] = {}
        """The last value of each controller, by its number and channel, in order of arrival."""
        self._values: dict[str, Fraction] = {}
        """The last first argument of each OSC address."""

    def listen_to(self, schedule: Schedule) -> None:
        """Listen to the triggers of another version of the score as well.

        Controllers keep their values: a new crossing fires when its value is passed, as if it had
        been there before.
        """
        for one in _triggers_of(schedule):
            match one:
                case VelocityTrigger() | ReleaseTrigger() if one not in self._notes:
                    self._notes.append(one)
                case ControlCrossing() if one not in self._crossings:
                    known = [
                        value
                        for (control, channel), value in self._controls.items()
                        if control == one.control and one.channel in (None, channel)
                    ]
                    is_armed = bool(known) and not _is_beyond(one, known[-1])
                    self._crossings[one] = _Crossing(armed=is_armed, seen=bool(known))
                case OscCrossing() if one not in self._osc:
                    last = self._values.get(one.address)
                    distance = 0 if last is None else last - one.value
                    is_armed = last is not None and distance * (1 if one.above else -1) <= 0
                    self._osc[one] = _Crossing(armed=is_armed, seen=last is not None)
                case _:
                    pass

    def match(self, event: TriggerEvent) -> frozenset[Trigger]:
        """Return the triggers that an event fires, whichever stretch listens for them."""
        match event:
            case NoteReceived():
                found = {one for one in self._notes if answers_note(one, event)}
                if event.velocity == 0:
                    return frozenset(found)
                plain = {NoteTrigger(event.note, event.channel), NoteTrigger(event.note)}
                return frozenset(plain | found)
            case ProgramChanged():
                return frozenset(
                    {ProgramTrigger(event.program, event.channel), ProgramTrigger(event.program)}
                )
            case ControlChanged():
                return frozenset(self._crossed(event))
            case OperatorGo():
                return frozenset({GoTrigger(event.name)})
            case OscReceived():
                plain_osc = {OscTrigger(event.address)} if is_osc_trigger(event) else set()
                return frozenset({*plain_osc, *self._osc_crossed(event)})
            case TransportChanged():
                return frozenset({TransportTrigger(event.what)})

    def would_cross(
        self, crossing: ControlCrossing | OscCrossing, event: ControlChanged | OscReceived
    ) -> bool:
        """Return whether a value would fire a crossing now, without remembering the value."""
        match crossing, event:
            case ControlCrossing(), ControlChanged():
                state = self._crossings.get(crossing)
                return state is not None and state.armed and _is_beyond(crossing, event.value)
            case OscCrossing(), OscReceived():
                state, value = self._osc.get(crossing), osc_number(event)
                if state is None or value is None or not state.armed:
                    return False
                return value > crossing.value if crossing.above else value < crossing.value
            case _:
                return False

    def _osc_crossed(self, event: OscReceived) -> list[Trigger]:
        """Return the crossings that fire by the first argument, as for a controller."""
        value = osc_number(event)
        if value is not None:
            self._values[event.address] = value
        fired: list[Trigger] = []
        for trigger, state in self._osc.items() if value is not None else ():
            if trigger.address != event.address or value is None:
                continue
            distance = (value - trigger.value) * (1 if trigger.above else -1)
            if distance > 0 and state.armed:
                fired.append(trigger)
                state.armed = False
            elif distance <= -REARM_OSC or (not state.seen and distance <= 0):
                state.armed = True
            state.seen = True
        return fired

    def _crossed(self, event: ControlChanged) -> list[Trigger]:
        """Return the crossings that fire, never for the first value.

        A crossing fires again only after the value came back by `REARM`.
        """
        self._controls.pop((event.control, event.channel), None)
        self._controls[event.control, event.channel] = event.value
        fired: list[Trigger] = []
        for trigger, state in self._crossings.items():
            if trigger.control != event.control or trigger.channel not in (None, event.channel):
                continue
            beyond = _is_beyond(trigger, event.value)
            back = (
                event.value <= trigger.value - REARM
                if trigger.above
                else event.value >= trigger.value + REARM
            )
            if beyond and state.armed:
                fired.append(trigger)
                state.armed = False
            elif back or (not state.seen and not beyond):
                state.armed = True
            state.seen = True
        return fired


def _triggers_of(schedule: Schedule) -> list[Trigger]:
    """Return the triggers of all rules and exits of a score."""
    triggers = [rule.trigger for stretch in schedule.stretches for rule in stretch.rules]
    return triggers + [trigger for stretch in schedule.stretches for trigger in stretch.until]


def osc_number(event: OscReceived) -> Fraction | None:
    """Return the first argument of a message as a number; None if it is none."""
    value = event.arguments[0] if event.arguments else None
    if isinstance(value, str) or value is None:
        return None
    return Fraction(value) if isfinite(value) else None


def is_osc_trigger(event: OscReceived) -> bool:
    """Return whether a message fires triggers without a comparison: 0 and false are a release."""
    return not event.arguments or event.arguments[0] not in (0, False)


def answers_note(
    trigger: NoteTrigger | VelocityTrigger | ReleaseTrigger, event: NoteReceived
) -> bool:
    """Return whether a note-on or note-off fires a trigger."""
    if trigger.note != event.note or trigger.channel not in (None, event.channel):
        return False
    match trigger:
        case NoteTrigger():
            return event.velocity > 0
        case VelocityTrigger():
            return trigger.lowest <= event.velocity <= trigger.highest
        case ReleaseTrigger():
            return event.velocity == 0


def _is_beyond(crossing: ControlCrossing, value: int) -> bool:
    return value > crossing.value if crossing.above else value < crossing.value
