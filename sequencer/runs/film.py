"""The film of a run: every frame with its caption into the video, one picture a chunk onto the contact sheet."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from sequencer.recorder import Caption, ContactSheet, VideoWriter
from sequencer.runs.captions import Teller
from sequencer.schedule import Schedule
from sequencer.stages import Pictures


class Film:
    """Writes `video.mp4` and `contact-sheet.png` into a folder. As a context manager it closes both, whatever happened.

    Raises OutputError where they cannot be written.
    """

    def __init__(self, folder: Path, schedule: Schedule, size: tuple[int, int]) -> None:
        self._title = schedule.title or ""
        self._video = VideoWriter(folder / "video.mp4", size=size, fps=schedule.grid.fps)
        self._sheet = ContactSheet(folder / "contact-sheet.png", title=self._title)

    def add(self, pictures: Pictures, teller: Teller, take: int) -> None:
        """Add the frames of a chunk of the take that plays."""
        chunk = teller.score_chunk(pictures.chunk)
        current, _ = teller.position(chunk)
        captions = [self._caption(teller, chunk, frame, take) for frame in range(len(pictures.frames))]
        self._video.write_all(pictures.frames, captions)
        self._sheet.add(chunk, pictures.frames, section=current.stretch.section or "", prompt=teller.prompt(chunk) or "")

    def _caption(self, teller: Teller, chunk: int, frame: int, take: int) -> Caption:
        current, place = teller.position(chunk, frame)
        return Caption(self._title, current.stretch.section or "", f"take {max(1, take)}", place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            self._video.abort()
            return
        self._video.close()
        self._sheet.save()
