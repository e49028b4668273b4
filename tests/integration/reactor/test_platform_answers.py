"""What the platform can answer and what the user reads: each status, each network failure, each
attempt.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sequencer.core.errors import StageError, UsageError
from sequencer.core.secrets import Secret
from sequencer.events.codec import Event
from sequencer.events.commands import Pause
from sequencer.stages.reactor.http import ApiClient, ApiError, refused
from sequencer.stages.reactor.http import Response as PlatformAnswer
from sequencer.stages.reactor.session import Session, Token
from sequencer.stages.reactor.settings import ReactorSettings, find_key
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.sync.run_clock import RealClock
from tests.support.reactor_fixtures import KEY, settings_for

URL = "https://reactor.test"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl"

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record the waits between attempts instead of waiting."""
    waited: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        await real(0)

    monkeypatch.setattr("sequencer.stages.reactor.http.asyncio.sleep", sleep)
    return waited


def _ask(answer: Answer, method: str = "GET", **more: Any) -> Any:
    async def ask() -> Any:
        asked = ApiClient(URL, transport=httpx.MockTransport(answer))
        try:
            return await asked.ask("creating a session", method, "/sessions", **more)
        finally:
            await asked.close()

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("status", "message", "hint"),
    [
        (400, "it was refused", None),
        (401, "was not accepted", "REACTOR_API_KEY"),
        (402, "no credits", "add credits"),
        (403, "does not give access", "account"),
        (404, "not exist", "address"),
        (409, "something else is running", "one session at a time"),
        (413, "too large", "smaller"),
        (422, "not understood", "newer version"),
        (426, "too old", "install a newer version"),
        (429, "too many", "5 sessions"),
        (500, "internal error", "try again"),
        (501, "does not know this version", "updated"),
        (503, "not ready", "minutes"),
        (504, "internal error", "try again"),
    ],
)
def test_each_status_is_reported_with_its_hint(status: int, message: str, hint: str | None) -> None:
    with pytest.raises(ApiError) as raised:
        _ask(
            lambda _: httpx.Response(status, json={"detail": "the platform's own words"}),
            "POST",
            retry_safe=False,
        )
    assert raised.value.status == status
    assert message in raised.value.message
    assert f"HTTP {status}: the platform's own words" in raised.value.message
    assert raised.value.message.startswith("creating a session: ")
    assert hint is None or hint in str(raised.value.hint)


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (
            httpx.ConnectError("[Errno -2] Name or service not known"),
            "the name was not found",
            "--url",
        ),
        (
            httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"),
            "certificate",
            "date",
        ),
        (httpx.ConnectError("All connection attempts failed"), "cannot be reached", "network"),
        (httpx.ConnectTimeout("timed out"), "does not answer", "network"),
        (httpx.ReadTimeout("timed out"), "took too long", "try again"),
        (
            httpx.RemoteProtocolError("Server disconnected"),
            "broke (RemoteProtocolError)",
            "try again",
        ),
    ],
)
def test_not_getting_through_is_reported_with_its_hint(
    error: httpx.HTTPError, message: str, hint: str
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(ApiError) as raised:
        _ask(fail, "POST")
    assert message in raised.value.message
    assert "reactor.test" in raised.value.message
    assert hint in str(raised.value.hint)


def test_no_server_at_a_local_address_is_reported_as_that() -> None:
    async def ask() -> None:
        asked = ApiClient("http://127.0.0.1:9")
        try:
            await asked.ask("starting a session", "POST", "/start_session", {})
        finally:
            await asked.close()

    with pytest.raises(ApiError, match=r"no server is running at http://127.0.0.1:9") as raised:
        asyncio.run(ask())
    assert "sequencer serve" in str(raised.value.hint)


def test_what_can_safely_be_asked_again_is(_no_waiting: list[float]) -> None:
    answers = [httpx.Response(500), httpx.Response(502), httpx.Response(200, json={"a": 1})]
    assert _ask(lambda _: answers.pop(0)).body == {"a": 1}
    assert _no_waiting == [0.25, 0.5]


def test_making_a_session_is_not_tried_again_where_one_may_have_been_made() -> None:
    asked = []

    def slow(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ReadTimeout("timed out")

    with pytest.raises(ApiError):
        _ask(slow, "POST")
    assert len(asked) == 1


def test_the_platform_decides_how_long_to_wait(_no_waiting: list[float]) -> None:
    answers = [
        httpx.Response(429, headers={"Retry-After": "3"}),
        httpx.Response(201, json={"session_id": "s"}),
    ]
    assert _ask(lambda _: answers.pop(0), "POST").status == 201
    assert _no_waiting == [3.0]


def test_a_wait_that_is_too_long_is_reported_instead(_no_waiting: list[float]) -> None:
    with pytest.raises(ApiError, match="too many") as raised:
        _ask(lambda _: httpx.Response(429, headers={"Retry-After": "900"}), "POST")
    assert "900 s" in str(raised.value.hint)
    assert _no_waiting == []


def test_no_server_fault_makes_us_wait_for_hours(_no_waiting: list[float]) -> None:
    with pytest.raises(ApiError):
        _ask(lambda _: httpx.Response(500, headers={"Retry-After": "33333"}), "GET")
    assert _no_waiting == []


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"[1, 2]", b"\xff\xfe", b'{"detail": ' + b"[" * 5000]
)
def test_answers_that_are_no_object_are_empty(body: bytes) -> None:
    assert _ask(lambda _: httpx.Response(200, content=body)).body == {}


