"""Make thumbnails of a score's images for the timeline."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable, Iterable
from pathlib import Path

from sequencer.core.errors import SequencerError
from sequencer.core.image_files import opened, read_image
from sequencer.core.images import ImageFile
from sequencer.schedule.model import Schedule

MAX_SIZE = (160, 96)
"""The size of a thumbnail in pixels; it is shown at about half of that."""
MAX_THUMBNAILS = 64
"""The most images that are shown; further images are only named."""


def thumbnails_of(
    schedule: Schedule,
    images: Path | Callable[[ImageFile], bytes],
    more: Iterable[ImageFile] = (),
) -> dict[str, str]:
    """Return small JPEGs as `data:` URLs, by the images' digests.

    Args:
        schedule: The compiled score.
        images: The folder of the images, or a function that returns the bytes of an image.
        more: Further images, such as those that were improvised.

    Returns:
        The thumbnails. An image that no longer exists, was changed, or cannot be decoded is left
            out: then only its name is shown.
    """
    found: dict[str, str] = {}
    every = {image.sha256: image for image in (*schedule.images, *more)}
    for image in list(every.values())[:MAX_THUMBNAILS]:
        shown = _thumbnail(image, images)
        if shown is not None:
            found[image.sha256] = shown
    return found


def _thumbnail(image: ImageFile, images: Path | Callable[[ImageFile], bytes]) -> str | None:
    from PIL import Image, ImageOps

    try:
        data = read_image(images, image) if isinstance(images, Path) else images(image)
    except (OSError, ValueError, SequencerError):
        return None  # thumbnails are optional: a score whose image was removed still has a timeline
    if hashlib.sha256(data).hexdigest() != image.sha256:
        return None
    pixels = opened(data)
    if isinstance(pixels, str):
        return None
    out = io.BytesIO()
    ImageOps.fit(Image.fromarray(pixels), MAX_SIZE, Image.Resampling.LANCZOS).save(
        out, "JPEG", quality=82, optimize=True
    )
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"
