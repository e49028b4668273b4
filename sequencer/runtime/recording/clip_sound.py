"""Add the sound of a score to a clip of its video, whose frames stay as they are."""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av

from sequencer.core.errors import OutputError
from sequencer.runtime.recording.sound_encoder import SoundEncoder

if TYPE_CHECKING:
    from av.video.stream import VideoStream


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipLength:
    """The frames per second of a clip, and its length in seconds."""

    rate: Fraction
    seconds: Fraction


def length_of_clip(clip: bytes) -> ClipLength:
    """Return the length of a video. Raises OutputError if it is not one."""
    try:
        with av.open(io.BytesIO(clip), "r") as source:
            video = _video_of(source.streams.video)
            times = [
                packet.pts * packet.time_base
                for packet in source.demux(video)
                if packet.pts is not None and packet.time_base is not None
            ]
            rate = Fraction(video.average_rate or 24)
    except av.error.FFmpegError as error:
        raise _unreadable(error) from None
    if not times:
        raise OutputError("the clip has no frames")
    return ClipLength(rate=rate, seconds=max(times) - min(times) + 1 / rate)


def add_sound(clip: bytes, sound: Path, start: Fraction) -> bytes:
    """Return an MP4 with the frames of a video, and a sound that begins with its first frame.

    Args:
        clip: The video.
        sound: The sound file.
        start: The second of the sound file that is played with the first frame, exact to a sample.
            Before second 0, there is silence.

    Raises:
        OutputError: The video cannot be read.
        SoundFileError: The sound cannot be decoded.
    """
    target = io.BytesIO()
    try:
        with (
            av.open(io.BytesIO(clip), "r") as source,
            av.open(target, "w", format="mp4", options={"fflags": "+bitexact"}) as container,
        ):
            video = _video_of(source.streams.video)
            copied = container.add_stream_from_template(video)
            encoder = SoundEncoder(container, sound)
            encoder.start = start
            first: int | None = None
            end = Fraction(0)
            for packet in source.demux(video):
                if packet.dts is None or packet.pts is None or packet.time_base is None:
                    continue
                first = packet.pts if first is None else first
                packet.pts, packet.dts = packet.pts - first, packet.dts - first
                at = packet.pts * packet.time_base
                end = max(end, at + (packet.duration or 0) * packet.time_base)
                packet.stream = copied
                container.mux(packet)
                encoder.write_until(at)
            encoder.write_until(end)
            encoder.finish()
    except av.error.FFmpegError as error:
        raise _unreadable(error) from None
    if encoder.failure is not None:
        raise OutputError(f"its sound ends too early: {encoder.failure}")
    return target.getvalue()


def _video_of(streams: tuple[VideoStream, ...]) -> VideoStream:
    if not streams:
        raise OutputError("the clip contains no video")
    return streams[0]


def _unreadable(error: av.error.FFmpegError) -> OutputError:
    return OutputError(f"the clip cannot be read: {error.strerror}")
