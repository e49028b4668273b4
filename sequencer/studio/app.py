"""The studio's HTTP server: the page, its files, and two websockets.

No request changes anything: the page sends its requests over the websocket, after its key. What is
checked before the key is in `sequencer.web.guard`.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.typedefs import Handler

from sequencer.studio.answers import network_names
from sequencer.studio.connection import PageConnection
from sequencer.studio.page_files import PageFiles, read_page_files
from sequencer.studio.requests import MAX_MESSAGE_BYTES, parse_key
from sequencer.web.connections import Connections
from sequencer.web.guard import own_page_guard
from sequencer.web.hosts import is_every_address
from sequencer.web.limits import RateLimit
from sequencer.web.server import WebServer

if TYPE_CHECKING:
    from sequencer.studio.studio import Studio

MAX_SOCKETS = 16
"""The most websockets at a time, of all pages."""
KEY_SECONDS = 5.0
"""How long a websocket may stay without its key, in seconds."""
REQUESTS_PER_SECOND, REQUEST_BURST = 50.0, 200
"""The most requests from one address: a page has about forty files."""
KEYS_PER_SECOND, KEY_BURST = 0.5, 20
"""The most websockets that one address may open: a wrong key cannot be tried often."""
PING_SECONDS = 10.0
"""After how long without a message a connection is checked, in seconds."""
REQUEST_SECONDS, IDLE_SECONDS = 10.0, 60.0
"""How long a TCP connection may take to send a request, and be idle between two, in seconds."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data: blob:; connect-src 'self'; media-src 'self' blob:; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
"""The headers of every response."""


