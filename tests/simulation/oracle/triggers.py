"""The triggers of an event."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sequencer.events.codec import Event
from sequencer.events.events import ControlChanged, NoteReceived, OperatorGo, OperatorPause, ProgramChanged

BACK = 4
"""How far a controller must come back before its crossing fires again."""


class Listening:
    """Converts events to triggers as text. `known` is every trigger in the score."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = sorted(known)
        self._armed: dict[str, bool] = {}

    def triggers(self, event: Event) -> Sequence[str]:
        """Return the triggers of an event, as text."""
        match event:
            case OperatorPause():
                return ["hand pause"] if event.paused else ["hand resume"]
            case NoteReceived(velocity=0):
                return []
            case NoteReceived():
                return [f"note {event.note}", f"note {event.note} ch {event.channel}"]
            case ProgramChanged():
                return [f"program {event.program}", f"program {event.program} ch {event.channel}"]
            case OperatorGo():
                return [f"go {event.name}"]
            case ControlChanged():
                return [one for one in self._known if one.startswith("cc ") and self._crosses(one, event)]
            case _:
                return []

    def _crosses(self, trigger: str, event: ControlChanged) -> bool:
        """Return whether a controller's value crosses: not with its first value, and only once until it has come back."""
        _, control, sign, value, *channel = trigger.split()
        if int(control) != event.control or (channel and int(channel[1]) != event.channel):
            return False
        above = (event.value - int(value)) * (1 if sign == ">" else -1)
        if above > 0:
            fires = self._armed.get(trigger, False)
            self._armed[trigger] = False
            return fires
        self._armed[trigger] = self._armed.get(trigger, True) or above <= -BACK
        return False
