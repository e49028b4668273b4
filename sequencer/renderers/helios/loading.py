"""Load Helios: its memory is checked first, then each part is loaded once."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING, Any

from sequencer.core.errors import StageError
from sequencer.renderers.helios.options import HeliosOptions, HubWeights
from sequencer.renderers.helios.weights import (
    GB,
    MB,
    PUBLISHED_BYTES,
    Needs,
    Weights,
    download,
    free_machine_memory,
    needs_of,
    read_weights,
)

if TYPE_CHECKING:
    from sequencer.renderers.helios.renderer import HeliosRenderer

Progress = Callable[[int, int, str], object]

INSTALL = 'pip install "helios-sequencer[helios]"'
SINGULAR_GAMMA = 1 / 3
"""From this gamma on, the covariance of a block's noise has no Cholesky decomposition in float32:
its smallest eigenvalue is 1 − 3·gamma for blocks of 2×2."""


def load_helios(
    options: HeliosOptions, warn: Callable[[str], object], progress: Progress
) -> HeliosRenderer:
    """Load the weights.

    Args:
        options: What to load, and how.
        warn: Called with the memory that is needed, before anything is loaded.
        progress: Called with megabytes loaded, megabytes in all, and the part being loaded.

    Raises:
        StageError: Something is not installed, the weights are of another kind, or the memory
            does not suffice.
    """
    torch, diffusers, transformers = _libraries()
    device = _device(torch, options)
    if isinstance(options.weights, HubWeights):
        # what is to be downloaded is known only afterwards; the published sizes are a good guess
        _check_memory(torch, PUBLISHED_BYTES, options, device, warn)
        progress(0, 1, f"downloading {options.weights.name}")
        weights = read_weights(download(options.weights))
    else:
        weights = read_weights(options.weights)
        _check_memory(torch, weights.sizes, options, device, warn)
    loader = _Loader((torch, diffusers, transformers), weights, options, device, progress)
    pipeline = loader.load()
    from sequencer.renderers.helios.renderer import HeliosRenderer

    return HeliosRenderer(
        pipeline,
        device=device,
        size=options.size,
        steps=options.steps,
        weights=weights.revision,
        setup=_setup(torch, diffusers, options, device),
    )


def _libraries() -> tuple[Any, Any, Any]:
    try:
        import diffusers
        import ftfy  # noqa: F401  the pipeline cleans prompts with it, and fails only at the first prompt without it
        import torch
        import transformers
    except ImportError as error:
        raise StageError(
            f"the renderer helios needs the extra helios, of which {error.name or error} is not "
            "installed",
            f"install it: {INSTALL}",
        ) from None
    if not hasattr(diffusers, "HeliosPyramidPipeline"):
        raise StageError(
            f"diffusers {diffusers.__version__} does not contain Helios",
            f"install a newer one: {INSTALL} --upgrade",
        )
    return torch, diffusers, transformers


def _device(torch: Any, options: HeliosOptions) -> str:
    name = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    kind, _, index = name.partition(":")
    if kind == "cuda" and not torch.cuda.is_available():
        raise StageError(
            "torch finds no CUDA device on this machine",
            "install the driver and a CUDA build of torch, or add --renderer-option device=cpu",
        )
    if kind == "cuda" and int(index or 0) >= torch.cuda.device_count():
        raise StageError(
            f"there is no device {name}: this machine has {torch.cuda.device_count()}",
            "write device=cuda:0",
        )
    if kind == "cpu" and options.offload != "none":
        raise StageError(
            f"offload={options.offload} moves weights between a GPU and the machine's memory, "
            "but the device is the CPU",
            "omit offload, or add --renderer-option device=cuda",
        )
    return name


def _size(count: int) -> str:
    return f"{count / GB:.1f} GB" if count >= GB else f"{-(-count // MB)} MB"


def _check_memory(
    torch: Any,
    sizes: Any,
    options: HeliosOptions,
    device: str,
    warn: Callable[[str], object],
) -> None:
    """Report the memory needed. Raises StageError if there is less."""
    needs = needs_of(sizes, options.offload, options.size)
    machine = free_machine_memory()
    if device == "cpu":
        needs = Needs(device=0, machine=needs.device)
    on_device = None
    if device.startswith("cuda"):
        on_device = torch.cuda.mem_get_info(device)[0]
    text = "Helios needs about "
    if needs.device:
        free = "" if on_device is None else f" ({_size(on_device)} free)"
        text += f"{_size(needs.device)} on {device}{free} and "
    text += f"{_size(needs.machine)} of memory"
    text += "" if machine is None else f" ({_size(machine)} free)"
    warn(text)
    if on_device is not None and needs.device > on_device:
        fits = [
            f"--renderer-option offload={one}"
            for one in ("model", "group")
            if needs_of(sizes, one, options.size).device <= on_device
        ]
        raise StageError(
            f"{device} has {_size(on_device)} free, but Helios needs about {_size(needs.device)}",
            f"add {fits[0]}, which is slower" if fits else "use a GPU with more memory",
        )
    if machine is not None and needs.machine > machine:
        raise StageError(
            f"this machine has {_size(machine)} of memory free, but Helios needs about "
            f"{_size(needs.machine)}",
            "end other programs, or use a machine with more memory",
        )


def _setup(torch: Any, diffusers: Any, options: HeliosOptions, device: str) -> str:
    """Return what the frames depend on besides the weights, in words."""
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else device
    words = [
        f"diffusers {diffusers.__version__}",
        f"torch {torch.__version__}",
        f"transformers {installed_version('transformers')}",
        f"Pillow {installed_version('pillow')}",
        name,
        str(_dtype(torch, options, device)).removeprefix("torch."),
    ]
    words += [f"offload {options.offload}"] if options.offload != "none" else []
    words += ["compiled"] if options.compile else []
    words += [f"gamma {options.gamma:g}"] if options.gamma is not None else []
    return ", ".join(words)


def _dtype(torch: Any, options: HeliosOptions, device: str) -> Any:
    name = options.dtype
    if name == "auto":
        name = "float32" if device == "cpu" else "bfloat16"
    return getattr(torch, name)


class _Loader:
    """Loads the parts of the pipeline one after the other."""

    def __init__(
        self,
        libraries: tuple[Any, Any, Any],
        weights: Weights,
        options: HeliosOptions,
        device: str,
        progress: Progress,
    ) -> None:
        self._torch, self._diffusers, self._transformers = libraries
        self._weights, self._options, self._device = weights, options, device
        self._progress = progress
        self._loaded = 0

    def load(self) -> Any:
        """Return the pipeline, on its device. Raises StageError."""
        torch, options = self._torch, self._options
        scheduler = self._scheduler()
        if self._device != "cpu":
            # Only kernels that give the same result every time, where torch has them.
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
            torch.use_deterministic_algorithms(True, warn_only=True)
            torch.backends.cudnn.benchmark = False
        for library in (self._diffusers, self._transformers):
            library.utils.logging.disable_progress_bar()
        dtype = _dtype(torch, options, self._device)
        text_encoder = self._part(
            "text_encoder",
            lambda folder: self._transformers.UMT5EncoderModel.from_pretrained(
                folder, dtype=dtype, local_files_only=True, output_loading_info=True
            ),
        )
        vae = self._part("vae", self._from_diffusers("AutoencoderKLWan", torch.float32))
        transformer = self._part(
            "transformer", self._from_diffusers("HeliosTransformer3DModel", dtype)
        )
        pipeline = self._part(
            "tokenizer",
            lambda _: (
                self._diffusers.HeliosPyramidPipeline.from_pretrained(
                    self._weights.folder,
                    local_files_only=True,
                    text_encoder=text_encoder,
                    vae=vae,
                    transformer=transformer,
                    scheduler=scheduler,
                ),
                {},
            ),
        )
        pipeline.set_progress_bar_config(disable=True)
        self._move(pipeline)
        if options.compile:
            pipeline.transformer.compile()
        return pipeline

    def _scheduler(self) -> Any:
        """Return the scheduler. Raises StageError if it cannot work on the device."""
        folder = self._weights.folder / "scheduler"
        try:
            config = self._diffusers.HeliosDMDScheduler.load_config(folder)
            kind = getattr(self._diffusers, config["_class_name"])
            if self._options.gamma is not None:
                config = {**config, "gamma": self._options.gamma}
            scheduler = kind.from_config(config)
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise self._unreadable("scheduler", error) from None
        gamma = scheduler.config.gamma
        if self._device == "cpu" and gamma >= SINGULAR_GAMMA - 1e-6:
            raise StageError(
                f"the scheduler's gamma of {gamma:.4g} needs the Cholesky decomposition of a "
                "singular matrix, which fails on CPUs",
                "add --renderer-option gamma=0.33",
            )
        return scheduler

    def _from_diffusers(self, kind: str, dtype: Any) -> Callable[[Any], tuple[Any, Any]]:
        return lambda folder: getattr(self._diffusers, kind).from_pretrained(
            folder, torch_dtype=dtype, local_files_only=True, output_loading_info=True
        )

    def _part(self, name: str, load: Callable[[Any], tuple[Any, Any]]) -> Any:
        sizes = self._weights.sizes
        whole = max(1, sum(sizes.values()) // MB)
        self._progress(self._loaded // MB, whole, name.replace("_", " "))
        try:
            found, info = load(self._weights.folder / name)
        except self._torch.OutOfMemoryError:
            raise StageError(
                f"the memory does not suffice to load Helios: it ran out at the {name}",
                "add --renderer-option offload=model, or end other programs",
            ) from None
        except (OSError, ValueError, RuntimeError, KeyError, TypeError, ImportError) as error:
            raise self._unreadable(name, error) from None
        missing = info.get("missing_keys") or info.get("mismatched_keys")
        # the encoder's copy of the shared embedding is not stored a second time
        missing = [one for one in missing or () if "embed_tokens" not in str(one)]
        if missing:
            raise StageError(
                f"the {name.replace('_', ' ')} in {self._weights.folder} is not that of Helios: "
                f"{len(missing)} of its tensors are missing or have another shape, such as "
                f"{missing[0]}",
                "download the weights again, completely",
            )
        self._loaded += sizes.get(name, 0)
        self._progress(self._loaded // MB, whole, name.replace("_", " "))
        return found

    def _unreadable(self, name: str, error: Exception) -> StageError:
        words = (str(error) or type(error).__name__).splitlines()[0]
        return StageError(
            f"the {name.replace('_', ' ')} in {self._weights.folder} cannot be loaded: {words}",
            "are these the complete weights of Helios-Distilled or Helios-Mid?",
        )

    def _move(self, pipeline: Any) -> None:
        """Move the weights to the device, or let them move when they are used."""
        torch, offload = self._torch, self._options.offload
        try:
            if offload == "model":
                pipeline.enable_model_cpu_offload(device=self._device)
            elif offload == "group":
                pipeline.enable_group_offload(
                    onload_device=torch.device(self._device),
                    offload_device=torch.device("cpu"),
                    offload_type="leaf_level",
                    use_stream=self._device.startswith("cuda"),
                )
            else:
                pipeline.to(self._device)
        except torch.OutOfMemoryError:
            raise StageError(
                f"the memory of {self._device} does not suffice for Helios",
                "add --renderer-option offload=model, which is slower",
            ) from None
        except ImportError as error:
            raise StageError(
                f"offload={offload} needs accelerate: {error}", f"install it: {INSTALL}"
            ) from None
