"""The sound of a clip begins with its first frame, exact to a sample."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from sequencer.core.errors import OutputError
from sequencer.media.sound_files import SoundFileError, decode_sound
from sequencer.runtime.recording.clip_sound import add_sound, length_of_clip
from tests.support.sound_fixtures import click_track, onsets, write_wav

RATE = 48_000


def video(frames: int, first: int = 0) -> bytes:
    """Return a video of 24 frames a second, whose times begin with a frame."""
    file = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(file, "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for number in range(first, first + frames):
            pixels = np.full((64, 64, 3), number * 5 % 256, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def clicks_of(data: bytes, folder: Path) -> list[float]:
    path = folder / "clip.mp4"
    path.write_bytes(data)
    samples = np.concatenate(list(decode_sound(path, channels=1, rate=RATE)), axis=1)[0]
    return onsets(samples, RATE)


def frames_of(data: bytes) -> tuple[list[bytes], list[float | None]]:
    with av.open(io.BytesIO(data), "r") as container:
        frames = list(container.decode(video=0))
        return [one.to_ndarray().tobytes() for one in frames], [one.time for one in frames]


@pytest.mark.parametrize("first", [0, 48])
@pytest.mark.parametrize(
    ("start", "clicks"),
    [
        (Fraction(0), [0.5, 1.25, 2.5]),
        (Fraction(1, 3), [1 / 6, 11 / 12, 13 / 6]),
        (Fraction(-1, 4), [0.75, 1.5, 2.75]),
        (Fraction(20), []),
    ],
)
def test_each_click_is_where_it_belongs(
    start: Fraction, clicks: list[float], first: int, tmp_path: Path
) -> None:
    times = [Fraction(1, 2), Fraction(5, 4), Fraction(5, 2)]
    write_wav(tmp_path / "song.wav", click_track(4, times, RATE), RATE)
    clip = video(72, first)
    sounding = add_sound(clip, tmp_path / "song.wav", start)
    assert clicks_of(sounding, tmp_path) == pytest.approx(clicks, abs=2 / RATE)
    images, shown = frames_of(sounding)
    assert images == frames_of(clip)[0], "the frames are not encoded again"
    assert shown == pytest.approx([number / 24 for number in range(72)], abs=1e-4)


def test_the_length_of_a_clip() -> None:
    length = length_of_clip(video(36, 12))
    assert (length.rate, length.seconds) == (Fraction(24), Fraction(3, 2))


def test_what_cannot_be_used_is_reported(tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_text("hello")
    with pytest.raises(OutputError, match="the clip cannot be read"):
        add_sound(b"hello", tmp_path / "song.wav", Fraction(0))
    with pytest.raises(OutputError, match="the clip cannot be read"):
        length_of_clip(b"hello")
    with pytest.raises(SoundFileError, match="not a sound file"):
        add_sound(video(2), tmp_path / "song.wav", Fraction(0))
