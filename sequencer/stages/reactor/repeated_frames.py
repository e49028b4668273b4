"""Whether a frame is a new one or repeats the previous one.

Metadata shows it, if there is any that differs from frame to frame. Otherwise the images are
compared. An image that is sent twice is not decoded identically: the encoder uses the second time
to improve what it had no bits for the first time. That changes every pixel by very little, while
motion changes some by much, so small differences of a pixel do not count. Where almost nothing
moves, the image cannot show it: such frames are `ALIKE`.
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
"""The number of evenly spaced rows that are compared in larger images."""

SLIGHT, CLEAR = 1, 4
"""By how many levels a pixel may differ before it counts at all, or as motion."""

MOVES, MOVES_CLEARLY = 0.35, 0.03
"""Mean difference over the image, in levels, beyond each of these, above which something moves."""

SHARE = 0.4
"""The share of the usual difference between frames by which a new frame differs at least."""

RECENT = 48
"""The number of frames over which the usual difference is taken."""


class Repeats:
    """Compares each frame with the previous one."""

    def __init__(self) -> None:
        self._usual: deque[float] = deque(maxlen=RECENT)
        self.restart()

    def restart(self) -> None:
        """Start again for another connection, whose sender numbers its frames from a new origin."""
        self._last_luma: NDArray[np.uint8] | None = None
        self._metadata: Metadata | None = None
        self._distinguished = 0
        """Frames that the model's own bytes distinguished from the previous one."""
        self._taken_for_one = 0
        """Frames that they did not distinguish, although the image differed."""

    def look(
        self, frame: VideoFrame, metadata: Metadata | None = None
    ) -> tuple[Novelty, int | None]:
        """Return what is known of a frame, and how many were lost before it.

        The number is known if the sender numbers its frames.
        """
        luma = _luma(frame)
        seen = self._compared(luma)
        self._last_luma = luma
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
        """Decide by the model's own bytes, if they differ from frame to frame."""
        if metadata.own is None or before.own is None:
            return seen
        if metadata.own != before.own:
            self._distinguished += 1
            return Novelty.NEW if self._distinguished > self._taken_for_one else seen
        if seen in FRESH:
            self._taken_for_one += 1
        return Novelty.REPEATED if self._distinguished > self._taken_for_one else seen

    def _compared(self, luma: NDArray[np.uint8]) -> Novelty:
        before = self._last_luma
        if before is None or before.shape != luma.shape:
            return Novelty.DIFFERENT
        apart = np.maximum(luma, before) - np.minimum(luma, before)
        slight, clear = _mean_over(apart, SLIGHT), _mean_over(apart, CLEAR)
        if slight < MOVES and clear < MOVES_CLEARLY:
            return Novelty.ALIKE
        self._usual.append(
            slight
        )  # whatever the result: after a lively scene, a calm one becomes the usual
        return Novelty.DIFFERENT if slight >= SHARE * median(self._usual) else Novelty.ALIKE


def _luma(frame: VideoFrame) -> NDArray[np.uint8]:
    """Return the brightness of some rows."""
    plane = frame.planes[0]
    pixels = np.frombuffer(memoryview(plane), np.uint8)
    rows = pixels[: plane.line_size * frame.height].reshape(frame.height, plane.line_size)
    return rows[:: max(1, frame.height // ROWS), : frame.width].copy()


def _mean_over(apart: NDArray[np.uint8], level: int) -> float:
    """Return by how much pixels differ beyond a level, on average."""
    return int(np.maximum(apart, level).sum(dtype=np.uint32)) / apart.size - level
