"""When a frame of a live stage is to be seen, in whole ticks of 1/90000 s from the first one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av

from sequencer.core.errors import OutputError
from sequencer.core.paths import exists, remove
from sequencer.core.timebase import SECOND
from sequencer.runtime.recording.caption import Caption
from sequencer.runtime.recording.encoder import TICKS, Encoder, Picture, checked_size
from sequencer.runtime.recording.frame_queue import FrameQueue
from sequencer.runtime.recording.reserved_file import ReservedFile
from sequencer.runtime.recording.video_writer import cannot_write

_FAR = TICKS // 2


class LiveTimes:
    """Makes rising times of stamps that come at uneven times.

    The sender's own stamps (RTP's, in ticks) carry no jitter of the network, so steps are theirs; where they are missing,
    jump (a new connection counts anew) or are more than half a second off the arrivals, the arrivals count.
    """

    def __init__(self) -> None:
        self._first: int | None = None
        self._last = -1
        self._stamp: int | None = None

    def pts(self, at: int, stamp: int | None = None) -> int:
        """The time of a frame that arrived at nanosecond `at` with the sender's `stamp`."""
        if self._first is None:
            self._first = at
        arrived = (at - self._first) * TICKS // SECOND
        found = arrived
        if stamp is not None and self._stamp is not None and self._last >= 0:
            step = stamp - self._stamp
            if 0 < step < 10 * TICKS and abs(self._last + step - arrived) < _FAR:
                found = self._last + step
        self._stamp = stamp
        self._last = max(found, self._last + 1)
        return self._last


MAX_WAITING = 192 << 20
"""Bytes of frames that may wait before the recorder says that it falls behind: five seconds of 1280×768."""

_RATE = Fraction(24)
_RESERVE = 16 << 20
_GROWTH, _MORE = 32768, 2 << 20
"""Every so many frames the reserve grows by so many bytes, as the file's index does that is written at the end."""


@dataclass(frozen=True, slots=True)
class LiveRecording:
    """A live recording that is finished.

    `began` is the nanosecond at which its first frame arrived, so that its times can be laid beside the journal's. `resized`
    counts how often the stage changed its size; such frames are scaled into the first size, with bars. `fell_behind` counts
    frames that came while more waited than the bound allows (none of them is missing). `cut_short` says why the recording
    ended before the stage did; `missed` counts the frames that it lacks therefore.
    """

    path: Path
    frames: int
    size: tuple[int, int]
    began: int
    seconds: Fraction
    resized: int
    fell_behind: int
    most_waiting: int
    missed: int
    cut_short: str | None = None


