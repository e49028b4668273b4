"""Stream the frames of a live run for `--watch`, as MPEG-TS that ffplay, mpv and vlc open.

Watching is not recording: if the encoder, the connection or a player is too slow, frames are
skipped and counted.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import socket
import threading
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import av

from sequencer.core.errors import OutputError, UsageError
from sequencer.runtime.recording.caption import Caption
from sequencer.runtime.recording.encoder import TICKS, Encoder, RawFrame, checked_size
from sequencer.runtime.recording.frame_queue import FrameQueue
from sequencer.runtime.recording.live_recorder import LiveTimes

MAX_WAITING = 6
"""Frames that may wait to be encoded before new ones are skipped."""

MAX_PLAYERS = 16
"""The most players at once; another one is rejected."""

MAX_UNSENT = 8 << 20
"""Bytes that may wait for a player before it is disconnected."""

_PACKET = 188
_DATAGRAM = 7 * _PACKET


@dataclass(frozen=True, slots=True)
class Target:
    """The destination of the stream.

    It is one of:

    `tcp` (players connect), `udp` (sent to any listener) or `stdout`.
    """

    kind: str
    host: str = "127.0.0.1"
    port: int = 0

    @classmethod
    def read(cls, text: str) -> Target:
        """Parse `-`, a port, `tcp://HOST:PORT` or `udp://HOST:PORT`; the host is this machine.

        Raises UsageError.
        """
        if text == "-":
            return cls("stdout")
        found = re.fullmatch(
            r"(?:(tcp|udp)://(?:(\[[0-9a-fA-F:]+\]|[\w.-]+):)?)?([0-9]{1,5})", text, re.ASCII
        )
        if found is None or int(found[3]) > 65535 or (found[1] == "udp" and int(found[3]) == 0):
            raise UsageError(
                f"--watch {text!r} is not an address",
                "give a port such as 8765, tcp://127.0.0.1:8765, udp://127.0.0.1:8765, or -",
            )
        host = (found[2] or "127.0.0.1").strip("[]")
        if host != "localhost" and not _is_loopback(host):
            raise UsageError(
                f"--watch shows the video on this machine only, and {host} is another one",
                "watch on 127.0.0.1; use ssh -L to forward the port to another machine",
            )
        return cls(found[1] or "tcp", host, int(found[3]))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Transport(Protocol):
    """A way for bytes to reach the viewers."""

    address: str

    def is_wanted(self) -> bool:
        """Return whether anybody may be watching now."""
        ...

    def write(self, data: bytes) -> int:
        """Send encoded bytes; return how many. Raises OSError if nobody can receive any more."""
        ...

    def close(self) -> None:
        """Disconnect everybody."""
        ...


class _Tcp:
    """Listens; each player that connects receives the stream from then on."""

    def __init__(self, target: Target) -> None:
        family = socket.AF_INET6 if ":" in target.host else socket.AF_INET
        self._listener = socket.create_server((target.host, target.port), family=family)
        self._listener.setblocking(False)
        host = f"[{target.host}]" if ":" in target.host else target.host
        self.address = f"tcp://{host}:{self._listener.getsockname()[1]}"
        self._players: dict[socket.socket, bytearray] = {}
        self.let_go = 0

    def is_wanted(self) -> bool:
        """Accept waiting players; return whether any is connected."""
        while True:
            try:
                player, _ = self._listener.accept()
            except BlockingIOError:
                break
            if len(self._players) >= MAX_PLAYERS:
                player.close()
                continue
            player.setblocking(False)
            player.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._players[player] = bytearray()
        for player in list(self._players):
            self._is_gone(player)
        return bool(self._players)

    def _is_gone(self, player: socket.socket) -> None:
        """Disconnect a player that has closed its side."""
        try:
            if player.recv(4096) == b"":
                self._drop(player)
        except BlockingIOError:
            return
        except OSError:
            self._drop(player)

    def write(self, data: bytes) -> int:
        """Send to every player what it accepts; buffer the rest, up to a limit."""
        for player, unsent in list(self._players.items()):
            unsent.extend(data)
            try:
                while unsent:
                    del unsent[: player.send(unsent[: 1 << 18])]
            except BlockingIOError:
                if len(unsent) > MAX_UNSENT:
                    self.let_go += 1
                    self._drop(player)
            except OSError:
                self._drop(player)
        return len(data)

    def _drop(self, player: socket.socket) -> None:
        del self._players[player]
        player.close()

    def close(self) -> None:
        """Send what is buffered, then disconnect everybody."""
        for player, unsent in list(self._players.items()):
            player.settimeout(0.5)
            with contextlib.suppress(OSError):  # a player that no longer listens misses nothing
                player.sendall(unsent)
            self._drop(player)
        self._listener.close()


class _Udp:
    """Sends datagrams of seven packets to one address, whether or not anybody listens."""

    def __init__(self, target: Target) -> None:
        family = socket.AF_INET6 if ":" in target.host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._to = (target.host, target.port)
        self._rest = bytearray()
        host = f"[{target.host}]" if ":" in target.host else target.host
        self.address = f"udp://{host}:{target.port}"

    def is_wanted(self) -> bool:
        return True

    def write(self, data: bytes) -> int:
        self._rest += data
        whole = len(self._rest) // _PACKET * _PACKET
        for start in range(0, whole, _DATAGRAM):
            self._socket.sendto(self._rest[start : min(start + _DATAGRAM, whole)], self._to)
        del self._rest[:whole]
        return len(data)

    def close(self) -> None:
        self._socket.close()


class _Stdout:
    """Writes to standard output, which is then used by the stream alone."""

    address = "-"

    def is_wanted(self) -> bool:
        return True

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(1, rest) :]
        return len(data)

    def close(self) -> None:
        """Do nothing: standard output is not closed here."""


class StreamServer:
    """Streams frames as they arrive to everybody who opens `address`.

    `take` never waits and never fails.

    Nothing is encoded while nobody watches. Frames of another size than the first are scaled to it,
    with bars.

    Args:
        target: The destination, as `Target` or as the text of `--watch`.
        size: (width, height) in pixels, even. None takes the first frame's size.

    Raises:
        UsageError: The target or the size is not valid.
        OutputError: The port is in use.
    """

    def __init__(self, target: Target | str, size: tuple[int, int] | None = None) -> None:
        self._target = Target.read(target) if isinstance(target, str) else target
        self._size = None if size is None else checked_size(size)
        try:
            self._way = _way(self._target)
        except OSError as error:
            raise OutputError(
                (
                    f"the video cannot be served on {self._target.host}:{self._target.port}: "
                    f"{error.strerror}"
                ),
                "choose another port",
            ) from None
        self.address = self._way.address
        """The address that a player opens."""
        self._backlog: FrameQueue[tuple[RawFrame, int, Caption | None]] = FrameQueue()
        self._times = LiveTimes()
        self.shown = 0
        """Frames that were encoded for a viewer."""
        self.skipped = 0
        """Frames skipped because too many waited."""
        self.failure: str | None = None
        """Why nobody can watch any more, or None."""
        self._thread = threading.Thread(target=self._work, name="watch", daemon=True)
        self._thread.start()

    @property
    def invitation(self) -> str:
        """The command to type in another shell."""
        match self._target.kind:
            case "stdout":
                return "the video goes to standard output: pipe it into ffplay -, mpv - or vlc -"
            case "udp":
                return (
                    f"watch with: mpv --profile=low-latency {self.address}  (or ffplay -fflags "
                    f"nobuffer {self.address}, or vlc)"
                )
            case _:
                return (
                    f"watch with: ffplay -fflags nobuffer {self.address}  (or mpv "
                    "--profile=low-latency, or vlc)"
                )

    def take(self, image: RawFrame, at: int, caption: Caption | None = None) -> None:
        """Show a frame that arrived at nanosecond `at`. It returns at once."""
        pts = self._times.pts(at, image.pts if isinstance(image, av.VideoFrame) else None)
        if self._backlog.waiting >= MAX_WAITING:
            self.skipped += 1
        else:
            self._backlog.offer((image, pts, caption), 0)

    def close(self) -> None:
        """Show what waits, then end the stream.

        It blocks shortly, so call it in a thread; a second call has no effect.
        """
        self._backlog.end()
        self._thread.join(5)

    # ---- in the encoder thread

    def _work(self) -> None:
        encoder: Encoder | None = None
        try:
            for image, pts, caption in self._backlog:
                if not self._way.is_wanted():
                    if encoder is not None:  # the next viewer begins with a key frame
                        encoder.drop()
                        encoder = None
                    continue
                if encoder is None:
                    encoder = self._encoder(image)
                encoder.encode(image, pts, caption)
                self.shown += 1
            if encoder is not None:
                encoder.finish()
        except (OSError, av.error.FFmpegError) as error:
            self.failure = (
                f"the video is no longer served: {getattr(error, 'strerror', None) or error}"
            )
        except Exception as error:  # noqa: BLE001  the run goes on without viewers, and reports the reason
            self.failure = f"the video is no longer served: {type(error).__name__}: {error}"
        finally:
            self._backlog.give_up()
            if self.failure is not None and encoder is not None:
                encoder.drop()
            self._way.close()

    def _encoder(self, image: RawFrame) -> Encoder:
        if self._size is None:
            height, width = (
                (image.height, image.width) if isinstance(image, av.VideoFrame) else image.shape[:2]
            )
            self._size = max(32, width & ~1), max(32, height & ~1)
        return Encoder(
            self._way, "mpegts", self._size, Fraction(24), time_base=Fraction(1, TICKS),
            options={"flush_packets": "1"},
            received=True, watched=True,
        )  # fmt: skip


def _way(target: Target) -> _Transport:
    match target.kind:
        case "stdout":
            return _Stdout()
        case "udp":
            return _Udp(target)
        case _:
            return _Tcp(target)
