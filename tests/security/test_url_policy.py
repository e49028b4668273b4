"""Whom the client calls: the platform, otherwise only public addresses; and what it never sends to
anybody else.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import tracemalloc
from typing import Any

import httpx
import pytest

from sequencer.core.errors import StageError, UsageError
from sequencer.core.secrets import Secret
from sequencer.stages.reactor.clips import MAX_SEGMENTS, fetch
from sequencer.stages.reactor.http import MAX_RESPONSE_BYTES, ApiClient, ApiError
from sequencer.stages.reactor.safety import is_public_address, is_same_origin, may_be_called
from sequencer.stages.reactor.session import Session, Token
from sequencer.stages.reactor.settings import ReactorSettings
from sequencer.stages.wire.messages import ClipReady

BASE = "https://api.platform.test"
INSIDE = (
    "http://169.254.169.254/latest/meta-data", "https://169.254.169.254/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/",
    "https://10.1.2.3/", "https://192.168.1.1/", "https://172.16.0.1/", "https://[fe80::1]/", "https://[fd00::1]/", "https://0.0.0.0/",
    "https://100.64.0.1/", "https://[::ffff:127.0.0.1]/", "https://router/", "https://printer.local/", "https://db.internal/",
    "https://[64:ff9b::a9fe:a9fe]/", "https://[2002:7f00:1::]/", "https://[fec0::1]/", "https://[ff02::1]/", "https://[::7f00:1]/",
    "https://224.0.0.1/", "https://[::ffff:a9fe:a9fe]/", "https://[fe80::1%25eth0]/", "https://[2001:db8::1]/", "https://[::]/",
    "https://127.1/", "https://0x7f.1/", "https://2130706433/", "http://store.test/", "ftp://store.test/", "file:///etc/passwd",
    "https://name:word@store.test/", "https://name@store.test/", "https://:word@store.test/", "https://@store.test/",
    "//", "https:///x", "https://[bad/", "javascript:alert(1)", "https://api.platform.test:8443@127.0.0.1/",
)  # fmt: skip


@pytest.mark.parametrize("url", INSIDE)
def test_no_address_inside_is_called(url: str) -> None:
    assert may_be_called(url, BASE) is False


@pytest.mark.parametrize(
    "url", [f"{BASE}/clips", "https://store.test/a?x=y", "https://93.184.215.14/a", f"{BASE}:443/x"]
)
def test_addresses_out_in_the_world_are(url: str) -> None:
    assert may_be_called(url, BASE)


def test_a_runtime_on_this_machine_is_called_at_its_own_port_only() -> None:
    base = "http://127.0.0.1:8080"
    assert may_be_called("http://localhost:8080/clips", base)
    assert may_be_called("http://127.0.0.1:8080/clips", base)
    assert may_be_called("http://stage.localhost:8080/clips", base)
    assert may_be_called("http://[::1]:8080/clips", base)
    assert may_be_called("https://store.test/a", base)
    for url in (
        "http://127.0.0.1:8081/",
        "http://localhost/",
        "http://169.254.169.254:8080/",
        "http://10.0.0.1:8080/",
    ):
        assert may_be_called(url, base) is False
    for url in (
        "http://name@127.0.0.1:8080/",
        "http://:word@127.0.0.1:8080/",
        "https://127.0.0.1:8081/",
        "http://store.test:8080/",
    ):
        assert may_be_called(url, base) is False
    assert may_be_called("http://127.0.0.1:8080/", "nowhere") is False


@pytest.mark.parametrize(
    "url",
    [
        f"http{BASE[5:]}/",
        "https://api.platform.test.evil.test/",
        "https://evil.test/",
        f"{BASE}:8443/",
        "//",
        "",
    ],
)
def test_proof_of_who_asks_is_for_the_platforms_own_site(url: str) -> None:
    assert not is_same_origin(url, BASE)
    assert is_same_origin(f"{BASE.upper()}/x", BASE)


def _clip(
    playlist: str, answers: dict[str, httpx.Response], address: str = "/clips?a"
) -> tuple[list[httpx.Request], StageError | bytes]:
    """Fetch a clip with this playlist; return the requests, and the result or the error."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.url.path == "/tokens":
            return httpx.Response(200, json={"jwt": "eyJsecret", "expires_at": 9e9})
        if str(request.url) in answers:
            return answers[str(request.url)]
        return (
            httpx.Response(200, text=playlist)
            if len(asked) == 2
            else httpx.Response(200, content=b"part")
        )

    async def go() -> bytes:
        settings = ReactorSettings(url=BASE, key=Secret("rk_secret"))
        platform = ApiClient(BASE, transport=httpx.MockTransport(answer))
        try:
            ready = ClipReady("id", "snap", 0.0, 1.0, 1.0, 5, address)
            return (await fetch(platform, Token(platform, settings), ready)).data
        finally:
            await platform.close()

    try:
        return asked, asyncio.run(go())
    except StageError as error:
        return asked, error


