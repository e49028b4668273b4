"""The interface between the simulated model and what makes its frames.

The simulator decides *when* each chunk is made and *with what* (`ChunkInputs`); a renderer
makes its frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sequencer.core.timebase import ChunkGrid
    from sequencer.stages.simulated.helios_state import ChunkInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class RendererFacts:
    """What a journal and a report state about a renderer.

    Attributes:
        name: The name by which `--renderer` chooses it.
        version: Everything on which the frames depend besides the inputs of the chunks: digests
            are comparable only where it is equal.
        weights: The revision of the weights of its model; None without a model.
    """

    name: str
    version: str
    weights: str | None = None

    def as_json(self) -> dict[str, str]:
        """Return the facts for the journal and the report."""
        found = {"name": self.name, "version": self.version}
        return found if self.weights is None else {**found, "weights": self.weights}


@dataclass(frozen=True, slots=True)
class Drawn:
    """The frames of a chunk, shape (count, height, width, 3), and any middle one without text."""

    frames: NDArray[np.uint8]
    still: NDArray[np.uint8] | None = None


class TakeRenderer(Protocol):
    """Makes the chunks of one take, in order: it remembers what the next chunk depends on."""

    def draw(self, inputs: ChunkInputs, chunk: int) -> Drawn:
        """Make the next chunk.

        Args:
            inputs: Everything that the frames depend on, besides the earlier chunks.
            chunk: The number of the chunk in the score, for renderers that write it on the frames.

        Raises:
            StageError: The chunk cannot be made.
        """
        ...

    def save(self) -> bytes:
        """Return what the next chunk depends on, so that the take can continue later."""
        ...

    def restore(self, state: bytes) -> None:
        """Continue the take from a state that `save` returned.

        Raises StageError for bytes that are no such state.
        """
        ...


class Renderer(Protocol):
    """Makes the frames of the chunks of a run, one take after the other.

    Only one thread uses it at a time.

    Attributes:
        facts: What journals state about it.
        video_size: Width and height in pixels that suit a video of its frames.
        fps: The rate in frames per second for which its motion is made; None for any.
        frames_per_chunk: The number of frames that it makes for each chunk; None for any.
        is_realtime: Whether it is always faster than its frames are shown.
        writes_text: Whether it writes the prompt and a few facts on its frames.
    """

    facts: RendererFacts
    video_size: tuple[int, int]
    fps: Fraction | None
    frames_per_chunk: int | None
    is_realtime: bool
    writes_text: bool

    def learn(self, image: str, pixels: NDArray[np.uint8]) -> None:
        """Keep an image, shape (height, width, 3), RGB, to which inputs refer by this id."""
        ...

    def take(self) -> TakeRenderer:
        """Begin a take, which depends on nothing before it."""
        ...

    def close(self) -> None:
        """Free what it holds. It is not used any more."""
        ...


def grid_problem(renderer: Renderer, grid: ChunkGrid) -> str | None:
    """Return why a renderer cannot make the chunks of a grid, in a sentence; None if it can."""
    made = renderer.frames_per_chunk
    if made is None or (grid.frames == made and grid.first in (None, made)):
        return None
    first = "" if grid.first in (None, grid.frames) else f" (the first {grid.first})"
    return (
        f"the renderer {renderer.facts.name} makes {made} frames for each chunk, but the score's "
        f"grid has {grid.frames}{first}"
    )
