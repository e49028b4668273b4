"""Parts of a connection that stop while others continue, a stopped process, and calls that never
end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import httpx
import pytest

from sequencer.core.timebase import SECOND
from sequencer.events.events import ChunkDone, ChunkShown, ConnectionLost, ConnectionRestored
from sequencer.server.app import StageServer
from sequencer.server.peer import Peer
from sequencer.server.session import Session
from sequencer.stages.reactor import http as platform
from sequencer.stages.reactor import liveness, stage
from sequencer.stages.reactor import session as token
from sequencer.stages.reactor.http import ApiClient, ApiError
from sequencer.stages.reactor.liveness import Liveness
from tests.support.builders import at_chunk
from tests.support.reactor_fixtures import Run, local_server, perform, schedule

LONG = schedule(*(at_chunk(chunk, f"prompt {chunk}") for chunk in (0, 4, 12, 14)), end=16)


# ---- the rules


def test_messages_that_stop_are_asked_for_and_then_missed() -> None:
    live = Liveness()
    live.connected(0)
    live.frame(1)
    assert not live.should_ask(6 * SECOND)
    assert live.should_ask(7 * SECOND)
    assert not live.should_ask(8 * SECOND), "once"
    assert live.trouble(10 * SECOND, 4 * SECOND) is None
    assert live.trouble(12 * SECOND, 4 * SECOND) == "no message came for 12 s"
    live.message(12 * SECOND)
    assert live.trouble(13 * SECOND, 4 * SECOND) is None


def test_frames_are_missed_only_where_there_were_some_and_more_are_due() -> None:
    live = Liveness()
    live.connected(0)
    for _ in range(5):
        live.chunk()
    assert live.trouble(20 * SECOND, 4 * SECOND) is None, (
        "no frame ever came: another connection would not help"
    )
    live.frame(20 * SECOND)
    assert live.trouble(40 * SECOND, 4 * SECOND) is None, "no chunk was made: the model is paused"
    for _ in range(3):
        live.chunk()
    assert live.trouble(23 * SECOND, 4 * SECOND) is None
    assert live.trouble(25 * SECOND, 4 * SECOND) == "no frame came for 5 s, though chunks were made"


# ---- over real connections


async def _session(server: StageServer, chunks: int) -> Session:
    """Return the session once its model has made this many chunks."""
    async with asyncio.timeout(30):
        while server.session is None or len(server.session.show.made) < chunks:  # noqa: ASYNC110  # there is no event to wait for
            await asyncio.sleep(0.02)
    return server.session


def _play_and(break_it: Callable[[StageServer], Coroutine[None, None, None]]) -> Run:
    async def scenario() -> Run:
        async with local_server() as server:
            breaking = asyncio.create_task(break_it(server))
            run = await perform(server.url, LONG, silence_seconds=1.0, seconds=60)
            await breaking
            return run

    return asyncio.run(scenario())


def _losses(run: Run) -> list[str]:
    return [one.reason for one in run.events if isinstance(one, ConnectionLost)]


def _assert_taken_up_again(run: Run) -> None:
    restored = next(
        index for index, one in enumerate(run.events) if isinstance(one, ConnectionRestored)
    )
    assert any(isinstance(one, ChunkDone) for one in run.events[restored:])
    assert any(isinstance(one, ChunkShown) for one in run.events[restored:])
    assert run.outcome.report.chunks == 16
    assert run.landings[2:] == [("12c", 12), ("14c", 14)]


@pytest.mark.slow
def test_messages_stop_and_frames_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "MESSAGE_SECONDS", 0.8)
    send, deaf = Peer.send, set[Peer]()
    monkeypatch.setattr(
        Peer, "send", lambda peer, *rest: None if peer in deaf else send(peer, *rest)
    )

    async def silence(server: StageServer) -> None:
        deaf.update((await _session(server, 3)).peers.values())

    run = _play_and(silence)
    (reason,) = _losses(run)
    assert reason.startswith("no message came for")
    _assert_taken_up_again(run)


@pytest.mark.slow
def test_frames_stop_and_messages_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "FRAME_SECONDS", 1.0)

    async def freeze(server: StageServer) -> None:
        for peer in (await _session(server, 3)).peers.values():
            assert peer._track is not None
            peer._track.pause()

    run = _play_and(freeze)
    (reason,) = _losses(run)
    assert reason.endswith("though chunks were made")
    _assert_taken_up_again(run)


@pytest.mark.slow
def test_a_process_that_was_stopped_connects_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = 0

    async def stop(server: StageServer) -> None:
        nonlocal ahead
        await _session(server, 3)
        ahead = 25 * SECOND

    monkeypatch.setattr(stage, "awake_ns", lambda: time.monotonic_ns() + ahead)
    run = _play_and(stop)
    assert _losses(run) == ["this process did not run for 25 s"]
    _assert_taken_up_again(run)


@pytest.mark.slow
def test_the_date_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's clock is set during the show: every token has expired, and nothing else depends
    on the date.
    """
    real, ahead = time.time, 0.0
    for module in (token, __import__("sequencer.server.tokens", fromlist=["time"])):
        monkeypatch.setattr(module.time, "time", lambda: real() + ahead)

    async def set_clock(server: StageServer) -> None:
        nonlocal ahead
        session = await _session(server, 3)
        ahead = 86_400.0
        session._kill(0.0)

    async def scenario() -> Run:
        async with local_server(drop_after=(9999.0,)) as server:
            setting = asyncio.create_task(set_clock(server))
            run = await perform(server.url, LONG, local=False, silence_seconds=1.0, seconds=60)
            await setting
            return run

    run = asyncio.run(scenario())
    assert len(_losses(run)) == 1
    _assert_taken_up_again(run)


