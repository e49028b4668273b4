"""Starting a local runtime's session: the client waits while the last session is closing; other
refusals are errors.
"""

from __future__ import annotations

import asyncio

import httpx
import pytest

from sequencer.stages.reactor import session as module
from sequencer.stages.reactor.http import ApiClient, ApiError
from sequencer.stages.reactor.session import Session, Token
from tests.support.reactor_fixtures import settings_for

URL = "http://127.0.0.1:8080"


def _start(states: list[str | None]) -> tuple[str, int]:
    """Start a session while the runtime passes through these states; the last one stays.

    None: the answer has no state.
    """
    starts = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal starts
        state = states[0]
        if request.url.path == "/start_session":
            starts += 1
            if state == "ready":
                return httpx.Response(
                    200,
                    json={"session_id": "s1", "state": "waiting", "capabilities": {"tracks": []}},
                )
            return httpx.Response(409, json={"detail": f"cannot start session while {state}"})
        if len(states) > 1:
            states.pop(0)
        return (
            httpx.Response(404)
            if state is None
            else httpx.Response(200, json={"session_id": "s0", "state": state})
        )

    async def go() -> str:
        settings = settings_for(URL)
        platform = ApiClient(URL, transport=httpx.MockTransport(answer))
        session = Session(platform, Token(platform, settings), settings)
        try:
            await session.open(lambda _: None)
        finally:
            await platform.close()
        return session.id

    return asyncio.run(go()), starts


def test_a_session_that_is_closing_is_waited_for() -> None:
    assert _start(["closing", "closing", "ready"]) == ("s1", 3)


@pytest.mark.parametrize("state", ["streaming", "waiting", "orphaned", "terminated", None])
def test_any_other_refusal_is_an_error_at_once(state: str | None) -> None:
    with pytest.raises(ApiError, match=f"cannot start session while {state}") as raised:
        _start([state])
    assert raised.value.status == 409


def test_the_wait_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLOSING_SECONDS", 0.3)
    with pytest.raises(ApiError, match="while closing"):
        _start(["closing"])
