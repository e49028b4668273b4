"""Particles that drift through a frame, depending on the words of its prompt.

They are rain, snow, sparks, stars or soft lights.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from sequencer.stages.simulated.renderer.palette import SHADES
from sequencer.stages.simulated.renderer.pixels import TURN, Packed, blended, random_bytes, sines

_PHASES = 4
"""Positions between two pixels, each way, for which a disc is drawn.

Otherwise, slow particles would move in jerks.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """How a kind of particle looks and moves.

    Radii are in pixels, speeds in quarters of a pixel per frame, and weights are of 256.
    """

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
    _Kind(
        words=frozenset({"rain", "rainy", "storm", "downpour"}),
        count=64, radii=(1, 1), fall=(76, 108), drift=(-12, -10), sway=0,
        weight=(70, 150), colour=930, streak=26,
    ),
    _Kind(
        words=frozenset({"snow", "snowfall", "snowy", "blizzard"}),
        count=90, radii=(1, 3), fall=(4, 10), drift=(-4, 4), sway=18,
        weight=(120, 220), colour=1010,
    ),
    _Kind(
        words=frozenset({"fire", "flames", "ember", "embers", "sparks"}),
        count=54, radii=(1, 2), fall=(-16, -6), drift=(-3, 5), sway=14,
        weight=(130, 230), colour=960,
    ),
    _Kind(
        words=frozenset({
            "star", "stars", "starry", "galaxy", "moon", "fireflies", "jellyfish", "plankton",
        }),
        count=70, radii=(1, 2), fall=(0, 1), drift=(-1, 1), sway=4,
        weight=(110, 240), colour=990, twinkles=True,
    ),
)  # fmt: skip

_LIGHTS = _Kind(
    words=frozenset(),
    count=15,
    radii=(8, 26),
    fall=(-2, 2),
    drift=(-3, 3),
    sway=26,
    weight=(34, 84),
    colour=940,
    twinkles=True,
)
"""If no word selects another kind: lights out of focus."""


@dataclass(frozen=True, slots=True, kw_only=True)
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
        self._motes = _Motes.of(self._scattered(seed, prompt))
        self._shapes = {step: self._shapes_of(step) for step in (1, 2)}

    def _shapes_of(self, step: int) -> _Shapes:
        """Return the shapes: by radius, then by phase; or the single one of a falling drop."""
        if self._kind.streak:
            return _Shapes.of([_streak(self._kind.streak)[::step, ::step]])
        smallest, largest = self._kind.radii
        return _Shapes.of(
            [
                _disc(radius, down, along)[::step, ::step]
                for radius in range(smallest, largest + 1)
                for down in range(_PHASES)
                for along in range(_PHASES)
            ]
        )

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

    def draw_on(self, scene: Packed, frame: int, step: int) -> None:
        """Draw the particles onto a frame of full size, or of half the size if `step` is 2."""
        motes, shapes, kind = self._motes, self._shapes[step], self._kind
        swung = sines(frame * 14 + motes.phase, motes.sway * _PHASES)
        down = (motes.top + motes.fall * frame) % (_PHASES * (self._height + 2 * self._pad))
        along = (motes.left + motes.drift * frame + swung) % (
            _PHASES * (self._width + 2 * self._pad)
        )
        weight = motes.weight
        if kind.twinkles:
            weight = weight * (160 + sines(frame * 37 + motes.phase * 3, 96)) >> 8
        if kind.streak:
            drawn = np.zeros(len(down), np.intp)
        else:
            phase = down % _PHASES * _PHASES + along % _PHASES
            drawn = (motes.radius - kind.radii[0]) * _PHASES * _PHASES + phase
        height, width = scene.shape
        tops, lefts = (down // _PHASES - self._pad) // step, (along // _PHASES - self._pad) // step
        sizes, seen = shapes.sizes[drawn], shapes.extents[drawn]
        is_cut = (tops < 0) | (lefts < 0)
        is_cut |= (tops + seen[:, 0] > height) | (lefts + seen[:, 1] > width)
        ends = np.cumsum(sizes)
        pixels = np.arange(ends[-1]) + np.repeat(shapes.starts[drawn] - ends + sizes, sizes)
        indexes = shapes.offsets(width)[pixels]
        indexes += np.repeat(tops * width + lefts, sizes)
        much = shapes.weights[pixels]
        much *= np.repeat(weight.astype(np.uint32), sizes)
        much >>= np.uint32(8)
        if is_cut.any():
            inside = np.ones(len(pixels), np.bool_)
            for mote in np.nonzero(is_cut)[0]:
                part = slice(ends[mote] - sizes[mote], ends[mote])
                rows = shapes.rows[pixels[part]] + tops[mote]
                columns = shapes.columns[pixels[part]] + lefts[mote]
                inside[part] = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
            indexes, much = indexes[inside], much[inside]
        flat = scene.reshape(-1)
        pixels_under = flat[indexes]
        flat[indexes] = blended(
            pixels_under, np.broadcast_to(self._colour, pixels_under.shape), much, into=pixels_under
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Motes:
    """All particles: an array of each of their values, so that a frame is computed at once."""

    top: NDArray[np.int64]
    left: NDArray[np.int64]
    fall: NDArray[np.int64]
    drift: NDArray[np.int64]
    sway: NDArray[np.int64]
    phase: NDArray[np.int64]
    weight: NDArray[np.int64]
    radius: NDArray[np.int64]

    @classmethod
    def of(cls, motes: list[_Mote]) -> _Motes:
        """Return the values of the particles."""
        return cls(
            **{
                one.name: np.array([getattr(mote, one.name) for mote in motes], np.int64)
                for one in fields(cls)
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shapes:
    """The visible pixels of several shapes, one after the other.

    A pixel has offsets from the upper left corner of its shape, and a weight 0…256. The pixels of a
    shape begin at `starts`, and there are `sizes` of them.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    weights: Packed
    starts: NDArray[np.intp]
    sizes: NDArray[np.intp]
    extents: NDArray[np.intp]
    """Of each shape, how many rows and columns it takes from its upper left corner on."""
    known: dict[int, NDArray[np.intp]] = field(default_factory=dict)

    def offsets(self, width: int) -> NDArray[np.intp]:
        """Return the offsets of the pixels in a frame of this width, row by row."""
        if width not in self.known:
            self.known[width] = self.rows * width + self.columns
        return self.known[width]

    @classmethod
    def of(cls, shapes: list[Packed]) -> _Shapes:
        """Return the visible pixels of shapes that are given as weights."""
        seen = [np.nonzero(shape) for shape in shapes]
        sizes = np.array([len(rows) for rows, _ in seen], np.intp)
        return cls(
            rows=np.concatenate([rows for rows, _ in seen]),
            columns=np.concatenate([columns for _, columns in seen]),
            weights=np.concatenate(
                [shape[where] for shape, where in zip(shapes, seen, strict=True)]
            ),
            starts=np.cumsum(sizes) - sizes,
            sizes=sizes,
            extents=np.array([shape.shape for shape in shapes], np.intp),
        )


def _disc(radius: int, down: int, along: int) -> Packed:
    """Return a disc as weights 0…256, offset by quarters of a pixel, with a soft edge.

    The edge is a little brighter if the disc is large.
    """
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
        position = (length - row) * 4 // 9  # quarters of a pixel
        column, part = position // 4, position % 4
        bright = 256 * (row + 4) // (length + 4)
        weights[row, column] = bright * (4 - part) // 4
        weights[row, column + 1] = bright * part // 4
    return weights
