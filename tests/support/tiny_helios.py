"""A Helios with random weights, small enough for a CPU: the real architecture, with two layers."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from tests.support.requirements import require

PARAMETERS = 177_333
SIZE = (64, 64)
OPTIONS = {"size": "64x64"}
_WORDS = (
    "a the paper boat drifts along gutter rain in tram waits stop night it turns snow red green"
)


def require_helios() -> None:
    """Skip the test where the extra helios is not installed."""
    for name in ("torch", "diffusers", "transformers", "accelerate", "ftfy"):
        require(
            importlib.util.find_spec(name), f"{name} is not installed: .ci/setup-helios does it"
        )


def make_pipeline(*, gamma: float = 0.33, distilled: bool = True) -> Any:
    """Return a pipeline with random weights, always the same ones."""
    import torch
    from diffusers import (
        AutoencoderKLWan,
        HeliosDMDScheduler,
        HeliosPyramidPipeline,
        HeliosScheduler,
        HeliosTransformer3DModel,
    )
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, UMT5Config, UMT5EncoderModel

    numbers = {"<pad>": 0, "</s>": 1, "<unk>": 2}
    for word in _WORDS.split():
        numbers[word] = len(numbers)
    words = Tokenizer(models.WordLevel(numbers, unk_token="<unk>"))  # noqa: S106  a word of the vocabulary
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    torch.manual_seed(0)
    text_encoder = UMT5EncoderModel(
        UMT5Config(
            vocab_size=64, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, pad_token_id=0
        )
    )
    vae = AutoencoderKLWan(
        base_dim=3,
        z_dim=16,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
    )
    transformer = HeliosTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        text_dim=32,
        ffn_dim=32,
        num_layers=2,
        rope_dim=(4, 4, 4),
    )
    return HeliosPyramidPipeline(
        tokenizer=PreTrainedTokenizerFast(
            tokenizer_object=words,
            pad_token="<pad>",  # noqa: S106  a word of the vocabulary
            eos_token="</s>",  # noqa: S106  likewise
            unk_token="<unk>",  # noqa: S106  likewise
        ),
        text_encoder=text_encoder,
        vae=vae,
        scheduler=(HeliosDMDScheduler if distilled else HeliosScheduler)(gamma=gamma),
        transformer=transformer,
        is_distilled=distilled,
    )


def save_weights(folder: Path, *, gamma: float = 0.33, distilled: bool = True) -> Path:
    """Save the weights into a folder, as they would be downloaded, and return the folder."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    make_pipeline(gamma=gamma, distilled=distilled).save_pretrained(folder)
    return folder
