"""The simulated frames: reproducible, legible, and different for different chunk inputs."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sequencer.core.fonts import TextRenderer
from sequencer.core.image_files import opened
from sequencer.stages.simulated.helios_state import ChunkInputs
from sequencer.stages.simulated.renderer.frames import (
    EDITION,
    FADE,
    HEIGHT,
    WIDTH,
    Renderer,
    version,
)
from sequencer.stages.simulated.renderer.palette import COLOURS, SHADES, palette
from sequencer.stages.simulated.renderer.particles import Particles
from sequencer.stages.simulated.renderer.pixels import (
    TURN,
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
    MARGIN,
    MAX_LINES,
    PROMPT_SIZE,
    Lettering,
)

GOLDEN = Path(__file__).with_name("frames.golden.json")
LOOK = ChunkInputs(
    seed=4271,
    prompt="a paper boat, grey light",
    image=None,
    image_since=0,
    strength=0.0,
    sr="2x",
    chunk=3,
    first_frame=99,
    frames=3,
)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    made = Renderer()
    for name, colour in (("red", (220, 30, 30)), ("blue", (30, 60, 200))):
        made.learn(name, np.full((60, 90, 3), colour, np.uint8))
    return made


def digest(renderer: Renderer, look: ChunkInputs, before: ChunkInputs | None = None) -> str:
    return hashlib.sha256(renderer.frames(look, before).tobytes()).hexdigest()


def test_frames_have_their_shape(renderer: Renderer) -> None:
    frames = renderer.frames(LOOK)
    assert frames.shape == (3, HEIGHT, WIDTH, 3) == (3, 384, 640, 3)
    assert frames.dtype == np.uint8
    assert renderer.frames(replace(LOOK, frames=0)).shape == (0, HEIGHT, WIDTH, 3)


def test_the_same_look_gives_the_same_bytes_whatever_was_drawn_before(renderer: Renderer) -> None:
    first = digest(renderer, LOOK)
    for index in range(8):
        renderer.frames(replace(LOOK, prompt=f"another {index}", seed=index, frames=1))
    assert digest(renderer, LOOK) == first
    assert digest(Renderer(), LOOK) == first


@pytest.mark.parametrize(
    "changed",
    [
        {"seed": 4272},
        {"prompt": "a paper boat, grey light."},
        {"sr": "off"},
        {"sr": "4x"},
        {"first_frame": 100},
        {"chunk": 4},
        {"image": "red", "strength": 0.5},
    ],
)
def test_another_look_gives_other_bytes(renderer: Renderer, changed: dict[str, Any]) -> None:
    assert digest(renderer, replace(LOOK, **changed)) != digest(renderer, LOOK)


@pytest.mark.parametrize("changed", [{"image": "blue"}, {"strength": 0.6}, {"image_since": 0}])
def test_another_image_or_strength_gives_other_bytes(
    renderer: Renderer, changed: dict[str, Any]
) -> None:
    shown = replace(LOOK, image="red", image_since=99, strength=0.5)
    assert digest(renderer, replace(shown, **changed)) != digest(renderer, shown)


def difference(one: np.ndarray[Any, Any], two: np.ndarray[Any, Any]) -> float:
    """Return the mean difference of the upper part, where nothing is written, in steps of 255."""
    upper = slice(0, HEIGHT // 2)
    return float(np.abs(one[upper].astype(int) - two[upper].astype(int)).mean())


def test_a_change_of_prompt_or_image_is_seen(renderer: Renderer) -> None:
    quiet = difference(*renderer.frames(LOOK)[:2])
    other = renderer.frames(replace(LOOK, prompt="rain over a forest"))[0]
    assert difference(renderer.frames(LOOK)[0], other) > max(12, 4 * quiet)
    image = renderer.frames(replace(LOOK, image="red", image_since=99, strength=0.8))[0]
    assert difference(renderer.frames(LOOK)[0], image) > 12


def test_strength_is_how_much_of_the_image_there_is(renderer: Renderer) -> None:
    red = np.full((HEIGHT, WIDTH, 3), (220, 30, 30), np.uint8)
    far = [
        difference(
            renderer.frames(replace(LOOK, image="red", image_since=99, strength=strength))[0], red
        )
        for strength in (0.0, 0.3, 0.7, 1.0)
    ]
    assert far == sorted(far, reverse=True)
    assert far[-1] < 3


def test_the_image_dissolves_and_never_goes_entirely(renderer: Renderer) -> None:
    red = np.full((HEIGHT, WIDTH, 3), (220, 30, 30), np.uint8)
    shown = replace(LOOK, image="red", image_since=0, strength=1.0, frames=1)
    plain = difference(renderer.frames(replace(LOOK, first_frame=9000, frames=1))[0], red)
    far = [
        difference(renderer.frames(replace(shown, first_frame=frame))[0], red)
        for frame in (0, 240, 9000)
    ]
    assert far[0] < far[1] < far[2] < 0.8 * plain


def test_a_changed_look_comes_in_over_the_first_frames(renderer: Renderer) -> None:
    new = replace(LOOK, prompt="rain over a forest", frames=FADE + 2)
    fading, plain = renderer.frames(new, LOOK), renderer.frames(new)
    far = [difference(fading[index], plain[index]) for index in range(FADE + 2)]
    assert far[0] > far[FADE // 2] > far[FADE - 1] > 0
    assert far[FADE:] == [0, 0]
    assert digest(renderer, LOOK, replace(LOOK, chunk=2, first_frame=66)) == digest(renderer, LOOK)


def test_an_image_that_nobody_brought_is_not_shown(renderer: Renderer) -> None:
    assert digest(renderer, replace(LOOK, image="missing", strength=1.0)) == digest(renderer, LOOK)


def test_sr_is_detail(renderer: Renderer) -> None:
    def detail(sr: Literal["2x", "4x"]) -> float:
        frame = renderer.frames(replace(LOOK, sr=sr))[0][: HEIGHT // 2].astype(int)
        return float(np.abs(np.diff(frame, axis=1)).mean())

    assert detail("4x") > 1.2 * detail("2x")
    half = renderer.frames(replace(LOOK, sr="off"))[0][: HEIGHT // 2]
    assert (half[::2] == half[1::2]).all()


def test_what_is_written_is_written_bright_on_dark(renderer: Renderer) -> None:
    lower = renderer.frames(LOOK)[0][-60:].astype(int).min(axis=2)
    assert (lower > 200).sum() > 400
    plain = renderer.frames(replace(LOOK, prompt="."))[0][-60:].astype(int).min(axis=2)
    assert (lower > 200).sum() > 2 * (plain > 200).sum()


def test_the_frame_number_moves_with_the_frame() -> None:
    lettering = Lettering(WIDTH)
    panel = lettering.panel("a", "frame ")
    grey = np.full((HEIGHT, WIDTH), 0x404040, np.uint32)
    frames = []
    for frame in (7, 8):
        image = grey.copy()
        lettering.write(image, panel, frame)
        frames.append(image)
    rows, columns = np.nonzero(frames[0] != frames[1])
    assert len(rows)
    assert columns.max() - columns.min() < 20


@given(st.text(max_size=400))
@settings(max_examples=60, deadline=None)
def test_any_prompt_can_be_written(text: str) -> None:
    lettering = Lettering(WIDTH)
    lines = lettering.wrapped(text)
    assert 1 <= len(lines) <= MAX_LINES
    panel = lettering.panel(text, "facts ")
    image = np.zeros((HEIGHT, WIDTH), np.uint32)
    lettering.write(image, panel, 10**7)
    assert not image[: HEIGHT // 2].any()
    assert not (image >> np.uint32(24)).any()


def test_prompts_wrap_between_words_and_end_in_an_ellipsis() -> None:
    lettering = Lettering(WIDTH)
    pen = TextRenderer(PROMPT_SIZE)
    lines = lettering.wrapped("she opens a red umbrella " * 40)
    assert len(lines) == MAX_LINES
    assert lines[-1].endswith("…")
    assert all(pen.width(line) <= WIDTH - 2 * MARGIN for line in lines)
    assert lettering.wrapped("x" * 500)[0].endswith("…")
    assert lettering.wrapped("one line") == ["one line"]
    assert lettering.wrapped("") == [""]


# ---- the parts


@given(st.integers(-(10**7), 10**7), st.integers(0, 300))
def test_the_sine_is_one(angle: int, amplitude: int) -> None:
    assert (
        abs(sine(angle, amplitude) - amplitude * np.sin(2 * np.pi * angle / TURN))
        <= 1 + amplitude * 0.002
    )
    assert sine(angle + TURN // 2, amplitude) == -sine(angle, amplitude)


def test_fields_are_smooth_and_periodic() -> None:
    field = smooth(64, 128, 4, 4, "key")
    assert field.shape == (64, 128)
    assert 0 <= field.min() <= field.max() <= 65280
    around = np.abs(np.diff(np.concatenate([field, field[:1]]), axis=0)).max()
    assert around <= 65280 // 16 * 2
    assert (smooth(64, 128, 4, 4, "other") != field).any()
    assert (spread(field, 100).min(), spread(field, 100).max()) == (0, 100)
    flat = spread(field, 65535)
    assert np.std(np.histogram(levelled(flat), 8)[0]) <= np.std(np.histogram(flat, 8)[0])


def test_palettes_go_from_dark_to_bright() -> None:
    for prompt in ("a", "rain at night", "a yellow raincoat in neon light", "", "日本"):
        colours = palette(prompt)
        assert colours.shape == (COLOURS * SHADES,)
        middle = (
            np.ascontiguousarray(colours[SHADES // 2 :: SHADES])
            .view(np.uint8)
            .reshape(-1, 4)[:, :3]
            .astype(int)
            .sum(axis=1)
        )
        assert middle[0] < 60
        assert middle[-1] > 680
    assert (palette("a") != palette("b")).any()


def test_packing_there_and_back() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (4, 8, 3)).astype(np.uint8)
    back = np.empty_like(pixels)
    unpacked(packed(pixels), back)
    assert (back == pixels).all()


@given(st.integers(0, 0xFFFFFF), st.integers(0, 0xFFFFFF), st.integers(0, 256))
def test_blending_is_blending(under: int, over: int, weight: int) -> None:
    found = int(
        blended(np.array([under], np.uint32), np.array([over], np.uint32), np.uint32(weight))[0]
    )
    for shift in (0, 8, 16):
        one, two = under >> shift & 255, over >> shift & 255
        assert found >> shift & 255 == (one * (256 - weight) + two * weight) >> 8


# ---- images


def encoded(image: Image.Image, form: str, **more: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **more)
    return file.getvalue()


def test_images_are_opened_upright_and_solid() -> None:
    wide = Image.new("RGB", (40, 20), (10, 20, 30))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = opened(encoded(wide, "JPEG", exif=exif))
    assert isinstance(turned, np.ndarray)
    assert turned.shape == (40, 20, 3)
    clear = opened(encoded(Image.new("RGBA", (4, 4), (255, 255, 255, 0)), "PNG"))
    assert isinstance(clear, np.ndarray)
    assert not clear.any()
    for mode in ("L", "1", "P", "LA", "CMYK", "I;16"):
        form = "JPEG" if mode == "CMYK" else "PNG"
        grey = opened(encoded(Image.new(mode, (5, 4)), form))
        assert isinstance(grey, np.ndarray)
        assert grey.shape == (4, 5, 3)


@given(
    st.binary(max_size=300)
    | st.integers(1, 120).map(lambda cut: encoded(Image.new("RGB", (9, 9)), "PNG")[:-cut])
)
def test_any_bytes_are_an_image_or_a_reason(data: bytes) -> None:
    found = opened(data)
    assert isinstance(found, str | np.ndarray)


def test_fitting_keeps_the_middle_and_the_mean() -> None:
    noise = np.random.default_rng(2).integers(0, 256, (900, 1400, 3)).astype(np.uint8)
    small = fitted(noise, 60, 100)
    assert small.shape == (60, 100, 3)
    assert abs(float(small.mean()) - float(noise.mean())) < 1.5
    sides = np.zeros((100, 300, 3), np.uint8)
    sides[:, 100:200] = 255
    assert fitted(sides, 50, 50).min() == 255
    assert (fitted(sides, 100, 300) == sides).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 2), (384, 640), (2000, 30)])
def test_images_of_any_shape_fit(size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 77, np.uint8)
    found = fitted(image, HEIGHT, WIDTH)
    assert found.shape == (HEIGHT, WIDTH, 3)
    assert (found == 77).all()


# ---- particles


@pytest.mark.parametrize(("words", "slowest"), [("rain over roofs", 19), ("snow over roofs", 1)])
def test_what_a_prompt_lets_fall_falls(words: str, slowest: int) -> None:
    motes = Particles(7, words, palette(words), HEIGHT, WIDTH)
    frames = []
    for frame in (50, 51):
        image = np.zeros((HEIGHT, WIDTH), np.uint32)
        motes.draw_on(image, frame, 1)
        frames.append(image != 0)
    one, two = frames
    fits = [
        max(
            int((one[: HEIGHT - by, 5:-5] & two[by:, 5 + along : WIDTH - 5 + along]).sum())
            for along in range(-5, 6)
        )
        for by in range(40)
    ]
    assert slowest <= int(np.argmax(fits)) <= 27


def test_motes_are_those_of_the_words_and_the_seed() -> None:
    def drawn(seed: int, prompt: str) -> np.ndarray[Any, Any]:
        image = np.zeros((HEIGHT, WIDTH), np.uint32)
        Particles(seed, prompt, palette(prompt), HEIGHT, WIDTH).draw_on(image, 9, 1)
        return image

    assert (drawn(1, "snow") == drawn(1, "snow")).all()
    assert (drawn(1, "snow") != drawn(2, "snow")).any()
    assert (drawn(1, "rain") != 0).sum() != (drawn(1, "a street") != 0).sum()


@given(
    st.integers(0, 10**9),
    st.sampled_from(["rain", "snow", "embers", "stars", "a street"]),
    st.sampled_from([1, 2]),
)
@settings(max_examples=40, deadline=None)
def test_motes_stay_within_the_frame_at_any_time(frame: int, prompt: str, step: int) -> None:
    image = np.zeros((HEIGHT // step, WIDTH // step), np.uint32)
    Particles(3, prompt, palette(prompt), HEIGHT, WIDTH).draw_on(image, frame, step)
    assert image.any()
    assert not (image >> np.uint32(24)).any()


def test_a_still_image_moves_by_parts_of_a_pixel() -> None:
    renderer = Renderer()
    edge = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    edge[:, WIDTH // 2 :] = 255
    renderer.learn("edge", edge)
    shown = replace(LOOK, image="edge", image_since=0, strength=1.0, first_frame=0, frames=40)
    frames = renderer.frames(shown)[:, 60, :, 0].astype(int)
    steps = np.abs(np.diff(frames[:, WIDTH // 2 - 40 : WIDTH // 2 + 40].sum(axis=1)))
    assert steps.max() < 255  # an edge that jumps by a whole pixel would change a row by 255
    assert steps.sum() > 0


# ---- golden files


def golden_looks() -> dict[str, tuple[ChunkInputs, ChunkInputs | None]]:
    return {
        "plain": (LOOK, None),
        "4x": (replace(LOOK, sr="4x"), None),
        "image": (replace(LOOK, image="red", image_since=66, strength=0.5, sr="off"), None),
        "fade": (LOOK, replace(LOOK, prompt="rain", chunk=2)),
        "late": (replace(LOOK, prompt="rain and snow", first_frame=2_000_000), None),
    }


def test_frames_are_those_that_were_committed(
    renderer: Renderer, request: pytest.FixtureRequest
) -> None:
    """Above the lettering they depend only on integers; with it, also on the versions of Pillow and
    FreeType.
    """
    scenes, whole = {}, {}
    for name, (look, before) in golden_looks().items():
        frames = renderer.frames(look, before)
        scenes[name] = hashlib.sha256(frames[:, : HEIGHT // 2].tobytes()).hexdigest()
        whole[name] = hashlib.sha256(frames.tobytes()).hexdigest()
    if request.config.getoption("--update-golden"):
        found = {"edition": EDITION, "scenes": scenes, "renderer": version(), "whole": whole}
        GOLDEN.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert golden["edition"] == EDITION
    assert scenes == golden["scenes"], "frames have changed: raise EDITION, then --update-golden"
    if golden["renderer"] == version():
        assert whole == golden["whole"]


def test_a_draft_has_small_frames_that_show_the_same() -> None:
    look = LOOK
    whole, draft = Renderer(with_text=False), Renderer(with_text=False, draft=True)
    large, small = whole.frames(look), draft.frames(look)
    assert small.shape == (len(large), HEIGHT // 2, WIDTH // 2, 3)
    near = np.abs(large[:, ::2, ::2].astype(int) - small.astype(int)).mean()
    far = np.abs(large[0, ::2, ::2].astype(int) - small[-1].astype(int)).mean()
    assert near < far / 3
    assert draft.version == whole.version.replace(" without", " draft without", 1)
    still = draft.draw(look).still
    assert still is not None
    assert still.shape == small.shape[1:]


def test_text_and_fades_of_a_draft_are_drawn() -> None:
    before, after = LOOK, replace(LOOK, prompt="a lighthouse in golden wheat", frames=FADE + 2)
    draft = Renderer(draft=True)
    faded, plain = draft.frames(after, before), draft.frames(after)
    assert not np.array_equal(faded[0], plain[0])
    assert np.array_equal(faded[-1], plain[-1])
    assert not np.array_equal(plain, Renderer(with_text=False, draft=True).frames(after))
