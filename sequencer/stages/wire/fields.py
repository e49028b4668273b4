"""Strict readers for a message's data fields: each returns a value or raises `MalformedError`.

The value has the kind that the reader is for.

Numbers may arrive as doubles (`33.0`) or as text (`"33"`), as they do from protobuf structs and
from the keys of a map.
"""

from __future__ import annotations

from collections.abc import Mapping

Data = dict[str, object]
"""A message's data, as it is written."""

MISSING = object()
"""The default of a required field."""

MAX_NUMBER = 2**62
"""No count, chunk, seed or strength is larger; a larger value breaks whatever reads it next."""
MAX_DIGITS = 18
"""The most digits of a number that travels as text."""


class MalformedError(ValueError):
    """Data that is not what its name promises.

    The message gives the field, and what it should be.
    """


def read_text(data: Mapping[str, object], key: str, default: object = MISSING) -> str:
    """Read a text."""
    value = data.get(key, default)
    if not isinstance(value, str):
        raise MalformedError(
            f"{key} is required" if value is MISSING or value is None else f"{key} must be a text"
        )
    return value


def optional_text(data: Mapping[str, object], key: str) -> str | None:
    """Read a text; None if it is null or missing."""
    return None if data.get(key) is None else read_text(data, key)


def read_bool(data: Mapping[str, object], key: str, default: object = MISSING) -> bool:
    """Read true or false."""
    value = data.get(key, default)
    if not isinstance(value, bool):
        raise MalformedError(f"{key} must be true or false")
    return value


def read_int(value: object, what: str) -> int:
    """Convert a whole number that may have travelled as a double or as text."""
    if isinstance(value, str) and len(value) <= MAX_DIGITS + 1:
        digits = value.removeprefix("-")
        if (
            digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS
        ):  # a regex would take three times as long
            return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_NUMBER:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER:
        return value
    raise MalformedError(f"{what} must be a whole number")


def integer(data: Mapping[str, object], key: str, default: object = MISSING) -> int:
    """Read a whole number."""
    value = data.get(key, default)
    if value is MISSING:
        raise MalformedError(f"{key} is required")
    return read_int(value, key)


def number(data: Mapping[str, object], key: str, default: object = MISSING) -> int:
    """Read a whole number that is not negative."""
    value = integer(data, key, default)
    if value < 0:
        raise MalformedError(f"{key} must not be negative")
    return value


def optional_number(data: Mapping[str, object], key: str) -> int | None:
    """Read a whole number that is not negative; None if it is null or missing."""
    return None if data.get(key) is None else number(data, key)


def read_float(data: Mapping[str, object], key: str, default: float) -> float:
    """Read a number, as a float."""
    value = data.get(key, default)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not abs(value) <= MAX_NUMBER
    ):
        raise MalformedError(f"{key} must be a number")
    return float(value)
