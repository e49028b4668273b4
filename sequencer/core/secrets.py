"""API keys and tokens, in a form that is not printed by accident."""

from __future__ import annotations


class Secret:
    """An API key or a token.

    It prints as dots: only `reveal` returns it, for use in request headers only.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"
