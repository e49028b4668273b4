"""The frames of the simulated model: a flowing relief in the colours of its prompt, in which the image dissolves.

Frames are 640×384 RGB and depend, bit for bit, only on the inputs of their chunk and of the previous one. All computation is
on integers and tables: a height field is looked up through two drifting warps, raised by a drifting glow, and turned into
colours by a palette with relief; rain, snow, sparks, stars or soft lights drift over it, depending on the prompt; then comes
the image, then the text over everything.

- The *seed* determines the warps and the field, the *prompt* the field, its style and the palette.
- *Super-resolution* is detail: `off` is half the resolution, `2x` full, `4x` full with two more octaves and sharper light.
- An *image* appears with its chunk, drifts a little and dissolves slowly where the field is high; strength is how much of it
  is visible.
- Where the look changes within a take, the first frames of the chunk fade from the old one.
"""

from __future__ import annotations

import hashlib
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import features

from sequencer.core.errors import StageError
from sequencer.stages.simulated.helios_state import ChunkInputs
from sequencer.stages.simulated.renderer.palette import SHADES, palette
from sequencer.stages.simulated.renderer.particles import Particles
from sequencer.stages.simulated.renderer.pixels import (
    TURN,
    Packed,
    blended,
    fitted,
    levelled,
    packed,
    sine,
    smooth,
    spread,
    unpacked,
)
from sequencer.stages.simulated.renderer.text_overlay import Lettering

HEIGHT, WIDTH = 384, 640

EDITION = 4
"""Increased whenever any frame changes."""

FADE = 10
"""Frames over which a changed look replaces the previous one."""

_STRIDE = 1024
_ROWS = 512
_CELLS = _STRIDE * _ROWS
_SCROLL = 256
_WARP = 88
_DRIFT = 14
_FIELD_TOP = 790
_GLOW_TOP = 225
_KEPT = 6

Key = TypeVar("Key")
Value = TypeVar("Value")


def version(with_text: bool = True) -> str:
    """Return what a digest of frames depends on: our edition, and the libraries that draw text and decode images."""
    text = "" if with_text else " without text"
    return f"pictures {EDITION}{text}, Pillow {PIL.__version__}, FreeType {features.version('freetype2')}"


@dataclass(frozen=True, slots=True)
class _Warp:
    """Offsets into a field, larger than a frame by `_SCROLL` both ways, so that it can drift."""

    coarse: NDArray[np.intp]
    fine: NDArray[np.intp]


def _offsets(seed: int, name: str, reach: int, rows: int, columns: int) -> NDArray[np.intp]:
    down = spread(smooth(1024, 1024, rows, columns, seed, name, "down"), reach)
    along = spread(smooth(1024, 1024, rows, columns, seed, name, "along"), reach)
    whole = down.astype(np.intp) * _STRIDE + along
    return np.ascontiguousarray(whole[: HEIGHT + _SCROLL, : WIDTH + _SCROLL])


