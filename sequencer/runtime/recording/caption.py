"""Draw captions over the top of a frame on its way into the video.

A caption shows title and section, take, bar.beat and action.

A caption is drawn once for each text and mixed into the planes of the frames that go to the
encoder; the frames of a stage, and their digests, are not changed.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from sequencer.core.fonts import TextRenderer

_KEPT = 12
ACTION_LINES = 2
"""The most lines of an action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """The texts over one frame. An empty part leaves its position empty; any text can be shown."""

    title: str = ""
    section: str = ""
    take: str = ""
    place: str = ""
    """Bar and beat, such as `12.3`."""
    action: str = ""
    """The part of the prompt that changes, on separate lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Band:
    """How to mix a frame's top rows: value × keep + add, over 256, for luma and both chromas."""

    luma_keep: NDArray[np.uint16]
    luma_add: NDArray[np.uint16]
    chroma_keep: NDArray[np.uint16]
    chroma_add: NDArray[np.uint16]


class CaptionBand:
    """Mixes captions into yuv420p planes (MPEG range) of one size."""

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._height = height
        self._head = min(height, max(24, height * 15 // 128)) & ~1
        self._margin = max(6, width * 5 // 160)
        self._large = TextRenderer(max(9, height * 5 // 128), with_system_fonts=True)
        self._small = TextRenderer(max(8, height * 9 // 320), with_system_fonts=True)
        self._bands: OrderedDict[Caption, _Band] = OrderedDict()

    def rows_of(self, caption: Caption) -> int:
        """Return how many rows from the top a caption covers: 0 if it is empty."""
        if caption == Caption():
            return 0
        lines = len(self._action(caption))
        above = self._head if _has_head(caption) or not lines else self._small.size
        return (
            min(self._height, above + lines * self._leading + (self._leading if lines else 0)) & ~1
        )

    @property
    def _leading(self) -> int:
        return self._small.size * 4 // 3

    def _action(self, caption: Caption) -> list[str]:
        if not caption.action:
            return []
        return self._small.wrapped(
            one_line(caption.action), self._width - 2 * self._margin, ACTION_LINES
        )

    def draw_on(
        self,
        caption: Caption,
        luma: NDArray[np.uint8],
        first: NDArray[np.uint8],
        second: NDArray[np.uint8],
    ) -> None:
        """Mix a caption into the top of a frame's three planes, in place.

        An empty one changes nothing.
        """
        if caption == Caption():
            return
        band = self._band(caption)
        rows = len(band.luma_keep)
        luma[:rows] = (luma[:rows] * band.luma_keep + band.luma_add) >> 8
        for plane in (first, second):
            plane[: rows // 2] = (plane[: rows // 2] * band.chroma_keep + band.chroma_add) >> 8

    def _band(self, caption: Caption) -> _Band:
        found = self._bands.get(caption)
        if found is None:
            found = self._bands[caption] = self._drawn(caption)
            if len(self._bands) > _KEPT:
                self._bands.popitem(last=False)
        else:
            self._bands.move_to_end(caption)
        return found

    def _drawn(self, caption: Caption) -> _Band:
        rows = self.rows_of(caption)
        mask = Image.new("L", (self._width, rows))
        self._write(ImageDraw.Draw(mask), caption)
        ink = np.asarray(mask, dtype=np.int64)
        ink = ink + (ink >> 7)  # 255 counts as 256, fully covered
        # Darkest at the top, fading out below without an edge. Under an action it stays dark until
        # below the last line.
        fades = min(rows, 3 * self._leading) if caption.action else rows
        depth = np.minimum(np.arange(rows, 0, -1, dtype=np.int64), fades)
        dark = (168 * depth * depth * (3 * fades - 2 * depth) // fades**3)[:, None]
        after = dark * (256 - ink) >> 8
        keep = 256 - ink - after
        small = (keep[::2, ::2] + keep[1::2, ::2] + keep[::2, 1::2] + keep[1::2, 1::2]) >> 2
        return _Band(
            luma_keep=keep.astype(np.uint16),
            luma_add=(after * 16 + ink * 235).astype(np.uint16),
            chroma_keep=small.astype(np.uint16),
            chroma_add=((256 - small) * 128).astype(np.uint16),
        )

    def _write(self, draw: ImageDraw.ImageDraw, caption: Caption) -> None:
        top = max(0, (self._head - 2 * self._large.size) // 4)
        under = (
            top + self._large.size + self._leading // 2
            if _has_head(caption)
            else self._small.size // 2
        )
        for line, text in enumerate(self._action(caption)):
            self._small.draw(draw, (self._margin, under + line * self._leading), text, 235)
        below = top + (self._large.size - self._small.size)
        right = self._width - self._margin
        if caption.place:
            right -= self._even(draw, right, top, caption.place)
        if caption.take:
            gap = self._small.size if caption.place else 0
            right -= gap + self._small.width(caption.take)
            self._small.draw(draw, (right, below), caption.take, 200)
        left = self._margin
        space = max(0, right - left - 2 * self._small.size)
        if caption.title:
            title = self._large.shortened(one_line(caption.title), space)
            used = self._large.draw(draw, (left, top), title) + self._small.size
            left, space = left + used, space - used
        if caption.section and space > 4 * self._small.size:
            self._small.draw(
                draw, (left, below), self._small.shortened(one_line(caption.section), space), 200
            )

    def _even(self, draw: ImageDraw.ImageDraw, right: int, top: int, position: str) -> int:
        """Draw bar and beat with digits of equal width; return the width, gap included.

        Digits of equal width do not move when they change.
        """
        digit = max(self._large.width(one) for one in "0123456789")
        widths = [digit if one.isdigit() else self._large.width(one) for one in position]
        left = right - sum(widths)
        for one, width in zip(position, widths, strict=True):
            self._large.draw(draw, (left + (width - self._large.width(one)) // 2, top), one)
            left += width
        return max(sum(widths), 5 * digit)


def _has_head(caption: Caption) -> bool:
    """Return whether the first line has any text."""
    return bool(caption.title or caption.section or caption.take or caption.place)


def one_line(text: str) -> str:
    """Return `text` without line breaks and control characters, cut to what can be shown."""
    return " ".join("".join(char if char.isprintable() else " " for char in text[:400]).split())
