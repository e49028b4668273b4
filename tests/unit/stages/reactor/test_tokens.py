"""The token and the session's time limit: when a token is renewed, and when the user is warned of a
limit.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from sequencer.core.errors import StageError
from sequencer.core.timebase import SECOND
from sequencer.stages.reactor import session as module
from sequencer.stages.reactor.session import MAX_TOKEN_LENGTH, SessionTime, Token
from sequencer.sync.run_clock import VirtualClock
from tests.support.reactor_fixtures import KEY, settings_for


class _Platform:
    """Gives one token after the other, with a clock of its own."""

    def __init__(self, patch: pytest.MonkeyPatch, **body: object) -> None:
        self.body = body
        self.asked: list[tuple[object, ...]] = []
        self.now = 1000.0
        patch.setattr(module, "time", SimpleNamespace(time=lambda: self.now))

    async def ask(self, *given: object, retry_safe: bool | None = None) -> Any:
        self.asked.append((*given, retry_safe))
        return SimpleNamespace(body={"jwt": f"t{len(self.asked)}", **self.body})


def token_of(platform: _Platform, **changes: Any) -> Token:
    fake: Any = platform
    return Token(fake, settings_for("https://x", **{"local": False, **changes}))


def proofs(platform: _Platform, token: Token, *times: float) -> list[str]:
    """Return the tokens that the client sends at these times."""
    found = []
    for platform.now in times:
        found.append(asyncio.run(token.headers()).get("Authorization", ""))
    return found


def test_a_token_is_asked_for_with_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = _Platform(monkeypatch, expires_at=9000)
    token = token_of(platform, session_seconds=600, model="helios")
    assert asyncio.run(token.headers()) == {"Authorization": "Bearer t1"}
    scope = {
        "type": "session",
        "resources": {"models": {"match": ["helios"]}},
        "constraints": {"max_sessions": 1, "max_session_duration_seconds": 600},
    }
    body = {"authorization_details": [scope], "expires_after": 900}
    assert platform.asked == [
        ("getting a token", "POST", "/tokens", body, {"Reactor-API-Key": KEY}, True)
    ]


def test_a_token_for_a_session_reaches_only_that(monkeypatch: pytest.MonkeyPatch) -> None:
    for bound, changes in (("s1", {}), ("s2", {"adopt": "s2"}), ("s3", {"adopt": "s2"})):
        platform = _Platform(monkeypatch, expires_at=9000)
        token = token_of(platform, session_seconds=6 * 3600, **changes)
        if bound != "s2":
            token.bind(bound)
        asyncio.run(token.headers())
        scope = {
            "type": "session",
            "resources": {"models": {"all": True}, "sessions": {"bind": [bound]}},
        }
        assert platform.asked[0][3] == {"authorization_details": [scope], "expires_after": 6 * 3600}


def test_a_token_is_used_until_a_minute_before_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = _Platform(monkeypatch, expires_at=2000)
    token = token_of(platform)
    assert proofs(platform, token, 1000.0, 1940.0, 1940.5) == [
        "Bearer t1",
        "Bearer t1",
        "Bearer t2",
    ]


@pytest.mark.parametrize("expires", [None, "2000", True])
def test_an_end_that_is_not_named_is_what_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, expires: object
) -> None:
    platform = _Platform(monkeypatch, expires_at=expires)
    token = token_of(platform, session_seconds=600)
    assert proofs(platform, token, 1000.0, 1000.0 + 900 - 60, 1000.0 + 900 - 59) == [
        "Bearer t1",
        "Bearer t1",
        "Bearer t2",
    ]


def test_a_token_that_is_forgotten_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = _Platform(monkeypatch, expires_at=9000)
    token = token_of(platform)
    asyncio.run(token.headers())
    token.forget()
    assert asyncio.run(token.headers()) == {"Authorization": "Bearer t2"}


def test_nobody_wants_a_token_locally(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = _Platform(monkeypatch)
    assert asyncio.run(token_of(platform, local=True).headers()) == {}
    assert platform.asked == []


def test_two_calls_at_once_make_one_token(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = _Platform(monkeypatch, expires_at=9000)
    token = token_of(platform)

    async def both() -> list[dict[str, str]]:
        return list(await asyncio.gather(token.headers(), token.headers()))

    assert asyncio.run(both()) == [{"Authorization": "Bearer t1"}] * 2
    assert len(platform.asked) == 1


@pytest.mark.parametrize("jwt", [None, 7, "", "é", "a\nb", "a\x7fb", "x" * (MAX_TOKEN_LENGTH + 1)])
def test_a_token_is_one_line_of_ascii(monkeypatch: pytest.MonkeyPatch, jwt: object) -> None:
    platform = _Platform(monkeypatch, jwt=jwt)
    with pytest.raises(StageError, match="getting a token: the answer contains none") as raised:
        asyncio.run(token_of(platform).headers())
    assert raised.value.hint == "is --url the platform's address?"


def test_the_longest_token_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = _Platform(monkeypatch, jwt="x" * MAX_TOKEN_LENGTH)
    assert len(proofs(platform, token_of(platform), 1000.0)[0]) == len("Bearer ") + MAX_TOKEN_LENGTH


# ---- the session's time


def test_a_session_is_billed_from_its_making_to_its_end() -> None:
    clock = VirtualClock(100)
    time = SessionTime(clock, 60.0, lambda _: None)
    found = [time.billed]
    time.begin()
    for clock._now in (100, 107):
        found.append(time.billed)
    time.end()
    clock._now = 120
    time.end()
    assert [*found, time.billed] == [0, 0, 7, 7]


def warned(limit: float, *seconds: float) -> list[tuple[float, str]]:
    """Return the warnings of a session that was created at second 50, with their times."""
    clock = VirtualClock(50 * SECOND)
    found: list[tuple[float, str]] = []
    now = 0.0
    time = SessionTime(clock, limit, lambda text: found.append((now, text)))
    time.warn()
    time.begin()
    for now in seconds:
        clock._now = 50 * SECOND + round(now * SECOND)
        time.warn()
    return found


def test_a_limit_is_warned_of_twice() -> None:
    assert warned(600.0, 0.0, 479.9, 480.0, 500.0, 569.9, 571.0, 600.0, 700.0) == [
        (480.0, "the session's limit of 10 min comes in 120 s"),
        (571.0, "the session's limit of 10 min comes in 29 s"),
    ]


def test_a_warning_of_a_limit_that_is_over_counts_no_seconds() -> None:
    assert warned(121.0, 200.0) == [(200.0, "the session's limit of 2 min comes in 0 s")] * 2


def test_a_short_session_is_warned_of_once_or_not_at_all() -> None:
    assert warned(120.0, 0.0, 89.0, 95.0) == [(95.0, "the session's limit of 2 min comes in 25 s")]
    assert warned(30.0, 0.0, 29.0) == []
