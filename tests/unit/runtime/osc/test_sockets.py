"""The UDP sockets of OSC, on the loopback interface."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

import pytest

from sequencer.core.errors import OutputError
from sequencer.runtime.operator.debounce import DEBOUNCE_MS, Debounce
from sequencer.runtime.osc.endpoints import Endpoint
from sequencer.runtime.osc.packets import Message, build_message, read_packet
from sequencer.runtime.osc.receiver import Answer, OscReceiver
from sequencer.runtime.osc.sockets import MAX_DELAY_S, OscInput, OscTargets, listening
from sequencer.runtime.osc.table import PING, PONG, WARN

HERE = "127.0.0.1"
NTP_OFFSET_S = 2_208_988_800


def unused(_text: str) -> str | None:
    raise AssertionError("no operator command was sent")


def receiver_of(notices: list[str]) -> OscReceiver:
    """Return a receiver for pings alone."""
    from sequencer.language.compiler import compile_score
    from sequencer.language.notations import reads

    schedule = compile_score(reads('at 0c "A."\nend 2c\n'))
    return OscReceiver(
        lambda: schedule,
        handle_line=unused,
        deliver=lambda _event: None,
        notify=notices.append,
        now=lambda: 0,
        debounce=Debounce(DEBOUNCE_MS, notices.append),
    )


def bound() -> socket.socket:
    """Return a UDP socket on a free port."""
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    found.bind((HERE, 0))
    found.settimeout(10)
    return found


def port_of(one: socket.socket) -> int:
    return int(one.getsockname()[1])


def free_port() -> int:
    with bound() as one:
        return port_of(one)


def test_a_sender_is_answered_where_it_is() -> None:
    async def ping() -> list[object]:
        notices: list[str] = []
        endpoint = Endpoint(HERE, free_port())
        with bound() as sender:
            async with listening(endpoint, receiver_of(notices)):
                answers: list[Message] = []
                for data in (build_message(PING, [7]), b"damaged"):
                    sender.sendto(data, (endpoint.host, endpoint.port))
                    answers += read_packet(await asyncio.to_thread(sender.recv, 65_536))
        assert notices == ["OSC: neither a message nor a bundle"]
        return [(one.address, one.arguments) for one in answers]

    assert asyncio.run(ping()) == [
        (PONG, (7,)),
        (WARN, ("OSC: neither a message nor a bundle",)),
    ]


class Transport(asyncio.DatagramTransport):
    """Notes what is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Answer] = []
        self.has_sent = asyncio.Event()

    def sendto(self, data: Any, addr: object = None) -> None:
        self.has_sent.set()
        self.sent += [Answer(one.address, one.arguments) for one in read_packet(data)]  # type: ignore[arg-type]  # what we send has values of ours

    def close(self) -> None:
        pass


def bundle_at(seconds: float) -> bytes:
    element = build_message(PING, [])
    tag = struct.pack(">Q", int((seconds + NTP_OFFSET_S) * 2**32))
    return b"#bundle\0" + tag + struct.pack(">I", len(element)) + element


def played(data: bytes) -> list[Answer]:
    """Return the answers to a datagram that arrives at second 1,000."""

    async def play() -> list[Answer]:
        transport = Transport()
        protocol = OscInput(receiver_of([]), lambda: 1_000.0)
        protocol.connection_made(transport)
        protocol.datagram_received(data, (HERE, 9))
        at_once = list(transport.sent)
        async with asyncio.timeout(10):
            await transport.has_sent.wait()
        protocol.close()
        return at_once

    return asyncio.run(play())


def test_bundles_act_at_their_times() -> None:
    assert played(bundle_at(999.0)) == [Answer(PONG, ())]
    assert played(bundle_at(1_000.02)) == []
    (refused,) = played(bundle_at(1_001.0 + MAX_DELAY_S))
    assert "a bundle may be at most 60 s ahead" in str(refused.arguments[0])


def test_what_waits_is_dropped_when_the_run_ends() -> None:
    async def end() -> None:
        transport = Transport()
        protocol = OscInput(receiver_of([]), lambda: 1_000.0)
        protocol.connection_made(transport)
        protocol.datagram_received(bundle_at(1_000.01), (HERE, 9))
        protocol.close()
        await asyncio.sleep(0.03)
        assert transport.sent == []

    asyncio.run(end())


def test_a_port_in_use_is_an_error_with_a_hint() -> None:
    async def listen(port: int) -> None:
        async with listening(Endpoint(HERE, port), receiver_of([])):
            pass

    with bound() as other, pytest.raises(OutputError) as caught:
        asyncio.run(listen(port_of(other)))
    assert "cannot be received at 127.0.0.1:" in caught.value.message
    assert caught.value.hint is not None and "--osc-in" in caught.value.hint


def test_every_target_gets_every_message() -> None:
    with bound() as one, bound() as two:
        targets = OscTargets(
            [Endpoint(HERE, port_of(one)), Endpoint(HERE, port_of(two))], pytest.fail
        )
        targets.send("/flash", (1, "x"))
        targets.close()
        for receiver in (one, two):
            assert read_packet(receiver.recv(65_536))[0].arguments == (1, "x")


def test_a_target_where_nobody_listens_is_reported_once() -> None:
    notices: list[str] = []
    port = free_port()
    targets = OscTargets([Endpoint(HERE, port)], notices.append)
    for _ in range(50):
        targets.send("/flash", ())
    targets.close()
    assert notices == [f"OSC cannot be sent to 127.0.0.1:{port}: no program receives there"]


def test_a_host_that_is_not_known_is_an_error() -> None:
    with pytest.raises(OutputError) as caught:
        OscTargets([Endpoint("no-such-host.invalid", 9000)], pytest.fail)
    assert caught.value.message.startswith("OSC cannot be sent to no-such-host.invalid:9000: ")
    assert caught.value.hint == "check the host of --osc-out"
