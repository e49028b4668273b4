"""What `sequencer serve` accepts: from whom, how much, how often, and how it handles invalid input."""

from __future__ import annotations

import asyncio
import io
import json
import random
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from PIL import Image

from sequencer.cli import parser
from sequencer.core.images import MAX_IMAGE_PIXELS
from sequencer.server.app import StageServer
from sequencer.server.routes import MAX_BODIES, MAX_LISTENERS
from sequencer.server.settings import ServerSettings
from sequencer.web.limits import MAX_ADDRESSES, ConcurrencyLimit, RateLimit, TooManyError
from tests.support.image_fixtures import ODD_IMAGES
from tests.support.reactor_fixtures import image_file, local_server

Talk = Callable[[httpx.AsyncClient, StageServer], Awaitable[None]]


def _talk(talk: Talk, **settings: Any) -> None:
    async def go() -> None:
        limits = httpx.Limits(max_connections=100)
        async with (
            local_server(**settings) as server,
            httpx.AsyncClient(
                base_url=server.url, trust_env=False, limits=limits, timeout=20
            ) as client,
        ):
            await talk(client, server)

    asyncio.run(go())


async def _slot(client: httpx.AsyncClient, size: int, mime_type: str = "image/png") -> str:
    await client.post("/start_session", json={})
    session = (await client.get("/session")).json()["session_id"]
    body = {"name": "a.png", "size": size, "mime_type": mime_type}
    answer = await client.post(f"/sessions/{session}/uploads", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["presigned_url"])


# ---- from whom -----------------------------------------------------------------------------------


def test_it_is_served_to_this_machine_only_unless_configured_otherwise() -> None:
    assert ServerSettings().host == "127.0.0.1"
    assert parser().parse_args(["serve"]).host == "127.0.0.1"

    async def talk(client: httpx.AsyncClient, server: StageServer) -> None:
        del client
        with socket.socket() as other:
            other.settimeout(2)
            with pytest.raises(OSError, match=r".*"):
                other.connect((_own_address(), server.port))

    _talk(talk)


def _own_address() -> str:
    """Return an address of this machine that is not loopback; without one, a loopback address that
    is not served.
    """
    try:
        found = {
            str(one[4][0]) for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
        }
    except OSError:
        found = set()
    return next((one for one in sorted(found) if not one.startswith("127.")), "127.0.0.2")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "10.0.0.1",
        "0x7f000001",
        "[::bad",
    ],
)
def test_no_other_host_name_is_served(host: str) -> None:
    """A page elsewhere whose name resolves to this machine (DNS rebinding) is refused."""

    async def talk(client: httpx.AsyncClient, server: StageServer) -> None:
        for method, path in (("GET", "/session"), ("POST", "/start_session"), ("GET", "/events")):
            answer = await client.request(method, path, headers={"Host": host})
            assert answer.status_code in (400, 403), path
        assert server.session is None

    _talk(talk)


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://localhost.evil.example", "file://", "http://10.0.0.1"],
)
def test_no_page_of_another_site_gets_an_answer(origin: str) -> None:
    """The page can read that it is refused, which takes CORS headers, and nothing else; the request
    has no effect.
    """

    async def talk(client: httpx.AsyncClient, server: StageServer) -> None:
        asking = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        before = await client.options("/start_session", headers=asking)
        assert "Access-Control-Allow-Credentials" not in before.headers
        assert before.content == b""
        for method, path in (
            ("POST", "/start_session"),
            ("GET", "/session"),
            ("OPTIONS", "/start_session"),
            ("PUT", "/uploads/a/b"),
            ("GET", "/events"),
            ("GET", "/nowhere"),
        ):
            answer = await client.request(method, path, headers={"Origin": origin})
            assert answer.status_code == 403
            assert set(answer.json()) == {"detail"}
            assert "not allowed" in answer.json()["detail"]
        assert server.session is None
        assert not server.routes.asked, "a refused request got past the guard"

    _talk(talk)


# ---- how much, how often -------------------------------------------------------------------------


def test_requests_are_limited_by_address() -> None:
    async def talk(client: httpx.AsyncClient, _: StageServer) -> None:
        answers = [(await client.get("/health")) for _ in range(30)]
        assert [one.status_code for one in answers[:20]] == [200] * 20
        refused = [one for one in answers if one.status_code == 429]
        assert refused
        assert refused[0].headers["Retry-After"] == "1"

    _talk(talk, requests_a_second=0.001, requests_at_once=20)


