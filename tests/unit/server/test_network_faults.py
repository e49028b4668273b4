"""The relay between the peers: delay, loss, silent failure, and what does not pass through it."""

from __future__ import annotations

import asyncio
import time

import pytest

from sequencer.events.codec import Event
from sequencer.events.commands import SchedulePrompt, Start
from sequencer.server.network_faults import NetworkFaultRelay, without_candidates
from sequencer.server.settings import BadNetwork
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.sync.run_clock import RealClock
from tests.support.reactor_fixtures import local_server, settings_for

OFFER = (
    "v=0\r\nm=video 9 x\r\na=candidate:1 1 udp 9 192.0.2.7 500 typ "
    "host\r\na=end-of-candidates\r\na=mid:0\r\n"
)


class _Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._transport.sendto(data, addr)  # type: ignore[attr-defined]  # a datagram transport


class _Client(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.came: list[tuple[bytes, float]] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.came.append((data, time.monotonic()))


async def _through(network: BadNetwork, count: int, wait: float) -> list[tuple[bytes, float]]:
    """Send datagrams through a relay to a peer that returns them; return what arrived, and the
    delays.
    """
    loop = asyncio.get_running_loop()
    server, _ = await loop.create_datagram_endpoint(_Echo, local_addr=("127.0.0.1", 0))
    relay = NetworkFaultRelay(network)
    port = server.get_extra_info("sockname")[1]
    answer = await relay.open(
        f"v=0\r\na=candidate:9 1 udp 5 127.0.0.1 {port} typ host\r\na=candidate:8 1 udp 5 ::1 "
        "7 typ host\r\n"
    )
    assert answer.count("a=candidate:") == 1
    assert f" {port} " not in answer
    to = int(answer.split(" typ host")[0].rsplit(" ", 1)[1])
    client = _Client()
    sender, _ = await loop.create_datagram_endpoint(lambda: client, remote_addr=("127.0.0.1", to))
    before = time.monotonic()
    for index in range(count):
        sender.sendto(index.to_bytes(4, "big"))
        await asyncio.sleep(0)
    await asyncio.sleep(wait)
    relay.mute()
    sender.sendto(b"late")
    await asyncio.sleep(0.05)
    relay.close()
    sender.close()
    server.close()
    return [(data, at - before) for data, at in client.came]


def test_a_good_network_changes_nothing() -> None:
    came = asyncio.run(_through(BadNetwork(), 50, 0.1))
    assert [int.from_bytes(data, "big") for data, _ in came] == list(range(50))


def test_delay_goes_both_ways_and_keeps_the_order() -> None:
    came = asyncio.run(_through(BadNetwork(latency=60, jitter=30), 20, 0.4))
    assert [int.from_bytes(data, "big") for data, _ in came] == list(range(20))
    assert all(0.12 <= late < 0.35 for _, late in came)


def test_loss_is_what_was_asked_for() -> None:
    came = asyncio.run(_through(BadNetwork(loss=0.2), 300, 0.2))
    assert 150 < len(came) < 235  # 0.8² of 300 are 192
    again = asyncio.run(_through(BadNetwork(loss=0.2), 300, 0.2))
    assert [data for data, _ in again] == [data for data, _ in came], "the same seed loses the same"


def test_offers_lose_their_candidates() -> None:
    assert without_candidates(OFFER) == "v=0\r\nm=video 9 x\r\na=mid:0\r\n"


@pytest.mark.slow
def test_a_connection_over_a_slow_and_lossy_network() -> None:
    async def go() -> tuple[list[Event], int, list[int]]:
        events: list[Event] = []
        async with local_server(network=BadNetwork(latency=60, jitter=20, loss=0.01)) as server:
            stage = ReactorStage(RealClock(), settings_for(server.url))
            await stage.open(events.append)
            await stage.send([SchedulePrompt("a red field", 0), Start()])
            async with asyncio.timeout(20):
                while stage.measures().frames < 30:  # noqa: ASYNC110  there is no event to wait for
                    await asyncio.sleep(0.05)
            measures = stage.measures()
            await stage.close()
            return events, measures.frames, list(measures.latencies)

    events, frames, latencies = asyncio.run(go())
    assert frames >= 30
    assert min(latencies) > 120_000_000
    assert [one.kind for one in events].count("lost") == 0
