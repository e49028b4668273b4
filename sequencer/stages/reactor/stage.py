"""A live Helios model as a `Stage`: connects, sends, reconnects, and always ends the session.

It reconnects after a loss.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import httpx
from av import VideoFrame

from sequencer.core.errors import StageError
from sequencer.core.images import ImageFile
from sequencer.core.timebase import SECOND
from sequencer.events.codec import Event
from sequencer.events.commands import ModelCommand, Reset, Start, Upload
from sequencer.events.events import (
    ChunkDone,
    ChunkShown,
    CommandRefused,
    ConnectionLost,
    ConnectionRestored,
    Paused,
    Ready,
    ResetDone,
    Resumed,
    SessionEnded,
    Started,
    StateReported,
    UnknownMessage,
    Uploaded,
    UploadFailed,
)
from sequencer.models.catalog import find_spec
from sequencer.stages.kept_session import SessionHandover, settings_after_reset
from sequencer.stages.live_frames import FrameSink
from sequencer.stages.protocol import Deliver
from sequencer.stages.reactor.client_protocol import ClientProtocol
from sequencer.stages.reactor.clips import CLIP_TIMEOUT_S, Clip, fetch
from sequencer.stages.reactor.connection import Connection
from sequencer.stages.reactor.connector import Connector
from sequencer.stages.reactor.frame_takes import ShownTakes
from sequencer.stages.reactor.frame_trailer import Metadata
from sequencer.stages.reactor.frames import Frames
from sequencer.stages.reactor.http import ApiClient, ApiError
from sequencer.stages.reactor.liveness import DROPPED_SECONDS, Liveness, awake_ns
from sequencer.stages.reactor.session import OVER, Session, SessionTime, Token
from sequencer.stages.reactor.settings import (
    ConnectionStats,
    ConnectionStatus,
    ReactorSettings,
    StatusName,
)
from sequencer.stages.reactor.shown_chunks import ChunkFrameCounter
from sequencer.stages.reactor.uploads import ImageBytes, ImageUploader, Progress
from sequencer.stages.wire.codec import Wire
from sequencer.stages.wire.messages import Reference
from sequencer.stages.wire.translation import client_of

if TYPE_CHECKING:
    from sequencer.sync.run_clock import Clock


ENDING_SECONDS = 20.0
"""How long ending the session may take: the run's files are written after that."""
MAX_EVENTS_KEPT = 64
"""How many events of the last take are kept for the next run in the session."""
RESET_SECONDS = 20.0
"""How long the reset of an adopted session may take: a model completes its chunk first."""


