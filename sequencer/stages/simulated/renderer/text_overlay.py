"""The text on the frames: the prompt, and a line with seed, chunk, frame and super-resolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from sequencer.core.fonts import TextRenderer
from sequencer.stages.simulated.renderer.pixels import GREEN, RED_BLUE, Packed, blended

PROMPT_SIZE = 15
FACTS_SIZE = 12
MARGIN = 20
LINE = 20
MAX_LINES = 3
SCRIM = 60
"""Pixels above the text over which the frame darkens."""

INK = np.uint32(0x00F8F8F8)

_FRAME_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Panel:
    """The text of one chunk, over the lowest rows of a frame.

    `keep` (rows, width) is how much of the frame remains visible, of 256; `red_blue` and `green` are what the text adds,
    times 256; the frame's number is inserted at `digits_at` (row, column).
    """

    keep: Packed
    red_blue: Packed
    green: Packed
    digits_at: tuple[int, int]


class Lettering:
    """Draws panels with the font that Pillow includes, so that no installed font changes a frame."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._prompt = TextRenderer(PROMPT_SIZE)
        self._facts = TextRenderer(FACTS_SIZE)
        cells = [self._drawn(digit) for digit in "0123456789"]
        self._cell = max(cell.shape[1] for cell in cells)
        self._digits = np.zeros((10, FACTS_SIZE + 5, self._cell), np.uint32)
        for index, cell in enumerate(cells):
            start = (self._cell - cell.shape[1]) // 2
            self._digits[index, :, start : start + cell.shape[1]] = cell

    def _drawn(self, text: str) -> Packed:
        mask = Image.new("L", (max(1, self._facts.width(text)), FACTS_SIZE + 5))
        self._facts.draw(ImageDraw.Draw(mask), (0, 0), text, 220)
        return np.asarray(mask, dtype=np.uint32)

    def wrapped(self, text: str) -> list[str]:
        """Wrap a prompt to at most `MAX_LINES` lines; longer text ends in an ellipsis."""
        clean = "".join(char if char.isprintable() else " " for char in text[:2000])
        return self._prompt.wrapped(clean, self._width - 2 * MARGIN, MAX_LINES)

    def panel(self, prompt: str, facts: str) -> Panel:
        """Return the panel of a chunk; `facts` is below the prompt, followed by the frame's number."""
        lines = self.wrapped(prompt)
        rows = SCRIM + LINE * len(lines) + FACTS_SIZE + 12 + MARGIN
        mask = Image.new("L", (self._width, rows))
        draw = ImageDraw.Draw(mask)
        top = SCRIM
        for line in lines:
            self._prompt.draw(draw, (MARGIN, top), line)
            top += LINE
        top += 6
        column = MARGIN + self._facts.draw(draw, (MARGIN, top), facts, 200)
        depth = np.minimum(np.arange(rows, dtype=np.int64), SCRIM + 40)
        behind = (256 - 170 * depth * depth // (SCRIM + 40) ** 2).astype(np.uint32)
        ink = np.asarray(mask, dtype=np.uint32)
        ink += ink >> np.uint32(7)
        keep = behind[:, None] * (np.uint32(256) - ink) >> np.uint32(8)
        return Panel(keep, (INK & RED_BLUE) * ink, (INK & GREEN) * ink, (top, column))

    def write(self, picture: Packed, panel: Panel, frame: int) -> None:
        """Draw a panel, with the frame's number in it, over a frame."""
        under = picture[-panel.keep.shape[0] :]
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
        spot = under[row : row + number.shape[0], column : column + number.shape[1]]
        spot[:] = blended(spot, np.full_like(spot, INK), number[: spot.shape[0], : spot.shape[1]])

    def number(self, frame: int) -> Packed:
        """Return a frame's number, all digits equally wide, as weights 0…256."""
        return np.concatenate([self._digits[int(digit)] for digit in f"{frame:0{_FRAME_DIGITS}}"], axis=1)
