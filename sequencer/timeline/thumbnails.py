"""The images of a score, small enough to stand in a timeline."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable
from pathlib import Path

from sequencer.images import ImageFile
from sequencer.schedule import Schedule

SIZE = (160, 96)
"""Pixels of a thumbnail; it is shown at about half of that."""
MOST = 64
"""How many different images are shown; further ones are named only."""
LARGEST = 64 * 1024 * 1024
"""Files larger than so many bytes are not opened."""

MOST_PIXELS = 64_000_000
FORMATS = ("PNG", "JPEG", "WEBP")
"""What a score takes. Other decoders are never tried: some start programs."""


def thumbnails_of(schedule: Schedule, images: Path | Callable[[ImageFile], bytes]) -> dict[str, str]:
    """Small JPEGs as `data:` addresses by the images' digests; `images` is their folder, or gives the bytes of each.

    An image that is not there any more, was changed, or cannot be decoded is left out: then it is named, not shown.
    """
    found: dict[str, str] = {}
    for image in schedule.images[:MOST]:
        shown = _thumbnail(image, images)
        if shown is not None:
            found[image.sha256] = shown
    return found


def _thumbnail(image: ImageFile, images: Path | Callable[[ImageFile], bytes]) -> str | None:
    from PIL import Image, ImageOps

    try:
        if image.size > LARGEST:
            return None
        data = _bytes(images / image.path, image.size) if isinstance(images, Path) else images(image)
        if hashlib.sha256(data).hexdigest() != image.sha256:
            return None
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            small = ImageOps.fit(picture.convert("RGB"), SIZE, Image.Resampling.LANCZOS)
    except (OSError, ValueError, Image.DecompressionBombError, SyntaxError):
        return None  # the picture is an ornament: a score whose image went away still has a timeline
    out = io.BytesIO()
    small.save(out, "JPEG", quality=82, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"


def _bytes(path: Path, size: int) -> bytes:
    """A file's bytes, if it is one and of that size: a schedule may come from anybody, and so may the paths in it."""
    if not path.is_file() or path.stat().st_size != size:
        raise OSError(f"{path} is not the file that the score was read with")
    return path.read_bytes()
