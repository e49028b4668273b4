"""Rehearse a score for several stages: one simulator for each, one clock, one journal.

The run's folder has one journal and one report, and a folder for each stage with what the folder of
a run on one stage has: its video, contact sheet, timeline and report.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sequencer.core.images import ImageFile
from sequencer.engine.ensemble_report import EnsembleReport, report_of
from sequencer.engine.journal import JournalWriter, ensemble_header_of
from sequencer.engine.play_range import PlayRange
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import ChunkDone, FramesRendered
from sequencer.media.score_sounds import ScoreSound
from sequencer.runtime.blocking import run_blocking
from sequencer.runtime.ensemble_loop import EnsemblePerformance
from sequencer.runtime.loop import Outcome, require_prompt
from sequencer.runtime.operator.commands import FindImage
from sequencer.runtime.operator.input import Operator
from sequencer.runtime.operator.keyboard import Keys
from sequencer.runtime.operator.remote import RemoteControlServer
from sequencer.runtime.output.captioned_video import (
    DEFAULT_PARTS,
    PARTS,
    CaptionBuilder,
    CaptionedVideo,
    Part,
)
from sequencer.runtime.output.ensemble_files import (
    check_folder_names,
    ensemble_document,
    make_stage_folder,
    stage_parts,
)
from sequencer.runtime.output.run_folder import RunFolder
from sequencer.runtime.rehearsal import Progress, Watch
from sequencer.runtime.results import ChunkDigest, EnsembleResult
from sequencer.runtime.scripted_events import ScriptedEvent
from sequencer.runtime.signals import closing_on_signals
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import RealClock, VirtualClock

if TYPE_CHECKING:
    from sequencer.engine.conductor.machine import Conductor
    from sequencer.stages.protocol import ChunkFrames
    from sequencer.stages.simulated.rendering import Renderer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    schedule: EnsembleSchedule
    sources: Mapping[str, str]
    images: Callable[[ImageFile], bytes]
    renderer: Renderer | None
    size: tuple[int, int] | None
    draft: bool
    realtime: bool
    faults: Mapping[str, Faults]
    caption: frozenset[Part]
    find_image: FindImage | None
    played: PlayRange | None
    sound: ScoreSound | None

    def as_json(self) -> dict[str, Any]:
        """Return the settings for the journal and the report."""
        renderer = self.renderer
        return {
            "stage": "simulated",
            "realtime": self.realtime,
            "pictures": renderer is not None,
            "video_size": None if renderer is None else list(self.size or renderer.video_size),
            "caption": None
            if renderer is None
            else [part for part in PARTS if part in self.caption],
            **({} if renderer is None else {"renderer": renderer.facts.as_json()}),
            **({"draft": True} if self.draft else {}),
            "faults": {
                name: faults.model_dump(mode="json", exclude_defaults=True)
                for name, faults in self.faults.items()
            },
        }


def faults_for(schedule: EnsembleSchedule, given: Mapping[str | None, Faults]) -> dict[str, Faults]:
    """Return the faults of each stage.

    Faults that are given for all (by None) vary with a seed of their own on each stage, as those of
    several machines do.
    """
    common = given.get(None, Faults())
    return {
        name: given.get(name, common.model_copy(update={"seed": common.seed + number}))
        for number, name in enumerate(schedule.names)
    }


def rehearse_ensemble(
    schedule: EnsembleSchedule,
    *,
    sources: Mapping[str, str] | None = None,
    out: Path | None = None,
    save: bool = True,
    renderer: Renderer | None = None,
    size: tuple[int, int] | None = None,
    draft: bool = False,
    realtime: bool = False,
    events: Sequence[ScriptedEvent] = (),
    faults: Mapping[str | None, Faults] | None = None,
    watch: Watch | None = None,
    warn: Callable[[str], object] | None = None,
    images: Callable[[ImageFile], bytes],
    caption: Collection[Part] = DEFAULT_PARTS,
    typed: Callable[[str], None] | None = None,
    find_image: FindImage | None = None,
    played: PlayRange | None = None,
    sound: ScoreSound | None = None,
    writing: Callable[[str], object] | None = None,
) -> EnsembleResult:
    """Play a score on one simulator for each stage.

    `faults` has the faults of each stage by its name, and by None those of all others; `writing` is
    called with the name of each file that is written once the run is over. The other arguments, the
    results and the errors are those of `rehearsal.rehearse`.
    """
    for part in schedule.schedules:
        require_prompt(part)
    check_folder_names(schedule)
    keep = RunFolder.make(out, schedule.reference.title or "run") if save else None
    try:
        settings = _Settings(
            schedule=schedule,
            sources=dict(sources or {}),
            images=images,
            renderer=renderer,
            size=size,
            draft=draft,
            realtime=realtime,
            faults=faults_for(schedule, faults or {}),
            caption=frozenset(caption),
            find_image=find_image,
            played=played,
            sound=sound,
        )
        run = _Run(settings, keep, events, watch=watch, warn=warn, typed=typed, writing=writing)
        return run_blocking(run.play)
    except BaseException:
        if keep is not None:
            shutil.rmtree(keep.path, ignore_errors=True)
        raise


class _StageFiles:
    """What one stage of a rehearsal makes: its frames, and their digests."""

    def __init__(self, name: str, run: _Run) -> None:
        self.name = name
        self._run = run
        self.made: list[ChunkDigest] = []
        self.renderer: str | None = None
        self.film: CaptionedVideo | None = None

    @property
    def conductor(self) -> Conductor:
        return self._run.performance.ensemble.conductors[self.name]

    def begin(self) -> CaptionBuilder:
        return CaptionBuilder(self.conductor)

    def handle_frames(self, frames: ChunkFrames) -> None:
        conductor = self.conductor
        if self.film is not None and conductor.is_of_the_score(frames.chunk):
            self.film.add(frames, self.begin(), conductor.view.take)

    def look(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        if isinstance(event, FramesRendered) and conductor.is_of_the_score(event.chunk):
            self.renderer = event.renderer
            self.made.append(
                ChunkDigest(
                    take=max(1, conductor.view.take),
                    chunk=conductor.base + event.chunk,
                    frames=event.frames,
                    sha256=event.sha256,
                )
            )

    def facts(self) -> dict[str, Any]:
        """Return what the report of the stage has besides its cues."""
        facts: dict[str, Any] = {}
        if self.film is not None and self.film.failures:
            facts["video_failures"] = self.film.failures
        if self.made:
            facts["pictures"] = {
                "renderer": self.renderer,
                "chunks": [[one.take, one.chunk, one.frames, one.sha256] for one in self.made],
            }
        return facts


class _Run:
    """One rehearsal on several stages, and its parts."""

    def __init__(
        self,
        settings: _Settings,
        keep: RunFolder | None,
        script: Sequence[ScriptedEvent],
        *,
        watch: Watch | None,
        warn: Callable[[str], object] | None,
        typed: Callable[[str], None] | None,
        writing: Callable[[str], object] | None,
    ) -> None:
        self._settings = settings
        self._keep = keep
        self._progress = watch
        self._warn = warn
        self._typed = typed
        self._writing = writing or (lambda _: None)
        schedule = settings.schedule
        clock = self._clock = RealClock() if settings.realtime else VirtualClock()
        self._files = {name: _StageFiles(name, self) for name in schedule.names}
        stages = {
            name: SimulatedStage(
                clock,
                settings=SimulatedSettings(part.grid, settings.faults[name], part.model),
                frame_sink=None if settings.renderer is None else self._files[name].handle_frames,
                images=settings.images,
                renderer=settings.renderer,
                score_chunk=partial(self._score_chunk, name),
                is_of_the_score=partial(self._is_of_the_score, name),
            )
            for name, part in schedule.parts
        }
        journal = None
        if keep is not None:
            header = ensemble_header_of(
                schedule,
                settings.sources,
                settings.as_json(),
                following=False,
                played=settings.played,
                sound=None if settings.sound is None else settings.sound.as_json(),
            )
            journal = JournalWriter(keep.path / "journal.jsonl", header)
        self.performance = EnsemblePerformance(
            schedule,
            stages,
            clock,
            journal=journal,
            script=script,
            watchers=[self._look],
            stage_watchers={name: [files.look] for name, files in self._files.items()},
            warn=warn,
            following=False,
            played=settings.played,
        )

    def _score_chunk(self, stage: str, chunk: int) -> int:
        return self.performance.ensemble.conductors[stage].base + chunk

    def _is_of_the_score(self, stage: str, chunk: int) -> bool:
        return self.performance.ensemble.conductors[stage].is_of_the_score(chunk)

    async def play(self) -> EnsembleResult:
        """Perform, then write the run's files."""
        async with AsyncExitStack() as stack:
            self._open_films(stack)
            stack.enter_context(closing_on_signals(self.performance.close))
            if self._settings.realtime:
                await self._listen(stack)
            outcome = await self.performance.run()
        report = report_of(self.performance.ensemble)
        document = self._document(report, outcome)
        result = EnsembleResult(
            report=report,
            schedule=self._settings.schedule,
            folder=None,
            pictures={name: tuple(files.made) for name, files in self._files.items()},
            journal_failure=outcome.journal_failure,
            document=document,
            ensemble=self.performance.ensemble,
        )
        if self._keep is None:
            return result
        return self._left(self._keep, result)

    def _open_films(self, stack: AsyncExitStack) -> None:
        renderer = self._settings.renderer
        if self._keep is None:
            return
        for name, part in self._settings.schedule.parts:
            folder = make_stage_folder(self._keep, name)
            if renderer is None:
                continue
            film = CaptionedVideo(
                folder,
                part,
                self._settings.size or renderer.video_size,
                self._settings.caption,
                warn=self._warn,
                sound=self._settings.sound,
            )
            film.writing = self._writing
            self._files[name].film = stack.enter_context(film)

    async def _listen(self, stack: AsyncExitStack) -> None:
        """Let an operator control all stages, by keys and from another shell."""
        operator = Operator(
            self.performance,
            self._clock.now,
            self._notify,
            show_typed=self._typed,
            can_clip=False,
            find_image=self._settings.find_image,
        )
        if self._keep is not None:
            door = RemoteControlServer(self._keep.path, operator.answer)
            await door.open()
            stack.push_async_callback(door.close)
        if self._typed is not None:
            stack.enter_context(Keys(operator.press))

    def _notify(self, text: str) -> None:
        if self._warn is not None:
            self._warn(text)

    def _look(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        """Report the progress of the reference stage."""
        if self._progress is None or not isinstance(event, ChunkDone):
            return
        if not conductor.is_of_the_score(event.chunk):
            return
        view = conductor.view
        current, place = CaptionBuilder(conductor).position(
            max(view.first_chunk, conductor.making - 1)
        )
        self._progress(
            Progress(
                chunk=conductor.making,
                chunks=view.end_chunk,
                take=view.take,
                section=current.stretch.section,
                place=place,
                prompt=event.prompt,
                first=view.first_chunk,
            )
        )

    def _document(self, report: EnsembleReport, outcome: Outcome) -> dict[str, Any]:
        return ensemble_document(
            self._settings.schedule,
            report,
            outcome,
            self._settings.as_json(),
            {name: files.facts() for name, files in self._files.items()},
        )

    def _left(self, keep: RunFolder, result: EnsembleResult) -> EnsembleResult:
        parts: list[Callable[[], object]] = [
            lambda: keep.write_json("report.json", dict(result.document))
        ]
        for files in self._files.values():
            parts += self._stage_parts(keep, files, result)
        failures = [] if result.journal_failure is None else [result.journal_failure]
        for files in self._files.values():
            failures += [] if files.film is None else files.film.failures
        final, failed = keep.finish_with(parts, failures)
        return replace(result, folder=final, failures=failed)

    def _stage_parts(
        self, keep: RunFolder, files: _StageFiles, result: EnsembleResult
    ) -> list[Callable[[], object]]:
        """Return functions that write the files of one stage."""
        return stage_parts(
            keep,
            files.name,
            files.conductor,
            result.document["stages"][files.name],
            images=self._settings.images,
            recording=None if files.film is None else files.film.recording,
            sound=self._settings.sound,
            writing=self._writing,
        )
