"""Limit TCP connections: their number, and how long one may stay open without a request.

aiohttp limits the time after a request, not the time before the first one: without this module, a
connection that sends nothing, or half of a request head, would stay open for ever.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MAX_CONNECTIONS = 256
"""The most connections at once."""

MAX_SILENT = 64
"""The most connections at once that have not sent a complete request yet."""

SEND_SECONDS = 60.0
"""How long a client may block what is sent to it, in seconds."""

SWEEP_SECONDS = 0.5

log = logging.getLogger("sequencer.web")


class Watched(asyncio.Protocol):
    """One connection.

    Passes everything on to aiohttp's protocol and records the times that the limits depend on.
    """

    def __init__(self, inner: asyncio.Protocol, owner: Connections) -> None:
        self._inner = inner
        self._owner = owner
        self.transport: asyncio.Transport | None = None
        self.has_asked = False
        """Whether at least one complete request was received."""
        self.requests = 0
        """The number of requests being answered."""
        self.since = time.monotonic()
        """When the connection was made, last answered, or last began a request head.

        It is the latest of these: the connection, the completion of the last answer, and the
        beginning of the next request head.
        """
        self._in_head = True
        self._stuck_since: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport and register the connection."""
        if isinstance(transport, asyncio.Transport):
            self.transport = transport
        self._inner.connection_made(transport)
        self._owner.made(self)

    def data_received(self, data: bytes) -> None:
        """Record when a request head begins, and pass the data on."""
        if not self.requests and not self._in_head:
            self._in_head, self.since = True, time.monotonic()
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass on that the client sends nothing more."""
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove the connection from its owner, and pass the loss on."""
        self._owner.lost(self)
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """Record since when the client has not read what it is sent."""
        self._stuck_since = time.monotonic()
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Record that the client reads again."""
        self._stuck_since = None
        self._inner.resume_writing()

    def begin(self) -> None:
        """Record that a complete request head was received."""
        self.has_asked = True
        self.requests += 1
        self._in_head = False

    def end(self) -> None:
        """Record that the answer is complete."""
        self.requests -= 1
        self.since = time.monotonic()

    def is_overdue(self, now: float, request_seconds: float, idle_seconds: float) -> bool:
        """Return whether the client has exceeded its time."""
        if self._stuck_since is not None:
            return now - self._stuck_since > SEND_SECONDS
        if self.requests:
            return False
        return now - self.since > (request_seconds if self._in_head else idle_seconds)

    def abort(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.abort()


class Connections:
    """All connections of a server."""

    def __init__(self, request_seconds: float, idle_seconds: float) -> None:
        self._request_seconds = request_seconds
        self._idle_seconds = idle_seconds
        self._open: dict[asyncio.BaseTransport, Watched] = {}
        self._sweep: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    @property
    def silent(self) -> int:
        """How many connections have not sent a complete request yet."""
        return sum(not one.has_asked for one in self._open.values())

    def watched(self, inner: Callable[[], asyncio.Protocol]) -> Callable[[], asyncio.Protocol]:
        """Return a protocol factory that wraps each protocol made by `inner` in a `Watched`."""
        return lambda: Watched(inner(), self)

    def start(self) -> None:
        """Begin to supervise the connections, in the running event loop."""
        self._sweep = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._swept)

    def stop(self) -> None:
        """Stop the supervision."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None

    @contextmanager
    def request(self, transport: asyncio.BaseTransport | None) -> Iterator[None]:
        """Keep the connection of a request from counting as idle while the block runs."""
        watched = None if transport is None else self._open.get(transport)
        if watched is None:
            yield
            return
        watched.begin()
        try:
            yield
        finally:
            watched.end()

    def made(self, connection: Watched) -> None:
        """Add a connection.

        If there are too many, the one that has been silent for longest is closed.
        """
        if connection.transport is None:
            return
        self._open[connection.transport] = connection
        if self.silent > MAX_SILENT:
            self._close_oldest([one for one in self._open.values() if not one.has_asked])
        elif len(self._open) > MAX_CONNECTIONS:
            self._close_oldest([one for one in self._open.values() if not one.requests])

    def _close_oldest(self, candidates: list[Watched]) -> None:
        longest = min(candidates, key=lambda one: one.since)
        log.info("a silent connection is closed: there are too many")
        self.lost(longest)
        longest.abort()

    def lost(self, connection: Watched) -> None:
        """Remove a connection."""
        if connection.transport is not None:
            self._open.pop(connection.transport, None)

    def _swept(self) -> None:
        now = time.monotonic()
        for one in [
            one
            for one in self._open.values()
            if one.is_overdue(now, self._request_seconds, self._idle_seconds)
        ]:
            log.debug("a connection without a request is closed")
            one.abort()
        self.start()
