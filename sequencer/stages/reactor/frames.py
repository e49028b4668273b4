"""Frames as they arrive: counted, timed, checked, and passed to a sink.

They are checked for darkness and for repeats.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from av import VideoFrame

from sequencer.stages.live_frames import FrameSink, LiveFrame
from sequencer.stages.reactor.frame_takes import ShownTakes
from sequencer.stages.reactor.frame_trailer import Metadata
from sequencer.stages.reactor.repeated_frames import Repeats

STEP = 24
"""The distance between the pixels that are checked, across and down."""

DARK = 48
FLAT = 12

RATE_OVER = 48
"""The number of frames over which the frame rate is measured."""


def is_dark(frame: VideoFrame) -> bool:
    """Whether a frame is a single dark colour, like those sent when the model has no frames."""
    plane = frame.planes[0]
    pixels = np.frombuffer(memoryview(plane), np.uint8)
    rows = pixels[: plane.line_size * frame.height].reshape(frame.height, plane.line_size)
    seen = rows[::STEP, : frame.width : STEP]
    return bool(seen.max() < DARK and int(seen.max()) - int(seen.min()) < FLAT)


class Frames:
    """Counts frames and passes them to a sink."""

    def __init__(
        self, shown: ShownTakes, sink: FrameSink | None, deliver: Callable[[int, int, int], None]
    ) -> None:
        """`deliver` receives (take, chunk, at) whenever a new chunk is shown."""
        self._shown = shown
        self._repeats = Repeats()
        self._sink = sink
        self._deliver = deliver
        self._times: deque[int] = deque(maxlen=RATE_OVER)
        self.count = 0
        """All frames that arrived, including dark ones."""

    def take(self, image: VideoFrame, at: int, metadata: Metadata | None = None) -> None:
        """Process a frame that arrived at nanosecond `at`, with its metadata if it carried any."""
        dark = is_dark(image)
        novelty, skipped = self._repeats.look(image, metadata)
        belonging = self._shown.frame(dark, at, image.pts, novelty, skipped)
        chunk = belonging.chunk if belonging is not None and belonging.begins else None
        number = self.count
        self.count += 1
        if not dark:
            self._times.append(at)
        if belonging is not None and belonging.begins:
            self._deliver(belonging.take, belonging.chunk, at)
        if self._sink is not None:
            self._sink(
                LiveFrame(
                    image=image, at=at, number=number, is_dark=dark, chunk=chunk, of=belonging
                )
            )

    def lost(self) -> None:
        """Note that the connection broke.

        The next frame does not continue the earlier ones.
        """
        self._repeats.restart()
        self._shown.lost()

    def drop_sink(self) -> None:
        """Only count from now on."""
        self._sink = None

    def rate(self, now: int) -> float:
        """Return the recent number of frames per second; 0 while none arrive."""
        times = self._times
        if len(times) < 2 or now - times[-1] > 2_000_000_000:
            return 0.0
        return (len(times) - 1) * 1e9 / max(1, times[-1] - times[0])
