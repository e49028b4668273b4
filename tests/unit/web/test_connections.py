"""TCP connections that send nothing or half a request, or read nothing: bounded in number and in
time.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from sequencer.web import connections as watched
from sequencer.web.connections import MAX_CONNECTIONS, MAX_SILENT, Connections
from sequencer.web.guard import own_page_guard
from sequencer.web.limits import RateLimit
from sequencer.web.server import WebServer

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]

WHOLE = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextlib.asynccontextmanager
async def _served(
    request_seconds: float = 10.0, idle_seconds: float = 60.0
) -> AsyncIterator[WebServer]:
    """Serve three routes: a short answer, one that takes two seconds, and a large one."""
    server = WebServer("127.0.0.1", 0, Connections(request_seconds, idle_seconds))
    guard = own_page_guard(server.hosts, RateLimit(1e6, 10_000), server.connections)
    application = web.Application(middlewares=[guard])

    async def health(_request: web.Request) -> web.Response:
        return web.Response(text="healthy")

    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.sleep(1.0)
        await response.write(b"still here")
        return response

    async def large(_request: web.Request) -> web.Response:
        return web.Response(text="x" * 100_000)

    application.add_routes(
        [web.get("/health", health), web.get("/slow", slow), web.get("/large", large)]
    )
    await server.start(application)
    try:
        yield server
    finally:
        await server.stop()


@contextlib.asynccontextmanager
async def _wires(server: WebServer, count: int) -> AsyncIterator[list[Wire]]:
    wires = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(count)]
    try:
        yield wires
    finally:
        for _, writer in wires:
            writer.close()


async def _answer(wire: Wire) -> bytes:
    """Read an answer, and return its status line."""
    reader, _ = wire
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    await reader.readexactly(length)
    return head.split(b"\r\n")[0]


async def _until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  sockets close without an event
            await asyncio.sleep(0.02)


async def _seconds_to_end(wire: Wire, sending: bytes = b"", every: float = 0.1) -> float:
    """Return how long a connection stays open that sends `sending` byte by byte."""
    reader, writer = wire
    begun = time.monotonic()

    async def trickle() -> None:
        for byte in sending:
            writer.write(bytes([byte]))
            await asyncio.sleep(every)

    trickling = asyncio.create_task(trickle())
    try:
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionError):
                while await reader.read(65536):
                    pass
    finally:
        trickling.cancel()
    return time.monotonic() - begun


@pytest.mark.parametrize(
    "sending",
    [b"", WHOLE[:-2], WHOLE[:9], b"GET /health HTTP/1.1\r\nX: " + b"x" * 500],
    ids=["nothing", "head", "line", "slow"],
)
def test_a_connection_that_sends_no_whole_request_is_closed(sending: bytes) -> None:
    async def go() -> None:
        async with (
            _served(request_seconds=1.0, idle_seconds=60.0) as server,
            _wires(server, 1) as (wire,),
        ):
            every = 0.05 if len(sending) > 100 else 0.0
            assert 0.9 < await _seconds_to_end(wire, sending, every) < 4.0

    asyncio.run(go())


def test_a_connection_may_rest_between_requests_but_not_for_ever() -> None:
    async def go() -> None:
        async with (
            _served(request_seconds=0.5, idle_seconds=2.0) as server,
            _wires(server, 2) as (resting, halved),
        ):
            for wire in (resting, halved):
                wire[1].write(WHOLE)
                assert b"200" in await _answer(wire)
            await asyncio.sleep(1.2)
            resting[1].write(WHOLE)
            assert b"200" in await _answer(resting), "it was closed too soon"
            halved[1].write(WHOLE[:12])
            half, rest = await asyncio.gather(_seconds_to_end(halved), _seconds_to_end(resting))
            assert half < 1.9
            assert 1.5 < rest < 5.0

    asyncio.run(go())


def test_a_request_that_takes_long_to_answer_is_not_idle() -> None:
    async def go() -> None:
        async with (
            _served(request_seconds=0.3, idle_seconds=0.3) as server,
            _wires(server, 1) as ((reader, writer),),
        ):
            writer.write(WHOLE.replace(b"/health", b"/slow"))
            await reader.readuntil(b"\r\n\r\n")
            assert b"still here" in await reader.readuntil(b"still here")

    asyncio.run(go())


def test_silent_connections_are_bounded_in_number_and_do_not_keep_others_out() -> None:
    async def go() -> None:
        async with (
            _served(request_seconds=60.0) as server,
            _wires(server, MAX_SILENT + 40) as silent,
        ):
            counted = server.connections
            await _until(lambda: counted.silent <= MAX_SILENT)
            async with _wires(server, 1) as (other,):
                other[1].write(WHOLE)
                assert b"200" in await _answer(other)
            ended = [reader.at_eof() or reader.exception() is not None for reader, _ in silent]
            await _until(
                lambda: (
                    sum(one[0].at_eof() or one[0].exception() is not None for one in silent) >= 40
                )
            )
            assert not ended[-1], (
                "the newest made space, not the one that has been silent for longest"
            )

    asyncio.run(go())


def test_connections_are_bounded_in_all() -> None:
    async def go() -> None:
        async with (
            _served() as server,
            contextlib.AsyncExitStack() as stack,
        ):
            counted = server.connections
            for _ in range(MAX_CONNECTIONS + 20):
                (wire,) = await stack.enter_async_context(_wires(server, 1))
                wire[1].write(WHOLE)
                assert b"200" in await _answer(wire), (
                    "a new connection is worth more than an idle one"
                )
            assert len(counted) <= MAX_CONNECTIONS

    asyncio.run(go())


def test_a_client_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "SEND_SECONDS", 0.5)

    async def go() -> None:
        async with (
            _served() as server,
            _wires(server, 1) as ((_, writer),),
        ):
            counted = server.connections
            transport = writer.transport
            transport.pause_reading()  # type: ignore[attr-defined]  # a stream's transport reads
            for _ in range(4000):
                writer.write(WHOLE.replace(b"/health", b"/large"))
            await _until(lambda: len(counted) == 0, 30)

    asyncio.run(go())
