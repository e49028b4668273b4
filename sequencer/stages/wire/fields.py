"""Fields of a message's data, read with care: each gives a value of its kind or raises `MalformedError`.

Numbers may come as doubles (`33.0`) or as text (`"33"`), as they do from protobuf structs and from the keys of a map.
"""

from __future__ import annotations

from collections.abc import Mapping

Data = dict[str, object]
"""A message's data, as it is written."""

MISSING = object()
"""The default of a field that must be there."""

MAX_NUMBER = 2**62
"""No count, chunk, seed or strength is larger; what is would only break whoever reads it next."""
MAX_DIGITS = 18
"""As many as a number that travels as text may have."""


class MalformedError(ValueError):
    """Data that does not hold what its name promises; says which field, and what it should be."""


def read_text(data: Mapping[str, object], key: str, default: object = MISSING) -> str:
    """A text."""
    value = data.get(key, default)
    if not isinstance(value, str):
        raise MalformedError(f"{key} is required" if value is MISSING or value is None else f"{key} must be a text")
    return value


def optional_text(data: Mapping[str, object], key: str) -> str | None:
    """A text, None where it is null or not there."""
    return None if data.get(key) is None else read_text(data, key)


def read_bool(data: Mapping[str, object], key: str, default: object = MISSING) -> bool:
    """True or false."""
    value = data.get(key, default)
    if not isinstance(value, bool):
        raise MalformedError(f"{key} must be true or false")
    return value


def read_int(value: object, what: str) -> int:
    """A whole number that may have travelled as a double or as text."""
    if isinstance(value, str) and len(value) <= MAX_DIGITS + 1:
        digits = value.removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS:  # a pattern would take thrice as long
            return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_NUMBER:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER:
        return value
    raise MalformedError(f"{what} must be a whole number")


def integer(data: Mapping[str, object], key: str, default: object = MISSING) -> int:
    """A whole number."""
    value = data.get(key, default)
    if value is MISSING:
        raise MalformedError(f"{key} is required")
    return read_int(value, key)


def number(data: Mapping[str, object], key: str, default: object = MISSING) -> int:
    """A whole number, not negative."""
    value = integer(data, key, default)
    if value < 0:
        raise MalformedError(f"{key} must not be negative")
    return value


def optional_number(data: Mapping[str, object], key: str) -> int | None:
    """A whole number, not negative, None where it is null or not there."""
    return None if data.get(key) is None else number(data, key)


def read_float(data: Mapping[str, object], key: str, default: float) -> float:
    """A number, as a float."""
    value = data.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MAX_NUMBER:
        raise MalformedError(f"{key} must be a number")
    return float(value)
