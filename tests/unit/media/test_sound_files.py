from __future__ import annotations

import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sequencer.core import sounds
from sequencer.media import sound_files
from sequencer.media.sound_files import (
    SoundFileError,
    decode_frames,
    decode_sound,
    format_of_sound,
)
from tests.support.sound_fixtures import RATE, click_track, onsets, write_encoded, write_wav

CLICKS = [Fraction(0), Fraction(11, 8), Fraction(11, 2), Fraction(9)]
FORMATS = {
    "song.flac": "flac",
    "song.mp3": "libmp3lame",
    "song.m4a": "aac",
    "song.aiff": "pcm_s16be",
    "24 bits.wav": "pcm_s24le",
    "video.mov": "aac",
}


def mono(path: Path, rate: int = RATE, start: Fraction = Fraction(0)) -> NDArray[np.float32]:
    blocks = list(decode_sound(path, rate=rate, channels=1, start=start))
    return np.concatenate(blocks, axis=1)[0] if blocks else np.zeros(0, np.float32)


@pytest.mark.parametrize("name", [*FORMATS, "song.wav"])
@pytest.mark.parametrize("rate", [RATE, 48_000])
def test_clicks_are_found_where_they_were_written(tmp_path: Path, name: str, rate: int) -> None:
    samples = click_track(10, CLICKS)
    path = tmp_path / name
    if name in FORMATS:
        write_encoded(path, samples, FORMATS[name])
    else:
        write_wav(path, samples, channels=2)
    assert onsets(mono(path, rate), rate) == pytest.approx(list(map(float, CLICKS)), abs=0.0005)
    later = onsets(mono(path, rate, Fraction(5)), rate)
    assert later == pytest.approx([0.5, 4.0], abs=0.0005)


def test_the_start_is_exact_to_a_sample(tmp_path: Path) -> None:
    ramp = np.arange(RATE, dtype=np.int16) % 30_000
    path = write_wav(tmp_path / "ramp.wav", ramp, channels=2)
    for start in (0, 1, 4095, 4096, 10_001):
        block = next(iter(decode_sound(path, start=Fraction(start, RATE))))
        assert block.shape[0] == 2
        assert round(float(block[0][0]) * 32768) == start
    assert list(decode_sound(path, start=1)) == []
    assert list(decode_sound(path, start=100)) == []


def test_frames_are_planar_and_have_no_more_than_two_channels(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", click_track(1, [0]), channels=2)
    frame = next(iter(decode_frames(path, channels=1)))
    assert (frame.format.name, frame.layout.name, frame.sample_rate) == ("fltp", "mono", RATE)
    assert format_of_sound(path) == sound_files.SoundFormat(rate=RATE, channels=2)
    with pytest.raises(ValueError, match="1 or 2"):
        next(iter(decode_frames(path, channels=6)))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.wav", b"", "empty.wav is an empty file"),
        ("text.wav", b"La la la. " * 500, "text.wav is not a sound file"),
        ("page.mp3", b"<html><body>404</body></html>" * 50, "page.mp3 is not a sound file"),
    ],
)
def test_what_is_not_sound_is_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SoundFileError, match=message) as caught:
        mono(path)
    assert caught.value.hint
    assert caught.value.exit_code == 1


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SoundFileError, match=r"song\.wav cannot be read: No such file"):
        mono(tmp_path / "song.wav")
    with pytest.raises(SoundFileError, match="cannot be read"):
        mono(tmp_path)


def test_a_wav_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "song.wav", click_track(2, [0]))
    whole = path.read_bytes()
    path.write_bytes(whole[:100_000])
    with pytest.raises(SoundFileError, match=r"not complete: it has 100,000 of 176,444 bytes"):
        mono(path)
    for declared in (0, 0xFFFFFFFF):  # written to a pipe
        path.write_bytes(whole[:4] + declared.to_bytes(4, "little") + whole[8:])
        assert len(mono(path)) == 2 * RATE


def test_a_damaged_file_is_refused_with_the_position(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(-9000, 9000, 10 * RATE).astype(np.int16)
    path = write_encoded(tmp_path / "song.m4a", noise, "aac")
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + 50_000
    data[middle : middle + 20_000] = b"\xff" * 20_000
    path.write_bytes(data)
    with pytest.raises(SoundFileError, match=r"song.m4a is damaged after \d+\.\d\d\d s"):
        mono(path)


def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    import av

    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=24)
        stream.width = stream.height = 32
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    with pytest.raises(SoundFileError, match="a video without sound"):
        mono(path)


def test_a_list_of_files_opens_none_of_them(tmp_path: Path) -> None:
    write_wav(tmp_path / "other.wav", click_track(1, [0]))
    for name, text in (
        ("list.ffconcat", "ffconcat version 1.0\nfile other.wav\n"),
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\nother.wav\n#EXT-X-ENDLIST\n"),
    ):
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(SoundFileError, match="not a sound file"):
            mono(path)


def test_a_sound_of_days_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_wav(tmp_path / "song.wav", click_track(2, [0]))
    monkeypatch.setattr(sound_files, "MAX_SOUND_SECONDS", 1)
    with pytest.raises(SoundFileError, match="longer than 0 hours"):
        mono(path)
    assert sounds.MAX_SOUND_SECONDS == 12 * 3600


def test_a_long_file_needs_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    minute = np.zeros(60 * 8000, np.int16)
    most = []
    for minutes in (1, 20):
        path = write_wav(tmp_path / f"{minutes}.wav", np.tile(minute, minutes), rate=8000)
        tracemalloc.start()
        count = sum(block.shape[1] for block in decode_sound(path, rate=RATE))
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert count == minutes * 60 * RATE
    assert most[1] < most[0] * 1.5 + 100_000