class StudioServer:
    """Serves one studio: `async with StudioServer(studio, host, port) as server:`.

    Args:
        studio: The studio.
        host: The address to bind to.
        port: The port; 0 selects a free one.
        names: Further names by which this server is reached, such as the name of this machine.
    """

    def __init__(
        self, studio: Studio, host: str = "127.0.0.1", port: int = 0, names: tuple[str, ...] = ()
    ) -> None:
        self.studio = studio
        self.host = host.strip("[]")
        self._names = names
        self._web = WebServer(host, port, Connections(REQUEST_SECONDS, IDLE_SECONDS))
        self._web.hosts.add(*names)
        self._files: PageFiles = read_page_files()
        self._requests = RateLimit(REQUESTS_PER_SECOND, REQUEST_BURST)
        self._keys = RateLimit(KEYS_PER_SECOND, KEY_BURST)
        self._sockets: set[web.WebSocketResponse] = set()

    @property
    def port(self) -> int:
        """The port."""
        return self._web.port

    @property
    def is_open_to_others(self) -> bool:
        """Whether other machines can reach the server."""
        return self._web.is_open_to_others

    @property
    def url(self) -> str:
        """The address of the page on this machine, without a key."""
        return self._web.url

    def page_url(self, path: str, key: str, host: str | None = None) -> str:
        """Return the address of a page with its key, under a name of this machine if given."""
        name = host or ""
        base = f"http://{f'[{name}]' if ':' in name else name}:{self.port}" if name else self.url
        return f"{base}{path}#{key}"

    async def start(self) -> None:
        """Serve in the running event loop.

        Raises:
            UsageError: The host is not valid, or the port is not available.
        """
        guard = own_page_guard(self._web.hosts, self._requests, self._web.connections)
        app = web.Application(middlewares=[_add_headers, guard], client_max_size=1)
        app.router.add_get("/", self._page)
        app.router.add_get("/remote", self._page)
        app.router.add_get("/output", self._page)
        app.router.add_get("/static/{path:.+}", self._static)
        app.router.add_get("/files/{ticket}", self._file)
        app.router.add_get("/ws", self._messages)
        app.router.add_get("/frames", self._frames)
        await self._web.start(app)
        self.studio.address_of = self.page_url
        self.studio.network_names = self._network_names

    def _network_names(self) -> list[str]:
        if not self.is_open_to_others:
            return []
        address = self._web.address
        found = network_names(address) if is_every_address(address) else [self.host]
        return [*self._names, *found]

    async def stop(self) -> None:
        """Close all connections and release the port. Safe to call twice."""
        for one in list(self._sockets):
            with suppress(ConnectionError):
                await one.close(code=WSCloseCode.GOING_AWAY, message=b"the studio has ended")
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

    # ---- requests --------------------------------------------------------------------------------

    async def _page(self, request: web.Request) -> web.Response:
        del request
        nonce = secrets.token_urlsafe(16)
        response = web.Response(text=self._files.render(nonce), content_type="text/html")
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.format(nonce=nonce)
        return response

    async def _static(self, request: web.Request) -> web.Response:
        file = self._files.files.get(request.match_info["path"])
        if file is None:
            raise web.HTTPNotFound(text="this file does not exist\n")
        response = web.Response(body=file.data, content_type=file.content_type, charset="utf-8")
        response.headers["Content-Security-Policy"] = "default-src 'none'"
        response.enable_compression()
        return response

    async def _file(self, request: web.Request) -> web.StreamResponse:
        ticket = self.studio.tickets.find(request.match_info["ticket"])
        if ticket is None:
            raise web.HTTPNotFound(text="this ticket is not valid (any more)\n")
        headers = {
            "Content-Type": ticket.content_type,
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
            "img-src data:; script-src 'none'; sandbox",
        }
        if ticket.filename is not None:
            headers["Content-Disposition"] = f'attachment; filename="{ticket.filename}"'
        if not await asyncio.to_thread(ticket.path.is_file):
            raise web.HTTPNotFound(text="this file does not exist any more\n")
        return web.FileResponse(ticket.path, headers=headers)

    # ---- websockets ------------------------------------------------------------------------------

    async def _open_socket(self, request: web.Request) -> web.WebSocketResponse:
        if request.headers.get("Origin") is None:
            raise web.HTTPForbidden(text="only a page of this server may connect\n")
        if len(self._sockets) >= MAX_SOCKETS:
            raise web.HTTPServiceUnavailable(text="too many pages are open\n")
        if not self._keys.allows(request.remote or ""):
            raise web.HTTPTooManyRequests(text="too many connections\n")
        opened = web.WebSocketResponse(
            heartbeat=PING_SECONDS, max_msg_size=MAX_MESSAGE_BYTES, compress=False
        )
        self._sockets.add(opened)
        try:
            await opened.prepare(request)
        except BaseException:
            self._sockets.discard(opened)
            raise
        return opened

    async def _receive_key(self, opened: web.WebSocketResponse) -> str:
        """Return the key that a websocket sends first; an empty text for none in time."""
        try:
            first = await opened.receive(timeout=KEY_SECONDS)
        except TimeoutError:
            return ""
        return (parse_key(first.data) or "") if first.type is WSMsgType.TEXT else ""

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        opened = await self._open_socket(request)
        try:
            role = self.studio.keys.find_role(await self._receive_key(opened))
            if role is None:
                reason = "the key is not valid: open the address that sequencer studio prints"
                with suppress(ConnectionError):
                    await opened.send_json({"t": "refused", "reason": reason})
            else:
                await PageConnection(opened, role, self.studio).serve()
            await opened.close(
                code=WSCloseCode.POLICY_VIOLATION if role is None else WSCloseCode.OK
            )
        finally:
            self._sockets.discard(opened)
        return opened

    async def _frames(self, request: web.Request) -> web.StreamResponse:
        opened = await self._open_socket(request)
        try:
            role = self.studio.keys.find_role(await self._receive_key(opened))
            if role is not None:
                await self.studio.serve_frames(opened, request.query.get("stage", ""))
            await opened.close(
                code=WSCloseCode.POLICY_VIOLATION if role is None else WSCloseCode.OK
            )
        finally:
            self._sockets.discard(opened)
        return opened


@web.middleware
async def _add_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Add the headers of every response, also to refusals."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        error.headers.update(HEADERS)
        raise
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    return response
