"""Safe reading of image files: a path is checked before reading, its bytes before decoding.

`check`, the rehearsal, the upload to a model and the local server use the same decoder, so that an
image that one of them accepts is accepted by all. Metadata never decides whether an image can be
shown: if a decoder fails on it, the image is decoded without it.
"""

from __future__ import annotations

import io
import warnings
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.core.image_segments import (
    exif_of,
    format_of,
    orientation_of,
    other_format_of,
    scans_of,
    webp_size,
    without_metadata,
)
from sequencer.core.images import (
    IMAGE_FORMATS,
    IMAGE_TYPES,
    MAX_IMAGE_BYTES,
    MAX_IMAGE_PIXELS,
    ImageFile,
)
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.paths import as_stored, is_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

MAX_JPEG_SCANS = 200
"""Progressive JPEGs have about ten scans. Thousands of them would take minutes to decode."""

MAX_SCANNED_PIXELS = 20 * MAX_IMAGE_PIXELS
"""The maximum of pixels × scans of a JPEG, for the same reason: 20 scans of the largest image."""

_STRIP = 256
"""Rows composited over black at a time, so that transparency does not multiply the memory used."""


class Problem(Enum):
    """Why an image is rejected."""

    NOT_AN_IMAGE = auto()
    OTHER_FORMAT = auto()
    TOO_MANY_PIXELS = auto()
    BROKEN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A rejected image and the reason's details: the decoder's message, or the file's format."""

    problem: Problem
    detail: str = ""
    width: int = 0
    height: int = 0

    @property
    def reason(self) -> str:
        """The reason as a phrase without the path."""
        match self.problem:
            case Problem.NOT_AN_IMAGE:
                return "not an image"
            case Problem.OTHER_FORMAT:
                return f"image is {self.detail}; {IMAGE_FORMATS} are supported"
            case Problem.TOO_MANY_PIXELS:
                return f"image is too large: {self.width:,}×{self.height:,} pixels"
            case Problem.BROKEN:
                return f"image cannot be decoded: {self.detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """An image in RGB, upright, with the properties of its file.

    `mime_type` is determined by the bytes. `width` and `height` are those of the file, before it is
    turned upright according to its `orientation` (EXIF's numbers, 1 is upright). `needed_stripping`
    is True if it can be decoded only without its metadata.
    """

    mime_type: str
    width: int
    height: int
    pixels: Image.Image
    orientation: int
    needed_stripping: bool


def read_image(folder: Path, image: ImageFile) -> bytes:
    """Return the bytes of an image in a score's folder.

    A journal or a schedule may come from anybody, and so may the paths in it: a device, a pipe or a
    file of another size is never opened, and the caller compares the digest of the bytes.

    Raises:
        OSError: The file does not exist, is not a regular file, or does not have the expected size.
    """
    path = as_stored(folder / image.path)
    if not is_file(path):
        raise FileNotFoundError(2, "there is no such file", str(path))
    if path.stat().st_size != image.size or image.size > MAX_IMAGE_BYTES:
        raise OSError(5, "it is not the file that the score was read with", str(path))
    return path.read_bytes()


def opened(data: bytes, most: int = MAX_IMAGE_PIXELS) -> NDArray[np.uint8] | str:
    """Return an image's pixels, upright, shape (height, width, 3) RGB, or why it is rejected.

    `most` is the maximum number of pixels.
    """
    import numpy as np

    found = decode(data, most)
    return found.reason if isinstance(found, Refusal) else np.asarray(found.pixels, dtype=np.uint8)


def prepare_upload(data: bytes) -> bytes | Refusal:
    """Return an image's bytes to upload: no metadata except orientation and colour profiles.

    Decoders fail on metadata, and the metadata of a photograph may reveal where its owner lives. A
    file whose container is so unusual that it would show a different image without its metadata is
    sent unchanged.
    """
    found = decode(data)
    if isinstance(found, Refusal):
        return found
    bare = without_metadata(data, found.orientation, colours=not found.needed_stripping)
    if bare == data:
        return data
    again = decode(bare)
    is_same = isinstance(again, Decoded) and again.pixels.tobytes() == found.pixels.tobytes()
    return bare if is_same else data


def decode(data: bytes, most: int = MAX_IMAGE_PIXELS) -> Decoded | Refusal:
    """Decode an image file.

    Args:
        data: The file's bytes.
        most: The maximum number of pixels.

    Returns:
        The image, or why it is rejected. Every exception of a decoder except MemoryError becomes a
            `Refusal`.
    """
    kind = format_of(data)
    if kind is None:
        other = other_format_of(data)
        if other is None:
            return Refusal(problem=Problem.NOT_AN_IMAGE)
        return Refusal(problem=Problem.OTHER_FORMAT, detail=other)
    first = _decoded(data, kind, most, None)
    if isinstance(first, Decoded) or first.problem is not Problem.BROKEN:
        return first
    orientation = orientation_of(exif_of(data))
    again = _decoded(without_metadata(data, colours=False), kind, most, orientation)
    return again if isinstance(again, Decoded) else first


def _decoded(data: bytes, kind: str, most: int, orientation: int | None) -> Decoded | Refusal:
    """Decode once; determine the orientation if it is not given."""
    width, height = (
        webp_size(data) if kind == "WEBP" else (0, 0)
    )  # its decoder allocates all pixels at once
    if width * height > most:
        return Refusal(problem=Problem.TOO_MANY_PIXELS, detail="", width=width, height=height)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # Pillow warns about large images and odd metadata; only its errors count
            with _file(data, kind) as file:
                width, height = file.size
                if width * height > most:
                    return Refusal(
                        problem=Problem.TOO_MANY_PIXELS, detail="", width=width, height=height
                    )
                scans = scans_of(data) if kind == "JPEG" else 1
                if scans > MAX_JPEG_SCANS or scans * width * height > MAX_SCANNED_PIXELS:
                    return Refusal(
                        problem=Problem.BROKEN,
                        detail=f"decoding its {scans:,} scans would take too long",
                    )
                file.load()
                turn = _orientation(file, data) if orientation is None else orientation
                pixels = _solid(_turned(file, turn))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a decoder may fail in any way on a broken file; the failure becomes the reason
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        return Refusal(problem=Problem.BROKEN, detail=reason)
    return Decoded(
        mime_type=IMAGE_TYPES[kind],
        width=width,
        height=height,
        pixels=pixels,
        orientation=turn,
        needed_stripping=orientation is not None,
    )


def _file(data: bytes, kind: str) -> Image.Image:
    """Open the file with the decoder of its format.

    `Image.open` is not used: it would read a phone's MPO as several images, by an index that may be
    damaged, and it limits the number of pixels in its own way.
    """
    from PIL import JpegImagePlugin, PngImagePlugin, WebPImagePlugin

    file = io.BytesIO(data)
    match kind:
        case "JPEG":
            return JpegImagePlugin.JpegImageFile(file)
        case "PNG":
            return PngImagePlugin.PngImageFile(file)
        case _:
            return WebPImagePlugin.WebPImageFile(file)


def _orientation(file: Image.Image, data: bytes) -> int:
    exif = exif_of(data)
    if not exif and isinstance(
        profile := file.info.get("Raw profile type exif"), str
    ):  # as ImageMagick writes it into a PNG
        try:
            exif = bytes.fromhex("".join(profile.split("\n")[3:])).removeprefix(b"Exif\x00\x00")
        except ValueError:
            exif = b""
    xmp = file.info.get("XML:com.adobe.xmp") or file.info.get("xmp") or b""
    return orientation_of(exif, xmp.encode("utf-8", "replace") if isinstance(xmp, str) else xmp)


def _turned(file: Image.Image, orientation: int) -> Image.Image:
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return file.transpose(turns[orientation]) if orientation in turns else file


def _solid(image: Image.Image) -> Image.Image:
    """Convert an image to RGB; transparent parts are composited over black."""
    from PIL import Image as Images

    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        image = eight_bits(image)
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    solid = Images.new("RGB", clear.size)
    for top in range(0, clear.height, _STRIP):
        box = (0, top, clear.width, min(top + _STRIP, clear.height))
        part = clear.crop(box)
        ground = Images.new("RGBA", part.size, (0, 0, 0, 255))
        solid.paste(Images.alpha_composite(ground, part).convert("RGB"), box)
    return solid


def eight_bits(image: Image.Image) -> Image.Image:
    """Convert a greyscale image of 16 or 32 bits (Pillow's modes `I;16…`, `I` and `F`) to 8 bits.

    16-bit values keep their upper half, as Pillow does for 16-bit colours. Values beyond 16 bits
    are scaled from their minimum to their maximum; floats are read as 0…1 or 0…255 if all of them
    are within that range, and are otherwise scaled in the same way. Pixels that a PNG marks as
    transparent stay transparent.
    """
    import numpy as np
    from PIL import Image as Images

    values = np.asarray(image)
    if image.mode == "F":
        values = np.where(np.isfinite(values), values, 0)
    low, high = values.min(initial=0), values.max(initial=0)
    if image.mode != "F" and low >= 0 and high <= 0xFFFF:
        small = values >> 8
    elif image.mode == "F" and low >= 0 and high <= 255:
        small = values * (255 if high <= 1 else 1)
    else:
        small = (values.astype(np.float64) - low) * 255 / (float(high) - float(low))
    grey = Images.fromarray(small.astype(np.uint8))
    hidden = image.info.get("transparency")
    if isinstance(hidden, int):
        grey.putalpha(Images.fromarray(np.where(values == hidden, 0, 255).astype(np.uint8)))
    return grey
