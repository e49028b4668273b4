"""A small score with an image, and a sweep of it, for tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]

SCORE = """\
score "Boat"
clock 120 bpm, 4/4
grid 6 frames @ 24 fps
seed 3
let light = "In blue light."
section calm 2 bars {
  at 1 image "boat.png", strength 0.5, "A boat drifts. {light}"
  at 2 pick("It turns." | "It stops." | "It leaks." | "It sings.")
}
section storm 1 bars, cut {
  at 1 "Waves rise. {light}"
}
"""


def write_score(folder: Path, name: str = "boat.score", text: str = SCORE) -> Path:
    """Write the score with its images into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for image, colour in (("boat.png", "navy"), ("ship.png", "maroon")):
        if not (folder / image).exists():
            Image.new("RGB", (64, 40), colour).save(folder / image)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def write_plan(folder: Path, axes: str, name: str = "plan.yaml", score: str = SCORE) -> Path:
    """Write a plan with some axes, and its score."""
    write_score(folder, text=score)
    path = folder / name
    path.write_text(f"sweep: 1\nscore: boat.score\n{axes}", encoding="utf-8")
    return path


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a command whose cache is in a folder."""
    return {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": str(ROOT)}


def sweep(
    folder: Path, *arguments: str | Path, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run `sequencer sweep` in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "sequencer", "sweep", *map(str, arguments)],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def start_sweep(folder: Path, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start `sequencer sweep` in a folder, in a group of processes of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "sequencer", "sweep", *map(str, arguments)],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=os.name == "posix",
    )
