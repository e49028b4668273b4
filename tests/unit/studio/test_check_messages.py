from __future__ import annotations

import io

import pytest

from sequencer.studio.check_messages import FrameError, pack, receive, unpack


def test_messages_are_read_as_they_were_written() -> None:
    stream = io.BytesIO(pack({"a": "é\udcff"}, b"\x00\xff") + pack({}))
    assert receive(stream.read) == ({"a": "é\udcff"}, b"\x00\xff")
    assert receive(stream.read) == ({}, b"")
    assert receive(stream.read) is None


@pytest.mark.parametrize(
    "data", [b"\0", b"\0\0\0\x05\0\0\0\0{}", b"\xff" * 8, pack({})[:-1] + b"["]
)
def test_what_is_not_a_message_is_refused(data: bytes) -> None:
    with pytest.raises(FrameError):
        receive(io.BytesIO(data).read)


def test_a_message_is_an_object() -> None:
    with pytest.raises(FrameError):
        unpack(b"[]")
