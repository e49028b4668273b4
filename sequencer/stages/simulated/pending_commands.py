"""Which commands are still to be answered, for senders that expect an answer.

Each command is answered exactly once.

A model from 1.x answers a command with the message that it leads to (`set_prompt` with
`prompt_accepted`, `pause` with `generation_paused`); on an earlier model, or if no message follows,
a command is only acknowledged.
"""

from __future__ import annotations


class Asks:
    """Ids of commands, as their senders assigned them.

    0 is a command whose sender does not expect an answer.
    """

    def __init__(self, with_messages: bool) -> None:
        self._with_messages = with_messages
        self._current: tuple[int, ...] = ()
        self._open: dict[str, tuple[int, ...]] = {}

    def begin(self, ask: int) -> None:
        """Begin to carry out a command."""
        self._current = (ask,) if ask else ()

    def claim(self) -> tuple[int, ...]:
        """Return the current command for the message that answers it; nothing if none does."""
        if not self._with_messages:
            return ()
        claimed, self._current = self._current, ()
        return claimed

    def defer(self, name: str) -> None:
        """Answer the current command when `name` happens."""
        self._open[name] = self._open.get(name, ()) + self.claim()

    def settle(self, *names: str) -> tuple[int, ...]:
        """Return every command that waited for one of these (for anything, if none is named)."""
        return tuple(
            ask for name in (names or tuple(self._open)) for ask in self._open.pop(name, ())
        )

    def unclaimed(self) -> tuple[int, ...]:
        """Return the command that was carried out, if no message will answer it."""
        left, self._current = self._current, ()
        return left
