"""A server with the WebSocket of vLLM-Omni for generated video, for tests: written from its
documentation (`docs/serving/streaming_video_output_api.md` and the README of its example), not from
its code. It makes flat colours, one for each prompt, as real fragmented MP4, and faults on demand.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
from aiohttp import WSMsgType, web

MODEL = "BestWishYsh/Helios-Distilled"


@dataclass(frozen=True, kw_only=True)
class ServerFaults:
    """What goes wrong. Chunks count within the session; None is never."""

    start_after: float = 0.0
    refuse_start: str | None = None
    """The message of an error that answers `session.start`."""
    is_silent_at_start: bool = False
    malformed_at: int | None = None
    malformed: str = "{"
    no_binary_at: int | None = None
    wrong_length_at: int | None = None
    wrong_index_at: int | None = None
    close_at: int | None = None
    stall_at: int | None = None
    error_at: int | None = None
    done_at: int | None = None
    skip_metadata_at: int | None = None
    """This chunk's video comes together with the next one's."""
    fewer_frames_at: int | None = None
    not_video_at: int | None = None
    fails: tuple[int, ...] = ()
    """Interactions, counted from 1 within the session, that fail with `interaction_failed`."""
    conflicts: tuple[int, ...] = ()
    later: int = 0
    """By how many chunks prompts act later."""
    is_never_queued: bool = False
    is_deaf_to_stop: bool = False
    video_after: float = 0.0
    """Seconds between the metadata of a chunk and its video."""
    size: tuple[int, int] | None = None
    """Another size than the one that was asked for."""
    session: int | None = None
    """The only session in which this goes wrong, from 1; None is all."""


@dataclass(kw_only=True)
class ServedSession:
    """What a session received, and made."""

    start: dict[str, Any] = field(default_factory=dict)
    interactions: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """With the chunk that was being made when each arrived."""
    landed: list[tuple[int, str]] = field(default_factory=list)
    """The chunk on which each prompt acted."""
    chunks: int = 0
    was_stopped: bool = False
    pings: int = 0


class ChunkEncoder:
    """Encodes successive chunks of one file; returns the bytes that are complete."""

    def __init__(self, size: tuple[int, int], fps: int) -> None:
        self._written = bytearray()
        self._container = av.open(
            self,
            mode="w",
            format="mp4",
            options={"movflags": "empty_moov+default_base_moof+frag_every_frame"},
        )
        self._stream = self._container.add_stream("libx264", rate=fps)
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"preset": "ultrafast", "tune": "zerolatency"}

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def add(self, colour: tuple[int, int, int], frames: int) -> None:
        pixels = np.full((self._stream.height, self._stream.width, 3), colour, np.uint8)
        for _ in range(frames):
            self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(pixels)))

    def taken(self) -> bytes:
        found = bytes(self._written)
        self._written.clear()
        return found

    def close(self) -> bytes:
        self._container.mux(self._stream.encode())
        self._container.close()
        return self.taken()


def colour_of(prompt: str) -> tuple[int, int, int]:
    """Return the colour of the frames of a prompt: red or blue, and some green."""
    digest = hashlib.sha256(prompt.encode()).digest()
    return (220, digest[1] // 2, 20) if digest[0] % 2 else (20, digest[1] // 2, 220)


class VllmOmniServer:
    """The server. `sessions` is what it received.

    Args:
        faults: What goes wrong.
        chunk_seconds: How long a chunk takes to be made.
        frames: Frames of a chunk.
        key: The key that it requires.
    """

    def __init__(
        self,
        faults: ServerFaults | None = None,
        *,
        chunk_seconds: float = 0.02,
        frames: int = 3,
        key: str | None = None,
        model: Any = MODEL,
    ) -> None:
        self._faults = faults or ServerFaults()
        self._seconds = chunk_seconds
        self._frames = frames
        self._key = key
        self._model = model
        self.sessions: list[ServedSession] = []
        self.requests: list[str] = []
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[VllmOmniServer]:
        app = web.Application()
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/v1/realtime/video", self._video)
        runner = web.AppRunner(app, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        self.url = f"ws://127.0.0.1:{port}"
        try:
            yield self
        finally:
            await runner.cleanup()

    def _check(self, request: web.Request) -> None:
        self.requests.append(request.path)
        if self._key is not None and request.headers.get("Authorization") != f"Bearer {self._key}":
            raise web.HTTPUnauthorized

    async def _models(self, request: web.Request) -> web.Response:
        self._check(request)
        return web.json_response({"object": "list", "data": [{"id": self._model}]})

    async def _video(self, request: web.Request) -> web.WebSocketResponse:
        self._check(request)
        socket = web.WebSocketResponse(heartbeat=None)
        await socket.prepare(request)
        session = ServedSession()
        self.sessions.append(session)
        only = self._faults.session
        faults = self._faults if only in (None, len(self.sessions)) else ServerFaults()
        try:
            session.start = json.loads(await socket.receive_str(timeout=10))
            await _Generation(self, socket, session, faults).run(self._seconds, self._frames)
        except (ConnectionError, TypeError):
            pass  # the client has gone
        await socket.close()
        return socket


class _Generation:
    def __init__(
        self,
        server: VllmOmniServer,
        socket: web.WebSocketResponse,
        session: ServedSession,
        faults: ServerFaults,
    ) -> None:
        self._socket = socket
        self._session = session
        self._faults = faults
        self._pending: list[tuple[int, str, str]] = []
        self._payloads: dict[str, Any] = {}
        self._stop = asyncio.Event()
        self._request = f"video_stream-{len(server.sessions)}"

    async def _send(self, kind: str, **fields: Any) -> None:
        await self._socket.send_str(json.dumps({"type": kind, **fields}))

    async def run(self, seconds: float, frames: int) -> None:
        start, faults = self._session.start, self._faults
        await asyncio.sleep(faults.start_after)
        if faults.is_silent_at_start:
            await self._socket.receive()
            return
        if faults.refuse_start is not None:
            await self._send("error", message=faults.refuse_start)
            return
        if start.get("type") != "session.start" or not start.get("prompt"):
            await self._send("error", message="Expected session.start")
            return
        await self._send(
            "video.start", request_id=self._request, format="m4s", config={"fps": start["fps"]}
        )
        reading = asyncio.create_task(self._read())
        try:
            await self._generate(start, seconds, frames)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _generate(self, start: dict[str, Any], seconds: float, frames: int) -> None:
        faults, session = self._faults, self._session
        encoder = ChunkEncoder(faults.size or (start["width"], start["height"]), start["fps"])
        prompt = start["prompt"]
        wanted = start["num_frames"] // frames
        transport, held, events = 0, 0, []
        for chunk in range(wanted):
            if chunk == faults.done_at:
                break
            started = self._take_due(chunk)
            if started is not None:
                events.append(started[0])
                prompt = started[1]
                session.landed.append((chunk, prompt))
            if await self._stopped_within(seconds):
                break
            made = frames - 1 if chunk == faults.fewer_frames_at else frames
            encoder.add(colour_of(prompt), made)
            session.chunks += 1
            held += made
            if chunk == faults.skip_metadata_at:
                continue
            if not await self._send_chunk(encoder.taken(), chunk, held, events, transport):
                return
            transport, held, events = transport + 1, 0, []
        trailer = encoder.close()
        session.was_stopped = self._stop.is_set()
        if trailer and not session.was_stopped:
            metadata = self._metadata(transport, None, 0, trailer, [])
            await self._socket.send_str(json.dumps(metadata))
            await self._socket.send_bytes(trailer)
        await self._send(
            "session.done",
            request_id=self._request,
            chunks=session.chunks,
            stopped=session.was_stopped,
        )

    async def _send_chunk(
        self, data: bytes, chunk: int, frames: int, events: list[str], transport: int
    ) -> bool:
        """Send a chunk, or what goes wrong with it; return whether to go on."""
        faults = self._faults
        if chunk == faults.close_at:
            return False
        if chunk == faults.malformed_at:
            await self._socket.send_str(faults.malformed)
        if chunk == faults.error_at:
            await self._send("error", message="CUDA out of memory")
            return False
        if chunk == faults.stall_at:
            await self._stop.wait()
        if chunk == faults.not_video_at:
            data = b"\x00\x00\x00\x10ftypnone" + bytes(1000)
        index = 77 if chunk == faults.wrong_index_at else chunk
        metadata = self._metadata(transport, index, frames, data, events)
        if chunk == faults.wrong_length_at:
            metadata["byte_length"] += 1
        await self._socket.send_str(json.dumps(metadata))
        await asyncio.sleep(faults.video_after)
        if chunk == faults.no_binary_at:
            await self._send("session.pong")
        await self._socket.send_bytes(data)
        return True

    def _metadata(
        self, transport: int, chunk: int | None, frames: int, data: bytes, events: list[str]
    ) -> dict[str, Any]:
        """Return the metadata of a chunk, or of what the encoder adds at the end (None)."""
        return {
            "type": "video.chunk_metadata",
            "request_id": self._request,
            "kind": "trailer" if chunk is None else "media",
            "transport_chunk_index": transport,
            "generation_chunk_index": chunk,
            "num_frames": frames,
            "byte_length": len(data),
            "started_event_ids": events,
            "active_event_ids": events,
            "completed_event_ids": events,
        }

    def _take_due(self, chunk: int) -> tuple[str, str] | None:
        due = [one for one in self._pending if one[0] <= chunk]
        self._pending = [one for one in self._pending if one[0] > chunk]
        return None if not due else due[-1][1:]

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return False
        return True

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message.type is not WSMsgType.TEXT:
                self._stop.set()
                return
            found = json.loads(message.data)
            match found["type"]:
                case "session.ping":
                    self._session.pings += 1
                    await self._send("session.pong")
                case "session.stop":
                    if not self._faults.is_deaf_to_stop:
                        self._stop.set()
                case "session.interaction":
                    await self._interaction(found["interaction"])
                case kind:
                    await self._send("error", message=f"Unknown message type: {kind}")

    async def _interaction(self, found: dict[str, Any]) -> None:
        session, event, prompt = self._session, found["event_id"], found["event"]["prompt"]
        session.interactions.append((session.chunks, found))
        number = len(session.interactions)
        if self._faults.is_never_queued:
            return
        if number in self._faults.conflicts:
            await self._refuse(event, "event_id_conflict", "event_id_conflict")
            return
        if number in self._faults.fails:
            await self._send("session.interaction.queued", request_id=self._request, event_id=event)
            await self._refuse(event, "interaction_failed", "Failed to apply interaction")
            return
        self._pending.append((session.chunks + 1 + self._faults.later, event, prompt))
        await self._send("session.interaction.queued", request_id=self._request, event_id=event)

    async def _refuse(self, event: str, code: str, text: str) -> None:
        await self._send("error", message=text, code=code, request_id=self._request, event_id=event)
