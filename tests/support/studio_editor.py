"""The studio's page with a real workspace and no run: what the editor needs, served for a browser.

The server runs in a thread of its own, as Playwright has the event loop of the test's thread.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import WSMsgType, web

from sequencer.core.errors import SequencerError
from sequencer.studio.workspace import Outgoing, Workspace

PAGE = Path(__file__).parents[2] / "sequencer" / "studio" / "page"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
STYLES = ("tokens", "base", "strip", "live", "timeline", "score")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'"
)
"""As strict as the studio's own: a violation fails the test."""
NO_GO = {
    **dict.fromkeys(("target", "then", "shown_at", "listens_at")),
    **{"state": "none", "name": "", "listens_in": ""},
}
Result = TypeVar("Result")


class EditorServer:
    """The server: its address, the workspace, and the pages.

    `mode`, `locked` and `revision` are what a page that connects receives.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.url = ""
        self.mode = "edit"
        self.locked = False
        self.revision = 0
        self.requests: list[dict[str, Any]] = []
        """What pages requested, apart from edits and questions."""
        self._sockets: dict[str, web.WebSocketResponse] = {}
        self._idle: dict[str, web.WebSocketResponse] = {}
        self._numbers = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        workspace.listener = self._receive
        workspace.on_state = self._patch

    def do(self, action: Callable[[], Awaitable[Result]]) -> Result:
        """Run a coroutine in the thread of the server."""

        async def run() -> Result:
            return await action()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(60)

    def disconnect(self) -> None:
        """Close all connections, as if the network was lost."""

        async def close() -> None:
            for socket in list(self._sockets.values()):
                await socket.close()

        self.do(close)

    # ---- messages --------------------------------------------------------------------------------

    def _post(self, socket: web.WebSocketResponse, text: str) -> None:
        async def post() -> None:
            if not socket.closed:
                await socket.send_str(text)

        task = self._loop.create_task(post())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _receive(self, message: Outgoing) -> None:
        for name, socket in self._sockets.items():
            if message.only in (None, name) and message.other_than != name:
                self._post(socket, message.text)

    def _patch(self) -> None:
        score = self.workspace.state(self.revision)
        message = {"t": "patch", "seq": next(self._numbers), "at": 0, "score": score}
        for socket in self._sockets.values():
            self._post(socket, json.dumps(message))

    def _snapshot(self) -> dict[str, Any]:
        nothing: dict[str, Any] = dict.fromkeys(("playback", "clock", "next", "report"))
        empty: dict[str, Any] = {
            name: [] for name in ("lines", "pads", "revisions", "alerts", "notes", "stages")
        }
        return {
            "t": "snapshot",
            "seq": next(self._numbers),
            "run": "run" if self.revision else "",
            "mode": self.mode,
            "locked": self.locked,
            "score": self.workspace.state(self.revision, with_text=True),
            "go": NO_GO,
            "stage": "simulator",
            **nothing,
            **empty,
        }

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=2**20)
        await socket.prepare(request)
        page = secrets.token_hex(4)
        async for received in socket:
            if received.type is WSMsgType.TEXT:
                message = json.loads(received.data)
                if message["t"] == "key":
                    hello = {"t": "hello", "protocol": 1, "process": "1", "role": "operator"}
                    self._post(socket, json.dumps({**hello, "now": 0}))
                    self._post(socket, json.dumps(self._snapshot()))
                    for one in self.workspace.latest():
                        self._post(socket, one.text)
                    self._sockets[page] = socket
                elif message["t"] == "edit":
                    self.workspace.edit(page, message["version"], message["changes"])
                else:
                    task = self._loop.create_task(self._answer(socket, page, message))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
        self._sockets.pop(page, None)
        return socket

    async def _answer(
        self, socket: web.WebSocketResponse, page: str, message: dict[str, Any]
    ) -> None:
        kind, number = message.pop("t"), message.pop("id")
        answer: dict[str, Any] = {"t": "answer", "id": number, "ok": True, "answer": None}
        try:
            match kind:
                case "ping":
                    answer = {"t": "pong", "id": number, "now": 0}
                case "ask":
                    answer["answer"] = await self.workspace.ask(page, message.pop("what"), message)
                case "save":
                    answer["answer"] = await self.workspace.save(**message)
                case _:
                    self.requests.append({"t": kind, **message})
        except SequencerError as error:
            reason = {"message": error.message, "hint": error.hint or ""}
            answer = {"t": "answer", "id": number, "ok": False, "error": reason}
        self._post(socket, json.dumps(answer))

    async def _no_frames(self, request: web.Request) -> web.WebSocketResponse:
        """Keep a connection for frames open on which none comes: there is no run."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        name = secrets.token_hex(4)
        self._idle[name] = socket
        async for _ in socket:
            pass
        self._idle.pop(name)
        return socket

    # ---- files -----------------------------------------------------------------------------------

    async def _index(self, request: web.Request) -> web.Response:
        nonce = secrets.token_urlsafe(8)
        links = [f'<link rel="stylesheet" href="/static/style/{name}.css">' for name in STYLES]
        text = (PAGE / "index.html").read_text(encoding="utf-8")
        text = text.replace("{nonce}", nonce).replace("{styles}", "\n".join(links))
        policy = {"Content-Security-Policy": POLICY.format(nonce=nonce)}
        return web.Response(text=text, content_type="text/html", headers=policy)

    async def _static(self, request: web.Request) -> web.Response:
        file = PAGE / request.match_info["name"]
        if not file.is_file():
            return web.Response(status=404)
        return web.Response(body=file.read_bytes(), content_type=TYPES[file.suffix])

    async def start(self) -> web.AppRunner:
        """Start to serve, and to check."""
        app = web.Application()
        app.router.add_get("/ws", self._socket)
        app.router.add_get("/frames", self._no_frames)
        app.router.add_get("/", self._index)
        app.router.add_get("/static/{name:.*}", self._static)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/#key"
        await self.workspace.start()
        return runner

    def run(self) -> None:
        """Run the loop until `stop`: the body of the thread."""
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def stop(self, runner: web.AppRunner) -> None:
        """End everything."""
        await self.workspace.stop()
        for socket in [*self._sockets.values(), *self._idle.values()]:
            await socket.close()
        await runner.cleanup()

    def end(self, thread: threading.Thread) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        thread.join(10)
        self._loop.close()


@contextmanager
def serve_editor(path: Path, **options: Any) -> Iterator[EditorServer]:
    """Serve the page for a score.

    Args:
        path: The score's file.
        options: Attributes of the server: `mode`, `locked`, `revision`.
    """
    server = EditorServer(Workspace.open(path))
    for name, value in options.items():
        setattr(server, name, value)
    thread = threading.Thread(target=server.run, name="editor server", daemon=True)
    thread.start()
    runner = server.do(server.start)
    try:
        yield server
    finally:
        server.do(lambda: server.stop(runner))
        server.end(thread)
