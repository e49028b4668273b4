"""Watching a run: other processes open the stream, players come and go, and nothing waits for them."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count

import av
import numpy as np
import pytest

from sequencer.core.errors import OutputError, UsageError
from sequencer.runtime.recording.stream import StreamServer, Target

PLAYER = """
import sys, av
with av.open(sys.argv[1] if sys.argv[1] != "-" else sys.stdin.buffer, format="mpegts") as file:
    for number, frame in enumerate(file.decode(video=0)):
        if number == 20:
            print(file.format.name, frame.width, frame.height, flush=True)
            break
"""


def play(address: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PLAYER, address], stdout=subprocess.PIPE)


def show_until(watch: StreamServer, is_done: Callable[[], bool], seconds: float = 60) -> None:
    """Send frames at the rate of a stage until a condition holds."""
    end = time.monotonic() + seconds
    for number in count():
        if is_done():
            return
        assert time.monotonic() < end, watch.failure
        watch.take(np.full((96, 160, 3), number % 200 + 20, np.uint8), time.monotonic_ns())
        time.sleep(1 / 48)


def ended(process: subprocess.Popen[bytes]) -> bytes:
    out, _ = process.communicate(timeout=60)
    return out


def test_a_second_process_receives_the_video_over_tcp() -> None:
    watch = StreamServer("0")
    player = play(watch.address)
    show_until(watch, lambda: player.poll() is not None)
    assert ended(player) == b"mpegts 160 96\n"
    assert watch.failure is None
    watch.close()
    watch.close()


def test_players_come_late_together_and_again() -> None:
    watch = StreamServer("tcp://127.0.0.1:0")
    show_until(watch, iter([False] * 5 + [True]).__next__)
    assert watch.shown == 0  # without a player, nothing is encoded
    two = [play(watch.address), play(watch.address)]
    show_until(watch, lambda: all(player.poll() is not None for player in two))
    shown = watch.shown
    show_until(watch, iter([False] * 10 + [True]).__next__)
    again = play(watch.address)
    show_until(watch, lambda: again.poll() is not None)
    assert [ended(player) for player in (*two, again)] == [b"mpegts 160 96\n"] * 3
    assert watch.shown > shown
    watch.close()


def test_a_second_process_receives_the_video_over_udp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    watch = StreamServer(f"udp://127.0.0.1:{port}")
    player = play(watch.address)
    show_until(watch, lambda: player.poll() is not None)
    assert ended(player) == b"mpegts 160 96\n"
    watch.close()


def test_the_video_on_standard_output() -> None:
    script = """
import time
import numpy as np
from sequencer.runtime.recording.stream import StreamServer
watch = StreamServer("-")
for number in range(60):
    watch.take(np.full((96, 160, 3), number, np.uint8), number * 41_000_000)
    while watch.shown + watch.skipped <= number and watch.failure is None:
        time.sleep(0.001)
watch.close()
"""
    source = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    player = subprocess.Popen(
        [sys.executable, "-c", PLAYER, "-"], stdin=source.stdout, stdout=subprocess.PIPE
    )
    assert source.stdout is not None
    source.stdout.close()
    assert ended(player) == b"mpegts 160 96\n"
    assert ended(source) == b""
    assert source.returncode == 0  # the run does not depend on the player, which has ended


def test_a_player_that_does_not_read_holds_nobody_up() -> None:
    watch = StreamServer("0")
    host, port = watch.address.removeprefix("tcp://").split(":")
    noise = np.random.default_rng(1).integers(0, 256, (8, 192, 320, 3)).astype(np.uint8)
    with socket.create_connection((host, int(port))):
        begun = time.monotonic()
        for number in range(400):
            watch.take(noise[number % 8], number * 41_000_000)
        assert time.monotonic() - begun < 5
        assert watch.shown + watch.skipped > 0
    watch.close()
    assert watch.failure is None


def test_a_new_size_is_scaled_into_the_first() -> None:
    watch = StreamServer("0")
    host, port = watch.address.removeprefix("tcp://").split(":")
    data = bytearray()
    with socket.create_connection((host, int(port))) as player:
        for number in range(30):
            size = (96, 160, 3) if number < 15 else (200, 200, 3)
            watch.take(np.full(size, 150, np.uint8), number * 41_000_000)
            while watch.shown + watch.skipped <= number:
                time.sleep(0.001)
        watch.close()
        while part := player.recv(1 << 16):
            data += part
    assert len(data) % 188 == 0
    with av.open(io.BytesIO(bytes(data)), "r", format="mpegts") as file:
        assert {(frame.width, frame.height) for frame in file.decode(video=0)} == {(160, 96)}


@pytest.mark.parametrize(
    ("text", "kind", "port"),
    [
        ("8765", "tcp", 8765),
        ("tcp://localhost:1", "tcp", 1),
        ("udp://127.0.0.1:9", "udp", 9),
        ("-", "stdout", 0),
    ],
)
def test_targets(text: str, kind: str, port: int) -> None:
    target = Target.read(text)
    assert (target.kind, target.port) == (kind, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "99999",
        "tcp://0.0.0.0:1",
        "udp://192.168.1.4:99",
        "udp://127.0.0.1:0",
        "http://127.0.0.1:1",
        "tcp://[::]:3",
    ],
)
def test_other_targets_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Target.read(text)


def test_a_port_in_use_is_reported() -> None:
    one = StreamServer("0")
    with pytest.raises(OutputError, match="cannot be served"):
        StreamServer(one.address)
    one.close()
