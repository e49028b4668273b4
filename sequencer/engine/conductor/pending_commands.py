"""Pending commands: those that were sent and have not been answered.

Answers do not name their command, so each answers the oldest command that matches.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

IMAGES = frozenset({"set_conditioning", "set_image"})
SETTINGS = {"strength": "set_image_strength", "sr": "set_sr_scale"}
LONG_PAST = 8
"""After this many chunks no answer is expected any more, except for images."""


@dataclass(slots=True, kw_only=True)
class PendingCommand:
    """A command without an answer.

    Attributes:
        command: The model's name for it.
        chunk: The score chunk on which it acts.
        prompt: The prompt that it carries.
        tries: How many times it has been sent.
        was_received: Whether a command that was sent after it has been answered. It then arrived,
            for the connection keeps the order.
        proves_landing: Whether its prompt, once it is shown, proves that this command has acted: no
            other command carries the prompt, and it was not shown before.
        during: The chunk that was being made when it was sent.
    """

    command: str
    chunk: int
    prompt: str | None = None
    tries: int = 1
    was_received: bool = False
    proves_landing: bool = False
    during: int | None = None


class PendingCommands:
    """All pending commands, in the order in which they were sent."""

    def __init__(self) -> None:
        self._all: deque[PendingCommand] = deque()

    def add(
        self,
        command: str,
        chunk: int,
        prompt: str | None = None,
        tries: int = 1,
        *,
        proves_landing: bool = False,
        during: int | None = None,
    ) -> None:
        """Add a command that is sent."""
        self._all.append(
            PendingCommand(
                command=command,
                chunk=chunk,
                prompt=prompt,
                tries=tries,
                proves_landing=proves_landing,
                during=during,
            )
        )

    def images(self) -> list[PendingCommand]:
        """Return every pending image, in the order in which they were sent."""
        return [one for one in self._all if one.command in IMAGES]

    def clear(self) -> None:
        """Forget everything after a reset: no later message answers an earlier command."""
        self._all.clear()

    def prompt_answered(self, prompt: str) -> PendingCommand | None:
        """Remove and return the oldest `schedule_prompt` with a prompt that the model accepted."""
        text = prompt.strip()
        return self._answered(
            next(
                (
                    one
                    for one in self._all
                    if one.command == "schedule_prompt" and (one.prompt or "").strip() == text
                ),
                None,
            )
        )

    def image_answered(self) -> PendingCommand | None:
        """Remove and return the oldest pending image: the model encoded it."""
        return self._answered(next((one for one in self._all if one.command in IMAGES), None))

    def refused(self, command: str) -> PendingCommand | None:
        """Remove and return the oldest command of this name: the model refused it."""
        return self._answered(next((one for one in self._all if one.command == command), None))

    def _answered(self, flight: PendingCommand | None) -> PendingCommand | None:
        if flight is None:
            return None
        for one in self._all:
            if one is flight:
                break
            one.was_received = True
        self._all.remove(flight)
        return flight

    def take_images(self) -> list[PendingCommand]:
        """Remove and return every pending image: a lost connection may have lost it."""
        images = [one for one in self._all if one.command in IMAGES]
        self._all = deque(one for one in self._all if one.command not in IMAGES)
        return images

    def may_be_lost(self, kind: str, chunk: int) -> bool:
        """Return whether a chunk's setting (see `SETTINGS`) may be lost: no later answer came."""
        return any(
            one.command == SETTINGS[kind] and one.chunk == chunk and not one.was_received
            for one in self._all
        )

    def forget(self, chunk: int) -> None:
        """Forget commands for chunks long past, whose answers will not arrive any more."""
        while (
            self._all
            and self._all[0].chunk < chunk - LONG_PAST
            and self._all[0].command not in IMAGES
        ):
            self._all.popleft()
