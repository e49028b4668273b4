"""Rehearse a schedule: play it on the simulator, and write the run's files.

Time is virtual or real.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sequencer.core.image_files import read_image
from sequencer.core.images import ImageFile
from sequencer.core.timebase import ChunkGrid
from sequencer.engine.bundle import bundle_of
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.journal import JournalWriter, header_of
from sequencer.engine.play_range import PlayRange
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import ChunkDone, ClipRequested, FramesRendered, Paused, Resumed
from sequencer.media.score_sounds import ScoreSound, explain_silence
from sequencer.runtime.blocking import end_task, run_blocking
from sequencer.runtime.loop import Outcome, Performance, require_prompt
from sequencer.runtime.operator.commands import FindImage
from sequencer.runtime.operator.input import Operator
from sequencer.runtime.operator.keyboard import Keys
from sequencer.runtime.operator.reload_control import ReloadControl, ReloadSettings
from sequencer.runtime.operator.remote import RemoteControlServer
from sequencer.runtime.output.captioned_video import DEFAULT_PARTS, PARTS, CaptionBuilder, Part
from sequencer.runtime.output.report_format import as_json
from sequencer.runtime.output.run_folder import RunFolder, bytes_of
from sequencer.runtime.results import ChunkDigest, RehearsalResult
from sequencer.runtime.scripted_events import ScriptedEvent
from sequencer.runtime.signals import closing_on_signals
from sequencer.runtime.upcoming import Coming
from sequencer.schedule.document import digest
from sequencer.schedule.model import Schedule
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import RealClock, VirtualClock

if TYPE_CHECKING:
    from sequencer.reports.timeline.player import Recording
    from sequencer.runtime.output.captioned_video import CaptionedVideo
    from sequencer.stages.protocol import ChunkFrames, FrameViewer
    from sequencer.stages.simulated.rendering import Renderer

MAX_ACTION_LENGTH = 60
"""The longest excerpt of a prompt's action in a `Progress`, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of a rehearsal: score chunk `chunk` of (at most) `chunks` is done.

    `section` includes the pass number if the section has several, as in the cue sheet; `action` is
    the part of `prompt` that changes.
    """

    chunk: int
    chunks: int
    take: int
    section: str | None
    place: str
    prompt: str | None
    action: str | None = None
    paused: bool = False
    first: int = 0
    """The score chunk with which the run began: not 0 if it plays a range."""
    is_turn: bool = False
    """Whether the model has just been paused or resumed, in which case no chunk was completed."""


Watch = Callable[[Progress], None]


def rehearse(
    schedule: Schedule,
    *,
    sources: Mapping[str, str] | None = None,
    folder: Path | None = None,
    out: Path | None = None,
    save: bool = True,
    renderer: Renderer | None = None,
    takes: bool = False,
    size: tuple[int, int] | None = None,
    draft: bool = False,
    realtime: bool = False,
    events: Sequence[ScriptedEvent] = (),
    faults: Faults | None = None,
    watch: Watch | None = None,
    warn: Callable[[str], object] | None = None,
    bundle: bool = False,
    images: Callable[[ImageFile], bytes] | None = None,
    caption: Collection[Part] = DEFAULT_PARTS,
    typed: Callable[[str], None] | None = None,
    find_image: FindImage | None = None,
    played: PlayRange | None = None,
    sound: ScoreSound | None = None,
    writing: Callable[[str], object] | None = None,
    reloads: ReloadSettings | None = None,
    viewer: FrameViewer | None = None,
) -> RehearsalResult:
    """Play a schedule on the simulator. `sound` is that of the score, if it has one.

    `renderer` makes the frames of the video, and is not closed; without one there is no video.
    `takes` gives each take a video of its own. `draft` is only written down.
    Other arguments, results and errors are those of `sequencer.rehearse`. `writing` is called with
    the name of each file that is written once the run is over; `reloads` is how edits of the score
    are taken over, and `viewer` receives the frames that are shown, both in real time.
    """
    require_prompt(schedule)
    script = list(events)
    keep = RunFolder.make(out, schedule.title or "run") if save else None
    try:
        read = images or (lambda image: read_image(folder or Path(), image))
        settings = _Settings(
            schedule=schedule,
            sources=dict(sources or {}),
            images=read,
            renderer=renderer,
            takes=takes,
            size=size,
            draft=draft,
            realtime=realtime,
            faults=faults or Faults(),
            bundle=bundle,
            caption=frozenset(caption),
            find_image=find_image,
            played=played,
            sound=sound,
            writing=writing,
            reloads=reloads,
            viewer=viewer if realtime else None,
        )
        result = run_blocking(
            lambda: _Run(settings, keep, script, watch=watch, warn=warn, typed=typed).play()
        )
    except BaseException:
        if keep is not None:
            shutil.rmtree(
                keep.path, ignore_errors=True
            )  # a run that never began, or was aborted, leaves nothing
        raise
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    schedule: Schedule
    sources: Mapping[str, str]
    images: Callable[[ImageFile], bytes]
    renderer: Renderer | None
    takes: bool
    size: tuple[int, int] | None
    draft: bool
    realtime: bool
    faults: Faults
    bundle: bool
    caption: frozenset[Part]
    find_image: FindImage | None
    played: PlayRange | None
    sound: ScoreSound | None
    writing: Callable[[str], object] | None
    reloads: ReloadSettings | None
    viewer: FrameViewer | None

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
            **({} if self.reloads is None else {"reload": self.reloads.mode}),
            "faults": self.faults.model_dump(mode="json", exclude_defaults=True),
        }


class _Run:
    """One rehearsal and its parts."""

    def __init__(
        self,
        settings: _Settings,
        keep: RunFolder | None,
        script: Sequence[ScriptedEvent],
        *,
        watch: Watch | None,
        warn: Callable[[str], object] | None,
        typed: Callable[[str], None] | None,
    ) -> None:
        self._settings = settings
        self._warn = warn
        self._typed = typed
        self._keep = keep
        self._watch = watch
        self._made: list[ChunkDigest] = []
        self._renderer: str | None = None
        schedule = settings.schedule
        clock = self._clock = RealClock() if settings.realtime else VirtualClock()
        stage = SimulatedStage(
            clock,
            settings=SimulatedSettings(schedule.grid, settings.faults, schedule.model),
            frame_sink=None if settings.renderer is None else self._handle_frames,
            images=settings.images,
            renderer=settings.renderer,
            score_chunk=lambda chunk: self._performance.conductor.base + chunk,
            is_of_the_score=self._is_of_the_score,
            viewer=settings.viewer,
            take_and_chunk=self._take_and_chunk,
        )
        journal = None
        if keep is not None:
            header = header_of(
                schedule,
                settings.sources,
                settings.as_json(),
                following=False,
                played=settings.played,
                sound=None if settings.sound is None else settings.sound.as_json(),
                may_reload=settings.reloads is not None,
            )
            journal = JournalWriter(keep.path / "journal.jsonl", header)
        # A rehearsal plays an external clock at its nominal tempo: no device has to be connected.
        self._performance = Performance(
            schedule,
            stage,
            clock,
            journal=journal,
            script=script,
            watchers=[self._look],
            warn=warn,
            following=False,
            played=settings.played,
            may_reload=settings.reloads is not None,
        )
        self._caption_builder = CaptionBuilder(self._performance.conductor)
        self._coming = Coming(self._performance.conductor)
        self._prompts: tuple[str | None, str | None] = (None, None)
        """The prompt in force and the one before it."""
        self._paused = False
        self._film: CaptionedVideo | None = None

    async def play(self) -> RehearsalResult:
        """Perform, then write the run's files."""
        async with AsyncExitStack() as stack:
            self._film = stack.enter_context(self._filming())
            stack.enter_context(closing_on_signals(self._performance.close))
            if self._settings.realtime:
                if self._settings.sound is not None:
                    self._notify(
                        explain_silence(self._settings.sound, is_recorded=self._film is not None)
                    )
                await self._listen(stack)
            outcome = await self._performance.run()
        settings = self._settings
        rehearsed = RehearsalResult(
            report=outcome.report,
            schedule=settings.schedule,
            folder=None,
            pictures=tuple(self._made),
            renderer=self._renderer,
            journal_failure=outcome.journal_failure,
            conductor=self._performance.conductor,
        )
        return rehearsed if self._keep is None else self._left(self._keep, rehearsed, outcome)

    def _filming(self) -> AbstractContextManager[CaptionedVideo | None]:
        renderer = self._settings.renderer
        if self._keep is None or renderer is None:
            return nullcontext()
        from sequencer.runtime.output.captioned_video import CaptionedVideo

        film = CaptionedVideo(
            self._keep.path,
            self._settings.schedule,
            self._settings.size or renderer.video_size,
            self._settings.caption,
            warn=self._notify,
            sound=self._settings.sound,
            takes=self._settings.takes,
        )
        film.writing = self._settings.writing
        return film

    # ---- while it runs ---------------------------------------------------------------------------

    async def _listen(self, stack: AsyncExitStack) -> None:
        """Let an operator control the run, by keys and from another shell."""
        reloads = None
        if self._settings.reloads is not None:
            reloads = ReloadControl(
                self._performance,
                self._settings.reloads,
                [self._settings.sources],
                self._clock.now,
                self._notify,
            )
            self._performance.add_watcher(reloads.look)
            stack.push_async_callback(end_task, asyncio.create_task(reloads.watch()))
        operator = Operator(
            self._performance,
            self._clock.now,
            self._notify,
            show_typed=self._typed,
            can_clip=False,
            find_image=self._settings.find_image,
            reloads=reloads,
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

    def _is_of_the_score(self, chunk: int) -> bool:
        return self._performance.conductor.is_of_the_score(chunk)

    def _take_and_chunk(self, chunk: int) -> tuple[int, int | None]:
        """Return the take, and the score chunk of a chunk of it."""
        conductor = self._performance.conductor
        return conductor.view.take, conductor.score_chunk(chunk)

    def _handle_frames(self, frames: ChunkFrames) -> None:
        conductor = self._performance.conductor
        if self._film is not None and conductor.is_of_the_score(frames.chunk):
            self._film.add(frames, self._caption_builder, conductor.view.take)

    def _look(
        self, event: Event, commands: Sequence[Command], conductor: Conductor
    ) -> None:  # a Watcher
        match event:
            case FramesRendered() if conductor.is_of_the_score(event.chunk):
                self._renderer = event.renderer
                chunk = conductor.base + event.chunk
                self._made.append(
                    ChunkDigest(
                        take=max(1, conductor.view.take),
                        chunk=chunk,
                        frames=event.frames,
                        sha256=event.sha256,
                    )
                )
            case ClipRequested():
                self._notify("no clip: a rehearsal's video contains everything")
            case ChunkDone() if conductor.is_of_the_score(event.chunk):
                self._show(conductor, event.prompt)
            case Paused() if not self._paused:
                self._paused = True
                self._show(conductor, self._prompts[0], is_turn=True)
            case Resumed() if self._paused:
                self._paused = False
                self._show(conductor, self._prompts[0], is_turn=True)
            case _:
                pass

    def _show(self, conductor: Conductor, prompt: str | None, *, is_turn: bool = False) -> None:
        """Report the progress to `watch`."""
        if self._watch is None:
            return
        current, position = self._caption_builder.position(
            max(conductor.view.first_chunk, conductor.making - 1)
        )
        if prompt != self._prompts[0]:
            self._prompts = prompt, self._prompts[0]
        self._watch(
            Progress(
                chunk=conductor.making,
                chunks=conductor.view.end_chunk,
                take=conductor.view.take,
                first=conductor.view.first_chunk,
                section=self._coming.name(current.stretch.section, current.stretch.occurrence)
                or None,
                place=position,
                prompt=prompt,
                action=None
                if prompt is None
                else self._coming.action(self._prompts[1], prompt, MAX_ACTION_LENGTH),
                paused=self._paused,
                is_turn=is_turn,
            )
        )

    # ---- the files of the run --------------------------------------------------------------------

    def _left(
        self, keep: RunFolder, rehearsed: RehearsalResult, outcome: Outcome
    ) -> RehearsalResult:
        from sequencer.reports.timeline import Timelines
        from sequencer.reports.timeline.thumbnails import thumbnails_of

        schedule, conductor = self._settings.schedule, self._performance.conductor
        images, sound = self._settings.images, self._settings.sound
        drawn = Timelines(
            schedule,
            conductor,
            thumbnails_of(schedule, images, conductor.view.images),
            sound=sound,
            recording=self._recording(keep, conductor.view.grid),
        )
        document = as_json(outcome.report, self._facts(outcome))
        writing = self._settings.writing or (lambda _: None)

        def write(name: str, text: Callable[[], str]) -> None:
            writing(name)
            keep.write(name, text())

        parts: list[Callable[[], object]] = [
            lambda: keep.write_json("report.json", document),
            lambda: write("timeline.svg", drawn.svg),
            lambda: write("timeline.html", drawn.html),
        ]
        if self._settings.bundle:
            parts.append(
                lambda: bundle_of(
                    keep.path,
                    bytes_of(conductor.view.images, images),
                    None if sound is None else (sound.sound.sha256, sound.file),
                )
            )
        journal = [] if outcome.journal_failure is None else [outcome.journal_failure]
        final, failures = keep.finish_with(parts, journal + self._film_failures())
        return replace(rehearsed, folder=final, failures=failures, document=document)

    def _recording(self, keep: RunFolder, grid: ChunkGrid) -> Recording | None:
        """Return what the run's page plays: the video, or else the sound."""
        from sequencer.reports.timeline.player import Recording

        sound = self._settings.sound
        if self._film is not None:
            return self._film.recording()
        return None if sound is None else Recording.of_sound(sound, keep.final, grid)

    def _film_failures(self) -> list[str]:
        return [] if self._film is None else self._film.failures

    def _facts(self, outcome: Outcome) -> dict[str, Any]:
        schedule = self._settings.schedule
        facts: dict[str, Any] = {
            "title": schedule.title,
            "seed": schedule.seed,
            "schedule_digest": digest(schedule),
            "settings": self._settings.as_json(),
        }
        if self._settings.sound is not None:
            facts["sound"] = self._settings.sound.as_json()
        if outcome.journal_failure is not None:
            facts["journal_failure"] = outcome.journal_failure
        if self._film_failures():
            facts["video_failures"] = self._film_failures()
        if outcome.unreached:
            facts["events_never_reached"] = list(outcome.unreached)
        if outcome.unanswered:
            facts["events_nothing_waited_for"] = list(outcome.unanswered)
        if self._made:
            facts["pictures"] = {
                "renderer": self._renderer,
                "chunks": [[one.take, one.chunk, one.frames, one.sha256] for one in self._made],
            }
        return facts
