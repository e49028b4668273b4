"""Find the rules and exits that an event fires."""

from __future__ import annotations

from dataclasses import dataclass

from sequencer.events.events import ControlChanged, NoteReceived, OperatorGo, ProgramChanged, TransportChanged
from sequencer.schedule.model import (
    ControlCrossing,
    GoTrigger,
    NoteTrigger,
    ProgramTrigger,
    Schedule,
    TransportTrigger,
    Trigger,
)

REARM = 4
"""By how much a controller must come back before its crossing can fire again."""

TriggerEvent = NoteReceived | ControlChanged | ProgramChanged | OperatorGo | TransportChanged


@dataclass(slots=True)
class _Crossing:
    armed: bool = False
    seen: bool = False


class TriggerMatcher:
    """Match events to triggers. Remembers the state of every controller that a rule of the score listens to."""

    def __init__(self, schedule: Schedule) -> None:
        triggers = [rule.trigger for stretch in schedule.stretches for rule in stretch.rules]
        triggers += [trigger for stretch in schedule.stretches for trigger in stretch.until]
        self._crossings = {one: _Crossing() for one in triggers if isinstance(one, ControlCrossing)}

    def match(self, event: TriggerEvent) -> frozenset[Trigger]:
        """Return the triggers that an event fires, whichever stretch listens for them."""
        match event:
            case NoteReceived():
                if event.velocity == 0:
                    return frozenset()
                return frozenset({NoteTrigger(event.note, event.channel), NoteTrigger(event.note)})
            case ProgramChanged():
                return frozenset({ProgramTrigger(event.program, event.channel), ProgramTrigger(event.program)})
            case ControlChanged():
                return frozenset(self._crossed(event))
            case OperatorGo():
                return frozenset({GoTrigger(event.name)})
            case TransportChanged():
                return frozenset({TransportTrigger(event.what)})

    def would_cross(self, crossing: ControlCrossing, event: ControlChanged) -> bool:
        """Return whether a value would fire a crossing now, without remembering the value."""
        state = self._crossings.get(crossing)
        return state is not None and state.armed and _is_beyond(crossing, event.value)

    def _crossed(self, event: ControlChanged) -> list[Trigger]:
        """Return the crossings that fire: each again only after the value came back by `REARM`, never for the first value."""
        fired: list[Trigger] = []
        for trigger, state in self._crossings.items():
            if trigger.control != event.control or trigger.channel not in (None, event.channel):
                continue
            beyond = _is_beyond(trigger, event.value)
            back = event.value <= trigger.value - REARM if trigger.above else event.value >= trigger.value + REARM
            if beyond and state.armed:
                fired.append(trigger)
                state.armed = False
            elif back or (not state.seen and not beyond):
                state.armed = True
            state.seen = True
        return fired


def _is_beyond(crossing: ControlCrossing, value: int) -> bool:
    return value > crossing.value if crossing.above else value < crossing.value
