"""The text on the frames: the prompt, and a line with seed, chunk, frame and super-resolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from sequencer.core.fonts import TextRenderer
from sequencer.stages.simulated.renderer.pixels import GREEN, RED_BLUE, Packed, blended


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSizes:
    """The sizes of the text on a frame, in pixels.

    `scrim` is how far above the text the frame darkens.
    """

    prompt: int
    facts: int
    margin: int
    line: int
    scrim: int


PROMPT_SIZE = 15
FACTS_SIZE = 12
MARGIN = 20
LINE = 20
SCRIM = 60
"""Pixels above the text over which the frame darkens."""
FULL_SIZES = TextSizes(prompt=PROMPT_SIZE, facts=FACTS_SIZE, margin=MARGIN, line=LINE, scrim=SCRIM)
DRAFT_SIZES = TextSizes(prompt=9, facts=8, margin=8, line=12, scrim=24)
"""The smallest sizes that can be read, on frames of half the width and height."""
MAX_LINES = 3

INK = np.uint32(0x00F8F8F8)

_FRAME_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The text of one chunk, over the lowest rows of a frame.

    `keep` (rows, width) is how much of the frame remains visible, of 256; `red_blue` and `green`
    are what the text adds, times 256; the frame's number is inserted at `digits_at` (row, column).
    """

    keep: Packed
    red_blue: Packed
    green: Packed
    digits_at: tuple[int, int]


class Lettering:
    """Draws panels with the font that Pillow includes; no installed font changes a frame."""

    def __init__(self, width: int, sizes: TextSizes = FULL_SIZES) -> None:
        self._width = width
        self._sizes = sizes
        self._prompt = TextRenderer(sizes.prompt)
        self._facts = TextRenderer(sizes.facts)
        cells = [self._drawn(digit) for digit in "0123456789"]
        self._cell = max(cell.shape[1] for cell in cells)
        self._digits = np.zeros((10, self._sizes.facts + 5, self._cell), np.uint32)
        for index, cell in enumerate(cells):
            start = (self._cell - cell.shape[1]) // 2
            self._digits[index, :, start : start + cell.shape[1]] = cell

    def _drawn(self, text: str) -> Packed:
        mask = Image.new("L", (max(1, self._facts.width(text)), self._sizes.facts + 5))
        self._facts.draw(ImageDraw.Draw(mask), (0, 0), text, 220)
        return np.asarray(mask, dtype=np.uint32)

    def wrapped(self, text: str) -> list[str]:
        """Wrap a prompt to at most `MAX_LINES` lines; longer text ends in an ellipsis."""
        clean = "".join(char if char.isprintable() else " " for char in text[:2000])
        return self._prompt.wrapped(clean, self._width - 2 * self._sizes.margin, MAX_LINES)

    def panel(self, prompt: str, facts: str) -> Panel:
        """Return the panel of a chunk; `facts` and the frame number are below the prompt."""
        sizes = self._sizes
        lines = self.wrapped(prompt)
        rows = sizes.scrim + sizes.line * len(lines) + sizes.facts + 12 + sizes.margin
        mask = Image.new("L", (self._width, rows))
        draw = ImageDraw.Draw(mask)
        top = sizes.scrim
        for line in lines:
            self._prompt.draw(draw, (sizes.margin, top), line)
            top += sizes.line
        top += 6
        column = sizes.margin + self._facts.draw(draw, (sizes.margin, top), facts, 200)
        depth = np.minimum(np.arange(rows, dtype=np.int64), sizes.scrim + 40)
        shade = (256 - 170 * depth * depth // (sizes.scrim + 40) ** 2).astype(np.uint32)
        ink = np.asarray(mask, dtype=np.uint32)
        ink += ink >> np.uint32(7)
        keep = shade[:, None] * (np.uint32(256) - ink) >> np.uint32(8)
        return Panel(
            keep=keep,
            red_blue=(INK & RED_BLUE) * ink,
            green=(INK & GREEN) * ink,
            digits_at=(top, column),
        )

    def write(self, scene: Packed, panel: Panel, frame: int) -> None:
        """Draw a panel, with the frame's number in it, over a frame."""
        under = scene[-panel.keep.shape[0] :]
        red_blue = under & RED_BLUE
        red_blue *= panel.keep
        red_blue += panel.red_blue
        red_blue >>= np.uint32(8)
        red_blue &= RED_BLUE
        green = under & GREEN
        green *= panel.keep
        green += panel.green
        green >>= np.uint32(8)
        green &= GREEN
        np.bitwise_or(red_blue, green, out=under)
        row, column = panel.digits_at
        number = self.number(frame)
        pixels_under = under[row : row + number.shape[0], column : column + number.shape[1]]
        pixels_under[:] = blended(
            pixels_under,
            np.full_like(pixels_under, INK),
            number[: pixels_under.shape[0], : pixels_under.shape[1]],
        )

    def number(self, frame: int) -> Packed:
        """Return a frame's number, all digits equally wide, as weights 0…256."""
        return np.concatenate(
            [self._digits[int(digit)] for digit in f"{frame:0{_FRAME_DIGITS}}"], axis=1
        )
