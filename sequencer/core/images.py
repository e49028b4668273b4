"""What is known of an image that a score shows, and what an image may be: facts only, no bytes and no I/O."""

from __future__ import annotations

from sequencer.core.lazy_dataclass import dataclass

MAX_IMAGE_BYTES = 20_000_000
"""The largest image file. `check`, `rehearse`, `perform` and `serve` share these three limits."""

MAX_IMAGE_PIXELS = 50_000_000
"""The most pixels of an image: a small file can hold a huge picture."""

IMAGE_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
"""The formats that are accepted, as Pillow names them, and their media types."""

IMAGE_FORMATS = "PNG, JPEG and WebP"
"""The same formats, for messages."""


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image as it was found when the score was read.

    `path` is as the score writes it (relative to the score's folder, `/` between folders); `sha256` is the hex digest
    of the file's bytes and is what a schedule's digest holds; `mime_type` is decided by the bytes, never by the name;
    `width` and `height` are pixels, `size` bytes.
    """

    path: str
    sha256: str
    mime_type: str
    width: int
    height: int
    size: int
