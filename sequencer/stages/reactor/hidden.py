"""What must never be read: keys, tokens, and addresses that are keys themselves."""

from __future__ import annotations

import re

_SECRETS = (
    (re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]+)*"), "(token)"),
    (re.compile(r"\brk_[\w-]+"), "(key)"),
    (re.compile(r"((?:https?:/)?/[^\s\"'<>?]+)\?[^\s\"'<>]+"), r"\1?…"),
)


class Secret:
    """A key or a token. It prints as dots: only `reveal` gives it, and only headers of requests should hold what it gives."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"


def masked(text: str) -> str:
    """A text with what looks like a key, a token, or an address with a signature struck out."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text
