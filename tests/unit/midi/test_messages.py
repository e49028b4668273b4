"""Splitting bytes into MIDI messages."""

from __future__ import annotations

import mido  # type: ignore[import-untyped]  # mido has no type annotations
from hypothesis import given
from hypothesis import strategies as st

from sequencer.midi.messages import MAX_EXCLUSIVE, MessageSplitter


def test_running_status_and_real_time_in_between() -> None:
    split = MessageSplitter()
    assert split.feed(bytes((0x90, 60, 0xF8, 100, 62, 90))) == [
        b"\xf8",
        bytes((0x90, 60, 100)),
        bytes((0x90, 62, 90)),
    ]
    assert split.feed(bytes((0xF2, 3, 1, 64, 0))) == [bytes((0xF2, 3, 1))], (
        "a system message has no running status"
    )


def test_sysex_is_passed_over() -> None:
    split = MessageSplitter()
    assert split.feed(b"\xf0\x01\x02\xfa\x03\xf7\x90\x40\x40") == [b"\xfa", b"\x90\x40\x40"]
    long = b"\xf0\x7f" + bytes(MAX_EXCLUSIVE) + b"\xf7"
    assert split.feed(long + b"\xf0\xf7\xf7\xf0\x7f\x7f\x90\x40\x41") == [b"\x90\x40\x41"]


FULL_FRAME = bytes((0xF0, 0x7F, 0x7F, 1, 1, 1 << 5, 0, 8, 0, 0xF7))


def test_a_full_frame_of_time_code_is_handed_on_whatever_comes_between() -> None:
    assert MessageSplitter().feed(FULL_FRAME * 2) == [FULL_FRAME] * 2
    between = b"".join(bytes((byte, 0xF8)) for byte in FULL_FRAME)
    assert [one for one in MessageSplitter().feed(between) if one != b"\xf8"] == [FULL_FRAME]
    assert MessageSplitter().feed(b"\x90\x40" + FULL_FRAME + b"\x40\x40") == [FULL_FRAME], (
        "it ends a running status"
    )
    split = MessageSplitter()
    assert [message for byte in FULL_FRAME for message in split.feed(bytes((byte,)))] == [
        FULL_FRAME
    ]


def test_data_without_a_status_is_nothing() -> None:
    assert MessageSplitter().feed(bytes(range(100))) == []


MESSAGES = st.one_of(
    st.tuples(
        st.sampled_from([0x80, 0x90, 0xA0, 0xB0, 0xE0]),
        st.integers(0, 15),
        st.integers(0, 127),
        st.integers(0, 127),
    ).map(lambda one: bytes((one[0] | one[1], one[2], one[3]))),
    st.tuples(st.sampled_from([0xC0, 0xD0]), st.integers(0, 15), st.integers(0, 127)).map(
        lambda one: bytes((one[0] | one[1], one[2]))
    ),
    st.tuples(st.integers(0, 127), st.integers(0, 127)).map(lambda one: bytes((0xF2, *one))),
    st.binary(max_size=20).map(
        lambda one: b"\xf0\x7f" + bytes(byte & 0x7F for byte in one) + b"\xf7"
    ),
    st.sampled_from([b"\xf8", b"\xfa", b"\xfb", b"\xfc", b"\xfe"]),
)


@given(st.lists(MESSAGES, max_size=30), st.integers(1, 7))
def test_the_same_messages_as_mido_whatever_the_pieces(messages: list[bytes], size: int) -> None:
    stream = b"".join(messages)
    split, found = MessageSplitter(), list[bytes]()
    for start in range(0, len(stream), size):
        found += split.feed(stream[start : start + size])
    assert found == messages == [bytes(message.bytes()) for message in mido.parse_all(stream)]


@given(st.binary(max_size=200))
def test_any_bytes_give_whole_messages(data: bytes) -> None:
    for message in MessageSplitter().feed(data):
        mido.Message.from_bytes(message)
