"""Pixel arithmetic: smooth fields, packed colours, and scaled images.

Bit-exact everywhere, as all of it is in integers.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

TURN = 4096
"""A full turn of `sine`."""


def random_bytes(count: int, *key: object) -> NDArray[np.uint8]:
    """Return bytes that depend on the key alone."""
    stream = hashlib.shake_128("\x1f".join(map(str, key)).encode())
    return np.frombuffer(stream.digest(count), dtype=np.uint8)


def sine(angle: int, amplitude: int) -> int:
    """Approximate amplitude × sin(angle / TURN turns) in integers.

    It uses Bhaskara's rational formula.
    """
    half = TURN // 2
    angle %= TURN
    sign, u = (1, angle) if angle < half else (-1, angle - half)
    bow = u * (half - u)
    return sign * ((16 * bow * amplitude) // (5 * half * half - 4 * bow))


def sines(angles: NDArray[np.int64], amplitudes: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """Return `sine` of many angles at once; amplitudes are not negative."""
    half = TURN // 2
    angles = angles % TURN
    u = angles % half
    bow = u * (half - u)
    size = (16 * bow * amplitudes) // (5 * half * half - 4 * bow)
    return np.where(angles < half, size, -size)


def _ease(steps: int) -> NDArray[np.int32]:
    """Return 0…256 in `steps` steps, slow at both ends (3t² − 2t³)."""
    t = np.arange(steps, dtype=np.int64)
    return ((3 * t * t * steps - 2 * t * t * t) * 256 // (steps**3)).astype(np.int32)


def _stretched(field: NDArray[np.int32], length: int) -> NDArray[np.int32]:
    """Stretch a periodic field smoothly along its first axis to a multiple of its size.

    The new size is `length`.
    """
    cell = length // field.shape[0]
    ease = _ease(cell).reshape(1, cell, *([1] * (field.ndim - 1)))
    here = field[:, None]
    there = np.roll(field, -1, axis=0)[:, None]
    shape = (length, *field.shape[1:])
    return (((here << 8) + (there - here) * ease) >> 8).reshape(shape)


def smooth(height: int, width: int, rows: int, columns: int, *key: object) -> NDArray[np.int32]:
    """Return a field of 0…65280, periodic both ways, with one random value in each cell.

    There are rows × columns cells.
    """
    lattice = (
        random_bytes(rows * columns, "lattice", rows, columns, *key)
        .reshape(rows, columns)
        .astype(np.int32)
        << 8
    )
    tall = _stretched(lattice, height)
    return np.ascontiguousarray(_stretched(np.ascontiguousarray(tall.T), width).T)


def spread(field: NDArray[np.int32], top: int) -> NDArray[np.int32]:
    """Stretch a field linearly to 0…top."""
    low, high = int(field.min()), int(field.max())
    return ((field - low).astype(np.int64) * top // max(1, high - low)).astype(np.int32)


def levelled(field: NDArray[np.int32]) -> NDArray[np.int32]:
    """Move the values of a 0…65535 field half-way to equal frequency, to waste no colour."""
    counts = np.bincount(field.ravel(), minlength=65536).astype(np.int64)
    rank = np.cumsum(counts) * 65535 // field.size
    table = (rank + np.arange(65536, dtype=np.int64)) >> 1
    return table[field].astype(np.int32)


Packed = NDArray[np.uint32]

RED_BLUE = np.uint32(0x00FF00FF)
GREEN = np.uint32(0x0000FF00)


def packed(pixels: NDArray[np.uint8]) -> Packed:
    """Pack (…, 3) RGB into (…)."""
    wide = pixels.astype(np.uint32)
    result: Packed = wide[..., 0] | wide[..., 1] << np.uint32(8) | wide[..., 2] << np.uint32(16)
    return result


_BAND = 48
"""Rows that are processed at once.

