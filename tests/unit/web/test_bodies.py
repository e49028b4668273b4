"""Request bodies, limited in size and time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from unittest.mock import Mock

import pytest
from aiohttp import web
from aiohttp.streams import StreamReader
from aiohttp.test_utils import make_mocked_request

from sequencer.web.bodies import (
    BodyError,
    BodyInterruptedError,
    BodyTooLargeError,
    BodyTooSlowError,
    read_body,
)

Send = Callable[[StreamReader], Awaitable[None]]


def received(send: Send, max_bytes: int = 10, seconds: float = 5.0) -> bytes:
    async def go() -> bytes:
        stream = StreamReader(Mock(), 2**16, loop=asyncio.get_running_loop())
        request: web.Request = make_mocked_request("POST", "/", payload=stream, transport=Mock())
        sending = asyncio.ensure_future(send(stream))
        try:
            return await read_body(request, max_bytes, seconds)
        finally:
            await sending

    return asyncio.run(go())


async def pieces(stream: StreamReader) -> None:
    for piece in (b"01234", b"56789"):
        stream.feed_data(piece)
        await asyncio.sleep(0)
    stream.feed_eof()


async def breaks(stream: StreamReader) -> None:
    stream.feed_data(b"0")
    stream.set_exception(ConnectionResetError())


async def nothing(_stream: StreamReader) -> None:
    pass


def test_a_body_arrives_in_pieces() -> None:
    assert received(pieces) == b"0123456789"


@pytest.mark.parametrize(
    ("send", "max_bytes", "seconds", "kind", "status"),
    [
        (pieces, 9, 5.0, BodyTooLargeError, 413),
        (breaks, 10, 5.0, BodyInterruptedError, 400),
        (nothing, 10, 0.01, BodyTooSlowError, 408),
    ],
)
def test_a_body_that_is_not_received(
    send: Send, max_bytes: int, seconds: float, kind: type[BodyError], status: int
) -> None:
    with pytest.raises(kind) as error:
        received(send, max_bytes, seconds)
    assert error.value.status == status
