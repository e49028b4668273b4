"""Commands on their way: what was sent and has not been answered. Answers name no command, so the oldest that fits is meant."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

IMAGES = frozenset({"set_conditioning", "set_image"})
SETTINGS = {"strength": "set_image_strength", "sr": "set_sr_scale"}
LONG_PAST = 8
"""Behind so many chunks nobody answers any more, but where images are concerned."""


@dataclass(slots=True)
class PendingCommand:
    """A command on its way: the model's name for it, the score chunk it acts on, and the prompt it carries.

    `was_heard` says that something was answered which left behind it: the connection keeps the order. `tells` is whether its
    prompt, once shown, shows that this command has acted: no other command carries it, and it was not shown before. `during` is
    the chunk that was being made when it left.
    """

    command: str
    chunk: int
    prompt: str | None = None
    tries: int = 1
    was_heard: bool = False
    tells: bool = False
    during: int | None = None


class PendingCommands:
    """All flights, in the order in which they left."""

    def __init__(self) -> None:
        self._all: deque[PendingCommand] = deque()

    def add(
        self,
        command: str,
        chunk: int,
        prompt: str | None = None,
        tries: int = 1,
        *,
        tells: bool = False,
        during: int | None = None,
    ) -> None:
        """A command leaves."""
        self._all.append(PendingCommand(command, chunk, prompt, tries, tells=tells, during=during))

    def images(self) -> list[PendingCommand]:
        """Every image on its way, in the order in which they left."""
        return [one for one in self._all if one.command in IMAGES]

    def clear(self) -> None:
        """A reset: nothing that comes now answers what is on its way."""
        self._all.clear()

    def prompt_answered(self, prompt: str) -> PendingCommand | None:
        """The model took a prompt: the oldest `schedule_prompt` that carries it, taken off."""
        text = prompt.strip()
        return self._answered(
            next((one for one in self._all if one.command == "schedule_prompt" and (one.prompt or "").strip() == text), None)
        )

    def image_answered(self) -> PendingCommand | None:
        """The model encoded an image: the oldest one on its way, taken off."""
        return self._answered(next((one for one in self._all if one.command in IMAGES), None))

    def refused(self, command: str) -> PendingCommand | None:
        """The oldest command of this name, taken off."""
        return self._answered(next((one for one in self._all if one.command == command), None))

    def _answered(self, flight: PendingCommand | None) -> PendingCommand | None:
        if flight is None:
            return None
        for one in self._all:
            if one is flight:
                break
            one.was_heard = True
        self._all.remove(flight)
        return flight

    def take_images(self) -> list[PendingCommand]:
        """Every image on its way, taken off: after a lost connection it may never have arrived."""
        images = [one for one in self._all if one.command in IMAGES]
        self._all = deque(one for one in self._all if one.command not in IMAGES)
        return images

    def may_be_lost(self, kind: str, chunk: int) -> bool:
        """Whether the setting of a kind (`SETTINGS`) for a chunk may have been lost: nothing behind it was answered."""
        return any(one.command == SETTINGS[kind] and one.chunk == chunk and not one.was_heard for one in self._all)

    def forget(self, chunk: int) -> None:
        """Answers for chunks long past will not come any more."""
        while self._all and self._all[0].chunk < chunk - LONG_PAST and self._all[0].command not in IMAGES:
            self._all.popleft()
