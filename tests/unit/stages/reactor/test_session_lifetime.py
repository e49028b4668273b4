"""A session over its lifetime: taken over after a crash, found again after a loss, closed whatever
happens.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from sequencer.core.errors import StageError
from sequencer.events.codec import Event
from sequencer.events.commands import SchedulePrompt, SetConditioning, Start, Upload
from sequencer.events.events import (
    ChunkDone,
    ChunkShown,
    ConnectionLost,
    ConnectionRestored,
    ImageAccepted,
    Ready,
    SessionEnded,
    Started,
    StateReported,
    Uploaded,
)
from sequencer.server.app import StageServer
from sequencer.stages.live_frames import LiveFrame
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.stages.simulated.faults import reads_faults
from sequencer.sync.run_clock import RealClock
from tests.support.reactor_fixtures import image_file, local_server, settings_for

IMAGE, DATA = image_file()


class _Client:
    """A stage, and the events that it delivered."""

    def __init__(self, server: StageServer, **changes: Any) -> None:
        self.events: list[Event] = []
        self.notices: list[str] = []
        self._news = asyncio.Event()
        self.stage = ReactorStage(
            RealClock(),
            settings_for(server.url, **changes),
            images={IMAGE.sha256: DATA},
            notice=self.notices.append,
        )

    def _deliver(self, event: Event) -> None:
        self.events.append(event)
        self._news.set()

    def status(self) -> str:
        return self.stage.status.name

    async def open(self) -> None:
        await self.stage.open(self._deliver)

    async def until(self, fits: Callable[[Event], bool], seconds: float = 60.0) -> Event:
        """Return the first matching event, received already or later."""
        seen = 0
        async with asyncio.timeout(seconds):
            while True:
                for event in self.events[seen:]:
                    if fits(event):
                        return event
                seen = len(self.events)
                self._news.clear()
                await self._news.wait()

    async def wait_for(self, kind: type[Event]) -> Event:
        return await self.until(lambda event: isinstance(event, kind))

    async def play(self) -> None:
        """Upload an image, set the conditioning, start."""
        await self.stage.send([Upload(IMAGE)])
        await self.wait_for(Uploaded)
        await self.stage.send(
            [SetConditioning("a red field", IMAGE.sha256), SchedulePrompt("a blue sea", 40)]
        )
        await self.wait_for(ImageAccepted)
        await self.stage.send([Start()])
        await self.wait_for(Started)

    async def vanish(self) -> None:
        """End like a killed process: without a message to the platform."""
        self.stage._session.forget()
        await self.stage.close()


@pytest.mark.parametrize("local", [True, False])
def test_the_session_of_a_run_that_broke_off_is_taken_over(local: bool) -> None:
    async def go() -> None:
        async with local_server() as server:
            first = _Client(server, local=local)
            await first.open()
            await first.play()
            await first.until(lambda event: isinstance(event, ChunkDone) and event.chunk == 1)
            known, session = dict(first.stage.uploads), first.stage.session_id
            await first.vanish()
            assert server.session is not None
            assert server.session.ended is None
            second = _Client(server, local=local, adopt=session, uploaded=known)
            await second.open()
            state = await second.until(lambda event: isinstance(event, StateReported))
            assert isinstance(state, StateReported)
            assert state.started
            assert dict(state.scheduled) == {40: "a blue sea"}
            await second.stage.send([Upload(IMAGE), SetConditioning("green hills", IMAGE.sha256)])
            await second.wait_for(Uploaded)
            await second.until(
                lambda event: isinstance(event, ChunkDone) and event.prompt == "green hills"
            )
            assert [name for name, _ in server.session.show.received_commands].count("start") == 1
            assert sum(one["event"] == "uploaded" for one in server.session.events) == 1
            await second.stage.close()
            assert server.session.ended is not None, "whoever takes a session over ends it"

    asyncio.run(go())


def test_nothing_is_made_for_a_session_that_is_over() -> None:
    async def go() -> None:
        async with local_server() as server:
            client = _Client(server)
            await client.open()
            await client.play()
            await client.wait_for(ChunkDone)
            await client.stage.close()
            session = server.session
            assert session is not None
            await asyncio.sleep(0.5)
            made = len(session.show.made)
            await asyncio.sleep(0.8)
            assert len(session.show.made) == made

    asyncio.run(go())


def test_a_session_that_is_over_cannot_be_taken_over() -> None:
    async def go() -> None:
        async with local_server() as server:
            client = _Client(server, adopt="00000000-0000-0000-0000-000000000000")
            with pytest.raises(StageError, match="session of the run is over"):
                await client.open()
            await client.stage.close()

    asyncio.run(go())


def test_another_session_on_a_local_runtime_is_reported_and_left_alone() -> None:
    async def go() -> None:
        async with local_server() as server:
            first, second = _Client(server), _Client(server)
            await first.open()
            with pytest.raises(StageError, match="something else is running") as raised:
                await second.open()
            assert "--resume" in str(raised.value.hint)
            await second.stage.close()
            assert server.session is not None
            assert server.session.ended is None, "somebody else's session was ended"
            await first.stage.close()

    asyncio.run(go())


def test_a_peer_that_closes_is_found_again_on_a_new_number() -> None:
    async def go() -> None:
        async with local_server() as server:
            client = _Client(server)
            await client.open()
            await client.play()
            assert server.session is not None
            before = set(server.session.peers)
            for peer in list(server.session.peers.values()):
                await peer.close()
            lost = await client.wait_for(ConnectionLost)
            assert client.status() == "connecting"
            await client.wait_for(ConnectionRestored)
            assert client.status() == "ready"
            assert not before & set(server.session.peers)
            assert isinstance(lost, ConnectionLost)
            count = client.stage.measures().frames
            await client.until(lambda event: isinstance(event, ChunkDone) and event.at > lost.at)
            await client.until(
                lambda event: isinstance(event, ChunkDone) and event.at > lost.at + 10**9
            )
            assert client.stage.measures().frames > count, "tracks were not resumed"
            await client.stage.close()

    asyncio.run(go())


@pytest.mark.slow
def test_a_platform_that_is_out_of_reach_for_a_while_is_asked_again() -> None:
    async def go() -> None:
        faults = reads_faults("drops:\n  - chunk: 1\n    for: 2s\n")
        async with local_server(faults=faults) as server:
            client = _Client(server, silence_seconds=1.0)
            await client.open()
            await client.play()
            await client.wait_for(ConnectionLost)
            await client.wait_for(ConnectionRestored)
            await client.until(lambda event: isinstance(event, ChunkDone) and event.chunk > 8)
            await client.stage.close()
            assert client.stage.closing_trouble is None

    asyncio.run(go())


@pytest.mark.slow
def test_when_the_grace_period_is_over_the_run_ends_and_reports_why() -> None:
    async def go() -> None:
        faults = reads_faults("drops:\n  - chunk: 1\n    for: 60s\n")
        async with local_server(faults=faults) as server:
            client = _Client(server, silence_seconds=0.8, grace_seconds=1.5)
            await client.open()
            await client.play()
            ended = await client.wait_for(SessionEnded)
            assert isinstance(ended, SessionEnded)
            assert "could not be re-established within" in ended.reason
            await client.stage.close()
            assert server.session is not None
            assert server.session.ended is not None

    asyncio.run(go())


def test_a_session_that_ended_while_nobody_was_connected_ends_the_run() -> None:
    async def go() -> None:
        async with local_server() as server:
            client = _Client(server)
            await client.open()
            session = server.session
            assert session is not None
            for peer in list(session.peers.values()):
                await peer.close()
            session.end("out of order")
            ended = await client.wait_for(SessionEnded)
            assert isinstance(ended, SessionEnded)
            assert "over" in ended.reason or "out of order" in ended.reason
            await client.stage.close()

    asyncio.run(go())


def test_opening_can_be_given_up_and_the_session_is_closed() -> None:
    async def go() -> None:
        faults = reads_faults("delays: {connect: 60s}\n")
        async with local_server(faults=faults) as server:
            client = _Client(server, local=False)
            opening = asyncio.create_task(client.open())
            async with asyncio.timeout(60):
                while client.stage.status.name != "waiting":  # noqa: ASYNC110  there is no event to wait for
                    await asyncio.sleep(0.02)
            assert client.stage.status.detail == "PENDING"
            opening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await opening
            await client.stage.close()
            assert client.events == []
            assert server.session is not None
            assert server.session.ended is not None

    asyncio.run(go())


def test_limits_are_warned_of() -> None:
    async def go() -> None:
        async with local_server() as server:
            client = _Client(server, session_seconds=31, silence_seconds=0.4)
            await client.open()
            async with asyncio.timeout(60):
                while not client.notices:  # noqa: ASYNC110  as above
                    await asyncio.sleep(0.05)
            assert "limit of" in client.notices[0]
            await client.stage.close()

    asyncio.run(go())


@pytest.mark.slow
def test_clips_of_the_last_seconds() -> None:
    import io

    import av

    async def go() -> None:
        async with local_server() as server:
            client = _Client(server, local=False)
            await client.open()
            with pytest.raises(StageError, match="no media generated yet"):
                await client.stage.clip(2)
            await client.play()
            await client.until(lambda event: isinstance(event, ChunkDone) and event.chunk == 9)
            clip = await client.stage.clip(1.0)
            with av.open(io.BytesIO(clip.data), "r") as file:
                frames = list(file.decode(video=0))
            assert len(frames) == 24, "a clip of a second holds a second"
            assert (frames[0].width, frames[0].height) == (640, 384)
            assert 0.99 < clip.end - clip.start <= 1.01
            with pytest.raises(StageError, match="duration_seconds"):
                await client.stage.clip(-1)
            longer = await client.stage.clip(10_000)
            assert longer.start == 0, "a request for more than there is gets what there is"
            assert clip.end <= longer.end < 30
            await client.stage.close()
            with pytest.raises(StageError, match="no connection"):
                await client.stage.clip(1)

    asyncio.run(go())


def test_a_clip_that_the_end_of_the_run_overtakes_is_reported() -> None:
    async def go() -> None:
        async with local_server() as server:
            client = _Client(server)
            await client.open()
            await client.play()
            await client.until(lambda event: isinstance(event, ChunkDone) and event.chunk == 2)
            clip = asyncio.create_task(client.stage.clip(0.5))
            await asyncio.sleep(0.2)
            await client.stage.close()
            with pytest.raises(StageError):
                await clip

    asyncio.run(go())


def test_a_sink_that_fails_does_not_stop_the_show() -> None:
    async def go() -> None:
        async with local_server() as server:
            events: list[Event] = []
            notices: list[str] = []

            def sink(frame: LiveFrame) -> None:
                raise OSError(28, "No space left on device")

            stage = ReactorStage(
                RealClock(), settings_for(server.url), sink=sink, notice=notices.append
            )
            await stage.open(events.append)
            await stage.send([SchedulePrompt("a red field", 0), Start()])
            async with asyncio.timeout(60):
                while not any(isinstance(one, ChunkShown) for one in events):  # noqa: ASYNC110  there is no event to wait for
                    await asyncio.sleep(0.05)
            await stage.close()
            assert len(notices) == 1
            assert "No space left" in notices[0]

    asyncio.run(go())


def test_ready_means_that_somebody_listens() -> None:
    async def go() -> None:
        async with local_server(wires="v0") as server:
            client = _Client(server, wire="v1")
            with pytest.raises(StageError, match="does not support protocol version v1"):
                await client.open()
            assert not [one for one in client.events if isinstance(one, Ready)]
            await client.stage.close()
            assert server.session is not None
            assert server.session.ended is not None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sequencer.stages.reactor.connector.UNDERSTOOD_SECONDS", 0.3)
        asyncio.run(go())
