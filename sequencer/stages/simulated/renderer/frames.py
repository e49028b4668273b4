"""The frames of the simulated model: a flowing relief in the colours of its prompt.

The image dissolves in it.

Frames are 640×384 RGB and depend, bit for bit, only on the inputs of their chunk and of the
previous one. All computation is on integers and tables: a height field is looked up through two
drifting warps, raised by a drifting glow, and turned into colours by a palette with relief; rain,
snow, sparks, stars or soft lights drift over it, depending on the prompt; then comes the image,
then the text over everything.

- The *seed* determines the warps and the field, the *prompt* the field, its style and the palette.
- *Super-resolution* is detail: `off` is half the resolution, `2x` full, `4x` full with two more
  octaves and sharper light.
- An *image* appears with its chunk, drifts a little and dissolves slowly where the field is high;
  strength is how much of it is visible.
- Where the look changes within a take, the first frames of the chunk fade from the old one. A
  prompt with a fade of its own replaces the old one over all frames of the fade's chunks; a prompt
  that arrives in the meantime starts from the mixture that was shown.
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
from sequencer.stages.simulated.renderer.text_overlay import (
    DRAFT_SIZES,
    FULL_SIZES,
    Lettering,
    Panel,
)
from sequencer.stages.simulated.rendering import Drawn

HEIGHT, WIDTH = 384, 640

EDITION = 4
"""Increased whenever any frame changes."""

FADE = 10
"""Frames over which a changed look replaces the previous one."""

_STRIDE = 1024
_ROWS = 512
_CELLS = _STRIDE * _ROWS
_SCROLL = 256
_BAND = 48
"""Rows that are drawn at once, so that intermediate results stay in the cache."""
_WARP = 88
_DRIFT = 14
_FIELD_TOP = 790
_GLOW_TOP = 225
_KEPT = 6
_KEPT_DRIFTS = 2
"""The number of images whose blended copies are kept: they take 16 MB each."""

Key = TypeVar("Key")
Value = TypeVar("Value")


def version(with_text: bool = True, draft: bool = False) -> str:
    """Return what a digest of frames depends on: our edition, and some libraries.

    The libraries are those that draw text and decode images.
    """
    text = (" draft" if draft else "") + ("" if with_text else " without text")
    return (
        f"pictures {EDITION}{text}, Pillow {PIL.__version__}, FreeType "
        f"{features.version('freetype2')}"
    )


Offsets = NDArray[np.int32]
"""Positions in a field. They take half the memory of the indexes that numpy needs."""


@dataclass(frozen=True, slots=True)
class _Warp:
    """Offsets into a field, larger than a frame by `_SCROLL` both ways, so that it can drift."""

    coarse: Offsets
    """Offsets of the pixels of a field, with the position of each pixel added."""
    fine: Offsets


def _offsets(seed: int, name: str, reach: int, rows: int, columns: int) -> Offsets:
    down = spread(smooth(1024, 1024, rows, columns, seed, name, "down"), reach)
    along = spread(smooth(1024, 1024, rows, columns, seed, name, "along"), reach)
    whole = down * np.int32(_STRIDE) + along
    return np.ascontiguousarray(whole[: HEIGHT + _SCROLL, : WIDTH + _SCROLL])


def _warp(seed: int) -> _Warp:
    rows, columns = HEIGHT + _SCROLL, WIDTH + _SCROLL
    pixels = np.arange(rows, dtype=np.int32)[:, None] * np.int32(_STRIDE) + np.arange(
        columns, dtype=np.int32
    )
    return _Warp(
        coarse=np.add(_offsets(seed, "coarse", _WARP, 4, 4), pixels, dtype=np.int32),
        fine=_offsets(seed, "fine", _WARP // 2, 8, 8),
    )


def _field(key: tuple[int, str, str]) -> NDArray[np.uint16]:
    """Return colour × SHADES + shade: a flat periodic `_ROWS` × `_STRIDE` field.

    It is repeated so that a view can begin anywhere.
    """
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
    packed: NDArray[np.uint16] = (
        ((levelled(height) * _FIELD_TOP >> 16) * SHADES + light).astype(np.uint16).ravel()
    )
    return np.concatenate([packed, packed, packed[: (16 + _SCROLL) * _STRIDE]])


def _folded(field: NDArray[np.int32]) -> NDArray[np.int32]:
    """Fold a field into soft waves: 0…65536 and back over each 131072 of it."""
    rise = np.abs(field % 131072 - 65536).astype(np.int64)
    return ((rise * rise >> 16) * (196608 - 2 * rise) >> 16).astype(np.int32)


def _glow() -> NDArray[np.uint16]:
    """Return a round light in the centre of an array, in steps of whole colours.

    The array has twice a frame's height and width.
    """
    down = np.arange(-HEIGHT, HEIGHT, dtype=np.int64)[:, None]
    along = np.arange(-WIDTH, WIDTH, dtype=np.int64)[None, :]
    reach = 330 * 330
    near = np.maximum(0, reach - (down * down + along * along)) * 1024 // reach
    glow: NDArray[np.uint16] = ((near * near * _GLOW_TOP >> 20) * SHADES).astype(np.uint16)
    return glow


def _swing(frame: int, down: int, along: int) -> tuple[int, int]:
    """Return the top left corner of the part of a warp that a frame shows.

    It swings with the speeds `down` and `along`.
    """
    half = _SCROLL // 2
    return half + sine(frame * down, half - 1), half + sine(frame * along + TURN // 4, half - 1)


def _window(offsets: Offsets, corner: tuple[int, int], step: int) -> Offsets:
    """Return the part of a warp that a frame shows, from its top left corner on."""
    top, left = corner
    return offsets[top : top + HEIGHT : step, left : left + WIDTH : step]


class _Drift:
    """An image that swings by fractions of a pixel, so that sharp edges do not jerk.

    It is blended once for each sixteenth of a pixel.
    """

    def __init__(self, image: Packed) -> None:
        self._image = image
        self._between: dict[int, Packed] = {}

    def shown(self, frame: int, step: int) -> Packed:
        """Return the part of the image that a frame shows."""
        along = (_DRIFT << 4) + sine(frame * 5 + 700, _DRIFT << 4)
        left = along >> 4
        if step == 2:
            return self._image[::2, left : left + WIDTH : 2]
        part = along & 15
        if part not in self._between:
            self._between[part] = blended(
                self._image[:, :-1], self._image[:, 1:], np.uint32(part << 4)
            )
        return self._between[part][:, left : left + WIDTH]


def _presence(look: ChunkInputs, frame: int) -> Packed:
    """Return how much of the image is visible at each height, 0…256.

    At first all is visible, then less where the field is high.
    """
    age = frame - look.image_since
    strength = int(look.strength * 256)
    level = (512 - 200 * age // (age + 180)) * (64 + 3 * strength // 4) >> 8
    height = np.arange(65536 // SHADES, dtype=np.int64) * 256 // _FIELD_TOP
    weight = np.clip(level - height, 0, 256) * (2 * strength - (strength * strength >> 8)) >> 8
    return np.repeat(weight.astype(np.uint32), SHADES)


def _changes(before: ChunkInputs, look: ChunkInputs) -> bool:
    """Return whether a look replaces the previous one within the first frames of its chunk.

    A prompt that begins its own fade with this chunk does not.
    """
    fades_in = look.fade is not None and look.fade.since == look.first_frame
    return _shown(before) != _shown(look) or (before.prompt != look.prompt and not fades_in)


def _shown(look: ChunkInputs) -> tuple[object, ...]:
    """Return what distinguishes one look from another, besides the prompt."""
    return look.seed, look.sr, look.image, look.image_since, look.strength


class _Kept(Generic[Key, Value]):
    """The last few results of a function, by its argument."""

    def __init__(self, make: Callable[[Key], Value], most: int = _KEPT) -> None:
        self._make, self._most = make, most
        self._found: OrderedDict[Key, Value] = OrderedDict()

    def __getitem__(self, key: Key) -> Value:
        if key in self._found:
            self._found.move_to_end(key)
        else:
            self._found[key] = self._make(key)
            if len(self._found) > self._most:
                self._found.popitem(last=False)
        return self._found[key]

    def forget(self, key: Key) -> None:
        """Forget the result for an argument, because it has another one from now on."""
        self._found.pop(key, None)


def as_drawn(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image in the size in which it is drawn; unchanged if it has this size."""
    return fitted(pixels, HEIGHT, WIDTH + 2 * _DRIFT + 1)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the frames of a chunk are drawn from: made once for all of them."""

    look: ChunkInputs
    fades_from: ChunkInputs | None
    """The inputs from which its first frames fade; None if they are unchanged."""
    panel: Panel


class Renderer:
    """Computes the frames of chunks, for one caller at a time.

    Its caches of the last few looks do not affect the result.

    Args:
        with_text: Whether the prompt, and a line with seed, chunk, frame and super-resolution, are
            written on the frames.
        draft: Whether the frames have half the width and height, which is much faster.
    """

    def __init__(self, with_text: bool = True, draft: bool = False) -> None:
        if sys.byteorder != "little":
            raise StageError(
                "frames can be drawn only on little-endian machines", "rehearse with --no-video"
            )
        self.version = version(with_text, draft)
        self._with_text = with_text
        self._draft = draft
        self.height, self.width = (HEIGHT // 2, WIDTH // 2) if draft else (HEIGHT, WIDTH)
        self._lettering = Lettering(self.width, DRAFT_SIZES if draft else FULL_SIZES)
        self._glow = _glow()
        # One scene is drawn into each of these in turn: that of the look, that of the look before,
        # and that of a prompt which is blended into one of them.
        self._indexes = np.empty((_BAND, WIDTH), np.intp)
        self._offsets = np.empty((_BAND, WIDTH), np.int32)
        self._heights = np.empty((HEIGHT, WIDTH), np.uint16)
        self._weights = np.empty((HEIGHT, WIDTH), np.uint32)
        self._canvases = [np.empty((self.height, self.width), np.uint32) for _ in range(3)]
        self._images: dict[str, Packed] = {}
        self._drifts: _Kept[str, _Drift] = _Kept(
            lambda image: _Drift(self._images[image]), _KEPT_DRIFTS
        )
        self._warps = _Kept(_warp)
        self._fields = _Kept(_field)
        self._palettes = _Kept(palette)
        self._motes = _Kept(self._scattered)

    def learn(self, image: str, pixels: NDArray[np.uint8]) -> None:
        """Keep an image, shape (height, width, 3), to be shown under this id."""
        self._images[image] = packed(as_drawn(pixels))
        self._drifts.forget(image)

    def frames(self, look: ChunkInputs, before: ChunkInputs | None = None) -> NDArray[np.uint8]:
        """Return the frames of a chunk, shape (count, height, width, 3).

        `before` is the previous chunk of its take.
        """
        return self.draw(look, before).frames

    def draw(
        self, look: ChunkInputs, before: ChunkInputs | None = None, chunk: int | None = None
    ) -> Drawn:
        """Draw the frames of a chunk, like `frames`.

        Args:
            look: The chunk's inputs.
            before: The inputs of the previous chunk of its take, if any.
            chunk: The chunk number to write on the frames: the score's, if known; by default the
                take's.
        """
        drawing = self.begin(look, before, chunk)
        frames = np.empty((look.frames, self.height, self.width, 3), np.uint8)
        still: NDArray[np.uint8] | None = None
        for index in range(look.frames):
            if index == look.frames // 2:
                still = np.empty((self.height, self.width, 3), np.uint8)
                self.draw_frame(drawing, index, frames[index], still)
            else:
                self.draw_frame(drawing, index, frames[index])
        return Drawn(frames, still)

    def begin(
        self, look: ChunkInputs, before: ChunkInputs | None = None, chunk: int | None = None
    ) -> Drawing:
        """Prepare to draw single frames of a chunk. The arguments are those of `draw`."""
        facts = (
            f"seed {look.seed}   ·   chunk {look.chunk if chunk is None else chunk}   ·   sr "
            f"{look.sr}   ·   "
        )
        if look.image in self._images:
            facts += f"image {int(look.strength * 100)} %   ·   "
        if look.fade is not None:
            facts += f"fade {look.fade.chunk}/{look.fade.chunks}   ·   "
        facts += "frame "
        fades = before is not None and _changes(before, look)
        return Drawing(look, before if fades else None, self._lettering.panel(look.prompt, facts))

    def draw_frame(
        self,
        drawing: Drawing,
        index: int,
        into: NDArray[np.uint8],
        still: NDArray[np.uint8] | None = None,
    ) -> None:
        """Draw one frame of a chunk, and the same frame without its text into `still`.

        Args:
            drawing: The chunk, from `begin`.
            index: The number of the frame in its chunk, from 0.
            into: Receives the frame, shape (height, width, 3).
            still: Receives the frame without text, if given; it has the same shape.
        """
        look = drawing.look
        frame = look.first_frame + index
        scene = self._mixed(look, frame, self._canvases[0])
        if drawing.fades_from is not None and index < FADE:
            faded = self._mixed(drawing.fades_from, frame, self._canvases[1])
            weight = np.uint32(256 * (index + 1) // (FADE + 1))
            scene = blended(faded, scene, weight, into=scene)
        if still is not None:
            unpacked(scene, still)
        if self._with_text:
            self._lettering.write(scene, drawing.panel, frame)
        unpacked(scene, into)

    def _scattered(self, key: tuple[int, str]) -> Particles:
        seed, prompt = key
        return Particles(seed, prompt, self._palettes[prompt], HEIGHT, WIDTH)

    def _mixed(self, look: ChunkInputs, frame: int, canvas: Packed) -> Packed:
        """Return one frame without its text: the scenes of its prompts, blended by their weights.

        It is drawn into `canvas` if it has the full size.
        """
        first, *others = look.shown_at(frame)
        scene = self._scene(look, first[0], frame, canvas)
        whole = first[1]
        for prompt, weight in others:
            whole += weight
            share = np.uint32(256 * weight // max(1, whole))
            if not share:
                continue
            added = self._scene(look, prompt, frame, self._canvases[2])
            scene = blended(scene, added, share, into=scene)
        return scene

    def _scene(self, look: ChunkInputs, prompt: str, frame: int, canvas: Packed) -> Packed:
        """Return the scene of one of a look's prompts.

        It is drawn into `canvas` if it has the full size.
        """
        step = 2 if look.sr == "off" or self._draft else 1
        warp = self._warps[look.seed]
        rows, columns = slice(0, HEIGHT // step), slice(0, WIDTH // step)
        heights = self._heights[rows, columns]
        is_whole = step == 1 or self._draft
        scene = canvas[rows, columns] if is_whole else np.empty(heights.shape, np.uint32)
        corner = _swing(frame, 5, 3)
        coarse = _window(warp.coarse, corner, step)
        fine = _window(warp.fine, _swing(frame, -7, 11), step)
        # The warp has the positions of its own pixels, of which the corner is the first.
        start = (frame * 2 + sine(frame * 3, 96) * _STRIDE) % _CELLS
        start -= corner[0] * _STRIDE + corner[1]
        start += _CELLS if start < 0 else 0
        field, light = self._fields[look.seed, prompt, look.sr][start:], self._light(frame)
        colours = self._palettes[prompt]
        for top in range(0, HEIGHT // step, _BAND):
            band = slice(top, top + _BAND)
            offsets = self._offsets[:_BAND, columns]
            indexes = self._indexes[:_BAND, columns]
            np.add(coarse[band], fine[band], out=offsets)
            np.copyto(indexes, offsets)
            np.take(field, indexes, mode="clip", out=heights[band])
            np.add(
                heights[band], light[top * step : (top + _BAND) * step : step, ::step], out=indexes
            )
            np.take(colours, indexes, mode="clip", out=scene[band])
        self._motes[look.seed, prompt].draw_on(scene, frame, step)
        if look.image is not None and look.image in self._images and look.strength > 0:
            still = self._drifts[look.image].shown(frame, step)
            weights = self._weights[rows, columns]
            np.take(_presence(look, frame), heights, mode="clip", out=weights)
            blended(scene, still, weights, into=scene)
        return scene if is_whole else np.repeat(np.repeat(scene, 2, axis=0), 2, axis=1)

    def _light(self, frame: int) -> NDArray[np.uint16]:
        top = HEIGHT // 2 + 30 + sine(frame * 7 + 900, 90)
        left = WIDTH // 2 + sine(frame * 4, 190)
        return self._glow[top : top + HEIGHT, left : left + WIDTH]
