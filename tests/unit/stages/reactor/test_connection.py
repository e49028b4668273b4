"""`Connection` on a fake peer connection: the calls that it makes, the events that it handles, and
how it closes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import av
import pytest
from aiortc import RTCBundlePolicy
from aiortc.exceptions import InvalidStateError
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcrtpreceiver import RemoteStreamTrack

from sequencer.core.errors import StageError
from sequencer.stages.reactor import connection as module
from sequencer.stages.reactor.connection import CLOSING_SECONDS, Connection, Hooks
from sequencer.stages.reactor.frame_trailer import ATTRIBUTE
from sequencer.stages.reactor.session import Track
from sequencer.stages.reactor.signalling import IceServer
from sequencer.stages.wire.messages import Frame

TRACKS = (
    Track("main_video", "video", "recvonly"),
    Track("sound", "audio", "recvonly"),
    Track("camera", "video", "sendonly"),
)
SDP = "v=0\r\na=candidate:1 1 udp 100 192.0.2.7 5000 typ host\r\nm=video 9\r\n"


class _Channel:
    def __init__(self, label: str) -> None:
        self.label = label
        self.handlers: dict[str, Callable[..., object]] = {}
        self.readyState = "connecting"
        self.sent: list[object] = []
        self.problem: Exception | None = None

    def on(self, event: str, handler: Callable[..., object]) -> None:
        self.handlers[event] = handler

    def send(self, payload: object) -> None:
        if self.problem is not None:
            raise self.problem
        self.sent.append(payload)

    def close(self) -> None:
        self.readyState = "closed"
        self.handlers["close"]()


class _Peer:
    """A fake peer connection. `answered` is called when the answer is set."""

    made: _Peer

    def __init__(self, configuration: Any) -> None:
        _Peer.made = self
        self.configuration = configuration
        self.transceivers: list[Any] = []
        self.channels: dict[str, _Channel] = {}
        self.handlers: dict[str, Callable[..., object]] = {}
        self.connectionState = "new"
        self.localDescription: Any = None
        self.remote: list[tuple[str, str]] = []
        self.sdp = SDP
        self.problem: Exception | None = None
        self.answered: Callable[[], object] = lambda: None
        self.closed = 0
        self.hangs = False

    def addTransceiver(self, kind: str, direction: str) -> Any:  # noqa: N802  aiortc's name
        receiver = SimpleNamespace(track=object())
        one = SimpleNamespace(
            kind=kind, direction=direction, mid=str(len(self.transceivers)), receiver=receiver
        )
        self.transceivers.append(one)
        return one

    def createDataChannel(self, label: str) -> _Channel:  # noqa: N802  aiortc's name
        self.channels[label] = _Channel(label)
        return self.channels[label]

    def on(self, event: str, handler: Callable[..., object]) -> None:
        self.handlers[event] = handler

    async def createOffer(self) -> str:  # noqa: N802  aiortc's name
        if self.problem is not None:
            raise self.problem
        return self.sdp

    async def setLocalDescription(self, offer: str) -> None:  # noqa: N802  aiortc's name
        self.localDescription = SimpleNamespace(sdp=offer)

    async def setRemoteDescription(self, answer: Any) -> None:  # noqa: N802  aiortc's name
        if self.problem is not None:
            raise self.problem
        self.remote.append((answer.sdp, answer.type))
        self.answered()

    async def close(self) -> None:
        self.closed += 1
        if self.hangs:
            await asyncio.Event().wait()

    def is_in(self, state: str) -> None:
        self.connectionState = state
        self.handlers["connectionstatechange"]()

    def establish(self) -> None:
        self.is_in("connected")
        for channel in self.channels.values():
            channel.readyState = "open"
            channel.handlers["open"]()


class _Received:
    def __init__(self) -> None:
        self.received: list[tuple[str, object]] = []
        self.frames: list[tuple[object, object]] = []
        self.broken: list[str] = []
        self.hooks = Hooks(
            lambda channel, payload: self.received.append((channel, payload)),
            lambda frame, metadata: self.frames.append((frame, metadata)),
            self.broken.append,
        )


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RTCPeerConnection", _Peer)


def connect(
    tracks: tuple[Track, ...] = TRACKS, servers: tuple[IceServer, ...] = ()
) -> tuple[Connection, _Peer, _Received]:
    received = _Received()
    connection = Connection(tracks, received.hooks, servers)
    return connection, _Peer.made, received


def test_what_a_connection_is_made_of() -> None:
    _, peer, _ = connect(
        servers=(IceServer(("stun:a", "stun:b")), IceServer(("turn:c",), "u", "p"))
    )
    assert [(one.urls, one.username, one.credential) for one in peer.configuration.iceServers] == [
        (["stun:a", "stun:b"], None, None),
        (["turn:c"], "u", "p"),
    ]
    assert peer.configuration.bundlePolicy is RTCBundlePolicy.MAX_BUNDLE
    assert [(one.kind, one.direction) for one in peer.transceivers] == [
        ("video", "recvonly"),
        ("audio", "recvonly"),
        ("video", "sendonly"),
    ]
    assert list(peer.channels) == ["control", "data"]
    assert connect(servers=())[1].configuration.iceServers == []


def test_an_offer_names_its_tracks() -> None:
    connection, _, _ = connect()
    sdp, mapping = asyncio.run(connection.offer())
    assert sdp == SDP
    assert mapping == [
        {"mid": "0", "name": "main_video", "kind": "video", "direction": "recvonly"},
        {"mid": "1", "name": "sound", "kind": "audio", "direction": "recvonly"},
        {"mid": "2", "name": "camera", "kind": "video", "direction": "sendonly"},
    ]


def test_an_offer_needs_an_address() -> None:
    connection, peer, _ = connect()
    peer.sdp = "v=0\r\nm=video 9\r\n"
    with pytest.raises(StageError, match="this machine has no network address") as raised:
        asyncio.run(connection.offer())
    assert "connect to a network" in str(raised.value.hint)
    peer.problem = OSError("no interface")
    with pytest.raises(StageError, match="no connection could be offered: no interface"):
        asyncio.run(connection.offer())


@pytest.mark.parametrize(
    ("tracks", "tagged", "takes"),
    [
        (TRACKS[:1], (True,), True),
        (TRACKS, (True, True), True),
        (TRACKS, (True, False), False),
        (TRACKS[1:2], (), False),
        ((), (), False),
    ],
)
def test_metadata_is_asked_for_where_every_video_track_can_take_it(
    monkeypatch: pytest.MonkeyPatch,
    tracks: tuple[Track, ...],
    tagged: tuple[bool, ...],
    takes: bool,
) -> None:
    tags = [SimpleNamespace(is_agreed=False) if one else None for one in tagged]
    left = list(tags)
    monkeypatch.setattr(module, "tagged_frames", lambda _: left.pop(0))
    monkeypatch.setattr(_Peer, "addTransceiver", _with_hashable_receiver)
    for answer, agrees in (
        (f"v=0\r\n{ATTRIBUTE}\r\nm=video 9\r\n", True),
        ("v=0\r\nm=video 9\r\n", False),
    ):
        left[:] = tags
        connection, peer, _ = connect(tracks)
        peer.answered = peer.establish

        async def meet(connection: Connection = connection, answer: str = answer) -> str:
            sdp, _ = await connection.offer()
            await connection.accept(answer, 1.0)
            return sdp

        assert (ATTRIBUTE in asyncio.run(meet())) is takes
        assert {one.is_agreed for one in tags if one is not None} <= {takes and agrees}


class _Receiver:
    def __init__(self) -> None:
        self.track = object()


def _with_hashable_receiver(peer: _Peer, kind: str, direction: str) -> Any:
    one = SimpleNamespace(
        kind=kind, direction=direction, mid=str(len(peer.transceivers)), receiver=_Receiver()
    )
    peer.transceivers.append(one)
    return one


def test_a_new_connection_was_silent_for_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    connection, peer, _ = connect()

    async def stats() -> dict[str, object]:
        return {}

    monkeypatch.setattr(peer, "getStats", stats, raising=False)
    before = connection._last_activity
    connection._last_activity = before - 50.0
    assert asyncio.run(connection.silent_for()) < 40.0, "no bytes yet is a first count"
    assert connection._last_activity >= before


def test_channels_alone_do_not_make_a_connection() -> None:
    async def go() -> None:
        connection, peer, _ = connect()
        accepting = asyncio.create_task(connection.accept("v=0", 5.0))
        for channel in peer.channels.values():
            channel.handlers["open"]()
        for _ in range(5):
            await asyncio.sleep(0)
        assert not accepting.done()
        peer.is_in("connected")
        await accepting

    asyncio.run(go())


def test_a_connection_is_established_once_both_channels_are_open() -> None:
    async def go() -> None:
        connection, peer, received = connect()
        connection._last_activity = -1.0
        accepting = asyncio.create_task(connection.accept("v=0", 5.0))
        steps: tuple[Callable[[], object], ...] = (
            lambda: None,
            lambda: peer.is_in("connecting"),
            lambda: peer.is_in("connected"),
            peer.channels["data"].handlers["open"],
        )
        for step in steps:
            step()
            for _ in range(5):
                await asyncio.sleep(0)
            assert not accepting.done()
        peer.channels["control"].handlers["open"]()
        await accepting
        assert peer.remote == [("v=0", "answer")]
        assert connection._last_activity > 0
        assert received.broken == []
        assert len(asyncio.all_tasks()) == 1, "nothing waits any more"

    asyncio.run(go())


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (ValueError("bad line"), "bad line"),
        (StopIteration(), "StopIteration"),
        (IndexError(""), "IndexError"),
    ],
)
def test_an_answer_that_cannot_be_used_is_reported(problem: Exception, reason: str) -> None:
    connection, peer, _ = connect()
    peer.problem = problem
    if isinstance(problem, StopIteration):  # a coroutine cannot raise it
        peer.problem = KeyError()
        reason = "KeyError"
    with pytest.raises(StageError) as raised:
        asyncio.run(connection.accept("v=0", 1.0))
    assert raised.value.message == f"the platform's answer cannot be used: {reason}"


def test_a_connection_that_does_not_come_about_has_a_reason() -> None:
    async def go(state: str | None) -> str:
        connection, peer, received = connect()
        if state is not None:
            peer.answered = lambda: peer.is_in(state)
        with pytest.raises(StageError) as raised:
            await connection.accept("v=0", 0.01 if state is None else 30.0)
        assert raised.value.hint == "does a firewall block UDP?"
        assert len(received.broken) == (state is not None)
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1, "nothing waits any more"
        return raised.value.message

    assert asyncio.run(go(None)) == "the media connection was not established within 0 s"
    for state in ("failed", "closed"):
        assert asyncio.run(go(state)) == "the media connection was refused"


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (lambda peer: peer.is_in("failed"), "the media connection failed"),
        (lambda peer: peer.is_in("closed"), "the other side closed the connection"),
        (
            lambda peer: peer.channels["data"].close(),
            "the data channel was closed from the other side",
        ),
        (
            lambda peer: peer.channels["control"].close(),
            "the control channel was closed from the other side",
        ),
    ],
)
def test_a_connection_breaks_once(happens: Callable[[_Peer], None], why: str) -> None:
    connection, peer, received = connect()
    peer.is_in("connected")
    peer.is_in("disconnected")
    assert received.broken == []
    assert not connection._failed.is_set()
    happens(peer)
    assert connection._failed.is_set()
    peer.is_in("failed")
    assert received.broken == [why]
    peer.channels["data"].handlers["message"]("late")
    assert received.received == []


def test_messages_come_and_go_on_their_channels() -> None:
    connection, peer, received = connect()
    peer.channels["control"].handlers["message"]("a")
    peer.channels["data"].handlers["message"](b"b")
    assert received.received == [("control", "a"), ("data", b"b")]
    connection.send(Frame("control", "c"))
    connection.send(Frame("data", b"d"))
    assert (peer.channels["control"].sent, peer.channels["data"].sent) == (["c"], [b"d"])
    peer.channels["data"].problem = InvalidStateError()
    with pytest.raises(StageError, match=r"^the data channel is not open$"):
        connection.send(Frame("data", b"d"))
    peer.channels["data"].problem = ValueError("too large")
    with pytest.raises(StageError, match="the message cannot be sent: too large") as raised:
        connection.send(Frame("data", b"d"))
    assert raised.value.hint == "is a prompt too long?"


class _Tags:
    is_agreed = False

    def of(self, frame: av.VideoFrame) -> str:
        return f"of {frame.pts}"


def _track(kind: str, *frames: object) -> RemoteStreamTrack:
    track = RemoteStreamTrack(kind)
    left = list(frames)

    async def recv() -> object:
        if not left:
            raise MediaStreamError
        await asyncio.sleep(0)
        return left.pop(0)

    track.recv = recv  # type: ignore[method-assign, assignment]  # frames without a sender
    return track


def _frame(pts: int) -> av.VideoFrame:
    frame = av.VideoFrame(16, 16, "yuv420p")
    frame.pts = pts
    return frame


def test_frames_of_video_tracks_are_handed_on_with_what_was_appended() -> None:
    async def go() -> None:
        connection, peer, received = connect(TRACKS[:1])
        first, second = (
            _track("video", _frame(1), "no frame", _frame(2)),
            _track("video", _frame(3)),
        )
        owner = SimpleNamespace(track=first)
        connection._tagged = _Pairs((owner, _Tags()))  # type: ignore[assignment]  # a mapping with unhashable keys
        peer.handlers["track"](first)
        peer.handlers["track"](_track("audio", _frame(9)))
        peer.handlers["track"](SimpleNamespace(kind="video"))
        assert len(connection._readers) == 1
        await asyncio.gather(*connection._readers)
        peer.handlers["track"](second)
        await asyncio.gather(*connection._readers)
        await asyncio.sleep(0)
        shown = [
            (frame.pts, metadata)  # type: ignore[attr-defined]  # frames
            for frame, metadata in received.frames
        ]
        assert shown == [(1, "of 1"), (2, "of 2"), (3, None)]
        assert connection._readers == set()
        connection._is_over = True
        peer.handlers["track"](_track("video", _frame(4)))
        await asyncio.gather(*connection._readers)
        assert len(received.frames) == 3

    asyncio.run(go())


class _Pairs:
    def __init__(self, *pairs: tuple[Any, Any]) -> None:
        self.pairs = pairs

    def items(self) -> tuple[tuple[Any, Any], ...]:
        return self.pairs


def test_closing_is_silent_and_can_be_done_twice() -> None:
    async def go() -> None:
        connection, peer, received = connect()
        peer.channels["data"].readyState = "open"

        async def never() -> None:
            await asyncio.Event().wait()

        reader = asyncio.create_task(never())
        connection._readers.add(reader)
        await asyncio.sleep(0)
        await connection.close()
        assert reader.cancelled()
        assert [one.readyState for one in peer.channels.values()] == ["connecting", "closed"]
        peer.is_in("closed")
        await connection.close()
        assert received.broken == []
        assert peer.closed == 2

    asyncio.run(go())


def test_closing_does_not_wait_for_a_peer_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CLOSING_SECONDS == 3.0
    monkeypatch.setattr(module, "CLOSING_SECONDS", 0.01)
    connection, peer, _ = connect()
    peer.hangs = True

    async def go() -> None:
        async with asyncio.timeout(5):
            await connection.close()

    asyncio.run(go())
    assert peer.closed == 1
