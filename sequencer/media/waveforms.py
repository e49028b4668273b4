"""Read a sound file once: its length, its digest, and how loud it is where, for a drawing."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.core.lazy_dataclass import dataclass
from sequencer.media.sound_files import SoundFileError, decode_sound, format_of_sound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PEAKS_PER_SECOND = 50
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What is known of a sound file that was decoded to its end.

    `rate` and `channels` are those of its first frame, and `samples` counts samples of one channel
    at that rate. `peaks` has the largest absolute value of each fiftieth of a second, from 0 to 1
    unless the file clips.
    """

    sha256: str
    size: int
    rate: int
    channels: int
    samples: int
    peaks: tuple[float, ...]

    @property
    def seconds(self) -> Fraction:
        """The length of the sound, in seconds."""
        return Fraction(self.samples, self.rate)


def read_sound(path: Path) -> Sound:
    """Decode a sound file to its end, without keeping its samples.

    Args:
        path: The file.

    Returns:
        Its length, digest and peaks.

    Raises:
        SoundFileError: The file is missing, contains no sound, is damaged, or is too long.
    """
    import numpy as np

    form = format_of_sound(path)
    sha256, size = digest_of(path)
    samples = 0
    peaks: list[NDArray[np.float32]] = []
    rest = np.zeros(0, np.float32)
    first = 0  # the number of the window that `rest` begins in
    for block in decode_sound(
        path, rate=form.rate, channels=form.channels if form.channels < 3 else 2
    ):
        loudness = np.concatenate((rest, np.abs(block).max(axis=0)))
        begin = samples - len(rest)
        samples += block.shape[1]
        last = samples * PEAKS_PER_SECOND // form.rate
        edges = [
            -(-number * form.rate // PEAKS_PER_SECOND) - begin for number in range(first, last + 1)
        ]
        if len(edges) > 1:
            peaks.append(np.maximum.reduceat(loudness[: edges[-1]], edges[:-1]))
        rest, first = loudness[edges[-1] :], last
    if len(rest):
        peaks.append(rest.max(keepdims=True))
    found = np.concatenate(peaks) if peaks else rest
    return Sound(
        sha256=sha256,
        size=size,
        rate=form.rate,
        channels=form.channels,
        samples=samples,
        peaks=tuple(np.nan_to_num(found).tolist()),
    )


def digest_of(path: Path) -> tuple[str, int]:
    """Return the SHA-256 of a file's bytes and their number, read in pieces.

    Raises SoundFileError.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
    except OSError as error:
        raise SoundFileError(
            f"{path.name} cannot be read: {error.strerror}", "check its name and permissions"
        ) from None
    return digest.hexdigest(), size
