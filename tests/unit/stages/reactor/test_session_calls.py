"""Each call of a session, and which calls that need a token are repeated once with a new one if it
is not accepted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from sequencer.core.errors import StageError
from sequencer.core.images import ImageFile
from sequencer.stages.reactor import session as module
from sequencer.stages.reactor.http import ApiError, Response
from sequencer.stages.reactor.session import CLIENT, Session
from sequencer.stages.reactor.uploads import ImageUploader
from sequencer.stages.wire.messages import Reference
from tests.support.reactor_fixtures import settings_for

READY = {
    "selected_transport": {"protocol": "webrtc"},
    "capabilities": {"tracks": []},
    "state": "active",
}
PROOF = {"Authorization": "proof 1"}
Reply = dict[str, Any] | ApiError


class _World:
    """A session whose platform gives one answer after the other, on a clock that only advances by
    waiting.
    """

    def __init__(self, patch: pytest.MonkeyPatch, *replies: Reply, **changes: Any) -> None:
        self.replies = list(replies)
        self.asked: list[tuple[object, ...]] = []
        self.bound: list[str] = []
        self.tokens = 1
        self.waits: list[float] = []
        self.now = 100.0
        platform: Any = SimpleNamespace(ask=self._ask)
        token: Any = SimpleNamespace(
            headers=self._headers, forget=self._forget, bind=self.bound.append
        )
        self.session = Session(
            platform, token, settings_for("https://x", **{"local": False, **changes})
        )
        patch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now))
        patch.setattr(module, "asyncio", SimpleNamespace(sleep=self._sleep))

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    async def _headers(self) -> dict[str, str]:
        return {"Authorization": f"proof {self.tokens}"}

    def _forget(self) -> None:
        self.tokens += 1

    async def _ask(
        self,
        what: str,
        method: str,
        path: str,
        body: Any,
        headers: Any,
        *,
        retry_safe: bool | None = None,
    ) -> Response:
        self.asked.append((what, method, path, body, headers, retry_safe))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, ApiError):
            raise reply
        return Response(status=200, body=reply)

    def do(self, what: Callable[[Session], Awaitable[Any]]) -> Any:
        """Return the result of a call, or the StageError that it raises."""

        async def go() -> Any:
            try:
                return await what(self.session)
            except StageError as error:
                return error

        return asyncio.run(go())

    def opened(self) -> Any:
        return self.do(lambda session: session.open(lambda _: None))


def no(status: int, what: str = "asking") -> ApiError:
    return ApiError(f"{what}: no", None, status)


def test_making_and_ending_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch, {"session_id": "s1"}, READY, model="helios")
    assert world.session.version == ""
    assert world.opened() is None
    assert world.do(lambda session: session.close()) is None
    assert CLIENT == {"sdk_version": "1.0", "sdk_type": "helios-sequencer"}
    wanted = {
        "model": {"name": "helios"},
        "client_info": CLIENT,
        "supported_transports": [{"protocol": "webrtc", "version": "1.0"}],
    }
    assert world.asked == [
        ("creating a session", "POST", "/sessions", wanted, PROOF, None),
        ("requesting the session", "GET", "/sessions/s1", None, PROOF, None),
        ("ending the session", "DELETE", "/sessions/s1", None, PROOF, None),
    ]
    assert world.bound == ["s1"]


def test_starting_and_ending_a_local_session(monkeypatch: pytest.MonkeyPatch) -> None:
    replies: tuple[Reply, ...] = (
        no(409),
        {"state": "closing"},
        no(409),
        {"state": "ready"},
        {"session_id": "s1"},
        {},
    )
    world = _World(monkeypatch, *replies, local=True)
    assert world.opened() is None
    assert world.do(lambda session: session.close()) is None
    no_data: dict[str, object] = {}
    start = ("starting a session", "POST", "/start_session", no_data, PROOF, None)
    look = ("finding the session", "GET", "/session", None, PROOF, None)
    stop = ("ending the session", "POST", "/stop_session", no_data, PROOF, True)
    assert world.asked == [start, look, start, look, start, stop]
    assert world.waits == [0.2, 0.2]


def test_a_session_that_closes_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closing(_World):
        async def _ask(self, what: str, *given: Any, retry_safe: bool | None = None) -> Response:
            if what == "starting a session":
                raise no(409, what)
            return Response(status=200, body={"state": "closing"})

    world = Closing(monkeypatch, {}, local=True)
    assert world.opened().message == "starting a session: no"
    assert sum(world.waits) == pytest.approx(15.2, abs=0.21)


def test_whether_a_runtime_is_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    for reply, is_closing in (
        ({"state": "closing"}, True),
        ({"state": "READY"}, True),
        ({"state": "streaming"}, False),
        ({}, False),
        (no(500), False),
    ):
        world = _World(monkeypatch, reply, local=True)
        assert world.do(lambda session: session._is_closing()) is is_closing


def test_taking_over_a_local_session_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch, {"session_id": "s1", **READY}, local=True, adopt="s1")
    assert world.opened() is None
    assert world.asked == [("finding the session", "GET", "/session", None, PROOF, None)]


def test_a_gpu_is_waited_for_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds, waits in ((0.0, [0.2]), (1.0, [0.2, 0.4, 0.8])):
        world = _World(
            monkeypatch, {"session_id": "s1"}, {"state": "queued"}, waiting_seconds=seconds
        )
        error = world.opened()
        assert error.message == f"no GPU was free for {seconds:.0f} s (the session is QUEUED)"
        assert error.hint == "try again later"
        assert world.waits == pytest.approx(waits)


@pytest.mark.parametrize(
    ("replies", "local", "tries", "fails"),
    [
        ((no(401), {"a": 1}), False, 2, False),
        ((no(401), no(401)), False, 2, True),
        ((no(401), {}), True, 1, True),
        ((no(402), {}), False, 1, True),
        ((no(400), {}), False, 1, True),
        ((no(401, "getting a token"), {}), False, 1, True),
    ],
)
def test_a_token_that_is_not_accepted_is_replaced_once(
    monkeypatch: pytest.MonkeyPatch,
    replies: tuple[Reply, ...],
    local: bool,
    tries: int,
    fails: bool,
) -> None:
    world = _World(monkeypatch, *replies, local=local)
    found = world.do(
        lambda session: session.ask(
            "asking", "POST", "/x", {"b": 1}, {"X-Own": "1"}, retry_safe=True
        )
    )
    assert isinstance(found, ApiError) is fails
    assert world.asked == [
        ("asking", "POST", "/x", {"b": 1}, {"Authorization": f"proof {number}", "X-Own": "1"}, True)
        for number in range(1, tries + 1)
    ]
    assert fails or found.body == {"a": 1}


def test_a_call_without_headers_of_its_own_has_the_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch, no(401), {})
    world.do(lambda session: session.ask("asking", "GET", "/x"))
    assert world.asked == [
        ("asking", "GET", "/x", None, {"Authorization": f"proof {number}"}, None)
        for number in (1, 2)
    ]


def test_a_slot_for_an_upload_is_requested(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch, {"presigned_id": "u1", "presigned_url": "https://store.test/x"})
    world.session.id = "s1"
    nobody: Any = None
    uploads = ImageUploader(nobody, world.session, None, {})
    image = ImageFile(
        path="a/b.png", sha256="f" * 64, mime_type="image/png", width=3, height=2, size=9
    )
    found = world.do(lambda _: uploads._slot(image, "b.png", 7))
    assert found == (Reference("u1", "b.png", "image/png", 7), "https://store.test/x")
    body = {"name": "b.png", "size": 7, "mime_type": "image/png"}
    assert world.asked == [("uploading a/b.png", "POST", "/sessions/s1/uploads", body, PROOF, True)]
