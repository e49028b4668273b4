"""Chunks of a Helios with random weights: what they depend on, and what they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sequencer.core.errors import StageError
from sequencer.stages.simulated.helios_state import ChunkInputs, Fade
from tests.support.tiny_helios import PARAMETERS, SIZE, make_pipeline, require_helios

if TYPE_CHECKING:
    from sequencer.renderers.helios.chunks import HeliosModel

pytestmark = [
    pytest.mark.xdist_group("torch"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

BOAT, RAIN = "a paper boat", "rain in the gutter"
IMAGE = np.random.default_rng(3).integers(0, 255, (*SIZE[::-1], 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def model() -> HeliosModel:
    require_helios()
    from sequencer.renderers.helios.chunks import HeliosModel

    pipeline = make_pipeline()
    pipeline.set_progress_bar_config(disable=True)
    found = HeliosModel(pipeline, "cpu", SIZE, (1, 1, 1))
    found.learn("still", IMAGE)
    return found


def inputs(chunk: int, prompt: str = BOAT, **changes: Any) -> ChunkInputs:
    plain = ChunkInputs(
        seed=7,
        prompt=prompt,
        image=None,
        image_since=0,
        strength=0.0,
        sr="off",
        chunk=chunk,
        first_frame=33 * chunk,
        frames=33,
    )
    return replace(plain, **changes)


def made(model: HeliosModel, *chunks: ChunkInputs) -> list[Any]:
    """Return the frames of each chunk of a take."""
    from sequencer.renderers.helios.chunks import HeliosTake

    take = HeliosTake(model)
    return [take.draw(one, number).frames for number, one in enumerate(chunks)]


def at_once(model: HeliosModel, prompts: list[str], **conditions: Any) -> Any:
    """Return the frames of a single call of the pipeline, which switches prompts on its way."""
    import torch

    embeddings = [model.encode(prompt) for prompt in prompts]
    steps = 0

    def switch(pipeline: object, step: int, time: object, tensors: dict[str, Any]) -> Any:
        nonlocal steps
        steps += 1
        first, others = (
            2 * sum(model.steps),
            sum(model.steps),
        )  # the first chunk takes twice as many
        chunk = 0 if steps < first else 1 + (steps - first) // others
        return {**tensors, "prompt_embeds": embeddings[min(chunk, len(prompts) - 1)]}

    result = model.pipeline(
        prompt_embeds=embeddings[0],
        width=SIZE[0],
        height=SIZE[1],
        num_frames=33 * len(prompts),
        guidance_scale=1.0,
        generator=torch.Generator().manual_seed(7),
        pyramid_num_inference_steps_list=list(model.steps),
        is_amplify_first_chunk=True,
        callback_on_step_end=switch,
        callback_on_step_end_tensor_inputs=["latents", "prompt_embeds"],
        **conditions,
    )
    return np.rint(result.frames[0] * 255).astype(np.uint8)


def test_the_model_is_small(model: HeliosModel) -> None:
    parts = model.pipeline.text_encoder, model.pipeline.vae, model.pipeline.transformer
    assert sum(one.numel() for part in parts for one in part.parameters()) == PARAMETERS


def test_chunks_equal_a_single_call(model: HeliosModel) -> None:
    prompts = [BOAT, BOAT, RAIN]
    chunks = np.concatenate(made(model, *(inputs(*one) for one in enumerate(prompts))))
    whole = at_once(model, prompts)
    assert len(chunks) == 99 and len(whole) == 97  # a single call omits the last frames
    assert np.array_equal(chunks[:97], whole)


def test_an_image_at_the_start_equals_a_single_call(model: HeliosModel) -> None:
    from PIL import Image

    chunks = made(model, *(inputs(one, image="still", strength=1.0) for one in range(2)))
    whole = at_once(model, [BOAT, BOAT], image=Image.fromarray(IMAGE))
    assert np.array_equal(np.concatenate(chunks)[: len(whole)], whole)


def test_what_a_chunk_depends_on(model: HeliosModel) -> None:
    plain = made(model, inputs(0), inputs(1))
    assert all(map(np.array_equal, plain, made(model, inputs(0), inputs(1))))
    other_seed = made(model, inputs(0, seed=8))
    assert not np.array_equal(plain[0], other_seed[0])
    switched = made(model, inputs(0), inputs(1, RAIN))
    assert np.array_equal(plain[0], switched[0]) and not np.array_equal(plain[1], switched[1])


def test_images_later_and_their_strength(model: HeliosModel) -> None:
    plain = made(model, inputs(0), inputs(1))
    shown: dict[str, Any] = {"image": "still", "image_since": 33}
    strong = made(model, inputs(0), inputs(1, strength=1.0, **shown))
    weak = made(model, inputs(0), inputs(1, strength=0.2, **shown))
    without = made(model, inputs(0), inputs(1, strength=0.0, **shown))
    assert np.array_equal(plain[0], strong[0])
    assert not np.array_equal(plain[1], strong[1])
    assert not np.array_equal(weak[1], strong[1])
    assert np.array_equal(plain[1], without[1])
    at_start = made(model, inputs(0, image="still", strength=1.0))
    assert not np.array_equal(plain[0], at_start[0])


def test_a_fade_blends_the_embeddings(model: HeliosModel) -> None:
    import torch

    fade = Fade(under=((BOAT, 65536),), since=33, frames=33, chunk=1, chunks=1)
    fading = inputs(1, RAIN, fade=fade)
    half = model.embedding(fading)
    expected = (model.encode(BOAT) + model.encode(RAIN)) / 2
    assert torch.allclose(half, expected, atol=1e-6)
    faded = made(model, inputs(0), fading)[1]
    for hard in (BOAT, RAIN):
        assert not np.array_equal(faded, made(model, inputs(0), inputs(1, hard))[1])


def test_super_resolution_is_scaling(model: HeliosModel) -> None:
    sizes = [made(model, inputs(0, sr=scale))[0].shape for scale in ("off", "2x")]
    assert sizes == [(33, 64, 64, 3), (33, 128, 128, 3)]
    assert made(model, inputs(0, frames=0))[0].shape == (0, 64, 64, 3)


def test_a_take_continues_from_a_saved_state(model: HeliosModel) -> None:
    from sequencer.renderers.helios.chunks import HeliosTake

    wanted = [
        inputs(0, image="still", strength=0.8),
        inputs(1, image="still", strength=0.8),
        inputs(2, RAIN, image="still", strength=0.8),
    ]
    whole = made(model, *wanted)
    take = HeliosTake(model)
    for number in range(2):
        take.draw(wanted[number], number)
    later = HeliosTake(model)
    later.restore(take.save())
    assert np.array_equal(later.draw(wanted[2], 2).frames, whole[2])
    fresh = HeliosTake(model)
    fresh.restore(HeliosTake(model).save())
    assert np.array_equal(fresh.draw(wanted[0], 0).frames, whole[0])
    with pytest.raises(StageError, match="cannot be read"):
        fresh.restore(b"nothing")


def test_other_weights_are_guided(model: HeliosModel) -> None:
    from sequencer.renderers.helios.chunks import HeliosModel

    pipeline = make_pipeline(distilled=False)
    pipeline.set_progress_bar_config(disable=True)
    guided = HeliosModel(pipeline, "cpu", SIZE, (1, 1, 1))
    assert not np.array_equal(made(guided, inputs(0))[0], made(model, inputs(0))[0])
