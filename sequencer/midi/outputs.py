"""Open MIDI outputs.

A lost port or peer is reported once and then tried again; only one thread may send at a time.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from typing import Any, Protocol

from sequencer.midi.addresses import MidiError, Named, Socket, Virtual, address, choose, same_port
from sequencer.midi.backends import Backend, backend
from sequencer.midi.inputs import MAX_PEERS, RETRY_INTERVAL_S, adjust, connect, listen

Notify = Callable[[str], None]
"""Takes a sentence for the user: the port is gone, or is back."""

FLUSH_TIME_S = 0.05
"""Seconds that a port stays open after its last message:

JACK discards what it has not played yet when a port closes.
"""


class MidiOutput(Protocol):
    """An open output. `name` is the port's own name."""

    @property
    def name(self) -> str:
        """The port's name."""
        ...

    def send(self, message: bytes) -> None:
        """Send one complete message now.

        Never raises for a lost port: the run continues without it.
        """
        ...

    def close(self) -> None:
        """Close the port; can be called twice."""
        ...


def open_output(text: str, notify: Notify) -> MidiOutput:
    """Open the port at an address (see `addresses`). Raises MidiError if it does not exist."""
    where = address(text)
    match where:
        case Socket():
            return _Wire(where, notify)
        case Virtual() | Named():
            return _Plugged(where, notify)


class _Plugged:
    """A port of the machine's MIDI system."""

    def __init__(self, where: Virtual | Named, notify: Notify) -> None:
        self._backend: Backend = backend()
        self._notify = notify
        self._virtual = isinstance(where, Virtual)
        self.name = (
            where.name
            if isinstance(where, Virtual)
            else choose(where.text, self._backend.ports().outputs, "output")
        )
        self._port: Any = self._backend.open_output(self.name, self._virtual)
        self._tried = 0.0

    def send(self, message: bytes) -> None:
        """Send one complete message now."""
        if self._port is None and not self._try_again():
            return
        try:
            self._backend.send(self._port, message)
        except (
            OSError,
            RuntimeError,
            ValueError,
        ) as error:  # ValueError: mido raises it for a closed port
            self._port = None
            self._tried = time.monotonic()
            self._notify(
                f"MIDI output {self.name!r} is disconnected ({error}): trying to reconnect"
            )

    def close(self) -> None:
        """Close the port."""
        port, self._port = self._port, None
        if port is not None:
            time.sleep(FLUSH_TIME_S)
            port.close()

    def _try_again(self) -> bool:
        if time.monotonic() - self._tried < RETRY_INTERVAL_S:
            return False
        self._tried = time.monotonic()
        try:
            found = same_port(self.name, self._backend.ports().outputs)
            if found is None:
                return False
            self._port = self._backend.open_output(found, self._virtual)
        except MidiError:
            return False
        self._notify(f"MIDI output {found!r} is connected again")
        return True


class _Wire:
    """Raw MIDI over TCP: an outgoing connection, or a listening socket."""

    def __init__(self, where: Socket, notify: Notify) -> None:
        self.name = str(where)
        self._where = where
        self._notify = notify
        self._server: socket.socket | None = None
        self._peers: list[socket.socket] = []
        self._tried = 0.0
        try:
            if where.listens:
                self._server = listen(where)
                self._server.setblocking(False)
            else:
                self._peers.append(_impatient(connect(where)))
        except OSError as error:
            what = "opened for listening" if where.listens else "reached"
            raise MidiError(
                f"{where} cannot be {what}: {error.strerror or error}", "is the other side running?"
            ) from error

    def send(self, message: bytes) -> None:
        """Send one complete message now, to every connected peer.

        A peer that no longer reads is disconnected.
        """
        self._welcome()
        for peer in list(self._peers):
            try:
                peer.sendall(message)
            except OSError:
                peer.close()
                self._peers.remove(peer)
                self._notify(f"{self.name}: the other side disconnected")

    def close(self) -> None:
        """Close all connections."""
        for peer in self._peers:
            peer.close()
        self._peers.clear()
        if self._server is not None:
            self._server.close()
            self._server = None

    def _welcome(self) -> None:
        if self._server is not None:
            while select.select([self._server], [], [], 0)[0]:
                try:
                    peer, _ = self._server.accept()
                    adjust(peer)
                except OSError:
                    return  # the peer is gone again
                if len(self._peers) >= MAX_PEERS:
                    peer.close()
                    continue
                self._peers.append(_impatient(peer))
        elif (
            not self._where.listens
            and not self._peers
            and time.monotonic() - self._tried >= RETRY_INTERVAL_S
        ):
            self._tried = time.monotonic()
            try:
                self._peers.append(_impatient(connect(self._where)))
            except OSError:
                return  # not available yet: the next message tries again
            self._notify(f"{self.name} is connected again")


def _impatient(peer: socket.socket) -> socket.socket:
    """Limit the blocking time of a peer: what a peer does not read at once is not sent."""
    peer.settimeout(0.05)
    return peer
