"""Make the frames of the chunks of a simulator, in a thread of their own."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sequencer.core.errors import StageError
from sequencer.stages.simulated.helios_state import ChunkBegun, ChunkInputs, ChunkMade

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sequencer.stages.simulated.rendering import Renderer, TakeRenderer


@dataclass(frozen=True, slots=True, kw_only=True)
class PaintedChunk:
    """The frames of a chunk: their SHA-256, and the renderer that drew them."""

    frames: NDArray[np.uint8]
    still: NDArray[np.uint8] | None
    sha256: str
    renderer: str


class ChunkPainter:
    """Makes the current chunk in a thread of its own, so as not to delay a run in real time."""

    def __init__(self, renderer: Renderer | None) -> None:
        if renderer is None:
            from sequencer.stages.simulated.renderer.drawn import DrawnRenderer

            renderer = DrawnRenderer()
        self._renderer = renderer
        self.is_realtime = renderer.is_realtime
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="frames")
        self._making: Future[PaintedChunk] | None = None
        self._begun: tuple[int, ChunkInputs, int] | None = None
        self._take: tuple[int, TakeRenderer] | None = None

    def learn(self, image: str, pixels: NDArray[np.uint8]) -> None:
        """Keep an image for later chunks."""
        self._thread.submit(self._renderer.learn, image, pixels).result()

    def begin(self, begun: ChunkBegun, chunk: int) -> None:
        """Begin to make a chunk of a take; `chunk` may be written on the frames.

        What a slow renderer makes is waited for in any case, so it begins when the chunk is done:
        it is then known whether its frames are used.
        """
        self._begun = begun.take, begun.look, chunk
        if self.is_realtime:
            self._making = self._thread.submit(self._paint, *self._begun)

    def _paint(self, number: int, look: ChunkInputs, chunk: int) -> PaintedChunk:
        if self._take is None or self._take[0] != number:
            self._take = number, self._renderer.take()
        drawn = self._take[1].draw(look, chunk)
        return PaintedChunk(
            frames=drawn.frames,
            still=drawn.still,
            sha256=hashlib.sha256(drawn.frames.data).hexdigest(),
            renderer=self._renderer.facts.version,
        )

    def finish(self, made: ChunkMade) -> PaintedChunk:
        """Return the frames of the chunk that is done."""
        if self._making is None and self._begun is not None:
            self._making = self._thread.submit(self._paint, *self._begun)
        if self._making is None:
            raise StageError(f"chunk {made.look.chunk} was never begun")
        painted, self._making = self._making.result(), None
        return painted

    def close(self) -> None:
        """Stop drawing."""
        self._thread.shutdown(wait=False, cancel_futures=True)
