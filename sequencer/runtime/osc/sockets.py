"""The UDP sockets of OSC: one that receives, and one for each target."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import cast

from sequencer.core.errors import OutputError
from sequencer.core.osc_values import OscValue
from sequencer.runtime.osc.endpoints import Endpoint
from sequencer.runtime.osc.packets import (
    MAX_DATAGRAM_BYTES,
    Message,
    PacketError,
    build_message,
    read_packet,
)
from sequencer.runtime.osc.receiver import Answer, OscReceiver

MAX_DELAY_S = 60.0
"""How far ahead, in seconds, the time tag of a bundle may be."""
MAX_PENDING = 1_000
"""How many messages may wait for the times of their bundles."""
MESSAGES_OF_A_TARGET_THAT_IS_BACK = 20
"""After so many messages without a failure, the next failure of a target is reported again.

Without a receiver, the system reports only every other message as refused.
"""

_Source = tuple[str, int] | tuple[str, int, int, int]


class OscInput(asyncio.DatagramProtocol):
    """Passes the messages of every datagram to a receiver, and sends back its answers.

    Args:
        receiver: Handles the messages.
        tag_time: Returns the time that time tags refer to, in seconds since 1970-01-01.
    """

    def __init__(self, receiver: OscReceiver, tag_time: Callable[[], float] = time.time) -> None:
        self._receiver = receiver
        self._tag_time = tag_time
        self._transport: asyncio.DatagramTransport | None = None
        self._pending: set[asyncio.TimerHandle] = set()
        self.closed = asyncio.Event()
        """Set once the port is closed, so that it can be opened again."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for answers."""
        # asyncio's own class does not inherit from DatagramTransport before Python 3.12
        self._transport = cast(asyncio.DatagramTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the port is closed."""
        self.closed.set()

    def datagram_received(self, data: bytes, addr: _Source) -> None:
        """Handle a datagram: messages at once, or at the time of their bundle."""
        try:
            messages = read_packet(data)
        except PacketError as error:
            self._answer(self._receiver.refuse(f"OSC: {error}"), addr)
            return
        for message in messages:
            wait = 0.0 if message.due is None else message.due - self._tag_time()
            if wait <= 0:
                self._handle(message, addr)
            elif wait <= MAX_DELAY_S and len(self._pending) < MAX_PENDING:
                self._handle_later(wait, message, addr)
            else:
                reason = (
                    f"a bundle may be at most {MAX_DELAY_S:.0f} s ahead; are the clocks of both "
                    "machines right?"
                    if wait > MAX_DELAY_S
                    else f"more than {MAX_PENDING:,} messages wait for their times"
                )
                self._answer(self._receiver.refuse(f"OSC: {reason}"), addr)

    def error_received(self, exc: Exception) -> None:
        """Ignore that the sender of an answered message no longer receives."""

    def close(self) -> None:
        """Drop what waits, and close the socket."""
        for handle in self._pending:
            handle.cancel()
        self._pending.clear()
        if self._transport is not None:
            self._transport.close()

    def _handle_later(self, wait: float, message: Message, source: _Source) -> None:
        def handle() -> None:
            self._pending.discard(handle_of)
            self._handle(message, source)

        handle_of = asyncio.get_running_loop().call_later(wait, handle)
        self._pending.add(handle_of)

    def _handle(self, message: Message, source: _Source) -> None:
        self._answer(self._receiver.handle(message), source)

    def _answer(self, answer: Answer | None, source: _Source) -> None:
        if answer is not None and self._transport is not None:
            self._transport.sendto(build_message(answer.address, answer.arguments), source)


@asynccontextmanager
async def listening(endpoint: Endpoint, receiver: OscReceiver) -> AsyncIterator[None]:
    """Receive OSC at an endpoint.

    Raises:
        OutputError: The port cannot be opened.
    """
    loop = asyncio.get_running_loop()
    try:
        _, protocol = await loop.create_datagram_endpoint(
            lambda: OscInput(receiver), local_addr=(endpoint.host, endpoint.port)
        )
    except OSError as error:
        raise _cannot_receive(endpoint, error) from None
    try:
        yield
    finally:
        protocol.close()
        await protocol.closed.wait()


def check_port(endpoint: Endpoint) -> None:
    """Check that OSC can be received at an endpoint, without receiving it.

    Raises:
        OutputError: The port cannot be opened.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            endpoint.host, endpoint.port, type=socket.SOCK_DGRAM
        )[0]
        with socket.socket(family, kind, protocol) as one:
            one.bind(address)
    except OSError as error:
        raise _cannot_receive(endpoint, error) from None


def _cannot_receive(endpoint: Endpoint, error: OSError) -> OutputError:
    return OutputError(
        f"OSC cannot be received at {endpoint}: {error.strerror or error}",
        "another program may use the port: choose another one with --osc-in",
    )


class OscTargets:
    """Sends every message to all targets. Never blocks.

    Args:
        endpoints: The targets.
        notify: Prints a message for the operator.

    Raises:
        OutputError: A target's host is not known.
    """

    def __init__(self, endpoints: Sequence[Endpoint], notify: Callable[[str], object]) -> None:
        self._notify = notify
        self._failed: dict[Endpoint, int] = {}
        """The targets whose failure was reported, with the messages that were sent since."""
        self._sockets: list[tuple[Endpoint, socket.socket]] = []
        try:
            for endpoint in endpoints:
                self._sockets.append((endpoint, _connect(endpoint)))
        except OutputError:
            self.close()
            raise

    def send(self, address: str, arguments: tuple[OscValue, ...]) -> None:
        """Send a message now."""
        data = build_message(address, arguments)
        for endpoint, target in self._sockets:
            if len(data) > MAX_DATAGRAM_BYTES:
                self._report(endpoint, f"{address} is longer than a datagram can be")
                continue
            try:
                target.send(data)
            except ConnectionRefusedError:
                self._report(endpoint, "no program receives there")
            except OSError as error:
                self._report(endpoint, error.strerror or str(error))
            else:
                self._note_success(endpoint)

    def close(self) -> None:
        """Close the sockets."""
        for _, target in self._sockets:
            target.close()
        self._sockets.clear()

    def _report(self, endpoint: Endpoint, reason: str) -> None:
        """Report a failure once, until messages are sent again."""
        if endpoint not in self._failed:
            self._notify(f"OSC cannot be sent to {endpoint}: {reason}")
        self._failed[endpoint] = 0

    def _note_success(self, endpoint: Endpoint) -> None:
        if endpoint in self._failed:
            self._failed[endpoint] += 1
            if self._failed[endpoint] >= MESSAGES_OF_A_TARGET_THAT_IS_BACK:
                del self._failed[endpoint]


def _connect(endpoint: Endpoint) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            endpoint.host, endpoint.port, type=socket.SOCK_DGRAM
        )[0]
        target = socket.socket(family, kind, protocol)
    except OSError as error:
        raise OutputError(
            f"OSC cannot be sent to {endpoint}: {error.strerror or error}",
            "check the host of --osc-out",
        ) from None
    try:
        target.setblocking(False)
        target.connect(address)
    except OSError as error:
        target.close()
        raise OutputError(
            f"OSC cannot be sent to {endpoint}: {error.strerror or error}",
            "check the host of --osc-out",
        ) from None
    return target
