"""One page's connection: its requests in, and messages out, in order and within limits."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiohttp import WSCloseCode, WSMsgType, web

from sequencer.core.errors import SequencerError, UsageError
from sequencer.studio.protocol import PROTOCOL, Role
from sequencer.studio.requests import Edit, Ping, Request, id_of, parse_request
from sequencer.web.limits import Allowance

if TYPE_CHECKING:
    from sequencer.studio.studio import Studio

MAX_QUEUED = 256
"""The most messages that wait for a slow page. With more it is disconnected, and connects again."""
MAX_QUEUED_BYTES = 64 * 1024 * 1024
"""The most bytes of them."""
MAX_OPEN_REQUESTS = 32
"""The most requests of one page that are being answered at a time."""
MESSAGES_PER_SECOND, MESSAGE_BURST = 100.0, 200
"""The most messages of one page: somebody who types and moves a fader sends about sixty."""

log = logging.getLogger("sequencer.studio")


def encode(message: Mapping[str, Any]) -> str:
    """Return a message as JSON."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


class PageConnection:
    """Serves one websocket after its key was accepted."""

    def __init__(self, opened: web.WebSocketResponse, role: Role, studio: Studio) -> None:
        self.role: Role = role
        self.name = secrets.token_urlsafe(6)
        """The name of this page for the text's edits."""
        self._opened = opened
        self._studio = studio
        self._queue: asyncio.Queue[str | None] = asyncio.Queue(MAX_QUEUED)
        self._queued_bytes = 0
        self._limit = Allowance(MESSAGES_PER_SECOND, MESSAGE_BURST)
        self._tasks: set[asyncio.Task[None]] = set()
        self._questions: dict[tuple[str, str], tuple[int, asyncio.Task[None]]] = {}
        """The last question of each kind, with its number. A page wants only the newest answer."""

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message as soon as the page takes it."""
        self.send_text(encode(message))

    def send_text(self, text: str) -> None:
        """Send a message that is encoded already. A page that is too slow is disconnected."""
        self._queued_bytes += len(text)
        if self._queue.full() or self._queued_bytes > MAX_QUEUED_BYTES:
            self._end(WSCloseCode.TRY_AGAIN_LATER, b"this page is too slow")
            return
        self._queue.put_nowait(text)

    async def serve(self) -> None:
        """Answer requests until the page is closed."""
        self.send(
            {
                "t": "hello",
                "protocol": PROTOCOL,
                "process": self._studio.process,
                "role": self.role,
                "now": self._studio.now(),
            }
        )
        writing = asyncio.create_task(self._write())
        self._studio.connect(self)
        try:
            async for message in self._opened:
                if message.type is not WSMsgType.TEXT:
                    self._end(WSCloseCode.UNSUPPORTED_DATA, b"messages are text")
                elif not self._limit.allows():
                    self._end(WSCloseCode.POLICY_VIOLATION, b"too many messages")
                else:
                    await self._receive(message.data)
        finally:
            self._studio.disconnect(self)
            for task in (*self._tasks, writing):
                task.cancel()
            await asyncio.gather(*self._tasks, writing, return_exceptions=True)

    async def _write(self) -> None:
        while (text := await self._queue.get()) is not None:
            self._queued_bytes -= len(text)
            with suppress(ConnectionError):
                await self._opened.send_str(text)

    def _end(self, code: int, reason: bytes) -> None:
        task = asyncio.ensure_future(self._opened.close(code=code, message=reason))
        self._studio.keep(task)

    # ---- requests --------------------------------------------------------------------------------

    async def _receive(self, data: str) -> None:
        try:
            request = parse_request(data)
        except UsageError as error:
            self._fail(id_of(data), error)
            return
        match request:
            case Ping():
                self.send({"t": "pong", "id": request.id, "now": self._studio.now()})
            case Edit():  # in order: each names the version before it
                await self._answer(request, request.id)
            case _:
                self._begin(request)

    def _begin(self, request: Request) -> None:
        """Answer a request without delaying the next one."""
        if len(self._tasks) >= MAX_OPEN_REQUESTS:
            busy = UsageError("too many requests are being answered", "wait for the answers")
            self._fail(request.id, busy)
            return
        task = asyncio.create_task(self._answer(request, request.id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if request.t == "ask":
            question = request.what, str(request.fields.get("name", ""))  # files differ by name
            number, before = self._questions.get(question, (0, None))
            if before is not None and not before.done():
                before.cancel()
                self._fail(number, UsageError("a newer question replaced this one"))
            self._questions[question] = (request.id, task)

    async def _answer(self, request: Request, number: int) -> None:
        try:
            answer = await self._studio.answer(self, request)
        except SequencerError as error:
            self._fail(number, error)
        except Exception:
            # A fault of ours: the operator sees it in the terminal, and the show goes on.
            log.exception("a request of a page could not be answered")
            self._fail(number, UsageError("the studio failed to answer", "see its terminal"))
        else:
            self.send({"t": "answer", "id": number, "ok": True, "answer": answer})

    def _fail(self, number: int, error: SequencerError) -> None:
        described = {"message": error.message, "hint": error.hint or ""}
        self.send({"t": "answer", "id": number, "ok": False, "error": described})
