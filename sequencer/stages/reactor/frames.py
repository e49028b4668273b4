"""Frames as they arrive: counted, timed, looked at for darkness and for repeats, and handed on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from av import VideoFrame

from sequencer.stages.reactor.frame_takes import Belonging, ShownTakes
from sequencer.stages.reactor.frame_trailer import Metadata
from sequencer.stages.reactor.repeated_frames import Repeats

STEP = 24
"""Every so many-th pixel, across and down, is looked at."""

DARK = 48
FLAT = 12

RATE_OVER = 48
"""Frames that the measured rate is taken over."""


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """A frame as it arrived: `at` nanoseconds, `number` counted from 0 over the whole session, whether it is dark, and which
    chunk of the take is shown from it on (None where no new one begins). `picture.pts` is in 1/90000 s.

    `of` says which chunk of which take it belongs to; None for a frame that the model did not make, such as the dark one that
    is sent where there is none.
    """

    picture: VideoFrame
    at: int
    number: int
    is_dark: bool
    chunk: int | None
    of: Belonging | None = None


FrameSink = Callable[[LiveFrame], None]
"""Takes each frame as it arrives, in the loop's own thread: hand it on at once, encode elsewhere."""


def is_dark(frame: VideoFrame) -> bool:
    """Whether a frame is one dark colour, as the frames are that stand where no picture is."""
    plane = frame.planes[0]
    pixels = np.frombuffer(memoryview(plane), np.uint8)
    rows = pixels[: plane.line_size * frame.height].reshape(frame.height, plane.line_size)
    seen = rows[::STEP, : frame.width : STEP]
    return bool(seen.max() < DARK and int(seen.max()) - int(seen.min()) < FLAT)


class Frames:
    """Counts frames and gives them to a sink."""

    def __init__(self, shown: ShownTakes, sink: FrameSink | None, tell: Callable[[int, int, int], None]) -> None:
        """`tell` hears (take, chunk, at) whenever a new chunk is shown."""
        self._shown = shown
        self._repeats = Repeats()
        self._sink = sink
        self._tell = tell
        self._times: deque[int] = deque(maxlen=RATE_OVER)
        self.count = 0
        """All frames that came, dark ones included."""

    def take(self, picture: VideoFrame, at: int, metadata: Metadata | None = None) -> None:
        """A frame came at nanosecond `at`, with what was appended to it."""
        dark = is_dark(picture)
        novelty, skipped = self._repeats.look(picture, metadata)
        belonging = self._shown.frame(dark, at, picture.pts, novelty, skipped)
        chunk = belonging.chunk if belonging is not None and belonging.begins else None
        number = self.count
        self.count += 1
        if not dark:
            self._times.append(at)
        if belonging is not None and belonging.begins:
            self._tell(belonging.take, belonging.chunk, at)
        if self._sink is not None:
            self._sink(LiveFrame(picture, at, number, dark, chunk, belonging))

    def lost(self) -> None:
        """The connection broke: the next frame follows none that came before."""
        self._repeats.restart()
        self._shown.lost()

    def drop_sink(self) -> None:
        """Count only, from here on."""
        self._sink = None

    def rate(self, now: int) -> float:
        """Frames a second as they came lately; 0 while none come."""
        times = self._times
        if len(times) < 2 or now - times[-1] > 2_000_000_000:
            return 0.0
        return (len(times) - 1) * 1e9 / max(1, times[-1] - times[0])
