"""librosa's beats, refined: those of songs with known beats, to within a stated bound."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sequencer.core.errors import InputError, UsageError
from sequencer.media.beat_tracking import BLOCK, FINE, RATE, track_beats
from tests.support.requirements import require
from tests.support.song_fixtures import drifting_beats, even_beats, write_song
from tests.support.sound_fixtures import write_wav

BOUND = 0.010
"""How far a beat may be from where it is, in seconds."""

SECONDS = 40


@pytest.fixture
def librosa() -> None:
    """Skip if the extra `audio` is not installed."""
    require(
        importlib.util.find_spec("librosa") is not None, "librosa is not installed: .ci/setup-audio"
    )


def distances(found: Sequence[float], wanted: Sequence[float]) -> list[float]:
    """Return how far each wanted beat is from the nearest found one."""
    return [min(abs(one - time) for one in found) for time in wanted]


@pytest.mark.usefixtures("librosa")
@pytest.mark.parametrize(("bpm", "stated"), [(87, 87), (120, None), (150, 150), (174, 174)])
def test_the_beats_of_one_tempo_are_found(tmp_path: Path, bpm: int, stated: int | None) -> None:
    wanted = even_beats(bpm, SECONDS)
    found = track_beats(write_song(tmp_path / "song.wav", wanted, SECONDS), bpm=stated)
    assert len(found.beats) == len(wanted)
    assert max(distances(found.beats.tolist(), wanted)) < BOUND
    assert found.exact.mean() > 0.95 and abs(found.seconds - SECONDS) < 0.01


@pytest.mark.usefixtures("librosa")
def test_the_beats_of_a_drifting_tempo_are_found(tmp_path: Path) -> None:
    wanted = drifting_beats(100, 124, SECONDS)
    found = track_beats(write_song(tmp_path / "song.wav", wanted, SECONDS))
    assert abs(len(found.beats) - len(wanted)) <= 1
    assert max(distances(found.beats.tolist(), wanted[1:-1])) < BOUND


@pytest.mark.usefixtures("librosa")
def test_a_given_tempo_is_used(tmp_path: Path) -> None:
    wanted = even_beats(120, 20)
    song = write_song(tmp_path / "song.wav", wanted, 20)
    found = track_beats(song, bpm=60)
    assert abs(float(np.median(np.diff(found.beats))) - 1) < BOUND


@pytest.mark.slow
@pytest.mark.usefixtures("librosa")
def test_progress_is_reported_and_the_length_of_a_block_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    song = write_song(tmp_path / "song.wav", even_beats(120, 40), 40)
    seen: list[float] = []
    whole = track_beats(song, progress=lambda seconds, _what: seen.append(seconds))
    assert seen == pytest.approx([30, 40, 40], abs=0.001)
    assert BLOCK % FINE == 0
    monkeypatch.setattr("sequencer.media.beat_tracking.BLOCK", 5000 * FINE)
    parts = track_beats(song)
    assert np.allclose(parts.beats, whole.beats, atol=0.002)


@pytest.mark.usefixtures("librosa")
@pytest.mark.parametrize("seconds", [0.02, 5])
def test_a_file_without_beats_is_an_error(tmp_path: Path, seconds: float) -> None:
    silent = write_wav(tmp_path / "song.wav", np.zeros(round(seconds * RATE), np.int16), RATE)
    with pytest.raises(InputError, match="there is no beat in it"):
        track_beats(silent)


@pytest.mark.usefixtures("librosa")
def test_a_song_that_is_too_long_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sequencer.media.beat_tracking.MAX_SECONDS", 1)
    song = write_wav(tmp_path / "song.wav", np.zeros(2 * RATE, np.int16), RATE)
    with pytest.raises(InputError, match="is longer than 0 hours"):
        track_beats(song)


def test_without_librosa_the_message_states_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(UsageError, match="needs librosa, which is not installed") as raised:
        track_beats(tmp_path / "song.wav")
    assert raised.value.hint == 'install it: pip install "helios-sequencer[audio]"'


def test_only_one_module_uses_librosa() -> None:
    root = Path(__file__).parents[3]
    users = []
    for path in sorted((root / "sequencer").rglob("*.py")):
        names = {
            node.value
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant)
        }
        if "librosa" in names or "import librosa" in path.read_text(encoding="utf-8"):
            users.append(path.relative_to(root).as_posix())
    assert users == ["sequencer/media/beat_tracking.py"]
