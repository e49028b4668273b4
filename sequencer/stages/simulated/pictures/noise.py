"""Smooth fields of integers: what the pictures flow with. Bit-exact everywhere, for no float takes part."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

TURN = 4096
"""A full turn of `sine`."""


def random_bytes(count: int, *key: object) -> NDArray[np.uint8]:
    """Bytes that depend on the key alone."""
    stream = hashlib.shake_128("\x1f".join(map(str, key)).encode())
    return np.frombuffer(stream.digest(count), dtype=np.uint8)


def sine(angle: int, amplitude: int) -> int:
    """About amplitude × sin(angle / TURN turns), by Bhaskara's rational approximation, in integers."""
    half = TURN // 2
    angle %= TURN
    sign, u = (1, angle) if angle < half else (-1, angle - half)
    bow = u * (half - u)
    return sign * ((16 * bow * amplitude) // (5 * half * half - 4 * bow))


def _ease(steps: int) -> NDArray[np.int32]:
    """0…256 in so many steps, slow at both ends (3t² − 2t³)."""
    t = np.arange(steps, dtype=np.int64)
    return ((3 * t * t * steps - 2 * t * t * t) * 256 // (steps**3)).astype(np.int32)


def _stretched(field: NDArray[np.int32], length: int) -> NDArray[np.int32]:
    """A periodic field, smoothly stretched along its first axis to `length`, which its size divides."""
    cell = length // field.shape[0]
    ease = _ease(cell).reshape(1, cell, *([1] * (field.ndim - 1)))
    here = field[:, None]
    there = np.roll(field, -1, axis=0)[:, None]
    shape = (length, *field.shape[1:])
    return (((here << 8) + (there - here) * ease) >> 8).reshape(shape)


def smooth(height: int, width: int, rows: int, columns: int, *key: object) -> NDArray[np.int32]:
    """A field of 0…65280, periodic both ways, with one random value in each of rows × columns cells."""
    lattice = random_bytes(rows * columns, "lattice", rows, columns, *key).reshape(rows, columns).astype(np.int32) << 8
    tall = _stretched(lattice, height)
    return np.ascontiguousarray(_stretched(np.ascontiguousarray(tall.T), width).T)


def spread(field: NDArray[np.int32], top: int) -> NDArray[np.int32]:
    """A field stretched linearly to 0…top."""
    low, high = int(field.min()), int(field.max())
    return ((field - low).astype(np.int64) * top // max(1, high - low)).astype(np.int32)


def levelled(field: NDArray[np.int32]) -> NDArray[np.int32]:
    """A field of 0…65535 with its values half-way to being equally frequent, so that no colour is wasted."""
    counts = np.bincount(field.ravel(), minlength=65536).astype(np.int64)
    rank = np.cumsum(counts) * 65535 // field.size
    table = (rank + np.arange(65536, dtype=np.int64)) >> 1
    return table[field].astype(np.int32)
