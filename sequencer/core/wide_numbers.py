"""Exact numbers with long denominators: compare and round them quickly.

Tempi that have nothing in common give times of thousands of digits.
"""

from __future__ import annotations

from fractions import Fraction

MAX_TIME_BITS = 14_000
"""The maximum length of an exact time's denominator, in bits.

That is about 4,200 digits: as many as Python prints. Only thousands of tempi without common factors
reach it.
"""

MAX_NARROW_BITS = 1_024
"""Arithmetic with denominators of up to this many bits costs no more than with short ones."""


def is_wide(value: Fraction) -> bool:
    """Whether a number's denominator is so long that arithmetic with other such numbers is slow."""
    return value.denominator.bit_length() > MAX_NARROW_BITS


def ordering(value: Fraction) -> tuple[int, Fraction]:
    """Return a sort key with the order of the values.

    Values at least 10⁻⁶ apart compare without cross-multiplying.
    """
    return (value.numerator << 20) // value.denominator, value


def is_before(value: Fraction, other: Fraction) -> bool:
    """Return `value < other`, computed quickly where both are wide."""
    if is_wide(value) and is_wide(other):
        return ordering(value) < ordering(other)
    return value < other


def for_display(value: Fraction) -> Fraction:
    """Return the value, or if wide the multiple of 2⁻⁶⁴ just below: for displayed sums only."""
    return (
        Fraction((value.numerator << 64) // value.denominator, 1 << 64) if is_wide(value) else value
    )
