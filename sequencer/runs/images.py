"""The bytes of a run's images, checked: an image that has changed since the score was read is not the run's any more."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from sequencer.errors import OutputError
from sequencer.images import ImageFile

LARGEST = 64 * 1024 * 1024
"""Bytes of the largest image that is read."""


def read_image(folder: Path, image: ImageFile) -> bytes:
    """An image's bytes from a score's folder. Raises OSError for one that is not there or is no image file of that size.

    A journal or a schedule may come from anybody, and so may the paths in it: a device, a pipe or a file of another size is
    never opened, and whoever uses the bytes compares their digest.
    """
    path = folder / image.path
    if not path.is_file():
        raise FileNotFoundError(2, "there is no such file", str(path))
    if path.stat().st_size != image.size or image.size > LARGEST:
        raise OSError(5, "it is not the file that the score was read with", str(path))
    return path.read_bytes()


def bytes_of(images: Iterable[ImageFile], read: Callable[[ImageFile], bytes]) -> dict[str, bytes]:
    """Bytes by SHA-256. Raises OutputError for one that cannot be read or has changed."""
    found: dict[str, bytes] = {}
    for image in images:
        try:
            data = read(image)
        except OSError as error:
            raise OutputError(f"{image.path} cannot be bundled: {error.strerror or error}") from None
        if hashlib.sha256(data).hexdigest() != image.sha256:
            raise OutputError(f"{image.path} has changed since the score was read: it cannot be bundled", "run the score again")
        found[image.sha256] = data
    return found
