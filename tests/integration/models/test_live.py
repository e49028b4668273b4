"""Each model over the real protocol: the local server simulates it, and `perform` plays on it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from sequencer.models.catalog import NAMES, find_spec
from sequencer.server.app import StageServer
from sequencer.server.settings import ServerSettings


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_score_is_performed_on_the_simulated_model(name: str, tmp_path: Path) -> None:
    spec = find_spec(name)
    image = 'image "boat.png", ' if spec.image is not None else ""
    grid = spec.grid
    first = "" if grid.first is None else ", first 3"
    second = 1 + spec.warmup
    # Short chunks: what is sent and when does not depend on their length.
    (tmp_path / "boat.score").write_text(
        f"model {name}\ngrid 8 frames @ 24 fps{first}\nseed 5\n"
        f'at 0c {image}"A boat."\nat {second + 1}c "Rain."\nat 6c cut, {image}"A tram."\n'
        f'at {8 + second}c "It leaves."\nend 12c\n'
    )
    Image.new("RGB", (40, 24), (200, 90, 30)).save(tmp_path / "boat.png")

    def play(url: str) -> subprocess.CompletedProcess[str]:
        words = ("perform", "boat.score", "--local", "--url", url, "--out", "run", "--json")
        return subprocess.run(
            [sys.executable, "-m", "sequencer", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    async def show() -> subprocess.CompletedProcess[str]:
        from dataclasses import replace

        small = replace(
            grid.as_chunk_grid(), frames=8, fps=Fraction(24), first=3 if grid.first else None
        )
        settings = ServerSettings(port=0, plain=True, model=name, grid=small)
        async with StageServer(settings) as server:
            return await asyncio.to_thread(play, server.url)

    done = asyncio.run(show())
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert [(cue["place"], cue["landed"]) for cue in report["cues"]] == [
        ("0c", spec.warmup),
        (f"{second + 1}c", second + 1),
        ("6c", 6 + spec.warmup),
        (f"{8 + second}c", 8 + second),
    ]
    assert not report["refused"]
