"""Helios on vLLM-Omni as a `Stage`: one WebSocket for each take, prompts sent one chunk early."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Literal

from sequencer.core.errors import StageError
from sequencer.core.timebase import SECOND
from sequencer.events.codec import Event
from sequencer.events.commands import (
    ModelCommand,
    Pause,
    Reset,
    Resume,
    SchedulePrompt,
    SetConditioning,
    SetImage,
    SetImageStrength,
    SetSeed,
    SetSrScale,
    Start,
    Upload,
)
from sequencer.events.events import (
    ChunkDone,
    ChunkShown,
    CommandRefused,
    ConditionsReady,
    PromptAccepted,
    Ready,
    ResetDone,
    SessionEnded,
    Started,
    StateReported,
    UnknownMessage,
    UploadFailed,
)
from sequencer.stages.live_frames import FrameSink
from sequencer.stages.protocol import Deliver
from sequencer.stages.vllm_omni.connection import Connection, Connections, Media
from sequencer.stages.vllm_omni.messages import (
    MAX_CHUNKS,
    PING,
    STOP,
    ChunkMetadata,
    InteractionQueued,
    MessageError,
    Pong,
    ServerError,
    ServerMessage,
    SessionDone,
    UnknownServerMessage,
    VideoStarted,
    session_interaction,
    session_start,
)
from sequencer.stages.vllm_omni.prompts import TakePrompts
from sequencer.stages.vllm_omni.session import Session
from sequencer.stages.vllm_omni.settings import VllmOmniSettings
from sequencer.stages.vllm_omni.shown_frames import ShownFrames

if TYPE_CHECKING:
    from sequencer.sync.run_clock import Clock

NO_IMAGES = "vLLM-Omni shows no images"
NO_STRENGTH = "vLLM-Omni has no image strength"
NO_SR = "vLLM-Omni has no super-resolution"
NO_PAUSE = "vLLM-Omni cannot pause: a session runs until it ends"
AFTER_THE_END = 1.0
"""How many seconds the conductor has to act on the last chunk of a session."""

StatusName = Literal["disconnected", "connecting", "ready"]


class VllmOmniStage:
    """A `Stage` at a vLLM-Omni server. It is used once: open, send any number of times, close.

    Args:
        clock: The run's clock.
        settings: The settings of the run.
        chunks_of_take: Returns, when a take is started, how many chunks it may have.
        needs_more: Returns whether the run needs more chunks than were made.
        sink: Receives every frame when it is shown.
        notice: Receives messages for the operator.
        failed: Receives the reason if the video cannot be decoded. Default: it is a notice.
    """

    def __init__(
        self,
        clock: Clock,
        settings: VllmOmniSettings,
        *,
        chunks_of_take: Callable[[], int],
        needs_more: Callable[[], bool] = lambda: True,
        sink: FrameSink | None = None,
        notice: Callable[[str], None] | None = None,
        failed: Callable[[str], None] | None = None,
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._chunks_of_take = chunks_of_take
        self._needs_more = needs_more
        self._notice = notice or (lambda _: None)
        self._report_video = failed or self._notice
        self._sink = sink
        self._deliver: Deliver | None = None
        self._connections: Connections | None = None
        self._frames: ShownFrames | None = None
        self._model = ""
        self._seed = 0
        self._starts = 0
        """The number of starts that were sent."""
        self._sessions = 0
        self._take_of: dict[int, int] = {}
        """The take of the run that each session is. A repeated start counts as another take."""
        self._prompts = TakePrompts(1)
        """The prompts of the take that runs, or, while it is being ended, of the next one."""
        self._session: Session | None = None
        self._is_start_due = False
        """Whether a start was sent while the session before it was being ended."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_over = False
        self._is_closed = False
        self._noticed: set[str] = set()
        self._moved = 0
        self._refused = 0
        self.status: StatusName = "disconnected"
        """The state of the connection."""

    # ---- Stage

    async def open(self, deliver: Deliver) -> None:
        """Find the server and its model; `Ready` is delivered before this returns.

        The WebSocket is opened when the first take starts: the server closes one on which nothing
        is started within 10 s. Raises StageError.
        """
        if self._deliver is not None or self._is_over:
            raise StageError("this stage has already been opened", "make a new one for each run")
        self._deliver = deliver
        self.status = "connecting"
        self._connections = Connections(self._settings)
        try:
            self._model = await self._connections.model()
        except StageError:
            self.status = "disconnected"
            raise
        self._frames = ShownFrames(
            self._clock,
            asyncio.get_running_loop(),
            self._settings,
            sink=self._sink,
            shown=self._chunk_shown,
            failed=self._video_failed,
        )
        self.status = "ready"
        self._give(Ready(self._clock.now(), f"vllm-omni {self._model}", fades=True))

    async def send(self, commands: Sequence[Upload | ModelCommand]) -> None:
        """Send commands, all at once. They are dropped after the end."""
        if self._deliver is None:
            raise StageError("the stage is not open", "call open() first")
        for command in commands:
            if not self._is_over:
                self._command(command)
        self._send_due()

    async def close(self) -> None:
        """End the session. Safe to call twice and after failures."""
        if self._is_closed:
            return
        self._is_over = self._is_closed = True
        session = self._session
        if session is not None and session.connection is not None and not session.is_done:
            await self._stop_now(session)
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._frames is not None:
            await self._frames.close()
        if self._connections is not None:
            await self._connections.close()
        self.status = "disconnected"

    def facts(self) -> dict[str, Any]:
        """Return measurements for the report."""
        return {
            "stage": "vllm-omni",
            "model": self._model,
            "frames_received": 0 if self._frames is None else self._frames.count,
            "prompts_on_another_chunk": self._moved,
            "prompts_refused": self._refused,
        }

    # ---- commands

    def _command(self, command: Upload | ModelCommand) -> None:
        match command:
            case SchedulePrompt():
                self._schedule(command)
            case SetSeed():
                self._seed = command.seed
            case Start():
                self._start()
            case Reset():
                self._reset()
            case Upload():
                now = self._clock.now()
                self._give(UploadFailed(now, command.image.sha256, NO_IMAGES))
            case SetImage() | SetConditioning():
                self._refuse(command.kind, NO_IMAGES)
            case SetImageStrength() | SetSrScale():
                self._refuse_setting(command)
            case Pause() | Resume():
                self._refuse_pause(command)

    def _schedule(self, command: SchedulePrompt) -> None:
        if self._prompts.schedule(command.prompt, command.chunk, command.fade):
            now = self._clock.now()
            self._give(PromptAccepted(now, command.prompt, 0))
            self._give(ConditionsReady(now, has_prompt=True, has_image=False))

    def _refuse_setting(self, command: SetImageStrength | SetSrScale) -> None:
        """Refuse a setting, unless a take opens with it: every take opens with settings."""
        if self._session is not None and not self._session.is_ending:
            reason = NO_SR if isinstance(command, SetSrScale) else NO_STRENGTH
            self._refuse(command.kind, reason)
            self._notice(reason)

    def _refuse_pause(self, command: Pause | Resume) -> None:
        self._refuse(command.kind, NO_PAUSE)
        self._notice(NO_PAUSE)
        session = self._session
        if session is not None and session.is_accepted and not session.is_ending:
            self._report_state(session)  # the status line shows a refusal until then

    def _refuse(self, command: str, reason: str) -> None:
        self._give(CommandRefused(self._clock.now(), command, reason))

    def _start(self) -> None:
        session = self._session
        self._starts += 1
        if session is None:
            self._begin_session()
        elif session.is_ending:
            self._is_start_due = True
        else:
            self._take_of[session.number] = self._starts
            if session.is_accepted:
                self._report_state(session)

    def _report_state(self, session: Session) -> None:
        """Report the state of the take that runs."""
        self._give(
            StateReported(
                self._clock.now(),
                running=True,
                started=True,
                paused=False,
                frame=session.frames,
                chunk=session.chunks,
                prompt=session.prompts.active,
            )
        )

    def _begin_session(self) -> None:
        opening, connections = self._prompts.opening, self._connections
        if opening is None or connections is None:
            self._refuse("start", "no prompt was sent")
            return
        self._sessions += 1
        self._take_of[self._sessions] = self._starts
        chunks = max(1, min(self._chunks_of_take(), MAX_CHUNKS))
        session = self._session = Session(self._sessions, chunks, self._prompts)
        self._spawn(self._play(session, connections, opening.text))

    def _reset(self) -> None:
        """End the take after the chunk that is being made, and begin to collect the next one."""
        session = self._session
        if session is None:
            self._next_take()
            self._give(ResetDone(self._clock.now()))
        elif not session.is_ending:
            session.is_ending = True
            self._next_take()
            if session.is_done or not session.is_accepted:
                self._spawn(self._end_early(session))

    async def _end_early(self, session: Session) -> None:
        """End a session of which no chunk is being made."""
        if not session.is_done:
            await self._stop_now(session)
        self._session_over(session)

    def _next_take(self) -> None:
        self._prompts = TakePrompts(self._sessions + 1)
        self._is_start_due = False

    def _send_due(self) -> None:
        """Send the prompt that is due now, if there is one."""
        session = self._session
        if session is None or session.is_ending or session.is_done or session.connection is None:
            return
        prompt = self._prompts.due()
        if prompt is not None:
            text = session_interaction(prompt.event, prompt.text, prompt.fade)
            self._spawn(session.connection.send(text))

    # ---- a session

    async def _play(self, session: Session, connections: Connections, prompt: str) -> None:
        """Play one take: open its WebSocket, and handle what arrives until it is over."""
        settings = self._settings
        try:
            connection = session.connection = await connections.session()
            if session.is_done:  # it was reset meanwhile
                await connection.close()
                return
            await connection.send(
                session_start(
                    self._model,
                    prompt,
                    seed=self._seed,
                    size=(settings.width, settings.height),
                    fps=max(1, round(settings.fps)),
                    frames=session.wanted * settings.frames_per_chunk,
                )
            )
            session.expect(self._clock.now(), settings.start_seconds)
            watching = asyncio.create_task(self._watch(session, connection))
            try:
                async for message in connection.receive():
                    self._handle(session, message)
                    if session.is_done:
                        break
            finally:
                watching.cancel()
                await connection.close()
        except StageError as error:
            self._failed(session, session.failure or error)
            return
        if session.is_ending:
            self._session_over(session)
        elif session.chunks < session.wanted:
            made = f"after {session.chunks} of {session.wanted} chunks"
            self._end(f"the server ended the session {made}{session.describe_error()}")
        else:
            self._later(AFTER_THE_END, lambda: self._check_end(session))

    def _check_end(self, session: Session) -> None:
        """End the run if it needs more chunks than its session was started with."""
        if session is self._session and not session.is_ending and self._needs_more():
            self._end(
                f"all {session.wanted} chunks were made that the session was started with, and the "
                "run needs more: it has become longer than its score"
            )

    async def _watch(self, session: Session, connection: Connection) -> None:
        """Send pings, and end a session in which nothing happens."""
        settings = self._settings
        pause = min(1.0, settings.ping_seconds / 4, settings.start_seconds / 4)
        while not session.is_done:
            await asyncio.sleep(pause)
            now = self._clock.now()
            trouble = session.trouble(now, settings)
            if trouble is not None:
                session.failure = StageError(trouble, "see what the server printed")
                await connection.close()
                return
            if session.needs_ping(now, settings):
                session.pinged_at = now
                await connection.send(PING)

    async def _stop_now(self, session: Session) -> None:
        """Ask the server to end a session, and wait for that."""
        connection = session.connection
        if connection is not None and session.is_accepted:
            session.is_stopping = True
            if session.chunks < session.wanted:
                await connection.send(STOP)
            try:
                async with asyncio.timeout(self._settings.stop_seconds):
                    await session.done.wait()
            except TimeoutError:
                self._notice(
                    f"the server did not end the session within {self._settings.stop_seconds:g} s; "
                    "the connection was closed"
                )
        session.is_done = True
        if connection is not None:
            await connection.close()

    def _session_over(self, session: Session) -> None:
        """Report the reset of a take whose session is over, and start the next one if asked."""
        if session is not self._session or self._is_over:
            return
        self._session = None
        self._end_video(session)
        self._give(ResetDone(self._clock.now()))
        if self._is_start_due:
            self._is_start_due = False
            self._begin_session()

    def _failed(self, session: Session, error: StageError) -> None:
        """Handle a session that failed: before it was accepted, its start can be tried again."""
        if session.is_done or session is not self._session or self._is_over:
            return
        session.is_done = True
        session.done.set()
        if session.is_ending:
            self._session_over(session)
        elif session.is_accepted:
            self._end(error.message + session.describe_error())
        else:
            self._session = None
            self._refuse("start", error.message)

    # ---- messages

    def _handle(self, session: Session, message: ServerMessage | Media) -> None:
        now = self._clock.now()
        session.received(now)
        match message:
            case VideoStarted():
                self._accepted(session, now)
            case ChunkMetadata():
                self._chunk(session, message, now)
            case Media():
                self._media(session, message, now)
            case SessionDone():
                session.is_done = True
                session.done.set()
                self._end_video(session)
            case ServerError():
                self._error(session, message, now)
            case UnknownServerMessage():
                self._give(UnknownMessage(now, message.type, message.data))
            case Pong() | InteractionQueued():
                pass  # a prompt that was queued can still be refused

    def _accepted(self, session: Session, now: int) -> None:
        if session.is_accepted:
            raise MessageError("video.start arrived twice")
        session.is_accepted = True
        session.expect(now, self._settings.first_chunk_seconds)
        if self._frames is not None:
            self._frames.begin_take(session.number)
        if session.is_ending:
            return  # it was reset before it began, and is being closed
        self._give(Started(now, 0, session.prompts.active))
        # The server may not have begun the first chunk yet. A prompt for the second one must not
        # act on the first, and no message distinguishes the two cases.
        delay = self._settings.chunk_ns / 2 / SECOND
        self._later(delay, lambda: self._first_chunk_began(session))

    def _first_chunk_began(self, session: Session) -> None:
        if session is self._session and not session.is_ending:
            session.prompts.began()
            self._send_due()

    def _chunk(self, session: Session, found: ChunkMetadata, now: int) -> None:
        """Handle the metadata of a chunk: it is made, and what is due now is sent."""
        if not session.is_accepted:
            raise MessageError("a chunk arrived before video.start")
        if found.kind == "trailer":
            return
        chunk = session.chunks if found.chunk is None else found.chunk
        # A reset that arrives between the metadata and the video of a chunk ends the next one.
        session.is_last_chunk = session.is_ending
        if chunk == session.chunks - 1:  # another piece of the same chunk
            session.frames += found.frames
            return
        if chunk < session.chunks or chunk >= session.wanted:
            raise MessageError(
                f"generation_chunk_index is {chunk} where {session.chunks} is expected"
            )
        pieces = chunk - session.chunks + 1
        for skipped in range(session.chunks, chunk):
            self._done(session, skipped, None, now)  # its video comes together with this one
        session.frames += found.frames
        session.expect(now, self._settings.stall_seconds)
        self._check_frames(chunk, found.frames, pieces)
        moved = session.prompts.moved
        for prompt in session.prompts.received(chunk, found.started):
            self._give(PromptAccepted(now, prompt.text, prompt.chunk))
        self._moved += session.prompts.moved - moved
        self._done(session, chunk, session.prompts.active, now)
        self._send_due()

    def _check_frames(self, chunk: int, frames: int, pieces: int) -> None:
        """Report a chunk that is not as long as the score counts."""
        expected = self._settings.frames_per_chunk
        if frames != expected * pieces:
            self._once(
                f"chunk {chunk} has {frames} frames, but the score counts {expected} for each: "
                "its times are not those of the video"
            )

    def _done(self, session: Session, chunk: int, prompt: str | None, now: int) -> None:
        session.chunks = chunk + 1
        self._give(ChunkDone(now, chunk, session.frames, prompt))

    def _media(self, session: Session, media: Media, now: int) -> None:
        found = media.metadata
        if self._frames is not None:
            chunk = None if found.kind == "trailer" else session.chunks - 1
            self._frames.add(media.data, chunk, found.frames, now)
        if session.is_last_chunk and not session.is_stopping:
            session.is_stopping = True
            self._spawn(self._stop_after_chunk(session))

    async def _stop_after_chunk(self, session: Session) -> None:
        """End a take whose last chunk was received."""
        await self._stop_now(session)
        self._session_over(session)

    def _error(self, session: Session, error: ServerError, now: int) -> None:
        if error.event is not None:
            found = session.prompts.refused(error.event)
            if found is None:
                return
            self._refused += 1
            earlier, prompt = found
            for one in earlier:
                self._give(PromptAccepted(now, one.text, one.chunk))
            reason = error.message if error.code is None else f"{error.code}: {error.message}"
            self._give(CommandRefused(now, "schedule_prompt", reason))
            self._once(f"the server refused the prompt of chunk {prompt.chunk}: {reason}")
        elif not session.is_accepted:
            raise StageError(f"the server does not start a session: {error.message}")
        elif not session.is_stopping:
            session.error = error.message
            self._once(f"the server reports an error: {error.message}")

    def _end_video(self, session: Session) -> None:
        if self._frames is not None and session.is_accepted:
            self._frames.end_take()

    # ---- outgoing

    def _chunk_shown(self, session: int, chunk: int, at: int) -> None:
        self._give(ChunkShown(at, chunk, self._take_of.get(session)))

    def _video_failed(self, reason: str) -> None:
        self._report_video(
            f"the video cannot be decoded, so it is neither shown nor recorded: {reason}"
        )

    def _once(self, text: str) -> None:
        """Send a message to the operator, unless one of its kind was sent before."""
        kind = "".join(char for char in text if not char.isdigit())
        if kind not in self._noticed:
            self._noticed.add(kind)
            self._notice(text)

    def _end(self, reason: str) -> None:
        if self._is_over:
            return
        self.status = "disconnected"
        self._give(SessionEnded(self._clock.now(), reason))
        self._is_over = True

    def _give(self, event: Event) -> None:
        if self._deliver is not None and not self._is_over:
            self._deliver(event)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        """Call a function later, unless the run is over then.

        The timers of the run's clock are for its own loop.
        """

        def act() -> None:
            if not self._is_over:
                action()

        asyncio.get_running_loop().call_later(seconds, act)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
