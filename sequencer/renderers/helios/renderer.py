"""Helios as a `Renderer`."""

from __future__ import annotations

import gc
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sequencer.renderers.helios.chunks import FRAMES_PER_CHUNK, HeliosModel, HeliosTake
from sequencer.stages.simulated.rendering import RendererFacts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAME = "helios"
EDITION = 1
"""Increased whenever the same weights, libraries and inputs make other frames."""
DESIGNED_FPS = Fraction(24)
"""The rate at which the motion of the model's frames looks natural."""


class HeliosRenderer:
    """A `Renderer` that runs a loaded pipeline.

    Args:
        pipeline: A `HeliosPyramidPipeline` on its device.
        device: The device's name.
        size: Width and height of the frames before super-resolution, in pixels.
        steps: Steps of each stage of the pyramid; None for those that suit the weights.
        weights: What identifies the weights.
        setup: What else the frames depend on: libraries, device, type of numbers.
    """

    fps: Fraction | None = DESIGNED_FPS
    frames_per_chunk: int | None = FRAMES_PER_CHUNK
    is_realtime = False
    writes_text = False

    def __init__(
        self,
        pipeline: Any,
        *,
        device: str,
        size: tuple[int, int],
        steps: tuple[int, ...] | None,
        weights: str,
        setup: str,
    ) -> None:
        self._model: HeliosModel | None = HeliosModel(pipeline, device, size, steps)
        shape = f"{size[0]}x{size[1]}, steps {'-'.join(map(str, self._model.steps))}"
        self.facts = RendererFacts(
            name=NAME,
            version=f"helios {EDITION}, {shape}, {setup}, weights {weights}",
            weights=weights,
        )
        self.video_size = 2 * size[0], 2 * size[1]

    def learn(self, image: str, pixels: NDArray[np.uint8]) -> None:
        """Keep an image, which takes may show."""
        self._loaded().learn(image, pixels)

    def take(self) -> HeliosTake:
        """Begin a take with an empty history."""
        return HeliosTake(self._loaded())

    def close(self) -> None:
        """Free the weights, once no take is in use any more."""
        self._model = None
        gc.collect()
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _loaded(self) -> HeliosModel:
        if self._model is None:
            raise RuntimeError("this renderer is closed")
        return self._model
