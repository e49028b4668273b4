"""Image files, opened with care: what a path holds is checked before it is read, and what is read before it is decoded."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.images import ImageFile
from sequencer.paths import as_stored, is_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LARGEST = 64 * 1024 * 1024
"""Bytes of the largest image that is read."""

MOST_PIXELS = 64_000_000
"""The largest image that is opened."""

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""What the model takes. No other decoder is ever tried: some of them start programs or unpack without bounds."""


def read_image(folder: Path, image: ImageFile) -> bytes:
    """An image's bytes from a score's folder. Raises OSError for one that is not there or is no image file of that size.

    A journal or a schedule may come from anybody, and so may the paths in it: a device, a pipe or a file of another size is
    never opened, and whoever uses the bytes compares their digest.
    """
    path = as_stored(folder / image.path)
    if not is_file(path):
        raise FileNotFoundError(2, "there is no such file", str(path))
    if path.stat().st_size != image.size or image.size > LARGEST:
        raise OSError(5, "it is not the file that the score was read with", str(path))
    return path.read_bytes()


def opened(data: bytes, most: int = MOST_PIXELS) -> NDArray[np.uint8] | str:
    """An image file's pixels, upright, shape (height, width, 3) RGB; or why it is none. `most` bounds its pixels."""
    import numpy as np
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large images and odd metadata; its errors decide
            with Image.open(io.BytesIO(data), formats=FORMATS) as file:
                if file.width * file.height > most:
                    return f"image is too large: {file.width}×{file.height}"
                upright = ImageOps.exif_transpose(file)
                solid = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except UnidentifiedImageError:
        return "not an image"
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        return f"image cannot be decoded: {error}"
    if solid.mode == "RGBA":
        ground = Image.new("RGBA", solid.size, (0, 0, 0, 255))
        solid = Image.alpha_composite(ground, solid).convert("RGB")
    return np.asarray(solid, dtype=np.uint8)
