"""MIDI over TCP, tested against mido's own sockets in another process."""

from __future__ import annotations

import queue
import socket
import subprocess
import sys
import textwrap
import threading

import pytest

from sequencer.midi import inputs, outputs
from sequencer.midi.addresses import MidiError
from sequencer.midi.inputs import open_input
from sequencer.midi.outputs import open_output


class Ear:
    """Stores what an input delivers."""

    def __init__(self) -> None:
        self.messages: queue.Queue[tuple[bytes, int]] = queue.Queue()
        self.changes: queue.Queue[tuple[bool, str]] = queue.Queue()

    def handle(self, message: bytes, at: int) -> None:
        self.messages.put((message, at))

    def changed(self, there: bool, at: int, sentence: str) -> None:
        self.changes.put((there, sentence))

    def take(self, count: int) -> list[bytes]:
        return [self.messages.get(timeout=10)[0] for _ in range(count)]


@pytest.fixture
def free() -> int:
    """Return a free TCP port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry lost connections sooner than in a real run."""
    monkeypatch.setattr(inputs, "RETRY_INTERVAL_S", 0.05)
    monkeypatch.setattr(outputs, "RETRY_INTERVAL_S", 0.05)


def other(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )


def test_mido_sends_and_we_listen(free: int) -> None:
    ear = Ear()
    port = open_input(f"tcp-listen://127.0.0.1:{free}", ear.handle, ear.changed)
    peer = other(f"""
        import mido, mido.sockets
        with mido.sockets.connect("127.0.0.1", {free}) as port:
            port.send(mido.Message("start"))
            for number in range(480):
                port.send(mido.Message("clock"))
            port.send(mido.Message("note_on", note=60, velocity=90, channel=9))
            port.send(mido.Message("songpos", pos=300))
        """)
    messages = ear.take(483)
    assert messages == [
        b"\xfa",
        *[b"\xf8"] * 480,
        bytes((0x99, 60, 90)),
        bytes((0xF2, 300 & 127, 300 >> 7)),
    ]
    assert ear.changes.get(timeout=10)[0]
    there, sentence = ear.changes.get(timeout=10)
    assert not there
    assert "disconnected" in sentence
    peer.communicate(timeout=10)
    port.close()


def test_mido_serves_and_we_connect_and_connect_again(free: int) -> None:
    serve = f"""
        import mido, mido.sockets
        server = mido.sockets.PortServer("127.0.0.1", {free})
        print("up", flush=True)
        client = server.accept()
        client.send(mido.Message("clock"))
        input()
        client.close()
        server.close()
        """
    ear = Ear()
    peer = other(serve)
    assert peer.stdout is not None
    assert peer.stdout.readline() == "up\n"
    port = open_input(f"tcp://127.0.0.1:{free}", ear.handle, ear.changed)
    assert ear.take(1) == [b"\xf8"]
    peer.communicate("\n", timeout=10)
    there, sentence = ear.changes.get(timeout=10)
    assert not there
    assert "trying to reconnect" in sentence
    peer = other(serve)
    assert ear.changes.get(timeout=10)[0]
    assert ear.take(1) == [b"\xf8"]
    port.close()
    peer.communicate("\n", timeout=10)


def test_our_output_is_read_by_mido(free: int) -> None:
    peer = other(f"""
        import mido, mido.sockets
        server = mido.sockets.PortServer("127.0.0.1", {free})
        print("up", flush=True)
        client = server.accept()
        for message in client:
            print(message, flush=True)
            if message.type == "stop":
                break
        """)
    assert peer.stdout is not None
    assert peer.stdout.readline() == "up\n"
    port = open_output(f"tcp://127.0.0.1:{free}", lambda _: None)
    for message in (b"\xfa", b"\xf8", bytes((0xB0, 20, 64)), b"\xfc"):
        port.send(message)
    out, _ = peer.communicate(timeout=10)
    assert [line.split()[0] for line in out.splitlines()] == [
        "start",
        "clock",
        "control_change",
        "stop",
    ]
    port.close()


