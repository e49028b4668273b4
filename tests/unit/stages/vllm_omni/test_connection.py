"""The connection to a server: what it is asked, and what each failure is called."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from sequencer.core.errors import StageError
from sequencer.core.secrets import Secret
from sequencer.stages.vllm_omni.connection import Connections
from sequencer.stages.vllm_omni.messages import ChunkMetadata, MessageError
from sequencer.stages.vllm_omni.settings import VllmOmniSettings, address_of
from tests.support.vllm_omni_server import MODEL, VllmOmniServer

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
CHUNK = (
    '{"type": "video.chunk_metadata", "num_frames": 1, "byte_length": 3, '
    '"generation_chunk_index": 0}'
)


def model(server: VllmOmniServer, key: str | None = None) -> str:
    async def ask() -> str:
        async with server.running():
            secret = None if key is None else Secret(key)
            connections = Connections(VllmOmniSettings(address=address_of(server.url), key=secret))
            try:
                return await connections.model()
            finally:
                await connections.close()

    return asyncio.run(ask())


def received(send: Callable[[web.WebSocketResponse], Awaitable[Any]]) -> list[object]:
    """Return what arrives from a WebSocket on which `send` sends."""

    async def socket_handler(request: web.Request) -> web.WebSocketResponse:
        response = web.WebSocketResponse()
        await response.prepare(request)
        await send(response)
        await response.close()
        return response

    async def connect() -> list[object]:
        app = web.Application()
        app.router.add_get("/v1/realtime/video", socket_handler)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = address_of(f"ws://127.0.0.1:{runner.addresses[0][1]}")
        connections = Connections(VllmOmniSettings(address=address))
        found: list[object] = []
        try:
            connection = await connections.session()
            arriving = connection.receive()
            try:
                while True:
                    found.append(await anext(arriving))
            except StageError as error:
                found.append(error)
            await connection.send("after the end")
            await connection.close()
        finally:
            await connections.close()
            await runner.cleanup()
        return found

    return asyncio.run(connect())


def test_the_server_names_its_model() -> None:
    assert model(VllmOmniServer()) == MODEL


def test_the_key_is_sent() -> None:
    assert model(VllmOmniServer(key="s3cret"), "s3cret") == MODEL
    with pytest.raises(StageError, match="the server needs a key"):
        model(VllmOmniServer(key="s3cret"))
    with pytest.raises(StageError, match="does not accept the key") as caught:
        model(VllmOmniServer(key="s3cret"), "0ther")
    assert "0ther" not in str(caught.value)


@pytest.mark.parametrize("name", [None, 3, "", "a\nb", "x" * 400])
def test_a_name_that_is_none(name: object) -> None:
    with pytest.raises(StageError, match="does not answer with the name of its model"):
        model(VllmOmniServer(model=name))


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = address_of(f"ws://127.0.0.1:{taken.getsockname()[1]}")

        async def ask() -> None:
            connections = Connections(VllmOmniSettings(address=address))
            try:
                with pytest.raises(StageError, match="cannot be reached") as caught:
                    await connections.model()
                assert "vllm serve" in str(caught.value.hint)
                with pytest.raises(StageError, match="cannot be reached"):
                    await connections.session()
            finally:
                await connections.close()

        asyncio.run(ask())


@pytest.mark.parametrize(
    ("scheme", "host", "message", "hint"),
    [
        ("ws", "nosuchhost.invalid", "nosuchhost.invalid is unknown", "spelling"),
        ("wss", "127.0.0.1", "does not answer with TLS", "ws://"),
    ],
)
def test_a_wrong_host_or_scheme_has_its_own_hint(
    scheme: str, host: str, message: str, hint: str
) -> None:
    async def ask() -> None:
        runner = web.AppRunner(web.Application())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = address_of(f"{scheme}://{host}:{runner.addresses[0][1]}")
        connections = Connections(VllmOmniSettings(address=address))
        try:
            for attempt in (connections.model, connections.session):
                with pytest.raises(StageError, match=message) as caught:
                    await attempt()
                assert hint in str(caught.value.hint)
                assert "vllm serve" not in str(caught.value)
        finally:
            await connections.close()
            await runner.cleanup()

    asyncio.run(ask())


@pytest.mark.parametrize("status", [302, 404, 500])
def test_another_server(status: int) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "http://127.0.0.1:1/"})

    async def ask() -> None:
        app = web.Application()
        app.router.add_get("/{rest:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"ws://127.0.0.1:{runner.addresses[0][1]}"
        connections = Connections(VllmOmniSettings(address=address_of(url)))
        try:
            with pytest.raises(StageError, match=f"answers {status} when asked for its model"):
                await connections.model()
            with pytest.raises(StageError, match=r"is not a WebSocket for video|cannot be reached"):
                await connections.session()
        finally:
            await connections.close()
            await runner.cleanup()

    asyncio.run(ask())


def test_a_chunk_is_its_metadata_and_its_video() -> None:
    async def send(response: web.WebSocketResponse) -> None:
        await response.send_str(CHUNK)
        await response.send_bytes(b"abc")

    metadata, media, end = received(send)
    assert isinstance(metadata, ChunkMetadata)
    assert getattr(media, "data", None) == b"abc"
    assert str(end).startswith("the server closed the connection (code 1000)")


def test_metadata_without_its_video() -> None:
    async def send(response: web.WebSocketResponse) -> None:
        await response.send_str(CHUNK)
        await response.send_str('{"type": "session.pong"}')

    *_, end = received(send)
    assert isinstance(end, MessageError)
    assert "a chunk's metadata is not followed by its video" in str(end)


def test_a_video_of_another_length_and_one_without_metadata() -> None:
    async def send_longer(response: web.WebSocketResponse) -> None:
        await response.send_str(CHUNK)
        await response.send_bytes(b"abcd")

    async def send_alone(response: web.WebSocketResponse) -> None:
        await response.send_bytes(b"abc")

    assert "has 4 bytes, but its metadata announced 3" in str(received(send_longer)[-1])
    assert "a video arrived without metadata" in str(received(send_alone)[-1])


def test_a_message_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sequencer.stages.vllm_omni.connection.MAX_MEDIA_BYTES", 1 << 20)

    async def send(response: web.WebSocketResponse) -> None:
        await response.send_bytes(bytes((1 << 20) + 1))

    (end,) = received(send)
    assert isinstance(end, MessageError)
    assert "it has more than 1 MiB" in str(end)
