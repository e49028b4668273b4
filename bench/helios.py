"""Measures Helios on a GPU: the real architecture with random weights, chunk by chunk.

Speed and memory do not depend on the values of the weights, so nothing is downloaded. Without a GPU
that holds the model, the section states "not measured".
"""

from __future__ import annotations

import time
from statistics import median
from typing import Any

from bench.findings import Findings, Row, Section

SETTINGS = ((2, 2, 2), (1, 1, 1))
"""The steps of each stage of the pyramid that distilled weights are played with."""
WARM_UP, CHUNKS = 2, 6
"""The first chunks of a take are not measured: kernels are chosen, and the first has more steps."""
SIZE = (640, 384)
NEEDED_GB = 60
"""Less memory than this, and the weights and a chunk do not fit on the GPU together."""

SECTION = Section(
    "Helios on a GPU",
    f"""
The published architecture of Helios (14.31 billion parameters in bfloat16, with its text encoder
and VAE) with random weights, on whose values speed does not depend, at {SIZE[0]}×{SIZE[1]}: the
median time of {CHUNKS} chunks of 33 frames after {WARM_UP} others, with the renderer of `--renderer
helios`. At 24 frames per second, a chunk is shown for 1.375 s.
""",
)


def _problem() -> str | None:
    """Return why nothing can be measured here."""
    try:
        import diffusers  # noqa: F401  only whether it is installed
        import torch
    except ImportError:
        return "the extra helios is not installed"
    if not torch.cuda.is_available():
        return "this machine has no GPU"
    found = torch.cuda.get_device_properties(0)
    if found.total_memory < NEEDED_GB * 10**9:
        return f"{found.name} has {found.total_memory / 10**9:.0f} GB of memory"
    return None


def _pipeline() -> Any:
    """Return the published architecture with random weights, on the GPU."""
    import torch
    from diffusers import (
        AutoencoderKLWan,
        HeliosDMDScheduler,
        HeliosPyramidPipeline,
        HeliosTransformer3DModel,
    )
    from transformers import UMT5Config, UMT5EncoderModel

    from tests.support.tiny_helios import make_pipeline

    torch.manual_seed(0)
    with torch.device("cuda"):
        vae = AutoencoderKLWan()
        torch.set_default_dtype(torch.bfloat16)
        try:
            transformer = HeliosTransformer3DModel()
            text_encoder = UMT5EncoderModel(
                UMT5Config(d_model=4096, d_kv=64, d_ff=10240, num_layers=24, num_heads=64)
            )
        finally:
            torch.set_default_dtype(torch.float32)
    return HeliosPyramidPipeline(
        tokenizer=make_pipeline().tokenizer,
        text_encoder=text_encoder,
        vae=vae,
        scheduler=HeliosDMDScheduler(),
        transformer=transformer,
        is_distilled=True,
    )


def _seconds(pipeline: Any, steps: tuple[int, ...]) -> list[float]:
    """Return the time of each chunk after the first ones."""
    import torch

    from sequencer.renderers.helios.chunks import HeliosModel, HeliosTake
    from sequencer.stages.simulated.helios_state import ChunkInputs

    take = HeliosTake(HeliosModel(pipeline, "cuda", SIZE, steps))
    found = []
    for chunk in range(WARM_UP + CHUNKS):
        inputs = ChunkInputs(
            seed=1,
            prompt="a paper boat drifts along the gutter",
            image=None,
            image_since=0,
            strength=0.0,
            sr="off",
            chunk=chunk,
            first_frame=33 * chunk,
            frames=33,
        )
        began = time.perf_counter()
        take.draw(inputs, chunk)
        torch.cuda.synchronize()
        found.append(time.perf_counter() - began)
    return found[WARM_UP:]


def measure() -> Findings:
    """Measure each setting, if there is a GPU for it."""
    names = ["-".join(map(str, steps)) for steps in SETTINGS]
    problem = _problem()
    if problem is not None:
        rows = [Row(f"steps {name}: a chunk", None, "s", why=problem) for name in names]
        return Findings(rows=(*rows, Row("memory of the GPU", None, "GB", why=problem)))
    import torch

    pipeline = _pipeline()
    pipeline.set_progress_bar_config(disable=True)
    rows = []
    for steps, name in zip(SETTINGS, names, strict=True):
        seconds = _seconds(pipeline, steps)
        rows.append(Row(f"steps {name}: a chunk", median(seconds), "s"))
        rows.append(Row(f"steps {name}: slowest of {CHUNKS}", max(seconds), "s"))
        rows.append(Row(f"steps {name}: frames per second", 33 / median(seconds)))
    memory = torch.cuda.max_memory_allocated() / 10**9
    rows.append(Row("memory of the GPU", memory, "GB"))
    return Findings(
        rows=tuple(rows),
        notes=(f"on {torch.cuda.get_device_name(0)}, torch {torch.__version__}",),
    )