@pytest.mark.slow
def test_names_that_are_not_found_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS or a proxy fails during a run: the client notices when the connection breaks, and then
    waits for it.
    """
    send, failures = httpx.AsyncClient.send, 0
    is_down = False

    async def fails(
        client: httpx.AsyncClient, request: httpx.Request, **named: object
    ) -> httpx.Response:
        nonlocal failures
        if is_down and failures < 6:
            failures += 1
            raise httpx.ConnectError(
                "[Errno -3] Temporary failure in name resolution", request=request
            )
        return await send(client, request, **named)  # type: ignore[arg-type]  # passed on as received

    monkeypatch.setattr(httpx.AsyncClient, "send", fails)

    async def cut_off(server: StageServer) -> None:
        nonlocal is_down
        session = await _session(server, 3)
        is_down = True
        session._kill(0.0)

    async def scenario() -> Run:
        async with local_server(drop_after=(9999.0,)) as server:
            cutting = asyncio.create_task(cut_off(server))
            run = await perform(server.url, LONG, silence_seconds=1.0, seconds=60)
            await cutting
            return run

    run = asyncio.run(scenario())
    assert failures == 6
    assert len(_losses(run)) == 1
    assert run.outcome.report.ended_well
    assert run.outcome.report.chunks == 16


# ---- calls that never end


@asynccontextmanager
async def _trickling(answer: bytes) -> AsyncIterator[str]:
    """Run a server that accepts everything, and answers one byte at a time without end."""
    done = asyncio.Event()
    serving: set[asyncio.Task[object] | None] = set()

    async def served(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        writer.write(answer)
        while not done.is_set():
            writer.write(b" ")
            await asyncio.sleep(0.05)
        writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        done.set()
        server.close()
        await asyncio.gather(
            *(task for task in serving if task is not None), return_exceptions=True
        )


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\nX: ", HEAD], ids=["no head", "no end of the body"]
)
def test_an_answer_without_an_end_is_given_up(
    answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "CALL_TIMEOUT_S", 0.4)

    async def scenario() -> str:
        async with _trickling(answer) as url:
            asked = ApiClient(url)
            try:
                await asked.ask("asking for something", "POST", "/", {})
            except ApiError as error:
                return error.message
            finally:
                await asked.close()
        return ""

    assert (
        asyncio.run(asyncio.wait_for(scenario(), 10))
        == "asking for something: 127.0.0.1 took too long to answer"
    )


def test_an_upload_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "CALL_TIMEOUT_S", 0.4)

    async def scenario() -> str:
        async with _trickling(b"HTTP/1.1 200 OK\r\nX: ") as url:
            asked = ApiClient(url)
            try:
                await asked.put(f"{url}/store", b"x" * 1000, "image/png")
            except ApiError as error:
                return error.message
            finally:
                await asked.close()
        return ""

    assert (
        asyncio.run(asyncio.wait_for(scenario(), 10))
        == "uploading: 127.0.0.1 took too long to answer"
    )
