"""The image on the card of a score: the frame with which the simulator begins it.

Each is drawn once, without captions, at half the size of a frame, and kept while the studio runs.
"""

from __future__ import annotations

import base64
import io
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.core.errors import SequencerError
from sequencer.core.images import ImageFile
from sequencer.schedule.model import Settings
from sequencer.studio.protocol import CardImage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sequencer.stages.simulated.helios_state import ChunkInputs
    from sequencer.stages.simulated.renderer.frames import Renderer

FRAME = 16
"""The frame that is drawn: two thirds of a second after the beginning."""
STRENGTH = 0.5
"""The strength of an image whose score sets none."""
QUALITY = 82
"""Pillow's quality of the JPEG files; they have about 8 kB."""
MAX_KEPT = 200
"""The most images that are kept."""
MAX_ALT = 120
"""The longest description, in characters."""


class CardImages:
    """Draws the images of cards, one at a time, and keeps them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._renderer: Renderer | None = None
        self._kept: dict[ChunkInputs, CardImage] = {}

    def draw(self, opening: Settings, folder: Path) -> CardImage:
        """Return the image of a score. It takes about a tenth of a second the first time.

        Args:
            opening: How the first take of the score begins.
            folder: The folder of its images. One that cannot be read is left out.
        """
        from sequencer.stages.simulated.helios_state import ChunkInputs
        from sequencer.stages.simulated.renderer.frames import Renderer

        pixels = None if opening.image is None else _pixels(opening.image, folder)
        look = ChunkInputs(
            seed=opening.seed,
            prompt=opening.prompt,
            image=None if pixels is None or opening.image is None else opening.image.sha256,
            image_since=0,
            strength=STRENGTH if opening.strength is None else float(opening.strength),
            sr=opening.sr,
            chunk=0,
            first_frame=FRAME,
            frames=1,
        )
        with self._lock:
            kept = self._kept.get(look)
            if kept is not None:
                return kept
            if self._renderer is None:
                self._renderer = Renderer(with_text=False, draft=True)
            if pixels is not None and look.image is not None:
                self._renderer.learn(look.image, pixels)
            frame = self._renderer.frames(look)[0]
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            found = self._kept[look] = CardImage(image=_as_url(frame), alt=_describe(opening))
            return found


def _pixels(image: ImageFile, folder: Path) -> NDArray[np.uint8] | None:
    from sequencer.core.image_files import opened, read_image

    try:
        found = opened(read_image(folder, image))
    except (OSError, ValueError, SequencerError):
        return None  # the check of the score reports it
    return None if isinstance(found, str) else found


def _as_url(frame: NDArray[np.uint8]) -> str:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(frame).save(file, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def _describe(opening: Settings) -> str:
    """Return what the image shows, for those who do not see it."""
    prompt = opening.prompt
    short = prompt if len(prompt) <= MAX_ALT else f"{prompt[: MAX_ALT - 1].rstrip()}…"
    return f"The simulator's frame for: {short}"
