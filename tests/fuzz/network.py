"""Fuzz targets for network input:

SDP answers, HTTP answers and playlists. No byte leaves the process, and nothing waits.

HTTP goes through a transport that answers from the input. The time of the loop and of the modules
jumps instead of passing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import types
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import cache
from unittest import mock

import httpx

from sequencer.core.errors import SequencerError
from sequencer.core.images import ImageFile
from sequencer.core.secrets import Secret
from sequencer.stages.reactor import clips as clips_module
from sequencer.stages.reactor import session as session_module
from sequencer.stages.reactor import signalling as signalling_module
from sequencer.stages.reactor.clips import fetch
from sequencer.stages.reactor.http import ApiClient
from sequencer.stages.reactor.session import Session, Token, Track
from sequencer.stages.reactor.settings import ReactorSettings
from sequencer.stages.reactor.signalling import Signalling, _address, normalise_sdp
from sequencer.stages.reactor.uploads import ImageUploader
from sequencer.stages.wire.messages import ClipReady

BASE = "https://platform.test"

MOST_REQUESTS = 200
"""Maximum requests that one input may cause. More indicate an endless loop."""


class EndlessError(AssertionError):
    """The client sends requests without end."""


class _Time:
    """A clock that jumps by the duration of each sleep, and advances a little with every reading."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        self.now += 0.001
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        if not seconds < 3600:
            raise EndlessError(f"slept for {seconds} s")


@contextmanager
def _jumping() -> Iterator[None]:
    """Make sleeps of the client's modules jump. Everything else in asyncio stays."""
    time = _Time()
    loop_like = types.SimpleNamespace(
        **{name: getattr(asyncio, name) for name in ("Lock", "to_thread", "timeout")},
        sleep=time.sleep,
    )
    clock_like = types.SimpleNamespace(monotonic=time.monotonic, time=time.monotonic)
    with (
        mock.patch.multiple(clips_module, asyncio=loop_like, time=clock_like),
        mock.patch.multiple(session_module, asyncio=loop_like, time=clock_like),
        mock.patch.multiple(signalling_module, asyncio=loop_like, time=clock_like),
        mock.patch("sequencer.stages.reactor.http.asyncio", loop_like),
        mock.patch("sequencer.stages.reactor.uploads.asyncio", loop_like),
    ):
        yield


