"""The film of a run: every frame with its caption into the video, and one frame for each cue and cut onto the contact sheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path
from types import TracebackType
from typing import Self

from sequencer.conductor import Conductor
from sequencer.conductor.lines import Line
from sequencer.errors import OutputError
from sequencer.recorder import Caption, ContactSheet, Shot, VideoWriter
from sequencer.runs.captions import DEFAULT_PARTS, Part, Teller
from sequencer.schedule import CutTake, Schedule, ShowPrompt
from sequencer.schedule.actions import actions_of
from sequencer.schedule.words import act_in_words, bare, clock_time, firing_in_words, pass_in_words
from sequencer.stages import Pictures


class Film:
    """Writes `video.mp4` and `contact-sheet.png` into a folder. As a context manager it closes both, whatever happened.

    A run outlives its video: what cannot be written any more (a full disk) is reported once, and is among `failures`.

    Args:
        folder: The run's folder.
        schedule: What is played.
        size: The video's (width, height).
        parts: What the caption of the video consists of.
        warn: Gets what a person should know of it.

    Raises:
        OutputError: They cannot even be begun.
    """

    def __init__(
        self,
        folder: Path,
        schedule: Schedule,
        size: tuple[int, int],
        parts: Collection[Part] = DEFAULT_PARTS,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self._schedule = schedule
        self._warn = warn
        self.failures: list[str] = []
        """What could not be written, a sentence each."""
        self._is_cut_short = False
        self._title = schedule.title or ""
        self._parts = parts
        self._actions = actions_of(schedule)
        self._passes = Counter(stretch.section for stretch in schedule.stretches)
        self._fired: dict[int | None, str] = {
            rule.id: firing_in_words(rule.trigger, schedule.middle) for stretch in schedule.stretches for rule in stretch.rules
        }
        self._video = VideoWriter(folder / "video.mp4", size=size, fps=schedule.grid.fps)
        self._sheet = ContactSheet(folder / "contact-sheet.png", title=self._title)
        self._prompt: str | None = None
        self._action = ""
        self._take = 0
        self._landed: dict[int, list[Line]] | None = None

    def add(self, pictures: Pictures, teller: Teller, take: int) -> None:
        """Add the frames of a chunk of the take that plays."""
        chunk = teller.score_chunk(pictures.chunk)
        prompt, before = teller.prompt(chunk), self._prompt
        is_cut = take > max(1, self._take)
        happens = is_cut or prompt != before or teller.is_cued(chunk)
        if prompt != before or is_cut:
            self._action = "" if prompt is None else bare(self._actions.of(None if is_cut else before, prompt))
        self._prompt, self._take = prompt, take
        captions = [self._caption(teller, chunk, frame, take) for frame in range(len(pictures.frames))]
        if not self._is_cut_short:
            try:
                self._video.write_all(pictures.frames, captions)
            except OutputError as error:
                self._is_cut_short = True
                self._failed(error)
        still = pictures.frames if pictures.still is None else pictures.still
        if not happens:
            self._sheet.add(chunk, still)
            return
        action, conductor = self._action, teller.conductor
        self._sheet.add(chunk, still, lambda: self._shot(conductor, chunk, action, is_cut))

    def _caption(self, teller: Teller, chunk: int, frame: int, take: int) -> Caption:
        parts = self._parts
        current, position = teller.position(chunk, frame)
        return Caption(
            title=self._title if "title" in parts else "",
            section=(current.stretch.section or "") if "section" in parts else "",
            take=f"take {max(1, take)}" if "take" in parts else "",
            place=position if "position" in parts else "",
            action=self._action if "action" in parts else "",
        )

    def _shot(self, conductor: Conductor, chunk: int, action: str, is_cut: bool) -> Shot | None:
        """What is written below the frame of a chunk; None where nothing landed there after all."""
        if self._landed is None:
            self._landed = {}
            for line in conductor.run.plan.lines:
                if line.landed is not None:
                    self._landed.setdefault(line.landed, []).append(line)
        lines = sorted(self._landed.get(chunk, ()), key=lambda line: (line.fired is not None, line.time, line.number))
        if not lines and not is_cut:
            return None
        acts = [act for line in lines for act in line.acts]
        settings = [act_in_words(act) for act in acts if not isinstance(act, ShowPrompt)]
        if is_cut and not any(isinstance(act, CutTake) for act in acts):
            settings.append("cut")
        section, position = "", ""
        if lines:
            line = lines[-1]
            if line.section is not None:
                section = pass_in_words(line.section, line.occurrence, self._passes[line.section])
            position = self._fired.get(line.rule, line.place)
        return Shot(
            section=section,
            position=position,
            time=clock_time(self._schedule.grid.boundary(chunk), 1),
            action=action if any(isinstance(act, ShowPrompt) for act in acts) or is_cut else "",
            settings=" · ".join(dict.fromkeys(settings)),
            is_cut=is_cut,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            self._video.abort()
            return
        for close in (self._video.close, self._sheet.save):
            try:
                close()
            except OutputError as failure:
                self._failed(failure)

    def _failed(self, error: OutputError) -> None:
        self.failures.append(error.message)
        if self._warn is not None:
            self._warn(error.message)
