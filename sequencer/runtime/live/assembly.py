"""Build a live run from its options: stage, MIDI devices, clocks, recorder, video stream."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sequencer.core.errors import OutputError, UsageError
from sequencer.core.images import ImageFile
from sequencer.engine.journal import Journal
from sequencer.events.events import Ready
from sequencer.runtime.live.run import SESSION, Attachment, LiveRun, LiveSettings, LiveStage
from sequencer.runtime.output.run_folder import RunFolder
from sequencer.stages.protocol import Pictures, Stage
from sequencer.sync.run_clock import RealClock

if TYPE_CHECKING:
    from av import VideoFrame

    from sequencer.runtime.recording.live_recorder import LiveRecorder
    from sequencer.runtime.recording.stream import StreamServer
    from sequencer.stages.reactor.frames import LiveFrame
    from sequencer.stages.reactor.settings import ReactorSettings

Attach = Callable[[LiveRun], Attachment]


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """The options of a live run beside its score."""

    stage: Literal["reactor", "simulated"] = "reactor"
    url: str | None = None
    local: bool = False
    key_file: Path | None = None
    wire: Literal["auto", "v0", "v1"] = "auto"
    faults: Path | None = None
    record: bool = False
    video_size: tuple[int, int] = (1280, 768)
    watch: str | None = None
    midi_in: str | None = None
    midi_out: str | None = None
    send_clock: bool = False
    transport: bool = True
    """Whether start and stop of a Link session count; without them, the score begins at the next bar line."""


class LiveRunBuilder:
    """Builds one live run.

    Args:
        wishes: The options.
        settings: The settings of the run.
        folder: The run's folder.
        images: Returns the bytes of an image.
        broken_off: The journal of a run to resume, or None.
        environment: Where to look up the API key.

    Raises:
        SequencerError: A port, a key or a file is not available.
    """

    def __init__(
        self,
        wishes: LiveOptions,
        settings: LiveSettings,
        folder: RunFolder,
        images: Callable[[ImageFile], bytes],
        broken_off: Journal | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._wishes = wishes
        self._settings = settings
        self._folder = folder
        self._images = images
        self._broken_off = broken_off
        self._environment = environment
        self._attached: list[Attach] = self._gear()
        last = broken_off.records[-1].at if broken_off is not None and broken_off.records else 0
        self._clock = RealClock(after=last)
        self._run: LiveRun | None = None
        stage, live = self._simulated() if wishes.stage == "simulated" else self._reactor()
        self._run = LiveRun(settings, folder, self._clock, stage, live, self._attached, broken_off)

    @property
    def run(self) -> LiveRun:
        """The run, ready to play."""
        if self._run is None:
            raise RuntimeError("the run is still being put together")
        return self._run

    def _say(self, text: str) -> None:
        self.run.notify(text)

    # ---- MIDI and clocks -------------------------------------------------------------------------------------------

    def _gear(self) -> list[Attach]:
        from sequencer.runtime.live.attachments import link_clock, midi_input, midi_output

        wishes, clock = self._wishes, self._settings.schedule.clock
        port = wishes.midi_in or _named(clock.port)
        found: list[Attach] = []
        if clock.kind in ("midi", "mtc") and port is None:
            what = "a MIDI clock" if clock.kind == "midi" else "MIDI time code"
            raise UsageError(
                f"this score follows {what}, and no port is named", "give --midi-in PORT; see: sequencer midi ports"
            )
        if port is not None:
            found.append(lambda run: midi_input(run, port))
        if clock.kind == "link":
            found.append(lambda run: link_clock(run, wishes.transport))
        elif not wishes.transport:
            raise UsageError(
                "--no-transport is for a Link session, and this score follows none", "leave it out, or write clock link, 4/4"
            )
        target = wishes.midi_out
        if target is not None:
            found.append(lambda run: midi_output(run, target, wishes.send_clock))
        elif wishes.send_clock:
            raise UsageError("--send-clock needs --midi-out PORT", "see: sequencer midi ports")
        elif self._settings.schedule.has_sends:
            found.append(_untold)
        return found

    # ---- stages ----------------------------------------------------------------------------------------------------

    def _simulated(self) -> tuple[Stage, LiveStage]:
        from sequencer.runtime.live.stages import SimulatedLive
        from sequencer.runtime.output.captioned_video import CaptionBuilder, CaptionedVideo
        from sequencer.stages.simulated.faults import Faults, read_faults

        wishes, schedule = self._wishes, self._settings.schedule
        faults = Faults() if wishes.faults is None else read_faults(wishes.faults)
        if not wishes.record:
            stage = SimulatedLive(self._clock, schedule, faults, self._images)
            return stage, stage

        def failed(text: str) -> None:
            self.run.failed(text)

        film = CaptionedVideo(self._folder.path, schedule, wishes.video_size, warn=failed)
        self._attached.append(lambda _: _while(film))

        def picture(pictures: Pictures) -> None:
            conductor = self.run.performance.conductor
            if conductor.is_of_the_score(pictures.chunk):
                film.add(pictures, CaptionBuilder(conductor), conductor.run.takes)

        def score_chunk(chunk: int) -> int:
            return self.run.performance.conductor.base + chunk

        stage = SimulatedLive(self._clock, schedule, faults, self._images, picture, score_chunk)
        return stage, stage

    def _reactor(self) -> tuple[Stage, LiveStage]:
        from sequencer.runtime.live.stages import ReactorLive
        from sequencer.stages.reactor.stage import ReactorStage

        sinks = self._sinks()

        def sink(frame: LiveFrame) -> None:
            for take, all_frames in sinks:
                if all_frames or self._is_of_the_score(frame):
                    take(frame.picture, frame.at)

        stage = ReactorStage(
            self._clock,
            self._reactor_settings(),
            images=self._images,
            notice=self._say,
            progress=self._uploading,
            sink=sink if sinks else None,
        )
        return stage, ReactorLive(stage)

    def _reactor_settings(self) -> ReactorSettings:
        from dataclasses import replace

        from sequencer.runtime.live.stages import load_session
        from sequencer.stages.reactor.settings import ReactorSettings, find_key

        wishes = self._wishes
        key = None if wishes.local else find_key(self._environment, wishes.key_file)
        frames = self._settings.schedule.grid.frames
        settings = ReactorSettings(local=wishes.local, key=key, wire=wishes.wire, frames_per_chunk=frames)
        if wishes.url is not None:
            settings = replace(settings, url=wishes.url)
        if self._broken_off is None:
            return settings
        path = self._folder.path / SESSION
        try:
            session, uploaded = load_session(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{path} does not say which session the run played in: {error}",
                "it was killed before it was connected; perform anew",
            ) from None
        left = settings.session_seconds - _lasted(self._broken_off, self._clock.now())
        heard = tuple(record.event for record in self._broken_off.records if record.event is not None)
        return replace(settings, adopt=session, uploaded=uploaded, heard=heard, session_seconds=max(1, left))

    def _uploading(self, image: ImageFile, sent: int, size: int) -> None:
        self.run.standing.uploading(image.path, sent, size)

    # ---- frames ----------------------------------------------------------------------------------------------------

    def _is_of_the_score(self, frame: LiveFrame) -> bool:
        """Return whether a frame belongs to a chunk of the score and is not a repetition."""
        of, performance = frame.of, self.run.performance
        return of is not None and of.is_new and performance.conductor.is_of_the_score(of.chunk, performance.take(of.take))

    def _sinks(self) -> list[tuple[Callable[[VideoFrame, int], object], bool]]:
        """Return the consumers of the frames: a recorder takes those of the score, a video stream takes all (True)."""
        sinks: list[tuple[Callable[[VideoFrame, int], object], bool]] = []
        if self._wishes.record:
            from sequencer.runtime.recording.live_recorder import LiveRecorder

            recorder = LiveRecorder(self._folder.path / "video.mp4", self._wishes.video_size, warn=self._say)
            self._attached.append(lambda run: _recorded(run, recorder))

            def take(picture: VideoFrame, at: int) -> None:
                if not recorder.take(picture, at) and recorder.failure is not None:
                    self.run.failed(recorder.failure.message)

            sinks.append((take, False))
        if self._wishes.watch is not None:
            from sequencer.runtime.recording.stream import StreamServer

            watch = StreamServer(self._wishes.watch)
            self._attached.append(lambda run: _watched(run, watch))
            sinks.append((watch.take, True))
        return sinks


def _named(port: str | None) -> str | None:
    """Return the port that a score names. Raises UsageError for a network port, because a score may come from anybody."""
    from sequencer.midi.addresses import Socket, address

    if port is not None and isinstance(socket := address(port), Socket) and not socket.is_here:
        raise UsageError(
            f"this score wants to hear {socket}, and a score alone opens no connection to a network",
            f"if that is your gear: --midi-in {socket}",
        )
    return port


@asynccontextmanager
async def _untold(run: LiveRun) -> AsyncIterator[None]:
    """Warn that the score sends MIDI and no port is given; the run is played all the same."""
    run.notify("this score sends MIDI, and no --midi-out PORT is named: it is written into the journal only")
    yield


def _lasted(journal: Journal, now: int) -> int:
    """Return how many seconds ago the session began, at its first `Ready`."""
    first = next((record.at for record in journal.records if isinstance(record.event, Ready)), now)
    return (now - first) // 1_000_000_000


@asynccontextmanager
async def _closed_behind(close: Callable[[], object]) -> AsyncIterator[None]:
    """Call `close` after the run, in a thread because it may take a while."""
    try:
        yield
    finally:
        await asyncio.to_thread(close)


@asynccontextmanager
async def _recorded(run: LiveRun, recorder: LiveRecorder) -> AsyncIterator[None]:
    """Close the recorder after the run. A recording that ends earlier (because the disk is full) is reported at that time."""
    try:
        yield
    finally:
        with suppress(OutputError):  # this failure is reported below
            await asyncio.to_thread(recorder.close)
        if recorder.failure is not None:
            run.failed(recorder.failure.message)


@asynccontextmanager
async def _watched(run: LiveRun, watch: StreamServer) -> AsyncIterator[None]:
    run.notify(watch.invitation)
    async with _closed_behind(watch.close):
        yield


@asynccontextmanager
async def _while(film: AbstractContextManager[object]) -> AsyncIterator[None]:
    """Keep the video open while the run plays."""
    with film:
        yield