Intermediate results stay in the cache, which is several times faster.
"""


def unpacked(frame: Packed, into: NDArray[np.uint8]) -> None:
    """Write a packed frame as RGB bytes into a contiguous array of shape (*packed.shape, 3).

    The number of pixels is a multiple of four. Four pixels become three words: much faster than
    leaving out every fourth byte. Words are little-endian here, as on every machine that this runs
    on; `sys.byteorder` is checked where the renderer is made.
    """
    for top in range(0, frame.shape[0], _BAND):
        four = frame[top : top + _BAND].reshape(-1, 4)
        words = into[top : top + _BAND].reshape(-1).view(np.uint32).reshape(-1, 3)
        words[:, 0] = four[:, 0] | four[:, 1] << np.uint32(24)
        words[:, 1] = four[:, 1] >> np.uint32(8) | four[:, 2] << np.uint32(16)
        words[:, 2] = four[:, 2] >> np.uint32(16) | four[:, 3] << np.uint32(8)


def blended(
    under: Packed, over: Packed, weight: Packed | np.uint32, into: Packed | None = None
) -> Packed:
    """Return `under` × (256 − weight) + `over` × weight for each colour; weights are 0…256.

    The result is written into `into`, which may be `over` or `under`; by default into a new array.
    """
    result = np.empty_like(under) if into is None else into
    for top in range(0, under.shape[0], _BAND):
        rows = slice(top, top + _BAND)
        _blend(
            under[rows],
            over[rows],
            weight if isinstance(weight, np.uint32) else weight[rows],
            result[rows],
        )
    return result


def _blend(under: Packed, over: Packed, weight: Packed | np.uint32, into: Packed) -> None:
    rest = np.uint32(256) - weight
    mixed = under & RED_BLUE
    mixed *= rest
    part = over & RED_BLUE
    part *= weight
    mixed += part
    mixed >>= np.uint32(8)
    mixed &= RED_BLUE
    green = under & GREEN
    green *= rest
    np.bitwise_and(over, GREEN, out=part)
    part *= weight
    green += part
    green >>= np.uint32(8)
    green &= GREEN
    np.bitwise_or(mixed, green, out=into)


def fitted(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Return the centre of an image, as large as the shape allows, scaled to (height, width, 3)."""
    tall, wide = pixels.shape[:2]
    if tall * width > wide * height:
        cut = max(1, wide * height // width)
        pixels = pixels[(tall - cut) // 2 :][:cut]
    else:
        cut = max(1, tall * width // height)
        pixels = pixels[:, (wide - cut) // 2 :][:, :cut]
    while pixels.shape[0] >= 4 * height and pixels.shape[1] >= 4 * width:
        even = pixels[: pixels.shape[0] & ~1, : pixels.shape[1] & ~1].astype(np.uint16)
        pixels = (
            (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2] + 2) >> 2
        ).astype(np.uint8)
    rows = _scaled(pixels.astype(np.int64), height)
    return np.ascontiguousarray(_scaled(rows.transpose(1, 0, 2), width).transpose(1, 0, 2)).astype(
        np.uint8
    )


def _scaled(pixels: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Scale the first axis to `length`.

    Values are averaged over each new pixel's exact area, or interpolated between old pixels.
    """
    size = pixels.shape[0]
    if size >= length:
        sums = np.concatenate(
            [np.zeros((1, *pixels.shape[1:]), np.int64), np.cumsum(pixels, axis=0)]
        )
        whole, part = np.divmod(np.arange(length + 1, dtype=np.int64) * size, length)
        edge = np.concatenate([pixels, pixels[-1:]])[whole]
        upto = sums[whole] * length + edge * part[:, None, None]
        means: NDArray[np.int64] = (upto[1:] - upto[:-1] + size // 2) // size
        return means
    position = np.clip(
        (2 * np.arange(length, dtype=np.int64) + 1) * size - length, 0, 2 * length * (size - 1)
    )
    left, part = np.divmod(position, 2 * length)
    right = np.minimum(left + 1, size - 1)
    weight = part[:, None, None]
    drawn: NDArray[np.int64] = (
        pixels[left] * (2 * length - weight) + pixels[right] * weight + length
    ) // (2 * length)
    return drawn
