"""Start and stop: the HTTP surface on a port."""

from __future__ import annotations

import errno
import os
import socket
from types import TracebackType
from typing import Self

from aiohttp import web

from sequencer.errors import UsageError
from sequencer.standin.routes import Routes
from sequencer.standin.sessions import Session
from sequencer.standin.settings import StandInSettings


class StandIn:
    """A stand-in server. `async with StandIn(settings) as server:` serves at `server.url` until the block ends."""

    def __init__(self, settings: StandInSettings | None = None) -> None:
        self.settings = settings or StandInSettings()
        self.routes = Routes(self.settings)
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Where it is reached."""
        host = self.settings.host
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104  told, not bound to
        return f"http://{host}:{self.port}"

    @property
    def session(self) -> Session | None:
        """The session that began last."""
        return next(reversed(self.routes.sessions.values()), None)

    async def start(self) -> None:
        """Serve, in the running loop. Raises UsageError where the port cannot be had."""
        host, port = self.settings.host, self.settings.port
        self._runner = web.AppRunner(self.routes.app(), access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await self._runner.setup()
        listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        if os.name == "posix":  # elsewhere this would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host.strip("[]"), port))
            self.port = listening.getsockname()[1]
            await web.SockSite(self._runner, listening).start()
        except OSError as error:
            listening.close()
            await self._runner.cleanup()
            is_host = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
            hint = (
                "choose another --host: 127.0.0.1 is this machine alone, 0.0.0.0 everybody who can reach it"
                if is_host
                else "choose another --port (0 takes a free one)"
            )
            raise UsageError(f"{host}:{port} cannot be served: {error.strerror or error}", hint) from None

    async def stop(self) -> None:
        """End every session and give the port back. Safe to call twice."""
        await self.routes.stop()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
