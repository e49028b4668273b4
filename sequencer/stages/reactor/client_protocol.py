"""The client's side of the protocol: sends commands, and turns messages into events.

It also matches answers to commands.

Only wire v1 answers, and an answer means only that a command was processed, not that it was
accepted.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sequencer.core.errors import StageError
from sequencer.events.codec import Event
from sequencer.events.commands import ModelCommand, SetConditioning, SetImage
from sequencer.events.events import CommandRefused, SessionEnded, UnknownMessage
from sequencer.stages.reactor.safety import redact
from sequencer.stages.wire.codec import Wire
from sequencer.stages.wire.helios.model_messages import MAX_UNKNOWN
from sequencer.stages.wire.messages import (
    Ack,
    Channel,
    ClientMessage,
    ClipFailed,
    ClipReady,
    ClipRequest,
    CommandRequest,
    Data,
    ErrorReply,
    FileUploaded,
    Frame,
    Malformed,
    ModelMessage,
    Moderation,
    Reference,
    Schema,
    SchemaRequest,
    SessionClosed,
    TrackPublished,
    UnknownFrame,
)
from sequencer.stages.wire.translation import Client, Exchange

MAX_GIVEN_UP_KEPT = 64
"""More requests than anybody sends while one chunk is made."""


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """An unanswered command: its name, and when it was sent.

    The time is in nanoseconds of the run's clock.
    """

    name: str
    at: int


class PendingRequests:
    """Assigns request ids and matches answers to them."""

    def __init__(self) -> None:
        self._open: dict[str, PendingRequest] = {}
        self._given_up: deque[str] = deque(maxlen=MAX_GIVEN_UP_KEPT)
        self._count = 0
        self.latencies: list[int] = []
        """Nanoseconds from each command to its answer, for the last 1,000 commands."""

    def ask(self, name: str, at: int) -> str:
        """Return a new id for a command that is sent now."""
        self._count += 1
        request = f"r{self._count}"
        self._open[request] = PendingRequest(name, at)
        return request

    def answered(self, request: str, at: int) -> PendingRequest | None:
        """Return the command that this answers; None if the id is not open.

        An id is not open if it was answered before or never assigned.
        """
        asked = self._open.pop(request, None)
        if request in self._given_up:
            self._given_up.remove(request)
        if asked is not None:
            self.latencies = [*self.latencies[-999:], at - asked.at]
        return asked

    @property
    def unanswered(self) -> set[str]:
        """The ids of all requests that have not been answered, also of those given up.

        A model that is slow, or a new connection, may still answer those.
        """
        return {*self._open, *self._given_up}

    def overdue(self, before: int) -> tuple[PendingRequest, ...]:
        """Return the unanswered commands sent before nanosecond `before`, each one only once."""
        late = [request for request, asked in self._open.items() if asked.at < before]
        self._given_up += late
        return tuple(self._open.pop(request) for request in late)

    def forget(self) -> None:
        """Forget all open requests: the connection is lost, and their answers with it."""
        self._given_up += self._open
        self._open.clear()


if TYPE_CHECKING:
    from sequencer.sync.run_clock import Clock

Send = Callable[[Frame], None]
MAX_BROADCASTS_KEPT = 16
"""An answer follows the broadcast that it repeats almost at once."""

ClipAnswer = ClipReady | ClipFailed | ErrorReply


@dataclass(slots=True, kw_only=True)
class _Broadcast:
    """A message that everybody got, and the requests without an answer then: it may answer them."""

    type: str
    data: Data
    unanswered: set[str]
    is_repeated: bool = False
    """Whether an answer has repeated it."""

    def can_answer(self, request: str) -> bool:
        """Return whether an answer to this request can repeat the message.

        Once, this can also be an answer to a request that is not known here, as one of an earlier
        process in the same session.
        """
        return not self.is_repeated or request in self.unanswered


class ClientProtocol:
    """The protocol of one session, over successive connections."""

    def __init__(
        self,
        clock: Clock,
        wire: Wire,
        client: Client,
        *,
        deliver: Callable[[Event], None],
        notice: Callable[[str], None],
        came: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Begin without a connection.

        Args:
            clock: The run's clock.
            wire: The protocol version to begin with.
            client: Translates commands and messages for the model.
            deliver: Receives the events.
            notice: Receives notices for the operator.
            came: Receives the time of every incoming message, whatever its kind.
        """
        self._clock = clock
        self._deliver = deliver
        self._notice = notice
        self._came = came
        self.has_answered = False
        """Whether the other side answers schema requests.

        They can then be used to check that it is alive.
        """
        self._client = client
        self._references: dict[str, Reference] = {}
        self._answers = PendingRequests()
        self._send: Send | None = None
        self._clips: deque[tuple[str, asyncio.Future[ClipAnswer]]] = deque()
        self._broadcasts: deque[_Broadcast] = deque(maxlen=MAX_BROADCASTS_KEPT)
        self._question = ""
        self.wire = wire
        self.understood = asyncio.Event()
        """Set when the other side has shown that it understands this protocol version."""

    @property
    def latencies(self) -> Sequence[int]:
        """Nanoseconds from commands to their answers."""
        return self._answers.latencies

    # ---- beginning and end of a connection

    def begin(self, send: Send) -> None:
        """Use another connection.

        `understood` is set again once a message shows that the other side understands.
        """
        self._send = send
        self.understood.clear()

    def greet(self) -> None:
        """Request the schema: a harmless request that is always answered."""
        self._question = self._answers.ask("requestSchema", self._clock.now())
        self.send(SchemaRequest(self._question))

    def ask_again(self) -> None:
        """Check that the other side is alive. It does not matter if the request does not arrive."""
        with suppress(StageError):
            self.greet()

    def end(self) -> None:
        """Release the connection: pending requests will not be answered."""
        self._send = None
        self._answers.forget()
        while self._clips:
            _, future = self._clips.popleft()
            if not future.done():
                future.set_exception(
                    StageError("the connection broke before the clip arrived", "request it again")
                )

    # ---- outgoing

    def send(self, message: ClientMessage) -> None:
        """Send a message now. Raises StageError if it cannot be sent."""
        if self._send is None:
            raise StageError("the connection is lost")
        self._send(self.wire.write_client(message))

    def command(self, command: ModelCommand, uploads: dict[str, Reference]) -> None:
        """Send a command. If it cannot be sent, a `CommandRefused` event is delivered."""
        now = self._clock.now()
        if isinstance(command, SetConditioning | SetImage):
            reference = uploads.get(command.image)
            if reference is None:
                self._deliver(CommandRefused(now, command.kind, "image was not uploaded"))
                return
            self._references[command.image] = reference
        self._follow(self._client.write(command, now))

    def _follow(self, exchange: Exchange) -> None:
        """Send what the client sends now, and deliver its events."""
        for name, data in exchange.send:
            self._write(name, data)
        for event in exchange.events:
            self._deliver(_masked(event) if isinstance(event, UnknownMessage) else event)

    def _write(self, name: str, data: Data) -> None:
        """Send a command as the model knows it. Images in it become uploads."""
        files = tuple(
            (key, self._references[value])
            for key, value in data.items()
            if isinstance(value, str) and value in self._references
        )
        data = {key: value for key, value in data.items() if key not in dict(files)}
        now = self._clock.now()
        request = self._answers.ask(name, now) if self.wire is Wire.V1 else ""
        try:
            self.send(CommandRequest(name, data, files, request))
        except StageError as error:
            self._answers.answered(request, now)
            self._deliver(CommandRefused(self._clock.now(), name, error.message))

    def uploaded(self, reference: Reference) -> None:
        """Notify the model that a file was uploaded.

        It does not matter if the message does not arrive.
        """
        try:
            self.send(FileUploaded(reference))
        except StageError as error:
            self._notice(f"the notice of an upload was not sent: {error.message}")

    async def clip(self, seconds: float, patience: float) -> ClipReady:
        """Request a clip of the last seconds and wait for it. Raises StageError."""
        from sequencer.stages.reactor.clips import clip_problem

        future: asyncio.Future[ClipAnswer] = asyncio.get_running_loop().create_future()
        request = self._answers.ask("requestClip", self._clock.now())
        self._clips.append((request, future))
        self.send(ClipRequest(seconds, request))
        try:
            async with asyncio.timeout(patience):
                answer = await future
        except TimeoutError:
            raise StageError(
                f"the platform did not answer the request for a clip within {patience:.0f} s"
            ) from None
        if not isinstance(answer, ClipReady):
            raise clip_problem(answer)
        return answer

    def overdue(self, before: int) -> tuple[PendingRequest, ...]:
        """Return the unanswered commands sent before nanosecond `before`, each one only once."""
        return self._answers.overdue(before)

    # ---- incoming

    def on_frame(self, channel: Channel, payload: str | bytes) -> None:
        """Process an incoming message: deliver its events, and match an answer to its request."""
        message = self.wire.read_server(channel, payload)
        if isinstance(payload, bytes) or self.wire is Wire.V0:
            # text before the first answer is only what a runtime sends to everyone
            self.understood.set()
        now = self._clock.now()
        self._came(now)
        match message:
            case ModelMessage():
                self._model_message(message, now)
            case Ack():
                self._answers.answered(message.request, now)
            case ErrorReply():
                self._failed(message, now)
            case Schema():
                self.has_answered = True
                self._answers.answered(message.request or self._question, now)
            case ClipReady() | ClipFailed():
                self._answers.answered(message.request, now)
                self._clip_answered(message, message.request)
            case Moderation():
                self._moderated(message, now)
            case SessionClosed():
                self._deliver(SessionEnded(now, message.reason or "the platform ended the session"))
            case TrackPublished():
                self._answers.answered(message.request, now)
            case UnknownFrame():
                self._deliver(_unknown(now, message.type, message.data))
            case Malformed():
                self._deliver(
                    _unknown(
                        now, "malformed", {"reason": message.reason, "beginning": message.beginning}
                    )
                )

    def _model_message(self, message: ModelMessage, now: int) -> None:
        self._answers.answered(message.request, now)
        if self._was_received(message):
            return
        self._follow(self._client.read(message.type, message.data, now))

    def _was_received(self, message: ModelMessage) -> bool:
        """Whether an answer repeats the message broadcast just before it, as in models from 1.x.

        One broadcast can answer several commands, as two pauses of the same chunk, or the resets
        that were sent while a slow chunk was made: each of their answers repeats it.
        """
        if not message.request:
            self._broadcasts.append(
                _Broadcast(
                    type=message.type, data=message.data, unanswered=self._answers.unanswered
                )
            )
            return False
        for broadcast in reversed(self._broadcasts):
            is_same = (broadcast.type, broadcast.data) == (message.type, message.data)
            if is_same and broadcast.can_answer(message.request):
                broadcast.is_repeated = True
                broadcast.unanswered.discard(message.request)
                return True
        return False

    def _failed(self, message: ErrorReply, now: int) -> None:
        asked = self._answers.answered(message.request, now)
        if asked is None or asked.name == "requestSchema":
            return
        if asked.name == "requestClip":
            self._clip_answered(message, message.request)
            return
        reason = message.message or message.code
        self._deliver(
            CommandRefused(
                now, asked.name, f"{reason} ({message.code})" if message.code else reason
            )
        )

    def _clip_answered(self, answer: ClipAnswer, request: str) -> None:
        """Match by id where the protocol version has ids, otherwise first in, first out."""
        for pair in self._clips:
            if not request or pair[0] == request:
                self._clips.remove(pair)
                if not pair[1].done():
                    pair[1].set_result(answer)
                return

    def _moderated(self, verdict: Moderation, now: int) -> None:
        data = {
            "action": verdict.action,
            "input_kind": verdict.input_kind,
            "command": verdict.command,
            "categories": list(verdict.categories),
            "message": verdict.message,
        }
        self._deliver(_unknown(now, "moderation", data))
        what = (
            f"{verdict.command or verdict.input_kind or 'an input'} "
            f"({', '.join(verdict.categories) or 'no category'})"
        )
        if verdict.action == "terminate":
            self._deliver(
                SessionEnded(
                    now, f"moderation ended the session because of {what}: {verdict.message}"
                )
            )
        else:
            self._notice(f"moderation warns of {what}: {verdict.message}")


def _unknown(at: int, name: str, data: object) -> UnknownMessage:
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, default=repr)
    return _masked(UnknownMessage(at, name, text))


def _masked(event: UnknownMessage) -> UnknownMessage:
    return UnknownMessage(event.at, event.message, redact(event.data)[:MAX_UNKNOWN])
