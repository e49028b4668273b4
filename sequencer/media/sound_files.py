"""Decode sound files to samples, in pieces, so that an hour of sound needs no more memory than one.

Positions are counted in decoded samples. What an encoder added before the first sample of the sound
itself (the delay that MP3 and AAC files declare) is left out by the decoder. A file is opened only
by its bytes, and cannot make the decoder open another file or a network address, as playlists
would.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sequencer.core.errors import InputError
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.sounds import MAX_SOUND_SECONDS, SOUND_FORMATS

if TYPE_CHECKING:
    import numpy as np
    from av import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

_EXPORT_AGAIN = "export it again, for example as WAV or FLAC"
_LARGEST_DECLARED = 0x7FFF0000
_NO_PROTOCOLS = {"protocol_whitelist": "none"}
"""FFmpeg's option for what a file may open; the file's own bytes do not come through FFmpeg."""


class SoundFileError(InputError):
    """A file that cannot be decoded to sound.

    The message begins with the name of the file, and has no position in a score.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFormat:
    """The format of a sound file: samples per second and channels, as its first frame has them."""

    rate: int
    channels: int


def decode_sound(
    path: Path,
    *,
    rate: int | None = None,
    channels: int | None = None,
    start: Fraction | int = 0,
) -> Iterator[Samples]:
    """Yield the samples of a sound file, in pieces of about a tenth of a second or less.

    Args:
        path: The file, in any format that PyAV decodes. In a video, its first sound track is used.
        rate: Samples per second of the result; by default those of the file.
        channels: 1 or 2, to which other numbers are mixed; by default those of the file.
        start: The second of the file at which to begin, exact to a sample of the file. Nothing is
            yielded if the file is shorter.

    Yields:
        Arrays of shape (channels, samples), with values from -1 to 1 unless the file clips.

    Raises:
        SoundFileError: The file is missing, contains no sound, or is damaged.
    """
    for frame in decode_frames(path, rate=rate, channels=channels, start=start):
        yield cast("Samples", frame.to_ndarray())


def decode_frames(
    path: Path,
    *,
    rate: int | None = None,
    channels: int | None = None,
    start: Fraction | int = 0,
) -> Iterator[AudioFrame]:
    """Yield the sound of a file as PyAV's frames in planar 32-bit floats.

    The arguments and errors are those of `decode_sound`.
    """
    import av

    resampler: av.AudioResampler | None = None
    now: tuple[str, str, int] | None = None
    for frame in _native_frames(path, Fraction(start)):
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if form != now:  # a file may change its format on the way, as joined Ogg files do
            if resampler is not None:
                yield from resampler.resample(None)
            layout = {None: frame.layout.name, 1: "mono", 2: "stereo"}.get(channels)
            if layout is None:
                raise ValueError("sound is mixed to 1 or 2 channels")
            rate, now = rate or frame.sample_rate, form
            channels = channels or frame.layout.nb_channels
            resampler = av.AudioResampler("fltp", layout, rate)
        if resampler is not None:
            frame.pts = None
            yield from resampler.resample(frame)
    if resampler is not None:
        yield from resampler.resample(None)


def format_of_sound(path: Path) -> SoundFormat:
    """Return the format of a sound file. Raises SoundFileError if it is not one."""
    for frame in _native_frames(path, Fraction(0)):
        return SoundFormat(rate=frame.sample_rate, channels=frame.layout.nb_channels)
    raise SoundFileError(f"{path.name} contains no sound", _EXPORT_AGAIN)


def _native_frames(path: Path, start: Fraction) -> Iterator[AudioFrame]:
    """Yield the frames of a file from second `start` on, in the file's own format."""
    position = Fraction(0)
    with _opened(path) as (container, stream):
        for frame in _decoded(path, container, stream):
            skipped = round((start - position) * frame.sample_rate)
            position += Fraction(frame.samples, frame.sample_rate)
            if position > MAX_SOUND_SECONDS:
                hours = MAX_SOUND_SECONDS // 3600
                raise SoundFileError(
                    f"{path.name} is longer than {hours} hours, the maximum for a sound file",
                    "use the part of it that the score needs",
                )
            if skipped <= 0:
                yield frame
            elif skipped < frame.samples:
                yield _without_first(frame, skipped)
    if position == 0:
        raise SoundFileError(f"{path.name} contains no sound", _EXPORT_AGAIN)
    _check_complete(path)


def _decoded(path: Path, container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    import av

    position = Fraction(0)
    try:
        for packet in container.demux(stream):
            try:
                frames = stream.decode(packet)
            except av.error.InvalidDataError:
                if position:
                    raise
                continue  # some files begin with bytes that belong to no frame
            for frame in frames:
                if frame.sample_rate and frame.samples:
                    position += Fraction(frame.samples, frame.sample_rate)
                    yield frame
    except (OSError, ValueError, av.error.FFmpegError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise SoundFileError(
            f"{path.name} is damaged after {float(position):.3f} s: {reason}", _EXPORT_AGAIN
        ) from None


@contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, AudioStream]]:
    import av

    try:
        file = path.open("rb")
    except OSError as error:
        raise SoundFileError(
            f"{path.name} cannot be read: {error.strerror}", "check its name and permissions"
        ) from None
    with file:
        try:
            container = av.open(
                file, "r", options=_NO_PROTOCOLS, metadata_errors="backslashreplace"
            )
        except (OSError, ValueError, av.error.FFmpegError):
            is_empty = not file.seek(0, 2)
            raise SoundFileError(
                f"{path.name} is an empty file" if is_empty else f"{path.name} is not a sound file",
                _EXPORT_AGAIN if is_empty else f"usual formats are {SOUND_FORMATS}",
            ) from None
        with container:
            if not container.streams.audio:
                what = "a video without sound" if container.streams.video else "not a sound file"
                raise SoundFileError(f"{path.name} is {what}", f"usual formats are {SOUND_FORMATS}")
            yield container, container.streams.audio[0]


def _without_first(frame: AudioFrame, skipped: int) -> AudioFrame:
    """Return a frame without its first samples."""
    import av
    import numpy as np

    samples = cast("Samples", frame.to_ndarray())
    if not frame.format.is_planar:  # the channels are interleaved in one row
        skipped *= frame.layout.nb_channels
    rest = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples[:, skipped:]), frame.format.name, frame.layout.name
    )
    rest.sample_rate = frame.sample_rate
    return rest


def _check_complete(path: Path) -> None:
    """Check that a WAV file is as long as its first bytes declare: decoders accept less."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
            size = file.seek(0, 2)
    except OSError:
        return  # it was read to its end just now
    declared = int.from_bytes(head[4:8], "little")
    # Programs that write to a pipe cannot know the size: they declare none, or the largest.
    if head[:4] == b"RIFF" and head[8:] == b"WAVE" and size < declared < _LARGEST_DECLARED:
        raise SoundFileError(
            f"{path.name} is not complete: it has {size:,} of {declared + 8:,} bytes",
            "copy or export it again",
        )
