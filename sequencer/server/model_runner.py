"""Run the model in real time: its messages go to every client, its frames to the video source."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from sequencer.core.timebase import SECOND, ChunkGrid
from sequencer.models.catalog import DEFAULT, find_spec
from sequencer.models.spec import ModelSpec
from sequencer.server.openapi import find_range_problem
from sequencer.server.video_source import Painter, VideoSource, YuvFrame
from sequencer.stages.simulated.faults import Drop, End, Faults
from sequencer.stages.simulated.faulty_channel import FaultyChannel
from sequencer.stages.simulated.helios_state import (
    Acknowledged,
    ChunkBegun,
    ChunkInputs,
    ChunkMade,
    Message,
    Output,
    UploadedImage,
    hash64,
)
from sequencer.stages.simulated.modelled import model_of
from sequencer.stages.wire.helios.commands import Problem

log = logging.getLogger("sequencer.server")

MAX_DELAY_NS = SECOND
"""How late, in nanoseconds, this process may be at the end of a chunk and still catch up.

A busy machine is sometimes late.
"""


class SessionListener(Protocol):
    """Receives what happens in a running model: its session."""

    def broadcast(self, name: str, data: Mapping[str, object]) -> None:
        """Send a message of the model to every client."""
        ...

    def answered(self, asks: tuple[int, ...], message: Message | None) -> None:
        """Answer commands with the message or, if it is None, with an acknowledgement.

        Every client has already received the message.
        """
        ...

    def apply_fault(self, what: Drop | End) -> None:
        """Break the connections or end the session, as the faults file requires."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownChunk:
    """A chunk as it was shown: its inputs, and its position in the stream.

    `first` is its first frame, counted from the beginning of the stream, in which pauses have no
    length. `frames` is the number of frames shown: all of the chunk, unless a reset cut it off.
    """

    look: ChunkInputs
    before: ChunkInputs | None
    first: int
    frames: int

    @property
    def end(self) -> int:
        """The first frame of the stream after this chunk."""
        return self.first + self.frames


MAX_COMMANDS_KEPT = 10_000

BETWEEN = 0.001
"""The shortest time between the first frames of two chunks, in seconds."""

MAX_CHUNKS_KEPT = 200_000
"""The most chunks that clips can be made of: more than a session of a day has."""


