"""Whether a frame is a new one or the one before it once more.

Metadata tells, where there is any that differs from frame to frame. Otherwise the pictures are compared. A picture that is
sent twice is not decoded twice the same: the encoder uses the second time to improve what it had no room for the first time.
That changes every pixel by very little, while motion changes some by much, so small differences of a pixel count nothing.
Where nothing moves to speak of, nobody can tell by the picture: such frames are `ALIKE`.
"""

from __future__ import annotations

from collections import deque
from statistics import median

import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

from sequencer.stages.reactor.frame_trailer import Metadata
from sequencer.stages.reactor.shown_chunks import FRESH, Novelty

ROWS = 128
"""Of larger pictures so many rows are compared, evenly spread."""

SLIGHT, CLEAR = 1, 4
"""By so many levels a pixel may differ, before it counts for anything, or as motion."""

MOVES, MOVES_CLEARLY = 0.35, 0.03
"""Mean difference over the picture, in levels, beyond each of the two, from which on something moves."""

SHARE = 0.4
"""Part of the usual difference between frames that a new frame has at least."""

RECENT = 48
"""Frames that the usual difference is taken over."""


class Repeats:
    """Compares each frame with the one before it."""

    def __init__(self) -> None:
        self._usual: deque[float] = deque(maxlen=RECENT)
        self.restart()

    def restart(self) -> None:
        """Another connection, and another sender's numbers."""
        self._picture: NDArray[np.uint8] | None = None
        self._metadata: Metadata | None = None
        self._told_apart = 0
        """Frames that the model's own bytes told from the one before."""
        self._taken_for_one = 0
        """Frames that they did not tell apart, though the picture differed."""

    def look(self, frame: VideoFrame, metadata: Metadata | None = None) -> tuple[Novelty, int | None]:
        """What is known of a frame, and how many were lost before it, where the sender numbers them."""
        picture = _luma(frame)
        seen = self._compared(picture)
        self._picture = picture
        before, self._metadata = self._metadata, metadata
        if metadata is None or before is None:
            return seen, None
        skipped = None
        if metadata.number and before.number:
            if metadata.number == before.number:
                return Novelty.REPEATED, 0
            skipped = max(0, metadata.number - before.number - 1)
        if metadata.time and metadata.time == before.time:
            return Novelty.REPEATED, skipped
        return self._by_own(metadata, before, seen), skipped

    def _by_own(self, metadata: Metadata, before: Metadata, seen: Novelty) -> Novelty:
        """By the model's own bytes, where they are others for each frame."""
        if metadata.own is None or before.own is None:
            return seen
        if metadata.own != before.own:
            self._told_apart += 1
            return Novelty.NEW if self._told_apart > self._taken_for_one else seen
        if seen in FRESH:
            self._taken_for_one += 1
        return Novelty.REPEATED if self._told_apart > self._taken_for_one else seen

    def _compared(self, picture: NDArray[np.uint8]) -> Novelty:
        before = self._picture
        if before is None or before.shape != picture.shape:
            return Novelty.DIFFERENT
        apart = np.maximum(picture, before) - np.minimum(picture, before)
        slight, clear = _mean_over(apart, SLIGHT), _mean_over(apart, CLEAR)
        if slight < MOVES and clear < MOVES_CLEARLY:
            return Novelty.ALIKE
        self._usual.append(slight)  # whatever it is taken for: a calm scene after a lively one becomes the usual
        return Novelty.DIFFERENT if slight >= SHARE * median(self._usual) else Novelty.ALIKE


def _luma(frame: VideoFrame) -> NDArray[np.uint8]:
    """The brightness of some rows."""
    plane = frame.planes[0]
    pixels = np.frombuffer(memoryview(plane), np.uint8)
    rows = pixels[: plane.line_size * frame.height].reshape(frame.height, plane.line_size)
    return rows[:: max(1, frame.height // ROWS), : frame.width].copy()


def _mean_over(apart: NDArray[np.uint8], level: int) -> float:
    """By how much pixels differ beyond a level, on the average."""
    return int(np.maximum(apart, level).sum(dtype=np.uint32)) / apart.size - level
