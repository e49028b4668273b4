"""Checks of HTTP requests: hosts, rates, versions, origins and bodies."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from sequencer.server.http_guard import add_cors, fault, middleware
from sequencer.web.connections import Connections
from sequencer.web.hosts import Hosts
from sequencer.web.limits import RateLimit


def test_a_fault_is_json_with_its_headers() -> None:
    error = fault(429, "too many", Retry_After="1")
    assert error.status == 429
    assert error.text is not None
    assert (json.loads(error.text), error.headers["Retry-After"]) == ({"detail": "too many"}, "1")
    assert error.content_type == "application/json"


OWN = {"Host": "127.0.0.1:8080"}
PREFLIGHT = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}


@pytest.mark.parametrize(
    ("method", "headers", "hosts", "status"),
    [
        ("GET", OWN, (), 200),
        ("GET", {"Host": "localhost"}, (), 200),
        ("GET", {"Host": "[::1]:8080"}, (), 200),
        ("GET", {}, (), 403),
        ("GET", {"Host": "attacker.example"}, (), 403),
        ("GET", {"Host": "[::1"}, (), 403),
        ("GET", {"Host": "studio.lan:80"}, ("studio.lan",), 200),
        ("GET", {"Host": "192.168.0.4"}, ("127.0.0.1",), 403),
        ("GET", {"Host": "192.168.0.4"}, ("0.0.0.0",), 200),  # noqa: S104 - it is only examined
        ("GET", {"Host": "attacker.example"}, ("0.0.0.0",), 403),  # noqa: S104 - it is only examined
        ("GET", {**OWN, "Origin": "http://localhost:3000"}, (), 200),
        ("GET", {**OWN, "Origin": "https://attacker.example"}, (), 403),
        ("GET", {**OWN, "Origin": "null"}, (), 403),
        ("GET", {**OWN, "Origin": "file://localhost"}, (), 403),
        ("OPTIONS", OWN | PREFLIGHT, (), 204),
        ("GET", {**OWN, "Reactor-API-Version": "1"}, (), 200),
        ("GET", {**OWN, "Reactor-API-Version": "1.7"}, (), 200),
        ("GET", {**OWN, "Reactor-API-Version": "0"}, (), 426),
        ("GET", {**OWN, "Reactor-API-Version": "2"}, (), 501),
        ("GET", {**OWN, "Reactor-WebRTC-Version": "2.0"}, (), 501),
        ("GET", {**OWN, "Reactor-API-Version": "new"}, (), 200),  # not a version: ignored
    ],
)
def test_which_requests_reach_the_server(
    method: str, headers: dict[str, str], hosts: tuple[str, ...], status: int
) -> None:
    assert status_of(method, headers, hosts) == status


def test_requests_beyond_the_rate_are_refused_before_anything_else() -> None:
    rates = RateLimit(rate=0, burst=1, now=lambda: 0.0)
    assert [status_of("GET", {"Host": "attacker.example"}, (), rates) for _ in range(2)] == [
        403,
        429,
    ]


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (ValueError("broken"), 500),
        (web.HTTPNotFound(), 404),
        (web.HTTPMethodNotAllowed("PUT", ["GET"]), 405),
    ],
)
def test_every_failure_is_json(raised: Exception, status: int) -> None:
    error = failure_of(raised)
    assert (error.status, error.content_type) == (status, "application/json")
    assert error.text is not None
    assert set(json.loads(error.text)) == {"detail"}
    assert ("Allow" in error.headers) is (status == 405)


def failure_of(raised: Exception) -> web.HTTPException:
    async def handler(_request: web.Request) -> web.StreamResponse:
        raise raised

    with pytest.raises(web.HTTPException) as error:
        asyncio.run(answer(handler, "GET", OWN, (), None))
    return error.value


def status_of(
    method: str, headers: dict[str, str], hosts: tuple[str, ...], rates: RateLimit | None = None
) -> int:
    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response()

    try:
        return asyncio.run(answer(handler, method, headers, hosts, rates)).status
    except web.HTTPException as error:
        return error.status


async def answer(
    handler: Any,
    method: str,
    headers: dict[str, str],
    hosts: tuple[str, ...],
    rates: RateLimit | None,
) -> web.StreamResponse:
    guard: Any = middleware(Hosts(*hosts), rates or RateLimit(100, 100), Connections(10, 10))
    found: web.StreamResponse = await guard(
        make_mocked_request(method, "/sessions", headers=headers), handler
    )
    return found


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("GET", {}, {}),
        (
            "GET",
            {"Origin": "http://localhost"},
            {"Access-Control-Allow-Origin": "http://localhost"},
        ),
        (
            "OPTIONS",
            {**PREFLIGHT, "Access-Control-Request-Headers": "X-Own, Content-Type"},
            {
                "Access-Control-Allow-Origin": "https://a.example",
                "Access-Control-Allow-Headers": "X-Own, Content-Type",
            },
        ),
    ],
)
def test_a_page_may_read_its_answer(
    method: str, headers: dict[str, str], expected: dict[str, str]
) -> None:
    response = web.Response()
    asyncio.run(add_cors(make_mocked_request(method, "/", headers=headers), response))
    names = ("Access-Control-Allow-Origin", "Access-Control-Allow-Headers")
    assert {name: response.headers[name] for name in names if name in response.headers} == expected


def test_header_names_that_are_not_names_are_not_repeated() -> None:
    response = web.Response()
    headers = {**PREFLIGHT, "Access-Control-Request-Headers": "a b c"}
    asyncio.run(add_cors(make_mocked_request("OPTIONS", "/", headers=headers), response))
    assert "a b c" not in response.headers["Access-Control-Allow-Headers"]
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
