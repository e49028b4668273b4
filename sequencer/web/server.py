"""Serve an application on a port of this machine, with limits for connections."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from typing import cast

from aiohttp import web

from sequencer.core.errors import UsageError
from sequencer.web.connections import Connections
from sequencer.web.hosts import Hosts, is_every_address, is_loopback

HOSTS_HINT = (
    "choose another --host: 127.0.0.1 is reachable from this machine only, 0.0.0.0 from other "
    "machines too"
)


async def _address(host: str) -> tuple[int, str]:
    """Return the first address of a host, of either family, as numbers. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    family, _, _, _, position = min(found, key=lambda one: one[0] != socket.AF_INET)
    return family, str(position[0])


def _listening(family: int, address: str, port: int) -> socket.socket:
    """Return a socket that is bound, but does not listen yet. Raises OSError."""
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere this would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
    except (OSError, OverflowError):
        listening.close()
        raise
    return listening


class WebServer:
    """An application on a port.

    Args:
        host: The name or address that it is bound to.
        port: The port; 0 selects a free one.
        connections: The limits of its TCP connections.
    """

    def __init__(self, host: str, port: int, connections: Connections) -> None:
        self._given = host
        self._host = host.strip("[]")
        self.connections = connections
        self.hosts = Hosts()
        """The names and addresses by which it may be reached, complete once it has started."""
        self.address = self._host
        """The address that it is bound to, as numbers."""
        self.port = port
        """The port that it is bound to."""
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The URL at which the server can be reached."""
        host = self._host
        if is_every_address(self.address):
            host = "::1" if ":" in self.address else "127.0.0.1"
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def is_open_to_others(self) -> bool:
        """Whether other machines can reach the server."""
        return not is_loopback(self.address)

    async def start(self, application: web.Application) -> None:
        """Serve an application in the running event loop.

        Raises:
            UsageError: The host is not valid, or the port is not available.
        """
        host, port = self._host, self.port
        if not self._given.strip():
            raise UsageError(
                "--host is empty, which would be every address of this machine", HOSTS_HINT
            )
        try:
            family, self.address = await _address(host)
            self.hosts.add(host, self.address)
            listening = _listening(family, self.address, port)
        except OverflowError:
            raise UsageError(f"{port} is not a port", "ports go from 0 to 65535") from None
        except OSError as error:
            is_host = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
            hint = HOSTS_HINT if is_host else "choose another --port (0 chooses a free one)"
            raise UsageError(
                f"{self._given}:{port} cannot be served: {error.strerror or error}", hint
            ) from None
        self.port = listening.getsockname()[1]
        self._runner = web.AppRunner(
            application, access_log=None, handle_signals=False, shutdown_timeout=1.0
        )
        await self._runner.setup()
        self.connections.start()
        factory = cast("Callable[[], asyncio.Protocol]", self._runner.server)
        self._server = await asyncio.get_running_loop().create_server(
            self.connections.watched(factory), sock=listening, backlog=128
        )

    def close(self) -> None:
        """Accept no more connections. Safe to call twice."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.connections.stop()

    async def stop(self) -> None:
        """Accept no more connections, and end those that are open. Safe to call twice."""
        self.close()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
