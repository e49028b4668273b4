"""The HTTP client in detail: every message that a user reads, what is retried how often, and the
headers sent.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from sequencer.stages.reactor import http as module
from sequencer.stages.reactor.http import ApiClient, ApiError, Response, refused, unreachable

URL = "https://reactor.test"
Answers = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record the waits between attempts instead of waiting."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("sequencer.stages.reactor.http.asyncio.sleep", sleep)
    return waits


def on(
    answers: Answers,
    do: Callable[[ApiClient], Awaitable[Any]],
    base: str = URL,
    notices: list[str] | None = None,
) -> Any:
    """Return the result of a call on a platform that gives these answers, or the ApiError that it
    raises.
    """

    async def go() -> Any:
        platform = ApiClient(
            base,
            transport=httpx.MockTransport(answers),
            notice=None if notices is None else notices.append,
        )
        try:
            return await do(platform)
        except ApiError as error:
            return error
        finally:
            await platform.close()

    return asyncio.run(go())


class _Line:
    """Gives one answer after the other, repeats the last one, and records the requests.

    An exception is raised.
    """

    def __init__(self, *answers: int | Exception | httpx.Response) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        return httpx.Response(found) if isinstance(found, int) else found


# ---- messages


@pytest.mark.parametrize(
    ("status", "reason", "hint"),
    [
        (400, "it was refused", None),
        (401, "the key or the token was not accepted", "check REACTOR_API_KEY: is it complete, and still valid?"),
        (402, "the account has no credits left", "add credits in Reactor's dashboard, then perform again"),
        (403, "the key does not give access to this", "does the key belong to the account that created the session?"),
        (404, "it does not exist", "is the address right, the model's name too, and the session still alive?"),
        (
            409, "something else is running there",
            (
                "a local runtime plays one session at a time: end the other one, or take it over "
                "with --resume"
            ),
        ),
        (413, "it is too large", "use a smaller file"),
        (
            422, "the request was not understood",
            "this program and the platform disagree about the protocol; is there a newer version?",
        ),
        (426, "this program's protocol is too old for the platform", "install a newer version of helios-sequencer"),
        (429, "too many sessions or requests at once", "an account may run 5 sessions: end one, or wait a little"),
        (500, "the platform has an internal error", "try again; if it persists, report it to Reactor"),
        (
            501, "the platform does not know this version of the protocol",
            "the server must be updated, or another --url used",
        ),
        (503, "it is not ready", "wait a little: a model that is being loaded takes minutes"),
    ],
)  # fmt: skip
def test_each_refusal_is_a_sentence_and_a_hint(status: int, reason: str, hint: str | None) -> None:
    error = refused("asking", Response(status=status, body={}))
    assert (error.message, error.hint) == (f"asking: {reason} (HTTP {status})", hint)
    assert (error.status, error.retry_after) == (status, None)


PROXY = "HTTPS_PROXY"


@pytest.mark.parametrize(
    ("error", "base", "proxy", "reason", "hint"),
    [
        (
            httpx.ProxyError("x"), URL, PROXY,
            "the proxy that HTTPS_PROXY names does not connect to reactor.test", "check that variable, and the proxy itself",
        ),
        (
            httpx.ProxyError("x"), URL, None,
            "the proxy that the environment names does not connect to reactor.test",
            "check that variable, and the proxy itself",
        ),
        *[
            (
                error, URL, PROXY, "reactor.test cannot be reached through the proxy that HTTPS_PROXY names",
                (
                    "check HTTPS_PROXY, and the network; hosts to reach without a proxy go into "
                    "NO_PROXY"
                ),
            )
            for error in (httpx.ConnectError("x"), httpx.ConnectTimeout("x"))
        ],
        (
            httpx.ConnectError("a Certificate failed"), URL, PROXY,
            "the connection to reactor.test is not safe: its certificate was not accepted",
            "check the date of this machine, and whether there is a proxy in between",
        ),
        *[
            (
                httpx.ConnectError(text), URL, None,
                "the connection to reactor.test is not safe: its certificate was not accepted",
                "check the date of this machine, and whether there is a proxy in between",
            )
            for text in ("SSL wrong", "TLS alert", "certificate verify failed")
        ],
        (httpx.ConnectTimeout("x"), URL, None, "reactor.test does not answer", "check the network"),
        (httpx.PoolTimeout("x"), URL, None, "reactor.test does not answer", "check the network"),
        (httpx.ReadTimeout("x"), URL, PROXY, "reactor.test took too long to answer", "check the network, then try again"),
        (httpx.WriteTimeout("x"), URL, None, "reactor.test took too long to answer", "check the network, then try again"),
        *[
            (
                httpx.ConnectError(text), URL, None, "reactor.test is unknown: the name was not found",
                "check the network and the spelling of --url",
            )
            for text in ("Name or service not known", "nodename", "getaddrinfo failed", "failure in name Resolution")
        ],
        (
            httpx.ConnectError("refused"), "http://127.0.0.1:9", None, "no server is running at http://127.0.0.1:9",
            "start one: `sequencer serve`, or a local runtime; then try again",
        ),
        (httpx.ConnectError("refused"), URL, None, "reactor.test cannot be reached", "check the network"),
        (httpx.InvalidURL("x"), URL, None, "the platform gave an address that is not valid", None),
        (httpx.UnsupportedProtocol("x"), URL, None, "the platform gave an address that is not valid", None),
        (
            httpx.ReadError("x"), URL, None, "the connection to reactor.test broke (ReadError)",
            "check the network, then try again",
        ),
    ],
)  # fmt: skip
def test_each_way_of_not_getting_through_is_a_sentence_and_a_hint(
    error: Exception, base: str, proxy: str | None, reason: str, hint: str | None
) -> None:
    found = unreachable("asking", base, error, proxy)
    assert (found.message, found.hint, found.status) == (f"asking: {reason}", hint, 0)


def test_an_address_without_a_host_is_shown_as_it_is() -> None:
    assert (
        unreachable("asking", "nowhere", httpx.ReadError("x")).message
        == "asking: the connection to nowhere broke (ReadError)"
    )


def test_a_secret_in_the_platforms_words_is_struck_out() -> None:
    assert (
        refused("x", Response(status=400, body={"detail": "the key rk_abc"})).message
        == "x: it was refused (HTTP 400: the key (key))"
    )


# ---- requests, and how often


@pytest.mark.parametrize(
    ("method", "again", "first", "asks"),
    [
        ("GET", None, 500, 4),
        ("PUT", None, 502, 4),
        ("DELETE", None, 599, 4),
        ("POST", None, 500, 1),
        ("PATCH", None, 500, 1),
        ("POST", True, 500, 4),
        ("GET", False, 500, 1),
        ("GET", None, 501, 1),
        ("GET", None, 499, 1),
        ("GET", None, 404, 1),
        ("GET", None, 400, 1),
        ("POST", False, 429, 4),
        ("POST", False, 503, 4),
    ],
)
def test_what_is_asked_again(
    waited: list[float], method: str, again: bool | None, first: int, asks: int
) -> None:
    line = _Line(first)
    found = on(line, lambda platform: platform.ask("asking", method, "/x", retry_safe=again))
    assert isinstance(found, ApiError)
    assert (found.status, len(line.asked)) == (first, asks)
    assert waited == [0.25, 0.5, 1.0][: asks - 1]


@pytest.mark.parametrize(("method", "asks"), [("GET", 4), ("POST", 1)])
def test_where_nothing_came_back_only_what_is_safe_is_asked_again(method: str, asks: int) -> None:
    line = _Line(httpx.ReadError("x"))
    found = on(line, lambda platform: platform.ask("asking", method, "/x"))
    assert (found.status, len(line.asked)) == (0, asks)


@pytest.mark.parametrize(
    ("wait", "asks", "notices"),
    [
        ("0", 4, []),
        ("1", 4, []),
        (
            "1.5",
            4,
            ["asking: it is not ready (HTTP 503); trying again in 2 s, as the platform asks"] * 3,
        ),
        (
            "30",
            4,
            ["asking: it is not ready (HTTP 503); trying again in 30 s, as the platform asks"] * 3,
        ),
        ("30.5", 1, []),
    ],
)
def test_the_platform_may_ask_for_half_a_minute(
    waited: list[float], wait: str, asks: int, notices: list[str]
) -> None:
    line, received = _Line(httpx.Response(503, headers={"Retry-After": wait})), list[str]()
    on(line, lambda platform: platform.ask("asking", "POST", "/x"), notices=received)
    assert (len(line.asked), received) == (asks, notices)
    assert waited == [float(wait)] * (asks - 1)


def test_what_goes_along_with_a_call() -> None:
    line = _Line(httpx.Response(200, json={"a": 1}, headers={"Retry-After": "2"}))

    async def calls(platform: ApiClient) -> list[Response]:
        return [
            await platform.ask("asking", "POST", "/x", {"b": "é"}, {"X-Own": "1"}),
            await platform.ask("asking", "GET", "/y"),
        ]

    answers = on(line, calls)
    assert answers == [Response(status=200, body={"a": 1}, text='{"a":1}', retry_after=2.0)] * 2
    first, second = line.asked
    assert (first.method, str(first.url), json.loads(first.content)) == (
        "POST",
        f"{URL}/x",
        {"b": "é"},
    )
    assert (second.method, str(second.url), second.content) == ("GET", f"{URL}/y", b"")
    for request in (first, second):
        assert request.headers["Reactor-API-Version"] == "1"
        assert request.headers["Reactor-API-Accept-Version"] == "1"
        assert request.headers["Accept-Encoding"] == "gzip, deflate"
    assert (first.headers["X-Own"], "X-Own" in second.headers) == ("1", False)


def test_the_client_has_limits_of_its_own() -> None:
    async def look(platform: ApiClient) -> Any:
        return platform._client

    client = on(_Line(200), look)
    assert client.timeout == httpx.Timeout(10.0, connect=5.0)
    assert not client.follow_redirects
    assert not client.trust_env
    patient = ApiClient(URL, transport=httpx.MockTransport(_Line(200)), timeout=3.0)
    assert patient._client.timeout == httpx.Timeout(3.0)
    asyncio.run(patient.close())


def test_the_fake_network_has_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:1")
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")

    async def look(platform: ApiClient) -> str | None:
        return platform._proxy

    assert on(_Line(200), look) is None


def test_after_the_end_nothing_is_asked() -> None:
    line = _Line(200)

    async def calls(platform: ApiClient) -> list[str]:
        await platform.close()
        found = []
        for call in (
            platform.ask("asking", "GET", "/x"),
            platform.fetch("fetching", f"{URL}/x"),
            platform.put(f"{URL}/x", b"", "image/png"),
        ):
            with pytest.raises(ApiError) as raised:
                await call
            found.append(raised.value.message)
        return found

    assert on(line, calls) == [
        "asking: the run is over",
        "fetching: the run is over",
        "uploading: the run is over",
    ]
    assert line.asked == []


def test_a_call_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CALL_TIMEOUT_S", 0.01)
    monkeypatch.setattr(module, "SLOWEST_UPLOAD", 1e9)

    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        return httpx.Response(200)

    async def calls(platform: ApiClient) -> list[str]:
        found = []
        for call in (
            platform.ask("asking", "POST", "/x"),
            platform.put(f"{URL}/x", b"", "image/png"),
        ):
            with pytest.raises(ApiError) as raised:
                await call
            found.append(raised.value.message)
        return found

    answers: Any = slow
    assert on(answers, calls) == [
        f"{what}: reactor.test took too long to answer" for what in ("asking", "uploading")
    ]


def test_an_upload_may_take_longer_the_larger_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CALL_TIMEOUT_S", 0.0)
    monkeypatch.setattr(module, "SLOWEST_UPLOAD", 1)
    assert on(_Line(200), lambda platform: platform.put(f"{URL}/x", b"x" * 60, "image/png")) == 200


# ---- uploads and downloads


def test_an_upload_is_sent_in_pieces_and_reports_its_progress() -> None:
    progress_reports: list[tuple[int, int]] = []
    bodies: list[bytes] = []

    async def answers(request: httpx.Request) -> httpx.Response:
        bodies.append(await request.aread())
        assert request.method == "PUT"
        assert request.headers["Content-Type"] == "image/jpeg"
        assert request.headers["Content-Length"] == str(len(data))
        assert "Reactor-API-Version" not in request.headers
        return httpx.Response(204)

    data = bytes(range(256)) * 600
    fake: Any = answers
    url = "https://store.test/x?signature=1"
    found = on(
        fake,
        lambda platform: platform.put(
            url, data, "image/jpeg", lambda *how: progress_reports.append(how)
        ),
    )
    assert (found, bodies) == (204, [data])
    assert progress_reports == [(65536, 153600), (131072, 153600), (153600, 153600)]


def test_an_upload_that_breaks_names_no_address() -> None:
    found = on(
        _Line(httpx.WriteError("x")),
        lambda one: one.put("https://store.test/x?signature=1", b"x", "image/png"),
    )
    assert found.message == "uploading: the connection to reactor.test broke (WriteError)"


@pytest.mark.parametrize(
    ("url", "is_proven"),
    [(f"{URL}/x", True), ("https://store.test/x", False), ("https://reactor.test:444/x", False)],
)
def test_proof_goes_to_the_platform_only(url: str, is_proven: bool) -> None:
    line = _Line(httpx.Response(202, content=b"abc", headers={"Retry-After": "3"}))
    found = on(
        line, lambda platform: platform.fetch("fetching", url, {"Authorization": "Bearer t"})
    )
    assert found == (202, b"abc", 3.0)
    (request,) = line.asked
    assert request.method == "GET"
    assert ("Authorization" in request.headers) is is_proven
    assert ("Reactor-API-Version" in request.headers) is is_proven


def test_a_download_has_a_limit() -> None:
    for size, is_taken in ((10, True), (11, False)):
        line = _Line(httpx.Response(200, content=b"x" * size))
        found = on(line, lambda platform: platform.fetch("fetching", f"{URL}/x", most=10))
        if is_taken:
            assert found == (200, b"x" * size, None)
        else:
            assert found.message == "fetching: the connection to reactor.test broke (DecodingError)"


@pytest.mark.parametrize("packing", ["", "identity", " GZIP ", "deflate", None])
def test_what_is_packed_as_asked_for_is_read(packing: str | None) -> None:
    import gzip
    import zlib

    data = b'{"a": 1}'
    packed = {" GZIP ": gzip.compress(data), "deflate": zlib.compress(data)}.get(
        packing or "", data
    )
    headers = {} if packing is None else {"Content-Encoding": packing}
    found = on(
        _Line(httpx.Response(200, headers=headers, content=_stream(packed))),
        lambda one: one.ask("asking", "GET", "/x"),
    )
    assert (found.status, found.body) == (200, {"a": 1})


async def _stream(data: bytes) -> Any:
    yield data


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('{"a": 9999999999999999999}', {"a": 9999999999999999999}),
        ('{"a": 99999999999999999999}', {}),
        ('{"a": -99999999999999999}', {"a": -99999999999999999}),
        ('{"a": 3.0}', {"a": 3}),
        ('{"a": NaN}', {}),
        ("[1]", {}),
        ("", {}),
    ],
)
def test_numbers_of_the_platform_are_bounded(body: str, found: object) -> None:
    answer = on(
        _Line(httpx.Response(200, content=body)),
        lambda platform: platform.ask("asking", "GET", "/x"),
    )
    assert (answer.body, answer.text) == (found, body)


# ---- addresses that the platform gives


@pytest.mark.parametrize(
    ("found", "is_called"),
    [
        (["93.184.215.14"], True),
        (["93.184.215.14", "10.0.0.7"], False),
        (["10.0.0.7", "93.184.215.14"], False),
        ([], False),
        (OSError("not found"), True),
        (UnicodeError("no name"), False),
    ],
)
def test_a_name_is_looked_up_before_it_is_called(
    found: list[str] | Exception, is_called: bool
) -> None:
    hosts: list[str] = []

    async def looked_up(host: str, port: object, **_: object) -> list[tuple[Any, ...]]:
        hosts.append(host)
        assert port is None
        if isinstance(found, Exception):
            raise found
        return [(2, 1, 6, "", (one, 0)) for one in found]

    async def call(platform: ApiClient) -> None:
        platform._resolves = True
        loop: Any = asyncio.get_running_loop()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loop, "getaddrinfo", looked_up)
            await platform._check_called("fetching", f"{URL}/x")
            assert hosts == [], "the platform itself is what the user named"
            await platform._check_called("fetching", "https://store.test/x")

    error = on(_Line(200), call)
    assert hosts == ["store.test"]
    assert (
        error is None
        if is_called
        else error.message == ("fetching: the platform gave an address that is not allowed here")
    )


def test_an_address_that_is_not_called_is_reported() -> None:
    calls: tuple[tuple[str, Callable[[ApiClient], Awaitable[Any]]], ...] = (
        ("uploading", lambda platform: platform.put("https://10.0.0.1/x", b"", "image/png")),
        ("fetching", lambda platform: platform.fetch("fetching", "https://10.0.0.1/x")),
    )
    for what, call in calls:
        error = on(_Line(200), call)
        assert (error.message, error.hint) == (
            f"{what}: the platform gave an address that is not allowed here",
            None,
        )


def test_names_are_not_looked_up_where_nothing_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    async def call(platform: ApiClient) -> None:
        loop: Any = asyncio.get_running_loop()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loop, "getaddrinfo", None)
            await platform._check_called("fetching", "https://store.test/x")

    assert on(_Line(200), call) is None


def test_an_answer_in_other_letters_is_read_as_far_as_it_goes() -> None:
    answer = on(
        _Line(httpx.Response(200, content=b"caf\xe9")),
        lambda platform: platform.ask("asking", "GET", "/x"),
    )
    assert answer == Response(status=200, body={}, text="caf\ufffd")


def test_this_machine_is_not_looked_up() -> None:
    async def call(platform: ApiClient) -> None:
        platform._resolves = True
        await platform._check_called("fetching", "http://localhost:8080/x")

    assert on(_Line(200), call, base="http://127.0.0.1:8080") is None


# ---- the log


def test_the_log_of_the_client_shows_hosts_only() -> None:
    logger = logging.getLogger("httpx")
    before = list(logger.filters)

    async def look(_: ApiClient) -> list[object]:
        return [one for one in logger.filters if one not in before]

    (mask,) = on(_Line(200), look)
    assert logger.filters == before, "it goes with the client"
    record = logging.LogRecord(
        "httpx", 20, "", 0, "%s %s %d", ("GET", httpx.URL("https://store.test/a?key=1"), 5), None
    )
    assert mask.filter(record) is True
    assert record.getMessage() == "GET https://store.test/… 5"
    plain = logging.LogRecord("httpx", 20, "", 0, "nothing", None, None)
    assert mask.filter(plain) is True
    assert plain.getMessage() == "nothing"
