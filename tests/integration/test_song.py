"""The song of the music video: its committed files are what the script makes, and its drums are on
its beats.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from sequencer.media.sound_files import decode_sound

SCORES = Path(__file__).parents[2] / "scores"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_song", SCORES / "make_song.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_song"] = module
    spec.loader.exec_module(module)
    return module


def test_the_beats_are_those_of_the_script(script: ModuleType) -> None:
    written = (SCORES / "night-ferry.beats").read_text(encoding="utf-8")
    assert script.beat_file(script.beat_times()) == written


def test_the_recording_is_that_of_the_script(script: ModuleType) -> None:
    """Opus keeps the sound, not the samples: what is compared is how alike ten seconds are, and
    that they are most alike at the same time.
    """
    first, last = 62 * script.RATE, 72 * script.RATE  # within the first chorus: everybody plays
    made = script.render(script.beat_times(), seconds=72).mean(axis=1)[first:last]
    pieces = decode_sound(SCORES / "night-ferry.opus", rate=script.RATE, channels=1)
    decoded = np.concatenate([piece.reshape(-1) for piece in pieces])
    assert len(decoded) / script.RATE == pytest.approx(
        float(script.beat_times()[-1]) + script.TAIL_SECONDS, abs=0.05
    )
    alike = {
        shift: float(np.corrcoef(made, decoded[first + shift : last + shift])[0, 1])
        for shift in range(-480, 481, 24)  # ten milliseconds, in steps of half a millisecond
    }
    assert max(alike, key=lambda shift: alike[shift]) == 0
    assert alike[0] > 0.95