def test_a_rate_comes_back_and_is_remembered_for_so_many_only() -> None:
    now = 0.0
    rates = RateLimit(10.0, 5, lambda: now)
    assert [rates.allows("a") for _ in range(6)] == [True] * 5 + [False]
    assert rates.allows("b")
    now = 0.2
    assert [rates.allows("a") for _ in range(3)] == [True, True, False]
    for number in range(3 * MAX_ADDRESSES):
        rates.allows(str(number))
    assert len(rates._allowances) == MAX_ADDRESSES


def test_slots_are_released() -> None:
    limit = ConcurrencyLimit(1)
    with limit.one(), pytest.raises(TooManyError), limit.one():
        pass
    with limit.one():
        assert limit.taken == 1
    assert limit.taken == 0


def test_bodies_are_bounded_in_size_and_time() -> None:
    async def talk(client: httpx.AsyncClient, _: StageServer) -> None:
        assert (
            await client.post("/start_session", content=b" " * (2 * 1024 * 1024))
        ).status_code == 413
        url = await _slot(client, 10)
        assert (
            await client.put(url, content=b"x" * 11, headers={"Content-Type": "image/png"})
        ).status_code == 400

        async def slow() -> Any:
            yield b"x"
            await asyncio.sleep(1)
            yield b"x" * 9

        headers = {"Content-Type": "image/png", "Content-Length": "10"}
        assert (await client.put(url, content=slow(), headers=headers)).status_code == 408

    _talk(talk, body_seconds=0.3)


def test_uploads_at_once_and_listeners_are_bounded() -> None:
    async def talk(client: httpx.AsyncClient, server: StageServer) -> None:
        url = await _slot(client, 10)
        over = asyncio.Event()

        async def waiting() -> Any:
            yield b"x"
            await over.wait()
            yield b"x" * 9

        headers = {"Content-Type": "image/png", "Content-Length": "10"}
        going = [
            asyncio.create_task(_quietly(client.put(url, content=waiting(), headers=headers)))
            for _ in range(MAX_BODIES)
        ]
        await _until(lambda: server.routes._bodies.taken == MAX_BODIES)
        assert (await client.put(url, content=b"x" * 10, headers=headers)).status_code == 429
        over.set()
        await asyncio.gather(*going)

        async def listen() -> None:
            async with client.stream("GET", "/events") as answer:
                async for _ in answer.aiter_bytes():
                    pass

        listening = [asyncio.create_task(_quietly(listen())) for _ in range(MAX_LISTENERS)]
        await _until(lambda: server.routes._listeners.taken == MAX_LISTENERS)
        assert (await client.get("/events")).status_code == 429
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)

    _talk(talk)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  the server has no event for the number of open requests
            await asyncio.sleep(0.01)


async def _quietly(work: Awaitable[object]) -> None:
    try:
        await work
    except httpx.HTTPError:
        return