def test_an_output_whose_other_side_goes_away_never_fails(free: int) -> None:
    sentences: list[str] = []
    server = socket.create_server(("127.0.0.1", free))
    port = open_output(f"tcp://127.0.0.1:{free}", sentences.append)
    server.accept()[0].close()
    server.close()
    for _ in range(50):
        port.send(b"\xf8")
        if sentences:
            break
    assert "disconnected" in sentences[0]
    server = socket.create_server(("127.0.0.1", free))
    server.settimeout(10)
    for _ in range(2000):
        port.send(b"\xf8")
        if len(sentences) > 1:
            break
        select_pause()
    assert "connected again" in sentences[1]
    server.accept()[0].close()
    server.close()
    port.close()
    port.close()


def select_pause() -> None:
    """Pause for a millisecond: the other side of a socket has no event to wait for."""
    import select

    select.select([], [], [], 0.001)


def test_an_output_that_listens_sends_to_all(free: int) -> None:
    port = open_output(f"tcp-listen://127.0.0.1:{free}", lambda _: None)
    ears = [Ear(), Ear()]
    ins = [open_input(f"tcp://127.0.0.1:{free}", ear.handle, ear.changed) for ear in ears]
    port.send(b"\xfa")
    assert [ear.take(1) for ear in ears] == [[b"\xfa"], [b"\xfa"]]
    for one in ins:
        one.close()
    port.close()


def test_nobody_there_and_port_taken(free: int) -> None:
    ear = Ear()
    with pytest.raises(MidiError, match="cannot be reached") as caught:
        open_input(f"tcp://127.0.0.1:{free}", ear.handle, ear.changed)
    assert caught.value.hint
    with pytest.raises(MidiError, match="cannot be reached"):
        open_output(f"tcp://127.0.0.1:{free}", lambda _: None)
    with socket.create_server(("127.0.0.1", free)):
        with pytest.raises(MidiError, match="cannot be opened for listening"):
            open_input(f"tcp-listen://127.0.0.1:{free}", ear.handle, ear.changed)
        with pytest.raises(MidiError, match="cannot be opened for listening"):
            open_output(f"tcp-listen://127.0.0.1:{free}", lambda _: None)


def test_stamps_are_monotonic_nanoseconds_of_the_arrival(free: int) -> None:
    import time

    ear = Ear()
    port = open_input(f"tcp-listen://127.0.0.1:{free}", ear.handle, ear.changed)
    out = open_output(f"tcp://127.0.0.1:{free}", lambda _: None)
    before = time.monotonic_ns()
    out.send(b"\xf8")
    _, at = ear.messages.get(timeout=10)
    assert before <= at <= time.monotonic_ns()
    out.close()
    port.close()


def test_a_full_frame_of_time_code_arrives_and_locates() -> None:
    """System exclusive messages with time code are not skipped: a tape that is relocated reports
    its position with them.
    """
    from sequencer.events.events import TransportLocated
    from sequencer.sync.timecode import TimecodeFeed

    feed = TimecodeFeed()
    found: list[object] = []
    arrived = threading.Event()

    def handle(message: bytes, at: int) -> None:
        found.extend(feed.feed(message, at))
        arrived.set()

    with socket.create_server(("127.0.0.1", 0)) as server:
        listening = open_input(
            f"tcp://127.0.0.1:{server.getsockname()[1]}", handle, lambda *_: None, lambda: 7
        )
        try:
            tape, _ = server.accept()
            with tape:
                tape.sendall(bytes((0xF0, 0x7F, 0x7F, 1, 1, 1 << 5, 0, 8, 0, 0xF7)))
                assert arrived.wait(5)
        finally:
            listening.close()
    assert found == [TransportLocated(7, 8.0)]
