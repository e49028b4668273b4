"""Pictures as one number a pixel, 0x00BBGGRR: three colours are reckoned with at once, without leaving 32 bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Packed = NDArray[np.uint32]

RED_BLUE = np.uint32(0x00FF00FF)
GREEN = np.uint32(0x0000FF00)


def packed(pixels: NDArray[np.uint8]) -> Packed:
    """(…, 3) RGB as (…)."""
    wide = pixels.astype(np.uint32)
    result: Packed = wide[..., 0] | wide[..., 1] << np.uint32(8) | wide[..., 2] << np.uint32(16)
    return result


_BAND = 48
"""Rows that are reckoned with at once: what is in between stays in the cache, which is several times faster."""


def unpacked(picture: Packed, into: NDArray[np.uint8]) -> None:
    """Write a picture as RGB bytes into a contiguous array of shape (*picture.shape, 3); its pixels are a multiple of four.

    Four pixels become three words: much faster than leaving out every fourth byte. Words are little-endian here, as on
    every machine that this runs on; `sys.byteorder` is checked where the renderer is made.
    """
    for top in range(0, picture.shape[0], _BAND):
        four = picture[top : top + _BAND].reshape(-1, 4)
        words = into[top : top + _BAND].reshape(-1).view(np.uint32).reshape(-1, 3)
        words[:, 0] = four[:, 0] | four[:, 1] << np.uint32(24)
        words[:, 1] = four[:, 1] >> np.uint32(8) | four[:, 2] << np.uint32(16)
        words[:, 2] = four[:, 2] >> np.uint32(16) | four[:, 3] << np.uint32(8)


def blended(under: Packed, over: Packed, weight: Packed | np.uint32) -> Packed:
    """`under` × (256 − weight) + `over` × weight, each colour for itself; weights are 0…256."""
    result = np.empty_like(under)
    for top in range(0, under.shape[0], _BAND):
        rows = slice(top, top + _BAND)
        _blend(under[rows], over[rows], weight if isinstance(weight, np.uint32) else weight[rows], result[rows])
    return result


def _blend(under: Packed, over: Packed, weight: Packed | np.uint32, into: Packed) -> None:
    rest = np.uint32(256) - weight
    np.bitwise_and(under, RED_BLUE, out=into)
    into *= rest
    part = over & RED_BLUE
    part *= weight
    into += part
    into >>= np.uint32(8)
    into &= RED_BLUE
    green = under & GREEN
    green *= rest
    np.bitwise_and(over, GREEN, out=part)
    part *= weight
    green += part
    green >>= np.uint32(8)
    green &= GREEN
    into |= green
