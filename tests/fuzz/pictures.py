"""Image files, and texts that are drawn."""

from __future__ import annotations

from collections.abc import Iterator

from fuzz.promises import BrokenError

from sequencer.imagefiles import opened


def picture(data: bytes) -> None:
    """An image file is pixels, or a reason why it is none."""
    found = opened(data)
    if not isinstance(found, str) and (found.ndim != 3 or found.shape[2] != 3):
        raise BrokenError(f"pixels of shape {found.shape}")


def pictures() -> Iterator[bytes]:
    from io import BytesIO

    from PIL import Image

    for mode, kind in (
        ("RGB", "PNG"),
        ("P", "PNG"),
        ("RGBA", "WEBP"),
        ("L", "JPEG"),
        ("RGB", "GIF"),
        ("RGB", "BMP"),
        ("RGB", "TIFF"),
    ):
        file = BytesIO()
        Image.new(mode, (5, 3), 90 if mode in "LP" else (90, 20, 10, 128)[: len(mode)]).save(file, kind)
        yield file.getvalue()
