"""Which rules and exits an event fires."""

from __future__ import annotations

from dataclasses import dataclass

from sequencer.events.events import ClockMoved, ControlMoved, NotePlayed, ProgramChosen, Went
from sequencer.schedule.model import ControlCrossing, Firing, GoWord, NoteOn, ProgramChange, Schedule, TransportMove

REARM = 4
"""How far a controller must come back before its crossing can fire again."""

Trigger = NotePlayed | ControlMoved | ProgramChosen | Went | ClockMoved


@dataclass(slots=True)
class _Crossing:
    armed: bool = False
    seen: bool = False


class Ear:
    """Hears events and says which firings they are. Remembers every controller that a rule of the score listens to."""

    def __init__(self, schedule: Schedule) -> None:
        triggers = [rule.trigger for stretch in schedule.stretches for rule in stretch.rules]
        triggers += [trigger for stretch in schedule.stretches for trigger in stretch.until]
        self._crossings = {one: _Crossing() for one in triggers if isinstance(one, ControlCrossing)}

    def heard(self, event: Trigger) -> frozenset[Firing]:
        """The firings of an event, whichever stretch listens for them."""
        match event:
            case NotePlayed():
                if event.velocity == 0:
                    return frozenset()
                return frozenset({NoteOn(event.note, event.channel), NoteOn(event.note)})
            case ProgramChosen():
                return frozenset({ProgramChange(event.program, event.channel), ProgramChange(event.program)})
            case ControlMoved():
                return frozenset(self._crossed(event))
            case Went():
                return frozenset({GoWord(event.name)})
            case ClockMoved():
                return frozenset({TransportMove(event.what)})

    def would_cross(self, crossing: ControlCrossing, event: ControlMoved) -> bool:
        """Return whether a value would fire a crossing now. Nothing is remembered of it."""
        state = self._crossings.get(crossing)
        return state is not None and state.armed and _is_beyond(crossing, event.value)

    def _crossed(self, event: ControlMoved) -> list[Firing]:
        """Crossings fire once, and again only when the value has come back by `REARM`; the first value never fires."""
        fired: list[Firing] = []
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
