"""Sound files with clicks: where they are, and that a song stays where it is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sequencer.core.errors import OutputError
from sequencer.core.sounds import SoundTrack
from sequencer.media.click_track import BEAT, CUE, DOWNBEAT, RATE, make_click, write_clicks
from sequencer.media.sound_files import SoundFileError, decode_sound
from tests.support.sound_fixtures import click_track, onsets, write_wav


def samples_of(path: Path) -> NDArray[np.float32]:
    return np.concatenate(list(decode_sound(path)), axis=1)


def test_clicks_are_at_their_exact_samples_also_across_pieces(tmp_path: Path) -> None:
    path = tmp_path / "clicks.wav"
    times = [Fraction(0), Fraction(1, 3), Fraction(2) - Fraction(1, 100), Fraction(5, 2)]
    write_clicks(path, [(at, DOWNBEAT) for at in times], seconds=Fraction(3))
    found = samples_of(path)
    assert found.shape == (2, 3 * RATE)
    shape = make_click(DOWNBEAT)
    for at in times:
        start = round(at * RATE)
        part = found[0, start : start + len(shape)]
        assert np.allclose(part, shape[: len(part)], atol=1e-3)
    assert not found[0, len(shape) : round(times[1] * RATE)].any()


def test_the_three_clicks_differ() -> None:
    shapes = [make_click(kind) for kind in (DOWNBEAT, BEAT, CUE)]
    assert len({len(shape) for shape in shapes}) == 3
    assert all(0.2 < np.abs(shape).max() <= 0.5 for shape in shapes)


def test_a_song_begins_at_the_second_that_the_score_states(tmp_path: Path) -> None:
    song = write_wav(tmp_path / "song.wav", click_track(4, [1.5, 2.5]))
    path = tmp_path / "out.wav"
    track = SoundTrack(path="song.wav", start=Fraction(1))
    write_clicks(path, [], seconds=Fraction(5), sound=(song, track))
    found = samples_of(path)
    assert found.shape == (2, 5 * RATE)
    assert onsets(found[0], RATE) == pytest.approx([0.5, 1.5], abs=0.002)


def test_loud_sounds_are_limited(tmp_path: Path) -> None:
    loud = np.full(44_100, 32_767, np.int16)
    song = write_wav(tmp_path / "song.wav", loud)
    path = tmp_path / "out.wav"
    write_clicks(
        path,
        [(Fraction(0), kind) for kind in (DOWNBEAT, BEAT, CUE)],
        seconds=Fraction(1),
        sound=(song, SoundTrack(path="song.wav")),
    )
    assert np.abs(samples_of(path)).max() <= 1


def test_nothing_is_left_if_the_song_cannot_be_read(tmp_path: Path) -> None:
    song = tmp_path / "song.wav"
    song.write_bytes(b"hello")
    with pytest.raises(SoundFileError):
        write_clicks(
            tmp_path / "out.wav",
            [],
            seconds=Fraction(1),
            sound=(song, SoundTrack(path="song.wav")),
        )
    assert [one.name for one in tmp_path.iterdir()] == ["song.wav"]


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_clicks(tmp_path / "no" / "out.wav", [], seconds=Fraction(1))
