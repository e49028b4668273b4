"""Recording a live stage: uneven times, changes of size, no dropped frames, no waiting, full disks,
a killed run.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
import threading
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sequencer.core.errors import OutputError
from sequencer.runtime.recording.encoder import Encoder, RawFrame
from sequencer.runtime.recording.live_recorder import LiveRecorder, LiveTimes
from sequencer.runtime.recording.reserved_file import ReservedFile

MS = 1_000_000


def grey(value: int, width: int = 160, height: int = 96) -> NDArray[np.uint8]:
    return np.full((height, width, 3), value, np.uint8)


def as_received(value: int, stamp: int | None, width: int = 160, height: int = 96) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, "yuv420p")
    for number, plane in enumerate(frame.planes):
        plane.update(bytes([128 if number else value]) * plane.buffer_size)
    frame.pts = stamp
    frame.time_base = Fraction(1, 90_000)
    return frame


def read(path: Path) -> list[tuple[Fraction, int, tuple[int, int]]]:
    with av.open(str(path)) as file:
        base = file.streams.video[0].time_base
        assert base is not None
        return [
            (
                frame.pts * base,
                int(frame.to_ndarray(format="gray")[frame.height // 2, frame.width // 2]),
                (frame.width, frame.height),
            )
            for frame in file.decode(video=0)
            if frame.pts is not None
        ]


def test_frames_are_shown_when_they_came(tmp_path: Path) -> None:
    recorder = LiveRecorder(tmp_path / "video.mp4")
    stamps = [5_000, 5_042, 5_100, 5_101, 5_101, 5_300, 7_300, 7_342]
    for index, at in enumerate(stamps):
        assert recorder.take(grey(40 + 20 * index), at * MS)
    done = recorder.close()
    assert done is not None
    assert (done.frames, done.size, done.began, done.resized, done.missed, done.cut_short) == (
        8,
        (160, 96),
        5_000 * MS,
        0,
        0,
        None,
    )
    found = read(tmp_path / "video.mp4")
    times = [float(time) for time, _, _ in found]
    assert times == pytest.approx([0, 0.042, 0.1, 0.101, 0.101, 0.3, 2.3, 2.342], abs=0.0002)
    assert all(one < two for one, two in pairwise(times))
    assert [round(value / 20) for _, value, _ in found] == sorted(
        {round(value / 20) for _, value, _ in found}
    )
    assert [path.name for path in tmp_path.iterdir()] == ["video.mp4"]
    assert recorder.close() == done


def test_the_senders_stamps_smooth_the_arrivals() -> None:
    times = LiveTimes()
    jitter = [0, 9, -7, 12, 3, -11, 5, 0]
    found = [
        times.pts((1000 + index * 40 + late) * MS, 777_000 + index * 3600)
        for index, late in enumerate(jitter)
    ]
    assert found == [index * 3600 for index in range(8)]


def test_a_new_connection_counts_anew_and_time_goes_on() -> None:
    times = LiveTimes()
    assert [times.pts(at * MS, stamp) for at, stamp in ((0, 900_000), (40, 903_600), (5_000, 10), (5_040, 3_610))] == [
        0, 3600, 450_000, 453_600,
    ]  # fmt: skip


@given(
    st.lists(
        st.tuples(st.integers(0, 10**12), st.none() | st.integers(-(2**40), 2**40)),
        min_size=1,
        max_size=40,
    )
)
def test_times_always_rise(arrivals: list[tuple[int, int | None]]) -> None:
    times = LiveTimes()
    found = [times.pts(at, stamp) for at, stamp in arrivals]
    assert found[0] >= 0
    assert all(one < two for one, two in pairwise(found))


@given(st.lists(st.integers(0, 80), min_size=2, max_size=200), st.integers(-2000, 2000))
def test_times_stay_with_the_arrivals(gaps: list[int], drift: int) -> None:
    """With a sender whose clock is off by up to two in a thousand, times never drift away from the
    arrivals.
    """
    times = LiveTimes()
    at = stamp = 0
    for gap in gaps:
        at += gap * MS * 40
        stamp += gap * 3600 * (1_000_000 + drift) // 1_000_000
        arrived = (at - gaps[0] * MS * 40) * 90_000 // 10**9
        assert abs(times.pts(at, stamp) - arrived) < 45_000 + len(gaps)


def test_frames_of_a_decoder_are_recorded_and_left_unchanged(tmp_path: Path) -> None:
    recorder = LiveRecorder(tmp_path / "video.mp4")
    frames = [as_received(60 + 10 * index, 1_000 + index * 3600) for index in range(10)]
    for index, frame in enumerate(frames):
        recorder.take(frame, index * 41 * MS)
    recorder.close()
    assert [frame.pts for frame in frames] == [1_000 + index * 3600 for index in range(10)]
    assert frames[3].to_ndarray()[10, 10] == 90
    found = read(tmp_path / "video.mp4")
    assert [float(time) for time, _, _ in found] == pytest.approx(
        [index / 25 for index in range(10)], abs=1e-4
    )


def test_a_change_of_size_goes_into_the_first_size(tmp_path: Path) -> None:
    recorder = LiveRecorder(tmp_path / "video.mp4")
    for index, size in enumerate(
        [(160, 96)] * 3 + [(320, 192)] * 3 + [(100, 100)] * 3 + [(161, 97)] * 3
    ):
        recorder.take(grey(180, *size), index * 40 * MS)
    done = recorder.close()
    assert done is not None
    assert done.resized == 3
    found = read(tmp_path / "video.mp4")
    assert {size for _, _, size in found} == {(160, 96)}
    assert all(value > 150 for _, value, _ in found)
    with av.open(str(tmp_path / "video.mp4")) as file:
        square = [frame.to_ndarray(format="gray") for frame in file.decode(video=0)][7]
    assert square[48, :20].max() < 40  # black bars beside the frame
    assert square[48, 60:100].min() > 150


def test_nothing_is_dropped_and_a_delay_is_reported_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    encode = Encoder.encode

    def slow(encoder: Encoder, frame: RawFrame, pts: int, caption: None = None) -> None:
        assert gate.wait(60)
        encode(encoder, frame, pts, caption)

    monkeypatch.setattr(Encoder, "encode", slow)
    warnings: list[str] = []
    recorder = LiveRecorder(
        tmp_path / "video.mp4", most_waiting=10 * 160 * 96 * 3, warn=warnings.append
    )
    for index in range(40):
        assert recorder.take(
            grey(index), index * 40 * MS
        )  # returns at once: encoding happens later
    assert len(warnings) == 1
    assert "none is dropped" in warnings[0]
    gate.set()
    done = recorder.close()
    assert done is not None
    assert done.frames == 40
    assert 25 <= done.frames_dropped <= 30
    assert done.most_waiting >= 39
    assert len(read(tmp_path / "video.mp4")) == 40


@pytest.mark.parametrize(
    ("number", "message"), [(errno.ENOSPC, "disk is full"), (errno.EIO, "cannot be written")]
)
def test_a_disk_that_fails_ends_the_recording_and_not_the_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, message: str
) -> None:
    put = ReservedFile._put
    space = [5_000_000]

    def limited(file: ReservedFile, data: memoryview) -> int:
        spare = Path(file.name + ".reserve")
        if space[0] <= 0 and (number != errno.ENOSPC or spare.exists()):
            raise OSError(number, os.strerror(number))
        space[0] -= len(data)
        return put(file, data)

    monkeypatch.setattr(ReservedFile, "_put", limited)
    recorder = LiveRecorder(tmp_path / "video.mp4", (320, 192))
    noise = np.random.default_rng(1).integers(0, 256, (8, 192, 320, 3)).astype(np.uint8)
    for index in range(400):
        recorder.take(noise[index % 8], index * 40 * MS)
    done = recorder.close()
    assert recorder.failure is not None
    assert message in str(recorder.failure)
    assert done is not None
    assert done.cut_short is not None
    assert message in done.cut_short
    assert 0 < done.frames < 400
    assert done.frames + done.missed == 400
    assert not recorder.take(noise[0], 10**12)
    assert len(read(tmp_path / "video.mp4")) == done.frames
    assert [path.name for path in tmp_path.iterdir()] == ["video.mp4"]


def test_without_frames_there_is_no_file(tmp_path: Path) -> None:
    assert LiveRecorder(tmp_path / "video.mp4").close() is None
    assert not list(tmp_path.iterdir())


def test_a_resumed_run_goes_on_in_a_second_file(tmp_path: Path) -> None:
    (tmp_path / "video.mp4").write_bytes(b"what was there")
    (tmp_path / "video.mp4.reserve").write_bytes(b"left over")
    recorder = LiveRecorder(tmp_path / "video.mp4")
    recorder.take(grey(99), 0)
    done = recorder.close()
    assert done is not None
    assert done.path == tmp_path / "video-2.mp4"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["video-2.mp4", "video.mp4"]
    assert (tmp_path / "video.mp4").read_bytes() == b"what was there"


def test_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        LiveRecorder(tmp_path / "nowhere" / "video.mp4")


def test_a_killed_run_leaves_what_it_recorded(tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import os, time
        from pathlib import Path
        import numpy as np
        from sequencer.runtime.recording.live_recorder import LiveRecorder
        path = Path({str(tmp_path)!r}) / "video.mp4"
        recorder = LiveRecorder(path)
        for index in range(240):
            recorder.take(np.full((96, 160, 3), index, np.uint8), index * 41_000_000)
        while recorder.waiting:
            time.sleep(0.01)
        print("recorded", flush=True)
        time.sleep(60)
    """)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as out:
        assert out.readline() == b"recorded\n"
        process.kill()
        process.wait(60)
    found = read(tmp_path / "video.mp4")
    assert len(found) >= 240 - 2 * 48
    assert float(found[-1][0]) == pytest.approx((len(found) - 1) * 0.041, abs=0.001)
