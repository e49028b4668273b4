"""Images at the size of the pictures: cut and scaled in exact integers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def fitted(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """The middle of an image, as large as the wanted shape allows, scaled to (height, width, 3)."""
    tall, wide = pixels.shape[:2]
    if tall * width > wide * height:
        cut = max(1, wide * height // width)
        pixels = pixels[(tall - cut) // 2 :][:cut]
    else:
        cut = max(1, tall * width // height)
        pixels = pixels[:, (wide - cut) // 2 :][:, :cut]
    while pixels.shape[0] >= 4 * height and pixels.shape[1] >= 4 * width:
        even = pixels[: pixels.shape[0] & ~1, : pixels.shape[1] & ~1].astype(np.uint16)
        pixels = ((even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2] + 2) >> 2).astype(np.uint8)
    rows = _scaled(pixels.astype(np.int64), height)
    return np.ascontiguousarray(_scaled(rows.transpose(1, 0, 2), width).transpose(1, 0, 2)).astype(np.uint8)


def _scaled(pixels: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """The first axis scaled to `length`: averaged over each new pixel's exact area, or drawn between old ones."""
    size = pixels.shape[0]
    if size >= length:
        sums = np.concatenate([np.zeros((1, *pixels.shape[1:]), np.int64), np.cumsum(pixels, axis=0)])
        whole, part = np.divmod(np.arange(length + 1, dtype=np.int64) * size, length)
        edge = np.concatenate([pixels, pixels[-1:]])[whole]
        upto = sums[whole] * length + edge * part[:, None, None]
        means: NDArray[np.int64] = (upto[1:] - upto[:-1] + size // 2) // size
        return means
    place = np.clip((2 * np.arange(length, dtype=np.int64) + 1) * size - length, 0, 2 * length * (size - 1))
    left, part = np.divmod(place, 2 * length)
    right = np.minimum(left + 1, size - 1)
    weight = part[:, None, None]
    drawn: NDArray[np.int64] = (pixels[left] * (2 * length - weight) + pixels[right] * weight + length) // (2 * length)
    return drawn