class ReactorStage:
    """A `Stage` at Reactor, or at any server with the same API.

    It is used once: open, send any number of times, close.

    Args:
        clock: The run's clock.
        settings: The session's settings.
        images: Returns the bytes of the images that the score uses.
        sink: Receives every frame.
        notice: Receives messages for the operator (warnings of limits, of moderation, of a session
            that could not be closed).
        progress: Receives the progress of uploads.
        transport: Replaces the network under HTTP (tests).
    """

    def __init__(
        self,
        clock: Clock,
        settings: ReactorSettings,
        *,
        images: ImageBytes | None = None,
        sink: FrameSink | None = None,
        notice: Callable[[str], None] | None = None,
        progress: Progress | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._notice = notice or (lambda _: None)
        self._platform = ApiClient(settings.base(), transport=transport, notice=self._notice)
        self._token = Token(self._platform, settings)
        self._session = Session(self._platform, self._token, settings)
        self._time = SessionTime(
            clock,
            settings.session_seconds,
            self._notice,
            made_at=settings.made_at,
            kept_at=settings.kept_at,
        )
        self._uploads = ImageUploader(
            self._platform, self._session, images, settings.uploaded, progress
        )
        self._takes = ShownTakes(
            ChunkFrameCounter(settings.frames_per_chunk, settings.first_frames)
        )
        self._takes.take_up(settings.received_events)
        self._frames = Frames(self._takes, sink, self._chunk_shown)
        wire = Wire.V0 if settings.wire == "v0" else Wire.V1
        self._liveness = Liveness()
        self._talk = ClientProtocol(
            clock,
            wire,
            client_of(find_spec(settings.spec), settings.frames_per_chunk),
            deliver=self._handle,
            notice=self._notice,
            came=self._liveness.message,
        )
        self._meeting = Connector(
            clock, settings, self._session, talk=self._talk, frame=self._frame, broken=self._broken
        )
        self._deliver: Deliver | None = None
        self._held: list[Event] | None = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._uploading: dict[str, asyncio.Task[None]] = {}
        self._losses = 0
        self._is_over = False
        self._is_closed = False
        self._is_kept = False
        """Whether closing the stage leaves the session to the next run."""
        self._kept_at = 0
        self._received: deque[Event] = deque(maxlen=MAX_EVENTS_KEPT)
        """What the take has reported, for the next run in the session."""
        self._cleared: asyncio.Future[None] | None = None
        """Done when the reset of an adopted session is reported; None if there is none."""
        self.status = ConnectionStatus("disconnected", clock.now())
        """The connection's status."""
        self.closing_trouble: str | None = None
        """Why the session could not be closed, if so.

        The session may continue to run, and cost, until its timeout.
        """

    # ---- public state

    @property
    def session_id(self) -> str:
        """The session's id, empty before there is one.

        It is not a secret: using it takes the key.
        """
        return self._session.id

    @property
    def uploads(self) -> Mapping[str, Reference]:
        """What the session holds, by SHA-256, for a run that adopts it."""
        return dict(self._uploads.references)

    def measures(self) -> ConnectionStats:
        """Return the measurements so far."""
        frames, rate = self._frames.count, self._frames.rate(self._clock.now())
        latencies = tuple(self._talk.latencies)
        wire = str(self._talk.wire)
        return ConnectionStats(
            frames=frames,
            fps=rate,
            lag=self._takes.shown.lag,
            billed=self._time.billed,
            losses=self._losses,
            latencies=latencies,
            wire=wire,
        )

    # ---- Stage

    async def open(self, deliver: Deliver) -> None:
        """Make the session and connect; `Ready` is delivered before this returns.

        Raises StageError.

        It may take minutes (waiting for a GPU): `status` shows the progress. Cancelling it is fine;
        call `close` afterwards.
        """
        if self._deliver is not None or self._is_over:
            raise StageError("this stage has already been opened", "make a new one for each run")
        if not self._settings.local:
            self._settings.checked_key()
        self._deliver = deliver
        self._set("connecting", "creating the session")
        try:
            await self._session.open(lambda state: self._set("waiting", state), self._time.begin)
            await self._meeting.first(lambda what: self._set("connecting", what))
            if self._settings.clears:
                self._set("connecting", "resetting the model")
                await self._clear()
        except StageError:
            self._set("disconnected")
            raise
        self._set("ready")
        self._liveness.connected(self._clock.now())
        self._release(
            Ready(
                self._clock.now(),
                f"reactor {self._talk.wire}{' local' if self._settings.local else ''}"
                f"{', session kept' if self._settings.clears else ''}",
            )
        )
        self._spawn(self._watch())

    async def _clear(self) -> None:
        """Clear what an earlier run has left in the session.

        Everything that is reported before the reset is of that run, and is not delivered.

        Raises StageError if the model does not report the reset.
        """
        self._cleared = asyncio.get_running_loop().create_future()
        self._talk.command(Reset(), {})
        try:
            async with asyncio.timeout(RESET_SECONDS):
                await self._cleared
        except TimeoutError:
            raise StageError(
                f"the model did not report a reset within {RESET_SECONDS:.0f} s",
                "perform the score in a new session",
            ) from None
        for setting in settings_after_reset(find_spec(self._settings.spec)):
            self._talk.command(setting, {})

    def _handle_before_reset(self, event: Event) -> None:
        """Handle what is reported before the reset of an adopted session: it is not delivered."""
        if self._cleared is None:
            return
        if isinstance(event, ResetDone):
            self._held = []  # also what was reported while the connection was made
            self._cleared.set_result(None)
        elif isinstance(event, CommandRefused) and event.command == "reset":
            self._cleared.set_exception(StageError(f"the model refused a reset: {event.reason}"))

    async def send(self, commands: Sequence[Upload | ModelCommand]) -> None:
        """Send commands, all at once.

        Commands are dropped while the connection is lost and after the end.
        """
        if self._deliver is None:
            raise StageError("the stage is not open", "call open() first")
        for command in commands:
            if isinstance(command, Start):
                self._takes.asked_to_start(self._clock.now())
            if self._is_over:
                continue
            if isinstance(command, Upload):
                self._upload(command.image)
            elif self._meeting.connection is not None:
                self._talk.command(command, self._uploads.references)

    def keep(self) -> bool:
        """Keep the session for another run when the stage is closed.

        The caller then has to call `end`, or `take_over` and `forget`. The connection stays until
        then, because the platform ends a session that has no client for 30 s.

        Returns:
            Whether the session is kept: not if it is over or not connected.
        """
        if self._is_over or not self._session.is_open or self._meeting.connection is None:
            return False
        self._is_kept = True
        self._time.end()
        self._kept_at = self._clock.now()
        return True

    async def close(self) -> None:
        """End the session, unless it is kept: then only nothing is delivered any more.

        Safe to call twice and after failures; never raises if the network is gone.
        """
        if self._is_kept:
            self._deliver = None
            self._frames.drop_sink()
            return
        if self._is_closed:
            return
        await self._disconnect()
        await self._end_session()

    async def _disconnect(self) -> None:
        """Close the connection, and end what was going on."""
        self._is_over = self._is_closed = True
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._meeting.hang_up()

    async def _end_session(self) -> None:
        if self._session.is_open:
            try:
                async with asyncio.timeout(ENDING_SECONDS):
                    await self._session.close()
            except (StageError, TimeoutError) as problem:
                error = (
                    problem
                    if isinstance(problem, StageError)
                    else StageError(f"no answer within {ENDING_SECONDS:.0f} s")
                )
                self.closing_trouble = error.message
                self._notice(
                    f"the session could not be closed ({error.message}): it may run on, and be "
                    "billed, until its timeout; "
                    "Reactor's dashboard can end it"
                )
        self._time.end()
        self._set("disconnected")
        await self._platform.close()

    # ---- a session that was kept

    @property
    def made_at(self) -> int:
        """When the session was made, in nanoseconds of the run's clock."""
        return self._time.made_at

    @property
    def kept_at(self) -> int:
        """When the run ended whose session was kept, in nanoseconds of the run's clock."""
        return self._kept_at

    async def take_over(self) -> SessionHandover:
        """Close the connection, so that the next stage can connect; return what that needs.

        Raises StageError if the session has ended.
        """
        if self._is_over:
            raise StageError("the session that was kept has ended", "a new one is needed")
        await self._disconnect()
        return SessionHandover(
            session=self._session.id,
            uploaded=self.uploads,
            received_events=tuple(self._received),
            made_at=self.made_at,
            kept_at=self._kept_at,
        )

    async def end(self) -> None:
        """End a session that was kept, unless it is over. Safe to call twice and after failures."""
        if not self._is_closed:
            await self._disconnect()
        elif self._session.is_open and not await self._session.is_ours():
            self._session.forget()
        await self._end_session()

    async def forget(self) -> None:
        """Note that the stage which has taken the session over ends it."""
        self._session.forget()
        await self.end()

    async def clip(self, seconds: float) -> Clip:
        """Return a clip of the last seconds, as the platform keeps it. Raises StageError."""
        if self._meeting.connection is None:
            raise StageError(
                "there is no connection to ask for a clip on", "ask again when it is established"
            )
        ready = await self._talk.clip(seconds, CLIP_TIMEOUT_S)
        return await fetch(self._platform, self._token, ready)

    # ---- losing the connection and reconnecting

    def _broken(self, connection: Connection, why: str) -> None:
        if self._is_over or not self._meeting.gone(connection):
            return
        self._spawn(connection.close())
        if self._cleared is not None and not self._cleared.done():
            self._cleared.set_exception(StageError(f"the connection broke: {why}"))
        if self._held is not None:
            return  # it was never established: the code that connects notices
        self._losses += 1
        self._frames.lost()
        self._set("connecting", why)
        self._handle(ConnectionLost(self._clock.now(), why))
        self._held = []
        self._spawn(self._again(why))

    async def _again(self, why: str) -> None:
        """Reconnect within the time that the platform allows, or end the run."""
        deadline = self._clock.now() + int(self._settings.grace_seconds * SECOND)
        pause, last = 0.2, why
        while self._clock.now() < deadline:
            try:
                if await self._session.state() in OVER:
                    self._session.forget()
                    self._end("the session was over when the connection was re-established")
                    return
                await self._meeting.meet()
            except StageError as error:
                last = error.message
                await self._meeting.hang_up()
                if isinstance(error, ApiError) and error.status in (401, 402, 403, 404, 426, 501):
                    self._end(f"the connection was lost and cannot be re-established: {last}")
                    return
                self._set("connecting", last)
                await asyncio.sleep(pause)
                pause = min(5.0, pause * 1.7)
            else:
                self._set("ready")
                self._liveness.connected(self._clock.now())
                self._release(ConnectionRestored(self._clock.now()))
                return
        self._end(
            "the connection could not be re-established within "
            f"{self._settings.grace_seconds:.0f} s: {last}"
        )

    def _end(self, reason: str) -> None:
        self._release(SessionEnded(self._clock.now(), reason))

    async def _watch(self) -> None:
        """Check that both sides are alive, and look for unanswered commands and limits."""
        while True:
            pause, before = min(1.0, self._settings.silence_seconds / 4), awake_ns()
            await asyncio.sleep(pause)
            stopped = (awake_ns() - before) / SECOND - pause
            now = self._clock.now()
            self._time.warn()
            connection = self._meeting.connection
            if connection is None or self._held is not None:
                continue
            if stopped > DROPPED_SECONDS:
                self._broken(connection, f"this process did not run for {stopped:.0f} s")
                continue
            trouble = self._liveness.trouble(now, int(self._settings.silence_seconds * SECOND))
            if trouble is not None:
                self._broken(connection, trouble)
                continue
            if self._talk.has_answered and self._liveness.should_ask(now):
                self._talk.ask_again()
            silent = await connection.silent_for()
            if silent > self._settings.silence_seconds:
                self._broken(connection, f"nothing was received for {silent:.0f} s")
                continue
            due = now - self._meeting.last_ping > self._settings.ping_seconds * SECOND
            if due or silent > self._settings.silence_seconds / 3:
                self._meeting.ping()
            for asked in self._talk.overdue(now - int(self._settings.answer_seconds * SECOND)):
                self._handle(UnknownMessage(now, "unanswered", f'{{"command": "{asked.name}"}}'))
                self._notice(
                    f"{asked.name} was not answered within {self._settings.answer_seconds:.0f} s"
                )

    # ---- incoming

    def _handle(self, event: Event) -> None:
        """Count an event, and deliver it, or hold it until the connection is announced."""
        self._note_received(event)
        match event:
            case ChunkDone():
                self._takes.done(event.chunk, event.frames, event.at)
                self._liveness.chunk()
            case Started():
                self._takes.shown.started(event.chunk, event.at)
            case ResetDone():
                self._takes.reset()
            case Paused():
                self._takes.shown.rested()
            case Resumed():
                self._takes.shown.resumed()
            case SessionEnded():
                self._set("disconnected", event.reason)
                self._release(event)
                return
            case _:
                pass
        if self._cleared is not None and not self._cleared.done():
            self._handle_before_reset(event)
        elif self._held is not None and not isinstance(event, Uploaded | UploadFailed):
            self._held.append(event)
        elif self._deliver is not None and not self._is_over:
            self._deliver(event)

    def _note_received(self, event: Event) -> None:
        """Remember what the next run in the session has to know about the take."""
        if isinstance(event, ResetDone):
            self._received.clear()
        if isinstance(event, ChunkDone | ChunkShown | Started | Paused | Resumed):
            self._received.append(event)

    def _release(self, first: Event) -> None:
        """Deliver an event, then those held until after it.

        Of several states only the last one is still valid.
        """
        held, self._held = self._held or [], None
        states = [event for event in held if isinstance(event, StateReported)]
        for event in (
            first,
            *(one for one in held if not isinstance(one, StateReported) or one is states[-1]),
        ):
            if self._deliver is not None and not self._is_over:
                self._deliver(event)
        if isinstance(first, SessionEnded):
            self._is_over = True

    def _frame(self, image: VideoFrame, metadata: Metadata | None) -> None:
        self._liveness.frame(self._clock.now())
        try:
            self._frames.take(image, self._clock.now(), metadata)
        except Exception as error:  # noqa: BLE001  a sink is foreign code, whose errors must not stop the performance
            self._frames.drop_sink()
            self._notice(f"frames are no longer passed on: {type(error).__name__}: {error}")

    def _chunk_shown(self, take: int, chunk: int, at: int) -> None:
        self._handle(ChunkShown(at, chunk, take))

    # ---- uploads

    def _upload(self, image: ImageFile) -> None:
        if image.sha256 in self._uploading:
            return
        task = self._spawn(self._upload_and_report(image))
        self._uploading[image.sha256] = task
        task.add_done_callback(lambda _: self._uploading.pop(image.sha256, None))

    async def _upload_and_report(self, image: ImageFile) -> None:
        try:
            reference = await self._uploads.upload(image)
        except StageError as error:
            self._handle(UploadFailed(self._clock.now(), image.sha256, error.message))
            return
        self._talk.uploaded(reference)
        self._handle(Uploaded(self._clock.now(), image.sha256))

    # ---- helpers

    def _set(self, name: StatusName, detail: str = "") -> None:
        since = self.status.since if self.status.name == name else self._clock.now()
        self.status = ConnectionStatus(name, since, detail)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
