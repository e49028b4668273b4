"""Addresses and arguments of OSC messages as they are written: `/drop 1 0.5 "text" true`.

An address has no spaces, quotes, brackets, or characters that make a pattern of it.
"""

from __future__ import annotations

import re

OscValue = bool | int | float | str
"""An argument of a message that came in."""

MAX_ADDRESS_LENGTH = 150
"""The longest address, in characters."""
MAX_ARGUMENTS = 16
"""The most arguments of a message."""
MAX_INTEGER = 2**31 - 1
"""The largest integer: OSC has 32 bits for it."""

ADDRESS = r"/[A-Za-z0-9!$%&'+./:;@^_~-]*"
"""A pattern for addresses."""
STRING = r'"(?:[^"\\\n]|\\["\\])*"'
ARGUMENT = rf"{STRING}|true|false|-?[0-9]{{1,10}}(?:\.[0-9]{{1,9}})?"
"""A pattern for one argument."""
_ADDRESS = re.compile(ADDRESS)
_ARGUMENTS = re.compile(rf"(?:[ \t]*(?:{ARGUMENT})(?=[ \t]|\Z))*[ \t]*")
_ARGUMENT = re.compile(ARGUMENT)


def is_address(text: str) -> bool:
    """Return whether a text is the address of a message."""
    return len(text) <= MAX_ADDRESS_LENGTH and _ADDRESS.fullmatch(text) is not None


def split_arguments(text: str) -> tuple[str, ...] | None:
    """Return the arguments in a text, as they are written; None if there is something else."""
    if _ARGUMENTS.fullmatch(text) is None:
        return None
    found = tuple(_ARGUMENT.findall(text))
    too_large = any(re.fullmatch(r"-?[0-9]+", one) and abs(int(one)) > MAX_INTEGER for one in found)
    return None if too_large or len(found) > MAX_ARGUMENTS else found


def value_of(written: str) -> OscValue:
    """Return the value of an argument as `split_arguments` returns it."""
    if written in ("true", "false"):
        return written == "true"
    if written.startswith('"'):
        return re.sub(r"\\(.)", r"\1", written[1:-1])
    return float(written) if "." in written else int(written)
