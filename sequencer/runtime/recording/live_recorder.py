"""Record the frames of a live stage as they arrive, without ever delaying or ending the show.

Recording runs in a thread.
"""

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
from sequencer.runtime.recording.encoder import TICKS, Encoder, RawFrame, checked_size
from sequencer.runtime.recording.frame_queue import FrameQueue
from sequencer.runtime.recording.reserved_file import ReservedFile
from sequencer.runtime.recording.video_writer import cannot_write

_FAR = TICKS // 2


class LiveTimes:
    """Makes increasing times from unevenly arriving stamps, in ticks of 1/90000 s.

    Times count from the first frame.

    The sender's stamps (RTP's, in ticks) contain no network jitter, so they determine the steps. If
    they are missing, jump (a new connection starts a new count) or differ by more than half a
    second from the arrivals, the arrivals count.
    """

    def __init__(self) -> None:
        self._first: int | None = None
        self._last = -1
        self._stamp: int | None = None

    def pts(self, at: int, stamp: int | None = None) -> int:
        """Return the time of a frame that arrived at nanosecond `at` with the sender's `stamp`."""
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
"""Bytes of waiting frames after which the recorder warns that it falls behind.

This is five seconds of 1280×768.
"""

_RATE = Fraction(24)
_RESERVE = 16 << 20
_GROWTH, _MORE = 32768, 2 << 20
"""After every `_GROWTH` frames, the reserve grows by `_MORE` bytes, as does the file's index.

The index is written at the end.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRecording:
    """A finished live recording.

    `began` is the nanosecond at which its first frame arrived, to compare its times with the
    journal's. `resized` counts how often the stage changed its size; such frames are scaled to the
    first size, with bars. `frames_dropped` counts frames that arrived while more waited than the
    bound allows (none of them is missing). `cut_short` is the reason why the recording ended before
    the stage did; `missed` counts the frames that are missing because of that.
    """

    path: Path
    frames: int
    size: tuple[int, int]
    began: int
    seconds: Fraction
    resized: int
    frames_dropped: int
    most_waiting: int
    missed: int
    cut_short: str | None = None


class LiveRecorder:
    """Records frames as they arrive.

    `take` never waits and never fails, so that a show outlives its recording.

    The file grows by fragments: after a killed run, all but its last two seconds are readable. If
    `path` exists, it is kept and the next free name (`video-2.mp4`) is used: a resumed run
    continues in a second file.

    Args:
        path: The video file.
        size: (width, height) in pixels, even. None takes the first frame's size.
        sound: The sound file that is played with the frames, if any. It is not interrupted where
            frames are missing: it has the times at which they arrived.
        most_waiting: Bytes of frames that may wait before the recorder falls behind.
        warn: Called once, from `take`, if the recorder falls behind.

    Raises:
        OutputError: The file cannot be created.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int] | None = None,
        *,
        sound: Path | None = None,
        most_waiting: int = MAX_WAITING,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self.path = _free(path)
        self._size = None if size is None else checked_size(size)
        self._backlog: FrameQueue[tuple[RawFrame, int, Caption | None]] = FrameQueue(most_waiting)
        self._warn = warn
        self._warned = False
        self._sound = sound
        self._sound_start = Fraction(0)
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
        self._thread = threading.Thread(
            target=self._work, name=f"records {self.path.name}", daemon=True
        )
        self._thread.start()

    @property
    def failure(self) -> OutputError | None:
        """Why nothing is recorded any more, or None. Report it at once."""
        return self._failure

    @property
    def waiting(self) -> int:
        """The number of frames that wait to be encoded."""
        return self._backlog.waiting

    def begin_sound_at(self, second: Fraction) -> None:
        """Set the second of the sound file that is played with the first frame.

        Call it before the first frame is taken.
        """
        self._sound_start = second

    def take(self, image: RawFrame, at: int, caption: Caption | None = None) -> bool:
        """Record a frame that arrived at nanosecond `at`.

        It returns at once and never blocks an event loop.

        Returns:
            False if the recording is over.
        """
        if isinstance(image, av.VideoFrame):
            size, stamp = (image.width, image.height), image.pts
            weight = size[0] * size[1] * 3 // 2
        else:
            size, stamp = (image.shape[1], image.shape[0]), None
            weight = image.nbytes
        pts = self._times.pts(at, stamp)
        self._offered += 1
        if not self._backlog.offer((image, pts, caption), weight):
            return False
        if self._began is None:
            self._began = at
        if self._last_size not in (None, size):
            self._resized += 1
        self._last_size = size
        if self._backlog.waited and not self._warned:
            self._warned = True
            if self._warn is not None:
                self._warn(
                    f"recording is too slow: {self.waiting} frames are waiting; none is "
                    "dropped, but they use memory"
                )
        return True

    def close(self) -> LiveRecording | None:
        """Encode what waits and finish the file.

        It blocks, so call it in a thread; a second call has no effect.

        Returns:
            The recording, or None if no frame arrived.

        Raises:
            OutputError: No part of the recording can be kept.
        """
        self._backlog.end()
        self._thread.join()
        if self._finished is None:
            if self._failure is not None:
                raise self._failure
            return None
        return replace(self._finished, missed=self._offered - self._finished.frames)

    # ---- in the encoder thread

    def _work(self) -> None:
        encoder: Encoder | None = None
        try:
            for image, pts, caption in self._backlog:
                if encoder is None:
                    encoder = self._encoder(image)
                encoder.encode(image, pts, caption)
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
                self._finish(encoder, "the disk is full" if self._file.full else None)
        except (OSError, av.error.FFmpegError) as error:
            self._broken(encoder, cannot_write(self.path, self._file.failed or error))
        except Exception as error:  # noqa: BLE001  the run must receive any error
            self._broken(
                encoder,
                OutputError(
                    f"{self.path.name} could not be encoded: {type(error).__name__}: {error}"
                ),
            )
        finally:
            self._backlog.give_up()

    def _encoder(self, image: RawFrame) -> Encoder:
        if self._size is None:
            height, width = (
                (image.height, image.width) if isinstance(image, av.VideoFrame) else image.shape[:2]
            )
            self._size = max(32, width & ~1), max(32, height & ~1)
        flags = "+frag_keyframe+hybrid_fragmented"
        if self._sound is not None:  # the sound begins before 0, which only a later index can state
            flags += "+delay_moov"
        options = {"movflags": flags, "flush_packets": "1"}
        encoder = Encoder(
            self._file,
            "mp4",
            self._size,
            _RATE,
            time_base=Fraction(1, TICKS),
            options=options,
            received=True,
            sound=self._sound,
        )
        if encoder.sound is not None:
            encoder.sound.start = self._sound_start
        return encoder

    def _finish(self, encoder: Encoder, reason: str | None) -> None:
        """Keep the finished recording; one that ended early is also a failure, though playable."""
        self._finished = LiveRecording(
            path=self.path,
            frames=self._frames,
            size=encoder.size,
            began=self._began or 0,
            seconds=Fraction(self._last_pts, TICKS) + 1 / _RATE,
            resized=self._resized,
            frames_dropped=self._backlog.waited,
            most_waiting=self._backlog.highest,
            missed=0,
            cut_short=reason,
        )
        if encoder.sound is not None and encoder.sound.failure is not None:
            self._failure = OutputError(
                f"{self.path.name} has no sound to its end: {encoder.sound.failure}"
            )
        if reason is not None:
            self._failure = OutputError(
                f"{reason}: {self.path.name} plays, but ends after {self._frames} frames",
                "the show continues",
            )

    def _broken(self, encoder: Encoder | None, failure: OutputError) -> None:
        """Keep the fragments, which can be played, after the output was lost."""
        if encoder is not None:
            encoder.drop()
        self._file.let_go()
        self._frames = _whole(self.path)
        if self._frames == 0 or encoder is None:
            self._file.discard()
        else:
            self._finish(encoder, failure.message)
        self._failure = failure


def _whole(path: Path) -> int:
    """Truncate a file after its last complete fragment; return how many frames are left."""
    try:
        with path.open("r+b") as file:
            end = offset = 0
            size = path.stat().st_size
            while len(head := file.read(16)) == 16:
                length = int.from_bytes(head[:4], "big")
                offset += int.from_bytes(head[8:], "big") if length == 1 else length
                if length == 0 or offset > size:
                    break
                if head[4:8] in (b"moov", b"mdat"):
                    end = offset
                file.seek(offset)
            file.truncate(end)
        with av.open(str(path)) as video:
            return sum(1 for packet in video.demux(video=0) if packet.size)
    except (OSError, av.error.FFmpegError):
        return 0


def _free(path: Path) -> Path:
    """Return the first free name for a path.

    The disk space that a killed recording had reserved is released.
    """
    number, free = 1, path
    remove(path.with_name(path.name + ".reserve"))
    while exists(free):
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
