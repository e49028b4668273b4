"""A session with its model, its clients, its uploads and clips, from beginning to end."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from sequencer.models.catalog import DEFAULT, find_spec
from sequencer.server.clips import Clips
from sequencer.server.model_runner import ModelRunner
from sequencer.server.network_faults import NetworkFaultRelay
from sequencer.server.openapi import document
from sequencer.server.peer import BadOfferError, Peer
from sequencer.server.settings import (
    CLUSTER,
    LOCAL_SESSION,
    SERVER_VERSION,
    TRACK,
    ServerSettings,
)
from sequencer.server.uploads import Slot, UploadSlots
from sequencer.server.video_source import Painter
from sequencer.stages.simulated.faults import Drop, End
from sequencer.stages.simulated.helios_state import Message
from sequencer.stages.wire.messages import (
    Ack,
    ClipRequest,
    CommandRequest,
    ErrorReply,
    FromClient,
    Malformed,
    ModelMessage,
    Moderation,
    RecordingRequest,
    Schema,
    SchemaRequest,
    SessionClosed,
    TrackRequest,
)

log = logging.getLogger("sequencer.server")

MAX_CONNECTIONS = 64
MAX_SILENT_PEERS = 32
"""The most connections of a session with an offer, but without a message from the client yet."""
UPLOAD_TIMEOUT_S = 10.0
"""How many seconds a command waits for the bytes of an upload that it refers to."""
CLOSING_SECONDS = 2.0
"""How many seconds the end of a session waits for connections to close."""
MAX_COMMANDS_WAITING = 64
"""The most commands of a session that wait for the bytes of uploads at once."""
MAX_EVENTS = 2000
"""The most events that a session keeps."""


def summary(session: str, state: str, model: str = DEFAULT) -> dict[str, object]:
    """Return the fields of every answer about a session.

    The JavaScript SDK refuses an answer without any of them.
    """
    return {
        "session_id": session,
        "state": state,
        "cluster": CLUSTER,
        "model": {"name": model},
        "server_info": {"server_version": SERVER_VERSION},
    }


class Session:
    """One session. `over` is called once, with the session, when it has ended."""

    def __init__(
        self,
        settings: ServerSettings,
        number: str,
        over: Callable[[Session], None],
        *,
        seconds: float,
        ready_in: float = 0.0,
    ) -> None:
        self.id = number
        self._settings = settings
        self._over = over
        self.show = ModelRunner(
            settings.faults,
            settings.grid,
            self,
            Painter(settings.native_size, settings.plain),
            find_spec(settings.model),
        )
        self.uploads = UploadSlots(settings.url_seconds)
        self.clips = Clips(self.show, self.show.rate)
        self.peers: dict[int, Peer] = {}
        self._answers: dict[int, str | None] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing: set[asyncio.Task[Any]] = set()
        """Connections being closed.

        They are awaited, because aiortc fails if its closing is cancelled.
        """
        self._timers: list[asyncio.TimerHandle] = []
        self._ready_at = time.monotonic() + ready_in
        self._orphaned = time.monotonic()
        self._dark_until = 0.0
        self._drops = list(settings.drop_after)
        self._upload_count = 0
        self._asks: dict[int, tuple[Peer, str]] = {}
        """By a command's id in the model: the client awaiting the answer, and its request."""
        self._ask_count = 0
        self._commands_waiting = 0
        self.ended: str | None = None
        self.events: deque[dict[str, object]] = deque(maxlen=MAX_EVENTS)
        self.happenings = 0
        self.news = asyncio.Event()
        self.show.start()
        loop = asyncio.get_running_loop()
        self._timers.append(loop.call_later(seconds, self.end, "the session's time is up"))
        self._spawn(self._watch())

    # ---- description

    @property
    def is_local(self) -> bool:
        """Whether it is the only session of a local runtime."""
        return self.id == LOCAL_SESSION

    @property
    def state(self) -> str:
        """The state in the platform's spelling (lower case in a local runtime)."""
        if self.ended is not None:
            state = "TERMINATED" if self.is_local else "CLOSED"
        elif time.monotonic() < self._ready_at:
            state = "PENDING"
        elif not self.peers:
            state = "READY" if self.is_local and self.show.began is None else "WAITING"
        elif self.is_local:
            state = "STREAMING"
        else:
            state = "ACTIVE"
        return state.lower() if self.is_local else state

    def summary(self) -> dict[str, object]:
        """Return what is known about the session from the beginning."""
        return summary(self.id, self.state, find_spec(self._settings.model).connect)

    def descriptor(self) -> dict[str, object]:
        """Return the platform's description of the session.

        Transport and capabilities are included once it is ready.
        """
        summary = self.summary()
        if self.ended is None and time.monotonic() >= self._ready_at:
            summary["selected_transport"] = {"protocol": "webrtc", "version": "1.0"}
            summary["capabilities"] = {
                "protocol_version": "v0",
                "emission_fps": float(self.show.rate),
                "commands": [],
                "tracks": [{"name": TRACK, "kind": "video", "direction": "recvonly"}],
            }
        return summary

    def note(self, event: str, **detail: object) -> None:
        """Record an event for `/events`."""
        self.happenings += 1
        log.info("%s%s", event, "".join(f"  {key}: {value}" for key, value in detail.items()))
        self.events.append(
            {
                "n": self.happenings,
                "event": event,
                "ts": time.time(),
                "state": self.state,
                "detail": detail,
            }
        )
        self.news.set()
        self.news = asyncio.Event()

    def _spawn(
        self, work: Coroutine[Any, Any, Any], among: set[asyncio.Task[Any]] | None = None
    ) -> None:
        tasks = self._tasks if among is None else among
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    # ---- connections

    @property
    def is_dark(self) -> bool:
        """Whether nobody can connect at the moment."""
        return time.monotonic() < self._dark_until

    def register(self) -> int | None:
        """Return the number of a new connection; None if there are too many."""
        if len(self._answers) >= MAX_CONNECTIONS:
            for number in [one for one in self._answers if one not in self.peers]:
                del self._answers[number]
        if len(self._answers) >= MAX_CONNECTIONS:
            return None
        number = 1002 + secrets.randbelow(8997)
        while number in self._answers:
            number = 1002 + secrets.randbelow(8997)
        self._answers[number] = None
        return number

    def can_start(self, number: int) -> bool:
        """Return whether an offer on this number is answered.

        It is not answered while too many connections have not sent anything yet.
        """
        return (
            sum(peer.wire is None for peer in self.peers.values() if peer.number != number)
            < MAX_SILENT_PEERS
        )

    def knows(self, number: int) -> bool:
        """Return whether this connection was registered."""
        return number in self._answers

    def offer(self, number: int, sdp: str, mapping: Sequence[Mapping[str, object]]) -> None:
        """Begin to answer an offer.

        The answer is fetched later, once. A second offer on the same number replaces the first.
        """
        self._answers[number] = None
        old = self.peers.pop(number, None)
        if old is not None:
            self._spawn(old.close(), self._closing)
        needs_relay = (
            not self._settings.network.is_good
            or self._settings.drop_after
            or self._settings.faults.drops
        )
        relay = NetworkFaultRelay(self._settings.network) if needs_relay else None
        peer = Peer(self, number, self.show.screen, self._settings, relay)
        self.peers[number] = peer
        self._spawn(self._answer(peer, sdp, mapping))

    async def _answer(self, peer: Peer, sdp: str, mapping: Sequence[Mapping[str, object]]) -> None:
        try:
            self._answers[peer.number] = await peer.answer(sdp, mapping)
        except (
            BadOfferError
        ) as error:  # the platform sends nothing then: the client needs a timeout
            self.note("error", message=str(error))
            await peer.close()

    def take_answer(self, number: int) -> str | None:
        """Return the answer once; None before it exists and after it was fetched."""
        answer = self._answers.get(number)
        if answer is not None:
            self._answers[number] = None
        return answer

    def opened(self, peer: Peer) -> None:
        """Let the model send its state when a client's channels are open.

        This is a race that clients must not rely on.
        """
        self.note("connected", connection=peer.number)
        self.show.connect()

    def gone(self, peer: Peer) -> None:
        """Handle the end of a client's connection."""
        if self.peers.get(peer.number) is peer:
            del self.peers[peer.number]
        self.note("disconnected", connection=peer.number)
        self._orphaned = time.monotonic()
        self._spawn(peer.close(), self._closing)

    async def _watch(self) -> None:
        while self.ended is None:
            await asyncio.sleep(0.1)
            if not self.peers and time.monotonic() - self._orphaned > self._settings.orphan_seconds:
                self.end("nobody is connected any more")
            began = self.show.began
            if began is not None and self._drops and time.monotonic() - began >= self._drops[0]:
                self._drops.pop(0)
                self._kill(0.0)

    def _kill(self, lasting: float) -> None:
        """Break every connection silently; for `lasting` seconds nobody can connect."""
        self.note("killed", lasting=lasting)
        self._dark_until = time.monotonic() + lasting
        for peer in list(self.peers.values()):
            peer.mute()

    # ---- messages of the model

    def broadcast(self, name: str, data: Mapping[str, object]) -> None:
        """Send a message to every client."""
        if name in ("command_error", "error"):
            self.note("refused", **{str(key): value for key, value in data.items()})
        for peer in list(self.peers.values()):
            peer.send(ModelMessage(name, data))

    def answered(self, asks: tuple[int, ...], message: Message | None) -> None:
        """Answer commands that came with a request.

        The answer is the message that every client received, or an acknowledgement.
        """
        for ask in asks:
            waiting = self._asks.pop(ask, None)
            if waiting is not None:
                peer, request = waiting
                peer.send(
                    Ack(request)
                    if message is None
                    else ModelMessage(message.type, message.data, request)
                )

    def apply_fault(self, what: Drop | End) -> None:
        """Apply a fault of the faults file."""
        match what:
            case Drop():
                self._kill(what.lasting / 1_000_000_000)
            case End():
                self.end(what.reason)

    # ---- messages of clients

    def on_message(self, peer: Peer, message: FromClient) -> None:
        """Do what a client requests."""
        match message:
            case CommandRequest():
                self._command(peer, message)
            case SchemaRequest():
                peer.send(
                    Schema(
                        document(self._settings.faults.dialect, find_spec(self._settings.model)),
                        message.request,
                    ),
                    "control",
                )
            case ClipRequest():
                peer.send(self.clips.ask(message.seconds, message.request), "control")
            case RecordingRequest():
                peer.send(self.clips.ask(None, message.request), "control")
            case TrackRequest(do="publish"):
                peer.send(
                    ErrorReply(
                        message.request, "publish_refused", f"{message.name} takes no arguments"
                    ),
                    "control",
                )
            case Malformed():
                self.note("error", message=f"a frame could not be read: {message.reason}")
            case _:
                pass  # pings, notices of uploads, and unknown messages are received without effect

    def _command(self, peer: Peer, sent: CommandRequest) -> None:
        self.note("command", name=sent.type, wire=str(peer.wire))
        if sent.uploads and self._commands_waiting >= MAX_COMMANDS_WAITING:
            self._refuse(peer, sent, "unresolved_upload", "too many commands wait for uploads")
        elif sent.uploads:
            self._spawn(self._command_with_uploads(peer, sent))
        else:
            self._carry_out(peer, sent, sent.data)

    async def _command_with_uploads(self, peer: Peer, sent: CommandRequest) -> None:
        data = dict(sent.data)
        self._commands_waiting += 1
        try:
            for name, reference in sent.uploads:
                slot = await self.uploads.wait(reference.upload_id, UPLOAD_TIMEOUT_S)
                if slot is None:
                    self._refuse(
                        peer,
                        sent,
                        "unresolved_upload",
                        f"{name}: the bytes of the upload never arrived",
                    )
                    return
                data[name] = reference.upload_id
        finally:
            self._commands_waiting -= 1
        self._carry_out(peer, sent, data)

    def _carry_out(self, peer: Peer, sent: CommandRequest, data: Mapping[str, object]) -> None:
        if self.ended is not None:
            return
        problem = self.show.problem(sent.type, data)
        if problem is not None:
            self._refuse(peer, sent, "invalid_command", problem.reason)
            return
        if not self._moderated(sent.type, data):
            return
        ask = 0
        if sent.request:
            self._ask_count += 1
            ask = self._ask_count
            self._asks[ask] = (peer, sent.request)
        self.show.command(sent.type, data, ask)

    def _refuse(self, peer: Peer, sent: CommandRequest, code: str, reason: str) -> None:
        """Send an error if the protocol allows it; `/events` reports it in any case."""
        self.note(
            "error", message=f"command '{sent.type}' rejected ({sent.type}: {reason})", code=code
        )
        if sent.request:
            peer.send(ErrorReply(sent.request, code, reason))

    def _moderated(self, command: str, data: Mapping[str, object]) -> bool:
        """Return whether a command may pass.

        Prompts with certain words cause a warning or end the session.
        """
        prompt = str(data.get("prompt", "")).lower()
        if any(word in prompt for word in self._settings.terminated):
            self._moderate("terminate", command)
            self.end("moderation")
            return False
        if any(word in prompt for word in self._settings.moderated):
            self._moderate("warn", command)
        return True

    def _moderate(self, action: str, command: str) -> None:
        verdict = Moderation(
            action,
            "prompt",
            command,
            ("stand-in",),
            "the prompt contains a word that the local server rejects",
        )
        self.note("moderation", action=action, command=command)
        for peer in list(self.peers.values()):
            peer.send(verdict, "control")

    # ---- uploads

    def upload_fault(self, name: str) -> str | None:
        """Return why the current upload must fail, if the faults file requires it."""
        self._upload_count += 1
        for fault in self._settings.faults.uploads:
            if fault.covers(self._upload_count, name):
                return fault.reason
        return None

    def uploaded(self, slot: Slot) -> None:
        """Pass the content of an upload to the model and the clips."""
        if slot.found is not None:
            self.show.learn(slot.reference.upload_id, slot.found, slot.pixels)
        if slot.pixels is not None:
            self.clips.learn(slot.reference.upload_id, slot.pixels)
        self.note("uploaded", name=slot.reference.name, size=slot.reference.size)

    # ---- the end

    def end(self, reason: str) -> None:
        """End the session: notify every client, then close its connection."""
        if self.ended is not None:
            return
        self.ended = reason
        self.note("ended", reason=reason)
        for peer in list(self.peers.values()):
            peer.send(SessionClosed(reason), "control")
        self._spawn(self._close_soon())
        self._over(self)

    async def _close_soon(self) -> None:
        await asyncio.sleep(0.2)
        await asyncio.gather(*(peer.close() for peer in list(self.peers.values())))
        await self.show.stop()

    async def stop(self) -> None:
        """End at once and release everything."""
        self.end("the server stops")
        for timer in self._timers:
            timer.cancel()
        await asyncio.gather(*(peer.close() for peer in list(self.peers.values())))
        if self._closing:
            await asyncio.wait(self._closing, timeout=CLOSING_SECONDS)
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.clips.stop()
        await self.show.stop()
