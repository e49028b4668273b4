"""`ContactSheet`: a run on one page, one picture a chunk, or as many of them, evenly chosen, as a page holds."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from sequencer.errors import OutputError
from sequencer.letters import Pen
from sequencer.paths import remove
from sequencer.recorder.caption import one_line

MOST = 60
"""The most pictures on a sheet."""

COLUMNS = 6
THUMB_WIDTH = 288
GAP = 12
MARGIN = 28

_PAPER, _INK, _SOFT, _ACCENT = (16, 17, 20), (240, 240, 240), (150, 152, 160), (255, 196, 92)


@dataclass(frozen=True, slots=True)
class _Thumb:
    chunk: int
    picture: Image.Image
    section: str
    prompt: str


class ContactSheet:
    """Collects one small picture a chunk and lays them out in a grid, with the chunk's number, its section and its prompt.

    The memory stays bounded: once there are twice as many pictures as fit, every second one goes, and only every second
    (fourth, eighth …) chunk is kept from then on; the sheet says so.
    """

    def __init__(self, path: Path, title: str = "", *, most: int = MOST) -> None:
        self.path = path
        self._title = one_line(title)
        self._most = max(1, most)
        self._thumbs: list[_Thumb] = []
        self._every = 1
        self._seen = 0
        self._number = Pen(17)
        self._section = Pen(13)
        self._prompt = Pen(13)
        self._head = Pen(26)

    def add(self, chunk: int, frames: NDArray[np.uint8], *, section: str = "", prompt: str = "") -> None:
        """Add a chunk: its frames, shape (count, height, width, 3), of which the middle one is shown, or a single frame."""
        index = self._seen
        self._seen += 1
        if index % self._every or (frames.ndim == 4 and len(frames) == 0):
            return
        frame = frames[len(frames) // 2] if frames.ndim == 4 else frames
        self._thumbs.append(_Thumb(chunk, _small(frame), one_line(section), one_line(prompt)))
        if len(self._thumbs) >= 2 * self._most:
            self._thumbs = self._thumbs[::2]
            self._every *= 2

    def save(self) -> Path | None:
        """Write the sheet as PNG; None where no chunk came. Raises OutputError."""
        if not self._thumbs:
            return None
        data = io.BytesIO()
        self.drawn().save(data, "PNG")
        partial = self.path.with_name(f".{self.path.name}.partial")
        try:
            partial.write_bytes(data.getvalue())
            partial.replace(self.path)
        except OSError as error:
            remove(partial)
            raise OutputError(
                f"{self.path.name} cannot be written to {self.path.parent}: {error.strerror}", "is the disk full?"
            ) from None
        return self.path

    def drawn(self) -> Image.Image:
        """The sheet as it stands."""
        shown = self._chosen()
        columns = min(COLUMNS, len(shown))
        tall = max((thumb.picture.height for thumb in shown), default=0)
        cell = tall + 8 + 22 + 2 * 17 + GAP
        rows = -(-len(shown) // columns) if shown else 0
        head = MARGIN + 34 + GAP
        width = 2 * MARGIN + columns * THUMB_WIDTH + (columns - 1) * GAP
        sheet = Image.new("RGB", (width, head + rows * cell + MARGIN), _PAPER)
        self._write_head(sheet, width, len(shown))
        for index, thumb in enumerate(shown):
            left = MARGIN + index % columns * (THUMB_WIDTH + GAP)
            top = head + index // columns * cell
            before = shown[index - 1].section if index else ""
            sheet.paste(thumb.picture, (left, top))
            self._label(sheet, thumb, (left, top + tall + 8), new_section=thumb.section != before)
        return sheet

    def _chosen(self) -> list[_Thumb]:
        """At most as many as fit, evenly chosen; the first is always among them."""
        count = len(self._thumbs)
        if count <= self._most:
            return self._thumbs
        return [self._thumbs[index * count // self._most] for index in range(self._most)]

    def _write_head(self, sheet: Image.Image, width: int, shown: int) -> None:
        if shown == self._seen:
            said = f"{shown} chunk" + ("s" if shown != 1 else "")
        else:
            said = f"{shown} of {self._seen:,} chunks, evenly chosen"
        taken = self._section.width(said)
        room = width - 2 * MARGIN - taken - GAP
        if room > 60 and self._title:
            _write(sheet, self._head, (MARGIN, MARGIN - 6), self._head.shortened(self._title, room), _INK)
        _write(sheet, self._section, (max(MARGIN, width - MARGIN - taken), MARGIN + 6), said, _SOFT)

    def _label(self, sheet: Image.Image, thumb: _Thumb, at: tuple[int, int], *, new_section: bool) -> None:
        left, top = at
        number = str(thumb.chunk)
        _write(sheet, self._number, (left, top), number, _ACCENT if new_section and thumb.section else _INK)
        used = self._number.width(number) + 10
        if thumb.section:
            section = self._section.shortened(thumb.section, THUMB_WIDTH - used)
            _write(sheet, self._section, (left + used, top + 4), section, _ACCENT if new_section else _SOFT)
        for line, text in enumerate(self._prompt.wrapped(thumb.prompt, THUMB_WIDTH, 2)):
            _write(sheet, self._prompt, (left, top + 23 + 17 * line), text, _SOFT)


def _small(frame: NDArray[np.uint8]) -> Image.Image:
    height, width = frame.shape[:2]
    tall = max(1, min(2 * THUMB_WIDTH, round(THUMB_WIDTH * height / width)))
    return Image.fromarray(np.ascontiguousarray(frame)).resize((THUMB_WIDTH, tall), Image.Resampling.BOX, reducing_gap=2.0)


def _write(sheet: Image.Image, pen: Pen, at: tuple[int, int], text: str, colour: tuple[int, int, int]) -> None:
    if not text:
        return
    mask = Image.new("L", (pen.width(text) + pen.size, pen.size * 2))
    pen.draw(ImageDraw.Draw(mask), (0, 0), text)
    sheet.paste(colour, at, mask)
