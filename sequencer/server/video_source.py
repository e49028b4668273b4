"""Deliver the frames of the model: each on time, to every client.

A chunk's frames are drawn in a thread while the model makes it, and shown one after the other as
soon as it is made. Before the first chunk, and after the model was cleared, a dark frame is shown.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from aiortc.mediastreams import VIDEO_TIME_BASE, MediaStreamError, VideoStreamTrack
from av import VideoFrame
from numpy.typing import NDArray

from sequencer.stages.simulated.helios_state import ChunkInputs, hash64

if TYPE_CHECKING:
    from sequencer.stages.simulated.renderer.frames import Renderer

HEIGHT, WIDTH = 384, 640
PLAIN_HEIGHT, PLAIN_WIDTH = 96, 160
_SCALES = {"off": 1, "2x": 2, "4x": 4}
DARK_EVERY = 0.25
"""Seconds between dark frames."""
MAX_WAITING = 12
"""The most frames that wait for a slow client; older frames are dropped for this client."""

MAX_DELAY = 0.2
"""A chunk late by more than this many seconds is shown faster, until it has caught up.

A busy machine can cause such a delay.
"""

CATCHING_UP = 0.85

YuvFrame = NDArray[np.uint8]
"""A frame as planar YUV 4:2:0, shape (height × 3 / 2, width)."""


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """A frame and the time at which it is shown, in monotonic seconds."""

    at: float
    pixels: YuvFrame


def planar(frame: NDArray[np.uint8], scale: int = 1) -> YuvFrame:
    """Return an RGB frame as a `YuvFrame`, with each pixel `scale` times as wide and high."""
    if scale != 1:
        frame = np.repeat(np.repeat(frame, scale, axis=0), scale, axis=1)
    return (
        VideoFrame.from_ndarray(frame, format="rgb24")
        .reformat(format="yuv420p")
        .to_ndarray()
        .astype(np.uint8, copy=False)
    )


def test_pattern(look: ChunkInputs) -> tuple[YuvFrame, ...]:
    """Return a chunk of small and simple frames with a moving light.

    There is one colour for each prompt, image and seed.
    """
    kind = hash64("plain", look.prompt, look.image, look.seed)
    along = np.arange(PLAIN_WIDTH)
    frames = []
    for frame in range(look.first_frame, look.first_frame + look.frames):
        planes = np.empty((PLAIN_HEIGHT * 3 // 2, PLAIN_WIDTH), np.uint8)
        planes[:PLAIN_HEIGHT] = 90 + np.abs((along + 2 * frame) % PLAIN_WIDTH - PLAIN_WIDTH // 2)
        planes[PLAIN_HEIGHT : PLAIN_HEIGHT * 5 // 4] = 64 + kind % 128
        planes[PLAIN_HEIGHT * 5 // 4 :] = 64 + (kind >> 8) % 128
        frames.append(planes)
    return tuple(frames)


def black_frame(is_plain: bool = False) -> YuvFrame:
    """Return the frame that is shown when there is no other frame."""
    height, width = (PLAIN_HEIGHT, PLAIN_WIDTH) if is_plain else (HEIGHT, WIDTH)
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = 16
    return planes


class Painter:
    """Draws chunks one after the other in a thread of its own."""

    def __init__(self, native_size: bool = False, is_plain: bool = False) -> None:
        self._native = native_size
        self.is_plain = is_plain
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="server-frames")
        self._renderer: Renderer | None = None
        if not is_plain:
            self._thread.submit(
                self._made
            )  # the renderer takes a while to load, and the first chunk does not wait

    def learn(self, image: str, pixels: NDArray[np.uint8]) -> None:
        """Store an image that later chunks show."""
        if self.is_plain:
            return
        self._thread.submit(lambda: self._made().learn(image, pixels))

    def paint(self, look: ChunkInputs, before: ChunkInputs | None) -> Future[tuple[YuvFrame, ...]]:
        """Begin to draw a chunk."""
        return self._thread.submit(self._paint, look, before)

    def _paint(self, look: ChunkInputs, before: ChunkInputs | None) -> tuple[YuvFrame, ...]:
        if self.is_plain:
            return test_pattern(look)
        scale = _SCALES[look.sr] if self._native else 1
        return tuple(planar(frame, scale) for frame in self._made().frames(look, before))

    def _made(self) -> Renderer:
        from sequencer.stages.simulated.renderer.frames import Renderer

        if self._renderer is None:
            self._renderer = Renderer()
        return self._renderer

    def close(self) -> None:
        """Stop drawing."""
        self._thread.shutdown(wait=False, cancel_futures=True)


Watcher = Callable[[TimedFrame], None]


class VideoSource:
    """Shows frames on time. `rate` is in frames a second."""

    def __init__(self, rate: Fraction, is_plain: bool = False) -> None:
        self._rate = rate
        self._watchers: list[Watcher] = []
        self._queue: deque[TimedFrame] = deque()
        self._edge = 0.0
        self._dark_from: float | None = None
        """When it goes dark: after the frames that were waiting when `darken` was called."""
        self._dark = TimedFrame(0.0, black_frame(is_plain))
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.is_dark = True
        self.shown = 0
        """The number of frames shown so far, without dark frames."""

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End: from now on nothing is shown."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def watch(self, watcher: Watcher) -> None:
        """Pass every frame to `watcher` too."""
        self._watchers.append(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Stop passing frames to `watcher`."""
        if watcher in self._watchers:
            self._watchers.remove(watcher)

    def show(self, frames: tuple[YuvFrame, ...], at: float) -> int:
        """Show a chunk from monotonic second `at`, or after the frames still waiting.

        Return the number of frames before it.
        """
        before = self.shown + len(self._queue)
        first = max(at, self._edge)
        step = float(1 / self._rate) * (CATCHING_UP if first > at + MAX_DELAY else 1.0)
        self._queue.extend(
            TimedFrame(first + index * step, planes) for index, planes in enumerate(frames)
        )
        self._edge = first + len(frames) * step
        self._wake.set()
        return before

    def darken(self) -> None:
        """Go dark as soon as every frame that is now waiting has been shown."""
        self._dark_from = max(self._edge, time.monotonic())
        self._wake.set()

    async def _run(self) -> None:
        while True:
            now = time.monotonic()
            if self._goes_dark(now):
                self._dark_from, self.is_dark = None, True
                self._give(TimedFrame(now, self._dark.pixels))
                continue
            if self._queue and self._queue[0].at <= now:
                self.is_dark = False
                self.shown += 1
                self._give(self._queue.popleft())
                continue
            self._wake.clear()
            coming = [
                one
                for one in (self._queue[0].at if self._queue else None, self._dark_from)
                if one is not None
            ]
            wait = min(coming) - now if coming else None
            if self.is_dark:
                self._give(TimedFrame(now, self._dark.pixels))
                wait = DARK_EVERY if wait is None else min(wait, DARK_EVERY)
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _goes_dark(self, now: float) -> bool:
        dark = self._dark_from
        return dark is not None and dark <= now and not (self._queue and self._queue[0].at < dark)

    def _give(self, shown: TimedFrame) -> None:
        for watcher in list(self._watchers):
            watcher(shown)


