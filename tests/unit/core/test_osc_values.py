"""Addresses and arguments of OSC messages, as they are written."""

from __future__ import annotations

import pytest

from sequencer.core.osc_values import (
    MAX_ADDRESS_LENGTH,
    MAX_ARGUMENTS,
    MAX_INTEGER,
    MAX_STRING_LENGTH,
    MIN_INTEGER,
    OscValue,
    is_address,
    is_message,
    shortest,
    split_arguments,
    value_of,
)


@pytest.mark.parametrize(
    "text", ["/", "/drop", "/composition/layers/2/clips/8/connect", "/a.b-c_d+e"]
)
def test_addresses(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    ["", "drop", "/a b", '/a"', "/a#b", "/a*", "/a,b", "/a?", "/a[1]", "/{a,b}", "/é", "/a\n",
     "/" + "a" * MAX_ADDRESS_LENGTH],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", []),
        ("1 -2 0", [1, -2, 0]),
        ("0.5 -1.25", [0.5, -1.25]),
        ('true false "true"', [True, False, "true"]),
        ('"a \\" b \\\\" 1', ['a " b \\', 1]),
        (f"{MAX_INTEGER} {MIN_INTEGER}", [MAX_INTEGER, MIN_INTEGER]),
    ],
)
def test_arguments(text: str, values: list[OscValue]) -> None:
    written = split_arguments(text)
    assert written is not None
    found = [value_of(one) for one in written]
    assert found == values
    assert [type(one) for one in found] == [type(one) for one in values]


@pytest.mark.parametrize(
    "text",
    ["a", "1a", "1,2", '"a', '"a"b', "True", "1e5", "--1", f"{MAX_INTEGER + 1}", f"{MIN_INTEGER - 1}",
     '"a\x00"', '"a\tb"', f'"{"a" * (MAX_STRING_LENGTH + 1)}"',
     " ".join(["1"] * (MAX_ARGUMENTS + 1))],
)  # fmt: skip
def test_what_is_no_argument(text: str) -> None:
    assert split_arguments(text) is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("007", "7"),
        ("-007", "-7"),
        ("000", "0"),
        ("-0", "0"),
        ("1.50", "1.5"),
        ("01.00", "1.0"),
        ("-0.0", "0.0"),
        ("-0.50", "-0.5"),
        ("true", "true"),
        ('"007"', '"007"'),
    ],
)
def test_the_shortest_form_has_the_same_type_and_value(written: str, expected: str) -> None:
    found = shortest(written)
    assert found == expected
    assert value_of(found) == value_of(written)
    assert type(value_of(found)) is type(value_of(written))


@pytest.mark.parametrize(
    ("address", "arguments", "is_valid"),
    [
        ("/a", (), True),
        ("/a", ("1", '"x"', "0.5"), True),
        ("a", (), False),
        ("/a", ("01",), False),
        ("/a", ("x",), False),
        ("/a", ("1 2",), False),
        ("/a", (str(MAX_INTEGER + 1),), False),
        ("/a", ("1",) * (MAX_ARGUMENTS + 1), False),
    ],
)
def test_which_messages_a_schedule_may_have(
    address: str, arguments: tuple[str, ...], is_valid: bool
) -> None:
    assert is_message(address, arguments) is is_valid