def _png(width: int, height: int) -> bytes:
    """Return a small file that decompresses to many pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    rows = zlib.compress((b"\0" * (1 + (width + 7) // 8)) * height, 9)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


def test_an_upload_is_an_image_of_a_bounded_size_or_the_model_refuses_it() -> None:
    """Only the bytes decide what a file is; a decompression bomb is not decoded; of an image only
    scaled pixels are kept.
    """
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n"
    gif, webp = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (2000, 1000)).save(gif, "GIF")
    Image.new("RGB", (2000, 1000)).save(webp, "WEBP")

    async def talk(client: httpx.AsyncClient, server: StageServer) -> None:
        for data, message in (
            (_png(8000, 6251), "too large"),
            (eps, "not an image"),
            (b"<svg/>", "not an image"),
            (gif.getvalue(), "image is a GIF"),
            (webp.getvalue(), None),
            *((make(), None) for make, _ in ODD_IMAGES.values()),
        ):
            url = await _slot(client, len(data))
            answer = await client.put(url, content=data, headers={"Content-Type": "image/png"})
            assert answer.status_code == 200, answer.text
            assert server.session is not None
            slot = list(server.session.uploads._slots.values())[-1]
            assert slot.found is not None
            if message is None:
                assert slot.found.width * slot.found.height in (2000 * 1000, 24 * 16)
                assert slot.pixels is not None
                assert slot.pixels.nbytes < 2_000_000
            else:
                assert message in str(slot.found.problem)
                assert slot.pixels is None
        for mime_type in ("text/html", "application/zip", "", "image"):
            body = {"name": "a", "size": 5, "mime_type": mime_type}
            session = (await client.get("/session")).json()["session_id"]
            assert (await client.post(f"/sessions/{session}/uploads", json=body)).status_code == 400

    assert MAX_IMAGE_PIXELS < 8000 * 6251
    _talk(talk)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a/../../b", "..", "C:\\x", "%2e%2e%2fx"]
)
def test_names_are_names_and_never_paths(name: str) -> None:
    """Nothing that is served or uploaded touches the disk: a name is only looked up in a table."""
    _, data = image_file()

    async def talk(client: httpx.AsyncClient, server: StageServer) -> None:
        await client.post("/start_session", json={})
        session = (await client.get("/session")).json()["session_id"]
        body = {"name": name, "size": len(data), "mime_type": "image/png"}
        url = (await client.post(f"/sessions/{session}/uploads", json=body)).json()["presigned_url"]
        assert name not in url
        assert (
            await client.put(url, content=data, headers={"Content-Type": "image/png"})
        ).status_code == 200
        assert server.session is not None
        recording = server.session.clips.recording
        for path in (f"/clips/chunks/{recording}/{name}", f"/uploads/{session}/{name}", f"/{name}"):
            assert (await client.get(path)).status_code in (400, 403, 404, 405), path

    _talk(talk)


# ---- invalid input -------------------------------------------------------------------------------

VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1e308,
    2**70,
    "",
    "\x00",
    "x" * 5000,
    "²",
    [],
    [[]],
    [None],
    {},
    {"a": {}},
)
VALUES += (
    [{"candidate": "candidate:1 1 udp"}],
    [{"candidate": "x 1 tcp 1 a b typ host", "sdp_mline_index": 99}],
)
VALUES += ([{"type": "session", "resources": 5}], "v=0\r\nm=audio\r\n")
RAW = (
    b"{",
    b"[]",
    b"nul",
    b'{"size": NaN}',
    b'{"a": 1e999}',
    b'{"a": "\\ud800"}',
    b"[" * 5000,
    b"\xff\xfe",
    b"9" * 5000,
)
KEYS: tuple[str, ...] = (
    "expires_after",
    "authorization_details",
    "model",
    "supported_transports",
    "reason",
    "sdp_offer",
    "track_mapping",
)
KEYS += ("candidates", "name", "size", "mime_type", "client_info")
VERSIONS = ("Reactor-API-Version", "Reactor-WebRTC-Version")
ODD = ("²", "1", "9" * 5000, "-1", "1.x")


def test_no_nonsense_ends_in_a_fault_of_ours() -> None:
    """Every route, bodies of every shape, odd numbers in paths and headers: no request gets a 5xx
    answer or hangs.
    """
    chance = random.Random(6)

    async def talk(client: httpx.AsyncClient, server: StageServer) -> None:
        key = {"Reactor-API-Key": "rk_any"}
        proof = {
            "Authorization": f"Bearer {(await client.post('/tokens', headers=key)).json()['jwt']}"
        }
        await client.post("/start_session", json={})
        local = (await client.get("/session")).json()["session_id"]
        keyed = (
            await client.post("/sessions", headers=proof, json={"model": {"name": "helios"}})
        ).json()["session_id"]
        webrtc = f"/sessions/{keyed}/transport/webrtc"
        made = await client.post(f"{webrtc}/connections", headers=proof, json={})
        number = made.json()["connection_id"]
        paths = [
            "/tokens",
            "/sessions",
            f"/sessions/{keyed}",
            f"/sessions/{keyed}/uploads",
            f"/sessions/{local}/uploads",
            "/x",
        ]
        paths += [
            f"{webrtc}/connections/{one}/sdp_params" for one in (number, "²", "٩٩٩٩", "1" * 5000)
        ]
        paths += [
            f"{webrtc}/connections/{number}/ice_candidates",
            f"{webrtc}/connections",
            f"{webrtc}/sdp_params",
        ]
        paths += [
            f"{webrtc}/ice_candidates",
            f"{webrtc}/ice_servers",
            "/health",
            "/schema",
            "/clips/chunks/a/b",
            "/uploads/a/b",
        ]
        paths += ["/clips?session_id=x&start=nan"]
        for _ in range(500):
            path, method = chance.choice(paths), chance.choice(("GET", "POST", "PUT", "POST"))
            body = {chance.choice(KEYS): chance.choice(VALUES) for _ in range(chance.randint(0, 4))}
            content = chance.choice(RAW) if chance.random() < 0.3 else json.dumps(body).encode()
            headers = httpx.Headers({**proof, **key}, encoding="utf-8")
            if chance.random() < 0.2:
                headers[chance.choice(VERSIONS)] = chance.choice(ODD)
            answer = await client.request(method, path, content=content, headers=headers)
            assert answer.status_code < 500 or answer.status_code == 501, (
                f"{method} {path} {content!r}: {answer.text}"
            )
        assert (await client.get("/health")).status_code == 200
        assert server.session is not None

    _talk(talk, requests_at_once=2000)
