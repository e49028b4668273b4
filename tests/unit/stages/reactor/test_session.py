"""The client's requests over a session's lifetime: which requests it makes, what each answer means,
and when to close.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sequencer.core.errors import StageError
from sequencer.stages.reactor.http import ApiClient, ApiError
from sequencer.stages.reactor.session import CLIENT, OVER, Session, Token, Track
from tests.support.reactor_fixtures import settings_for

URL = "https://reactor.test"
READY = {
    "selected_transport": {"protocol": "webrtc"},
    "capabilities": {"tracks": [{"name": "v", "kind": "video", "direction": "recvonly"}]},
}
Answers = dict[str, list[Any]]


def asked_of(
    answers: Answers, do: Callable[[Session], Any], monkeypatch: pytest.MonkeyPatch, **changes: Any
) -> tuple[list[str], Session, list[float], Any]:
    """Return the requests of `do` in order, the session, the waits, and the result.

    The last answer of each kind repeats.
    """
    asked: list[str] = []
    waits: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/tokens":
            return httpx.Response(200, json={"jwt": "eyJ", "expires_at": time.time() + 3600})
        name = f"{request.method} {request.url.path}"
        asked.append(name)
        if name == "POST /sessions":
            assert json.loads(request.content) == {
                "model": {"name": "helios"}
                if "model" not in changes
                else {"name": changes["model"]},
                "client_info": CLIENT,
                "supported_transports": [{"protocol": "webrtc", "version": "1.0"}],
            }
        waiting = answers[name]
        found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return httpx.Response(found) if isinstance(found, int) else httpx.Response(200, json=found)

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def go() -> tuple[Session, Any]:
        settings = settings_for(URL, **{"local": False, "model": "helios", **changes})
        platform = ApiClient(URL, transport=httpx.MockTransport(answer))
        session = Session(platform, Token(platform, settings), settings)
        with monkeypatch.context() as patch:
            patch.setattr("sequencer.stages.reactor.session.asyncio.sleep", sleep)
            try:
                return session, await do(session)
            except StageError as error:
                return session, error
            finally:
                await platform.close()

    session, found = asyncio.run(go())
    return asked, session, waits, found


def opened(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, **changes: Any
) -> tuple[list[str], Session, list[float], Any]:
    return asked_of(answers, lambda session: session.open(lambda _: None), monkeypatch, **changes)


def test_a_session_is_made_and_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    states: list[str] = []
    made: list[str] = []
    answers: Answers = {
        "POST /sessions": [{"session_id": "s1"}],
        "GET /sessions/s1": [
            {"state": "queued"},
            {"state": "waiting", "capabilities": {"tracks": []}},
            {"state": "waiting", "selected_transport": {"a": 1}},
            *[{}] * 5,
            {**READY, "server_info": {"server_version": "2.1"}},
        ],
    }
    asked, session, waits, found = asked_of(
        answers, lambda one: one.open(states.append, lambda: made.append(one.id)), monkeypatch
    )
    assert found is None
    assert asked == ["POST /sessions", *["GET /sessions/s1"] * 9]
    assert states == ["QUEUED", "WAITING", "WAITING", "", "", "", "", ""]
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
    assert made == ["s1"]
    assert (session.is_open, session.version, session.tracks) == (
        True,
        "2.1",
        (Track("v", "video", "recvonly"),),
    )


@pytest.mark.parametrize("state", sorted(OVER))
@pytest.mark.parametrize(
    ("adopt", "message"),
    [(None, "the session is {} before it began"), ("s1", "the session of the run is over")],
)
def test_a_session_that_is_over_is_not_closed(
    monkeypatch: pytest.MonkeyPatch, state: str, adopt: str | None, message: str
) -> None:
    answers: Answers = {
        "POST /sessions": [{"session_id": "s1"}],
        "GET /sessions/s1": [{"state": state.lower()}],
    }
    asked, session, _, found = opened(answers, monkeypatch, adopt=adopt)
    assert found.message == message.format(state)
    assert ("POST /sessions" in asked) is (adopt is None)
    assert not session.is_open


def test_waiting_for_a_session_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    for state, shown in (({"state": "queued"}, "QUEUED"), ({}, "in no state")):
        answers: Answers = {"POST /sessions": [{"session_id": "s1"}], "GET /sessions/s1": [state]}
        _, session, waits, found = opened(answers, monkeypatch, waiting_seconds=-1.0)
        assert found.message == f"no GPU was free for -1 s (the session is {shown})"
        assert waits == []
        assert session.is_open, "it may run on, and has to be closed"


@pytest.mark.parametrize("body", [{}, {"session_id": ""}])
def test_a_session_without_a_name_is_none(
    monkeypatch: pytest.MonkeyPatch, body: dict[str, str]
) -> None:
    _, session, _, found = opened({"POST /sessions": [body]}, monkeypatch)
    assert found.message == "creating a session: the answer names none"
    assert not session.is_open


@pytest.mark.parametrize(
    ("body", "is_taken"),
    [
        ({"session_id": "s1", "state": "active", **READY}, True),
        ({"session_id": "s1", **READY}, True),
        ({"session_id": "s1", "state": "closed", **READY}, False),
        ({"session_id": "s2", "state": "active", **READY}, False),
        ({"session_id": "s1", "state": "active"}, False),
    ],
)
def test_a_local_session_is_taken_over_while_it_is_the_same(
    monkeypatch: pytest.MonkeyPatch, body: dict[str, Any], is_taken: bool
) -> None:
    asked, session, _, found = opened({"GET /session": [body]}, monkeypatch, local=True, adopt="s1")
    assert asked == ["GET /session"]
    assert (found is None, session.is_open) == (is_taken, is_taken)
    if not is_taken:
        assert found.message == "the session of the run is over"


def test_a_local_session_is_started_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: Answers = {"POST /start_session": [{"session_id": "s1"}], "POST /stop_session": [{}]}

    async def live(session: Session) -> None:
        await session.open(lambda _: None)
        assert session.is_open
        await session.close()
        await session.close()

    asked, session, _, found = asked_of(answers, live, monkeypatch, local=True)
    assert (asked, found, session.is_open) == (
        ["POST /start_session", "POST /stop_session"],
        None,
        False,
    )
    assert session.tracks == (Track("main_video", "video", "recvonly"),)
    assert session.version == ""


@pytest.mark.parametrize(
    ("status", "is_closed"), [(400, True), (404, True), (409, True), (403, False), (422, False)]
)
def test_a_session_that_was_over_already_is_closed(
    monkeypatch: pytest.MonkeyPatch, status: int, is_closed: bool
) -> None:
    answers: Answers = {
        "POST /sessions": [{"session_id": "s1"}],
        "GET /sessions/s1": [READY],
        "DELETE /sessions/s1": [status],
    }

    async def live(session: Session) -> None:
        await session.open(lambda _: None)
        await session.close()

    asked, session, _, found = asked_of(answers, live, monkeypatch)
    assert asked[-1] == "DELETE /sessions/s1"
    assert (found is None, not session.is_open) == (is_closed, is_closed)
    assert is_closed or isinstance(found, ApiError)


def test_a_session_that_is_forgotten_is_not_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def live(session: Session) -> None:
        await session.open(lambda _: None)
        session.forget()
        await session.close()

    asked, _, _, found = asked_of(
        {"POST /sessions": [{"session_id": "s1"}], "GET /sessions/s1": [READY]}, live, monkeypatch
    )
    assert (found, "DELETE /sessions/s1" in asked) == (None, False)


@pytest.mark.parametrize(
    ("local", "body", "state"),
    [
        (True, {"state": "active", "capabilities": {"a": 1}}, "ACTIVE"),
        (True, {"state": "active"}, "CLOSED"),
        (False, {"state": "active"}, "ACTIVE"),
        (False, {}, ""),
    ],
)
def test_the_state_of_a_session(
    monkeypatch: pytest.MonkeyPatch, local: bool, body: dict[str, Any], state: str
) -> None:
    async def ask(session: Session) -> str:
        session.id = "s1"
        return await session.state()

    path = "/session" if local else "/sessions/s1"
    assert asked_of({f"GET {path}": [body]}, ask, monkeypatch, local=local)[3] == state


@pytest.mark.parametrize(
    ("tracks", "found"),
    [
        (None, (Track("main_video", "video", "recvonly"),)),
        ([], (Track("main_video", "video", "recvonly"),)),
        ("video", (Track("main_video", "video", "recvonly"),)),
        ([{}], (Track("", "video", "recvonly"),)),
        (
            [7, {"name": "a", "kind": "audio", "direction": "sendonly"}],
            (Track("a", "audio", "sendonly"),),
        ),
    ],
)
def test_tracks_are_those_that_are_listed(
    monkeypatch: pytest.MonkeyPatch, tracks: object, found: tuple[Track, ...]
) -> None:
    answers: Answers = {
        "POST /start_session": [
            {"session_id": "s1", "capabilities": {"tracks": tracks}, "server_info": "2"}
        ]
    }
    _, session, _, _ = opened(answers, monkeypatch, local=True)
    assert (session.tracks, session.version) == (found, "")


@pytest.mark.parametrize(
    ("name", "path"),
    [("a/b?c", "/sessions/a%2Fb%3Fc"), ("a.b", "/sessions/a.b"), ("..", None), ("", None)],
)
def test_a_sessions_name_is_one_name(
    monkeypatch: pytest.MonkeyPatch, name: str, path: str | None
) -> None:
    async def ask(session: Session) -> str:
        session.id = name
        return session.path

    found = asked_of({}, ask, monkeypatch)[3]
    assert (
        found == path
        if path is not None
        else found.message == f"{name!r} is not the name of a session"
    )