def test_faults_in_a_body_are_reported_one_after_the_other() -> None:
    detail = [{"loc": ["body", "model"], "msg": "field required"}, {"msg": "not a number"}]
    with pytest.raises(ApiError, match=r"field required; not a number"):
        _ask(lambda _: httpx.Response(422, json={"detail": detail}), "POST")


@pytest.mark.parametrize(
    ("status", "wait", "hint"),
    [
        (429, "901", "; the platform asks to try again in 901 s"),
        (503, "1799", "; the platform asks to try again in 1799 s"),
        (503, "1800", "; the platform asks to try again in 30 min"),
        (503, "86399", "; the platform asks to try again in 1440 min"),
        (503, "86400", "; the platform asks to try again in a day or more"),
        (429, "nan", "; the platform asks to try again in a day or more"),
        (500, "1800", ""),
        (403, "1800", ""),
        (503, None, ""),
    ],
)
def test_the_time_to_wait_is_reported_where_waiting_helps(
    status: int, wait: str | None, hint: str
) -> None:
    with pytest.raises(ApiError) as plain:
        raise refused("creating a session", PlatformAnswer(status=status, body={}))
    with pytest.raises(ApiError) as raised:
        raise refused(
            "creating a session",
            PlatformAnswer(
                status=status, body={}, retry_after=None if wait is None else float(wait)
            ),
        )
    assert raised.value.hint == f"{plain.value.hint}{hint}"
    assert raised.value.message == plain.value.message
    assert (raised.value.status, str(raised.value.retry_after)) == (
        status,
        str(None if wait is None else float(wait)),
    )


@pytest.mark.parametrize(
    ("status", "message", "hint"),
    [(499, "it was refused", None), (599, "the platform has an internal error", "Reactor")],
)
def test_a_status_that_nobody_knows_is_the_platforms_fault_from_500_on(
    status: int, message: str, hint: str | None
) -> None:
    error = refused("creating a session", PlatformAnswer(status=status, body={"detail": "why"}))
    assert error.message == f"creating a session: {message} (HTTP {status}: why)"
    assert error.hint is None if hint is None else hint in str(error.hint)


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        (None, ""),
        ("", ""),
        (7, ""),
        ("x" * 301, f": {'x' * 300}"),
        ("a\nb\x1b", ": a b "),
        ([{"msg": "one"}, {"loc": 1}, "three", "four"], ": one; {'loc': 1}; three"),
    ],
)
def test_a_detail_is_one_short_line(detail: object, shown: str) -> None:
    assert (
        refused("x", PlatformAnswer(status=400, body={"detail": detail})).message
        == f"x: it was refused (HTTP 400{shown})"
    )


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "2.5"}, 2.5),
        ({"Retry-After": "-4"}, 0.0),
        ({"Retry-After": "soon"}, None),
        (
            {
                "Retry-After": "Wed, 21 Oct 2015 07:28:30 GMT",
                "Date": "Wed, 21 Oct 2015 07:28:00 GMT",
            },
            30.0,
        ),
        (
            {
                "Retry-After": "Wed, 21 Oct 2015 07:27:00 GMT",
                "Date": "Wed, 21 Oct 2015 07:28:00 GMT",
            },
            0.0,
        ),
        (
            {
                "Retry-After": "Wed, 21 Oct 2015 07:28:30 -0000",
                "Date": "Wed, 21 Oct 2015 07:28:00 GMT",
            },
            30.0,
        ),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:30 GMT", "Date": "today"}, 0.0),
    ],
)
def test_a_time_to_wait_is_a_number_or_a_date(
    headers: dict[str, str], seconds: float | None
) -> None:
    answer = _ask(lambda _: httpx.Response(200, headers=headers))
    assert answer.retry_after == seconds


def test_a_stage_is_opened_once() -> None:
    async def go(closes_first: bool) -> None:
        stage = ReactorStage(
            RealClock(),
            settings_for(URL),
            transport=httpx.MockTransport(lambda _: httpx.Response(418)),
        )
        try:
            if closes_first:
                await stage.close()
            else:
                with pytest.raises(StageError, match="HTTP 418"):
                    await stage.open(lambda _: None)
                assert stage.status.name == "disconnected"
            await stage.open(lambda _: None)
        finally:
            await stage.close()

    for closes_first in (True, False):
        with pytest.raises(StageError, match="this stage has already been opened") as raised:
            asyncio.run(go(closes_first))
        assert raised.value.hint == "make a new one for each run"