class LiveRecorder:
    """Records frames as they arrive; `take` never waits and never fails, so that a show outlives its recording.

    The file grows by fragments: a killed run leaves all but its last two seconds readable. A `path` that is there already is
    kept, and the next free name (`video-2.mp4`) taken: a resumed run goes on in a second file.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int] | None = None,
        *,
        most_waiting: int = MAX_WAITING,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        """`size` is (width, height), even; None takes the first frame's. `warn` hears once, from `take`, of falling behind.

        Raises OutputError where the file cannot be made.
        """
        self.path = _free(path)
        self._size = None if size is None else checked_size(size)
        self._backlog: FrameQueue[tuple[Picture, int, Caption | None]] = FrameQueue(most_waiting)
        self._warn = warn
        self._warned = False
        self._times = LiveTimes()
        self._last_size: tuple[int, int] | None = None
        self._resized = 0
        self._offered = 0
        self._began: int | None = None
        self._last_pts = 0
        self._frames = 0
        self._failure: OutputError | None = None
        self._finished: LiveRecording | None = None
        try:
            self._file = ReservedFile(self.path.absolute(), _RESERVE)
        except OSError as error:
            raise cannot_write(self.path, error) from None
        self._thread = threading.Thread(target=self._work, name=f"records {self.path.name}", daemon=True)
        self._thread.start()

    @property
    def failure(self) -> OutputError | None:
        """Why nothing is recorded any more, if so: tell it at once."""
        return self._failure

    @property
    def waiting(self) -> int:
        """How many frames wait to be encoded."""
        return self._backlog.waiting

    def take(self, picture: Picture, at: int, caption: Caption | None = None) -> bool:
        """Record a frame that arrived at nanosecond `at`; False where the recording is over. Returns at once, from any loop."""
        if isinstance(picture, av.VideoFrame):
            size, stamp = (picture.width, picture.height), picture.pts
            weight = size[0] * size[1] * 3 // 2
        else:
            size, stamp = (picture.shape[1], picture.shape[0]), None
            weight = picture.nbytes
        pts = self._times.pts(at, stamp)
        self._offered += 1
        if not self._backlog.offer((picture, pts, caption), weight):
            return False
        if self._began is None:
            self._began = at
        if self._last_size not in (None, size):
            self._resized += 1
        self._last_size = size
        if self._backlog.waited and not self._warned:
            self._warned = True
            if self._warn is not None:
                self._warn(f"recording falls behind: {self.waiting} frames wait; none is dropped, but they take up memory")
        return True

    def close(self) -> LiveRecording | None:
        """Encode what waits and finish the file; None where no frame came. Blocks: call it beside the loop. Twice is once.

        Raises OutputError where nothing of the recording can be kept.
        """
        self._backlog.end()
        self._thread.join()
        if self._finished is None:
            if self._failure is not None:
                raise self._failure
            return None
        return replace(self._finished, missed=self._offered - self._finished.frames)

    # ---- the thread's side

    def _work(self) -> None:
        encoder: Encoder | None = None
        try:
            for picture, pts, caption in self._backlog:
                if encoder is None:
                    encoder = self._encoder(picture)
                encoder.encode(picture, pts, caption)
                self._frames, self._last_pts = self._frames + 1, pts
                if self._frames % _GROWTH == 0:
                    self._file.grow(_RESERVE + _MORE * (self._frames // _GROWTH))
                if self._file.full:
                    break
            self._backlog.give_up()
            if encoder is None:
                self._file.discard()
            else:
                encoder.finish()
                self._file.close()
                self._tell(encoder, "the disk is full" if self._file.full else None)
        except (OSError, av.error.FFmpegError) as error:
            self._broken(encoder, cannot_write(self.path, self._file.failed or error))
        except Exception as error:  # noqa: BLE001  the run must hear of it, whatever it is
            self._broken(encoder, OutputError(f"{self.path.name} could not be encoded: {type(error).__name__}: {error}"))
        finally:
            self._backlog.give_up()

    def _encoder(self, picture: Picture) -> Encoder:
        if self._size is None:
            height, width = (picture.height, picture.width) if isinstance(picture, av.VideoFrame) else picture.shape[:2]
            self._size = max(32, width & ~1), max(32, height & ~1)
        options = {"movflags": "+frag_keyframe+hybrid_fragmented", "flush_packets": "1"}
        return Encoder(self._file, "mp4", self._size, _RATE, time_base=Fraction(1, TICKS), options=options, received=True)

    def _tell(self, encoder: Encoder, reason: str | None) -> None:
        """What is finished; a recording that ended early is a failure too, though what it holds plays."""
        self._finished = LiveRecording(
            self.path,
            self._frames,
            encoder.size,
            self._began or 0,
            Fraction(self._last_pts, TICKS) + 1 / _RATE,
            self._resized,
            self._backlog.waited,
            self._backlog.highest,
            0,
            reason,
        )
        if reason is not None:
            self._failure = OutputError(
                f"{reason}: {self.path.name} plays, but ends after {self._frames} frames", "the show itself goes on"
            )

    def _broken(self, encoder: Encoder | None, failure: OutputError) -> None:
        """The output is lost; what the fragments hold stays, for it can be played."""
        if encoder is not None:
            encoder.drop()
        self._file.let_go()
        self._frames = _whole(self.path)
        if self._frames == 0 or encoder is None:
            self._file.discard()
        else:
            self._tell(encoder, failure.message)
        self._failure = failure


def _whole(path: Path) -> int:
    """Cut a file off behind its last whole fragment; returns how many frames it holds then."""
    try:
        with path.open("r+b") as file:
            end = place = 0
            size = path.stat().st_size
            while len(head := file.read(16)) == 16:
                length = int.from_bytes(head[:4], "big")
                place += int.from_bytes(head[8:], "big") if length == 1 else length
                if length == 0 or place > size:
                    break
                if head[4:8] in (b"moov", b"mdat"):
                    end = place
                file.seek(place)
            file.truncate(end)
        with av.open(str(path)) as video:
            return sum(1 for packet in video.demux(video=0) if packet.size)
    except (OSError, av.error.FFmpegError):
        return 0


def _free(path: Path) -> Path:
    """The first name of its kind that is free. What a killed recording held in reserve is given back."""
    number, free = 1, path
    remove(path.with_name(path.name + ".reserve"))
    while exists(free):
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
