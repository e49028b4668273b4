"""What is known of an image that a score shows: facts only, no bytes and no I/O."""

from __future__ import annotations

from dataclasses import dataclass


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
