"""What the studio's server refuses, and the headers of what it serves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sequencer.core.errors import UsageError
from sequencer.studio import app as module
from sequencer.studio.app import MAX_SOCKETS, StudioServer
from sequencer.studio.page_keys import PageKeys
from sequencer.studio.requests import MAX_MESSAGE_BYTES
from sequencer.studio.tickets import Tickets

OPENED: list[aiohttp.ClientWebSocketResponse] = []
"""The websockets of the test that runs; they are closed at its end."""


class FakeStudio:
    """A studio that answers every request with its kind."""

    def __init__(self) -> None:
        self.keys = PageKeys()
        self.tickets = Tickets()
        self.process = "process"
        self.pages: list[Any] = []
        self.answered: list[Any] = []
        self.kept: list[Any] = []
        self.address_of: Any = None
        self.hold: asyncio.Event | None = None

    def now(self) -> int:
        return 5

    def connect(self, page: Any) -> None:
        self.pages.append(page)
        page.send({"t": "snapshot"})

    def disconnect(self, page: Any) -> None:
        self.pages.remove(page)

    def keep(self, task: Any) -> None:
        self.kept.append(task)

    async def answer(self, page: Any, request: Any) -> Any:
        del page
        self.answered.append(request)
        if self.hold is not None:
            await self.hold.wait()
        if request.t == "save":
            raise UsageError("no", "hint")
        if request.t == "open":
            raise ZeroDivisionError
        return request.t

    async def serve_frames(self, opened: Any, stage: str) -> None:
        await opened.send_bytes(f"frame{stage}".encode())


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[FakeStudio, StudioServer, aiohttp.ClientSession]]:
    studio = FakeStudio()
    async with (
        StudioServer(studio) as server,  # type: ignore[arg-type]  # what the server uses of a studio
        aiohttp.ClientSession() as client,
    ):
        try:
            yield studio, server, client
        finally:
            for one in OPENED:
                await one.close()
            OPENED.clear()


def run(test: Callable[[FakeStudio, StudioServer, aiohttp.ClientSession], Awaitable[None]]) -> None:
    async def main() -> None:
        async with serving() as (studio, server, client):
            await test(studio, server, client)

    asyncio.run(main())


async def opened(
    server: StudioServer, client: aiohttp.ClientSession, key: str | None, path: str = "/ws"
) -> aiohttp.ClientWebSocketResponse:
    socket = await client.ws_connect(server.url + path, headers={"Origin": server.url})
    OPENED.append(socket)
    if key is not None:
        await socket.send_json({"t": "key", "key": key})
    return socket


@pytest.mark.parametrize("path", ["/", "/remote", "/output"])
def test_a_page_has_a_strict_policy_with_a_new_nonce(path: str) -> None:
    async def test(_: FakeStudio, server: StudioServer, client: aiohttp.ClientSession) -> None:
        nonces = set()
        for _attempt in range(2):
            async with client.get(server.url + path) as response:
                assert response.status == 200
                policy = response.headers["Content-Security-Policy"]
                assert policy.startswith("default-src 'none'; script-src 'self'; ")
                assert "unsafe" not in policy
                assert "frame-ancestors 'none'" in policy
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                assert response.headers["Referrer-Policy"] == "no-referrer"
                nonce = policy.partition("'nonce-")[2].partition("'")[0]
                assert f'content="{nonce}"' in await response.text()
                nonces.add(nonce)
        assert len(nonces) == 2

    run(test)


def test_files_have_fixed_media_types_and_no_other_path_is_served() -> None:
    async def test(_: FakeStudio, server: StudioServer, client: aiohttp.ClientSession) -> None:
        async with client.get(f"{server.url}/static/main.js") as response:
            assert response.status == 200
            assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
        for path in (
            "static/../app.py",
            "static/%2e%2e/app.py",
            "static/..%2fapp.py",
            "static//etc/passwd",
            "static/protocol.d.ts",
            "static/",
            "static",
            "files/x",
            "favicon.ico",
        ):
            async with client.get(f"{server.url}/{path}") as response:
                assert response.status == 404, path
                assert response.headers["X-Content-Type-Options"] == "nosniff"

    run(test)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_no_request_changes_anything(method: str) -> None:
    async def test(_: FakeStudio, server: StudioServer, client: aiohttp.ClientSession) -> None:
        async with client.request(method, server.url + "/", data=b"x") as response:
            assert response.status == 405

    run(test)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:PORT"}, 200),
        ({"Host": "[::1]:PORT"}, 200),
        ({"Host": "evil.example:PORT"}, 403),
        ({"Host": "127.0.0.1.evil.example:PORT"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "http://127.0.0.1:PORT"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:PORT"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        (
            {
                "Sec-Fetch-Site": "cross-site",
                "Sec-Fetch-Mode": "navigate",
                "Sec-Fetch-Dest": "document",
            },
            200,
        ),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
    ],
)
def test_requests_of_other_sites_are_refused(headers: dict[str, str], status: int) -> None:
    async def test(_: FakeStudio, server: StudioServer, client: aiohttp.ClientSession) -> None:
        sent = {name: value.replace("PORT", str(server.port)) for name, value in headers.items()}
        async with client.get(server.url + "/", headers=sent) as response:
            assert response.status == status

    run(test)


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null"])
@pytest.mark.parametrize("path", ["/ws", "/frames"])
def test_a_websocket_needs_the_origin_of_the_page(path: str, origin: str | None) -> None:
    async def test(_: FakeStudio, server: StudioServer, client: aiohttp.ClientSession) -> None:
        headers = {} if origin is None else {"Origin": origin}
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await client.ws_connect(server.url + path, headers=headers)
        assert caught.value.status == 403

    run(test)


@pytest.mark.parametrize("first", ['{"t":"key","key":"wrong"}', '{"t":"ping","id":1}', "x", ""])
def test_a_websocket_without_its_key_is_closed(first: str) -> None:
    async def test(studio: FakeStudio, server: StudioServer, client: aiohttp.ClientSession) -> None:
        for path in ("/ws", "/frames"):
            socket = await opened(server, client, None, path)
            await socket.send_str(first)
            messages = [message async for message in socket]
            assert socket.close_code == aiohttp.WSCloseCode.POLICY_VIOLATION
            texts = [json.loads(one.data)["t"] for one in messages]
            assert texts == (["refused"] if path == "/ws" else [])
        assert studio.pages == []

    run(test)


def test_a_websocket_that_sends_no_key_in_time_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEY_SECONDS", 0.05)

    async def test(_: FakeStudio, server: StudioServer, client: aiohttp.ClientSession) -> None:
        socket = await opened(server, client, None)
        assert (await socket.receive_json())["t"] == "refused"
        await socket.receive()
        assert socket.close_code == aiohttp.WSCloseCode.POLICY_VIOLATION

    run(test)


def test_each_key_has_its_role_and_requests_are_answered() -> None:
    async def test(studio: FakeStudio, server: StudioServer, client: aiohttp.ClientSession) -> None:
        for role in ("operator", "remote", "viewer"):
            socket = await opened(server, client, studio.keys.of(role))
            assert await socket.receive_json() == {
                "t": "hello",
                "protocol": 1,
                "process": "process",
                "role": role,
                "now": 5,
            }
            assert await socket.receive_json() == {"t": "snapshot"}
            await socket.send_json({"t": "ping", "id": 1})
            assert await socket.receive_json() == {"t": "pong", "id": 1, "now": 5}
            await socket.send_json({"t": "lock", "id": 2, "locked": True})
            assert await socket.receive_json() == {
                "t": "answer",
                "id": 2,
                "ok": True,
                "answer": "lock",
            }
            await socket.send_json({"t": "save", "id": 3, "version": 1})
            assert (await socket.receive_json())["error"] == {"message": "no", "hint": "hint"}
            await socket.send_json({"t": "fly", "id": 4})
            refused = await socket.receive_json()
            assert (refused["id"], refused["ok"]) == (4, False)
            await socket.close()

    run(test)


def test_a_fault_of_ours_ends_no_connection(caplog: pytest.LogCaptureFixture) -> None:
    async def test(studio: FakeStudio, server: StudioServer, client: aiohttp.ClientSession) -> None:
        socket = await opened(server, client, studio.keys.operator)
        await socket.receive_json()
        await socket.receive_json()
        await socket.send_json({"t": "open", "id": 1, "file": "x"})
        answer = await socket.receive_json()
        assert answer["ok"] is False
        assert "ZeroDivisionError" not in answer["error"]["message"]
        await socket.send_json({"t": "ping", "id": 2})
        assert (await socket.receive_json())["t"] == "pong"

    run(test)
    assert "ZeroDivisionError" in caplog.text


def test_a_newer_question_replaces_the_one_before() -> None:
    async def test(studio: FakeStudio, server: StudioServer, client: aiohttp.ClientSession) -> None:
        studio.hold = asyncio.Event()
        socket = await opened(server, client, studio.keys.operator)
        await socket.receive_json()
        await socket.receive_json()
        await socket.send_json({"t": "ask", "id": 1, "what": "hover"})
        await socket.send_json({"t": "ask", "id": 2, "what": "hover"})
        replaced = await socket.receive_json()
        assert (replaced["id"], replaced["ok"]) == (1, False)
        studio.hold.set()
        assert await socket.receive_json() == {"t": "answer", "id": 2, "ok": True, "answer": "ask"}

    run(test)


def test_messages_are_bounded_in_size_kind_and_number() -> None:
    async def test(studio: FakeStudio, server: StudioServer, client: aiohttp.ClientSession) -> None:
        async def closed_after(send: Callable[[Any], Awaitable[None]]) -> int | None:
            socket = await opened(server, client, studio.keys.operator)
            await send(socket)
            async for _ in socket:
                pass
            return socket.close_code

        async def large(socket: Any) -> None:
            await socket.send_str("x" * (MAX_MESSAGE_BYTES + 1))

        async def binary(socket: Any) -> None:
            await socket.send_bytes(b"x")

        async def many(socket: Any) -> None:
            for number in range(1000):
                await socket.send_json({"t": "ping", "id": number})

        assert await closed_after(large) == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
        assert await closed_after(binary) == aiohttp.WSCloseCode.UNSUPPORTED_DATA
        assert await closed_after(many) == aiohttp.WSCloseCode.POLICY_VIOLATION

    run(test)


def test_the_number_of_websockets_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEY_BURST", 100)

    async def test(studio: FakeStudio, server: StudioServer, client: aiohttp.ClientSession) -> None:
        sockets = [await opened(server, client, studio.keys.operator) for _ in range(MAX_SOCKETS)]
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await opened(server, client, studio.keys.operator)
        assert caught.value.status == 503
        await sockets[0].close()
        socket = await opened(server, client, studio.keys.operator)
        assert (await socket.receive_json())["t"] == "hello"

    run(test)


def test_keys_cannot_be_tried_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEY_BURST", 3)
    monkeypatch.setattr(module, "KEYS_PER_SECOND", 0.0)

    async def test(_: FakeStudio, server: StudioServer, client: aiohttp.ClientSession) -> None:
        for _attempt in range(3):
            socket = await opened(server, client, "wrong")
            assert (await socket.receive_json())["t"] == "refused"
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await opened(server, client, "wrong")
        assert caught.value.status == 429

    run(test)


def test_a_file_needs_a_ticket_and_is_served_in_parts(tmp_path: Path) -> None:
    video = tmp_path / "video.mp4"
    video.write_bytes(bytes(range(100)))

    async def test(studio: FakeStudio, server: StudioServer, client: aiohttp.ClientSession) -> None:
        page = object()
        url = studio.tickets.issue(page, video, "video/mp4")
        async with client.get(server.url + url, headers={"Range": "bytes=10-19"}) as response:
            assert response.status == 206
            assert response.headers["Content-Type"] == "video/mp4"
            assert await response.read() == bytes(range(10, 20))
        saved = studio.tickets.issue(page, video, "video/mp4", "show.mp4")
        async with client.get(server.url + saved) as response:
            assert response.headers["Content-Disposition"] == 'attachment; filename="show.mp4"'
            assert await response.read() == bytes(range(100))
        studio.tickets.end(page)
        async with client.get(server.url + url) as response:
            assert response.status == 404
            await response.read()
        kept = studio.tickets.issue(page, tmp_path / "gone", "video/mp4")
        async with client.get(server.url + kept) as response:
            assert response.status == 404
            await response.read()

    run(test)


def test_only_frames_follow_a_key_on_their_websocket() -> None:
    async def test(studio: FakeStudio, server: StudioServer, client: aiohttp.ClientSession) -> None:
        socket = await opened(server, client, studio.keys.viewer, "/frames")
        assert await socket.receive_bytes() == b"frame"
        socket = await opened(server, client, studio.keys.viewer, "/frames?stage=right")
        assert await socket.receive_bytes() == b"frameright"

    run(test)


@pytest.mark.parametrize(("host", "port"), [("nosuch.invalid", 0), ("127.0.0.1", 70_000)])
def test_an_address_that_cannot_be_served_is_explained(host: str, port: int) -> None:
    async def main() -> None:
        async with StudioServer(FakeStudio(), host, port):  # type: ignore[arg-type]  # as above
            pass

    with pytest.raises(UsageError) as caught:
        asyncio.run(main())
    assert caught.value.hint


def test_a_port_that_is_taken_is_explained() -> None:
    async def test(studio: FakeStudio, server: StudioServer, _: aiohttp.ClientSession) -> None:
        with pytest.raises(UsageError, match="cannot be served"):
            await StudioServer(studio, "127.0.0.1", server.port).start()  # type: ignore[arg-type]  # as above

    run(test)
