"""Clients that connect and send nothing: their number is limited, so that they cannot keep others
out.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from sequencer.midi.inputs import KEEPALIVE, MAX_PEERS, open_input
from sequencer.midi.outputs import open_output
from sequencer.runtime.operator import remote as door
from sequencer.runtime.operator.remote import MAX_CALLERS, RemoteControlServer, send_command
from sequencer.runtime.recording.stream import MAX_PLAYERS, StreamServer

NOTE = bytes((0x90, 60, 100))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def callers(port: int, count: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 5))
            for _ in range(count)
        ]


def is_closed(caller: socket.socket, seconds: float = 5.0) -> bool:
    """Return whether the peer has closed a connection, or closes it within the given time."""
    caller.settimeout(seconds)
    try:
        return caller.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


class Received:
    """Records the messages and changes that a MIDI input delivers."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.changes: list[str] = []
        self.came = threading.Event()

    def handle(self, message: bytes, _: int) -> None:
        self.messages.append(message)
        self.came.set()

    def changed(self, is_there: bool, _: int, text: str) -> None:
        self.changes.append(text)


def test_a_midi_socket_lets_a_keyboard_in_past_many_that_send_nothing() -> None:
    received, port = Received(), free_port()
    listening = open_input(f"tcp-listen://127.0.0.1:{port}", received.handle, received.changed)
    try:
        with callers(port, 1) as (playing,):
            playing.sendall(NOTE)
            assert received.came.wait(5)
            received.came.clear()
            with callers(port, MAX_PEERS) as silent, callers(port, 1) as (late,):
                assert is_closed(silent[0]), "the first that sent nothing makes space"
                assert is_closed(silent[1])
                late.sendall(NOTE)
                assert received.came.wait(5), "who comes later is served"
                received.came.clear()
                playing.sendall(NOTE)
                assert received.came.wait(5), "and who has sent something stays, however many come"
                assert not is_closed(silent[-1], 0.05)
    finally:
        listening.close()
    assert received.messages == [NOTE] * 3
    assert len(received.changes) >= 1


def test_a_midi_socket_is_full_when_everybody_plays() -> None:
    received, port = Received(), free_port()
    listening = open_input(f"tcp-listen://127.0.0.1:{port}", received.handle, received.changed)
    try:
        with callers(port, MAX_PEERS) as playing:
            for one in playing:
                one.sendall(NOTE)
            deadline = time.monotonic() + 5
            while len(received.messages) < MAX_PEERS:
                assert time.monotonic() < deadline
                time.sleep(0.01)  # a separate thread receives them
            with callers(port, 1) as (late,):
                assert is_closed(late)
            assert not is_closed(playing[0], 0.05)
    finally:
        listening.close()


def test_a_midi_peer_that_is_gone_without_a_word_is_noticed_by_the_system() -> None:
    port = free_port()
    received = Received()
    listening = open_input(f"tcp-listen://127.0.0.1:{port}", received.handle, received.changed)
    connected = open_input(f"tcp://127.0.0.1:{port}", received.handle, received.changed)
    try:
        theirs = connected._connection  # type: ignore[attr-defined]  # the client's socket
        assert theirs.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        for name, value in KEEPALIVE.items():
            if hasattr(socket, name):
                assert theirs.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) == value
    finally:
        connected.close()
        listening.close()


def test_a_midi_output_serves_so_many_and_no_more() -> None:
    port = free_port()
    output = open_output(f"tcp-listen://127.0.0.1:{port}", lambda _: None)
    try:
        with callers(port, 4) as first:
            output.send(NOTE)
            with callers(port, 4) as more, callers(port, 4) as others, callers(port, 4) as last:
                output.send(NOTE)
                with callers(port, 1) as (late,):
                    output.send(NOTE)
                    assert is_closed(late)
                for one in (*first, *more, *others, *last):
                    one.settimeout(5)
                    assert one.recv(3) == NOTE
    finally:
        output.close()


def test_an_operator_gets_through_despite_many_silent_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "REQUEST_TIMEOUT_S", 60.0)
    received: list[str] = []

    def knock() -> tuple[int, bool]:
        port = json.loads((tmp_path / "desk.json").read_text())["port"]
        with callers(port, MAX_CALLERS + 8) as silent:
            closed = sum(is_closed(one) for one in silent[:8])
            send_command(tmp_path, "go out")
            return closed, is_closed(silent[-1], 0.05)

    async def scenario() -> tuple[int, bool]:
        opened = RemoteControlServer(tmp_path, received.append)
        await opened.open()
        try:
            return await asyncio.to_thread(knock)
        finally:
            await opened.close()

    assert asyncio.run(scenario()) == (8, False)
    assert received == ["go out"]


def test_a_silent_caller_is_disconnected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "REQUEST_TIMEOUT_S", 0.2)

    def knock() -> list[bool]:
        port = json.loads((tmp_path / "desk.json").read_text())["port"]
        with callers(port, 2) as (silent, half):
            half.sendall(b'{"word": "')
            return [is_closed(silent), is_closed(half)]

    async def scenario() -> list[bool]:
        opened = RemoteControlServer(tmp_path, lambda _: None)
        await opened.open()
        try:
            return await asyncio.to_thread(knock)
        finally:
            await opened.close()

    assert asyncio.run(scenario()) == [True, True]


def test_players_are_so_many_and_no_more() -> None:
    watch = StreamServer("0", size=(64, 64))
    try:
        port = int(watch.address.rpartition(":")[2])
        with callers(port, MAX_PLAYERS + 1) as players:
            watch._way.is_wanted()
            assert is_closed(players[-1])
            assert not is_closed(players[0], 0.05)
    finally:
        watch.close()
