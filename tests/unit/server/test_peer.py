"""WebRTC connections that never send anything: bounded in number and in time."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription

from sequencer.server import peer
from sequencer.server.app import StageServer
from sequencer.server.peer import MAX_CHANNELS, Peer
from sequencer.server.session import MAX_COMMANDS_WAITING, MAX_SILENT_PEERS, Session
from sequencer.server.settings import LOCAL_SESSION, ServerSettings
from sequencer.stages.wire.messages import (
    Channel,
    CommandRequest,
    ErrorReply,
    Reference,
    ServerMessage,
)
from tests.support.reactor_fixtures import local_server

BASE = f"/sessions/{LOCAL_SESSION}/transport/webrtc"


@pytest.fixture(autouse=True)
def _nothing_fails_unseen(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Check that no task failed; an exception that nobody retrieves is only logged when the task is
    garbage-collected.
    """
    yield
    gc.collect()
    failures = [
        one.getMessage()
        for one in caplog.get_records("call")
        if one.name == "asyncio" and one.levelno >= logging.ERROR
    ]
    failures += [
        one.getMessage()
        for one in caplog.records
        if one.name == "asyncio" and one.levelno >= logging.ERROR
    ]
    assert not failures


@contextlib.asynccontextmanager
async def _serving(**settings: Any) -> AsyncIterator[tuple[httpx.AsyncClient, Session]]:
    async with (
        local_server(**settings) as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as client,
    ):
        await client.post("/start_session", json={})
        yield client, _session(server)


def _session(server: StageServer) -> Session:
    assert server.session is not None
    return server.session


async def _connected(client: httpx.AsyncClient, *labels: str) -> RTCPeerConnection:
    """Connect a client that opens its channels and sends nothing."""
    pc = RTCPeerConnection()
    for label in labels or ("data",):
        pc.createDataChannel(label)
    await pc.setLocalDescription(await pc.createOffer())
    number = (await client.post(f"{BASE}/connections", json={})).json()["connection_id"]
    path = f"{BASE}/connections/{number}/sdp_params"
    assert (
        await client.post(path, json={"sdp_offer": pc.localDescription.sdp, "track_mapping": []})
    ).status_code == 202
    async with asyncio.timeout(20):
        while (answer := await client.get(path)).status_code != 200:  # noqa: ASYNC110  as clients do
            await asyncio.sleep(0.05)
    await pc.setRemoteDescription(RTCSessionDescription(answer.json()["sdp_answer"], "answer"))
    return pc


async def _until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  peers come and go without an event
            await asyncio.sleep(0.02)


def test_a_client_that_connects_and_sends_nothing_is_dropped() -> None:
    async def go() -> None:
        async with _serving(silence_seconds=1.0) as (client, session):
            pc = await _connected(client)
            await _until(lambda: any(one["event"] == "connected" for one in session.events))
            connected = time.monotonic()
            await _until(lambda: not session.peers)
            assert 0.8 < time.monotonic() - connected < 6
            await pc.close()

    asyncio.run(go())


@pytest.mark.parametrize("labels", [(), ("control",)], ids=["never-up", "no-data-channel"])
def test_a_connection_that_never_comes_up_is_dropped(
    labels: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer, "CONNECT_SECONDS", 1.0)

    async def go() -> None:
        async with _serving() as (client, session):
            pc = await _connected(client, *labels) if labels else None
            if not labels:
                number = (await client.post(f"{BASE}/connections", json={})).json()["connection_id"]
                body = {"sdp_offer": "v=0\r\ns=-\r\n", "track_mapping": []}
                assert (
                    await client.post(f"{BASE}/connections/{number}/sdp_params", json=body)
                ).status_code == 202
            await _until(lambda: bool(session.peers))
            await _until(lambda: not session.peers, 8)
            if pc is not None:
                await pc.close()

    asyncio.run(go())


def test_silent_connections_are_bounded_and_others_are_accepted_again() -> None:
    async def go() -> None:
        async with _serving() as (client, session):
            body = {"sdp_offer": "v=0\r\ns=-\r\n", "track_mapping": []}
            number = 0
            for index in range(MAX_SILENT_PEERS + 3):
                number = (await client.post(f"{BASE}/connections", json={})).json()["connection_id"]
                answer = await client.post(f"{BASE}/connections/{number}/sdp_params", json=body)
                assert answer.status_code == (202 if index < MAX_SILENT_PEERS else 429), index
                assert answer.status_code == 202 or answer.headers["Retry-After"] == "5"
            assert len(session.peers) == MAX_SILENT_PEERS
            again = next(iter(session.peers))
            answer = await client.put(f"{BASE}/connections/{again}/sdp_params", json=body)
            assert answer.status_code == 202, "an offer that replaces one needs no space"
            await next(iter(session.peers.values())).close()
            answer = await client.post(f"{BASE}/connections/{number}/sdp_params", json=body)
            assert answer.status_code == 202

    asyncio.run(go())


class _RecordingPeer(Peer):
    """A connection that records what it receives."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, 2000, session.show.screen, ServerSettings(), None)
        self.sent: list[ServerMessage] = []

    def send(self, message: ServerMessage, channel: Channel = "data") -> None:
        self.sent.append(message)


def test_commands_that_wait_for_uploads_are_bounded() -> None:
    """The bytes of an upload may come late, or never: commands that refer to it wait."""

    async def go() -> None:
        async with _serving() as (_, session):
            peer = _RecordingPeer(session)
            file = Reference("nowhere", "a.png", "image/png", 9)
            for index in range(MAX_COMMANDS_WAITING + 5):
                session.on_message(
                    peer, CommandRequest("set_image", {}, (("image", file),), f"r{index}")
                )
                await asyncio.sleep(0)
            refused = [one for one in peer.sent if isinstance(one, ErrorReply)]
            assert [one.request for one in refused] == [
                f"r{MAX_COMMANDS_WAITING + index}" for index in range(5)
            ]
            assert {one.code for one in refused} == {"unresolved_upload"}
            await peer.close()

    asyncio.run(go())


def test_the_channels_of_a_connection_are_bounded() -> None:
    async def go() -> None:
        async with _serving() as (client, session):
            pc = await _connected(client, *(["data"] * (MAX_CHANNELS + 5)))
            await _until(
                lambda: (
                    bool(session.peers)
                    and next(iter(session.peers.values()))._channel_count == MAX_CHANNELS + 5
                )
            )
            (connected,) = session.peers.values()
            sctp = connected._pc.sctp
            assert sctp is not None
            await _until(lambda: len(sctp._data_channels) <= MAX_CHANNELS)
            await pc.close()

    asyncio.run(go())
