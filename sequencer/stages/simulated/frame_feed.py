"""Deliver the frames of the simulator to those who watch a run, each shortly before it is shown.

The frames of a chunk are known when it is made, and shown over the time that it took to be made,
from the moment at which its first frame is due. They are drawn one at a time in a thread of their
own, only while somebody watches. The run never waits for them: a frame for which there was no time
is left out.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sequencer.core.timebase import SECOND
from sequencer.stages.protocol import MAX_AHEAD, FrameViewer, ShownFrame
from sequencer.stages.simulated.helios_state import ChunkInputs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sequencer.stages.simulated.renderer.frames import Drawing, Renderer

MAX_CHUNKS = 8
"""The most chunks that are kept. With usual delays there are two: the one that is shown, and the
one after it."""

MAX_IMAGES = 64
"""The most images that wait to be prepared for drawing; older ones are not drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownChunk:
    """A chunk that was made, and when it is shown.

    Attributes:
        look: Its inputs.
        before: The inputs of the previous chunk of its take, from which it may fade.
        take: The take of the run.
        chunk: The score chunk; None if it does not belong to the score.
        text_chunk: The chunk number that is written on its frames.
        at: When its first frame is shown, in nanoseconds.
        frame_ns: How long each frame is shown, in nanoseconds.
        drawn: Its frames, if they were drawn already, shape (count, height, width, 3).
    """

    look: ChunkInputs
    before: ChunkInputs | None
    take: int
    chunk: int | None
    text_chunk: int
    at: int
    frame_ns: int
    drawn: NDArray[np.uint8] | None = None

    def frame_at(self, now: int) -> int:
        """Return the number of the frame that is shown at a moment, if no other chunk is."""
        return max(0, min(self.look.frames - 1, (now - self.at) // self.frame_ns))

    def time_of(self, frame: int) -> int:
        """Return when a frame is shown."""
        return self.at + frame * self.frame_ns


class ShownChunks:
    """The chunks that are shown now and next. Pure."""

    def __init__(self) -> None:
        self._chunks: list[ShownChunk] = []

    def add(self, chunk: ShownChunk) -> None:
        """Add a chunk, which is shown after all others."""
        self._chunks = [*self._chunks[-MAX_CHUNKS + 1 :], chunk]

    def drop_shown(self, now: int) -> None:
        """Drop the chunks after which another one is shown already."""
        self._chunks = self._chunks[max(0, self._index(now)) :]

    def _index(self, now: int) -> int:
        """Return the number of the chunk that is shown, -1 before the first one."""
        return bisect_right(self._chunks, now, key=lambda one: one.at) - 1

    def next_frame(self, after: int | None, now: int) -> tuple[ShownChunk, int] | None:
        """Return the chunk and number of the next frame to deliver; None if there is none.

        It is the first one that is shown after the nanosecond `after`, but none that another one
        has replaced at `now`.
        """
        for index in range(max(0, self._index(now)), len(self._chunks)):
            chunk = self._chunks[index]
            end = self._chunks[index + 1].at if index + 1 < len(self._chunks) else None
            frame = chunk.frame_at(now)
            if after is not None and chunk.time_of(frame) <= after:
                frame = (after - chunk.at) // chunk.frame_ns + 1
            if frame < chunk.look.frames and (end is None or chunk.time_of(frame) < end):
                return chunk, frame
        return None


class FrameFeed:
    """Draws the frames that a viewer wants, in a thread, and delivers them.

    Args:
        now: Returns the nanosecond of the run's clock, in any thread.
        viewer: Receives the frames.
    """

    def __init__(
        self,
        now: Callable[[], int],
        viewer: FrameViewer,
    ) -> None:
        self._now = now
        self._viewer = viewer
        self._changed = threading.Condition()
        self._chunks = ShownChunks()
        self._images: list[tuple[str, NDArray[np.uint8]]] = []
        self._is_connected = True
        self._is_closed = False
        self._is_new_viewer = False
        self._delivered: int | None = None
        """The time of the frame that was delivered last."""
        self._renderer: Renderer | None = None
        self._drawing: tuple[ShownChunk, Drawing] | None = None
        self._thread = threading.Thread(target=self._work, name="shown frames", daemon=True)

    # ---- in the run's thread

    def open(self) -> None:
        """Begin to deliver."""
        self._viewer.begin(self._now, self._wake)
        self._thread.start()

    def learn(self, image: str, pixels: NDArray[np.uint8]) -> None:
        """Keep an image for later chunks, by its SHA-256."""
        with self._changed:
            self._images = [*self._images[-MAX_IMAGES + 1 :], (image, pixels)]
            self._changed.notify_all()

    def add(self, chunk: ShownChunk) -> None:
        """Show a chunk that was made."""
        if not chunk.look.frames:
            return
        with self._changed:
            self._chunks.drop_shown(self._now())
            self._chunks.add(chunk)
            self._changed.notify_all()

    def is_wanted(self) -> bool:
        """Return whether frames that are drawn already are worth keeping."""
        return self._viewer.is_wanted()

    def set_connected(self, is_connected: bool) -> None:
        """Note that the connection broke, or is restored: meanwhile nothing arrives."""
        with self._changed:
            self._is_connected = is_connected
            self._changed.notify_all()

    def close(self) -> None:
        """Deliver nothing from now on. A second call has no effect."""
        with self._changed:
            was_closed, self._is_closed = self._is_closed, True
            self._changed.notify_all()
        if not was_closed:
            self._viewer.end()

    # ---- in any thread

    def _wake(self, is_first: bool) -> None:
        """Go on, for the first viewer with the frame that is shown now: it was not kept."""
        with self._changed:
            self._is_new_viewer |= is_first
            self._changed.notify_all()

    # ---- in the thread that draws

    def _work(self) -> None:
        try:
            while True:
                with self._changed:
                    if self._is_closed:
                        return
                    images, self._images = self._images, []
                    found = None if images else self._next()
                    if not images and found is None:
                        continue
                for image, pixels in images:
                    self._made_renderer().learn(image, pixels)
                if found is not None:
                    self._deliver(*found)
        except Exception as error:  # noqa: BLE001  the run goes on without frames, and the viewer learns why
            with self._changed:
                self._is_closed = True
            self._viewer.end(f"frames cannot be drawn: {type(error).__name__}: {error}")

    def _next(self) -> tuple[ShownChunk, int] | None:
        """Return the next frame if it is due; otherwise wait until something changes."""
        if not self._is_connected or not self._viewer.is_wanted():
            self._changed.wait()
            return None
        if self._is_new_viewer:
            self._is_new_viewer, self._delivered = False, None
        now = self._now()
        found = self._chunks.next_frame(self._delivered, now)
        if found is None:
            self._changed.wait()
            return None
        early = found[0].time_of(found[1]) - MAX_AHEAD - now
        if early > 0:
            self._changed.wait(early / SECOND)
            return None
        return found

    def _deliver(self, chunk: ShownChunk, frame: int) -> None:
        at = self._delivered = chunk.time_of(frame)
        image = self._draw(chunk, frame) if chunk.drawn is None else chunk.drawn[frame]
        self._viewer.show(
            ShownFrame(
                image=image,
                at=at,
                take=chunk.take,
                chunk=chunk.chunk,
                frame=frame,
                frames=chunk.look.frames,
                is_simulated=True,
            )
        )

    def _draw(self, chunk: ShownChunk, frame: int) -> NDArray[np.uint8]:
        import numpy as np

        renderer = self._made_renderer()
        if self._drawing is None or self._drawing[0] is not chunk:
            drawing = renderer.begin(chunk.look, chunk.before, chunk.text_chunk)
            self._drawing = chunk, drawing
        image = np.empty((renderer.height, renderer.width, 3), np.uint8)
        renderer.draw_frame(self._drawing[1], frame, image)
        return image

    def _made_renderer(self) -> Renderer:
        """Return the renderer, which is made when it is first needed."""
        if self._renderer is None:
            from sequencer.stages.simulated.renderer.frames import Renderer

            self._renderer = Renderer()
        return self._renderer
