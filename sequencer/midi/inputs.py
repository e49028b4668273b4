"""Open MIDI inputs.

Each message is timestamped once, in the thread that receives it, and passed to a callback.

If an input disappears, it is opened again when it is back; `changed` reports both. Both callbacks
are called from threads of the input's own, never at the same time; they must not block.
"""

from __future__ import annotations

import errno
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, Self

from sequencer.midi.addresses import (
    Address,
    MidiError,
    Named,
    Socket,
    Virtual,
    address,
    choose,
    same_port,
)
from sequencer.midi.backends import Backend, backend
from sequencer.midi.messages import MessageSplitter

MessageHandler = Callable[[bytes, int], None]
"""Takes one complete message and its timestamp, nanoseconds."""
Changed = Callable[[bool, int, str], None]
"""Takes whether the port exists now, the timestamp, and a sentence for the user."""
Stamp = Callable[[], int]

RETRY_INTERVAL_S = 2.0
"""How often, in seconds, ports are listed for a silent port, and a lost port is tried again."""
OFTEN, RARER = 5, 10
"""After this many checks, an existing but silent port is checked that many times less often.

Each check opens a client of the MIDI system, which JACK does not handle well.
"""
CONNECTING = 2.0
MAX_PEERS = 16
"""Maximum simultaneous connections to one listening port.

A keyboard may be silent for any time, so no connection is closed for that; beyond the maximum, the
oldest connection that has not sent anything yet is closed.
"""
KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""TCP keepalive: seconds before the first probe and between probes, and number of probes.

The first probe follows that many seconds of silence; after that many probes, a peer counts as
disconnected.
"""
READ = 4096


class MidiInput(Protocol):
    """An open input. `name` is the port's own name."""

    @property
    def name(self) -> str:
        """The port's name."""
        ...

    def close(self) -> None:
        """Stop receiving; after the return no callback is called any more."""
        ...


def open_input(
    text: str, handle: MessageHandler, changed: Changed, stamp: Stamp = time.monotonic_ns
) -> MidiInput:
    """Open the port at an address (see `addresses`). Raises MidiError if it does not exist."""
    where: Address = address(text)
    match where:
        case Socket():
            return (
                _listening(where, handle, changed, stamp)
                if where.listens
                else _connected(where, handle, changed, stamp)
            )
        case Virtual() | Named():
            return _Plugged(where, handle, changed, stamp)


class _Plugged:
    """A port of the machine's MIDI system, watched by a thread of its own."""

    def __init__(
        self, where: Virtual | Named, handle: MessageHandler, changed: Changed, stamp: Stamp
    ) -> None:
        self._backend: Backend = backend()
        self._handle, self._changed, self._stamp = handle, changed, stamp
        self._lock = threading.Lock()
        self._received = 0
        self._closing = threading.Event()
        if isinstance(where, Virtual):
            self.name = where.name
            self._port: Any = self._backend.open_input(where.name, True, self._arrive)
            self._watcher: threading.Thread | None = None
            return
        self.name = choose(where.text, self._backend.ports().inputs, "input")
        self._port = self._backend.open_input(self.name, False, self._arrive)
        self._watcher = threading.Thread(target=self._watch, name="midi input", daemon=True)
        self._watcher.start()

    def close(self) -> None:
        """Stop receiving."""
        self._closing.set()
        if self._watcher is not None:
            self._watcher.join()
        port, self._port = self._port, None
        if port is not None:
            port.close()

    def _arrive(self, message: bytes) -> None:
        at = self._stamp()
        with self._lock:
            self._received += 1
            self._handle(message, at)

    def _watch(self) -> None:
        """Look for the port whenever it is silent: no system reports that it was unplugged."""
        before, looks = -1, 0
        while not self._closing.wait(RETRY_INTERVAL_S * (RARER if looks > OFTEN else 1)):
            if self._port is not None and self._received != before:
                before, looks = self._received, 0
                continue
            looks = looks + 1 if self._port is not None else 0
            try:
                names = self._backend.ports().inputs
            except MidiError:
                names = ()
            if self._port is not None and self.name not in names:
                self._lose()
            elif self._port is None:
                found = same_port(self.name, names)
                if found is not None:
                    self._find(found)

    def _lose(self) -> None:
        port, self._port = self._port, None
        port.close()
        with self._lock:
            self._changed(
                False,
                self._stamp(),
                f"MIDI input {self.name!r} is disconnected: plug it in again, the run waits for it",
            )

    def _find(self, name: str) -> None:
        try:
            self._port = self._backend.open_input(name, False, self._arrive)
        except MidiError:
            return  # it is still starting: the next check tries again
        self.name = name
        with self._lock:
            self._changed(True, self._stamp(), f"MIDI input {name!r} is connected again")


class _Reading:
    """What both kinds of sockets share: a thread that reads, and a pair of sockets to wake it."""

    def __init__(
        self, where: Socket, handle: MessageHandler, changed: Changed, stamp: Stamp
    ) -> None:
        self.name = str(where)
        self._where = where
        self._handle, self._changed, self._stamp = handle, changed, stamp
        self._closing = threading.Event()
        self._waker, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="midi socket", daemon=True)

    def start(self) -> Self:
        """Begin to receive."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop receiving."""
        self._closing.set()
        self._waker.send(b"\0")
        self._thread.join()
        self._selector.close()
        self._waker.close()
        self._woken.close()

    def _run(self) -> None:
        raise NotImplementedError

    def _read(self, connection: socket.socket, splitter: MessageSplitter) -> bool:
        """Handle the received bytes; return False if the peer has closed the connection."""
        try:
            data = connection.recv(READ)
        except OSError:
            return False
        at = self._stamp()
        for message in splitter.feed(data):
            self._handle(message, at)
        return bool(data)


