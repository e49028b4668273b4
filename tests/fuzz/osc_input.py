"""Fuzz target for OSC: datagrams that reach a run in progress."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from functools import cache

from sequencer.core.errors import UsageError
from sequencer.events.codec import Event
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.runtime.operator.commands import parse_operator_command
from sequencer.runtime.operator.debounce import DEBOUNCE_MS, Debounce
from sequencer.runtime.osc.packets import build_message, read_packet
from sequencer.runtime.osc.receiver import OscReceiver
from sequencer.runtime.osc.sockets import OscInput
from sequencer.runtime.osc.table import INPUTS, PING, WARN
from sequencer.schedule.model import Schedule
from tests.fuzz.frames import journaled
from tests.fuzz.promises import BrokenError

NOW_S = 1_000.0
"""The time to which time tags are compared, in seconds since 1970-01-01."""


@cache
def _schedule() -> Schedule:
    text = (
        'clock 120 bpm, 4/4\nat 1 "A."\non osc "/drop" -> "B."\non osc "/a" > 0.5 -> sr 4x\nend 9\n'
    )
    return compile_score(reads(text))


class _Transport(asyncio.DatagramTransport):
    """Reads what is sent back: every answer is a packet of one message."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = 0

    def sendto(self, data: object, addr: object = None) -> None:
        self.answers += 1
        if not isinstance(data, bytes) or len(read_packet(data)) != 1:
            raise BrokenError(f"the answer {data!r} is not a message")

    def close(self) -> None:
        pass


def osc_packet(data: bytes) -> None:
    """Receive a datagram: events can be written to a journal, commands are those of an operator,
    and messages for the terminal have no control characters.
    """
    commands: list[str] = []
    notices: list[str] = []

    def deliver(event: Event) -> None:
        journaled(event)

    def handle(line: str) -> str | None:
        commands.append(line)
        if line != "go":
            journaled(parse_operator_command(line)(5))
        raise UsageError("nothing waits for it")

    receiver = OscReceiver(
        _schedule,
        handle_line=handle,
        deliver=deliver,
        notify=notices.append,
        now=lambda: 7,
        debounce=Debounce(DEBOUNCE_MS, notices.append),
    )
    protocol, transport = OscInput(receiver, lambda: NOW_S), _Transport()
    protocol.connection_made(transport)

    async def receive() -> None:
        protocol.datagram_received(data, ("127.0.0.1", 9))
        protocol.close()

    asyncio.run(receive())
    for notice in notices:
        if not notice.replace("\n", "").replace("\t", "").isprintable():
            raise BrokenError(f"{notice!r} would reach the terminal")
    if transport.answers > 1_000:
        raise BrokenError(f"{transport.answers} answers to one datagram")


def osc_packets() -> Iterator[bytes]:
    """Yield messages of every row, messages of the score, and bundles."""
    yield from (build_message(row.address, []) for row in INPUTS)
    yield build_message("/sequencer/note", [60, 90, 1])
    yield build_message("/sequencer/cc", [20, 64.0])
    yield build_message("/sequencer/offset", [-40.5])
    yield build_message("/sequencer/go/out", [True])
    yield build_message("/drop", [1, 0.5, "text", False])
    yield build_message(PING, ["x"])
    yield build_message(WARN, ["x"])
    element = build_message("/a", [0.75])
    sized = struct.pack(">I", len(element)) + element
    for tag in (1, int((NOW_S + 2_208_988_800 + 5) * 2**32)):
        inner = b"#bundle\0" + struct.pack(">Q", tag) + sized * 2
        yield inner
        yield b"#bundle\0" + struct.pack(">Q", 1) + struct.pack(">I", len(inner)) + inner + sized
