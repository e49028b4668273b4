"""The middleware of a server whose only client in browsers is its own page."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from sequencer.web.connections import Connections
from sequencer.web.guard import own_page_guard
from sequencer.web.hosts import Hosts
from sequencer.web.limits import RateLimit

OWN = {"Host": "127.0.0.1:8080"}
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


async def fine(_request: web.Request) -> web.StreamResponse:
    return web.Response(text="fine")


def answer(
    headers: dict[str, str],
    method: str = "GET",
    handler: Any = fine,
    rates: RateLimit | None = None,
) -> tuple[int, str]:
    """Return the status and the text of the answer to a request."""
    guard: Any = own_page_guard(
        Hosts("studio.lan"), rates or RateLimit(100, 100), Connections(10, 10)
    )

    async def go() -> Any:
        return await guard(make_mocked_request(method, "/", headers=headers), handler)

    try:
        found = asyncio.run(go())
    except web.HTTPException as error:
        return error.status, error.text or ""
    return found.status, found.text


@pytest.mark.parametrize(
    ("headers", "method", "status"),
    [
        (OWN, "GET", 200),
        ({"Host": "studio.lan:8080"}, "GET", 200),
        ({}, "GET", 403),
        ({"Host": "attacker.example"}, "GET", 403),
        ({"Host": "attacker.example", "Origin": "http://attacker.example"}, "GET", 403),
        ({**OWN, "Origin": "http://127.0.0.1:8080"}, "GET", 200),
        ({**OWN, "Origin": "http://127.0.0.1:8081"}, "GET", 403),
        ({**OWN, "Origin": "http://localhost:8080"}, "GET", 403),
        ({**OWN, "Origin": "null"}, "GET", 403),
        ({**OWN, "Sec-Fetch-Site": "same-origin"}, "GET", 200),
        ({**OWN, "Sec-Fetch-Site": "none"}, "GET", 200),
        ({**OWN, "Sec-Fetch-Site": "same-site"}, "GET", 403),
        ({**OWN, "Sec-Fetch-Site": "cross-site"}, "GET", 403),
        ({**OWN, **LINK}, "GET", 200),
        ({**OWN, **LINK}, "POST", 403),
        ({**OWN, **LINK, "Sec-Fetch-Dest": "iframe"}, "GET", 403),
        ({**OWN, **LINK, "Sec-Fetch-Mode": "no-cors"}, "GET", 403),
        ({**OWN, **LINK, "Origin": "https://attacker.example"}, "GET", 403),
    ],
)
def test_which_requests_reach_the_server(headers: dict[str, str], method: str, status: int) -> None:
    assert answer(headers, method)[0] == status


def test_requests_beyond_the_rate_are_refused() -> None:
    rates = RateLimit(rate=0, burst=1, now=lambda: 0.0)
    assert [answer(OWN, rates=rates)[0] for _ in range(2)] == [200, 429]


def test_a_failure_is_logged_and_its_text_is_not_sent(caplog: pytest.LogCaptureFixture) -> None:
    async def fails(_request: web.Request) -> web.StreamResponse:
        raise ValueError("a secret")

    async def is_missing(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPNotFound

    status, text = answer(OWN, handler=fails)
    assert status == 500 and "secret" not in text
    assert "a secret" in caplog.text
    assert answer(OWN, handler=is_missing)[0] == 404
