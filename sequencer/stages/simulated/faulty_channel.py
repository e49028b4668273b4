"""The channel from the model to the client: it changes messages as scripted.

It loses, repeats, delays, swaps and spoils them.

No I/O.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

from sequencer.stages.simulated.faults import Faults, MessageFault
from sequencer.stages.simulated.helios_state import Message


class FaultyChannel:
    """Decides for each message when, and how often, it arrives."""

    def __init__(self, faults: Faults) -> None:
        self._mishaps = faults.messages
        self._seen: Counter[str] = Counter()
        self._held: list[Message] = []

    def holds(self, message: Message) -> bool:
        """Whether a message is held until the next one has been sent."""
        return any(one.answers == message.answers for one in self._held)

    def carry(self, message: Message) -> tuple[Message, ...]:
        """Return what arrives because of this message, each at its own `at`, in order of sending.

        A message that is to be swapped is held until the next one has been sent before it.
        """
        if not self._mishaps:
            return (message,)
        self._seen[message.name] += 1
        arriving, swapped = [message], False
        for one in self._mishaps:
            if one.type != message.name or one.nth not in (None, self._seen[message.name]):
                continue
            match one.do:
                case "lose":
                    arriving = []
                case "repeat":
                    arriving += [replace(copy, at=copy.at + one.by) for copy in arriving[:1]]
                case "delay":
                    arriving = [replace(copy, at=copy.at + one.by) for copy in arriving]
                case "swap":
                    swapped = True
                case "spoil":
                    arriving = [_spoilt(copy, one) for copy in arriving]
        if swapped:
            self._held += arriving
            return ()
        held, self._held = self._held, []
        return (*arriving, *(replace(one, at=max(one.at, message.at)) for one in held))


def _spoilt(message: Message, how: MessageFault) -> Message:
    """Return the message with a field missing, or with another value."""
    data = {key: value for key, value in message.data.items() if key != how.field}
    if how.field is not None and how.value is not None:
        try:
            data[how.field] = json.loads(how.value)
        except ValueError:
            data[how.field] = how.value
    return replace(message, data=data)
