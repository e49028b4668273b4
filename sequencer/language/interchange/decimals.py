"""Exact numbers from decimal text; never through a float."""

from __future__ import annotations

import re
from fractions import Fraction

MAX_DIGITS = 40
"""The maximum number of digits before the point, and after it. Programs print up to 17."""

_DECIMAL = re.compile(r"\s*(-?)([0-9]+)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,2}))?\s*", re.ASCII)


def read_decimal(text: str) -> Fraction | None:
    """Return the exact value of a decimal number, or None if `text` is not one.

    An exponent is accepted, because some programs print `1e-05`.
    """
    found = _DECIMAL.fullmatch(text)
    if found is None:
        return None
    sign, whole, part, power = found.groups()
    part = part or ""
    if len(whole) > MAX_DIGITS or len(part) > MAX_DIGITS:
        return None
    exponent = int(power or 0) - len(part)
    if not -2 * MAX_DIGITS <= exponent <= MAX_DIGITS:
        return None
    value = Fraction(int(whole + part)) * Fraction(10) ** exponent
    return -value if sign else value