def _connected(where: Socket, handle: MessageHandler, changed: Changed, stamp: Stamp) -> MidiInput:
    """Open an outgoing connection. Raises MidiError."""
    try:
        connection = connect(where)
    except OSError as error:
        raise MidiError(
            f"{where} cannot be reached: {error.strerror or error}", "is the other side listening?"
        ) from error
    try:
        return _Connected(where, handle, changed, stamp, connection).start()
    except OSError as error:
        connection.close()
        raise MidiError(f"{where} cannot be used: {error.strerror or error}") from error


def _listening(where: Socket, handle: MessageHandler, changed: Changed, stamp: Stamp) -> MidiInput:
    """Open a socket that others connect to. Raises MidiError."""
    try:
        server = listen(where)
    except OSError as error:
        raise MidiError(
            f"{where} cannot be opened for listening: {error.strerror or error}",
            "choose another port number",
        ) from error
    try:
        return _Listening(where, handle, changed, stamp, server).start()
    except OSError as error:
        server.close()
        raise MidiError(f"{where} cannot be used: {error.strerror or error}") from error


class _Connected(_Reading):
    """An outgoing connection, made again when it breaks."""

    def __init__(
        self,
        where: Socket,
        handle: MessageHandler,
        changed: Changed,
        stamp: Stamp,
        connection: socket.socket,
    ) -> None:
        super().__init__(where, handle, changed, stamp)
        self._connection: socket.socket | None = connection
        self._selector.register(connection, selectors.EVENT_READ)

    def _run(self) -> None:
        splitter = MessageSplitter()
        while not self._closing.is_set():
            connection = self._connection
            if connection is None:
                if self._closing.wait(RETRY_INTERVAL_S):
                    return
                splitter = MessageSplitter()
                self._try_again()
                continue
            ready = {key.fileobj for key, _ in self._selector.select()}
            if connection in ready and not self._read(connection, splitter):
                self._selector.unregister(connection)
                connection.close()
                self._connection = None
                self._changed(
                    False,
                    self._stamp(),
                    f"{self.name} was closed by the other side: trying to reconnect",
                )
        if self._connection is not None:
            self._connection.close()

    def _try_again(self) -> None:
        try:
            self._connection = connect(self._where)
        except OSError:
            return  # not available yet: the next attempt tries again
        self._selector.register(self._connection, selectors.EVENT_READ)
        self._changed(True, self._stamp(), f"{self.name} is connected again")


class _Listening(_Reading):
    """A socket that any number of peers connect to."""

    def __init__(
        self,
        where: Socket,
        handle: MessageHandler,
        changed: Changed,
        stamp: Stamp,
        server: socket.socket,
    ) -> None:
        super().__init__(where, handle, changed, stamp)
        self._server = server
        self._selector.register(server, selectors.EVENT_READ)

    def _run(self) -> None:
        clients: dict[socket.socket, MessageSplitter] = {}
        self._silent: list[socket.socket] = []
        """Connections that have not sent anything yet, the oldest first."""
        with self._server:
            while not self._closing.is_set():
                for key, _ in self._selector.select():
                    if key.fileobj is self._server:
                        self._accept(clients)
                    elif isinstance(key.fileobj, socket.socket) and key.fileobj in clients:
                        connection = key.fileobj
                        if connection in self._silent:
                            self._silent.remove(connection)
                        if not self._read(connection, clients[connection]):
                            self._let_go(clients, connection)
                            if not clients:
                                self._changed(
                                    False,
                                    self._stamp(),
                                    f"{self.name}: the other side disconnected",
                                )
            for connection in clients:
                connection.close()

    def _let_go(
        self, clients: dict[socket.socket, MessageSplitter], connection: socket.socket
    ) -> None:
        self._selector.unregister(connection)
        connection.close()
        del clients[connection]

    def _accept(self, clients: dict[socket.socket, MessageSplitter]) -> None:
        try:
            connection, _ = self._server.accept()
            adjust(connection)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._closing.wait(
                    0.1
                )  # it stays in the queue, and an immediate retry gains nothing
            return  # the peer is gone again
        if len(clients) >= MAX_PEERS and not self._silent:
            connection.close()
            return
        if len(clients) >= MAX_PEERS:
            self._let_go(clients, self._silent.pop(0))
        self._silent.append(connection)
        clients[connection] = MessageSplitter()
        self._selector.register(connection, selectors.EVENT_READ)
        if len(clients) == 1:
            self._changed(True, self._stamp(), f"{self.name}: connected")


def connect(where: Socket) -> socket.socket:
    """Connect to an address; small messages are sent at once. Raises OSError."""
    connection = socket.create_connection((where.host, where.port), CONNECTING)
    connection.settimeout(None)
    adjust(connection)
    return connection


def adjust(connection: socket.socket) -> None:
    """Send small messages at once, and detect a peer that disappears without closing.

    Raises OSError.
    """
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if hasattr(socket, name):  # not every system has all of them
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def listen(where: Socket) -> socket.socket:
    """Return a socket that listens at an address. Raises OSError."""
    return socket.create_server((where.host, where.port), backlog=MAX_PEERS)
