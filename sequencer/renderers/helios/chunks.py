"""The chunks of a take of Helios, with public calls of diffusers' pipeline only.

One call of the pipeline makes one chunk. From the second on, it is given the latest latents as
history and the first latent of the take (the anchor), without new noise on either, and the same
random generator: the frames are then those that a single call for all chunks would make.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image, ImageOps
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from sequencer.core.errors import StageError
from sequencer.stages.simulated.helios_state import WHOLE, ChunkInputs
from sequencer.stages.simulated.rendering import Drawn

if TYPE_CHECKING:
    from numpy.typing import NDArray

HISTORY = 19
"""Latents that a chunk sees: 16 long, 2 middle, 1 short (the pipeline's `history_sizes`)."""
LATENTS_PER_CHUNK = 9
FRAMES_PER_CHUNK = 33
"""The VAE makes 4·(n − 1) + 1 frames of n latents."""
IMAGE_NOISE = 0.111, 0.135
"""The lowest and highest share of noise in an image at full strength: the pipeline's defaults."""
MAX_PROMPTS_KEPT = 16
"""Encoded prompts that are kept; one takes some 8 MB."""
SCALES = {"off": 1, "2x": 2, "4x": 4}

DISTILLED_STEPS, OTHER_STEPS = (2, 2, 2), (10, 10, 10)
GUIDANCE = 5.0
"""The pipeline's default, for weights that are not distilled."""


class HeliosModel:
    """A loaded pipeline, and what all takes share.

    Args:
        pipeline: A `HeliosPyramidPipeline` on its device.
        device: The device's name.
        size: Width and height of the frames in pixels, before super-resolution.
        steps: Steps of each stage of the pyramid; None for those that suit the weights.
    """

    def __init__(
        self, pipeline: Any, device: str, size: tuple[int, int], steps: tuple[int, ...] | None
    ) -> None:
        self.pipeline = pipeline
        self.device = torch.device(device)
        self.size = size
        self.is_distilled = bool(pipeline.config.is_distilled)
        self.steps = steps or (DISTILLED_STEPS if self.is_distilled else OTHER_STEPS)
        self._images: dict[str, NDArray[np.uint8]] = {}
        self._prompts: OrderedDict[str, torch.Tensor] = OrderedDict()

    def learn(self, image: str, pixels: NDArray[np.uint8]) -> None:
        """Keep an image under this id."""
        self._images[image] = pixels

    def encode(self, prompt: str) -> torch.Tensor:
        """Return the embedding of a prompt."""
        if prompt not in self._prompts:
            with torch.no_grad():
                found, _ = self.pipeline.encode_prompt(
                    prompt=prompt,
                    do_classifier_free_guidance=False,
                    max_sequence_length=512,
                    device=self.device,
                )
            self._prompts[prompt] = found
            if len(self._prompts) > MAX_PROMPTS_KEPT:
                self._prompts.popitem(last=False)
        self._prompts.move_to_end(prompt)
        return self._prompts[prompt]

    def embedding(self, inputs: ChunkInputs) -> torch.Tensor:
        """Return the embedding with which a chunk is made.

        During a fade it is the sum of the prompts' embeddings, weighted as at the chunk's middle
        frame.
        """
        mixture = inputs.shown_at(inputs.first_frame + inputs.frames // 2)
        if len(mixture) == 1:
            return self.encode(mixture[0][0])
        parts = [self.encode(text) * (weight / WHOLE) for text, weight in mixture]
        return torch.stack(parts).sum(dim=0)

    def image_latents(
        self, image: str, strength: float, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the latents of an image: the anchor, and what replaces the latest history.

        At full strength they contain as much noise as the pipeline mixes in by default, at
        strength 0 nothing but noise. The random numbers are drawn in the pipeline's order.
        """
        width, height = self.size
        vae = self.pipeline.vae
        fitted = ImageOps.fit(
            Image.fromarray(self._images[image]), (width, height), Image.Resampling.LANCZOS
        )
        shape = (1, vae.config.z_dim, 1, 1, 1)
        mean = torch.tensor(vae.config.latents_mean).view(shape).to(self.device, vae.dtype)
        scale = 1.0 / torch.tensor(vae.config.latents_std).view(shape).to(self.device, vae.dtype)
        with torch.no_grad():
            found = self.pipeline.prepare_image_latents(
                self.pipeline.video_processor.preprocess(fitted, height=height, width=width),
                latents_mean=mean,
                latents_std=scale,
                num_latent_frames_per_chunk=LATENTS_PER_CHUNK,
                dtype=torch.float32,
                device=self.device,
                generator=generator,
            )
        low, high = (1 - strength * (1 - share) for share in IMAGE_NOISE)
        anchor, latest = (_noisy(latents, low, high, generator) for latents in found)
        return anchor, latest

    def scaled(self, frames: NDArray[np.uint8], sr: str) -> NDArray[np.uint8]:
        """Return frames enlarged as super-resolution asks for; the model itself has none."""
        factor = SCALES[sr]
        if factor == 1:
            return frames
        width, height = self.size[0] * factor, self.size[1] * factor
        return np.stack(
            [
                np.asarray(Image.fromarray(one).resize((width, height), Image.Resampling.LANCZOS))
                for one in frames
            ]
        )


def _noisy(
    latents: torch.Tensor, low: float, high: float, generator: torch.Generator
) -> torch.Tensor:
    """Mix noise into latents; its share is a random number from `low` to `high`."""
    share = torch.rand(1, generator=generator) * (high - low) + low
    noise = torch.randn(latents.shape, generator=generator).to(latents.device)
    share = share.to(latents.device)
    return share * noise + (1 - share) * latents


class HeliosTake:
    """One take: its random generator, its history and its anchor.

    Random numbers come from the CPU's generator, so that noise does not depend on the GPU.
    """

    def __init__(self, model: HeliosModel) -> None:
        self._model = model
        self._generator: torch.Generator | None = None
        self._history: torch.Tensor | None = None
        self._anchor: torch.Tensor | None = None
        self._shown: tuple[str, int, float] | None = None
        """The image that was made the anchor: its id, since when, and its strength."""
        self._has_begun = False

    def draw(self, inputs: ChunkInputs, chunk: int) -> Drawn:
        """Make the next chunk. Raises StageError."""
        if inputs.frames == 0:  # a warm-up chunk
            return Drawn(np.zeros((0, self._model.size[1], self._model.size[0], 3), np.uint8))
        try:
            return Drawn(self._model.scaled(self._made(inputs), inputs.sr))
        except torch.OutOfMemoryError:
            raise StageError(
                f"the memory of {self._model.device} does not suffice for a chunk of "
                f"{self._model.size[0]}x{self._model.size[1]}",
                "add --renderer-option offload=model, or make the frames smaller with "
                "--renderer-option size=512x320",
            ) from None
        except torch.linalg.LinAlgError:
            raise StageError(
                f"the scheduler's noise cannot be computed on {self._model.device}",
                "add --renderer-option gamma=0.33",
            ) from None

    def _made(self, inputs: ChunkInputs) -> NDArray[np.uint8]:
        model = self._model
        if self._generator is None:
            self._generator = torch.Generator().manual_seed(inputs.seed)
        conditions = self._conditions(inputs, self._generator)
        latest: list[torch.Tensor] = []

        def keep(pipeline: object, step: int, time: object, tensors: dict[str, Any]) -> Any:
            latest[:] = [tensors["latents"]]
            return tensors

        guided: dict[str, Any] = {"guidance_scale": 1.0}
        if not model.is_distilled:
            guided = {
                "guidance_scale": GUIDANCE,
                "negative_prompt_embeds": model.encode(""),
            }
        result = model.pipeline(
            prompt_embeds=model.embedding(inputs),
            height=model.size[1],
            width=model.size[0],
            num_frames=FRAMES_PER_CHUNK,
            generator=self._generator,
            output_type="np",
            callback_on_step_end=keep,
            pyramid_num_inference_steps_list=list(model.steps),
            is_amplify_first_chunk=model.is_distilled and not self._has_begun,
            add_noise_to_image_latents=False,
            add_noise_to_video_latents=False,
            **guided,
            **conditions,
        )
        latents = latest[0].detach().to(torch.float32).clone()
        if self._anchor is None:
            self._anchor = latents[:, :, :1].clone()
        history = latents if self._history is None else torch.cat([self._history, latents], dim=2)
        self._history = history[:, :, -HISTORY:].clone()
        self._has_begun = True
        frames: NDArray[np.uint8] = np.clip(np.rint(result.frames[0] * 255), 0, 255).astype(
            np.uint8
        )
        return frames

    def _conditions(self, inputs: ChunkInputs, generator: torch.Generator) -> dict[str, Any]:
        """Return the history and the anchor as the pipeline takes them, with any new image."""
        shown = None
        if inputs.image is not None and inputs.strength > 0:
            shown = inputs.image, inputs.image_since, inputs.strength
        if shown is not None and shown != self._shown:
            self._shown = shown
            self._anchor, latest = self._model.image_latents(shown[0], shown[2], generator)
            if self._history is None:
                self._history = latest
                return {"image_latents": self._anchor, "fake_image_latents": latest}
            self._history = torch.cat([self._history[:, :, :-1], latest], dim=2)
        if not self._has_begun:
            return {}
        return {"image_latents": self._anchor, "video_latents": self._history}

    # ---- continuing later

    def save(self) -> bytes:
        """Return history, anchor and generator, in the format of safetensors."""
        about = json.dumps({"shown": self._shown, "has_begun": self._has_begun}).encode()
        tensors = {"about": torch.tensor(list(about), dtype=torch.uint8)}
        for name, found in (("history", self._history), ("anchor", self._anchor)):
            if found is not None:
                tensors[name] = found.cpu().contiguous()
        if self._generator is not None:
            tensors["generator"] = self._generator.get_state()
        saved: bytes = save_tensors(tensors)
        return saved

    def restore(self, state: bytes) -> None:
        """Continue from what `save` returned. Raises StageError."""
        try:
            tensors = load_tensors(state)
            about = json.loads(bytes(tensors["about"].tolist()))
            shown, self._has_begun = about["shown"], about["has_begun"]
            if "generator" in tensors:
                self._generator = torch.Generator()
                self._generator.set_state(tensors["generator"])
        except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise StageError(f"the state of a take cannot be read: {error}") from None
        self._shown = None if shown is None else (shown[0], shown[1], shown[2])
        device = self._model.device
        self._history = tensors["history"].to(device) if "history" in tensors else None
        self._anchor = tensors["anchor"].to(device) if "anchor" in tensors else None
