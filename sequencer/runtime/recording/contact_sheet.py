"""Show a run on one page: a frame for each cue and cut, as many as a page holds."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from sequencer.core.errors import OutputError
from sequencer.core.fonts import TextRenderer
from sequencer.core.paths import remove
from sequencer.runtime.recording.caption import one_line

MAX_FRAMES = 96
"""The most frames on a sheet."""

COLUMNS = 6
THUMB_WIDTH = 288
GAP = 16
MARGIN = 28
ACTION_LINES = 3
"""The most lines of an action; a frame that shows more than a prompt has one more line for that."""

_LINE = 19
_PAPER, _INK, _SOFT, _ACCENT = (16, 17, 20), (240, 240, 240), (150, 152, 160), (255, 196, 92)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """The text below a frame.

    `section` and `position` are those of the cue, `time` is when its chunk begins. `action` is the
    part of its prompt that changes, empty if the prompt stays the same; `settings` is what else the
    cue does, such as `sr 4x`. `is_cut` is set if a take begins there.
    """

    section: str = ""
    position: str = ""
    time: str = ""
    action: str = ""
    settings: str = ""
    is_cut: bool = False


Describe = Callable[[], Shot | None]
"""Called when the sheet is drawn, once it is known what landed. None omits the frame."""


@dataclass(slots=True, kw_only=True)
class _Thumb:
    chunk: int
    describe: Describe
    image: Image.Image | None = None
    shot: Shot = field(default=Shot())


class ContactSheet:
    """Collects the frames of a run's cues and arranges them in a grid.

    Each frame has its chunk, section and actions.

    Memory is bounded: once there are twice as many frames as fit, every second one is dropped; the
    sheet states how many cues and cuts are missing.
    """

    def __init__(self, path: Path, title: str = "", *, most: int = MAX_FRAMES) -> None:
        self.path = path
        self._title = one_line(title)
        self._most = max(1, most)
        self._thumbs: list[_Thumb] = []
        self._pictured: list[_Thumb] = []
        self._every = 1
        self._candidates = 0
        self._chunks = 0
        self._number = TextRenderer(20, with_system_fonts=True)
        self._where = TextRenderer(14, with_system_fonts=True)
        self._action = TextRenderer(15, with_system_fonts=True)
        self._head = TextRenderer(26, with_system_fonts=True)

    def add(self, chunk: int, frames: NDArray[np.uint8], describe: Describe | None = None) -> None:
        """Add a chunk.

        Args:
            chunk: The score chunk.
            frames: Its frames, shape (count, height, width, 3), of which the middle one is kept, or
                a single frame.
            describe: Returns the text below the frame. If it is omitted, the chunk is counted, but
                not shown.
        """
        if frames.ndim == 4 and len(frames) == 0:
            return
        self._chunks += 1
        if describe is None:
            return
        index = self._candidates
        self._candidates += 1
        frame = frames[len(frames) // 2] if frames.ndim == 4 else frames
        thumb = _Thumb(chunk=chunk, describe=describe)
        self._thumbs.append(thumb)
        if index % self._every:
            return
        thumb.image = _small(frame)
        self._pictured.append(thumb)
        if len(self._pictured) >= 2 * self._most:
            for one in self._pictured[1::2]:
                one.image = None
            self._pictured = self._pictured[::2]
            self._every *= 2

    def save(self) -> Path | None:
        """Write the sheet as PNG; return its path, or None if no chunk was added.

        Raises OutputError.
        """
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
                f"{self.path.name} cannot be written to {self.path.parent}: {error.strerror}",
                "is the disk full?",
            ) from None
        return self.path

    def drawn(self) -> Image.Image:
        """Draw the sheet with the frames added so far."""
        cues = self._described()
        shown = self._chosen(cues)
        columns = min(COLUMNS, max(1, len(shown)))
        tall = max((thumb.image.height for thumb in shown if thumb.image is not None), default=0)
        lines = max((len(self._lines(thumb.shot)) for thumb in shown), default=0)
        cell = tall + 8 + 28 + lines * _LINE + GAP
        rows = -(-len(shown) // columns)
        head = MARGIN + 34 + GAP
        width = 2 * MARGIN + columns * THUMB_WIDTH + (columns - 1) * GAP
        note = self._note(cues, shown)
        if self._head.width(self._title) + self._where.width(note) + 2 * MARGIN + GAP > width:
            head += 26  # the note goes below the title
        sheet = Image.new("RGB", (width, head + rows * cell + MARGIN), _PAPER)
        self._write_head(sheet, width, head, note)
        for index, thumb in enumerate(shown):
            left = MARGIN + index % columns * (THUMB_WIDTH + GAP)
            top = head + index // columns * cell
            before = shown[index - 1].shot.section if index else ""
            if thumb.image is not None:
                sheet.paste(thumb.image, (left, top))
            if thumb.shot.is_cut:
                ImageDraw.Draw(sheet).rectangle(
                    (left, top - 5, left + THUMB_WIDTH - 1, top - 3), fill=_ACCENT
                )
            self._label(
                sheet, thumb, (left, top + tall + 8), new_section=thumb.shot.section != before
            )
        return sheet

    def _described(self) -> list[_Thumb]:
        """Return the frames of landed cues and of cuts; without any, the run's first frame."""
        found = []
        for thumb in self._thumbs:
            shot = thumb.describe()
            if shot is not None:
                thumb.shot = shot
                found.append(thumb)
        return found or self._thumbs[:1]

    def _chosen(self, cues: list[_Thumb]) -> list[_Thumb]:
        """Return at most as many frames as fit, evenly chosen, always with the first."""
        pictured = [thumb for thumb in cues if thumb.image is not None]
        count = len(pictured)
        if count <= self._most:
            return pictured
        return [pictured[index * count // self._most] for index in range(self._most)]

    def _note(self, cues: list[_Thumb], shown: list[_Thumb]) -> str:
        """State how many chunks, cues and cuts the run has, and how many of these are missing."""
        chunks = _count(self._chunks, "chunk")
        cuts = sum(1 for thumb in cues if thumb.shot.is_cut)
        what = _count(len(cues) - cuts, "cue") + (f" and {_count(cuts, 'cut')}" if cuts else "")
        if len(shown) == len(cues):
            return f"{chunks}; {what}, one frame each" if len(cues) > 1 else f"{chunks}, {what}"
        left = len(cues) - len(shown)
        return f"{chunks}; {len(shown)} of {what}, evenly chosen: {left:,} are left out"

    def _write_head(self, sheet: Image.Image, width: int, head: int, note: str) -> None:
        space = width - 2 * MARGIN
        taken = self._where.width(note)
        is_below = head > MARGIN + 34 + GAP
        _write(
            sheet,
            self._head,
            (MARGIN, MARGIN - 6),
            self._head.shortened(self._title, space if is_below else space - taken - GAP),
            _INK,
        )
        if is_below:
            _write(
                sheet, self._where, (MARGIN, MARGIN + 34), self._where.shortened(note, space), _SOFT
            )
        else:
            _write(sheet, self._where, (width - MARGIN - taken, MARGIN + 6), note, _SOFT)

    def _lines(self, shot: Shot) -> list[tuple[str, tuple[int, int, int]]]:
        """Return the lines below the first one: the action, then the settings."""
        action = (
            self._action.wrapped(one_line(shot.action), THUMB_WIDTH, ACTION_LINES)
            if shot.action
            else []
        )
        lines = [(line, _INK) for line in action]
        if shot.settings:
            lines.append((self._action.shortened(one_line(shot.settings), THUMB_WIDTH), _SOFT))
        return lines

    def _label(
        self, sheet: Image.Image, thumb: _Thumb, at: tuple[int, int], *, new_section: bool
    ) -> None:
        left, top = at
        shot = thumb.shot
        number = str(thumb.chunk)
        marked = (new_section and bool(shot.section)) or shot.is_cut
        _write(sheet, self._number, (left, top), number, _ACCENT if marked else _INK)
        used = self._number.width(number) + 10
        right = THUMB_WIDTH
        if shot.time:
            right -= self._where.width(shot.time)
            _write(sheet, self._where, (left + right, top + 4), shot.time, _SOFT)
        where = " ".join(part for part in (one_line(shot.section), shot.position) if part)
        if where:
            text = self._where.shortened(where, right - used - 10)
            _write(sheet, self._where, (left + used, top + 4), text, _ACCENT if marked else _SOFT)
        for line, (text, colour) in enumerate(self._lines(shot)):
            _write(sheet, self._action, (left, top + 28 + _LINE * line), text, colour)


def _count(amount: int, what: str) -> str:
    return f"{amount:,} {what}{'' if amount == 1 else 's'}"


def _small(frame: NDArray[np.uint8]) -> Image.Image:
    height, width = frame.shape[:2]
    tall = max(1, min(2 * THUMB_WIDTH, round(THUMB_WIDTH * height / width)))
    return Image.fromarray(np.ascontiguousarray(frame)).resize(
        (THUMB_WIDTH, tall), Image.Resampling.BOX, reducing_gap=2.0
    )


def _write(
    sheet: Image.Image,
    pen: TextRenderer,
    at: tuple[int, int],
    text: str,
    colour: tuple[int, int, int],
) -> None:
    if not text:
        return
    mask = Image.new("L", (pen.width(text) + pen.size, pen.size * 2))
    pen.draw(ImageDraw.Draw(mask), (0, 0), text)
    sheet.paste(colour, at, mask)
