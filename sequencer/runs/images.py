"""The bytes of a run's images, checked: an image that has changed since the score was read is not the run's any more."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from sequencer.errors import OutputError
from sequencer.images import ImageFile


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