def test_nothing_is_sent_on_a_stage_that_is_not_open() -> None:
    async def go() -> None:
        stage = ReactorStage(RealClock(), settings_for(URL))
        try:
            await stage.send([Pause()])
        finally:
            await stage.close()

    with pytest.raises(StageError, match="the stage is not open"):
        asyncio.run(go())


# ---- the key and the token


def test_without_a_key_the_error_names_where_one_goes() -> None:
    for environment in ({}, {"REACTOR_API_KEY": "  "}):
        with pytest.raises(UsageError) as raised:
            find_key(environment)
        assert "REACTOR_API_KEY" in str(raised.value)
        assert "sequencer rehearse" in str(raised.value.hint)
        assert "sequencer serve" in str(raised.value.hint)


def test_a_key_comes_from_a_file_or_the_environment_and_prints_as_dots(tmp_path: Any) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n", encoding="utf-8")
    for key in (find_key({"REACTOR_API_KEY": KEY}), find_key({}, file)):
        assert key.reveal() == KEY
        assert KEY not in f"{key} {key!r} {ReactorSettings(key=key)!r}"
    with pytest.raises(UsageError, match="spaces"):
        find_key({"REACTOR_API_KEY": "rk_one rk_two"})
    with pytest.raises(UsageError, match="cannot be read"):
        find_key({}, tmp_path / "nowhere")


def test_the_key_never_travels_unencrypted() -> None:
    with pytest.raises(UsageError, match="not encrypted"):
        ReactorStage(RealClock(), ReactorSettings(url="http://reactor.example", key=Secret(KEY)))
    for proof in ("me:secret", "me", ":secret", ""):
        with pytest.raises(UsageError, match="must not contain"):
            ReactorStage(
                RealClock(),
                ReactorSettings(url=f"https://{proof}@reactor.example", key=Secret(KEY)),
            )
    with pytest.raises(UsageError, match="is not an address"):
        ReactorStage(RealClock(), ReactorSettings(url="reactor.example", key=Secret(KEY)))


def test_a_stage_without_a_key_asks_nobody() -> None:
    async def open_it() -> None:
        def fail(request: httpx.Request) -> httpx.Response:
            raise AssertionError(request.url)

        stage = ReactorStage(
            RealClock(), ReactorSettings(url=URL), transport=httpx.MockTransport(fail)
        )
        try:
            await stage.open(lambda _: None)
        finally:
            await stage.close()

    with pytest.raises(StageError, match="no API key") as raised:
        asyncio.run(open_it())
    assert "sequencer rehearse" in str(raised.value.hint)


class _Mint:
    """A platform that creates tokens and has one session."""

    def __init__(self, lives: float = 3600, accepts: int = 10**9) -> None:
        self.minted: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str, str | None]] = []
        self.lives = lives
        self.accepts = accepts

    def __call__(self, request: httpx.Request) -> httpx.Response:
        import time

        if request.url.path == "/tokens":
            assert request.headers["Reactor-API-Key"] == KEY
            assert "Authorization" not in request.headers
            self.minted.append(json.loads(request.content))
            return httpx.Response(
                200,
                json={"jwt": f"{JWT}{len(self.minted)}", "expires_at": time.time() + self.lives},
            )
        self.asked.append((request.method, request.url.path, request.headers.get("Authorization")))
        assert request.headers["Reactor-API-Version"] == "1"
        assert "Reactor-API-Key" not in request.headers
        self.accepts -= 1
        if self.accepts < 0:
            self.accepts = 10**9
            return httpx.Response(401)
        ready = {"selected_transport": {"protocol": "webrtc"}, "capabilities": {"tracks": []}}
        return httpx.Response(200, json={"session_id": "s1", "state": "ACTIVE", **ready})


async def _session(mint: _Mint, **changes: Any) -> tuple[Session, Token]:
    settings = settings_for(URL, local=False, **changes)
    asked = ApiClient(URL, transport=httpx.MockTransport(mint))
    token = Token(asked, settings)
    session = Session(asked, token, settings)
    await session.open(lambda _: None)
    return session, token


