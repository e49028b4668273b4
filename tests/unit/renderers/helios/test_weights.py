"""What is found in a folder of weights, and the memory that it needs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sequencer.core.errors import StageError
from sequencer.renderers.helios.weights import (
    GB,
    PARTS,
    PUBLISHED_BYTES,
    free_machine_memory,
    needs_of,
    read_weights,
)

INDEX = {
    "_class_name": "HeliosPyramidPipeline",
    "tokenizer": ["transformers", "T5Tokenizer"],
    "scheduler": ["diffusers", "HeliosDMDScheduler"],
    "text_encoder": ["transformers", "UMT5EncoderModel"],
    "vae": ["diffusers", "AutoencoderKLWan"],
    "transformer": ["diffusers", "HeliosTransformer3DModel"],
}


def make(folder: Path, **changed: object) -> Path:
    """Write files that look like weights."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model_index.json").write_text(json.dumps({**INDEX, **changed}))
    for part in PARTS:
        (folder / part).mkdir()
        (folder / part / "config.json").write_text("{}")
        (folder / part / "model.safetensors").write_bytes(part.encode() * 100)
    return folder


def test_weights_are_identified_by_their_content(tmp_path: Path) -> None:
    one, same, other = (make(tmp_path / name) for name in ("one", "same", "other"))
    (other / "transformer" / "model.safetensors").write_bytes(b"transformeR" * 100)
    found = read_weights(one)
    assert found.revision == read_weights(same).revision != read_weights(other).revision
    assert found.sizes == {"text_encoder": 1202, "vae": 302, "transformer": 1102}


def test_a_folder_of_the_hubs_cache_is_identified_by_its_commit(tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    folder = make(tmp_path / "models--Someone--Helios" / "snapshots" / commit)
    assert read_weights(folder).revision == f"Someone/Helios@{commit}"


def test_other_files_are_refused(tmp_path: Path) -> None:
    def refused(folder: Path) -> str:
        with pytest.raises(StageError) as error:
            read_weights(folder)
        assert error.value.hint
        return error.value.message

    assert "model_index.json cannot be read" in refused(tmp_path)
    assert "weights of WanPipeline" in refused(make(tmp_path / "wan", _class_name="WanPipeline"))
    found = make(tmp_path / "vae", vae=["diffusers", "AutoencoderKL"])
    assert "no vae of Helios: it is AutoencoderKL" in refused(found)
    found = make(tmp_path / "cut")
    (found / "transformer" / "model.safetensors").unlink()
    assert "contains no .safetensors file" in refused(found)
    (found / "transformer" / "config.json").unlink()
    (found / "transformer").rmdir()
    assert "no transformer of Helios" in refused(found)


def test_offloading_needs_less_on_the_device_and_more_beside_it() -> None:
    none, model, group = (
        needs_of(PUBLISHED_BYTES, offload, (640, 384)) for offload in ("none", "model", "group")
    )
    assert 44 * GB < none.device < 45 * GB
    assert none.device > model.device > group.device
    assert group.machine == model.machine > none.machine
    assert needs_of(PUBLISHED_BYTES, "none", (1280, 768)).device > none.device


def test_free_memory_is_known_here() -> None:
    free = free_machine_memory()
    assert free is not None and free > 64 << 20
