"""OSC packets: what is built can be read, and no datagram does harm."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.core.osc_values import OscValue
from sequencer.runtime.osc.packets import (
    MAX_BUNDLE_DEPTH,
    MAX_MESSAGES,
    Message,
    PacketError,
    build_message,
    read_packet,
)

AT_ONCE = struct.pack(">Q", 1)
VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    st.floats(width=32, allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50),
)


def bundle(*elements: bytes, tag: bytes = AT_ONCE) -> bytes:
    return b"#bundle\0" + tag + b"".join(struct.pack(">I", len(one)) + one for one in elements)


@settings(deadline=None)
@given(st.lists(VALUES, max_size=16))
def test_what_is_built_can_be_read(values: list[OscValue]) -> None:
    (found,) = read_packet(build_message("/a/b", values))
    assert found == Message("/a/b", tuple(values))
    assert [type(one) for one in found.arguments] == [type(one) for one in values]


def test_bytes_of_the_specification() -> None:
    expected = bytes.fromhex(
        "2f666f6f 00000000 2c696973 66660000 000003e8 ffffffff 68656c6c 6f000000 3f9df3b6 40b5b22d"
    )
    float_1, float_2 = struct.unpack(">ff", expected[-8:])
    assert build_message("/foo", [1000, -1, "hello", float_1, float_2]) == expected


def test_a_null_character_or_half_a_character_does_not_end_a_string() -> None:
    (found,) = read_packet(build_message("/a", ["x\0y", "\ud800"]))
    assert found.arguments == ("x\ufffdy", "?")


def test_a_bundle_is_taken_apart_in_order_with_its_time() -> None:
    later = struct.pack(">Q", int((2_208_988_800 + 1_000.5) * 2**32))
    one, two, three = (build_message(f"/{name}", []) for name in "abc")
    found = read_packet(bundle(one, bundle(two, tag=later), three))
    assert [(message.address, message.due) for message in found] == [
        ("/a", None),
        ("/b", 1_000.5),
        ("/c", None),
    ]


def test_numbers_that_no_score_has_are_still_read() -> None:
    data = b"/a\0\0,dhN\0\0\0\0" + struct.pack(">dq", math.inf, 2**40)
    assert read_packet(data)[0].arguments == (math.inf, 2**40, None)


def test_deep_and_long_bundles_are_refused() -> None:
    deep = build_message("/a", [])
    for _ in range(MAX_BUNDLE_DEPTH):
        deep = bundle(deep)
    assert len(read_packet(deep)) == 1
    with pytest.raises(PacketError, match="nested more than 8 deep"):
        read_packet(bundle(deep))
    deepest = b""
    while len(deepest) < 60_000:
        deepest = bundle(deepest)
    with pytest.raises(PacketError, match="nested"):
        read_packet(deepest)
    with pytest.raises(PacketError, match="at most 1,000 messages"):
        read_packet(bundle(*[b"/a\0\0,\0\0\0"] * (MAX_MESSAGES + 1)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"/",
        b"/a",
        b"/a\0\0,i\0\0",
        b"/a\0\0,i\0\0\0\0",
        b"/a\0\0xi\0\0\0\0\0\1",
        b"/a\0\0,s\0\0abc",
        b"/a\0\0,s\0\0\xff\xff\xff\0",
        b"/\xff\0\0,\0\0\0",
        b"/a\0\0,b\0\0\x7f\xff\xff\xff",
        b"/a\0\0,[\0\0",
        b"/a\0\0,]\0\0",
        b"/a\0\0,I\0\0",
        b"/a\0\0,\x1b\0\0",
        b"#bundle\0",
        b"#bundle\0" + AT_ONCE + b"\0\0",
        b"#bundle\0" + AT_ONCE + b"\xff\xff\xff\xff/a\0\0",
    ],
)
def test_damaged_packets_are_refused(data: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PacketError) as caught:
        read_packet(data)
    assert str(caught.value).isprintable()
    assert capfd.readouterr() == ("", ""), "python-osc logs what it does not know"


@settings(deadline=None)
@given(
    st.binary(max_size=200)
    | st.binary(max_size=60).map(lambda rest: b"/a\0\0," + rest)
    | st.lists(st.binary(max_size=30)).map(lambda parts: bundle(*parts))
)
def test_any_datagram_is_read_or_refused(data: bytes) -> None:
    try:
        found = read_packet(data)
    except PacketError:
        return
    assert all(one.address.startswith("/") for one in found)
