"""Perform a score on several stages at once: one session for each, one operator, one status line.

Everything but the stages and the files is that of a run on one stage, which watches the reference
stage here.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sequencer.core.errors import OutputError, StageError
from sequencer.core.images import ImageFile
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.ensemble_report import report_of
from sequencer.engine.journal import Journal, JournalWriter, ensemble_header_of
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.runtime.ensemble_loop import EnsemblePerformance
from sequencer.runtime.live.assembly import LiveOptions, LiveRunBuilder, viewed
from sequencer.runtime.live.run import JOURNAL, Attachment, LiveRun, LiveSettings, LiveStage
from sequencer.runtime.live.viewed_frames import ViewedFrames
from sequencer.runtime.loop import Outcome, Performance
from sequencer.runtime.output.ensemble_files import (
    check_folder_names,
    ensemble_document,
    make_stage_folder,
    stage_parts,
)
from sequencer.runtime.output.run_folder import RunFolder
from sequencer.runtime.results import EnsembleResult
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.schedule.model import Schedule
from sequencer.stages.protocol import ChunkFrames, FrameViewer, Stage

if TYPE_CHECKING:
    from sequencer.reports.timeline.player import Recording
    from sequencer.runtime.recording.live_recorder import LiveRecorder, LiveRecording
    from sequencer.stages.live_frames import LiveFrame
    from sequencer.stages.reactor.clips import Clip
    from sequencer.stages.simulated.faults import Faults
    from sequencer.sync.run_clock import Clock

_ORDER = ("disconnected", "connecting", "waiting", "ready")
"""The states of a connection, from the least to the most useful one."""


class EnsembleLive:
    """What a live run needs of several stages beside playing."""

    def __init__(self, lives: Mapping[str, LiveStage]) -> None:
        self._lives = lives

    def live_status(self) -> tuple[str, str]:
        """Return the state of the stage that is least connected, with its name."""
        states = {name: live.live_status() for name, live in self._lives.items()}
        name = min(states, key=lambda one: _ORDER.index(states[one][0]))
        state, detail = states[name]
        return state, detail if state == "ready" else f"{name} {detail}".strip()

    def facts(self) -> dict[str, Any]:
        """Return the measurements of each stage for the report."""
        return {name: live.facts() for name, live in self._lives.items()}

    async def clip(self, seconds: int) -> Clip:
        """Raise StageError: a clip shows one stage, and each has a recording of its own."""
        raise StageError(
            f"no clip of {seconds} s: this run plays on several stages",
            "record all of them with --record",
        )

    def memory(self) -> None:
        """Return None: a run on several stages cannot be resumed."""
        return

    def keep(self) -> None:
        """Return None: the sessions end with the run."""
        return


class EnsembleRun(LiveRun):
    """One live run on several stages, built by `EnsembleRunBuilder`."""

    def __init__(
        self,
        ensemble: EnsembleSchedule,
        settings: LiveSettings,
        folder: RunFolder,
        clock: Clock,
        *,
        stages: Mapping[str, Stage],
        live: LiveStage,
        attachments: Sequence[Callable[[LiveRun], Attachment]] = (),
        images: Callable[[ImageFile], bytes],
    ) -> None:
        self.ensemble_schedule = ensemble
        self._stages = stages
        self._images = images
        self.recordings: dict[str, Callable[[], Recording | None]] = {}
        """For each stage, a function that returns what its page plays, once the run is over."""
        super().__init__(
            settings,
            folder,
            clock,
            stage=stages[ensemble.reference_name],
            live=live,
            attachments=attachments,
        )
        self._followed = self.performance.conductor

    def _new_performance(self, stage: Stage, interrupted: Journal | None) -> Performance:
        settings = self.settings
        header = ensemble_header_of(
            self.ensemble_schedule,
            settings.sources,
            dict(settings.stage_settings),
            settings.following,
            settings.played,
        )
        self.ensemble_performance = EnsemblePerformance(
            self.ensemble_schedule,
            self._stages,
            self.clock,
            journal=JournalWriter(self.folder.path / JOURNAL, header),
            script=settings.script,
            watchers=[self._look],
            warn=self.notify,
            following=settings.following,
            played=settings.played,
        )
        return self.ensemble_performance

    def conductor_of(self, stage: str) -> Conductor:
        """Return the conductor of a stage."""
        return self.ensemble_performance.ensemble.conductors[stage]

    def _look(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        if conductor is not self._followed:  # the reference stage was lost
            self._followed = conductor
            self.live_status.follow(conductor)
        super()._look(event, commands, conductor)

    async def play_all(self) -> EnsembleResult:
        """Perform to the end, then write the run's files."""
        return self._all_files(await self.play_to_end())

    def _all_files(self, outcome: Outcome) -> EnsembleResult:
        performance, schedule = self.ensemble_performance, self.ensemble_schedule
        report = report_of(performance.ensemble)
        settings: dict[str, Any] = dict(self.settings.stage_settings)
        measured = self.live.facts()
        facts = {name: {"measured": measured[name]} for name in schedule.names}
        document = ensemble_document(schedule, report, outcome, settings, facts)
        document["notes_of_the_run"] = list(self.notes)
        if self.stops:
            document["stopped_seconds"] = self.stops
        if self.failures:
            document["failures"] = list(self.failures)
        parts: list[Callable[[], object]] = [
            lambda: self.folder.write_json("report.json", document)
        ]
        for name in schedule.names:
            parts += stage_parts(
                self.folder,
                name,
                self.conductor_of(name),
                document["stages"][name],
                images=self._images,
                recording=self.recordings.get(name),
            )
        journal = () if outcome.journal_failure is None else (outcome.journal_failure,)
        final, failures = self.folder.finish_with(parts, (*journal, *self.failures))
        return EnsembleResult(
            report=report,
            schedule=schedule,
            folder=final,
            pictures={},
            journal_failure=outcome.journal_failure,
            failures=failures,
            document=document,
            ensemble=performance.ensemble,
        )