@pytest.mark.parametrize("url", [*INSIDE[:12], "file:///etc/passwd"])
def test_a_playlist_makes_nobody_call_inside(url: str) -> None:
    asked, found = _clip(f"#EXTM3U\n{url}\n", {})
    assert isinstance(found, StageError)
    assert {request.url.host for request in asked} == {"api.platform.test"}
    asked, found = _clip("", {}, address=url)
    assert isinstance(found, StageError)
    assert {request.url.host for request in asked} <= {"api.platform.test"}


def test_no_credentials_go_to_other_hosts() -> None:
    asked, found = _clip("#EXTM3U\nhttps://store.test/a.m4s?X-Signature=s\n/clips/own.m4s\n", {})
    assert found == b"partpart"
    for request in asked:
        secret = "secret" in str(request.headers.raw)
        assert secret == (request.url.host == "api.platform.test"), request.url
    assert any(request.url.host == "store.test" for request in asked)


def test_redirections_are_not_followed() -> None:
    away = httpx.Response(302, headers={"Location": "http://169.254.169.254/"})
    asked, found = _clip("#EXTM3U\n/clips/own.m4s\n", {f"{BASE}/clips/own.m4s": away})
    assert isinstance(found, StageError)
    assert {request.url.host for request in asked} == {"api.platform.test"}


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, "the clip no longer exists"),
        (410, "the clip no longer exists"),
        (411, "the platform answered 411"),
        (403, "answered 403"),
        (201, "answered 201"),
    ],
)
def test_a_clip_that_does_not_come_is_reported(status: int, message: str) -> None:
    _, found = _clip("", {f"{BASE}/clips?a": httpx.Response(status)})
    assert isinstance(found, StageError)
    assert message in found.message


@pytest.mark.parametrize(("waits", "wait"), [("0.25", 0.25), ("900", 5.0), ("0", 0.0), (None, 0.5)])
def test_a_clip_that_is_not_ready_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, waits: str | None, wait: float
) -> None:
    waited: list[float] = []
    answers = {
        f"{BASE}/clips?a": httpx.Response(
            202, headers={} if waits is None else {"Retry-After": waits}
        )
    }

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        answers[f"{BASE}/clips?a"] = httpx.Response(
            200, text='#EXTM3U\n#EXT-X-MAP:BYTERANGE=1,URI="head.mp4"\n\n  a.m4s \n'
        )

    monkeypatch.setattr("sequencer.stages.reactor.clips.asyncio.sleep", sleep)
    asked, found = _clip("", answers)
    assert found == b"partpart"
    assert [request.url.path for request in asked if "token" not in request.url.path][-2:] == [
        "/head.mp4",
        "/a.m4s",
    ]
    assert waited == [wait]


@pytest.mark.parametrize("playlist", ["", "#EXTINF\n/a\n", "#EXTM3U\n", "#EXTM3U\n#EXTINF\n"])
def test_an_answer_that_is_no_playlist_is_reported(playlist: str) -> None:
    _, found = _clip(playlist, {})
    assert isinstance(found, StageError)
    assert "playlist" in found.message


def test_a_part_that_does_not_come_is_reported() -> None:
    _, found = _clip("#EXTM3U\n/a\n", {f"{BASE}/a": httpx.Response(204)})
    assert isinstance(found, StageError)
    assert "a part of the clip could not be fetched: the platform answered 204" in found.message


def test_clips_and_playlists_are_bounded() -> None:
    _, found = _clip("#EXTM3U\n" + "/a\n" * (MAX_SEGMENTS + 1), {})
    assert isinstance(found, StageError)
    _, found = _clip("#EXTM3U\n" + "#" * 2_000_000, {})
    assert isinstance(found, StageError)


def test_an_answer_without_an_end_is_not_read_to_its_end() -> None:
    read = 0

    async def endless() -> Any:
        nonlocal read
        while True:
            read += 1 << 20
            yield b" " * (1 << 20)

    async def go() -> None:
        platform = ApiClient(
            BASE, transport=httpx.MockTransport(lambda _: httpx.Response(200, content=endless()))
        )
        with pytest.raises(ApiError):
            await platform.ask("asking", "GET", "/x", retry_safe=False)
        with pytest.raises(ApiError):
            await platform.fetch("fetching", f"{BASE}/x", most=1 << 21)
        await platform.put("https://store.test/x", b"x", "image/png")
        await platform.close()

    asyncio.run(asyncio.wait_for(go(), 60))
    assert read < MAX_RESPONSE_BYTES + (1 << 23)


