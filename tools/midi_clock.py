"""A MIDI clock in a process of its own, as another program or device sends it, over TCP.

    python -m tools.midi_clock 127.0.0.1:7001 --bpm 120

It connects as soon as something listens, sends Start, and then 24 clocks for each quarter note
until the other side closes the connection. After a line `stop` on its standard input it is silent,
but stays connected, until the line `go`.

Each clock is sent at its exact time on the system's monotonic clock, which all processes of a Linux
machine share; `begins N` on the standard output is the nanosecond of the first one.
"""

from __future__ import annotations

import argparse
import contextlib
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]
START, CLOCK = b"\xfa", b"\xf8"
CLOCKS_PER_QUARTER = 24
CONNECT_S = 20.0
"""How long the other side may take to listen, in seconds."""
RETRY_S = 0.05
FIRST_S = 0.2
"""From Start to the first clock, in seconds."""


def connect(host: str, port: int) -> socket.socket:
    """Return a connection as soon as something listens."""
    deadline = time.monotonic() + CONNECT_S
    while True:
        try:
            opened = socket.create_connection((host, port), timeout=1)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(RETRY_S)
        else:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return opened


def send_clock(opened: socket.socket, bpm: float) -> None:
    """Send a clock until the other side closes the connection."""
    step = round(60e9 / bpm / CLOCKS_PER_QUARTER)
    opened.sendall(START)
    due = time.monotonic_ns() + round(FIRST_S * 1e9)
    print(f"begins {due}", flush=True)
    is_silent = False
    while True:
        pause = max(0, due - time.monotonic_ns()) / 1e9
        readable, _, _ = select.select([sys.stdin], [], [], pause)
        if readable:
            line = sys.stdin.readline()
            if line == "":
                return
            is_silent = line.strip() == "stop"
            continue
        if not is_silent:
            opened.sendall(CLOCK)
        due += step


def main() -> None:
    """Connect and send."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("address", metavar="HOST:PORT")
    parser.add_argument("--bpm", type=float, default=120.0)
    arguments = parser.parse_args()
    host, _, port = arguments.address.rpartition(":")
    with contextlib.suppress(ConnectionError), connect(host, int(port)) as opened:
        send_clock(opened, arguments.bpm)


@dataclass(kw_only=True)
class ClockProcess:
    """A clock that another process sends."""

    input: IO[str]
    output: IO[str]
    bpm: float
    _begins: list[int] = field(default_factory=list)

    @property
    def begins(self) -> int:
        """The monotonic nanosecond of the first clock; waits until it is connected."""
        if not self._begins:
            self._begins.append(int(self.output.readline().split()[1]))
        return self._begins[0]

    def quarter_at(self, at: int) -> float:
        """Return the quarter notes from the first clock to a monotonic nanosecond."""
        return (at - self.begins) * self.bpm / 60e9

    def write(self, line: str) -> None:
        """Write `stop` or `go`."""
        self.input.write(f"{line}\n")
        self.input.flush()


@contextlib.contextmanager
def run_clock(port: int, bpm: float) -> Iterator[ClockProcess]:
    """Send a clock to a port of this machine from another process until the block ends."""
    command = [sys.executable, "-m", "tools.midi_clock", f"127.0.0.1:{port}", "--bpm", str(bpm)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the process has no pipes")
        yield ClockProcess(input=process.stdin, output=process.stdout, bpm=bpm)
    finally:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    main()
