"""Encode frames of any size to one H.264 stream of one size, in one container, with PyAV.

Everything that could differ between two runs is fixed: the number of the encoder's threads, its
settings, the muxer's bit-exact mode (no versions, no dates). The same frames therefore make the
same file, on the same machine and with the same libraries.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from sequencer.core.errors import UsageError
from sequencer.runtime.recording.caption import Caption, CaptionBand
from sequencer.runtime.recording.sound_encoder import SoundEncoder

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

THREADS = 2
"""The number of encoder threads, fixed because it changes the output bytes."""

QUALITY = 20
"""x264's constant rate factor."""

MAX_WIDE = 4096

# ultrafast, with the features that good frames need enabled again: an entropy coder, the
# deblocking filter, B-frames (not for received frames: their file is cut into fragments, whose
# times would not begin at 0 then).
_X264 = "cabac=1:deblock=1,0,0:bframes={between}:b-adapt=0:keyint={keyint}:scenecut=0"

RawFrame = NDArray[np.uint8] | av.VideoFrame
"""A frame: RGB, shape (height, width, 3), or as a decoder returns it."""

TICKS = 90_000
"""Ticks per second of live times, as in RTP and MPEG-TS."""

# How colours are declared: (swscale's name, the stream's code of the matrix). Frames rendered here
# are BT.709. A stage's track does not declare its matrix, which by the convention of those codecs
# is then BT.601, and stays so.
_MADE = (Colorspace.ITU709, 1)
_RECEIVED = (Colorspace.ITU601, 6)


class Output(Protocol):
    """Receives the bytes: a file object, as PyAV accepts it."""

    def write(self, data: bytes) -> int:
        """Write all of `data`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How frames of one size fit another: scaled to (width, height) at (left, top), all even."""

    width: int
    height: int
    left: int
    top: int

    @classmethod
    def of(cls, source: tuple[int, int], target: tuple[int, int]) -> Fit:
        """Return the largest fit without distortion, centred. Sizes are (width, height)."""
        wide, tall = target
        width = min(wide, _even(Fraction(source[0] * tall, source[1])))
        height = min(tall, _even(Fraction(source[1] * wide, source[0])))
        if wide - width <= 2 and tall - height <= 2:  # a pixel of rounding does not justify a bar
            return cls(width=wide, height=tall, left=0, top=0)
        return cls(
            width=width, height=height, left=(wide - width) // 4 * 2, top=(tall - height) // 4 * 2
        )


def _even(length: Fraction) -> int:
    return max(2, round(length / 2) * 2)


def checked_size(size: tuple[int, int], name: str = "the video's size") -> tuple[int, int]:
    """Return a size (width, height) that can be encoded. Raises UsageError for any other."""
    width, height = size
    if not (32 <= width <= MAX_WIDE and 32 <= height <= MAX_WIDE):
        raise UsageError(
            f"{name} is {width}x{height}",
            f"both sides must be 32 to {MAX_WIDE} pixels, such as 1280x768",
        )
    if width % 2 or height % 2:
        raise UsageError(
            f"{name} is {width}x{height}",
            "both sides must be even: H.264 stores colours for pairs of pixels",
        )
    return size


def video_size(text: str) -> tuple[int, int]:
    """Parse the size in `--video-size`, such as `1280x768`. Raises UsageError."""
    wide, separator, tall = text.strip().lower().replace("×", "x").partition("x")
    if not (
        separator and wide.isascii() and tall.isascii() and wide.isdecimal() and tall.isdecimal()
    ):
        raise UsageError(
            f"{text!r} is not a size", "write width x height in pixels, such as 1280x768"
        )
    return checked_size((int(wide[:6]), int(tall[:6])), "--video-size")


