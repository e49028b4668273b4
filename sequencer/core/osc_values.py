"""Addresses and arguments of OSC messages as they are written: `/drop 1 0.5 "text" true`.

An address has no spaces, quotes, brackets, or characters that make a pattern of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

OscValue = bool | int | float | str
"""The value of an argument."""

MAX_ADDRESS_LENGTH = 150
"""The longest address, in characters."""
MAX_ARGUMENTS = 16
"""The most arguments of a message."""
MAX_STRING_LENGTH = 500
"""The longest string of an argument, in characters.

A message with the most and the longest of them still fits into one UDP datagram.
"""
MIN_INTEGER, MAX_INTEGER = -(2**31), 2**31 - 1
"""The smallest and the largest integer: OSC has 32 bits for them."""

ADDRESS = r"/[A-Za-z0-9!$%&'+./:;@^_~-]*"
"""A pattern for addresses."""
STRING = r'"(?:[^"\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]|\\["\\])*"'
"""A pattern for strings, which have no control characters: the first null character ends one."""
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
    return found if len(found) <= MAX_ARGUMENTS and all(map(is_within_limits, found)) else None


def is_argument(text: str) -> bool:
    """Return whether a text is one argument, of any size."""
    return _ARGUMENT.fullmatch(text) is not None


def is_within_limits(written: str) -> bool:
    """Return whether an integer has at most 32 bits, and a string is not too long."""
    value = value_of(written)
    if isinstance(value, str):
        return len(value) <= MAX_STRING_LENGTH
    return isinstance(value, float) or MIN_INTEGER <= value <= MAX_INTEGER


def is_message(address: str, arguments: Sequence[str]) -> bool:
    """Return whether a message has a valid address and valid arguments in their shortest form."""
    return (
        is_address(address)
        and len(arguments) <= MAX_ARGUMENTS
        and all(
            is_argument(one) and is_within_limits(one) and one == shortest(one) for one in arguments
        )
    )


def shortest(written: str) -> str:
    """Return an argument in the shortest form that has the same type and value: `007` is `7`."""
    if written.startswith('"') or written in ("true", "false"):
        return written
    whole, point, decimals = written.partition(".")
    sign = "-" if whole.startswith("-") else ""
    whole, decimals = whole.removeprefix("-").lstrip("0") or "0", decimals.rstrip("0") or "0"
    number = f"{whole}.{decimals}" if point else whole
    return number if number in ("0", "0.0") else sign + number


def value_of(written: str) -> OscValue:
    """Return the value of an argument as `split_arguments` returns it."""
    if written in ("true", "false"):
        return written == "true"
    if written.startswith('"'):
        return re.sub(r"\\(.)", r"\1", written[1:-1])
    return float(written) if "." in written else int(written)