class EnsembleRunBuilder(LiveRunBuilder):
    """Builds one live run on several stages.

    Args:
        ensemble: What each stage plays.
        urls: The address of each stage that has one of its own.
        options: The options. Their address is that of all other stages.
        settings: The settings of the run, with the schedule of the reference stage.
        folder: The run's folder.
        images: Returns the bytes of an image.
        viewers: What receives the frames of each stage.
        environment: Where to look up the API key.

    Raises:
        SequencerError: A port, a key or a file is not available.
    """

    def __init__(
        self,
        ensemble: EnsembleSchedule,
        urls: Mapping[str, str],
        options: LiveOptions,
        settings: LiveSettings,
        folder: RunFolder,
        *,
        images: Callable[[ImageFile], bytes],
        viewers: Mapping[str, FrameViewer] | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        check_folder_names(ensemble)
        self._viewers = dict(viewers or {})
        self._ensemble = ensemble
        self._urls = urls
        super().__init__(options, settings, folder, images=images, environment=environment)

    @property
    def ensemble_run(self) -> EnsembleRun:
        """The run, ready to play."""
        run = self.run
        if not isinstance(run, EnsembleRun):
            raise TypeError("this builder makes runs on several stages")
        return run

    def _new_run(self) -> LiveRun:
        stages: dict[str, Stage] = {}
        lives: dict[str, LiveStage] = {}
        make = self._simulated_of if self._options.stage == "simulated" else self._reactor_of
        for number, (name, part) in enumerate(self._ensemble.parts):
            make_stage_folder(self._folder, name)
            stages[name], lives[name] = make(number, name, part)
        return EnsembleRun(
            self._ensemble,
            self._settings,
            self._folder,
            self._clock,
            stages=stages,
            live=EnsembleLive(lives),
            attachments=self._attached,
            images=self._images,
        )

    def _conductor_of(self, name: str) -> Conductor:
        return self.ensemble_run.conductor_of(name)

    def _folder_of(self, name: str) -> Path:
        return self._folder.path / name

    # ---- the simulator ---------------------------------------------------------------------------

    def _simulated_of(self, number: int, name: str, part: Schedule) -> tuple[Stage, LiveStage]:
        from sequencer.runtime.live.stages import SimulatedLive
        from sequencer.runtime.output.captioned_video import CaptionBuilder, CaptionedVideo

        def take_and_chunk(chunk: int) -> tuple[int, int | None]:
            conductor = self._conductor_of(name)
            return conductor.view.take, conductor.score_chunk(chunk)

        live = partial(
            SimulatedLive,
            self._clock,
            part,
            self._faults_of(number),
            images=self._images,
            score_chunk=lambda chunk: self._conductor_of(name).base + chunk,
            viewer=self._viewers.get(name),
            take_and_chunk=take_and_chunk,
        )
        if not self._options.record:
            stage = live()
            return stage, stage

        def failed(text: str) -> None:
            self.run.failed(text)

        film = CaptionedVideo(
            self._folder_of(name),
            part,
            self._options.video_size,
            warn=failed,
        )

        def handle_frames(frames: ChunkFrames) -> None:
            conductor = self._conductor_of(name)
            if conductor.is_of_the_score(frames.chunk):
                film.add(frames, CaptionBuilder(conductor), conductor.view.take)

        @asynccontextmanager
        async def filmed(_: LiveRun) -> AsyncIterator[None]:
            self.ensemble_run.recordings[name] = film.recording
            with film:
                yield

        self._attached.append(filmed)
        stage = live(frame_sink=handle_frames)
        return stage, stage

    def _faults_of(self, number: int) -> Faults:
        """Return the faults of a stage: those of all, with a seed of its own."""
        from sequencer.stages.simulated.faults import Faults, read_faults

        given = self._options.faults
        faults = read_faults(given) if isinstance(given, Path) else given or Faults()
        return faults.model_copy(update={"seed": faults.seed + number})

    # ---- Reactor ---------------------------------------------------------------------------------

    def _reactor_of(self, number: int, name: str, part: Schedule) -> tuple[Stage, LiveStage]:
        from sequencer.runtime.live.stages import ReactorLive
        from sequencer.stages.reactor.stage import ReactorStage

        stage = ReactorStage(
            self._clock,
            self._settings_for(part, self._urls.get(name, self._options.url)),
            images=self._images,
            notice=lambda text: self._notify(f"{name}: {text}"),
            progress=self._uploading,
            sink=self._sink_of(name),
        )
        return stage, ReactorLive(stage)

    def _sink_of(self, name: str) -> Callable[[LiveFrame], None] | None:
        """Return what receives every frame of a stage; None if nobody wants them."""
        sinks: list[Callable[[LiveFrame], object]] = []
        if self._options.record:
            sinks.append(self._recorder_of(name))
        viewer = self._viewers.get(name)
        if viewer is not None:
            sinks.append(self._viewed_of(name, viewer))

        def sink(frame: LiveFrame) -> None:
            for take in sinks:
                take(frame)

        return sink if sinks else None

    def _viewed_of(self, name: str, viewer: FrameViewer) -> Callable[[LiveFrame], object]:
        """Return a function that passes the frames of a stage to a viewer."""
        self._attached.append(lambda run: viewed(run, viewer))

        def frames_of(chunk: int) -> int:  # the run, with its conductors, is made after this
            return self._conductor_of(name).view.grid.frames_of(chunk)

        return ViewedFrames(
            viewer,
            take_of=lambda take: take,  # such a run is not resumed, so its takes are the stage's
            score_chunk=lambda chunk, take: self._conductor_of(name).score_chunk(chunk, take),
            frames_of=frames_of,
        ).take

    def _recorder_of(self, name: str) -> Callable[[LiveFrame], None]:
        """Return a function that records the frames of a stage."""
        from sequencer.runtime.recording.live_recorder import LiveRecorder

        recorder = LiveRecorder(
            self._folder_of(name) / "video.mp4", self._options.video_size, warn=self._notify
        )
        self._attached.append(lambda run: _recorded(self.ensemble_run, name, recorder))

        def take(frame: LiveFrame) -> None:
            of = frame.of
            if of is None or not of.is_new:
                return
            is_recorded = self._conductor_of(name).is_of_the_score(of.chunk, of.take)
            if is_recorded and not recorder.take(frame.image, frame.at) and recorder.failure:
                self.run.failed(recorder.failure.message)

        return take


@asynccontextmanager
async def _recorded(run: EnsembleRun, name: str, recorder: LiveRecorder) -> AsyncIterator[None]:
    """Close the recorder of a stage after the run."""
    try:
        yield
    finally:
        with suppress(OutputError):  # this failure is reported below
            recorded = await asyncio.to_thread(recorder.close)
            if recorded is not None:
                run.recordings[name] = partial(_recording_of, run, name, recorded)
        if recorder.failure is not None:
            run.failed(recorder.failure.message)


def _recording_of(run: EnsembleRun, name: str, recorded: LiveRecording) -> Recording:
    """Return what the page of a stage plays: frames have the times at which they arrived."""
    from sequencer.reports.timeline.player import Recording

    view = run.conductor_of(name).view
    return Recording.of_shown(
        recorded.path.name, view.schedule.grid, recorded.began, view.shown.items()
    )
