"""What is reported before and while weights are loaded, and what is wrong with some."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from sequencer.core.errors import StageError
from sequencer.renderers.choosing import RendererChoice, open_renderer
from tests.support.tiny_helios import OPTIONS, require_helios, save_weights

pytestmark = [
    pytest.mark.xdist_group("torch"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_helios()
    return save_weights(tmp_path_factory.mktemp("helios") / "weights")


def opened(weights: Path, **options: str) -> tuple[list[str], list[tuple[int, int, str]]]:
    """Load weights; return the warnings, and the progress."""
    warned: list[str] = []
    shown: list[tuple[int, int, str]] = []
    choice = RendererChoice(name="helios", weights=str(weights), options={**OPTIONS, **options})
    open_renderer(choice, warned.append, lambda *one: shown.append(one)).close()
    return warned, shown


def refused(weights: Path, **options: str) -> StageError:
    with pytest.raises(StageError) as error:
        opened(weights, **options)
    return error.value


def test_the_memory_is_reported_first_and_each_part_once(weights: Path) -> None:
    warned, shown = opened(weights)
    assert len(warned) == 1 and "Helios needs about 2 MB of memory (" in warned[0]
    parts = list(dict.fromkeys(what for _, _, what in shown))
    assert parts == ["text encoder", "vae", "transformer", "tokenizer"]
    assert [done for done, _, _ in shown] == sorted(done for done, _, _ in shown)


def test_too_little_memory(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sequencer.renderers.helios.loading.free_machine_memory", lambda: 1000)
    error = refused(weights)
    assert "of memory free, but Helios needs about" in error.message and error.hint


def test_the_cpu_cannot_use_the_usual_gamma(tmp_path: Path) -> None:
    require_helios()
    weights = save_weights(tmp_path / "usual", gamma=1 / 3)
    error = refused(weights)
    assert "fails on CPUs" in error.message
    assert error.hint == "add --renderer-option gamma=0.33"
    opened(weights, gamma="0.33")


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "diffusers", None)
    error = refused(tmp_path)
    assert "needs the extra helios" in error.message
    assert error.hint == 'install it: pip install "helios-sequencer[helios]"'


def test_devices_that_are_not_there(weights: Path) -> None:
    import torch

    if torch.cuda.is_available():
        assert "there is no device cuda:99" in refused(weights, device="cuda:99").message
    else:
        assert "no CUDA device" in refused(weights, device="cuda").message
    assert "the device is the CPU" in refused(weights, device="cpu", offload="model").message


def test_weights_with_other_tensors_are_refused(weights: Path, tmp_path: Path) -> None:
    import shutil

    changed = tmp_path / "changed"
    shutil.copytree(weights, changed)
    config = changed / "transformer" / "config.json"
    values = json.loads(config.read_text())
    config.write_text(json.dumps({**values, "num_layers": 3}))
    error = refused(changed)
    assert "transformer" in error.message and error.hint
    shutil.copytree(weights, tmp_path / "cut")
    tensors = tmp_path / "cut" / "vae" / "diffusion_pytorch_model.safetensors"
    tensors.write_bytes(tensors.read_bytes()[:2000])
    assert "the vae in" in refused(tmp_path / "cut").message
