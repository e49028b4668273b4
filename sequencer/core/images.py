"""Properties of an image in a score, and the limits of images: no bytes and no I/O."""

from __future__ import annotations

from typing import Literal

from sequencer.core.lazy_dataclass import dataclass

Scale = Literal["off", "2x", "4x"]
"""A super-resolution, by which the model enlarges its images."""

MAX_IMAGE_BYTES = 20_000_000
"""The maximum size of an image file.

`check`, `rehearse`, `perform` and `serve` share these three limits.
"""

MAX_IMAGE_PIXELS = 50_000_000
"""The maximum number of pixels: a small file can contain a huge image."""

IMAGE_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
"""The accepted formats, as Pillow names them, and their media types."""

IMAGE_FORMATS = "PNG, JPEG and WebP"
"""The same formats, for messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFile:
    """An image as it was when the score was read.

    `path` is as written in the score (relative to the score's folder, `/` between folders);
    `sha256` is the hex digest of the file's bytes, which the schedule's digest includes;
    `mime_type` is determined by the bytes, never by the name; `width` and `height` are pixels,
    `size` bytes.
    """

    path: str
    sha256: str
    mime_type: str
    width: int
    height: int
    size: int
