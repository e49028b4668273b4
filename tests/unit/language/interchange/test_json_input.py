from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.language.interchange.imported import MAX_FILE_BYTES, UnreadableError
from sequencer.language.interchange.json_input import looks_like_json, parse_json


def test_numbers_are_exact_and_values_know_their_path() -> None:
    found = parse_json(b'\xef\xbb\xbf{"a/b": [{"x": 0.1}, 3]}')
    values = found.get("a/b").items(10, "values")
    assert values[0].get("x").number() == Fraction(1, 10)
    assert values[1].number() == 3
    assert values[0].get("x").pointer == "/a~1b/0/x"
    assert found.get("no").is_missing
    assert found.keys() == ("a/b",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "this is not JSON: "),
        (b'{"a": NaN}', "NaN is not a number"),
        (b'{"a": 1e999}', "1e999 has too many digits"),
        (b'{"a": "\xff"}', "byte 7 is not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b" " * (MAX_FILE_BYTES + 1), "larger than"),
    ],
)
def test_what_is_not_json_is_an_error(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableError, match=message):
        parse_json(data)


def test_a_value_of_another_kind_is_an_error_with_its_path() -> None:
    found = parse_json(b'{"a": [true, "x", [1, 2], null]}')
    first, second, third, fourth = found.get("a").items(4, "values")
    for broken, place in (
        (lambda: first.number("the time"), " at /a/0"),
        (lambda: second.get("x"), " at /a/1"),
        (third.text, " at /a/2"),
        (lambda: fourth.items(9, "beats"), " at /a/3"),
        (lambda: third.items(1, "beats"), " at /a/2"),
    ):
        with pytest.raises(UnreadableError) as raised:
            broken()
        assert raised.value.place == place
    with pytest.raises(UnreadableError, match="the time must be a number, not true or false"):
        first.number("the time")
    with pytest.raises(UnreadableError, match="there are 2 beats; the maximum is 1"):
        third.items(1, "beats")


def test_only_an_object_looks_like_json() -> None:
    assert looks_like_json(b'\xef\xbb\xbf \n{"a"')
    assert not looks_like_json(b"[1]") and not looks_like_json(b"")
