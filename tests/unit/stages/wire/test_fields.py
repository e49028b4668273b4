"""The fields of messages: the accepted forms of numbers, texts and flags, and what is reported for
others.
"""

from __future__ import annotations

from typing import Any

import pytest

from sequencer.stages.wire.fields import (
    MalformedError,
    integer,
    number,
    optional_number,
    optional_text,
    read_bool,
    read_float,
    read_int,
    read_text,
)

LARGEST = 2**62


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (0, 0),
        (-7, -7),
        (7.0, 7),
        ("7", 7),
        ("-7", -7),
        ("007", 7),
        (LARGEST, LARGEST),
        (-LARGEST, -LARGEST),
        (float(2**53), 2**53),
        ("9" * 18, int("9" * 18)),
        ("-" + "9" * 18, -int("9" * 18)),
        (LARGEST + 1, None),
        (-LARGEST - 1, None),
        (1e300, None),
        (float("inf"), None),
        (float("nan"), None),
        (7.5, None),
        ("9" * 19, None),
        ("-" + "9" * 19, None),
        ("--7", None),
        ("-", None),
        ("", None),
        ("7.0", None),
        (" 7", None),
        ("٧", None),
        ("²", None),
        (True, None),
        (None, None),
        ([7], None),
    ],
)
def test_a_whole_number_may_travel_as_a_double_or_as_text(value: object, found: int | None) -> None:
    if found is None:
        with pytest.raises(MalformedError, match=r"^seven must be a whole number$"):
            read_int(value, "seven")
        with pytest.raises(MalformedError, match=r"^seven must be a whole number$"):
            integer({"seven": value}, "seven")
    else:
        assert read_int(value, "seven") == found
        assert integer({"seven": value}, "seven") == found
        assert type(read_int(value, "seven")) is int


@pytest.mark.parametrize(
    ("read", "data", "message"),
    [
        (read_text, {}, "a is required"),
        (read_text, {"a": None}, "a is required"),
        (read_text, {"a": 7}, "a must be a text"),
        (optional_text, {"a": 7}, "a must be a text"),
        (read_bool, {}, "a must be true or false"),
        (read_bool, {"a": 1}, "a must be true or false"),
        (integer, {}, "a is required"),
        (number, {}, "a is required"),
        (number, {"a": -1}, "a must not be negative"),
        (optional_number, {"a": -1}, "a must not be negative"),
        (lambda data, key: read_float(data, key, 1.0), {"a": True}, "a must be a number"),
        (lambda data, key: read_float(data, key, 1.0), {"a": "1"}, "a must be a number"),
        (lambda data, key: read_float(data, key, 1.0), {"a": float("nan")}, "a must be a number"),
        (lambda data, key: read_float(data, key, 1.0), {"a": 2 * LARGEST}, "a must be a number"),
        (lambda data, key: read_float(data, key, 1.0), {"a": None}, "a must be a number"),
    ],
)
def test_what_a_field_is_not_is_reported(read: Any, data: dict[str, object], message: str) -> None:
    with pytest.raises(MalformedError, match=f"^{message}$"):
        read(data, "a")


@pytest.mark.parametrize(
    ("found", "value"),
    [
        (read_text({"a": "b"}, "a"), "b"),
        (read_text({}, "a", "c"), "c"),
        (read_text({"a": ""}, "a", "c"), ""),
        (optional_text({}, "a"), None),
        (optional_text({"a": None}, "a"), None),
        (optional_text({"a": ""}, "a"), ""),
        (read_bool({"a": False}, "a"), False),
        (read_bool({}, "a", True), True),
        (read_bool({"a": False}, "a", True), False),
        (integer({}, "a", 7), 7),
        (integer({"a": -7}, "a"), -7),
        (number({"a": 0}, "a"), 0),
        (number({}, "a", 7), 7),
        (optional_number({}, "a"), None),
        (optional_number({"a": None}, "a"), None),
        (optional_number({"a": 0}, "a"), 0),
        (read_float({}, "a", 1.5), 1.5),
        (read_float({"a": 2}, "a", 1.5), 2.0),
        (read_float({"a": -LARGEST}, "a", 1.5), float(-LARGEST)),
    ],
)
def test_what_a_field_is(found: object, value: object) -> None:
    assert found == value
    assert type(found) is type(value)
