"""The simulator: a model on a run's clock, with faults and optional frames.

The faults are scripted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from sequencer.core.errors import StageError
from sequencer.core.images import ImageFile
from sequencer.core.timebase import SECOND, ChunkGrid
from sequencer.core.timers import Timer, TimerService
from sequencer.events.codec import Event
from sequencer.events.commands import ModelCommand, Reset, Start, Upload
from sequencer.events.events import (
    ChunkShown,
    CommandRefused,
    ConnectionLost,
    ConnectionRestored,
    FramesRendered,
    Ready,
    ResetDone,
    SessionEnded,
    Uploaded,
    UploadFailed,
)
from sequencer.models.catalog import DEFAULT, find_spec
from sequencer.stages.kept_session import ModelHandover, settings_after_reset
from sequencer.stages.protocol import ChunkFrames, Deliver, FrameViewer
from sequencer.stages.simulated.faults import NO_FAULTS, Drop, End, Faults
from sequencer.stages.simulated.faulty_channel import FaultyChannel
from sequencer.stages.simulated.frame_feed import FrameFeed, ShownChunk
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
from sequencer.stages.simulated.painting import ChunkPainter
from sequencer.stages.wire.translation import Exchange, client_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sequencer.stages.simulated.rendering import Renderer

FrameSink = Callable[[ChunkFrames], None]
"""Receives the frames of each chunk as it is made, in the run's thread.

It may keep the array; nobody writes to it again.
"""

ImageBytes = Mapping[str, bytes] | Callable[[ImageFile], bytes]
"""The source of images' bytes: by SHA-256, or a loader.

