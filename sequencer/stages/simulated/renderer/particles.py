"""Particles that drift through a frame: rain, snow, sparks, stars or soft lights, depending on the words of its prompt."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sequencer.stages.simulated.renderer.palette import SHADES
from sequencer.stages.simulated.renderer.pixels import TURN, Packed, blended, random_bytes, sine

_PHASES = 4
"""Positions between two pixels, each way, for which a disc is drawn: otherwise slow particles would move in jerks."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind of particle looks and moves: radii in pixels, speeds in quarters of a pixel per frame, weights of 256."""

    words: frozenset[str]
    count: int
    radii: tuple[int, int]
    fall: tuple[int, int]
    drift: tuple[int, int]
    sway: int
    weight: tuple[int, int]
    colour: int
    """Index of the colour among the palette's `COLOURS`, towards its bright end."""
    streak: int = 0
    twinkles: bool = False


_KINDS = (
    _Kind(frozenset({"rain", "rainy", "storm", "downpour"}), 64, (1, 1), (76, 108), (-12, -10), 0, (70, 150), 930, streak=26),
    _Kind(frozenset({"snow", "snowfall", "snowy", "blizzard"}), 90, (1, 3), (4, 10), (-4, 4), 18, (120, 220), 1010),
    _Kind(frozenset({"fire", "flames", "ember", "embers", "sparks"}), 54, (1, 2), (-16, -6), (-3, 5), 14, (130, 230), 960),
    _Kind(
        frozenset({"star", "stars", "starry", "galaxy", "moon", "fireflies", "jellyfish", "plankton"}),
        70, (1, 2), (0, 1), (-1, 1), 4, (110, 240), 990, twinkles=True,
    ),
)  # fmt: skip

_LIGHTS = _Kind(frozenset(), 15, (8, 26), (-2, 2), (-3, 3), 26, (34, 84), 940, twinkles=True)
"""If no word selects another kind: lights out of focus."""


@dataclass(frozen=True, slots=True)
class _Mote:
    top: int
    left: int
    fall: int
    drift: int
    sway: int
    phase: int
    weight: int
    radius: int


class Particles:
    """The particles of one seed and prompt."""

    def __init__(self, seed: int, prompt: str, colours: Packed, height: int, width: int) -> None:
        words = set(re.findall(r"[a-z]+", prompt.lower()))
        self._kind = next((kind for kind in _KINDS if kind.words & words), _LIGHTS)
        self._colour = np.uint32(colours[self._kind.colour * SHADES + SHADES // 2])
        self._pad = max(2 * self._kind.radii[1], self._kind.streak) + 2
        self._height, self._width = height, width
        self._motes = self._scattered(seed, prompt)
        self._shapes = {
            step: {radius: _phases(radius, step) for radius in range(self._kind.radii[0], self._kind.radii[1] + 1)}
            for step in (1, 2)
        }
        self._streaks = {step: [_sparse(_streak(self._kind.streak), step)] for step in (1, 2)}

    def _scattered(self, seed: int, prompt: str) -> list[_Mote]:
        kind = self._kind
        chance = random_bytes(kind.count * 10, "motes", seed, prompt).reshape(-1, 10).astype(int)

        def between(bounds: tuple[int, int], byte: int) -> int:
            return bounds[0] + (bounds[1] - bounds[0]) * byte // 255

        return [
            _Mote(
                top=int(one[0] << 8 | one[1]) * _PHASES * (self._height + 2 * self._pad) >> 16,
                left=int(one[2] << 8 | one[3]) * _PHASES * (self._width + 2 * self._pad) >> 16,
                fall=between(kind.fall, int(one[4])),
                drift=between(kind.drift, int(one[5])),
                sway=kind.sway * int(128 + one[6] // 2) // 255,
                phase=int(one[7]) * TURN // 256,
                weight=between(kind.weight, int(one[8])),
                radius=between(kind.radii, int(one[9] * one[9] // 255)),
            )
            for one in chance
        ]

    def lay(self, scene: Packed, frame: int, step: int) -> None:
        """Draw the particles onto a frame of full size, or of half the size if `step` is 2."""
        shapes, tops, lefts, weights = [], [], [], []
        for mote in self._motes:
            swung = sine(frame * 14 + mote.phase, mote.sway * _PHASES) if mote.sway else 0
            down = (mote.top + mote.fall * frame) % (_PHASES * (self._height + 2 * self._pad))
            along = (mote.left + mote.drift * frame + swung) % (_PHASES * (self._width + 2 * self._pad))
            weight = mote.weight
            if self._kind.twinkles:
                weight = weight * (160 + sine(frame * 37 + mote.phase * 3, 96)) >> 8
            if self._kind.streak:
                shapes.append(self._streaks[step][0])
            else:
                shapes.append(self._shapes[step][mote.radius][down % _PHASES * _PHASES + along % _PHASES])
            tops.append((down // _PHASES - self._pad) // step)
            lefts.append((along // _PHASES - self._pad) // step)
            weights.append(weight)
        sizes = [len(shape.weights) for shape in shapes]
        rows = np.concatenate([shape.rows for shape in shapes]) + np.repeat(tops, sizes)
        columns = np.concatenate([shape.columns for shape in shapes]) + np.repeat(lefts, sizes)
        much = np.concatenate([shape.weights for shape in shapes]) * np.repeat(np.array(weights, np.uint32), sizes)
        height, width = scene.shape
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        places = (rows * width + columns)[inside]
        flat = scene.reshape(-1)
        spot = flat[places]
        flat[places] = blended(spot, np.full_like(spot, self._colour), much[inside] >> np.uint32(8))


@dataclass(frozen=True, slots=True)
class _Shape:
    """The pixels of a particle that are not transparent: their offsets from its upper left corner, and their weights 0…256."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    weights: Packed


def _sparse(weights: Packed, step: int) -> _Shape:
    seen = weights[::step, ::step]
    rows, columns = np.nonzero(seen)
    return _Shape(rows, columns, seen[rows, columns])


def _phases(radius: int, step: int) -> list[_Shape]:
    return [_sparse(_disc(radius, down, along), step) for down in range(_PHASES) for along in range(_PHASES)]


def _disc(radius: int, down: int, along: int) -> Packed:
    """Return a disc as weights 0…256, offset by quarters of a pixel, with a soft edge that is a little brighter if large."""
    side = np.arange(-radius - 2, radius + 3, dtype=np.int64) * _PHASES
    distance = (side - down)[:, None] ** 2 + (side - along)[None, :] ** 2
    reach = (radius * _PHASES + _PHASES // 2) ** 2
    soft = np.clip((reach - distance) * (1024 if radius > 4 else 448) // reach, 0, 256)
    if radius > 4:  # out of focus: light gathers at the rim
        soft = soft * (150 + np.clip(distance * 106 // reach, 0, 106)) >> 8
    weights: Packed = soft.astype(np.uint32)
    return weights


def _streak(length: int) -> Packed:
    """Return a falling drop, leaning by one pixel in nine, brighter towards its head."""
    wide = length // 9 + 3
    weights = np.zeros((length, wide), np.uint32)
    for row in range(length):
        place = (length - row) * 4 // 9  # quarters of a pixel
        column, part = place // 4, place % 4
        bright = 256 * (row + 4) // (length + 4)
        weights[row, column] = bright * (4 - part) // 4
        weights[row, column + 1] = bright * part // 4
    return weights
