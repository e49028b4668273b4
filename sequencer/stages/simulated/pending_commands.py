"""Which commands are still to be answered, for askers that want to know: each is answered exactly once.

A model from 1.x answers a command with the message that it leads to (`set_prompt` with `prompt_accepted`, `pause` with
`generation_paused`); an earlier one, or a command that leads to nothing, is only acknowledged.
"""

from __future__ import annotations


class Asks:
    """Ids of commands, as their askers gave them; 0 is a command whose asker does not want to know."""

    def __init__(self, with_messages: bool) -> None:
        self._with_messages = with_messages
        self._current: tuple[int, ...] = ()
        self._open: dict[str, tuple[int, ...]] = {}

    def begin(self, ask: int) -> None:
        """A command is being carried out."""
        self._current = (ask,) if ask else ()

    def claim(self) -> tuple[int, ...]:
        """The command that is being carried out, for the message that answers it; nothing where no message does."""
        if not self._with_messages:
            return ()
        claimed, self._current = self._current, ()
        return claimed

    def defer(self, name: str) -> None:
        """The command that is being carried out is answered when `name` happens."""
        self._open[name] = self._open.get(name, ()) + self.claim()

    def settle(self, *names: str) -> tuple[int, ...]:
        """Every command that waited for one of these (for anything, where none is named)."""
        return tuple(ask for name in (names or tuple(self._open)) for ask in self._open.pop(name, ()))

    def unclaimed(self) -> tuple[int, ...]:
        """The command that was carried out, where no message will answer it."""
        left, self._current = self._current, ()
        return left
