"""The video of a run: playable, exact, reproducible, and what remains when it cannot be written
completely.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from sequencer.core.errors import OutputError, UsageError
from sequencer.runtime.recording.caption import Caption
from sequencer.runtime.recording.encoder import Fit, planes, video_size
from sequencer.runtime.recording.reserved_file import ReservedFile
from sequencer.runtime.recording.video_writer import VideoWriter

SIZE = (320, 192)


def moving(count: int, width: int = 160, height: int = 96) -> NDArray[np.uint8]:
    """Return frames that differ and do not compress to almost nothing.

    The grey value of the middle is `10 + 3 * frame`.
    """
    frames = np.random.default_rng(1).integers(0, 60, (count, height, width, 3)).astype(np.uint8)
    for index in range(count):
        frames[index, height // 4 : -height // 4, width // 4 : -width // 4] = 10 + index * 3
    return frames


def decoded(path: Path) -> list[tuple[int, NDArray[np.uint8]]]:
    with av.open(str(path)) as file:
        return [
            (frame.pts, frame.to_ndarray(format="rgb24").astype(np.uint8))
            for frame in file.decode(video=0)
            if frame.pts is not None
        ]


def test_a_video_is_read_back_frame_by_frame(tmp_path: Path) -> None:
    frames = moving(66)
    with VideoWriter(tmp_path / "video.mp4", SIZE) as video:
        video.write_all(frames[:33])
        video.write_all(frames[33:])
    recorded = video.close()
    assert recorded is not None
    assert (recorded.frames, recorded.seconds, recorded.cut_short) == (66, Fraction(66, 24), None)
    assert recorded.bytes == (tmp_path / "video.mp4").stat().st_size
    with av.open(str(tmp_path / "video.mp4")) as file:
        (stream,) = file.streams.video
        assert stream.frames == 66
        assert stream.average_rate == Fraction(24)
        assert stream.duration is not None
        assert stream.time_base is not None
        assert stream.duration * stream.time_base == Fraction(66, 24)
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == SIZE
        step = 1 / (24 * stream.time_base)
    found = decoded(tmp_path / "video.mp4")
    assert [pts for pts, _ in found] == [index * step for index in range(66)]
    for index, (_, frame) in enumerate(found):
        assert abs(int(frame[96, 160].mean()) - (10 + 3 * index)) < 6
    assert [path.name for path in tmp_path.iterdir()] == ["video.mp4"]


def test_it_begins_to_play_before_it_is_all_there(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "video.mp4", SIZE) as video:
        video.write_all(moving(10))
    data = (tmp_path / "video.mp4").read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")


@pytest.mark.parametrize(
    "fps", [Fraction(24), Fraction(30000, 1001), Fraction(39, 2), Fraction(21), Fraction(1)]
)
def test_any_rate_is_exact(tmp_path: Path, fps: Fraction) -> None:
    with VideoWriter(tmp_path / "video.mp4", SIZE, fps) as video:
        video.write_all(moving(7))
    with av.open(str(tmp_path / "video.mp4")) as file:
        stream = file.streams.video[0]
        assert stream.time_base is not None
        times = [
            frame.pts * stream.time_base for frame in file.decode(video=0) if frame.pts is not None
        ]
        assert times == [index / fps for index in range(7)]


def test_the_same_frames_make_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for name, title in (("a.mp4", "one"), ("b.mp4", "one"), ("c.mp4", "other")):
        with VideoWriter(tmp_path / name, SIZE) as video:
            video.write_all(
                moving(40),
                [
                    Caption(
                        title=title, section="intro", take="take 1", place=f"1.{index // 12 + 1}"
                    )
                    for index in range(40)
                ],
            )
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1] != made[2]


def test_waiting_for_the_encoder_loses_nothing(tmp_path: Path) -> None:
    frames = moving(50)
    with VideoWriter(tmp_path / "video.mp4", SIZE, most_waiting=1) as video:
        video.write_all(frames)
    assert len(decoded(tmp_path / "video.mp4")) == 50


@pytest.mark.parametrize("size", [(1, 1), (160, 96), (641, 385), (96, 160), (2000, 20)])
def test_frames_of_any_size_are_fitted_without_distortion(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    width, height = size
    with VideoWriter(tmp_path / "video.mp4", SIZE) as video:
        video.write_all(np.full((3, height, width, 3), 200, np.uint8))
    frame = decoded(tmp_path / "video.mp4")[0][1].astype(int).min(axis=2)
    rows, columns = np.nonzero(frame > 120)
    shown = (columns.max() - columns.min() + 1, rows.max() - rows.min() + 1)
    wanted = Fit.of(size, SIZE)
    assert abs(shown[0] - wanted.width) <= 4
    assert abs(shown[1] - wanted.height) <= 4
    assert max(wanted.width / SIZE[0], wanted.height / SIZE[1]) > 0.97
    assert abs(columns.max() + columns.min() - SIZE[0]) <= 6


def test_a_change_of_size_is_taken_in(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "video.mp4", SIZE) as video:
        video.write_all(moving(4))
        video.write_all(moving(4, 320, 320))
        video.write_all(moving(4))
    assert [frame.shape for _, frame in decoded(tmp_path / "video.mp4")] == [(192, 320, 3)] * 12


def test_colours_come_back(tmp_path: Path) -> None:
    for colour in ((220, 40, 30), (20, 180, 60), (40, 60, 230)):
        with VideoWriter(tmp_path / "video.mp4", SIZE) as video:
            video.write_all(np.full((3, 96, 160, 3), colour, np.uint8))
        with av.open(str(tmp_path / "video.mp4")) as file:
            frame = next(file.decode(video=0))
            assert (frame.colorspace, frame.color_range) == (1, 1)
            luma, blue, red = (
                float(plane[plane.shape[0] // 2, plane.shape[1] // 2]) for plane in planes(frame)
            )
        y, cb, cr = (luma - 16) * 255 / 219, (blue - 128) * 255 / 224, (red - 128) * 255 / 224
        found = np.array(
            [y + 1.5748 * cr, y - 0.1873 * cb - 0.4681 * cr, y + 1.8556 * cb]
        )  # BT.709, by its definition
        assert np.abs(found - colour).max() <= 5


def test_abort_leaves_nothing(tmp_path: Path) -> None:
    video = VideoWriter(tmp_path / "video.mp4", SIZE)
    video.write_all(moving(30))
    video.abort()
    assert not list(tmp_path.iterdir())
    assert video.close() is None
    with pytest.raises(OutputError, match="closed"):
        video.write(moving(1)[0])


def test_without_frames_there_is_no_file(tmp_path: Path) -> None:
    video = VideoWriter(tmp_path / "video.mp4", SIZE)
    assert video.close() is None
    assert video.close() is None
    assert not list(tmp_path.iterdir())


def test_an_exception_of_the_run_keeps_what_was_made(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), VideoWriter(tmp_path / "video.mp4", SIZE) as video:
        video.write_all(moving(30))
        raise KeyboardInterrupt
    assert len(decoded(tmp_path / "video.mp4")) == 30


def test_a_folder_that_is_not_there_or_not_ours_is_reported(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"video.mp4 cannot be written to .*nowhere"):
        VideoWriter(tmp_path / "nowhere" / "video.mp4", SIZE)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        VideoWriter(tmp_path / "file" / "video.mp4", SIZE)


@pytest.mark.parametrize("text", ["1280x768", " 1280X768 ", "1280×768"])
def test_sizes_are_read(text: str) -> None:
    assert video_size(text) == (1280, 768)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1280",
        "1280x",
        "1281x768",
        "0x0",
        "-2x4",
        "9999999999x2",
        "1280x768x2",
        "١٢٨٠x٧٦٨",
        "a×b",
    ],
)
def test_other_sizes_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        video_size(text)


# ---- the disk


class SmallDisk:
    """Simulates the disk below `ReservedFile`: it accepts `space` bytes, which include the reserve
    while that exists.
    """

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, space: int, number: int = errno.ENOSPC
    ) -> None:
        self.space, self.number = space, number
        put = ReservedFile._put

        def limited(file: ReservedFile, data: memoryview) -> int:
            path = Path(file.name)
            spare = path.with_name(path.name + ".reserve")
            held = spare.stat().st_size if spare.exists() else 0
            if max(path.stat().st_size, file.tell() + len(data)) + held > self.space:
                raise OSError(self.number, os.strerror(self.number))
            return put(file, data)

        monkeypatch.setattr(ReservedFile, "_put", limited)


def test_on_a_full_disk_the_video_ends_early_and_plays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SmallDisk(monkeypatch, (8 << 20) + 300_000)
    video = VideoWriter(tmp_path / "video.mp4", SIZE)
    with pytest.raises(
        OutputError, match=r"the disk is full: video.mp4 plays, but ends after \d+ frames"
    ) as caught:
        for _ in range(300):
            video.write_all(moving(33))
    assert caught.value.hint is not None
    recorded = video.close()
    assert recorded is not None
    assert recorded.cut_short == "the disk is full"
    assert len(decoded(tmp_path / "video.mp4")) == recorded.frames > 10
    assert [path.name for path in tmp_path.iterdir()] == ["video.mp4"]


def test_a_disk_that_is_full_at_the_end_is_reported_by_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SmallDisk(monkeypatch, 1 << 40)
    video = VideoWriter(tmp_path / "video.mp4", SIZE)
    video.write_all(moving(4))
    disk.space = (8 << 20) + 100
    with pytest.raises(OutputError, match="the disk is full"):
        video.close()
    assert video.close() is not None
    assert len(decoded(tmp_path / "video.mp4")) == 4


def test_a_file_that_may_not_grow_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SmallDisk(monkeypatch, (8 << 20) + 100_000, errno.EFBIG)
    video = VideoWriter(tmp_path / "video.mp4", SIZE)
    with pytest.raises(OutputError, match="cannot be written") as caught:
        for _ in range(300):
            video.write_all(moving(33))
    assert "--video-size" in str(caught.value)
    assert video.close() is None
    assert not list(tmp_path.iterdir())


def test_a_reserve_that_cannot_grow_ends_the_video_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = ReservedFile.reserve

    def limited(file: ReservedFile, size: int) -> None:
        if size > 10 << 20:
            Path(file.name + ".reserve").unlink()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        reserve(file, size)

    monkeypatch.setattr(ReservedFile, "reserve", limited)
    monkeypatch.setattr("sequencer.runtime.recording.video_writer._GROWTH", 10)
    video = VideoWriter(tmp_path / "video.mp4", SIZE)
    with pytest.raises(OutputError, match="plays, but ends after 30 frames"):
        for _ in range(10):
            video.write_all(moving(33))
        video.close()
    assert len(decoded(tmp_path / "video.mp4")) == 30
    assert [path.name for path in tmp_path.iterdir()] == ["video.mp4"]


def test_no_space_from_the_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: ReservedFile, __: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(ReservedFile, "reserve", full)
    with pytest.raises(OutputError, match="No space left") as caught:
        VideoWriter(tmp_path / "video.mp4", SIZE)
    assert "--no-video" in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limit on the size of files")
def test_a_real_limit_on_files(tmp_path: Path) -> None:
    """A real system error during writing: the process may not create files larger than nine
    megabytes.
    """
    script = textwrap.dedent(f"""
        import resource, sys
        from pathlib import Path
        import numpy as np
        from sequencer.core.errors import OutputError
        from sequencer.runtime.recording import VideoWriter
        resource.setrlimit(resource.RLIMIT_FSIZE, (9 << 20, 9 << 20))
        frames = np.random.default_rng(1).integers(0, 256, (20, 192, 320, 3)).astype(np.uint8)
        video = VideoWriter(Path({str(tmp_path)!r}) / "video.mp4", (1280, 768))
        try:
            for _ in range(100):
                video.write_all(frames)
        except OutputError as error:
            print(error)
            sys.exit(1)
    """)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 1, done.stderr
    assert "video.mp4 cannot be written" in done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_ctrl_c_leaves_a_whole_video(tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import signal, time
        from pathlib import Path
        import numpy as np
        from sequencer.runtime.recording import VideoWriter
        signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
        frames = np.random.default_rng(1).integers(0, 256, (48, 96, 160, 3)).astype(np.uint8)
        with VideoWriter(Path({str(tmp_path)!r}) / "video.mp4", (320, 192)) as video:
            video.write_all(frames)
            print("written", flush=True)
            while True:  # a signal that arrives just before a sleep does not shorten it
                time.sleep(0.1)
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    with process.stdout as out:
        assert out.readline() == b"written\n"
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert len(decoded(tmp_path / "video.mp4")) == 48
