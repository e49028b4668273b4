"""Write a run's captioned video and contact sheet.

The captions show title, take, section, bar and beat, which a stage cannot know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, get_args

from sequencer.core.errors import OutputError
from sequencer.core.paths import is_file
from sequencer.engine.conductor.deliveries import Delivery
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.passes import Pass
from sequencer.media.score_sounds import ScoreSound
from sequencer.reports.timeline.player import Recording
from sequencer.runtime.recording.caption import Caption
from sequencer.runtime.recording.contact_sheet import ContactSheet, Shot
from sequencer.runtime.recording.video_writer import VideoWriter
from sequencer.schedule.describe import (
    bare,
    clock_time,
    describe_act,
    describe_pass,
    describe_rule,
)
from sequencer.schedule.model import CutAct, PromptAct, Schedule
from sequencer.schedule.prompt_actions import actions_of
from sequencer.stages.protocol import ChunkFrames

Part = Literal["title", "section", "take", "position", "action", "simulator"]
"""The parts of a caption.

`simulator` is what it writes on its frames itself: the prompt and a few facts.
"""
PARTS: tuple[Part, ...] = get_args(Part)
DEFAULT_PARTS: frozenset[Part] = frozenset(PARTS) - {"action"}
"""Without the action: the simulator shows the whole prompt, so the action would appear twice."""


class CaptionBuilder:
    """Finds the position of a frame in the score, at nominal time."""

    def __init__(self, conductor: Conductor) -> None:
        self._conductor = conductor

    @property
    def conductor(self) -> Conductor:
        """The conductor of the run."""
        return self._conductor

    def is_cued(self, chunk: int) -> bool:
        """Return whether a cue, or a rule that fired, takes effect on a score chunk."""
        slot = self._conductor.view.slots.get(chunk)
        return slot is not None and bool(slot.lines)

    def score_chunk(self, chunk: int) -> int:
        """Return the score chunk of a chunk of the current take."""
        return self._conductor.base + chunk

    def prompt(self, chunk: int) -> str | None:
        """Return the prompt in force at a score chunk, as far as it was sent."""
        return self._conductor.view.prompt_at(chunk)

    def position(self, chunk: int, frame: int = 0) -> tuple[Pass, str]:
        """Return the pass and the `bar.beat` (empty without beats) of a frame of a score chunk."""
        run = self._conductor.view
        seconds = run.grid.time_of_frame(chunk, frame, first=run.first_chunk)
        current = run.passes[0]
        for one in run.passes[run.pass_at(chunk).number :: -1]:
            current = one
            if one.begins <= seconds:
                break
        later = current.number + 1
        while later < len(run.passes) and run.passes[later].begins <= seconds:
            current = run.passes[later]
            later += 1
        stretch = current.stretch
        if stretch.tempo is None or stretch.meters is None:
            return current, ""
        bar_beat = stretch.meters.bar_beat_at(
            stretch.tempo.quarter_at(max(Fraction(0), seconds - current.start))
        )
        return current, f"{bar_beat.bar}.{bar_beat.beat}"


class CaptionedVideo:
    """Writes `video.mp4` and `contact-sheet.png` into a folder.

    As a context manager, it closes both, even after an error.

    A run outlives its video: what can no longer be written (because the disk is full) is reported
    once, and listed in `failures`.

    Args:
        folder: The run's folder.
        schedule: The schedule being played.
        size: The video's (width, height), in pixels.
        parts: The parts of the caption of the video.
        warn: Called with each warning.
        sound: The sound of the score, if it has one.
        takes: Whether each take has a video of its own, `take-1.mp4` and so on.

    Raises:
        OutputError: The files cannot be created.
    """

    def __init__(
        self,
        folder: Path,
        schedule: Schedule,
        size: tuple[int, int],
        parts: Collection[Part] = DEFAULT_PARTS,
        *,
        warn: Callable[[str], object] | None = None,
        sound: ScoreSound | None = None,
        takes: bool = False,
    ) -> None:
        self._folder = folder
        self._size = size
        self._has_takes = takes
        self._sound = sound
        self._first: int | None = None
        """The score chunk with which the video begins."""
        self._schedule = schedule
        self._grid = schedule.grid
        """The chunks of the run, with the takes that are known of it."""
        self._warn = warn
        self.writing: Callable[[str], object] | None = None
        """Called with the name of each file that is completed at the end."""
        self.failures: list[str] = []
        """A sentence for each file that could not be written."""
        self._is_cut_short = False
        self._title = schedule.title or ""
        self._parts = parts
        self._actions = actions_of(schedule)
        self._passes = Counter(stretch.section for stretch in schedule.stretches)
        self._fired: dict[int | None, str] = {
            rule.id: describe_rule(rule, schedule.middle)
            for stretch in schedule.stretches
            for rule in stretch.rules
        }
        self._video = self._open_video("take-1.mp4" if takes else "video.mp4")
        self._sheet = ContactSheet(folder / "contact-sheet.png", title=self._title)
        self._prompt: str | None = None
        self._action = ""
        self._take = 0
        self._landed: dict[int, list[Delivery]] | None = None

    def _open_video(self, name: str) -> VideoWriter:
        return VideoWriter(
            self._folder / name,
            size=self._size,
            fps=self._schedule.grid.fps,
            sound=None if self._sound is None else self._sound.file,
        )

    def _begin_take(self, take: int) -> None:
        """Complete the video of a take and begin that of the next one."""
        try:
            self._video.close()
            self._video = self._open_video(f"take-{take}.mp4")
        except OutputError as error:
            self._is_cut_short = True
            self._failed(error)
        self._first = None

    def add(self, frames: ChunkFrames, builder: CaptionBuilder, take: int) -> None:
        """Add the frames of a chunk of the current take."""
        chunk = builder.score_chunk(frames.chunk)
        self._grid = builder.conductor.view.grid
        if self._has_takes and take > max(1, self._take) and not self._is_cut_short:
            self._begin_take(take)
        if self._first is None:
            self._first = chunk
            if self._sound is not None:  # a video may begin later than its score
                start = self._sound.track.start + self._grid.opening_time(chunk)
                self._video.begin_sound_at(start)
        prompt, before = builder.prompt(chunk), self._prompt
        is_cut = take > max(1, self._take)
        happens = is_cut or prompt != before or builder.is_cued(chunk)
        if prompt != before or is_cut:
            self._action = (
                "" if prompt is None else bare(self._actions.of(None if is_cut else before, prompt))
            )
        self._prompt, self._take = prompt, take
        captions = [
            self._caption(builder, chunk, frame, take) for frame in range(len(frames.frames))
        ]
        if not self._is_cut_short:
            try:
                self._video.write_all(frames.frames, captions)
            except OutputError as error:
                self._is_cut_short = True
                self._failed(error)
        still = frames.frames if frames.still is None else frames.still
        if not happens:
            self._sheet.add(chunk, still)
            return
        action, conductor = self._action, builder.conductor
        self._sheet.add(chunk, still, lambda: self._shot(conductor, chunk, action, is_cut))

    def recording(self) -> Recording | None:
        """Return what a page next to the video needs to play it; None without a single video."""
        if self._first is None or self._has_takes or not is_file(self._video.path):
            return None
        return Recording.of_whole(self._video.path.name, self._grid, first=self._first)

    def _caption(self, builder: CaptionBuilder, chunk: int, frame: int, take: int) -> Caption:
        parts = self._parts
        current, position = builder.position(chunk, frame)
        return Caption(
            title=self._title if "title" in parts else "",
            section=(current.stretch.section or "") if "section" in parts else "",
            take=f"take {max(1, take)}" if "take" in parts else "",
            place=position if "position" in parts else "",
            action=self._action if "action" in parts else "",
        )

    def _shot(self, conductor: Conductor, chunk: int, action: str, is_cut: bool) -> Shot | None:
        """Return the text below the frame of a chunk; None if nothing landed there after all."""
        if self._landed is None:
            self._landed = {}
            for line in conductor.view.deliveries:
                if line.landed is not None:
                    self._landed.setdefault(line.landed, []).append(line)
        lines = sorted(
            self._landed.get(chunk, ()),
            key=lambda line: (line.fired is not None, line.time, line.number),
        )
        if not lines and not is_cut:
            return None
        acts = [act for line in lines for act in line.acts]
        settings = [describe_act(act) for act in acts if not isinstance(act, PromptAct)]
        settings += [f"fade {act.fade}c" for act in acts if isinstance(act, PromptAct) and act.fade]
        if is_cut and not any(isinstance(act, CutAct) for act in acts):
            settings.append("cut")
        section, position = "", ""
        if lines:
            line = lines[-1]
            if line.section is not None:
                section = describe_pass(line.section, line.occurrence, self._passes[line.section])
            known = self._fired if line.version == 1 else {}
            position = known.get(line.rule, line.place)
        return Shot(
            section=section,
            position=position,
            time=clock_time(self._grid.boundary(chunk), 1),
            action=action if any(isinstance(act, PromptAct) for act in acts) or is_cut else "",
            settings=" · ".join(dict.fromkeys(settings)),
            is_cut=is_cut,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._video.abort()
            return
        for path, close in (
            (self._video.path, self._video.close),
            (self._sheet.path, self._sheet.save),
        ):
            if self.writing is not None:
                self.writing(path.name)
            try:
                close()
            except OutputError as failure:
                self._failed(failure)

    def _failed(self, error: OutputError) -> None:
        self.failures.append(error.message)
        if self._warn is not None:
            self._warn(error.message)
