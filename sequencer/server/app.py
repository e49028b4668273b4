"""Start and stop the local server: the HTTP surface on a port."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from sequencer.server.routes import Routes
from sequencer.server.session import Session
from sequencer.server.settings import ServerSettings
from sequencer.web.connections import Connections
from sequencer.web.server import WebServer


class StageServer:
    """A local server.

    `async with StageServer(settings) as server:` serves at `server.url` until the block ends.
    """

    def __init__(self, settings: ServerSettings | None = None) -> None:
        self.settings = settings or ServerSettings()
        connections = Connections(self.settings.request_seconds, self.settings.idle_seconds)
        self._web = WebServer(self.settings.host, self.settings.port, connections)
        self.routes = Routes(self.settings, self._web.hosts, connections)

    @property
    def port(self) -> int:
        """The port that the server is bound to."""
        return self._web.port

    @property
    def url(self) -> str:
        """The URL at which the server can be reached."""
        return self._web.url

    @property
    def is_open_to_others(self) -> bool:
        """Whether other machines can reach the server."""
        return self._web.is_open_to_others

    @property
    def session(self) -> Session | None:
        """The session that began last; None before the first one."""
        return next(reversed(self.routes.sessions.values()), None)

    async def start(self) -> None:
        """Serve in the running event loop.

        Raises:
            UsageError: The host is not valid, or the port is not available.
        """
        await self._web.start(self.routes.app())

    async def stop(self) -> None:
        """End every session and release the port. Safe to call twice."""
        self._web.close()
        await self.routes.stop()
        await self._web.stop()

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
