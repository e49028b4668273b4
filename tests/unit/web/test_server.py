"""An application on a port: where it can be reached, and what it reports if it cannot be served."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest
from aiohttp import web

from sequencer.core.errors import UsageError
from sequencer.web.connections import Connections
from sequencer.web.server import WebServer


def served(host: str, port: int = 0) -> WebServer:
    return WebServer(host, port, Connections(10, 10))


def application() -> web.Application:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="here")

    found = web.Application()
    found.add_routes([web.get("/", answer)])
    return found


@pytest.mark.parametrize(
    ("host", "url", "is_open"),
    [
        ("127.0.0.1", "http://127.0.0.1:{}", False),
        ("localhost", "http://localhost:{}", False),
        ("0.0.0.0", "http://127.0.0.1:{}", True),  # noqa: S104 - it serves for an instant
    ],
)
def test_it_answers_until_it_is_stopped(host: str, url: str, is_open: bool) -> None:
    async def go() -> None:
        server = served(host)
        await server.start(application())
        assert (server.url, server.is_open_to_others) == (url.format(server.port), is_open)
        assert server.port > 0 and server.hosts.accepts(server.address)
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"http://127.0.0.1:{server.port}/")).text == "here"
            await server.stop()
            with pytest.raises(httpx.TransportError):
                await client.get(f"http://127.0.0.1:{server.port}/")
        await server.stop()

    asyncio.run(go())


@pytest.mark.parametrize(
    ("host", "message", "hint"),
    [
        (" ", "empty", "--host"),
        ("no such host", "no such host:0 cannot be served", "--host"),
        ("192.0.2.1", "192.0.2.1:0 cannot be served", "--host"),
    ],
)
def test_a_host_that_is_not_ours_is_refused(host: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as error:
        asyncio.run(served(host).start(application()))
    assert message in str(error.value) and hint in (error.value.hint or "")


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError) as error:
        asyncio.run(served("127.0.0.1", taken.getsockname()[1]).start(application()))
    assert "cannot be served" in str(error.value) and "--port" in (error.value.hint or "")
