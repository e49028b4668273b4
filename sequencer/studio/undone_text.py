"""The text of the score returns with an earlier version that an undo lets play again."""

from __future__ import annotations

from collections.abc import Callable


class UndoneText:
    """Finds the text to return to, once the earlier version plays.

    A text that was edited since its version took over stays as it is: nothing that was typed is
    lost.
    """

    def __init__(self) -> None:
        self._undone: int | None = None
        """The version that is being undone; None for none."""

    def expect(self, version: int) -> None:
        """Note that an undo of the version that plays was accepted."""
        self._undone = version

    def cancel(self) -> None:
        """Note that another text takes over instead."""
        self._undone = None

    def find(self, version: int, text_of: Callable[[int], str], present: str) -> str | None:
        """Return the text to return to; None if the present one stays.

        Args:
            version: The version that plays now.
            text_of: Returns the text of a version.
            present: The text of the editor.
        """
        undone = self._undone
        if undone is None or version == undone:
            return None
        self._undone = None
        return text_of(version) if present == text_of(undone) else None
