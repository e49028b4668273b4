"""Our client against Reactor's own runtime (wire v0), with a small model of ours on it that keeps Helios' contract."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
from reactor_parts import JUDGES, SHOW_LANDS, Run, part, perform, settings_for, whole_show

from sequencer.clocks import RealClock
from sequencer.events import ChunkDone, Event, Refused, Restored, SchedulePrompt, Start, StateReported
from sequencer.stages.reactor import ReactorStage
from sequencer.wire.codec import Wire


class _Stun(asyncio.DatagramProtocol):
    """Answers what the runtime asks before it answers us: without one it waits for seconds."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) < 20:
            return
        address = struct.unpack("!I", socket.inet_aton(addr[0]))[0] ^ 0x2112A442
        mapped = struct.pack("!HHBBHI", 0x20, 8, 0, 1, addr[1] ^ 0x2112, address)
        answer = b"\x01\x01" + struct.pack("!H", len(mapped)) + data[4:20] + mapped
        self._transport.sendto(answer, addr)  # type: ignore[attr-defined]  # a datagram transport


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def _runtime(environment: Path) -> AsyncIterator[str]:
    """The runtime with our model on it, on a free port."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(_Stun, local_addr=("127.0.0.1", 0))
    stun = transport.get_extra_info("sockname")[1]
    port = _free_port()
    process = await asyncio.create_subprocess_exec(
        str(environment / "bin" / "python"),
        *("-m", "reactor_runtime.serve", "run", "--host", "127.0.0.1", "--port", str(port)),
        *("--stun-server", f"stun:127.0.0.1:{stun}"),
        cwd=JUDGES / "runtime_model",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(40), httpx.AsyncClient(trust_env=False) as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    answer = await client.get(f"{url}/health")
                    if answer.json().get("state") == "READY":
                        break
                assert process.returncode is None, "the runtime ended at once"
                await asyncio.sleep(0.2)
        yield url
    finally:
        process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                await process.wait()
        if process.returncode is None:
            process.kill()
            await process.wait()
        transport.close()


async def _found_again(url: str) -> None:
    """On a second session the plug is pulled: the connection is made anew, and the model goes on where it was."""
    events: list[Event] = []
    news = asyncio.Event()

    def deliver(event: Event) -> None:
        events.append(event)
        news.set()

    async def until(kind: type[Event], count: int = 1) -> None:
        async with asyncio.timeout(40):
            while sum(isinstance(one, kind) for one in events) < count:
                news.clear()
                await news.wait()

    stage = ReactorStage(RealClock(), settings_for(url))
    await stage.open(deliver)
    await stage.send([SchedulePrompt("a red field", 0), SchedulePrompt("a blue sea", 60), Start()])
    await until(ChunkDone)
    connection = stage._meeting.connection
    assert connection is not None
    stage._broken(connection, "the plug was pulled")
    await until(Restored)
    done, frames = sum(isinstance(one, ChunkDone) for one in events), stage.measures().frames
    await until(ChunkDone, done + 3)
    assert stage.measures().frames > frames, "tracks were not resumed"
    states = [one for one in events if isinstance(one, StateReported)]
    assert dict(states[-1].scheduled) == {60: "a blue sea"}
    assert states[-1].started
    await stage.close()


async def _play() -> tuple[Run, str]:
    async with _runtime(part("reactor-runtime")) as url:
        run = await perform(url, whole_show())
        await _found_again(url)
        async with httpx.AsyncClient(trust_env=False) as client:
            state = (await client.get(f"{url}/health")).json()["state"]
        return run, state


def test_a_whole_show_on_the_vendors_own_runtime() -> None:
    run, state = asyncio.run(_play())
    assert run.measures.wire == Wire.V0
    assert run.landings == SHOW_LANDS
    assert run.outcome.report.all_landed
    assert not [one for one in run.events if isinstance(one, Refused)]
    states = [one for one in run.events if isinstance(one, StateReported)]
    assert any(one.image_set for one in states)
    assert run.measures.frames > 10  # a busy machine makes the runtime drop some
    assert run.of("chunk_shown")
    assert run.trouble is None
    assert state == "READY", "the session was not ended"
