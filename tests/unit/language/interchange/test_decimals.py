from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.language.interchange.decimals import read_decimal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.350000", Fraction(7, 20)),
        ("-12", Fraction(-12)),
        (" 1.25 ", Fraction(5, 4)),
        ("3.", Fraction(3)),
        ("1e-05", Fraction(1, 100_000)),
        ("2.5E+3", Fraction(2500)),
        ("0.1", Fraction(1, 10)),
    ],
)
def test_a_decimal_number_is_exact(text: str, value: Fraction) -> None:
    assert read_decimal(text) == value


@pytest.mark.parametrize(
    "text", ["", ".", "1,5", "nan", "inf", "1e999", "0x1", "1_000", "١", "1" * 41, "0." + "1" * 41]
)
def test_anything_else_is_not_a_number(text: str) -> None:
    assert read_decimal(text) is None