class _Script:
    """Answers requests from bytes: a byte for the status, one for a header, then the body up to a
    zero byte.
    """

    STATUSES = (
        200,
        201,
        202,
        204,
        301,
        302,
        307,
        400,
        401,
        402,
        403,
        404,
        409,
        410,
        413,
        422,
        426,
        429,
        500,
        501,
        503,
    )

    def __init__(self, data: bytes) -> None:
        self._pieces = data.split(b"\x00")[:32] or [b""]
        self.count = 0
        self.hosts: set[str] = set()
        self.requests: list[tuple[str, httpx.Headers]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        piece = self._pieces[self.count % len(self._pieces)]
        self.count += 1
        if self.count > MOST_REQUESTS:
            raise EndlessError(f"more than {MOST_REQUESTS} requests")
        self.requests.append((request.url.host, request.headers))
        status, extra, body = (
            (piece[0] if piece else 0),
            (piece[1] if len(piece) > 1 else 0),
            piece[2:],
        )
        headers: dict[bytes, bytes] = {}
        match extra % 8:
            case 1:
                headers[b"Retry-After"] = body[:20].replace(b"\r", b"").replace(b"\n", b"")
            case 2:
                headers[b"Content-Encoding"] = b"gzip"
            case 3:
                headers[b"Content-Type"] = b"application/json; charset=" + body[:8].replace(
                    b"\n", b""
                ).replace(b"\r", b"")
            case 4:
                headers[b"Location"] = b"http://elsewhere.test/"
            case 5:
                raise httpx.ReadError("broken off", request=request)
            case _:
                pass
        return httpx.Response(
            self.STATUSES[status % len(self.STATUSES)], headers=list(headers.items()), content=body
        )


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def _run(
    act: Callable[[ApiClient, Token, ReactorSettings], Awaitable[None]],
    script: _Script,
    local: bool,
) -> None:
    settings = ReactorSettings(
        url="http://127.0.0.1:9" if local else BASE, local=local, key=Secret("rk_fuzz")
    )

    async def whole() -> None:
        platform = ApiClient(settings.base(), transport=httpx.MockTransport(script))
        try:
            await act(platform, Token(platform, settings), settings)
        except SequencerError as error:
            str(error)
        finally:
            await platform.close()

    with _jumping():
        _loop().run_until_complete(whole())
    for host, headers in script.requests:
        secret = "authorization" in headers or "reactor-api-key" in headers
        if secret and host not in ("platform.test", "127.0.0.1"):
            raise AssertionError(f"a proof of who asks was sent to {host}")


def http_answers(data: bytes) -> None:
    """Request token, session, ICE servers, connection, answer, upload and end, whatever the
    platform answers.
    """
    local, script = bool(data[:1] and data[0] & 1), _Script(data[1:])
    image_bytes = b"\x89PNG\r\n\x1a\n"
    image = ImageFile(
        path="a.png",
        sha256=hashlib.sha256(image_bytes).hexdigest(),
        mime_type="image/png",
        width=1,
        height=1,
        size=len(image_bytes),
    )

    async def act(platform: ApiClient, token: Token, settings: ReactorSettings) -> None:
        session = Session(platform, token, settings)
        signalling = Signalling(session, local)
        uploads = ImageUploader(platform, session, {}, {})

        async def bring() -> None:
            _, url = await uploads._slot(image, "a.png", 5)
            await platform.put(url, b"12345", "image/png")

        await session.open(lambda state: None)

        async def servers() -> None:
            for server in await signalling.ice_servers():
                for uri in server.uris:
                    _address(uri)

        for step in (
            servers,
            signalling.register,
            lambda: signalling.exchange(1001, "v=0", [], 5.0),
            session.state,
            bring,
        ):
            try:
                await step()
            except SequencerError as error:
                str(error)
        await session.close()

    _run(act, script, local)


def clips(data: bytes) -> None:
    """Fetch a clip. The first line is the playlist's address; the answers follow."""
    first, _, rest = data.partition(b"\n")
    address = first.decode("utf-8", "replace")

    async def act(platform: ApiClient, token: Token, settings: ReactorSettings) -> None:
        del settings
        await fetch(platform, token, ClipReady("id", "snap", 0.0, 1.0, 1.0, 5, address))

    _run(act, _Script(rest), local=False)


def sdp_answers(data: bytes) -> None:
    """Apply an SDP answer, or refuse it with a StageError.

    Candidates are removed, so that no host is contacted.
    """
    from aiortc import RTCPeerConnection

    from sequencer.stages.reactor.connection import Connection, Hooks

    text = normalise_sdp(data.decode("utf-8", "replace"))
    quiet = (
        "\r\n".join(line for line in text.splitlines() if "candidate" not in line.lower()) + "\r\n"
    )

    async def act() -> None:
        connection = Connection(
            [Track("main_video", "video", "recvonly")],
            Hooks(lambda *_: None, lambda *_: None, lambda _: None),
        )
        try:
            with (
                mock.patch.object(RTCPeerConnection, "_RTCPeerConnection__connect", _nothing),
                mock.patch.object(RTCPeerConnection, "_RTCPeerConnection__gather", _nothing),
            ):
                await connection._pc.setLocalDescription(await connection._pc.createOffer())
                await connection.accept(quiet, 0.0)
        except SequencerError as error:
            str(error)
        finally:
            await connection.close()

    _loop().run_until_complete(act())


async def _nothing(_: object) -> None:
    return None


def _piece(status: int, body: object, extra: int = 0) -> bytes:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return bytes((_Script.STATUSES.index(status), extra)) + text


_SESSION = {
    "session_id": "s1",
    "state": "ACTIVE",
    "selected_transport": {"protocol": "webrtc"},
    "capabilities": {
        "tracks": [{"name": "main_video", "kind": "video", "direction": "recvonly"}],
        "emission_fps": 24,
    },
    "server_info": {"server_version": "3"},
}

_TOKEN = _piece(200, {"jwt": "eyJa.b.c", "expires_at": 9e9})

ANSWERS = (
    b"\x00"
    + b"\x00".join(
        (
            _TOKEN,
            _piece(201, {"session_id": "s1", "state": "PENDING"}),
            _piece(200, _SESSION),
            _piece(
                200,
                {
                    "ice_servers": [
                        {"uris": ["stun:a:3478"], "credentials": {"username": "u", "password": "p"}}
                    ]
                },
            ),
            _piece(201, {"connection_id": 1001}),
            _piece(202, {}),
            _piece(202, b""),
            _piece(200, {"sdp_answer": "v=0"}),
            _piece(200, {"state": "ACTIVE"}),
            _piece(200, {"presigned_id": "u", "presigned_url": "https://store.test/a?x=y"}),
            _piece(200, b""),
            _piece(204, b""),
        )
    ),
    b"\x01"
    + b"\x00".join(
        (
            _piece(200, _SESSION),
            _piece(201, {"connection_id": 1002}),
            _piece(202, {}),
            _piece(503, b"1", 1),
        )
    ),
    b"\x00"
    + b"\x00".join(
        (_piece(401, {"detail": [{"msg": "no"}]}), _piece(429, b"3", 1), _piece(500, b"", 5))
    ),
)

_OWN = b'#EXTM3U\n#EXT-X-MAP:URI="/clips/init.mp4"\n#EXTINF:1,\n/clips/chunk.m4s\n#EXT-X-ENDLIST\n'
_ELSEWHERE = b"#EXTM3U\nhttp://169.254.169.254/latest\nfile:///etc/passwd\n//a\n"

PLAYLISTS = (
    b"/clips?a=1\n"
    + b"\x00".join((_TOKEN, _piece(202, b"1", 1), _piece(200, _OWN), _piece(200, b"\1\2\3"))),
    b"https://store.test/a.m3u8\n"
    + b"\x00".join((_TOKEN, _piece(200, _ELSEWHERE), _piece(200, b"x"))),
)

SDP = (
    (
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 "
        "1\r\na=msid-semantic:WMS *\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF 97 98\r\nc=IN IP4 127.0.0.1\r\na=sendonly\r\n"
        "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
        "a=mid:0\r\na=msid:a b\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=ssrc:1 "
        "cname:a\r\na=rtpmap:97 VP8/90000\r\n"
        "a=rtcp-fb:97 nack\r\na=rtpmap:98 rtx/90000\r\na=fmtp:98 apt=97\r\n"
        "a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ "
        "host\r\na=end-of-candidates\r\na=ice-ufrag:abcd\r\n"
        "a=ice-pwd:abcdefghijklmnopqrstuv\r\na=fingerprint:sha-256 "
        + ":".join(["AB"] * 32)
        + "\r\na=setup:active\r\n"
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 "
        "127.0.0.1\r\na=mid:1\r\na=sctp-port:5000\r\n"
        "a=max-message-size:65536\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=fingerprint:sha-256 "
        + ":".join(["AB"] * 32)
        + "\r\na=setup:active\r\n"
    ).encode(),
    b"v=0\r\n",
)
