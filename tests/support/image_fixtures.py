"""Images whose metadata decoders fail on, each with the orientation in its EXIF data or XMP."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image


def make_image(width: int = 24, height: int = 16) -> Image.Image:
    """Return an image in which every corner differs, in blocks that survive JPEG."""
    tiles = np.random.default_rng(7).integers(0, 256, (height // 8, width // 8, 3)).astype(np.uint8)
    return Image.fromarray(tiles.repeat(8, axis=0).repeat(8, axis=1))


def saved(image: Image.Image, kind: str, **more: object) -> bytes:
    """Return an image's bytes in a format."""
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def exif_with(orientation: int, *fields: tuple[int, int, int, bytes]) -> bytes:
    """Return unchecked EXIF data: the orientation and fields of (tag, type, count, value bytes)."""
    entries = [(0x0112, 3, 1, struct.pack(">HH", orientation, 0)), *fields]
    offset, body, far = 8 + 2 + 12 * len(entries) + 4, b"", b""
    for tag, kind, count, value in entries:
        body += struct.pack(">HHI", tag, kind, count)
        body += value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(">I", offset + len(far))
        far += value if len(value) > 4 else b""
    return struct.pack(">2sHIH", b"MM", 42, 8, len(entries)) + body + struct.pack(">I", 0) + far


def jpeg_with_exif(exif: bytes) -> bytes:
    plain = saved(make_image(), "JPEG")
    return (
        plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 8) + b"Exif\0\0" + exif + plain[2:]
    )


def png_with(kind: bytes, content: bytes, data: bytes | None = None) -> bytes:
    """Return a PNG with a chunk after its header."""
    data = saved(make_image(), "PNG") if data is None else data
    return (
        data[:33]
        + struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        + data[33:]
    )


def mpo() -> bytes:
    """Return a photograph as phones write it: a second image after the first, and an index of both."""
    return saved(make_image(), "MPO", save_all=True, append_images=[Image.new("RGB", (24, 16))])


RATIONAL_NOUGHT = (0x011A, 5, 1, struct.pack(">II", 0, 0))
RATIONAL_LARGE = (0x011A, 5, 1, struct.pack(">II", 0xFFFFFFFF, 1))

ODD_IMAGES: dict[str, tuple[Callable[[], bytes], int]] = {
    "a resolution of 0/0": (lambda: jpeg_with_exif(exif_with(6, RATIONAL_NOUGHT)), 6),
    "a resolution out of range": (lambda: jpeg_with_exif(exif_with(8, RATIONAL_LARGE)), 8),
    "a text that is none": (
        lambda: jpeg_with_exif(
            exif_with(3, (0x010E, 2, 9, b"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7"))
        ),
        3,
    ),
    "a field of an unknown type": (
        lambda: jpeg_with_exif(exif_with(6, (0x010F, 99, 1, b"abcd"))),
        6,
    ),
    "a field beyond the end": (
        lambda: jpeg_with_exif(exif_with(6, (0x010F, 2, 0xFFFFFF, b"\0\0\xff\xff"))),
        6,
    ),
    "EXIF data of another kind": (lambda: jpeg_with_exif(b"what is this? " * 3), 1),
    "EXIF data that is cut off": (lambda: jpeg_with_exif(exif_with(6)[:14]), 1),
    "an orientation that is none": (lambda: jpeg_with_exif(exif_with(77)), 1),
    "a phone's MPO": (mpo, 1),
    "an MPO with a damaged index": (lambda: mpo().replace(b"MPF\0", b"MPF\0\xff\xff\xff", 1), 1),
    "a text of two megabytes": (
        lambda: png_with(b"zTXt", b"parameters\0\0" + zlib.compress(b"a" * 2_000_000)),
        1,
    ),
    "a text that cannot be unpacked": (lambda: png_with(b"zTXt", b"parameters\0\0nothing"), 1),
    "a text in no encoding": (lambda: png_with(b"iTXt", b"a\0\0\0\xff\xfe\0\xff\0\xff\xff"), 1),
    "a profile that is a bomb": (
        lambda: png_with(b"iCCP", b"p\0\0" + zlib.compress(bytes(5_000_000))),
        1,
    ),
    "a resolution without its numbers": (lambda: png_with(b"pHYs", b"\0"), 1),
    "a text of megabytes, and a turned image": (
        lambda: png_with(
            b"eXIf", exif_with(6), png_with(b"zTXt", b"a\0\0" + zlib.compress(b"a" * 2_000_000))
        ),
        6,
    ),
    "EXIF data in a WebP": (
        lambda: saved(make_image(), "WEBP", lossless=True, exif=exif_with(6, RATIONAL_NOUGHT)),
        6,
    ),
    "XMP alone": (lambda: saved(make_image(), "JPEG", xmp=b'<x tiff:Orientation="6"/>'), 6),
}
