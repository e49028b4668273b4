"""Find the files of Helios' weights, check what they are, and add up the memory that they need."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sequencer.core.errors import StageError
from sequencer.renderers.helios.options import HubWeights, Offload

PIPELINE = "HeliosPyramidPipeline"
"""The class of diffusers' pipelines whose weights are played."""
PARTS = {
    "tokenizer": None,
    "scheduler": None,
    "text_encoder": "UMT5EncoderModel",
    "vae": "AutoencoderKLWan",
    "transformer": "HeliosTransformer3DModel",
}
"""The parts of the pipeline, with the class of those that have weights."""

GB = 10**9
MB = 10**6
PUBLISHED_BYTES = {"transformer": 28_600 * MB, "text_encoder": 11_400 * MB, "vae": 500 * MB}
"""The size of the published weights: 14.31 and 5.7 billion bfloat16 numbers, and the VAE's in
float32. They are what is assumed of weights that are still to be downloaded."""
WORKING_BYTES = 4 * GB
"""Memory that a chunk needs besides the weights, for the published model at 640×384: an estimate
from the sizes of its tensors. It grows with the number of pixels."""

_SAMPLE = 1 << 20
_WHOLE = 16 << 20
"""Files up to this size are read completely for the fingerprint, of others three samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Files that can be loaded.

    Attributes:
        folder: The folder with `model_index.json`.
        revision: What identifies the weights in a journal.
        sizes: The bytes of each part that has weights.
    """

    folder: Path
    revision: str
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """The memory that a run needs, in bytes: of the device, and of the machine."""

    device: int
    machine: int


def needs_of(sizes: Mapping[str, int], offload: Offload, size: tuple[int, int]) -> Needs:
    """Return the memory that weights of these sizes need.

    Without offloading everything is on the device, with `model` the largest part, and with
    `group` a twentieth of it; the machine then holds all of it.
    """
    whole, largest = sum(sizes.values()), max(sizes.values(), default=0)
    working = WORKING_BYTES * size[0] * size[1] // (640 * 384)
    working = min(working, whole)  # a small model works in little memory
    kept = {"none": whole, "model": largest, "group": largest // 20}[offload]
    return Needs(device=kept + working, machine=largest if offload == "none" else whole + largest)


def read_weights(folder: Path) -> Weights:
    """Check the files of a folder.

    Raises:
        StageError: They are not weights that this renderer can play.
    """
    index = folder / "model_index.json"
    try:
        found = json.loads(index.read_text(encoding="utf-8"))
        kind = found["_class_name"]
    except (OSError, ValueError, KeyError, TypeError):
        raise StageError(
            f"{folder} has no weights of a diffusers pipeline: model_index.json cannot be read",
            "name the folder that contains model_index.json, transformer, text_encoder and vae",
        ) from None
    if kind != PIPELINE:
        raise StageError(
            f"{folder} has weights of {kind}, but Helios is played with {PIPELINE}",
            "use the weights of Helios-Distilled or Helios-Mid",
        )
    sizes = {}
    for part, expected in PARTS.items():
        listed = found.get(part)
        name = listed[1] if isinstance(listed, list) and len(listed) == 2 else None
        if not (folder / part).is_dir() or (expected is not None and name != expected):
            raise StageError(
                f"{folder} has no {part} of Helios"
                + ("" if expected is None or name == expected else f": it is {name}"),
                "download the weights again, completely",
            )
        if expected is not None:
            sizes[part] = sum(path.stat().st_size for path in _files(folder / part))
            if not any(path.suffix == ".safetensors" for path in _files(folder / part)):
                raise StageError(
                    f"{folder / part} contains no .safetensors file",
                    "download the weights again, completely",
                )
    return Weights(folder=folder, revision=_revision(folder), sizes=sizes)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _revision(folder: Path) -> str:
    """Return the commit of a folder of the Hub's cache, or else a fingerprint of the files."""
    if folder.parent.name == "snapshots" and re.fullmatch(r"[0-9a-f]{40}", folder.name):
        name = folder.parent.parent.name.removeprefix("models--").replace("--", "/")
        return f"{name}@{folder.name}"
    digest = hashlib.sha256()
    files = [path for part in PARTS for path in _files(folder / part)]
    for path in [folder / "model_index.json", *files]:
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()}\0{size}\0".encode())
        with path.open("rb") as file:
            if size <= _WHOLE:
                digest.update(file.read())
                continue
            for at in (0, size // 2, size - _SAMPLE):
                file.seek(at)
                digest.update(file.read(_SAMPLE))
    return f"files {digest.hexdigest()[:16]}"


def download(weights: HubWeights) -> Path:
    """Download weights of the Hub, or find them in its cache. Raises StageError."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(weights.name, revision=weights.revision))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise StageError(
            f"the weights {weights.name}@{weights.revision} cannot be downloaded: "
            f"{type(error).__name__}",
            "check the name and the revision, or download them elsewhere and write "
            "--weights FOLDER",
        ) from None


def free_machine_memory() -> int | None:
    """Return the bytes of memory that this machine can still provide; None if unknown."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found = next(line for line in lines if line.startswith("MemAvailable:"))
        return int(found.split()[1]) * 1024
    except (OSError, StopIteration, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