def _warp(seed: int) -> _Warp:
    return _Warp(
        coarse=_offsets(seed, "coarse", _WARP, 4, 4),
        fine=_offsets(seed, "fine", _WARP // 2, 8, 8),
    )


def _field(key: tuple[int, str, str]) -> NDArray[np.uint16]:
    """Return colour × SHADES + shade: a flat periodic `_ROWS` × `_STRIDE` field, repeated so that a view can begin anywhere."""
    seed, prompt, sr = key
    style = hashlib.sha256(prompt.encode()).digest()[4] % 3
    ground = smooth(_ROWS, _STRIDE, 4, 4, seed, prompt, "ground")
    waves = smooth(_ROWS, _STRIDE, 4, 8, seed, prompt, "waves")
    if style == 0:  # dunes: soft and wide
        height = ground * 7 + waves * 5
    elif style == 1:  # silk: broad folds across the ground
        height = ground * 4 + _folded(ground * 2 + waves * 2) * 4
    else:  # veils: folds within folds
        height = ground * 3 + _folded(waves + _folded(ground * 2 + waves)) * 5
    height += smooth(_ROWS, _STRIDE, 16, 32, seed, prompt, "body") // 2
    if sr != "off":
        height += smooth(_ROWS, _STRIDE, 32, 64, seed, prompt, "grain") // 4
    if sr == "4x":
        height += smooth(_ROWS, _STRIDE, 64, 128, seed, prompt, "fine") // 8
        height += smooth(_ROWS, _STRIDE, 128, 256, seed, prompt, "finest") // 14
    height = spread(height, 65535)
    slope = 2 * height - np.roll(height, 4, axis=1) - np.roll(height, 4, axis=0)
    light = np.clip(SHADES // 2 + slope * (3 if sr == "4x" else 2) // 640, 0, SHADES - 1)
    packed: NDArray[np.uint16] = ((levelled(height) * _FIELD_TOP >> 16) * SHADES + light).astype(np.uint16).ravel()
    return np.concatenate([packed, packed, packed[: 16 * _STRIDE]])


def _folded(field: NDArray[np.int32]) -> NDArray[np.int32]:
    """Fold a field into soft waves: 0…65536 and back over each 131072 of it."""
    rise = np.abs(field % 131072 - 65536).astype(np.int64)
    return ((rise * rise >> 16) * (196608 - 2 * rise) >> 16).astype(np.int32)


def _glow() -> NDArray[np.uint16]:
    """Return a round light in the centre of an array of twice a frame's height and width, in steps of whole colours."""
    down = np.arange(-HEIGHT, HEIGHT, dtype=np.int64)[:, None]
    along = np.arange(-WIDTH, WIDTH, dtype=np.int64)[None, :]
    reach = 330 * 330
    near = np.maximum(0, reach - (down * down + along * along)) * 1024 // reach
    glow: NDArray[np.uint16] = ((near * near * _GLOW_TOP >> 20) * SHADES).astype(np.uint16)
    return glow


def _window(offsets: NDArray[np.intp], frame: int, down: int, along: int, step: int) -> NDArray[np.intp]:
    """Return the part of a warp that a frame shows; it swings, `down` and `along` being its speeds."""
    half = _SCROLL // 2
    top, left = half + sine(frame * down, half - 1), half + sine(frame * along + TURN // 4, half - 1)
    return offsets[top : top + HEIGHT : step, left : left + WIDTH : step]


def _drifting(image: Packed, frame: int, step: int) -> Packed:
    """Return the part of an image that a frame shows; it swings by fractions of a pixel, so that sharp edges do not jerk."""
    along = (_DRIFT << 4) + sine(frame * 5 + 700, _DRIFT << 4)
    left = along >> 4
    if step == 2:
        return image[::2, left : left + WIDTH : 2]
    return blended(image[:, left : left + WIDTH], image[:, left + 1 : left + WIDTH + 1], np.uint32((along & 15) << 4))


def _presence(look: ChunkInputs, frame: int) -> Packed:
    """Return how much of the image is visible at each height, 0…256: at first all, then less where the field is high."""
    age = frame - look.image_since
    strength = int(look.strength * 256)
    level = (512 - 200 * age // (age + 180)) * (64 + 3 * strength // 4) >> 8
    height = np.arange(65536 // SHADES, dtype=np.int64) * 256 // _FIELD_TOP
    weight = np.clip(level - height, 0, 256) * (2 * strength - (strength * strength >> 8)) >> 8
    return np.repeat(weight.astype(np.uint32), SHADES)


def _shown(look: ChunkInputs) -> tuple[object, ...]:
    """Return what distinguishes one look from another."""
    return look.seed, look.prompt, look.sr, look.image, look.image_since, look.strength


class _Kept(Generic[Key, Value]):
    """The last few results of a function, by its argument."""

    def __init__(self, make: Callable[[Key], Value]) -> None:
        self._make = make
        self._found: OrderedDict[Key, Value] = OrderedDict()

    def __getitem__(self, key: Key) -> Value:
        if key in self._found:
            self._found.move_to_end(key)
        else:
            self._found[key] = self._make(key)
            if len(self._found) > _KEPT:
                self._found.popitem(last=False)
        return self._found[key]


def as_drawn(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image in the size in which it is drawn; one that already has this size is unchanged."""
    return fitted(pixels, HEIGHT, WIDTH + 2 * _DRIFT + 1)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The frames of a chunk, shape (count, HEIGHT, WIDTH, 3), and the middle one without text, if there is any."""

    frames: NDArray[np.uint8]
    still: NDArray[np.uint8] | None


class Renderer:
    """Computes the frames of chunks, for one caller at a time. Its caches of the last few looks do not affect the result.

    Args:
        with_text: Whether the prompt, and a line with seed, chunk, frame and super-resolution, are written on the frames.
    """

    def __init__(self, with_text: bool = True) -> None:
        if sys.byteorder != "little":
            raise StageError("pictures are only computed on little-endian machines", "rehearse without pictures")
        self.version = version(with_text)
        self._with_text = with_text
        self._lettering = Lettering(WIDTH)
        self._glow = _glow()
        rows = np.arange(HEIGHT, dtype=np.intp)[:, None] * _STRIDE
        self._places = np.ascontiguousarray(rows + np.arange(WIDTH, dtype=np.intp)[None, :])
        self._scratch = np.empty_like(self._places)
        self._heights = np.empty((HEIGHT, WIDTH), np.uint16)
        self._images: dict[str, Packed] = {}
        self._warps = _Kept(_warp)
        self._fields = _Kept(_field)
        self._palettes = _Kept(palette)
        self._motes = _Kept(self._scattered)

    def learn(self, image: str, pixels: NDArray[np.uint8]) -> None:
        """Keep an image, shape (height, width, 3), to be shown under this id."""
        self._images[image] = packed(as_drawn(pixels))

    def frames(self, look: ChunkInputs, before: ChunkInputs | None = None) -> NDArray[np.uint8]:
        """Return the frames of a chunk, shape (count, HEIGHT, WIDTH, 3). `before` is the previous chunk of its take."""
        return self.draw(look, before).frames

    def draw(self, look: ChunkInputs, before: ChunkInputs | None = None, chunk: int | None = None) -> Drawn:
        """Draw the frames of a chunk, like `frames`.

        Args:
            look: The chunk's inputs.
            before: The inputs of the previous chunk of its take, if any.
            chunk: The chunk number to write on the frames: the score's, if known; by default the take's.
        """
        pictures = np.empty((look.frames, HEIGHT, WIDTH, 3), np.uint8)
        facts = f"seed {look.seed}   ·   chunk {look.chunk if chunk is None else chunk}   ·   sr {look.sr}   ·   "
        if look.image in self._images:
            facts += f"image {int(look.strength * 100)} %   ·   "
        facts += "frame "
        panel = self._lettering.panel(look.prompt, facts)
        fades = before is not None and _shown(before) != _shown(look)
        still: NDArray[np.uint8] | None = None
        for index in range(look.frames):
            frame = look.first_frame + index
            scene = self._scene(look, frame)
            if fades and before is not None and index < FADE:
                scene = blended(self._scene(before, frame), scene, np.uint32(256 * (index + 1) // (FADE + 1)))
            if index == look.frames // 2:
                still = np.empty((HEIGHT, WIDTH, 3), np.uint8)
                unpacked(scene, still)
            if self._with_text:
                self._lettering.write(scene, panel, frame)
            unpacked(scene, pictures[index])
        return Drawn(pictures, still)

    def _scattered(self, key: tuple[int, str]) -> Particles:
        seed, prompt = key
        return Particles(seed, prompt, self._palettes[prompt], HEIGHT, WIDTH)

    def _scene(self, look: ChunkInputs, frame: int) -> Packed:
        """Return one frame without its text."""
        step = 2 if look.sr == "off" else 1
        warp = self._warps[look.seed]
        places = self._scratch[: HEIGHT // step, : WIDTH // step]
        np.add(self._places[::step, ::step], _window(warp.coarse, frame, 5, 3, step), out=places)
        places += _window(warp.fine, frame, -7, 11, step)
        start = (frame * 2 + sine(frame * 3, 96) * _STRIDE) % _CELLS
        heights = self._heights[: HEIGHT // step, : WIDTH // step]
        np.take(self._fields[look.seed, look.prompt, look.sr][start:], places, mode="clip", out=heights)
        np.add(heights, self._light(frame)[::step, ::step], out=places)
        scene: Packed = np.take(self._palettes[look.prompt], places, mode="clip")
        self._motes[look.seed, look.prompt].lay(scene, frame, step)
        if look.image is not None and look.image in self._images and look.strength > 0:
            still = _drifting(self._images[look.image], frame, step)
            scene = blended(scene, still, np.take(_presence(look, frame), heights, mode="clip"))
        return scene if step == 1 else np.repeat(np.repeat(scene, 2, axis=0), 2, axis=1)

    def _light(self, frame: int) -> NDArray[np.uint16]:
        top = HEIGHT // 2 + 30 + sine(frame * 7 + 900, 90)
        left = WIDTH // 2 + sine(frame * 4, 190)
        return self._glow[top : top + HEIGHT, left : left + WIDTH]
