"""The drawn frames as a renderer: no model, no weights, faster than real time."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from sequencer.core.errors import StageError
from sequencer.stages.simulated.helios_state import ChunkInputs, Fade
from sequencer.stages.simulated.renderer.frames import Renderer as FrameRenderer
from sequencer.stages.simulated.rendering import Drawn, RendererFacts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAME = "drawn"
VIDEO_SIZE = (1280, 768)
"""Width and height of the video, in pixels: the size of Helios with super-resolution 2×."""
DRAFT_SIZE = (320, 192)
"""Width and height of the video of a draft, in pixels."""


class DrawnRenderer:
    """A `Renderer` that draws a relief in the colours of the prompt.

    Args:
        with_text: Whether the prompt, and a line of facts, are written on the frames.
        draft: Whether the frames have half the width and height, which is much faster.
    """

    fps: Fraction | None = None
    frames_per_chunk: int | None = None
    is_realtime = True
    writes_text = True

    def __init__(self, with_text: bool = True, draft: bool = False) -> None:
        self._frames = FrameRenderer(with_text, draft)
        self.facts = RendererFacts(name=NAME, version=self._frames.version)
        self.video_size = DRAFT_SIZE if draft else VIDEO_SIZE

    def learn(self, image: str, pixels: NDArray[np.uint8]) -> None:
        """Keep an image, to be shown under this id."""
        self._frames.learn(image, pixels)

    def take(self) -> DrawnTake:
        """Begin a take."""
        return DrawnTake(self._frames)

    def close(self) -> None:
        """Do nothing: it holds only memory."""


class DrawnTake:
    """A take, whose chunks may dissolve from the previous one."""

    def __init__(self, frames: FrameRenderer) -> None:
        self._frames = frames
        self._before: ChunkInputs | None = None

    def draw(self, inputs: ChunkInputs, chunk: int) -> Drawn:
        """Draw the next chunk; its number in the score is written on the frames."""
        drawn = self._frames.draw(inputs, self._before, chunk)
        self._before = inputs
        return drawn

    def save(self) -> bytes:
        """Return the inputs of the previous chunk, as JSON."""
        return json.dumps(None if self._before is None else asdict(self._before)).encode()

    def restore(self, state: bytes) -> None:
        """Continue after the chunk whose inputs `save` returned. Raises StageError."""
        try:
            found = json.loads(state)
            self._before = None if found is None else _read_inputs(found)
        except (ValueError, TypeError, KeyError) as error:
            raise StageError(f"the state of a take cannot be read: {error}") from None


def _read_inputs(found: dict[str, object]) -> ChunkInputs:
    inputs = ChunkInputs(**found)  # type: ignore[arg-type]  # they were written by asdict
    if not isinstance(inputs.fade, dict):
        return inputs
    fade = Fade(**inputs.fade)
    return replace(
        inputs, fade=replace(fade, under=tuple((text, weight) for text, weight in fade.under))
    )
