from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from sequencer.media import waveforms
from sequencer.media.sound_files import SoundFileError
from sequencer.media.waveforms import PEAKS_PER_SECOND, read_sound
from tests.support.sound_fixtures import RATE, click_track, write_wav


def test_a_sound_is_measured_and_hashed(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "song.wav", click_track(Fraction(21, 4), [0, 2]), channels=2)
    sound = read_sound(path)
    assert (sound.rate, sound.channels, sound.seconds) == (RATE, 2, Fraction(21, 4))
    assert sound.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert sound.size == path.stat().st_size


@pytest.mark.parametrize("rate", [8000, 11_025, 44_100, 48_000])
def test_peaks_are_those_of_each_fiftieth_of_a_second(tmp_path: Path, rate: int) -> None:
    samples = (
        np.random.default_rng(3).integers(-32_000, 32_000, round(3.33 * rate)).astype(np.int16)
    )
    samples[rate : 2 * rate] //= 8
    path = write_wav(tmp_path / "noise.wav", samples, rate=rate)
    values = np.abs(samples.astype(np.float32)) / 32768
    edges = [-(-number * rate // PEAKS_PER_SECOND) for number in range(167)]
    expected = [values[a:b].max() for a, b in zip(edges, [*edges[1:], len(values)], strict=True)]
    assert read_sound(path).peaks == pytest.approx(expected, abs=1e-6)


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SoundFileError, match="cannot be read"):
        waveforms.digest_of(tmp_path / "none.wav")
