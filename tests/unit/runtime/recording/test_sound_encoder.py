"""The sound in written files: each click is where the frame is that it belongs to."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from sequencer.core.errors import OutputError
from sequencer.media.sound_files import SoundFileError, decode_sound, format_of_sound
from sequencer.runtime.recording import sound_encoder
from sequencer.runtime.recording.live_recorder import LiveRecorder
from sequencer.runtime.recording.video_writer import Recorded, VideoWriter
from tests.support.sound_fixtures import click_track, onsets, write_wav

SIZE = (64, 48)
FPS = Fraction(24)
CHUNK = Fraction(33, 24)
BLACK = np.zeros((48, 64, 3), np.uint8)
EXACT = 0.0005
"""Half a millisecond: a frame has forty-two."""


def clicks_in(path: Path) -> list[float]:
    rate = format_of_sound(path).rate
    samples = np.concatenate(list(decode_sound(path, channels=1)), axis=1)[0]
    return onsets(samples, rate)


def lengths(path: Path) -> tuple[float, float]:
    """Return the seconds of video and of sound in a file."""
    with av.open(str(path)) as container:
        video, sound = container.streams.video[0], container.streams.audio[0]
        assert (video.start_time, sound.start_time) == (0, 0)
        assert video.time_base is not None and sound.time_base is not None
        return (
            float((video.duration or 0) * video.time_base),
            float((sound.duration or 0) * sound.time_base),
        )


def write(
    path: Path, frames: int, sound: Path, start: Fraction | int = 0, fps: Fraction = FPS
) -> Recorded:
    writer = VideoWriter(path, SIZE, fps, sound=sound)
    writer.begin_sound_at(Fraction(start))
    for _ in range(frames):
        writer.write(BLACK)
    recorded = writer.close()
    assert recorded is not None
    return recorded


def song(folder: Path, seconds: int = 20, rate: int = 44_100, channels: int = 2) -> Path:
    """Return a file with a click at every chunk."""
    samples = click_track(
        seconds, [number * CHUNK for number in range(int(seconds / CHUNK) + 1)], rate
    )
    return write_wav(folder / f"song-{rate}-{channels}.wav", samples, rate, channels)


@pytest.mark.parametrize(
    ("rate", "channels"), [(44_100, 2), (48_000, 1), (32_000, 2), (22_050, 1), (96_000, 2)]
)
def test_clicks_are_on_the_chunks(tmp_path: Path, rate: int, channels: int) -> None:
    path = tmp_path / "video.mp4"
    write(path, 33 * 5, song(tmp_path, rate=rate, channels=channels))
    expected = [float(number * CHUNK) for number in range(5)]
    assert clicks_in(path)[:5] == pytest.approx(expected, abs=EXACT)
    video, sound = lengths(path)
    assert video == pytest.approx(33 * 5 / 24, abs=1e-6)
    assert sound == pytest.approx(video, abs=1 / rate if rate >= 32_000 else 1 / 48_000)


@pytest.mark.parametrize("start", [Fraction(1, 2), CHUNK, Fraction(10, 3)])
def test_the_video_begins_at_a_later_second_of_the_sound(tmp_path: Path, start: Fraction) -> None:
    path = tmp_path / "video.mp4"
    write(path, 33 * 4, song(tmp_path), start)
    expected = [
        float(number * CHUNK - start) for number in range(14) if 0 <= number * CHUNK - start < 5.4
    ]
    assert clicks_in(path) == pytest.approx(expected, abs=EXACT)


@pytest.mark.parametrize("fps", [Fraction(24000, 1001), Fraction(30), Fraction(16)])
def test_other_frame_rates(tmp_path: Path, fps: Fraction) -> None:
    path = tmp_path / "video.mp4"
    write(path, 100, song(tmp_path), fps=fps)
    expected = [float(number * CHUNK) for number in range(9) if number * CHUNK < 100 / fps]
    assert clicks_in(path) == pytest.approx(expected, abs=EXACT)


def test_silence_follows_a_sound_that_is_shorter(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    write(path, 24 * 6, song(tmp_path, seconds=2))
    assert clicks_in(path) == pytest.approx([0, float(CHUNK)], abs=EXACT)
    assert lengths(path) == pytest.approx((6, 6), abs=0.001)


def test_a_sound_that_ends_before_the_video_begins_is_silence(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    write(path, 24, song(tmp_path, seconds=2), start=30)
    assert clicks_in(path) == []


def test_the_same_frames_and_sound_make_the_same_file(tmp_path: Path) -> None:
    sound = song(tmp_path)
    for name in ("one.mp4", "two.mp4"):
        write(tmp_path / name, 50, sound)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_a_video_without_frames_leaves_no_file(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "video.mp4", SIZE, FPS, sound=song(tmp_path))
    assert writer.close() is None
    assert [path.name for path in tmp_path.iterdir()] == ["song-44100-2.wav"]


def test_what_is_not_sound_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_text("la la la")
    with pytest.raises(SoundFileError, match="not a sound file"):
        VideoWriter(tmp_path / "video.mp4", SIZE, FPS, sound=tmp_path / "song.wav")
    assert [path.name for path in tmp_path.iterdir()] == ["song.wav"]


def test_a_sound_that_breaks_on_the_way_is_reported_and_the_video_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaking(*args: object, **options: object) -> object:
        yield np.zeros((2, 24_000), np.float32)
        raise SoundFileError("song.wav is damaged after 0.5 s")

    monkeypatch.setattr(sound_encoder, "decode_sound", breaking)
    writer = VideoWriter(tmp_path / "video.mp4", SIZE, FPS, sound=song(tmp_path))
    for _ in range(48):
        writer.write(BLACK)
    with pytest.raises(OutputError, match=r"no sound to its end: song.wav is damaged after 0.5 s"):
        writer.close()
    assert lengths(tmp_path / "video.mp4") == pytest.approx((2, 2), abs=0.001)


# ---- live recordings -----------------------------------------------------------------------------


def arrive(recorder: LiveRecorder, seconds: list[float]) -> None:
    image: NDArray[np.uint8] = BLACK
    for at in seconds:
        assert recorder.take(image, 5_000_000_000 + round(at * 1e9))


@pytest.mark.parametrize("start", [Fraction(0), Fraction(1, 2)])
def test_a_live_recording_has_the_sound_at_the_times_of_arrival(
    tmp_path: Path, start: Fraction
) -> None:
    recorder = LiveRecorder(tmp_path / "video.mp4", SIZE, sound=song(tmp_path))
    recorder.begin_sound_at(start)
    before = [number / 24 for number in range(70)]
    after = [5 + number / 24 for number in range(70)]  # a pause, or a cut that takes a while
    arrive(recorder, before + after)
    recorded = recorder.close()
    assert recorded is not None and recorder.failure is None
    expected = [
        float(number * CHUNK - start) for number in range(8) if 0 <= number * CHUNK - start < 7.9
    ]
    assert clicks_in(recorded.path) == pytest.approx(expected, abs=EXACT)


def test_a_killed_recording_has_its_sound_in_time(tmp_path: Path) -> None:
    recorder = LiveRecorder(tmp_path / "video.mp4", SIZE, sound=song(tmp_path))
    arrive(recorder, [number / 24 for number in range(24 * 9)])
    while recorder.waiting:
        pass
    copy = tmp_path / "killed.mp4"
    copy.write_bytes((tmp_path / "video.mp4").read_bytes())
    recorder.close()
    found = clicks_in(copy)
    assert len(found) >= 3
    assert found == pytest.approx([float(n * CHUNK) for n in range(len(found))], abs=EXACT)
