"""Build a live run from its options: stage, MIDI devices, clocks, recorder, video stream."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sequencer.core.errors import OutputError, UsageError
from sequencer.core.images import ImageFile
from sequencer.engine.journal import Journal
from sequencer.events.events import Ready
from sequencer.runtime.live.run import SESSION, Attachment, LiveRun, LiveSettings, LiveStage
from sequencer.runtime.output.run_folder import RunFolder
from sequencer.schedule.model import Schedule
from sequencer.stages.kept_session import ModelHandover, SessionHandover
from sequencer.stages.protocol import ChunkFrames, FrameViewer, Stage
from sequencer.sync.run_clock import RealClock

if TYPE_CHECKING:
    from sequencer.core.secrets import Secret
    from sequencer.reports.timeline.player import Recording
    from sequencer.runtime.osc.endpoints import Endpoint
    from sequencer.runtime.output.captioned_video import CaptionedVideo
    from sequencer.runtime.recording.live_recorder import LiveRecorder, LiveRecording
    from sequencer.runtime.recording.stream import StreamServer
    from sequencer.stages.live_frames import FrameSink, LiveFrame
    from sequencer.stages.reactor.settings import ReactorSettings
    from sequencer.stages.simulated.faults import Faults

Attach = Callable[[LiveRun], Attachment]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOptions:
    """What a live run is connected to: stage, MIDI ports, OSC and video.

    How it is played is in `LiveSettings`.
    """

    stage: Literal["reactor", "simulated", "vllm-omni"] = "reactor"
    url: str | None = None
    local: bool = False
    key: Secret | None = field(default=None, repr=False)
    key_file: Path | None = None
    wire: Literal["auto", "v0", "v1"] = "auto"
    faults: Path | Faults | None = None
    record: bool = False
    video_size: tuple[int, int] = (1280, 768)
    watch: str | None = None
    viewer: FrameViewer | None = None
    """Receives the frames that are shown, for a page."""
    midi_in: str | None = None
    midi_out: str | None = None
    osc_in: Endpoint | None = None
    osc_out: tuple[Endpoint, ...] = ()
    send_clock: bool = False
    transport: bool = True
    """Whether start and stop of a Link session count.

    Without them, the score begins at the next bar line.
    """
    nominal_clock: bool = False
    """Whether an external clock is played at its nominal tempo: no device has to be connected."""


class LiveRunBuilder:
    """Builds one live run.

    Args:
        options: The options.
        settings: The settings of the run.
        folder: The run's folder.
        images: Returns the bytes of an image.
        interrupted: The journal of a run to resume, or None.
        environment: Where to look up the API key.

    Raises:
        SequencerError: A port, a key or a file is not available.
    """

    def __init__(
        self,
        options: LiveOptions,
        settings: LiveSettings,
        folder: RunFolder,
        *,
        images: Callable[[ImageFile], bytes],
        interrupted: Journal | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._options = options
        self._settings = settings
        self._folder = folder
        self._images = images
        self._interrupted = interrupted
        self._environment = environment
        self._attached: list[Attach] = self._midi_attachments()
        last = interrupted.records[-1].at if interrupted is not None and interrupted.records else 0
        self._clock = RealClock(after=last)
        self._run: LiveRun | None = None
        self._run = self._new_run()

    def _new_run(self) -> LiveRun:
        """Make the stage and the run."""
        choices = {
            "simulated": self._simulated,
            "reactor": self._reactor,
            "vllm-omni": self._vllm_omni,
        }
        stage, live = choices[self._options.stage]()
        return LiveRun(
            self._settings,
            self._folder,
            self._clock,
            stage=stage,
            live=live,
            attachments=self._attached,
            interrupted=self._interrupted,
        )

    @property
    def run(self) -> LiveRun:
        """The run, ready to play."""
        if self._run is None:
            raise RuntimeError("the run is still being prepared")
        return self._run

    def _notify(self, text: str) -> None:
        self.run.notify(text)

    # ---- MIDI and clocks -------------------------------------------------------------------------

    def _midi_attachments(self) -> list[Attach]:
        from sequencer.runtime.live.attachments import link_clock, midi_input, midi_output

        options, clock = self._options, self._settings.schedule.clock
        port = check_inputs(options, self._settings.schedule)
        found: list[Attach] = []
        if port is not None:
            found.append(lambda run: midi_input(run, port))
        if clock.kind == "link" and not options.nominal_clock:
            found.append(lambda run: link_clock(run, options.transport))
        target = options.midi_out
        if target is not None:
            found.append(lambda run: midi_output(run, target, options.send_clock))
        elif options.send_clock:
            raise UsageError("--send-clock needs --midi-out PORT", "see: sequencer midi ports")
        elif self._settings.schedule.has_midi:
            found.append(_show_status)
        return found + self._osc_attachments()

    def _osc_attachments(self) -> list[Attach]:
        from sequencer.runtime.live.osc_attachments import osc_input, osc_targets
        from sequencer.runtime.live.osc_output import no_osc_output

        endpoint, targets = self._options.osc_in, self._options.osc_out
        schedule = self._settings.schedule
        found: list[Attach] = []
        if endpoint is not None:
            found.append(lambda run: osc_input(run, endpoint))
        elif schedule.osc_addresses:
            found.append(_warn_of_osc)
        if targets:
            found.append(lambda run: osc_targets(run, targets))
        elif schedule.has_osc:
            found.append(no_osc_output)
        return found

    # ---- stages ----------------------------------------------------------------------------------

    def _simulated(self) -> tuple[Stage, LiveStage]:
        from sequencer.runtime.live.stages import SimulatedLive
        from sequencer.runtime.output.captioned_video import CaptionBuilder, CaptionedVideo
        from sequencer.stages.simulated.faults import Faults, read_faults

        options, schedule = self._options, self._settings.schedule
        faults = (
            read_faults(options.faults)
            if isinstance(options.faults, Path)
            else options.faults or Faults()
        )

        def score_chunk(chunk: int) -> int:
            return self.run.performance.conductor.base + chunk

        def take_and_chunk(chunk: int) -> tuple[int, int | None]:
            conductor = self.run.performance.conductor
            return conductor.view.take, conductor.score_chunk(chunk)

        live = partial(
            SimulatedLive,
            self._clock,
            schedule,
            faults,
            images=self._images,
            score_chunk=score_chunk,
            viewer=options.viewer,
            take_and_chunk=take_and_chunk,
            adopt=self._adopted_model(),
        )
        if not options.record:
            stage = live()
            return stage, stage

        def failed(text: str) -> None:
            self.run.failed(text)

        film = CaptionedVideo(
            self._folder.path,
            schedule,
            options.video_size,
            warn=failed,
            sound=self._settings.sound,
        )
        self._attached.append(lambda run: _filmed(run, film))

        def handle_frames(frames: ChunkFrames) -> None:
            conductor = self.run.performance.conductor
            if conductor.is_of_the_score(frames.chunk):
                film.add(frames, CaptionBuilder(conductor), conductor.view.take)

        stage = live(frame_sink=handle_frames)
        return stage, stage

    def _reactor(self) -> tuple[Stage, LiveStage]:
        from sequencer.runtime.live.stages import ReactorLive
        from sequencer.stages.reactor.stage import ReactorStage

        stage = ReactorStage(
            self._clock,
            self._reactor_settings(),
            images=self._images,
            notice=self._notify,
            progress=self._uploading,
            sink=self._sink(),
        )
        return stage, ReactorLive(stage)

    def _vllm_omni(self) -> tuple[Stage, LiveStage]:
        from sequencer.engine.conductor.transitions import Phase
        from sequencer.runtime.live.stages import VllmOmniLive
        from sequencer.runtime.live.take_lengths import chunks_of_take
        from sequencer.stages.vllm_omni.settings import VllmOmniSettings, address_of, find_key
        from sequencer.stages.vllm_omni.stage import VllmOmniStage

        key = find_key(self._environment)
        grid = self._settings.schedule.grid
        settings = VllmOmniSettings(
            address=address_of(self._options.url, has_key=key is not None),
            key=key,
            frames_per_chunk=grid.frames,
            fps=grid.fps,
        )

        def needs_more() -> bool:
            return self.run.performance.conductor.phase not in (Phase.SHOWING, Phase.FINISHED)

        def length() -> int:
            view = self.run.performance.conductor.view
            return chunks_of_take(view, self._settings.limit(view.schedule))

        stage = VllmOmniStage(
            self._clock,
            settings,
            chunks_of_take=length,
            needs_more=needs_more,
            sink=self._sink(),
            notice=self._notify,
            failed=self._video_failed,
        )
        return stage, VllmOmniLive(stage)

    def _video_failed(self, reason: str) -> None:
        """Report that no more frames can be shown; it counts if they were to be recorded."""
        report = self.run.failed if self._options.record else self.run.notify
        report(reason)

    def _settings_for(self, schedule: Schedule, url: str | None) -> ReactorSettings:
        """Return the settings of a new session that plays a schedule at an address."""
        from sequencer.models.catalog import find_spec
        from sequencer.stages.reactor.settings import ReactorSettings, find_key

        options = self._options
        key = None if options.local else find_key(self._environment, options.key_file, options.key)
        settings = ReactorSettings(
            local=options.local,
            key=key,
            wire=options.wire,
            spec=schedule.model,
            model=find_spec(schedule.model).connect,
            frames_per_chunk=schedule.grid.frames,
            first_frames=schedule.grid.first,
        )
        return settings if url is None else replace(settings, url=url)

    def _reactor_settings(self) -> ReactorSettings:
        from sequencer.runtime.live.stages import load_session

        settings = self._settings_for(self._settings.schedule, self._options.url)
        if self._interrupted is None:
            return self._with_kept_session(settings)
        path = self._folder.path / SESSION
        try:
            session, uploaded = load_session(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{path} does not name the session of the run: {error}",
                "it was killed before it was connected; perform it again",
            ) from None
        left = settings.session_seconds - _lasted(self._interrupted, self._clock.now())
        received = tuple(
            record.event for record in self._interrupted.records if record.event is not None
        )
        return replace(
            settings,
            adopt=session,
            uploaded=uploaded,
            received_events=received,
            session_seconds=max(1, left),
        )

    def _with_kept_session(self, settings: ReactorSettings) -> ReactorSettings:
        """Return the settings with the session of the run before, and how long it may last."""
        from dataclasses import replace

        warm = self._settings.warm
        if warm is None:
            return settings
        settings = replace(settings, session_seconds=warm.session_seconds)
        if not isinstance(warm.handover, SessionHandover):
            return settings
        return replace(
            settings,
            adopt=warm.handover.session,
            uploaded=warm.handover.uploaded,
            received_events=warm.handover.received_events,
            made_at=warm.handover.made_at,
            kept_at=warm.handover.kept_at,
            clears=True,
        )

    def _adopted_model(self) -> ModelHandover | None:
        """Return the simulated model of the run before, if it was kept."""
        warm = self._settings.warm
        handover = None if warm is None else warm.handover
        return handover if isinstance(handover, ModelHandover) else None

    def _uploading(self, image: ImageFile, sent: int, size: int) -> None:
        self.run.live_status.uploading(image.path, sent, size)

    # ---- frames ----------------------------------------------------------------------------------

    def _is_of_the_score(self, frame: LiveFrame) -> bool:
        """Return whether a frame belongs to a chunk of the score and is not a repetition."""
        of, performance = frame.of, self.run.performance
        return (
            of is not None
            and of.is_new
            and performance.conductor.is_of_the_score(of.chunk, performance.take(of.take))
        )

    def _score_time(self, frame: LiveFrame) -> Fraction:
        """Return the second of the score at which the chunk of a frame begins."""
        performance, of = self.run.performance, frame.of
        chunk = (
            None
            if of is None
            else performance.conductor.score_chunk(of.chunk, performance.take(of.take))
        )
        view = performance.conductor.view
        return view.grid.time_of_frame(chunk or 0, 0, first=view.first_chunk)

    def _sink(self) -> FrameSink | None:
        """Return what receives every frame of a live stage; None if nobody wants them."""
        sinks = self._sinks()

        def sink(frame: LiveFrame) -> None:
            for take, all_frames in sinks:
                if all_frames or self._is_of_the_score(frame):
                    take(frame)

        return sink if sinks else None

    def _sinks(self) -> list[tuple[Callable[[LiveFrame], object], bool]]:
        """Return the frame consumers: a recorder takes the score's, a stream all of them (True).

        The stream is a video stream.
        """
        sinks: list[tuple[Callable[[LiveFrame], object], bool]] = []
        if self._options.record:
            from sequencer.runtime.recording.live_recorder import LiveRecorder

            sound = self._settings.sound
            recorder = LiveRecorder(
                self._folder.path / "video.mp4",
                self._options.video_size,
                sound=None if sound is None else sound.file,
                warn=self._notify,
            )
            self._attached.append(lambda run: _recorded(run, recorder))

            has_begun = False

            def take(frame: LiveFrame) -> None:
                nonlocal has_begun
                if not has_begun:
                    has_begun = True
                    if sound is not None:
                        recorder.begin_sound_at(sound.track.start + self._score_time(frame))
                if not recorder.take(frame.image, frame.at) and recorder.failure is not None:
                    self.run.failed(recorder.failure.message)

            sinks.append((take, False))
        if self._options.watch is not None:
            from sequencer.runtime.recording.stream import StreamServer

            watch = StreamServer(self._options.watch)
            self._attached.append(lambda run: _watched(run, watch))
            sinks.append((lambda frame: watch.take(frame.image, frame.at), True))
        if self._options.viewer is not None:
            sinks.append((self._viewer_sink(self._options.viewer), True))
        return sinks

    def _viewer_sink(self, viewer: FrameViewer) -> Callable[[LiveFrame], object]:
        """Return a function that passes the frames of the stage to a viewer."""
        from sequencer.runtime.live.viewed_frames import ViewedFrames

        self._attached.append(lambda run: viewed(run, viewer))

        def score_chunk(chunk: int, take: int) -> int | None:
            return self.run.performance.conductor.score_chunk(chunk, take)

        def frames_of(chunk: int) -> int:
            return self.run.performance.conductor.view.grid.frames_of(chunk)

        def take_of(take: int) -> int:
            return self.run.performance.take(take)

        return ViewedFrames(
            viewer, take_of=take_of, score_chunk=score_chunk, frames_of=frames_of
        ).take


def check_inputs(options: LiveOptions, schedule: Schedule) -> str | None:
    """Check that a score gets the clock that it follows; return the MIDI port to receive from.

    Raises:
        UsageError: It does not, or an option for a clock does not apply to it.
    """
    clock = schedule.clock
    port = options.midi_in or (None if options.nominal_clock else _named(clock.port))
    if clock.kind in ("midi", "mtc") and port is None and not options.nominal_clock:
        what = "a MIDI clock" if clock.kind == "midi" else "MIDI time code"
        raise UsageError(
            f"this score follows {what}, but no port is given",
            "give --midi-in PORT; see: sequencer midi ports",
        )
    if clock.kind != "link" and not options.transport:
        raise UsageError(
            "--no-transport is for a Link session, but this score does not follow one",
            "omit it, or write clock link, 4/4, nominal 120 bpm",
        )
    return port


def _named(port: str | None) -> str | None:
    """Return the port that a score names.

    Raises UsageError for a network port, because a score may come from anybody.
    """
    from sequencer.midi.addresses import Socket, address

    if port is not None and isinstance(socket := address(port), Socket) and not socket.is_here:
        raise UsageError(
            (
                f"this score receives MIDI from {socket}, but a score alone cannot open a network "
                "connection"
            ),
            f"if that is your device: --midi-in {socket}",
        )
    return port


@asynccontextmanager
async def _warn_of_osc(run: LiveRun) -> AsyncIterator[None]:
    """Report that the score waits for OSC messages, which only an operator can send then."""
    address = run.performance.conductor.view.schedule.osc_addresses[0]
    run.notify(
        "this score waits for OSC messages, but no --osc-in PORT is given: send them with "
        f"sequencer tell RUN osc {address} 1"
    )
    yield


@asynccontextmanager
async def _show_status(run: LiveRun) -> AsyncIterator[None]:
    """Warn that the score sends MIDI and no port is given; the run is played all the same."""
    run.notify(
        "this score sends MIDI, but no --midi-out PORT is given: it is written only to the journal"
    )
    yield


def _lasted(journal: Journal, now: int) -> int:
    """Return how many seconds ago the session began, at its first `Ready`."""
    first = next((record.at for record in journal.records if isinstance(record.event, Ready)), now)
    return (now - first) // 1_000_000_000


@asynccontextmanager
async def _closing(close: Callable[[], object]) -> AsyncIterator[None]:
    """Call `close` after the run, in a thread because it may take a while."""
    try:
        yield
    finally:
        await asyncio.to_thread(close)


@asynccontextmanager
async def _recorded(run: LiveRun, recorder: LiveRecorder) -> AsyncIterator[None]:
    """Close the recorder after the run.

    A recording that ends earlier (because the disk is full) is reported at that time.
    """
    try:
        yield
    finally:
        with suppress(OutputError):  # this failure is reported below
            recorded = await asyncio.to_thread(recorder.close)
            if recorded is not None:
                run.recording = partial(_recording_of, run, recorded)
        if recorder.failure is not None:
            run.failed(recorder.failure.message)


def _recording_of(run: LiveRun, recorded: LiveRecording) -> Recording:
    """Return what the run's page plays: frames have the times at which they arrived."""
    from sequencer.reports.timeline.player import Recording

    shown = run.performance.conductor.view.shown
    grid = run.settings.schedule.grid
    return Recording.of_shown(recorded.path.name, grid, recorded.began, shown.items())


@asynccontextmanager
async def _watched(run: LiveRun, watch: StreamServer) -> AsyncIterator[None]:
    run.notify(watch.invitation)
    if run.settings.sound is not None:
        run.notify("--watch shows the video without the sound of the score")
    async with _closing(watch.close):
        yield


@asynccontextmanager
async def viewed(run: LiveRun, viewer: FrameViewer) -> AsyncIterator[None]:
    """Show the frames of the run to a viewer while it plays."""
    viewer.begin(run.clock.now)
    try:
        yield
    finally:
        viewer.end()


@asynccontextmanager
async def _filmed(run: LiveRun, film: CaptionedVideo) -> AsyncIterator[None]:
    """Keep the video open while the run plays."""
    run.recording = film.recording
    with film:
        yield
