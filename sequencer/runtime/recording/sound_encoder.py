"""Encode a sound file into a video's container, up to the time that the video has reached.

The sound begins exactly with the first frame. Where the file ends, or cannot be decoded further,
silence follows, so that a player (and the container's interleaving) never waits for sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from numpy.typing import NDArray

from sequencer.media.sound_files import SoundFileError, decode_sound, format_of_sound

if TYPE_CHECKING:
    from av.container import OutputContainer

BIT_RATES = {1: 128_000, 2: 192_000}
"""Bits per second of the sound, by its channels."""
_RATES = (32_000, 44_100, 48_000)
"""Samples per second that are kept; a file with another rate is converted to the last of them."""
_PIECE = 4096


class SoundEncoder:
    """Writes the sound of one file to a stream of a container.

    Args:
        container: The container, before anything is written to it.
        path: The sound file.

    Raises:
        SoundFileError: The file cannot be decoded.
    """

    def __init__(self, container: OutputContainer, path: Path) -> None:
        form = format_of_sound(path)
        self.rate = form.rate if form.rate in _RATES else _RATES[-1]
        self.channels = min(2, form.channels)
        self.start = Fraction(0)
        """The second of the file that is played with the first frame; silence comes before 0.

        It must be set before the first frame is encoded.
        """
        self.failure: str | None = None
        """Why there is no sound from some time on, or None."""
        self._path = path
        self._container = container
        self._layout = "mono" if self.channels == 1 else "stereo"
        stream = container.add_stream("aac", rate=self.rate, options={"flags": "+bitexact"})
        if not isinstance(stream, av.AudioStream):
            raise TypeError("AAC is encoded to a stream of sound")
        stream.layout = self._layout
        stream.bit_rate = BIT_RATES[self.channels]
        stream.time_base = Fraction(1, self.rate)
        self._stream = stream
        self._blocks: Iterator[NDArray[np.float32]] | None = None
        self._rest = np.zeros((self.channels, 0), np.float32)
        self._written = 0

    def write_until(self, seconds: Fraction) -> None:
        """Encode what belongs before `seconds` of the video."""
        target = round(seconds * self.rate)
        while self._written < target:
            if not self._rest.shape[1]:
                self._rest = self._next()
            piece = self._rest[:, : target - self._written]
            self._rest = self._rest[:, piece.shape[1] :]
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece), "fltp", self._layout)
            frame.sample_rate = self.rate
            frame.time_base = Fraction(1, self.rate)
            frame.pts = self._written
            self._written += piece.shape[1]
            for packet in self._stream.encode(frame):
                self._container.mux(packet)

    def finish(self) -> None:
        """Encode the samples that the encoder still holds."""
        if self._written:
            for packet in self._stream.encode(None):
                self._container.mux(packet)

    def _next(self) -> NDArray[np.float32]:
        """Return the next samples of the file, or silence after its end."""
        if self._blocks is None:
            start = max(self.start, Fraction(0))
            decoded = decode_sound(self._path, rate=self.rate, channels=self.channels, start=start)
            silent = np.zeros((self.channels, round((start - self.start) * self.rate)), np.float32)
            self._blocks = chain([silent] if silent.shape[1] else [], decoded)
        try:
            block = next(self._blocks, None)
        except SoundFileError as error:
            block, self._blocks = None, iter(())
            self.failure = self.failure or error.message
        silence = np.zeros((self.channels, _PIECE), np.float32)
        return silence if block is None or not block.shape[1] else block