class Encoder:
    """Encodes frames with times of their own into `output`. Use it from one thread at a time.

    Args:
        output: Receives the bytes. Its errors are raised as OSError, from `encode` and from
            `finish`.
        form: The container's format, as PyAV names it.
        size: Width and height in pixels.
        rate: The nominal frame rate.
        time_base: The length of one step of `pts`, in seconds.
        options: The container's options.
        received: Whether the frames come from a decoder; they keep its colours.
        watched: Whether to encode for the least delay.
        sound: The sound file that is played with the frames, if any.
    """

    def __init__(
        self,
        output: Output,
        form: str,
        size: tuple[int, int],
        rate: Fraction,
        *,
        time_base: Fraction | None = None,
        options: dict[str, str] | None = None,
        received: bool = False,
        watched: bool = False,
        sound: Path | None = None,
    ) -> None:
        self.size = checked_size(size)
        self.frames = 0
        self._end = Fraction(0)
        """When the last frame ends, in seconds."""
        keyint = max(1, round(rate * (1 if watched else 2)))
        settings = {
            "preset": "ultrafast",
            "crf": str(QUALITY),
            "x264-params": _X264.format(keyint=keyint, between=0 if received else 3),
        }
        if watched:
            settings |= {
                "tune": "zerolatency",
                "x264-params": f"keyint={keyint}:scenecut=0:repeat-headers=1",
            }
        self._container: OutputContainer = av.open(
            cast("Any", output),
            "w",
            format=form,
            options={"fflags": "+bitexact", **(options or {})},
        )
        stream: VideoStream = self._container.add_stream("libx264", rate=rate, options=settings)
        stream.width, stream.height = self.size
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.thread_count = THREADS
        context.time_base = time_base or 1 / rate
        self._space, matrix = _RECEIVED if received else _MADE
        context.colorspace = context.color_primaries = context.color_trc = matrix
        context.color_range = ColorRange.MPEG
        self._stream = stream
        self._rate = rate
        self.sound = None if sound is None else SoundEncoder(self._container, sound)
        self._reformatter = VideoReformatter()
        self._band = CaptionBand(*self.size)

    def encode(self, frame: RawFrame, pts: int, caption: Caption | None = None) -> None:
        """Encode one frame of any size; `pts` counts steps of the time base and increases."""
        image = self._scaled(frame)
        if caption is not None:
            luma, first, second = planes(image)
            self._band.draw_on(caption, luma, first, second)
        image.pts = pts
        image.time_base = self._stream.codec_context.time_base
        self.frames += 1
        self._mux(image)
        self._end = pts * image.time_base + 1 / self._rate
        if self.sound is not None:
            self.sound.write_until(pts * image.time_base)

    def _mux(self, image: av.VideoFrame | None) -> None:
        for packet in self._stream.encode(image):
            self._container.mux(packet)

    def _scaled(self, frame: RawFrame) -> av.VideoFrame:
        """Return the frame in the stream's size and format.

        The result is always a new frame, because others may hold the given one.
        """
        if isinstance(frame, av.VideoFrame):
            source = frame
        else:
            source = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        fit = Fit.of((source.width, source.height), self.size)
        if source.format.name == "yuv420p" and (source.width, source.height) == self.size:
            return _copied(source)
        scaled = self._reformatter.reformat(
            source,
            fit.width,
            fit.height,
            "yuv420p",
            dst_colorspace=self._space,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.BICUBIC,
        )
        if (fit.width, fit.height) == self.size:
            return scaled
        whole = av.VideoFrame(*self.size, "yuv420p")
        for number, (into, part) in enumerate(zip(planes(whole), planes(scaled), strict=True)):
            into[:] = 128 if number else 16
            top, left = (fit.top, fit.left) if number == 0 else (fit.top // 2, fit.left // 2)
            into[top : top + part.shape[0], left : left + part.shape[1]] = part
        return whole

    def finish(self) -> None:
        """Write the frames that the encoder still holds, and the container's index."""
        if self.frames:
            if self.sound is not None:
                self.sound.write_until(self._end)
                self.sound.finish()
            self._mux(None)
        self._container.close()

    def drop(self) -> None:
        """Release everything, whether or not it can be written."""
        try:
            self._container.close()
        except (OSError, av.error.FFmpegError):
            return  # the caller already knows that the output is lost


def _copied(image: av.VideoFrame) -> av.VideoFrame:
    copy = av.VideoFrame(image.width, image.height, "yuv420p")
    for into, part in zip(planes(copy), planes(image), strict=True):
        into[:] = part
    return copy


def planes(image: av.VideoFrame) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Return views of a yuv420p frame's three planes: writing to them changes the frame."""
    luma, first, second = (
        np.frombuffer(cast("Any", plane), np.uint8).reshape(plane.height, plane.line_size)[
            :, : plane.width
        ]
        for plane in image.planes
    )
    return luma, first, second
