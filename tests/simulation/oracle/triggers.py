"""The triggers of an event."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction

from sequencer.events.codec import Event
from sequencer.events.events import (
    ControlChanged,
    NoteReceived,
    OperatorGo,
    OperatorPause,
    OscReceived,
    ProgramChanged,
)

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
            case NoteReceived():
                word = "release" if event.velocity == 0 else "note"
                names = (f"{word} {event.note}", f"{word} {event.note} ch {event.channel}")
                return [one for one in self._known if self._is_played(one, names, event.velocity)]
            case ProgramChanged():
                return [f"program {event.program}", f"program {event.program} ch {event.channel}"]
            case OscReceived():
                fired = (
                    [f"osc {event.address}"] if event.arguments[:1] not in ((0,), (False,)) else []
                )
                return fired + [
                    one
                    for one in self._known
                    if one.startswith(f"osc {event.address} ") and self._passes(one, event)
                ]
            case OperatorGo():
                return [f"go {event.name}"]
            case ControlChanged():
                return [
                    one
                    for one in self._known
                    if one.startswith("cc ") and self._crosses(one, event)
                ]
            case _:
                return []

    @staticmethod
    def _is_played(trigger: str, names: Sequence[str], velocity: int) -> bool:
        """Return whether a note is one of these triggers, with a velocity that fits."""
        name, _, loud = trigger.partition(" vel ")
        low, high = map(int, loud.split()) if loud else (0, 127)
        return name in names and low <= velocity <= high

    def _passes(self, trigger: str, event: OscReceived) -> bool:
        """Return the same as `_crosses` for the first argument of a message."""
        _, _, character, value = trigger.split()
        if not event.arguments or isinstance(event.arguments[0], str):
            return False
        above = (Fraction(event.arguments[0]) - Fraction(value)) * (1 if character == ">" else -1)
        if above > 0:
            fires = self._armed.get(trigger, False)
            self._armed[trigger] = False
            return fires
        back = above <= -Fraction(3, 100)
        self._armed[trigger] = self._armed.get(trigger, True) or back
        return False

    def _crosses(self, trigger: str, event: ControlChanged) -> bool:
        """Return whether a controller's value crosses: not with its first value, and only once
        until it has come back.
        """
        _, control, character, value, *channel = trigger.split()
        if int(control) != event.control or (channel and int(channel[1]) != event.channel):
            return False
        above = (event.value - int(value)) * (1 if character == ">" else -1)
        if above > 0:
            fires = self._armed.get(trigger, False)
            self._armed[trigger] = False
            return fires
        self._armed[trigger] = self._armed.get(trigger, True) or above <= -BACK
        return False
