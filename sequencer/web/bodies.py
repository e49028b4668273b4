"""Request bodies, limited in size and in the time that they take to arrive."""

from __future__ import annotations

import asyncio

from aiohttp import web

PIECE_BYTES = 64 * 1024


class BodyError(Exception):
    """A body was not received; `status` is the status of the answer."""

    status = 400


class BodyTooLargeError(BodyError):
    """The body is longer than allowed."""

    status = 413


class BodyTooSlowError(BodyError):
    """The body did not arrive in time."""

    status = 408


class BodyInterruptedError(BodyError):
    """The connection broke before the body was complete."""


async def read_body(request: web.Request, max_bytes: int, seconds: float) -> bytes:
    """Return the body of a request.

    Raises:
        BodyTooLargeError: It has more than `max_bytes` bytes. The rest is not read.
        BodyTooSlowError: It took longer than `seconds`.
        BodyInterruptedError: The connection broke.
    """
    data = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for piece in request.content.iter_chunked(PIECE_BYTES):
                data += piece
                if len(data) > max_bytes:
                    raise BodyTooLargeError(f"a body may have up to {max_bytes} bytes")
    except ConnectionError:
        raise BodyInterruptedError("the connection broke before the body was complete") from None
    except TimeoutError:
        raise BodyTooSlowError(f"the body did not arrive within {seconds:.0f} s") from None
    return bytes(data)
