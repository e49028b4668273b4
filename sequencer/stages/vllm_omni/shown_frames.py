"""Decode the video of a run, and show its frames at an even pace in the loop's thread."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from sequencer.core.timebase import SECOND
from sequencer.stages.live_frames import Belonging, FrameSink, LiveFrame
from sequencer.stages.vllm_omni.media import DecodedFrame, VideoDecoder
from sequencer.stages.vllm_omni.pacing import FramePacing

if TYPE_CHECKING:
    from sequencer.stages.vllm_omni.settings import VllmOmniSettings
    from sequencer.sync.run_clock import Clock


class ShownFrames:
    """Shows the frames of all takes, in order.

    Args:
        clock: The run's clock.
        loop: The loop in whose thread everything here is called.
        settings: The settings of the run.
        sink: Receives every frame when it is shown.
        shown: Called with take, chunk and nanosecond when the first frame of a chunk is shown.
        failed: Called with the reason if the video of a take cannot be decoded.
    """

    def __init__(
        self,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        settings: VllmOmniSettings,
        *,
        sink: FrameSink | None,
        shown: Callable[[int, int, int], object],
        failed: Callable[[str], object],
    ) -> None:
        self._clock = clock
        self._loop = loop
        self._sink = sink
        self._shown = shown
        self._failed = failed
        self._pacing = FramePacing(settings.frames_per_chunk, settings.chunk_ns)
        self._waiting: deque[DecodedFrame] = deque()
        self._is_timed = False
        """Whether a timer for the next frame runs."""
        self._is_closed = False
        self.count = 0
        """The number of frames that were shown."""
        self._decoder = VideoDecoder(
            self._pass_to_loop, self._pass_failure, settings.frames_per_chunk
        )

    # ---- in the loop's thread

    def begin_take(self, take: int) -> None:
        """Note that what follows is the video of another take."""
        self._pacing.take_began()
        self._decoder.begin_take(take)

    def end_take(self) -> None:
        """Note that the video of the take is complete."""
        self._decoder.end_take()

    def add(self, data: bytes, chunk: int | None, frames: int, at: int) -> None:
        """Add a piece of video that arrived at a nanosecond. Raises StageError."""
        if chunk is not None:
            self._pacing.chunk_arrived(at)
        self._decoder.add(data, chunk, frames)

    async def close(self) -> None:
        """Show nothing from now on."""
        self._is_closed = True
        await asyncio.to_thread(self._decoder.close)

    def _decoded(self, frame: DecodedFrame) -> None:
        self._waiting.append(frame)
        if not self._is_timed:
            self._plan_next()

    def _plan_next(self) -> None:
        now = self._clock.now()
        self._is_timed = True
        at = self._pacing.next_at(now, len(self._waiting))
        self._loop.call_later((at - now) / SECOND, self._show_next)

    def _show_next(self) -> None:
        self._is_timed = False
        if self._is_closed:
            return
        frame = self._waiting.popleft()
        now = self._clock.now()
        self._decoder.note_shown()
        number, self.count = self.count, self.count + 1
        of = None
        if frame.chunk is not None:
            of = Belonging(take=frame.take, chunk=frame.chunk, begins=frame.begins, is_new=True)
            if frame.begins:
                self._shown(frame.take, frame.chunk, now)
        if self._sink is not None:
            self._sink(
                LiveFrame(
                    image=frame.image,
                    at=now,
                    number=number,
                    is_dark=False,
                    chunk=frame.chunk if frame.begins else None,
                    of=of,
                )
            )
        if self._waiting:
            self._plan_next()

    # ---- in the decoder's thread

    def _pass_to_loop(self, frame: DecodedFrame) -> None:
        with suppress(RuntimeError):  # the loop was closed
            self._loop.call_soon_threadsafe(self._decoded, frame)

    def _pass_failure(self, reason: str) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._failed, reason)