class ModelRunner:
    """The model, painter and video source of one session.

    Everything but drawing happens in the thread of the event loop.
    """

    def __init__(
        self,
        faults: Faults,
        grid: ChunkGrid,
        audience: SessionListener,
        painter: Painter,
        spec: ModelSpec | None = None,
    ) -> None:
        self._faults = faults
        self._audience = audience
        self._model = model_of(spec or find_spec(DEFAULT), faults, grid)
        self._link = FaultyChannel(faults)
        self._painter = painter
        self.rate = faults.fps or grid.fps
        """Frames a second."""
        self.screen = VideoSource(self.rate, painter.is_plain)
        self._wake: asyncio.TimerHandle | None = None
        self._stopped_for = 0
        self._shown_at = 0.0
        """When the latest chunk goes to the video source, in monotonic seconds."""
        self._painting: Future[tuple[YuvFrame, ...]] | None = None
        self._look_before: ChunkInputs | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._moments: list[Drop | End] = [*faults.drops, *([faults.end] if faults.end else [])]
        self._timers: list[asyncio.TimerHandle] = []
        self._is_over = False
        self.made: list[ShownChunk] = []
        self.began: float | None = None
        """When the first chunk began, in monotonic seconds."""
        self.received_commands: deque[tuple[str, Mapping[str, object]]] = deque(
            maxlen=MAX_COMMANDS_KEPT
        )
        """The last commands that reached the model, for comparison in tests."""

    def start(self) -> None:
        """Begin, in the running event loop."""
        self.screen.start()
        for moment in self._moments:
            if moment.at is not None:
                delay = moment.at / SECOND
                self._timers.append(
                    asyncio.get_running_loop().call_later(delay, self._audience.apply_fault, moment)
                )

    async def stop(self) -> None:
        """End: from now on nothing is made, sent or shown. Safe to call twice."""
        self._is_over = True
        for timer in (*self._timers, *([self._wake] if self._wake else [])):
            timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        await self.screen.stop()
        self._painter.close()

    @property
    def is_running(self) -> bool:
        """Whether a chunk is being made."""
        return self._model.is_making

    def _now(self) -> int:
        """Return the model's time: the monotonic clock minus the time this process was stopped.

        Like a model on a GPU, it continues where it was: it makes no chunks for the time that it
        missed.
        """
        now, due = time.monotonic_ns() - self._stopped_for, self._model.deadline
        if due is None or now - due <= MAX_DELAY_NS:
            return now
        log.info(
            "this process did not run for %.1f s: the model continues where it was",
            (now - due) / SECOND,
        )
        self._stopped_for += now - due
        return due

    def learn(self, upload: str, found: UploadedImage, pixels: object = None) -> None:
        """Pass the content of an upload to the model and the painter."""
        self._model.uploaded(upload, found, self._now())
        if pixels is not None:
            self._painter.learn(upload, pixels)  # type: ignore[arg-type]  # numpy's types are only named where it is loaded

    def connect(self) -> None:
        """Let the model send its state to a client that has connected."""
        if self._is_over:
            return
        self._pass_on(self._model.connect(self._now()))

    def problem(self, name: str, data: Mapping[str, object]) -> Problem | None:
        """Return what is wrong with a command as received.

        A command that its schema forbids never reaches the model.
        """
        read = self._model.read(name, data)
        if isinstance(read, Problem):
            return read
        reason = find_range_problem(name, data)
        return None if reason is None else Problem(name, reason)

    def command(self, name: str, data: Mapping[str, object], ask: int = 0) -> None:
        """Give a command to the model.

        An `ask` other than 0 is answered once, through the listener's `answered`.
        """
        if self._is_over:
            self._answer((ask,) if ask else (), None)
            return
        self.received_commands.append((name, data))
        self._pass_on(self._model.ask(name, data, self._now(), ask))

    def _answer(self, asks: tuple[int, ...], message: Message | None) -> None:
        if asks:
            self._audience.answered(asks, message)

    # ---- time

    def _woken(self) -> None:
        self._wake = None
        self._pass_on(self._model.advance(self._now()))

    def _pass_on(self, outputs: tuple[Output, ...]) -> None:
        for output in outputs:
            match output:
                case Message():
                    carried = self._link.carry(output)
                    for message in carried:
                        self._send_at(message)
                    if not any(
                        one.answers == output.answers for one in carried
                    ) and not self._link.holds(output):
                        self._answer(
                            output.answers, None
                        )  # the message is lost, and so is the answer
                case Acknowledged():
                    self._answer(output.answers, None)
                case ChunkBegun():
                    self._begun(output)
                case ChunkMade():
                    self._made(output)
        due = self._model.deadline
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        if due is not None and not self._is_over:
            wait = max(0, due - self._now()) / SECOND
            self._wake = asyncio.get_running_loop().call_later(wait, self._woken)

    def _send_at(self, message: Message) -> None:
        wait = (message.at - self._now()) / SECOND
        if wait > 0.001:
            self._timers = [
                one for one in self._timers if not one.cancelled() and one.when() > time.monotonic()
            ]
            self._timers.append(
                asyncio.get_running_loop().call_later(wait, self._send_message, message)
            )
        else:
            self._send_message(message)

    def _send_message(self, message: Message) -> None:
        if message.name == "generation_reset":
            # Frames that were made are shown to the end, as a runtime plays its queue: a reset only
            # affects the model.
            self._spawn(self._go_dark())
        self._audience.broadcast(message.type, message.data)
        self._answer(message.answers, message)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ---- frames

    async def _go_dark(self) -> None:
        """Go dark after every chunk made so far has been passed to the video source and shown."""
        made = [task for task in self._tasks if task is not asyncio.current_task()]
        await asyncio.gather(*made, return_exceptions=True)
        self.screen.darken()

    def _begun(self, begun: ChunkBegun) -> None:
        self.began = self.began or time.monotonic()
        for moment in [one for one in self._moments if one.at_chunk(begun.take, begun.look.chunk)]:
            self._moments.remove(moment)
            self._audience.apply_fault(moment)
        if begun.look.frames:
            self._painting = self._painter.paint(begun.look, begun.before)
            self._look_before = begun.before

    def _made(self, made: ChunkMade) -> None:
        painting, self._painting = self._painting, None
        if painting is None or not made.look.frames:
            return
        delays = self._faults.delays
        lag = delays.shown
        if delays.shown_jitter:
            lag += hash64(self._faults.seed, "shown", made.take, made.look.chunk) % (
                delays.shown_jitter + 1
            )
        self._shown_at = max(
            self._shown_at + BETWEEN, time.monotonic() + lag / SECOND
        )  # frames keep their order
        self._spawn(self._show(made, self._look_before, painting, self._shown_at))

    async def _show(
        self,
        made: ChunkMade,
        before: ChunkInputs | None,
        painting: Future[tuple[YuvFrame, ...]],
        at: float,
    ) -> None:
        frames = await asyncio.wrap_future(painting)
        await asyncio.sleep(at - time.monotonic())
        first = self.screen.show(frames, time.monotonic())
        self.made.append(ShownChunk(look=made.look, before=before, first=first, frames=len(frames)))
        if len(self.made) > MAX_CHUNKS_KEPT:
            del self.made[0]
