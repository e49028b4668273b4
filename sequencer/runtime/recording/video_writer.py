"""Write the frames of a run to an MP4 file that plays everywhere and starts playing at once."""

from __future__ import annotations

import errno
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from numpy.typing import NDArray

from sequencer.core.errors import OutputError
from sequencer.core.paths import remove
from sequencer.media.sound_files import SoundFileError
from sequencer.runtime.recording.caption import Caption
from sequencer.runtime.recording.encoder import Encoder, checked_size
from sequencer.runtime.recording.frame_queue import MAX_BYTES, FrameQueue
from sequencer.runtime.recording.reserved_file import RESERVE, ReservedFile

DEFAULT_SIZE = (1280, 768)

_GROWTH = 32768
"""After every `_GROWTH` frames, the reserve and the container's index grow by `_MORE` bytes."""
_MORE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A finished video. `cut_short` is the reason why it is shorter than intended, or None."""

    path: Path
    frames: int
    fps: Fraction
    size: tuple[int, int]
    bytes: int
    cut_short: str | None = None

    @property
    def seconds(self) -> Fraction:
        """The length of the video, in seconds."""
        return self.frames / self.fps


class VideoWriter:
    """Writes frames to an H.264 MP4, in a thread.

    It never drops a frame, and waits if too many are waiting.

    The file is written under a temporary name beside `path`, and renamed to `path` when it is
    complete. The same frames, captions, size and rate make the same bytes. A failed write (full
    disk, no access) raises OutputError once, from `write` or from `close`; what was written before
    is closed properly if possible, and the message reports it.

    Args:
        path: The video file.
        size: (width, height) in pixels, even.
        fps: Frames per second.
        sound: The sound file that is played with the frames, if any.
        most_waiting: The most bytes of frames that may wait.

    Raises:
        OutputError: The file cannot be created.
        UsageError: The size is not valid.
        SoundFileError: The sound file cannot be decoded.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int] = DEFAULT_SIZE,
        fps: Fraction = Fraction(24),
        *,
        sound: Path | None = None,
        most_waiting: int = MAX_BYTES,
    ) -> None:
        self.path = path
        self.size = checked_size(size)
        self.fps = fps
        self.partial = path.with_name(f".{path.name}.partial").absolute()
        self._backlog: FrameQueue[tuple[NDArray[np.uint8], Caption | None]] = FrameQueue(
            most_waiting
        )
        self._error: OutputError | None = None
        self._was_reported = False
        self._aborted = False
        self._result: Recorded | None = None
        self._written = 0
        try:
            self._file = ReservedFile(self.partial, RESERVE)
        except OSError as error:
            raise cannot_write(path, error) from None
        try:
            self._encoder = Encoder(
                self._file, "mp4", size, fps, options={"movflags": "+faststart"}, sound=sound
            )
        except SoundFileError:
            self._file.discard()
            raise
        except (OSError, av.error.FFmpegError) as error:
            self._file.discard()
            raise OutputError(
                f"{path.name} cannot be encoded: {error}", "is PyAV built with libx264?"
            ) from None
        self._thread = threading.Thread(target=self._work, name=f"writes {path.name}", daemon=True)
        self._thread.start()

    # ---- in the caller's thread

    def begin_sound_at(self, second: Fraction) -> None:
        """Set the second of the sound file that is played with the first frame.

        Call it before the first frame is written.
        """
        if self._encoder.sound is not None:
            self._encoder.sound.start = second

    def write(self, frame: NDArray[np.uint8], caption: Caption | None = None) -> None:
        """Add a frame, shape (height, width, 3) RGB of any size.

        The frame must not be modified afterwards. Raises OutputError.
        """
        if not self._backlog.put((frame, caption), frame.nbytes):
            self._raise()

    def write_all(
        self, frames: NDArray[np.uint8], captions: Sequence[Caption | None] | None = None
    ) -> None:
        """Add the frames of a chunk, shape (count, height, width, 3), each with its caption.

        Raises OutputError.
        """
        for index, frame in enumerate(frames):
            self.write(frame, None if captions is None else captions[index])

    def close(self) -> Recorded | None:
        """Finish the file and give it its name. Safe to call again, also after an interrupted call.

        Returns:
            The video, or None if there is nothing to keep (no frame, or aborted).

        Raises:
            OutputError: Writing failed, and the error has not been raised before.
        """
        self._backlog.end()
        self._thread.join()
        if self._error is not None and not self._was_reported:
            self._raise()
        return self._result

    def abort(self) -> None:
        """Stop, and remove the file."""
        self._aborted = True
        self._backlog.give_up()
        self._thread.join()
        self._file.discard()
        if self._result is not None:
            remove(self._result.path)
            self._result = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close even after an error, because the video so far is worth keeping.

        A failure to close hides no other error.
        """
        if value is not None:
            self._was_reported = True
        self.close()

    def _raise(self) -> None:
        self._thread.join()
        self._was_reported = True
        raise self._error or OutputError(f"{self.path.name} is closed: no frame can be added to it")

    # ---- in the encoder thread

    def _work(self) -> None:
        """Encode frames as they come; finish the file at the end or on a full disk.

        Any other error makes it give up.
        """
        try:
            for frame, caption in self._backlog:
                self._encoder.encode(frame, self._written, caption)
                self._written += 1
                if self._written % _GROWTH == 0:
                    self._file.grow(RESERVE + _MORE * (self._written // _GROWTH))
                if self._file.full:
                    break
            if self._aborted:
                self._encoder.drop()
            else:
                self._finish()
        except (OSError, av.error.FFmpegError) as error:
            self._encoder.drop()
            self._file.discard()
            self._error = cannot_write(self.path, self._file.failed or error)
        except Exception as error:  # noqa: BLE001  the caller's thread must receive any error
            self._encoder.drop()
            self._file.discard()
            self._error = OutputError(
                f"{self.path.name} could not be encoded: {type(error).__name__}: {error}"
            )
        finally:
            self._backlog.give_up()

    def _finish(self) -> None:
        self._encoder.finish()
        self._file.close()
        reason = "the disk is full" if self._file.full else None
        if self._written == 0:
            self._file.discard()
        else:
            self.partial.replace(self.path)
            size = self.path.stat().st_size
            self._result = Recorded(
                path=self.path,
                frames=self._written,
                fps=self.fps,
                size=self.size,
                bytes=size,
                cut_short=reason,
            )
        sound = self._encoder.sound
        if sound is not None and sound.failure is not None:
            self._error = OutputError(f"{self.path.name} has no sound to its end: {sound.failure}")
        if reason is not None:
            seconds = float(self._written / self.fps)
            self._error = OutputError(
                (
                    f"{reason}: {self.path.name} plays, but ends after {self._written} frames "
                    f"({seconds:.1f} s)"
                ),
                "free some space or choose another folder with --out; --no-video needs almost none",
            )


def cannot_write(path: Path, error: Exception) -> OutputError:
    """Return the error to raise for an error of the system."""
    number = getattr(error, "errno", None)
    disk_full = "free some space or choose another folder with --out; --no-video needs almost none"
    hint = {
        errno.ENOSPC: disk_full,
        errno.EDQUOT: "your quota is used up: free some space, or choose another folder with --out",
        errno.EFBIG: (
            "files on this disk, or of this user, may not be that large: try a smaller --video-size"
        ),
        errno.EACCES: "choose a folder that you may write to with --out",
        errno.EPERM: "choose a folder that you may write to with --out",
        errno.EROFS: "choose a folder that you may write to with --out",
        errno.ENOENT: "the folder does not exist",
    }.get(number or 0, "choose another folder with --out, or run with --no-video")
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return OutputError(f"{path.name} cannot be written to {path.parent}: {text}", hint)
