"""The example application for the vendor's open runtime: a score is performed on it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.support.reactor_fixtures import ROOT, part
from tests.support.tiny_helios import require_helios, save_weights
from tests.support.vendor_runtimes import runtime_3

APP = ROOT / "examples" / "reactor-helios"

SCORE = """
score "On your own machine"
clock chunks
seed 7

at 0c image "orange.png", strength 0.5, "A paper boat."
at 3c "Rain in the gutter."
at 5c image "teal.png", "The boat turns."
at 7c cut seed 8, "A tram."
end 9c
"""


def perform(folder: Path, **variables: str) -> dict[str, Any]:
    """Perform the score on the application; return its report."""
    (folder / "boat.score").write_text(SCORE)
    for name, colour in (("orange", (255, 128, 0)), ("teal", (0, 128, 160))):
        Image.new("RGB", (64, 40), colour).save(folder / f"{name}.png")

    def play(url: str) -> subprocess.CompletedProcess[str]:
        words = ("perform", "boat.score", "--local", "--url", url, "--out", "run", "--json")
        return subprocess.run(
            [sys.executable, "-m", "sequencer", *words],
            cwd=folder,
            env={**os.environ, "COLUMNS": "110"},
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    async def show() -> subprocess.CompletedProcess[str]:
        settings: dict[str, Any] = {"PYTHONPATH": str(ROOT), **variables}
        async with runtime_3(model=APP, **settings) as url:
            return await asyncio.to_thread(play, url)

    done = asyncio.run(show())
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.slow
def test_a_score_is_performed_with_drawn_frames(tmp_path: Path) -> None:
    report = perform(tmp_path, RENDERER="drawn")
    assert [(cue["place"], cue["landed"]) for cue in report["cues"]] == [
        ("0c", 0), ("3c", 3), ("5c", 5), ("7c", 7),
    ]  # fmt: skip
    assert report["takes"] == 2 and not report["refused"]
    replayed = subprocess.run(
        [sys.executable, "-m", "sequencer", "replay", str(tmp_path / "run")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_score_is_performed_with_helios(tmp_path: Path) -> None:
    require_helios()
    python = part("reactor-runtime-3") / "bin" / "python"
    modules = "import torch, diffusers, transformers, accelerate, ftfy"
    if subprocess.run([python, "-c", modules], capture_output=True, check=False).returncode:
        # not `require`: the CPU build of torch is not available for every Python
        pytest.skip("the environment of the runtime has no torch")
    weights = save_weights(tmp_path / "weights")
    options = "size=64x64,steps=1-1-1"
    report = perform(tmp_path, RENDERER="helios", WEIGHTS=str(weights), RENDERER_OPTIONS=options)
    assert report["all_landed"]
