"""Start and stop the local server: the HTTP surface on a port."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self, cast

from aiohttp import web

from sequencer.core.errors import UsageError
from sequencer.server.http_guard import is_every_address, is_loopback
from sequencer.server.routes import Routes
from sequencer.server.session import Session
from sequencer.server.settings import ServerSettings

HOSTS = (
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
    except OSError:
        listening.close()
        raise
    return listening


class StageServer:
    """A local server.

    `async with StageServer(settings) as server:` serves at `server.url` until the block ends.
    """

    def __init__(self, settings: ServerSettings | None = None) -> None:
        self.settings = settings or ServerSettings()
        self.routes = Routes(self.settings)
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None
        self.address = self.settings.host
        """The address that the server is bound to, as numbers."""
        self.port = 0

    @property
    def url(self) -> str:
        """The URL at which the server can be reached."""
        host = self.settings.host.strip("[]")
        if is_every_address(self.address):
            host = "::1" if ":" in self.address else "127.0.0.1"
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def is_open_to_others(self) -> bool:
        """Whether other machines can reach the server."""
        return not is_loopback(self.address)

    @property
    def session(self) -> Session | None:
        """The session that began last; None before the first one."""
        return next(reversed(self.routes.sessions.values()), None)

    async def start(self) -> None:
        """Serve in the running event loop.

        Raises:
            UsageError: The host is not valid, or the port is not available.
        """
        host, port = self.settings.host, self.settings.port
        if not host.strip():
            raise UsageError("--host is empty, which would be every address of this machine", HOSTS)
        try:
            family, self.address = await _address(host.strip("[]"))
            self.routes.hosts |= {host.strip("[]").lower(), self.address}
            listening = _listening(family, self.address, port)
        except OSError as error:
            is_host = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
            hint = HOSTS if is_host else "choose another --port (0 chooses a free one)"
            raise UsageError(
                f"{host}:{port} cannot be served: {error.strerror or error}", hint
            ) from None
        self.port = listening.getsockname()[1]
        connections = self.routes.connections
        self._runner = web.AppRunner(
            self.routes.app(), access_log=None, handle_signals=False, shutdown_timeout=1.0
        )
        await self._runner.setup()
        connections.start()
        factory = cast("Callable[[], asyncio.Protocol]", self._runner.server)
        self._server = await asyncio.get_running_loop().create_server(
            connections.watched(factory), sock=listening, backlog=128
        )

    async def stop(self) -> None:
        """End every session and release the port. Safe to call twice."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.routes.connections.stop()
        await self.routes.stop()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