A loader raises OSError or KeyError for images that it does not have.
"""


FADES = True
"""Whether a prompt can replace the previous one over several chunks on this stage."""

LATEST = 2 * SECOND
"""If the model is woken later, its process was stopped, or too busy to make anything."""


@dataclass(frozen=True, slots=True)
class SimulatedSettings:
    """How the stage plays: the score's grid, what goes wrong, and the model by its spec's name.

    The true rate is `faults.fps`, if given.
    """

    grid: ChunkGrid = field(default_factory=ChunkGrid)
    faults: Faults = field(default=NO_FAULTS)
    model: str = DEFAULT


class SimulatedStage:
    """A `Stage` in process.

    The same settings, clock and commands give the same events, to the nanosecond, and the same
    frames. Frames are computed only if there is a sink or a viewer; then `images` must provide the
    images that the score uses. Everything later happens in timers of the clock; frames are drawn in
    threads of their own: for a sink while their chunk lasts, for a viewer before they are shown.
    """

    def __init__(
        self,
        clock: TimerService,
        *,
        settings: SimulatedSettings | None = None,
        frame_sink: FrameSink | None = None,
        images: ImageBytes | None = None,
        renderer: Renderer | None = None,
        score_chunk: Callable[[int], int] | None = None,
        is_of_the_score: Callable[[int], bool] | None = None,
        viewer: FrameViewer | None = None,
        take_and_chunk: Callable[[int], tuple[int, int | None]] | None = None,
        adopt: ModelHandover | None = None,
    ) -> None:
        """Make a stage that is not connected yet.

        Args:
            clock: The run's clock.
            settings: The grid and the faults.
            frame_sink: Receives the frames.
            images: The bytes of the images that the score uses.
            renderer: Makes the frames. Default: they are drawn, with text. The stage does not
                close it.
            score_chunk: Maps a chunk of the take that begins now to its score chunk, which is then
                written on the frames.
            is_of_the_score: Whether a chunk of the current take is of the score. A renderer that
                is slow makes no others, such as the one that begins while the last is shown.
            viewer: Receives the frames as they are shown, while it wants them. The clock must be a
                real one.
            take_and_chunk: Maps a chunk of the current take to the run's take and the score chunk,
                None if it does not belong to the score.
            adopt: A session that an earlier run has left: its model is reset first.
        """
        self._clock = clock
        self._settings = settings or SimulatedSettings()
        self._faults = self._settings.faults
        self._spec = find_spec(self._settings.model)
        self._model = (
            model_of(self._spec, self._faults, self._settings.grid, fades=FADES)
            if adopt is None
            else adopt.model
        )
        self._adopt = adopt
        self._is_clearing = adopt is not None
        """Whether what the model reports and makes is still that of an earlier run."""
        self._is_kept = False
        self._kept_at = 0
        self._link = FaultyChannel(self._faults)
        self._client = client_of(self._spec, self._settings.grid.frames)
        self._sink = frame_sink
        self._images = images
        self._deliver: Deliver | None = None
        self._timers: list[Timer] = []
        self._wake: Timer | None = None
        self._opened = 0
        self._stopped = 0
        """For how many nanoseconds this process did not run, or the model of a kept session.

        The model made nothing meanwhile, and is late by that much. It may be negative, because a
        kept model counts from the beginning of its first run.
        """
        self._shown_at = 0
        """When the latest chunk is shown."""
        self._connected = False
        self._over = False
        self._drops = list(self._faults.drops)
        self._end = self._faults.end
        self._upload_count = 0
        self._starts = 0
        """How many times the client requested a start; it knows the takes by that number."""
        self._take_of: dict[int, int] = {}
        """The client's number of each of the model's takes."""
        self._painter = ChunkPainter(renderer) if frame_sink is not None else None
        self._score_chunk = score_chunk
        self._is_of_the_score = is_of_the_score
        self._take_and_chunk = take_and_chunk
        self._feed = FrameFeed(clock.now, viewer) if viewer is not None else None
        self._begun_chunk: ChunkBegun | None = None
        self._fades = FADES if self._spec.dialect == "helios" else self._spec.fade

    # ---- Stage

    async def open(self, deliver: Deliver) -> None:
        """Connect.

        `Ready` and the first `StateReported` follow after the scripted delay. A stage can be opened
        only once.
        """
        if self._deliver is not None or self._over:
            raise StageError(
                "this simulator has already been opened", "make a new one for each run"
            )
        self._deliver = deliver
        if self._feed is not None:
            self._feed.open()
        self._opened = self._clock.now()
        if self._adopt is not None:
            self._stopped = self._opened - self._adopt.at
        self._later(self._opened + self._faults.delays.connect, self._connect)
        moments: list[Drop | End] = [*self._drops, *([self._end] if self._end else [])]
        for moment in moments:
            if moment.at is not None:
                self._later(self._opened + moment.at, partial(self._happen, moment))

    async def send(self, commands: Sequence[Upload | ModelCommand]) -> None:
        """Pass commands to the model.

        They are dropped while the connection is lost and after the end.
        """
        if self._deliver is None:
            raise StageError("the simulator is not open", "call open() first")
        for command in commands:
            self._starts += isinstance(command, Start)
            if self._over or not self._connected:
                continue
            if isinstance(command, Upload):
                self._upload(command.image)
            else:
                self._follow(self._client.write(command, self._clock.now()))
        self._wake_later()

    def keep(self) -> bool:
        """Keep the session for another run when the stage is closed; return whether there is one.

        The model makes nothing until another stage takes it over.
        """
        self._is_kept = self._connected and not self._over
        self._kept_at = self._clock.now()
        return self._is_kept

    async def close(self) -> None:
        """End the session, or leave it to the next run: nothing is delivered from now on."""
        self._finish()

    # ---- a session that was kept

    @property
    def made_at(self) -> int:
        """When the stage was opened, in nanoseconds of the run's clock."""
        return self._opened

    @property
    def kept_at(self) -> int:
        """When the run ended whose session was kept, in nanoseconds of the run's clock."""
        return self._kept_at

    async def take_over(self) -> ModelHandover:
        """Return what the next stage needs. Raises StageError if the session has ended."""
        if not self._is_kept:
            raise StageError("the session that was kept has ended", "a new one is needed")
        return ModelHandover(
            model=self._model, at=self._kept_at - self._stopped, kept_at=self._kept_at
        )

    async def end(self) -> None:
        """End a session that was kept. Safe to call twice."""
        self._is_kept = False

    async def forget(self) -> None:
        """Note that the stage which has taken the session over ends it."""
        self._is_kept = False

    # ---- time

    def _later(self, due: int, act: Callable[[], None]) -> None:
        self._timers = [one for one in self._timers if one.action is not None]
        self._timers.append(self._clock.call_at(due, act))

    def _wake_later(self) -> None:
        """Schedule a timer for the model's next deadline, once."""
        deadline = self._model.deadline
        due = None if deadline is None else deadline + self._stopped
        if self._wake is not None and self._wake.action is not None:
            if due is not None and self._wake.due <= due:
                return
            self._wake.cancel()
        if due is not None and not self._over:
            self._wake = self._clock.call_at(due, self._woken)

    def _model_now(self) -> int:
        """Return the model's own time.

        It makes nothing while its process does not run, and never catches up.
        """
        now, deadline = self._clock.now() - self._stopped, self._model.deadline
        if deadline is not None and now - deadline > LATEST:
            self._stopped += now - deadline
            return deadline
        return now

    def _woken(self) -> None:
        self._pass_on(self._model.advance(self._model_now()))
        self._wake_later()

    # ---- outputs of the model

    def _pass_on(self, outputs: tuple[Output, ...]) -> None:
        for output in outputs:
            if self._over:
                return
            match output:
                case Message():
                    for message in self._link.carry(output):
                        self._arrive_at(message)
                case ChunkBegun():
                    self._begun(output)
                case ChunkMade():
                    self._made(output)
                case Acknowledged():
                    pass  # this client expects no answers

    def _arrive_at(self, message: Message) -> None:
        due = message.at + self._stopped
        if due <= self._clock.now():
            self._arrive(message)
        else:
            self._later(due, lambda: self._arrive(message))

    def _arrive(self, message: Message) -> None:
        if self._connected:
            self._follow(self._client.read(message.type, message.data, self._clock.now()))

    def _follow(self, exchange: Exchange) -> None:
        """Send what the client sends now, and deliver its events."""
        for name, data in exchange.send:
            self._pass_on(self._model.receive(name, data, self._model_now()))
        for event in exchange.events:
            self._deliver_event(event)

    def _deliver_event(self, event: Event) -> None:
        if self._is_clearing:
            self._handle_before_reset(event)
        elif self._deliver is not None and not self._over:
            self._deliver(event)

    def _handle_before_reset(self, event: Event) -> None:
        """Handle what is reported before the reset of an adopted session: it is not delivered."""
        match event:
            case ResetDone():
                self._is_clearing = False
                self._deliver_event(
                    Ready(self._clock.now(), "simulated, session kept", fades=self._fades)
                )
                for setting in settings_after_reset(self._spec):
                    self._follow(self._client.write(setting, self._clock.now()))
            case CommandRefused() if event.command == "reset":
                self._is_clearing = False
                self._deliver_event(
                    SessionEnded(self._clock.now(), f"the model refused a reset: {event.reason}")
                )
                self._finish()
            case _:
                pass

    def _begun(self, begun: ChunkBegun) -> None:
        if self._is_clearing:
            return
        self._take_of.setdefault(begun.take, self._starts)
        for drop in list(self._drops):
            if drop.at_chunk(begun.take, begun.look.chunk):
                self._drops.remove(drop)
                self._happen(drop)
        if self._end is not None and self._end.at_chunk(begun.take, begun.look.chunk):
            self._happen(self._end)
        self._begun_chunk = begun
        if self._painter is not None and not self._over:
            self._painter.begin(begun, self._text_chunk(begun.look.chunk))

    def _text_chunk(self, chunk: int) -> int:
        """Return the number that is written on the frames of a chunk of the current take."""
        return chunk if self._score_chunk is None else self._score_chunk(chunk)

    def _made(self, made: ChunkMade) -> None:
        if self._is_clearing:
            return
        look, drawn = made.look, None
        if self._painter is not None and self._sink is not None and self._is_drawn(look.chunk):
            painted = self._painter.finish(made)
            self._deliver_event(
                FramesRendered(
                    self._clock.now(), look.chunk, look.frames, painted.sha256, painted.renderer
                )
            )
            self._sink(ChunkFrames(look.chunk, painted.frames, painted.still))
            drawn = painted.frames
        if look.frames:
            delays = self._faults.delays
            lag = delays.shown
            if delays.shown_jitter:
                lag += hash64(self._faults.seed, "shown", made.take, look.chunk) % (
                    delays.shown_jitter + 1
                )
            self._shown_at = max(
                self._shown_at, made.at + self._stopped + lag
            )  # frames keep their order whatever their delay
            self._later(self._shown_at, lambda: self._show(made.take, look))
            self._feed_frames(made, drawn)

    def _feed_frames(self, made: ChunkMade, drawn: NDArray[np.uint8] | None) -> None:
        """Show a chunk that was made to the viewer, for as long as it took to be made."""
        begun, look = self._begun_chunk, made.look
        if self._feed is None or begun is None:
            return
        if self._painter is None or (self._painter.is_realtime and not self._feed.is_wanted()):
            drawn = None  # they can be drawn again
        take, chunk = (
            (made.take, look.chunk)
            if self._take_and_chunk is None
            else self._take_and_chunk(look.chunk)
        )
        self._feed.add(
            ShownChunk(
                look=look,
                before=begun.before,
                take=take,
                chunk=chunk,
                text_chunk=self._text_chunk(look.chunk),
                at=self._shown_at,
                frame_ns=max(1, (made.at - begun.at) // look.frames),
                drawn=drawn,
            )
        )

    def _is_drawn(self, chunk: int) -> bool:
        """Return whether the frames of a chunk that is done are made."""
        if self._painter is None or self._painter.is_realtime or self._is_of_the_score is None:
            return True
        return self._is_of_the_score(chunk)

    def _show(self, take: int, look: ChunkInputs) -> None:
        """Report the first frame of a chunk as shown.

        A reset in between makes no difference: the frames were made already.
        """
        if self._connected:
            self._deliver_event(ChunkShown(self._clock.now(), look.chunk, self._take_of[take]))

    # ---- the connection

    def _connect(self) -> None:
        self._set_connected(True)
        if not self._is_clearing:
            self._deliver_event(Ready(self._clock.now(), "simulated", fades=self._fades))
        self._pass_on(self._model.connect(self._model_now()))
        if self._is_clearing:
            self._follow(self._client.write(Reset(), self._clock.now()))
        self._wake_later()

    def _happen(self, what: Drop | End) -> None:
        """Break the connection, for a while or for good."""
        now = self._clock.now()
        match what:
            case End():
                self._deliver_event(SessionEnded(now, what.reason))
                self._finish()
            case Drop() if self._connected:
                self._set_connected(False)
                self._deliver_event(ConnectionLost(now, what.reason))
                self._later(now + what.lasting, self._restore)
            case Drop():
                pass  # already broken

    def _set_connected(self, is_connected: bool) -> None:
        self._connected = is_connected
        if self._feed is not None:
            self._feed.set_connected(is_connected)

    def _restore(self) -> None:
        self._set_connected(True)
        self._deliver_event(ConnectionRestored(self._clock.now()))
        self._pass_on(self._model.connect(self._model_now()))
        self._wake_later()

    def _finish(self) -> None:
        self._over = True
        self._connected = False
        for timer in (*self._timers, *([self._wake] if self._wake else [])):
            timer.cancel()
        self._timers = []
        if self._painter is not None:
            self._painter.close()
        if self._feed is not None:
            self._feed.close()

    # ---- uploads

    def _upload(self, image: ImageFile) -> None:
        self._upload_count += 1
        nth, due = self._upload_count, self._clock.now() + self._faults.delays.upload
        for fault in self._faults.uploads:
            if fault.covers(nth, image.path):
                self._later(due, partial(self._upload_failed, image, fault.reason))
                return
        try:
            data = self._bytes_of(image)
        except (OSError, KeyError, StageError) as error:
            self._later(
                due,
                partial(
                    self._upload_failed, image, f"{image.path}: the bytes cannot be read: {error}"
                ),
            )
            return
        self._later(due, partial(self._uploaded, image, data))

    def _bytes_of(self, image: ImageFile) -> bytes | None:
        """Return the image's bytes, None if they are not needed.

        Raises StageError for bytes that are not the image's.
        """
        if self._images is None:
            if self._sink is not None or self._feed is not None:
                raise StageError("frames need the images' bytes, but the stage was given none")
            return None
        data = self._images(image) if callable(self._images) else self._images[image.sha256]
        if hashlib.sha256(data).hexdigest() != image.sha256:
            raise StageError("the file has changed since the score was read")
        return data

    def _uploaded(self, image: ImageFile, data: bytes | None) -> None:
        if not self._connected:
            self._upload_failed(image, "the connection broke during the upload")
            return
        self._model.uploaded(image.sha256, self._found(image, data), self._model_now())
        self._deliver_event(Uploaded(self._clock.now(), image.sha256))

    def _upload_failed(self, image: ImageFile, reason: str) -> None:
        self._deliver_event(UploadFailed(self._clock.now(), image.sha256, reason))

    def _found(self, image: ImageFile, data: bytes | None) -> UploadedImage:
        """Return what the model makes of an upload: by its bytes, or else by what is known.

        The bytes are used if they are available.
        """
        if data is None:
            problem = (
                None
                if image.mime_type.startswith("image/")
                else f"{image.mime_type} is not an image type"
            )
            return UploadedImage(image.width, image.height, problem)
        from sequencer.core.image_files import opened

        found = opened(data)
        if isinstance(found, str):
            return UploadedImage(0, 0, found)
        if self._painter is not None:
            self._painter.learn(image.sha256, found)
        if self._feed is not None:
            self._feed.learn(image.sha256, found)
        return UploadedImage(found.shape[1], found.shape[0])
