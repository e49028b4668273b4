"""When the frames of a session are shown. Pure.

The frames of a chunk arrive together. They are shown evenly over the time that a chunk takes to be
made, so that the video neither stops between chunks nor falls behind a fast model.
"""

from __future__ import annotations

from collections import deque
from statistics import median

SAMPLES = 5
"""Over how many chunks the time is measured."""
MAX_SLOWDOWN = 4
"""A frame is shown for at most this many times its nominal length."""


class FramePacing:
    """Determines when the next frame is shown.

    Args:
        frames_per_chunk: Frames of a chunk.
        chunk_ns: The nominal length of a chunk, in nanoseconds.
    """

    def __init__(self, frames_per_chunk: int, chunk_ns: int) -> None:
        self._frames = frames_per_chunk
        self._nominal = chunk_ns
        self._periods: deque[int] = deque(maxlen=SAMPLES)
        self._chunk_at: int | None = None
        self._shown_at: int | None = None

    def chunk_arrived(self, at: int) -> None:
        """Note that the frames of a chunk arrived at a nanosecond."""
        if self._chunk_at is not None and at > self._chunk_at:
            self._periods.append(at - self._chunk_at)
        self._chunk_at = at

    def take_began(self) -> None:
        """Note that another take begins: the time until its first chunk is not that of a chunk."""
        self._chunk_at = None

    def next_at(self, now: int, waiting: int) -> int:
        """Return the nanosecond at which the next frame is shown, `now` or later.

        Args:
            now: The time.
            waiting: How many frames wait, with the next one. If more than a chunk waits, each is
                shown for a shorter time.
        """
        period = median(self._periods) if self._periods else self._nominal
        interval = min(period, MAX_SLOWDOWN * self._nominal) / self._frames
        interval *= min(1.0, self._frames / max(1, waiting))
        at = now if self._shown_at is None else max(now, self._shown_at + int(interval))
        self._shown_at = at
        return at
