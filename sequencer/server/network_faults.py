"""Simulate a bad network: a UDP relay that delays, loses and finally drops all datagrams.

The relay is between a client and its peer.

The client receives the relay's address instead of the server's, and the candidates that it offers
are removed, so that every datagram of the connection (ICE, DTLS, media, channels) passes through
the relay. Only public interfaces are used: addresses in SDP, and sockets.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from functools import partial
from typing import cast

from sequencer.server.settings import BadNetwork
from sequencer.stages.simulated.helios_state import hash64

Address = tuple[str, int]

_CANDIDATE = re.compile(
    r"a=candidate:\S+ \d+ udp \d+ (?P<host>[0-9.]+) (?P<port>\d+) typ host.*", re.IGNORECASE
)
APART = 1e-6
"""Seconds between two datagrams that are due together: simultaneous timers have no order."""

MAX_WAITING = 64
"""The most datagrams of a new client that wait for its socket."""

MAX_SOCKETS = 16
"""The most client addresses that are served; ICE tries several before it selects one."""


class _Socket(asyncio.DatagramProtocol):
    """A socket that passes on what it receives."""

    def __init__(self, received: Callable[[bytes, Address], None]) -> None:
        self._received = received
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[object, ...]) -> None:
        self._received(data, (str(addr[0]), cast("int", addr[1])))

    def send(self, data: bytes, to: Address) -> None:
        """Send, while the socket is open."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.sendto(data, to)


class _Direction:
    """One direction: datagrams in order, each delayed by the latency and its own jitter.

    Some datagrams are lost.
    """

    def __init__(self, network: BadNetwork, name: str) -> None:
        self._network = network
        self._name = name
        self._count = 0
        self._last = 0.0

    def carry(self, deliver: Callable[[], None]) -> None:
        network, loop = self._network, asyncio.get_running_loop()
        self._count += 1
        chance = hash64(network.seed, self._name, self._count)
        if network.loss and chance % 1_000_000 < network.loss * 1_000_000:
            return
        late = network.latency + (chance >> 32) % (network.jitter + 1)
        if not late:
            deliver()
            return
        self._last = max(self._last + APART, loop.time() + late / 1000)
        loop.call_at(self._last, deliver)


class NetworkFaultRelay:
    """The relay of one connection.

    `open` takes the answer that is to be sent, and returns the answer to send instead.
    """

    def __init__(self, network: BadNetwork) -> None:
        self._there = _Direction(network, "there")
        self._back = _Direction(network, "back")
        self._public: _Socket | None = None
        self._inner: dict[Address, _Socket] = {}
        self._opening: dict[Address, list[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._target: Address | None = None
        self._muted = False

    async def open(self, answer: str) -> str:
        """Return the answer with the relay's address in place of every other."""
        found = next(
            (match for line in answer.splitlines() if (match := _CANDIDATE.match(line))), None
        )
        if found is None:
            return answer
        self._target = (found["host"], int(found["port"]))
        self._public = await self._socket(self._from_client)
        own = (
            f"a=candidate:relay 1 udp 2130706431 {self._target[0]} {self._port(self._public)} typ "
            "host"
        )
        lines: list[str] = []
        for line in answer.splitlines():
            if not line.startswith("a=candidate:"):
                lines.append(line)
            elif not lines[-1].startswith("a=candidate:"):
                lines.append(own)
        return "\r\n".join([*lines, ""])

    def mute(self) -> None:
        """Silently drop every datagram from now on."""
        self._muted = True

    def close(self) -> None:
        """Close the sockets."""
        self._muted = True
        for task in self._tasks:
            task.cancel()
        for socket in (self._public, *self._inner.values()):
            if socket is not None and socket.transport is not None:
                socket.transport.close()

    async def _socket(self, received: Callable[[bytes, Address], None]) -> _Socket:
        host = self._target[0] if self._target is not None else "127.0.0.1"
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_datagram_endpoint(
            lambda: _Socket(received), local_addr=(host, 0)
        )
        return protocol

    @staticmethod
    def _port(socket: _Socket) -> int:
        name = None if socket.transport is None else socket.transport.get_extra_info("sockname")
        return 0 if name is None else int(name[1])

    def _from_client(self, data: bytes, client: Address) -> None:
        if self._muted:
            return
        inner = self._inner.get(client)
        if inner is not None:
            self._there.carry(lambda: self._to_server(inner, data))
        elif client in self._opening:
            if len(self._opening[client]) < MAX_WAITING:
                self._opening[client].append(data)
        elif len(self._opening) < MAX_SOCKETS:
            self._opening[client] = [data]
            task = asyncio.get_running_loop().create_task(self._open_inner(client))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _open_inner(self, client: Address) -> None:
        inner = await self._socket(lambda data, _: self._from_server(data, client))
        self._inner[client] = inner
        for data in self._opening[client]:
            self._there.carry(partial(self._to_server, inner, data))
        self._opening[client] = []

    def _to_server(self, inner: _Socket, data: bytes) -> None:
        if not self._muted and self._target is not None:
            inner.send(data, self._target)

    def _from_server(self, data: bytes, client: Address) -> None:
        if not self._muted:
            self._back.carry(lambda: self._to_client(data, client))

    def _to_client(self, data: bytes, client: Address) -> None:
        if not self._muted and self._public is not None:
            self._public.send(data, client)


def without_candidates(offer: str) -> str:
    """Return an offer without candidates: the client can only be reached through the relay."""
    kept = [
        line
        for line in offer.splitlines()
        if not line.startswith(("a=candidate:", "a=end-of-candidates"))
    ]
    return "\r\n".join([*kept, ""])
