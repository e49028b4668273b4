"""The images of a score, small enough to stand in a timeline."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable
from pathlib import Path

from sequencer.core.errors import SequencerError
from sequencer.core.image_files import opened, read_image
from sequencer.core.images import ImageFile
from sequencer.schedule.model import Schedule

SIZE = (160, 96)
"""Pixels of a thumbnail; it is shown at about half of that."""
MAX_THUMBNAILS = 64
"""How many different images are shown; further ones are named only."""


def thumbnails_of(schedule: Schedule, images: Path | Callable[[ImageFile], bytes]) -> dict[str, str]:
    """Small JPEGs as `data:` addresses by the images' digests; `images` is their folder, or gives the bytes of each.

    An image that is not there any more, was changed, or cannot be decoded is left out: then it is named, not shown.
    """
    found: dict[str, str] = {}
    for image in schedule.images[:MAX_THUMBNAILS]:
        shown = _thumbnail(image, images)
        if shown is not None:
            found[image.sha256] = shown
    return found


def _thumbnail(image: ImageFile, images: Path | Callable[[ImageFile], bytes]) -> str | None:
    from PIL import Image, ImageOps

    try:
        data = read_image(images, image) if isinstance(images, Path) else images(image)
    except (OSError, ValueError, SequencerError):
        return None  # the picture is an ornament: a score whose image went away still has a timeline
    if hashlib.sha256(data).hexdigest() != image.sha256:
        return None
    pixels = opened(data)
    if isinstance(pixels, str):
        return None
    out = io.BytesIO()
    ImageOps.fit(Image.fromarray(pixels), SIZE, Image.Resampling.LANCZOS).save(out, "JPEG", quality=82, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"
