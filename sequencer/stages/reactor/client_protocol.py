"""The client's side of the protocol: sends commands, turns messages into events, and matches answers to commands.

Only wire v1 answers, and an answer means only that a command was processed, not that it was accepted.
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
from sequencer.stages.wire.helios.commands import write_command
from sequencer.stages.wire.helios.model_messages import MAX_UNKNOWN, HeliosReader
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


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A command that has not been answered yet: its name, and when it was sent (nanoseconds of the run's clock)."""

    name: str
    at: int


class PendingRequests:
    """Assigns request ids and matches answers to them."""

    def __init__(self) -> None:
        self._open: dict[str, PendingRequest] = {}
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
        """Return the command that this answers; None for an id that is not open (answered before, or never assigned)."""
        asked = self._open.pop(request, None)
        if asked is not None:
            self.latencies = [*self.latencies[-999:], at - asked.at]
        return asked

    def overdue(self, before: int) -> tuple[PendingRequest, ...]:
        """Return the unanswered commands that were sent before nanosecond `before`; each is returned once."""
        late = [request for request, asked in self._open.items() if asked.at < before]
        return tuple(self._open.pop(request) for request in late)

    def forget(self) -> None:
        """Forget all open requests: the connection is lost, and their answers with it."""
        self._open.clear()


if TYPE_CHECKING:
    from sequencer.sync.run_clock import Clock

Send = Callable[[Frame], None]
MAX_BROADCASTS_KEPT = 16
"""An answer follows the broadcast that it repeats almost at once."""

ClipAnswer = ClipReady | ClipFailed | ErrorReply


class ClientProtocol:
    """The protocol of one session, over successive connections."""

    def __init__(
        self,
        clock: Clock,
        wire: Wire,
        frames_per_chunk: int,
        tell: Callable[[Event], None],
        notice: Callable[[str], None],
        came: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Begin without a connection.

        Args:
            clock: The run's clock.
            wire: The protocol version to begin with.
            frames_per_chunk: Frames that the model makes for each chunk.
            tell: Receives the events.
            notice: Receives notices for the operator.
            came: Receives the time of every incoming message, whatever its kind.
        """
        self._clock = clock
        self._tell = tell
        self._notice = notice
        self._came = came
        self.has_answered = False
        """Whether the other side answers requests for its schema, which can then be used to check that it is alive."""
        self._reader = HeliosReader(frames_per_chunk)
        self._answers = PendingRequests()
        self._send: Send | None = None
        self._clips: deque[tuple[str, asyncio.Future[ClipAnswer]]] = deque()
        self._broadcasts: deque[tuple[str, Data]] = deque(maxlen=MAX_BROADCASTS_KEPT)
        """The latest broadcasts, each kept until an answer repeats it."""
        self._question = ""
        self.wire = wire
        self.heard = asyncio.Event()
        """Set when the other side has shown that it understands this protocol version."""

    @property
    def latencies(self) -> Sequence[int]:
        """Nanoseconds from commands to their answers."""
        return self._answers.latencies

    # ---- beginning and end of a connection

    def begin(self, send: Send) -> None:
        """Use another connection; `heard` is set again once a message shows that the other side understands."""
        self._send = send
        self.heard.clear()

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
                future.set_exception(StageError("the connection broke before the clip was there", "ask for it again"))

    # ---- outgoing

    def send(self, message: ClientMessage) -> None:
        """Send a message now. Raises StageError if it cannot be sent."""
        if self._send is None:
            raise StageError("the connection is lost")
        self._send(self.wire.write_client(message))

    def command(self, command: ModelCommand, uploads: dict[str, Reference]) -> None:
        """Send a command. If it cannot be sent, a `CommandRefused` event is delivered."""
        name, data = write_command(command)
        files: tuple[tuple[str, Reference], ...] = ()
        if isinstance(command, SetConditioning | SetImage):
            reference = uploads.get(command.image)
            if reference is None:
                self._tell(CommandRefused(self._clock.now(), name, "image was not uploaded"))
                return
            del data["image"]
            files = (("image", reference),)
        now = self._clock.now()
        request = self._answers.ask(name, now) if self.wire is Wire.V1 else ""
        try:
            self.send(CommandRequest(name, data, files, request))
        except StageError as error:
            self._answers.answered(request, now)
            self._tell(CommandRefused(self._clock.now(), name, error.message))

    def uploaded(self, reference: Reference) -> None:
        """Notify the model that a file was uploaded. It does not matter if the message does not arrive."""
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
            raise StageError(f"the platform did not answer within {patience:.0f} s to the wish for a clip") from None
        if not isinstance(answer, ClipReady):
            raise clip_problem(answer)
        return answer

    def overdue(self, before: int) -> tuple[PendingRequest, ...]:
        """Return the unanswered commands that were sent before nanosecond `before`; each is returned once."""
        return self._answers.overdue(before)

    # ---- incoming

    def on_frame(self, channel: Channel, payload: str | bytes) -> None:
        """Process an incoming message: deliver its events, and match it to a request if it is an answer."""
        message = self.wire.read_server(channel, payload)
        if isinstance(payload, bytes) or self.wire is Wire.V0:
            self.heard.set()  # text before the first answer is only what a runtime sends to everyone
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
                self._tell(SessionEnded(now, message.reason or "the platform ended the session"))
            case TrackPublished():
                self._answers.answered(message.request, now)
            case UnknownFrame():
                self._tell(_unknown(now, message.type, message.data))
            case Malformed():
                self._tell(_unknown(now, "malformed", {"reason": message.reason, "beginning": message.beginning}))

    def _model_message(self, message: ModelMessage, now: int) -> None:
        self._answers.answered(message.request, now)
        if self._is_heard_already(message):
            return
        for event in self._reader.read(message.type, message.data, now):
            self._tell(_masked(event) if isinstance(event, UnknownMessage) else event)

    def _is_heard_already(self, message: ModelMessage) -> bool:
        """Whether an answer repeats a message that was broadcast just before it, as models from 1.x do."""
        if not message.request:
            self._broadcasts.append((message.type, message.data))
            return False
        try:
            self._broadcasts.remove((message.type, message.data))
        except ValueError:
            return False
        return True

    def _failed(self, message: ErrorReply, now: int) -> None:
        asked = self._answers.answered(message.request, now)
        if asked is None or asked.name == "requestSchema":
            return
        if asked.name == "requestClip":
            self._clip_answered(message, message.request)
            return
        reason = message.message or message.code
        self._tell(CommandRefused(now, asked.name, f"{reason} ({message.code})" if message.code else reason))

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
        self._tell(_unknown(now, "moderation", data))
        what = f"{verdict.command or verdict.input_kind or 'an input'} ({', '.join(verdict.categories) or 'no category'})"
        if verdict.action == "terminate":
            self._tell(SessionEnded(now, f"moderation ended the session because of {what}: {verdict.message}"))
        else:
            self._notice(f"moderation warns of {what}: {verdict.message}")


def _unknown(at: int, name: str, data: object) -> UnknownMessage:
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, default=repr)
    return _masked(UnknownMessage(at, name, text))


def _masked(event: UnknownMessage) -> UnknownMessage:
    return UnknownMessage(event.at, event.message, redact(event.data)[:MAX_UNKNOWN])
