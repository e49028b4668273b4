"""Fuzz targets for image files, and for texts that are drawn on frames."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np

from sequencer.core.image_files import Refusal, decode, opened, prepare_upload
from sequencer.runtime.recording.caption import Caption, CaptionBand
from tests.fuzz.promises import BrokenError, text_of


def image_file(data: bytes) -> None:
    """Decode an image file: pixels, or a reason why it is not an image.

    The upload made of it has the same pixels.
    """
    found = decode(data)
    if isinstance(found, Refusal):
        return
    pixels = np.asarray(found.pixels)
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise BrokenError(f"pixels of shape {pixels.shape}")
    upload = prepare_upload(data)
    again = opened(upload) if isinstance(upload, bytes) else upload.reason
    if (
        isinstance(again, str) or again.tobytes() != pixels.tobytes()
    ):  # atheris keeps every array that it sees compared
        raise BrokenError("what is uploaded is another image")


def image_samples() -> Iterator[bytes]:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    for mode, kind in (
        ("RGB", "PNG"),
        ("P", "PNG"),
        ("I;16", "PNG"),
        ("RGBA", "WEBP"),
        ("L", "JPEG"),
        ("RGB", "MPO"),
        ("RGB", "GIF"),
    ):
        file = BytesIO()
        image = Image.new(
            mode, (5, 3), 90 if mode in ("L", "P", "I;16") else (90, 20, 10, 128)[: len(mode)]
        )
        more: dict[str, Any] = {"save_all": True, "append_images": [image]} if kind == "MPO" else {}
        image.save(file, kind, exif=exif, **more)
        yield file.getvalue()


SIZES = ((64, 64), (160, 90), (96, 2), (640, 384))
"""Widths and heights of the frames that captions are drawn on."""


@cache
def _band(number: int) -> CaptionBand:
    return CaptionBand(*SIZES[number])


def caption(data: bytes) -> None:
    """Draw any five texts on a frame: nothing below the band changes, and on white the luma stays
    in 16 to 235.
    """
    number = data[0] % len(SIZES) if data else 0
    title, section, take, position, action = (text_of(data[1:]).split("\n", 4) + [""] * 5)[:5]
    width, height = SIZES[number]
    band = _band(number)
    luma = np.full((height, width), 235, np.uint8)
    first, second = (np.full((height // 2, width // 2), 90, np.uint8) for _ in range(2))
    written = Caption(
        title=title, section=section, take=take[:40], place=position[:40], action=action
    )
    band.draw_on(written, luma, first, second)
    touched = band.rows_of(written)
    # Numbers are compared, not arrays: atheris keeps every array that it sees compared.
    for plane, rows, before in (
        (luma, touched, 235),
        (first, touched // 2, 90),
        (second, touched // 2, 90),
    ):
        low, high = int(plane[rows:].min(initial=before)), int(plane[rows:].max(initial=before))
        if low != before or high != before:
            raise BrokenError("a caption reaches below its band")
    if int(luma.min()) < 16 or int(luma.max()) > 235:
        raise BrokenError(f"luma from {luma.min()} to {luma.max()}")


def captions() -> Iterator[bytes]:
    """Yield texts in several scripts."""
    yield b"\1Night tram\nverse 2\ntake 3\n12.3"
    yield "\3Ça và: żółw ½ → … “ok”\nrefrain\ntake 12\n120.4".encode()
    yield "\0夜の電車 🚋\n\u202eabc\ntake 1\n1.1".encode()
    yield b"\2" + b"a" * 300