class ScreenTrack(VideoStreamTrack):
    """The video track of one client. It is paused at first, and sends nothing while paused."""

    def __init__(self, screen: VideoSource) -> None:
        super().__init__()
        self._screen = screen
        self._frames: deque[TimedFrame] = deque(maxlen=MAX_WAITING)
        self._some = asyncio.Event()
        self._origin = time.monotonic()
        self.is_paused = True
        self.sent = 0
        """The number of frames given to the encoder."""
        screen.watch(self._take)

    def _take(self, shown: TimedFrame) -> None:
        if not self.is_paused:
            self._frames.append(shown)
            self._some.set()

    def pause(self) -> None:
        """Send nothing more."""
        self.is_paused = True
        self._frames.clear()

    def resume(self) -> None:
        """Send the frames from now on."""
        self.is_paused = False

    async def recv(self) -> VideoFrame:
        """Return the next frame, as soon as there is one."""
        while not self._frames:
            self._some.clear()
            await self._some.wait()
            if self.readyState != "live":
                raise MediaStreamError
        shown = self._frames.popleft()
        frame = VideoFrame.from_ndarray(shown.pixels, format="yuv420p")
        frame.pts = int((shown.at - self._origin) * 90_000)
        frame.time_base = VIDEO_TIME_BASE
        self.sent += 1
        return frame

    def stop(self) -> None:
        """End the track."""
        self._screen.unwatch(self._take)
        super().stop()
        self._some.set()