def test_a_name_that_resolves_to_an_internal_address_is_not_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def go() -> None:
        async def looked_up(host: str, port: object, **_: object) -> list[tuple[Any, ...]]:
            del port
            assert host == "rebound.test"
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 0)),
                (socket.AF_INET, 1, 6, "", ("10.0.0.7", 0)),
            ]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", looked_up)
        platform = ApiClient(BASE)
        with pytest.raises(ApiError, match="not allowed here"):
            await platform.fetch("fetching", "https://rebound.test/x")
        with pytest.raises(ApiError, match="not allowed here"):
            await platform.put("https://rebound.test/x", b"", "image/png")
        await platform.close()

    asyncio.run(go())
    assert not is_public_address("10.0.0.7")
    assert not is_public_address("fe80::1%eth0")
    assert not is_public_address("nonsense")
    for public in (
        "93.184.215.14",
        "2606:2800:220:1::1",
        "64:ff9b::5db8:d70e",
        "2002:5db8:d70e::1",
    ):
        assert is_public_address(public)
    for inside in (
        "64:ff9b::a00:7",
        "2002:a00:7::1",
        "64:ff9b:1::1",
        "fec0::1",
        "ff0e::1",
        "::a00:7",
        "224.0.0.251",
        "4000::1",
    ):
        assert not is_public_address(inside)


def test_a_name_that_cannot_be_asked_for_is_not_called() -> None:
    async def go() -> None:
        platform = ApiClient(BASE)
        for host in ("a" * 70 + ".test", "a..test", "\u2024.test"):
            with pytest.raises(ApiError):
                await platform.fetch("fetching", f"https://{host}/x")
        await platform.close()

    asyncio.run(go())


@pytest.mark.parametrize("packing", ["gzip, gzip", "br", "zstd", "gzip, br", "compress"])
def test_what_is_packed_in_an_unbounded_way_is_not_unpacked(packing: str) -> None:
    once = gzip.compress(b"\0" * (1 << 26))
    twice = gzip.compress(once)
    assert len(twice) < 1000, "a few bytes, which would become 64 megabytes in one piece"
    asked: list[str] = []

    async def content() -> Any:
        yield twice

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["Accept-Encoding"])
        return httpx.Response(200, headers={"Content-Encoding": packing}, content=content())

    async def go() -> None:
        platform = ApiClient(BASE, transport=httpx.MockTransport(answer))
        tracemalloc.start()
        try:
            with pytest.raises(ApiError):
                await platform.ask("asking", "GET", "/x", retry_safe=False)
            with pytest.raises(ApiError):
                await platform.fetch("fetching", f"{BASE}/x")
            assert tracemalloc.get_traced_memory()[1] < 1 << 22
        finally:
            tracemalloc.stop()
        await platform.close()

    asyncio.run(go())
    assert set(asked) == {"gzip, deflate"}


@pytest.mark.parametrize(
    "url",
    [
        "http://[::0",
        "http://[x]",
        "https://a:99999",
        "https://a:b",
        "https://a:0",
        "https://a\x1b[2J",
    ],
)
def test_an_address_that_is_none_is_reported(url: str) -> None:
    with pytest.raises(UsageError, match="not an address") as caught:
        ReactorSettings(url=url, key=Secret("rk_secret")).base()
    assert str(caught.value).isprintable() or "\n" in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://api.platform.test", "https://name:word@api.platform.test", "ftp://x", "https://"],
)
def test_the_key_is_not_sent_where_everyone_reads_it(url: str) -> None:
    with pytest.raises(UsageError):
        ReactorSettings(url=url, key=Secret("rk_secret")).base()


@pytest.mark.parametrize(
    "name", ["../tokens", "a/../../x", "a?b=c", "a#b", "a%2fb", "é", "..", "a\nb"]
)
def test_a_sessions_name_is_one_part_of_a_path(name: str) -> None:
    asked: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path)
        return httpx.Response(200, json={"jwt": "eyJsecret", "expires_at": 9e9, "state": "CLOSED"})

    async def go() -> None:
        settings = ReactorSettings(url=BASE, key=Secret("rk_secret"), adopt=name)
        platform = ApiClient(BASE, transport=httpx.MockTransport(answer))
        with pytest.raises(StageError):
            await Session(platform, Token(platform, settings), settings).open(lambda _: None)
        await platform.close()

    asyncio.run(go())
    if name == "..":
        assert set(asked) <= {b"/tokens"}
        return
    (path,) = (one for one in asked if one != b"/tokens")
    assert path.startswith(b"/sessions/")
    assert path.count(b"/") == 2
    assert b"?" not in path
