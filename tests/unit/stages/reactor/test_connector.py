"""`Connector` step by step: which calls in which order, when the wire is known, and what is left
after a failure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from sequencer.core.errors import StageError
from sequencer.stages.reactor import connector as module
from sequencer.stages.reactor.client_protocol import ClientProtocol
from sequencer.stages.reactor.connector import Connector
from sequencer.stages.reactor.http import ApiError
from sequencer.stages.reactor.session import Track
from sequencer.stages.reactor.signalling import IceServer
from sequencer.stages.wire.codec import Wire
from sequencer.stages.wire.messages import Frame, Ping, Schema, SchemaRequest, TrackRequest
from sequencer.stages.wire.translation import HeliosClient
from sequencer.sync.run_clock import VirtualClock
from tests.support.reactor_fixtures import settings_for

TRACKS = (
    Track("main_video", "video", "recvonly"),
    Track("camera", "video", "sendonly"),
    Track("sound", "audio", "recvonly"),
)
NOW = 5_000_000_000

Step = Callable[["_World", "_Connection"], object]


class _Connection:
    """What `Connector` needs of a connection.

    It answers the request for the schema if it understands the wire.
    """

    def __init__(self, world: _World, tracks: Any, hooks: Any, servers: Any) -> None:
        self.world = world
        self.hooks = hooks
        self.is_closed = False
        world.made.append(self)
        world.did.append(("made", tracks, servers))

    async def offer(self) -> tuple[str, list[dict[str, object]]]:
        self.world.did.append(("offer",))
        return "the offer", [{"mid": "0"}]

    async def accept(self, answer: str, seconds: float) -> None:
        self.world.did.append(("accept", answer, seconds))
        step = self.world.steps.pop(0) if self.world.steps else None
        if step is not None:
            step(self.world, self)

    def send(self, frame: Frame) -> None:
        message = self.world.talk.wire.read_client(frame.channel, frame.payload)
        self.world.sent.append(message)
        if isinstance(message, SchemaRequest) and self.world.talk.wire in self.world.understands:
            answer = self.world.talk.wire.write_server(Schema({}, message.request), "control")
            assert answer is not None
            self.hooks.received(answer.channel, answer.payload)

    async def close(self) -> None:
        self.is_closed = True


class _World:
    """A connector, and everything that it did."""

    def __init__(
        self,
        patch: pytest.MonkeyPatch,
        understands: tuple[Wire, ...] = (Wire.V0, Wire.V1),
        version: str = "",
        *,
        servers: tuple[IceServer, ...] = (),
        steps: tuple[Step | None, ...] = (),
        wire: Wire = Wire.V1,
        setting: str = "auto",
        **changes: Any,
    ) -> None:
        self.did: list[tuple[object, ...]] = []
        self.made: list[_Connection] = []
        self.sent: list[object] = []
        self.broken: list[tuple[object, str]] = []
        self.waits: list[float] = []
        self.trying: list[str] = []
        self.understands = understands
        self.steps = list(steps)
        self.clock = VirtualClock(NOW)
        self.talk = ClientProtocol(
            self.clock, wire, HeliosClient(33), deliver=lambda _: None, notice=lambda _: None
        )
        self.frame: Callable[..., None] = lambda *_: None
        self.asleep: Callable[[], object] = lambda: None
        settings = settings_for(
            "http://127.0.0.1:1",
            connect_seconds=7.0,
            gathering_seconds=0.25,
            wire=setting,
            **changes,
        )
        session: Any = SimpleNamespace(tracks=TRACKS, version=version)
        self.meeting = Connector(
            self.clock,
            settings,
            session,
            talk=self.talk,
            frame=self.frame,
            broken=lambda connection, why: self.broken.append((connection, why)),
        )
        signalling: Any = SimpleNamespace(
            ice_servers=self._ice_servers, register=self._register, exchange=self._exchange
        )
        self.servers = servers
        self.meeting._signalling = signalling
        patch.setattr(module, "UNDERSTOOD_SECONDS", 0.01)
        patch.setattr(module, "Connection", lambda *given: _Connection(self, *given))
        patch.setattr(module, "reachable", self._reachable)
        patch.setattr("sequencer.stages.reactor.connector.asyncio.sleep", self._sleep)

    async def _ice_servers(self) -> tuple[IceServer, ...]:
        return self.servers

    async def _reachable(
        self, servers: tuple[IceServer, ...], seconds: float
    ) -> tuple[IceServer, ...]:
        self.did.append(("looked for", servers, seconds))
        return servers[:1]

    async def _register(self) -> int:
        self.did.append(("registered",))
        return 40 + len(self.made)

    async def _exchange(self, number: int, offer: str, mapping: object, seconds: float) -> str:
        self.did.append(("exchanged", number, offer, mapping, seconds))
        return "v=0\nm=video\na=candidate:1\nm=audio\n"

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.asleep()

    def first(self) -> None:
        asyncio.run(self.meeting.first(self.trying.append))

    def meet(self) -> None:
        asyncio.run(self.meeting.meet())


def _fails(error: BaseException) -> Step:
    def fail(_: _World, __: _Connection) -> None:
        raise error

    return fail


def test_the_first_meeting_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    world.first()
    assert world.trying == ["connecting to the model"]
    corrected = "v=0\r\nm=video\r\na=candidate:1\r\nm=audio\r\na=candidate:1\r\n"
    assert world.did == [
        ("made", TRACKS, ()),
        ("offer",),
        ("registered",),
        ("exchanged", 41, "the offer", [{"mid": "0"}], 7.0),
        ("accept", corrected, 7.0),
    ]
    assert world.sent == [
        TrackRequest("resume", "main_video"),
        TrackRequest("resume", "sound"),
        Ping(),
        SchemaRequest("r1"),
    ]
    (connection,) = world.made
    assert world.meeting.connection is connection  # type: ignore[comparison-overlap]  # a fake connection
    assert not connection.is_closed
    assert world.meeting.last_ping == NOW
    assert connection.hooks.frame is world.frame


def test_a_meeting_that_has_not_been_has_neither_connection_nor_ping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = _World(monkeypatch)
    assert (world.meeting.connection, world.meeting.last_ping) == (None, 0)


@pytest.mark.parametrize(
    ("local", "settle", "wait"),
    [(True, None, 0.0), (False, None, 1.0), (True, 0.5, 0.5), (False, 0.0, 0.0)],
)
def test_a_connection_settles_before_the_first_command(
    monkeypatch: pytest.MonkeyPatch, local: bool, settle: float | None, wait: float
) -> None:
    world = _World(monkeypatch, local=local, settle_seconds=settle)
    world.meet()
    assert world.waits == [wait]


def test_only_servers_that_answer_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = (IceServer(("stun:a",)), IceServer(("stun:b",)))
    world = _World(monkeypatch, servers=servers)
    world.meet()
    assert world.did[:2] == [("looked for", servers, 0.25), ("made", TRACKS, servers[:1])]


@pytest.mark.parametrize(
    ("version", "setting", "wire"),
    [
        ("0.9", "auto", Wire.V0),
        ("1.4", "auto", Wire.V0),
        ("2.0", "auto", Wire.V0),
        ("3.0", "auto", Wire.V1),
        ("20.1", "auto", Wire.V1),
        ("", "auto", Wire.V1),
        ("2.0", "v1", Wire.V1),
    ],
)
def test_servers_of_old_versions_are_spoken_to_in_v0(
    monkeypatch: pytest.MonkeyPatch, version: str, setting: str, wire: Wire
) -> None:
    world = _World(monkeypatch, version=version, setting=setting)
    world.first()
    assert world.talk.wire is wire
    assert len(world.made) == 1


def test_a_runtime_that_understands_v0_only_is_met_again_in_v0(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = _World(monkeypatch, understands=(Wire.V0,))
    world.first()
    assert [one.is_closed for one in world.made] == [True, False]
    assert world.talk.wire is Wire.V0
    assert world.meeting.connection is world.made[1]  # type: ignore[comparison-overlap]  # a fake connection
    assert world.trying == ["connecting to the model"], "it is not another try"
    assert world.waits == [0.0]


def test_where_v1_is_wanted_nothing_else_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch, understands=(), setting="v1")
    with pytest.raises(
        StageError, match="the runtime does not support protocol version v1"
    ) as raised:
        world.meet()
    assert raised.value.hint == "use --wire auto or --wire v0"
    assert [one.is_closed for one in world.made] == [True]
    assert (world.meeting.connection, world.waits) == (None, [])


def test_v0_need_not_show_that_it_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch, understands=(), wire=Wire.V0)
    world.meet()
    assert world.meeting.connection is world.made[0]  # type: ignore[comparison-overlap]  # a fake connection
    assert len(world.made) == 1


def test_the_third_try_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = [StageError(f"failure {number}") for number in (1, 2, 3)]
    world = _World(monkeypatch, steps=tuple(_fails(one) for one in errors))
    with pytest.raises(StageError, match="failure 3"):
        world.first()
    assert world.trying == [
        "connecting to the model",
        "connecting to the model, attempt 2",
        "connecting to the model, attempt 3",
    ]
    assert [one.is_closed for one in world.made] == [True, True, True]


def test_the_third_try_may_succeed(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch, steps=(_fails(StageError("1")), _fails(StageError("2"))))
    world.first()
    assert len(world.trying) == 3
    assert world.meeting.connection is world.made[2]  # type: ignore[comparison-overlap]  # a fake connection


def test_what_the_platform_refuses_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch, steps=(_fails(ApiError("no credits", None, 402)),))
    with pytest.raises(ApiError, match="no credits"):
        world.first()
    assert len(world.trying) == 1


@pytest.mark.parametrize(
    "error", [StageError("refused"), asyncio.CancelledError(), RuntimeError("anything")]
)
def test_a_connection_that_does_not_come_about_is_closed(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    world = _World(monkeypatch, steps=(_fails(error),))
    with pytest.raises(type(error)):
        world.meet()
    assert world.made[0].is_closed
    assert world.meeting.connection is None
    assert world.meeting.last_ping == 0
    with pytest.raises(StageError, match="the connection is lost"):
        world.talk.send(Ping())


def test_a_connection_that_breaks_before_it_is_understood_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = _World(monkeypatch, understands=())
    connect = world.meeting._connect

    async def breaks() -> None:
        await connect()
        assert world.meeting.gone(world.made[0])  # type: ignore[arg-type]  # a fake connection

    world.meeting._connect = breaks  # type: ignore[method-assign]
    world.talk.greet = lambda: None  # type: ignore[method-assign]  # nothing can be asked on it
    with pytest.raises(StageError, match="the connection broke at once"):
        world.meet()
    assert len(world.made) == 1
    assert world.waits == []


def test_a_connection_that_breaks_while_it_settles_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    world.asleep = lambda: world.meeting.gone(world.made[0])  # type: ignore[arg-type]  # a fake connection
    with pytest.raises(StageError, match="the connection broke at once"):
        world.meet()


def test_reports_of_a_broken_connection_name_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = _World(monkeypatch)
    world.meet()
    world.made[0].hooks.broken("a reason")
    assert world.broken == [(world.made[0], "a reason")]


def test_a_ping_is_remembered_where_it_left(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    world.meet()
    world.sent.clear()
    world.clock._now = NOW + 7
    world.meeting.ping()
    assert (world.sent, world.meeting.last_ping) == ([Ping()], NOW + 7)
    world.talk.end()
    world.clock._now = NOW + 9
    world.meeting.ping()
    assert (world.sent, world.meeting.last_ping) == ([Ping()], NOW + 7)


def test_whoever_hangs_up_has_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    world.meet()
    for _ in range(2):
        asyncio.run(world.meeting.hang_up())
        assert world.made[0].is_closed
        assert world.meeting.connection is None
        with pytest.raises(StageError, match="the connection is lost"):
            world.talk.send(Ping())