def test_a_token_is_as_narrow_as_can_be_and_minted_once() -> None:
    mint = _Mint()

    async def go() -> None:
        session, _ = await _session(mint, session_seconds=600)
        await session.state()
        await session.close()

    asyncio.run(go())
    assert mint.minted == [
        {
            "authorization_details": [
                {
                    "type": "session",
                    "resources": {"models": {"match": ["helios"]}},
                    "constraints": {"max_sessions": 1, "max_session_duration_seconds": 600},
                }
            ],
            "expires_after": 900,
        }
    ]
    assert [(method, path) for method, path, _ in mint.asked] == [
        ("POST", "/sessions"),
        ("GET", "/sessions/s1"),
        ("GET", "/sessions/s1"),
        ("DELETE", "/sessions/s1"),
    ]
    assert {proof for _, _, proof in mint.asked} == {f"Bearer {JWT}1"}


def test_a_token_is_renewed_a_minute_before_it_expires_and_bound_to_the_session() -> None:
    mint = _Mint(lives=59)

    async def go() -> None:
        session, token = await _session(mint)
        token.bind(session.id)
        await session.state()

    asyncio.run(go())
    assert len(mint.minted) >= 3
    assert mint.minted[-1]["authorization_details"][0]["resources"] == {
        "models": {"all": True},
        "sessions": {"bind": ["s1"]},
    }


def test_a_token_that_is_not_accepted_any_more_is_made_anew_once() -> None:
    mint = _Mint(accepts=2)

    async def go() -> None:
        session, _ = await _session(mint)
        assert await session.state() == "ACTIVE"

    asyncio.run(go())
    assert len(mint.minted) == 2


def test_a_session_is_taken_over_with_a_token_for_it_alone() -> None:
    mint = _Mint()

    async def go() -> None:
        session, _ = await _session(mint, adopt="s1")
        assert session.is_open

    asyncio.run(go())
    assert mint.minted[0]["authorization_details"][0]["resources"]["sessions"] == {"bind": ["s1"]}
    assert [(method, path) for method, path, _ in mint.asked] == [("GET", "/sessions/s1")]


@pytest.mark.parametrize("state", ["CLOSED", "INACTIVE"])
def test_a_session_that_ends_while_it_is_waited_for_is_reported(state: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/tokens":
            return httpx.Response(200, json={"jwt": JWT, "expires_at": 2**40})
        return httpx.Response(
            200,
            json={"session_id": "s1", "state": "PENDING" if request.method == "POST" else state},
        )

    async def go() -> None:
        settings = settings_for(URL, local=False)
        stage = ReactorStage(RealClock(), settings, transport=httpx.MockTransport(answer))
        try:
            await stage.open(lambda _: None)
        finally:
            await stage.close()
            assert stage.status.name == "disconnected"

    with pytest.raises(StageError, match=f"the session is {state}"):
        asyncio.run(go())


def test_a_session_that_cannot_be_closed_is_reported_plainly() -> None:
    """The offer cannot be answered here; this tests only how the session ends."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            raise httpx.ConnectError("All connection attempts failed")
        if request.url.path == "/tokens":
            return httpx.Response(200, json={"jwt": JWT, "expires_at": 2**40})
        if request.url.path.endswith("connections"):
            return httpx.Response(402, json={"detail": "no credits"})
        ready = {"selected_transport": {"protocol": "webrtc"}, "capabilities": {"tracks": []}}
        return httpx.Response(
            200, json={"session_id": "s1", "state": "ACTIVE", "ice_servers": [], **ready}
        )

    notices: list[str] = []
    events: list[Event] = []

    async def go() -> ReactorStage:
        stage = ReactorStage(
            RealClock(),
            settings_for(URL, local=False),
            notice=notices.append,
            transport=httpx.MockTransport(answer),
        )
        with pytest.raises(StageError, match="no credits"):
            await stage.open(events.append)
        await stage.close()
        await stage.close()
        return stage

    stage = asyncio.run(go())
    assert events == []
    assert "cannot be reached" in str(stage.closing_trouble)
    assert "may run on" in notices[0]
    assert JWT not in " ".join(notices)


# ---- over the network: names and certificates


def test_a_name_that_does_not_exist_is_reported() -> None:
    async def ask() -> None:
        asked = ApiClient("https://reactor.invalid")
        try:
            await asked.ask("getting a token", "POST", "/tokens", {})
        finally:
            await asked.close()

    with pytest.raises(ApiError, match=r"reactor\.invalid"):
        asyncio.run(ask())


def test_a_certificate_of_somebody_else_is_reported(tmp_path: Any) -> None:
    certificate, key = _self_signed()
    (tmp_path / "certificate").write_bytes(certificate)
    (tmp_path / "key").write_bytes(key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")

    async def ask() -> None:
        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
            port = server.sockets[0].getsockname()[1]
            asked = ApiClient(f"https://localhost:{port}")
            try:
                await asked.ask("getting a token", "POST", "/tokens", {})
            finally:
                await asked.close()

    with pytest.raises(ApiError, match="its certificate was not accepted") as raised:
        asyncio.run(ask())
    assert "date" in str(raised.value.hint)


def _self_signed() -> tuple[bytes, bytes]:
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), private
