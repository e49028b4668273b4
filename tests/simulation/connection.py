"""Reactor in virtual time: the real stage of `sequencer.stages.reactor`, with simulated HTTP and
WebRTC below it.

`SimulatedReactor` is the server side: the platform's routes, a connection's channels and frames,
and the simulated model. Commands and messages travel as frames of the protocol (v0 or v1), in the
real codecs, with a latency in each direction. The settings, in a script's `stage`, are all
optional:

```yaml
reactor:
  platform: true        # the platform's routes, with a token; else those of a local runtime
  protocol: v1          # the wire setting of the stage: auto, v0, v1
  understands: v0       # what the runtime understands: v0, or both
  latency: 30ms         # one way
  uploads: [late 6s, 500, 403, error, lost]  # the result of each attempt to upload, in order; later attempts succeed
  losses: silent        # drops are not signalled; else the channels close
  metadata: true        # frames carry metadata
  repeats: true         # with nothing to send, the last frame is sent again a few times
  dark: true            # a dark frame is sent if there is nothing to show
```
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from functools import cache, partial
from random import Random
from typing import Any
from unittest.mock import patch

import httpx
import numpy as np
from av import VideoFrame

from sequencer.core.errors import StageError
from sequencer.core.images import ImageFile
from sequencer.core.secrets import Secret
from sequencer.schedule.model import Schedule
from sequencer.stages.reactor import connector as meeting
from sequencer.stages.reactor import session, signalling
from sequencer.stages.reactor import session as token
from sequencer.stages.reactor.connection import Hooks
from sequencer.stages.reactor.frame_trailer import Metadata
from sequencer.stages.reactor.settings import ReactorSettings
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.stages.simulated.faults import Drop, End, Faults
from sequencer.stages.simulated.faulty_channel import FaultyChannel
from sequencer.stages.simulated.helios import HeliosModel
from sequencer.stages.simulated.helios_state import (
    Acknowledged,
    ChunkBegun,
    ChunkMade,
    Message,
    Output,
    UploadedImage,
    hash64,
)
from sequencer.stages.wire.codec import Wire, codec_for
from sequencer.stages.wire.helios.commands import Problem
from sequencer.stages.wire.messages import (
    Ack,
    Channel,
    CommandRequest,
    ErrorReply,
    Frame,
    ModelMessage,
    Schema,
    SchemaRequest,
    ServerMessage,
    SessionClosed,
)
from tests.simulation.clock_device import duration
from tests.simulation.virtual_loop import LoopClock, LoopTime, VirtualLoop

SECOND = 10**9
SESSION = "5e551011-0000-4000-8000-000000000001"
ORPHANED = 30 * SECOND
"""After this long without a client, the platform ends a session, in nanoseconds."""
UPLOAD_PATIENCE = 10 * SECOND
REPEATED = 8
"""How many times the last frame is sent again if there is no new one."""
MOVING = 4


@cache
def _frames_of_model() -> tuple[VideoFrame, ...]:
    """Return frames that differ clearly from each other, the last one dark."""
    shades = [np.full((16, 16), 60 + 45 * number, np.uint8) for number in range(MOVING)]
    return tuple(
        VideoFrame.from_ndarray(one, format="gray")
        for one in [*shades, np.full((16, 16), 16, np.uint8)]
    )


class Channels:
    """One connection, as the stage sees it: it has the methods of
    `sequencer.stages.reactor.connection.Connection`.
    """

    def __init__(self, reactor: SimulatedReactor, hooks: Hooks) -> None:
        self._reactor = reactor
        self.hooks = hooks
        self.is_open = False
        self.wire: Wire | None = None
        self.last_activity = 0
        self._out = self._in = self._frames = 0

    async def offer(self) -> tuple[str, list[dict[str, object]]]:
        """Return an offer, which nobody reads here."""
        return "v=0\r\na=candidate:1\r\n", []

    async def accept(self, answer: str, seconds: float) -> None:
        """Accept the answer and return when the connection is established. Raises StageError."""
        await asyncio.sleep(0.05)
        if self._reactor.is_dark:
            await asyncio.sleep(seconds)
            raise StageError(f"the media connection was not established within {seconds:.0f} s")
        self.is_open = True
        self.last_activity = self._reactor.clock.now()
        self._reactor.opened(self)

    def send(self, frame: Frame) -> None:
        """Send a frame now. Raises StageError if the channel is closed."""
        if not self.is_open:
            raise StageError(f"the {frame.channel} channel is not open")
        self._out = self._reactor.after_latency(self._out, lambda: self._arrived(frame))

    def _arrived(self, frame: Frame) -> None:
        if self.is_open and not self._reactor.is_dark:
            self._reactor.received(self, frame.channel, frame.payload)

    async def silent_for(self) -> float:
        """Return the seconds since anything arrived: acknowledgements arrive as long as the peer is
        alive.
        """
        now = self._reactor.clock.now()
        if not self._reactor.is_dark:
            self.last_activity = now
        return (now - self.last_activity) / SECOND

    def emit(self, message: ServerMessage, channel: Channel = "data") -> None:
        """Send a message from the runtime to this client."""
        wire = self.wire or Wire.V0  # before it has received anything, a runtime sends v0
        frame = wire.write_server(message, channel)
        if frame is not None:
            self._in = self._reactor.after_latency(self._in, lambda: self._arrive(frame))

    def _arrive(self, frame: Frame) -> None:
        if self.is_open and not self._reactor.is_dark:
            self.hooks.received(frame.channel, frame.payload)

    def show(
        self, frame: VideoFrame, metadata: Metadata | None, pts: int, shown: Callable[[], None]
    ) -> None:
        """Send a frame of video; `shown` is called when it arrives."""

        def arrived() -> None:
            if self.is_open and not self._reactor.is_dark:
                frame.pts = pts
                shown()
                self.hooks.frame(frame, metadata)

        self._frames = self._reactor.after_latency(self._frames, arrived)

    def broken(self, why: str) -> None:
        """Break the connection."""
        if self.is_open:
            self.is_open = False
            self.hooks.broken(why)

    async def close(self) -> None:
        """Close the connection. Safe to call twice."""
        if self.is_open:
            self.is_open = False
            self._reactor.gone(self)


class _Pacer:
    """Sends frames one after the other, at the model's rate; without a new one it repeats the last
    one or sends nothing.
    """

    def __init__(self, reactor: SimulatedReactor, fps: Fraction) -> None:
        self._reactor = reactor
        self._step = SECOND / fps
        self._queue: deque[tuple[int, int, int]] = deque()
        self._next = Fraction(0)
        self._ticking = False
        self._sent = self._new = self._repeated = 0
        self._last: tuple[int, int, int] | None = None
        self._darken = False

    def add(self, take: int, chunk: int, frames: int) -> None:
        """Queue the frames of a chunk."""
        self._queue += [(take, chunk, index) for index in range(frames)]
        if not self._ticking:
            self._ticking = True
            now = Fraction(self._reactor.clock.now())
            missed = max(0, -((self._next - now) // self._step)) if self._next < now else 0
            self._next = (
                self._next + missed * self._step if self._reactor.repeats else max(now, self._next)
            )
            self._reactor.clock.call_at(int(self._next), self._tick)

    def darken(self) -> None:
        """Send a dark frame after everything queued has been sent."""
        self._darken = True
        if not self._ticking:
            self._tick()

    def _tick(self) -> None:
        self._next += self._step
        if self._queue:
            self._last, self._repeated = self._queue.popleft(), 0
            self._new += 1
            self._send(*self._last)
        elif self._darken:
            self._darken, self._last = False, None
            self._reactor.show_dark(self._metadata(b"dark"))
        elif self._last is not None and self._reactor.repeats and self._repeated < REPEATED:
            self._repeated += 1
            self._send(*self._last)
        else:
            self._ticking = False
            return
        self._ticking = True
        self._reactor.clock.call_at(int(self._next), self._tick)

    def _metadata(self, own: bytes) -> Metadata | None:
        self._sent += 1
        return (
            Metadata(self._sent, self._reactor.clock.now() // 1000, own)
            if self._reactor.metadata
            else None
        )

    def _send(self, take: int, chunk: int, index: int) -> None:
        metadata = self._metadata(f"{take}.{chunk}.{index}".encode())
        frame = _frames_of_model()[self._new % MOVING]
        self._reactor.show_frame(
            take, chunk, frame, metadata, is_first=index == 0 and not self._repeated
        )


class SimulatedReactor:
    """The server side of a stage at Reactor: platform, runtime and model."""

    def __init__(
        self,
        clock: LoopClock,
        schedule: Schedule,
        faults: Faults,
        *,
        settings: Mapping[str, Any],
        model: HeliosModel,
        noticed: Callable[[tuple[Output, ...]], None],
        displayed: Callable[[int, int], None],
    ) -> None:
        """Create the server.

        `noticed` receives all output of the model, `displayed` the take and chunk whose first frame
        arrives.
        """
        self.clock = clock
        self._faults = faults
        self._model = model
        self._noticed = noticed
        self._displayed = displayed
        self._link = FaultyChannel(faults)
        self._latency = duration(str(settings.get("latency", "0s")))
        self.metadata = bool(settings.get("metadata"))
        self.repeats = bool(settings.get("repeats"))
        self._dark_frames = bool(settings.get("dark"))
        self._silent = settings.get("losses") == "silent"
        self._only_v0 = settings.get("understands") == "v0"
        self._is_platform = bool(settings.get("platform"))
        self._attempts = deque(str(one) for one in settings.get("uploads", ()))
        self._names = {image.path.rsplit("/", 1)[-1]: image for image in schedule.images}
        self._pacer = _Pacer(self, faults.fps or schedule.grid.fps)
        self._shown_at = 0
        self._connections: dict[int, str] = {}
        self._uploads: dict[str, ImageFile] = {}
        self._brought: set[str] = set()
        self._peers: list[Channels] = []
        self._asks: dict[int, tuple[Channels, str]] = {}
        self._asked = self._polls = 0
        self._dark_until = -1
        self._dark_since = 0
        self._wake: Any = None
        self._drops = list(faults.drops)
        self.is_begun = self.is_over = False
        self.unfinished: list[str] = []
        """What a client failed to clean up."""
        self._orphaned = 0

    # ---- HTTP

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a request as the platform, a local runtime, or the store for images does."""
        await asyncio.sleep(2 * self._latency / SECOND)
        if self.is_dark:
            raise httpx.ConnectError("nobody gets through")
        body = json.loads(request.content) if request.method == "POST" and request.content else {}
        status, reported = await self._route(request.method, request.url.path, body)
        return httpx.Response(status, json=reported)

    async def _route(  # noqa: PLR0912  # one branch per route
        self, method: str, path: str, body: Mapping[str, Any]
    ) -> tuple[int, Mapping[str, Any]]:
        parts = path.strip("/").split("/")
        match method, parts:
            case "POST", ["tokens"]:
                return 200, {"jwt": "eyJ.simulated.token", "expires_at": 1_700_003_600}
            case "POST", ["sessions"] | ["start_session"]:
                return self._begin()
            case "GET", ["sessions", _] | ["session"]:
                return 200, self._descriptor()
            case ("DELETE", ["sessions", _]) | ("POST", ["stop_session"]):
                if self.is_over:
                    return 404, {"detail": "the session is over"}
                self._end_session()
                return 200, {}
            case _ if self.is_over:
                return 404, {"detail": "the session is over"}
            case "GET", [*_, "ice_servers"]:
                return 200, {"ice_servers": []}
            case "POST", [*_, "connections"]:
                number = 1002 + len(self._connections)
                self._connections[number] = ""
                return 201, {"connection_id": number}
            case "POST", [*_, number, "sdp_params"]:
                self._connections[int(number)] = "v=0\r\n"
                return 202, {}
            case "GET", [*_, number, "sdp_params"]:
                answer, self._connections[int(number)] = self._connections[int(number)], ""
                return (200, {"sdp_answer": answer}) if answer else (202, {})
            case "POST", [*_, "uploads"]:
                return await self._announce(body)
            case "PUT", [*_, upload]:
                return await self._put(upload)
            case _:
                return 404, {"detail": "there is no such thing"}

    def _begin(self) -> tuple[int, Mapping[str, Any]]:
        self.is_begun = True
        self._orphaned = self.clock.now()
        self.clock.call_at(self.clock.now() + SECOND, self._watch)
        moments: list[Drop | End] = [
            *self._drops,
            *([self._faults.end] if self._faults.end else []),
        ]
        for moment in moments:
            if moment.at is not None:
                self.clock.call_at(self.clock.now() + moment.at, partial(self._happen, moment))
        return 201, self._descriptor()

    def _descriptor(self) -> dict[str, Any]:
        state = "CLOSED" if self.is_over else "ACTIVE"
        reported: dict[str, Any] = {
            "session_id": SESSION,
            "state": state,
            "server_info": {"server_version": "3.2.3"},
        }
        self._polls += 1
        if not self._is_platform or self._polls > 2:
            reported["selected_transport"] = {"protocol": "webrtc", "version": "1.0"}
            reported["capabilities"] = {
                "tracks": [{"name": "main_video", "kind": "video", "direction": "recvonly"}]
            }
        return reported

    async def _announce(self, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        upload = f"upload-{len(self._uploads) + 1}"
        self._uploads[upload] = self._names[str(body["name"])]
        return 201, {
            "presigned_id": upload,
            "presigned_url": f"{self.url}/uploads/{upload}?signature=secret",
        }

    async def _put(self, upload: str) -> tuple[int, Mapping[str, Any]]:
        """Handle an attempt to upload an image.

        The result is `late 6s`, a status, `error` (no answer), or `lost` (the image arrived, the
        answer did not).
        """
        await asyncio.sleep(self._faults.delays.upload / SECOND)
        attempt = self._attempts.popleft() if self._attempts else ""
        if attempt.startswith("late "):
            await asyncio.sleep(duration(attempt[5:]) / SECOND)
        elif attempt.isdecimal():
            return int(attempt), {}
        elif attempt == "error":
            raise httpx.ReadError("broken")
        image = self._uploads[upload]
        if upload in self._brought:
            return 409, {}
        self._brought.add(upload)
        self._model.uploaded(
            image.sha256, UploadedImage(image.width, image.height), self.clock.now()
        )
        if attempt == "lost":
            raise httpx.ReadTimeout("no answer")
        return 200, {}

    @property
    def url(self) -> str:
        """The base URL."""
        return "https://api.reactor.test" if self._is_platform else "http://127.0.0.1:8080"

    # ---- connections

    @property
    def is_dark(self) -> bool:
        """Whether the network is down at the moment."""
        return self.clock.now() < self._dark_until

    def after_latency(self, last: int, act: Callable[[], None]) -> int:
        """Call `act` when a packet arrives, never before the previous one (`last`); return the
        time.
        """
        now = self.clock.now()
        due = max(last, now + self._latency + hash64("way", now) % (self._latency // 4 + 1))
        self.clock.call_at(due, act)
        return due

    def connect(
        self, tracks: Sequence[object], hooks: Hooks, servers: Sequence[object] = ()
    ) -> Channels:
        """Create a client's connection. Replaces the class `Connection`."""
        return Channels(self, hooks)

    def opened(self, peer: Channels) -> None:
        """Register a client whose channels are open."""
        self._peers.append(peer)
        self._pass_on(self._model.connect(self.clock.now()))

    def gone(self, peer: Channels) -> None:
        """Unregister a client that closed its connection."""
        self._peers = [one for one in self._peers if one is not peer]
        self._orphaned = self.clock.now()

    def _watch(self) -> None:
        if self.is_over:
            return
        if not self._peers and self.clock.now() - self._orphaned > ORPHANED:
            self._end_session()
        self.clock.call_at(self.clock.now() + SECOND, self._watch)

    def _end_session(self) -> None:
        self.is_over = True
        peers, self._peers = self._peers, []
        for peer in peers:
            peer.broken("the other side closed the connection")

    def _happen(self, what: Drop | End) -> None:
        """Apply a fault."""
        if self.is_over:
            return
        match what:
            case End():
                for peer in self._peers:
                    peer.emit(SessionClosed(what.reason), "control")
                self.clock.call_at(self.clock.now() + 2 * self._latency, self._end_session)
            case Drop() if not self.is_dark:
                self._dark_since = self.clock.now()
                self._dark_until = self._dark_since + what.lasting
                peers, self._peers = self._peers, []
                self._orphaned = self._dark_since
                for peer in [] if self._silent else peers:
                    peer.broken("the data channel was closed from the other side")
                for peer in peers if self._silent else []:
                    peer.last_activity = self._dark_since
                    self.clock.call_at(self._dark_until, lambda peer=peer: self._back(peer))  # type: ignore[misc]  # binds now
            case Drop():
                pass  # the network is down already

    def _back(self, peer: Channels) -> None:
        """End a silence that was too short to be noticed: the connection is kept."""
        if peer.is_open and not self.is_over:
            self._peers.append(peer)

    # ---- messages

    def received(self, peer: Channels, channel: Channel, payload: str | bytes) -> None:
        """Handle a frame from a client."""
        wire = codec_for(payload)
        if wire is Wire.V1 and self._only_v0:
            return
        peer.wire = peer.wire or wire
        match peer.wire.read_client(channel, payload):
            case CommandRequest() as sent:
                self._command(peer, sent, self.clock.now() + UPLOAD_PATIENCE)
            case SchemaRequest(request=request):
                peer.emit(Schema({}, request), "control")
            case _:
                pass

    def _command(self, peer: Channels, sent: CommandRequest, patience: int) -> None:
        data = dict(sent.data)
        for name, reference in sent.uploads:
            if reference.upload_id not in self._brought:
                if self.clock.now() < patience:
                    self.clock.call_at(
                        self.clock.now() + SECOND // 10, lambda: self._command(peer, sent, patience)
                    )
                else:
                    self._refuse(
                        peer,
                        sent,
                        "unresolved_upload",
                        f"{name}: the bytes of the upload never arrived",
                    )
                return
            data[name] = self._uploads[reference.upload_id].sha256
        problem = self._model.read(sent.type, data)
        if isinstance(problem, Problem):
            self._refuse(peer, sent, "invalid_command", problem.reason)
            return
        ask = 0
        if sent.request:
            self._asked += 1
            ask = self._asked
            self._asks[ask] = (peer, sent.request)
        self._pass_on(self._model.ask(sent.type, data, self.clock.now(), ask))

    def _refuse(self, peer: Channels, sent: CommandRequest, code: str, reason: str) -> None:
        if sent.request:
            peer.emit(ErrorReply(sent.request, code, reason))

    def _answered(self, asks: tuple[int, ...], message: Message | None) -> None:
        for ask in asks:
            peer, request = self._asks.pop(ask, (None, ""))
            if peer is not None and peer.is_open:
                peer.emit(
                    Ack(request)
                    if message is None
                    else ModelMessage(message.type, message.data, request)
                )

    # ---- the model

    def _pass_on(self, outputs: tuple[Output, ...]) -> None:
        self._noticed(outputs)
        for output in outputs:
            match output:
                case Message():
                    carried = self._link.carry(output)
                    for message in carried:
                        self._send_at(message)
                    if not any(
                        one.answers == output.answers for one in carried
                    ) and not self._link.holds(output):
                        self._answered(output.answers, None)
                case Acknowledged():
                    self._answered(output.answers, None)
                case ChunkBegun():
                    for drop in [
                        one for one in self._drops if one.at_chunk(output.take, output.look.chunk)
                    ]:
                        self._drops.remove(drop)
                        self._happen(drop)
                    if self._faults.end is not None and self._faults.end.at_chunk(
                        output.take, output.look.chunk
                    ):
                        self._happen(self._faults.end)
                case ChunkMade():
                    self._made(output)
        due = self._model.deadline
        if self._wake is not None:
            self._wake.cancel()
        self._wake = None if due is None or self.is_over else self.clock.call_at(due, self._woken)

    def _woken(self) -> None:
        self._wake = None
        self._pass_on(self._model.advance(self.clock.now()))

    def _send_at(self, message: Message) -> None:
        if message.at <= self.clock.now():
            self._send_message(message)
        else:
            self.clock.call_at(message.at, lambda: self._send_message(message))

    def _send_message(self, message: Message) -> None:
        if self.is_over:
            return
        if message.name == "generation_reset" and self._dark_frames:
            self.clock.call_at(max(self.clock.now(), self._shown_at), self._pacer.darken)
        for peer in list(self._peers):
            peer.emit(ModelMessage(message.type, message.data))
        self._answered(message.answers, message)

    def _made(self, made: ChunkMade) -> None:
        look, delays = made.look, self._faults.delays
        lag = delays.shown
        if delays.shown_jitter:
            lag += hash64(self._faults.seed, "shown", made.take, look.chunk) % (
                delays.shown_jitter + 1
            )
        self._shown_at = max(self._shown_at, made.at + lag)
        if look.frames:
            self.clock.call_at(
                self._shown_at, lambda: self._pacer.add(made.take, look.chunk, look.frames)
            )

    def show_frame(
        self, take: int, chunk: int, frame: VideoFrame, metadata: Metadata | None, is_first: bool
    ) -> None:
        """Send a frame of a chunk."""
        self._send_frame(
            frame, metadata, lambda: self._displayed(take, chunk) if is_first else None
        )

    def show_dark(self, metadata: Metadata | None) -> None:
        """Send a dark frame."""
        self._send_frame(_frames_of_model()[MOVING], metadata, lambda: None)

    def _send_frame(
        self, frame: VideoFrame, metadata: Metadata | None, shown: Callable[[], None]
    ) -> None:
        pts = self.clock.now() * 90_000 // SECOND
        for peer in self._peers:
            peer.show(frame, metadata, pts, shown)

    # ---- the end

    def left(self) -> Iterator[str]:
        """Yield what a client failed to clean up before it left."""
        if not self.is_over:
            yield "the session was not ended at the platform"
        if any(peer.is_open for peer in self._peers):
            yield "a connection was left open"


def settings_of(schedule: Schedule, settings: Mapping[str, Any], url: str) -> ReactorSettings:
    """Return the settings of the stage."""
    is_platform = bool(settings.get("platform"))
    return ReactorSettings(
        url=url,
        local=not is_platform,
        key=Secret("rk_simulated") if is_platform else None,
        wire=settings.get("protocol", "auto"),
        frames_per_chunk=schedule.grid.frames,
    )


@contextmanager
def beneath(reactor: SimulatedReactor, loop: VirtualLoop) -> Iterator[httpx.MockTransport]:
    """Connect stages at Reactor to this server and to its time, for the duration of the context."""
    with ExitStack() as replaced:
        replaced.enter_context(patch.object(meeting, "Connection", reactor.connect))
        for module in (session, signalling, token):
            replaced.enter_context(patch.object(module, "time", LoopTime(loop)))
        yield httpx.MockTransport(reactor.answer)


def drawn_connection(rng: Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw a connection to Reactor with its possible failures, and the faults that it requires of
    the model.
    """
    found: dict[str, Any] = {"protocol": ("auto", "v0", "v1", "v1")[rng.randrange(4)]}
    faults: dict[str, Any] = {}
    if found["protocol"] != "v1" and rng.randrange(3) == 0:
        found["understands"] = "v0"
    if rng.randrange(2):
        found["platform"] = True
    if rng.randrange(2):
        found["latency"] = ("5ms", "30ms", "90ms", "400ms")[rng.randrange(4)]
    if rng.randrange(2):
        ways = ("late 6s", "late 45s", "500", "403", "error", "lost", "ok")
        found["uploads"] = [ways[rng.randrange(len(ways))] for _ in range(1 + rng.randrange(4))]
    if rng.randrange(3) == 0:
        found["losses"] = ("silent", "closed")[rng.randrange(2)]
        faults["drops"] = [
            {
                "at": f"{rng.randrange(40_000)}ms",
                "for": ("300ms", "2s", "7s", "25s", "60s")[rng.randrange(5)],
            }
            for _ in range(1 + rng.randrange(2))
        ]
    if rng.randrange(2):
        found["metadata"] = True
        if rng.randrange(2):
            found["repeats"] = True
    if rng.randrange(2):
        found["dark"] = True
    if rng.randrange(2):
        faults["dialect"] = "1.x"
    return found, faults


__all__ = ["ReactorStage", "SimulatedReactor", "beneath", "drawn_connection", "settings_of"]
