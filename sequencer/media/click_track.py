"""Write a sound file with clicks, alone or over a song, so that a grid becomes audible."""

from __future__ import annotations

import wave
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.core.paths import remove, write_error
from sequencer.core.sounds import SoundTrack
from sequencer.media.sound_files import decode_sound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RATE = 48_000
"""Samples per second of the file."""

SONG_LEVEL = 0.5
"""The song is played at half its amplitude, so that the clicks are louder and nothing clips."""

_PIECE = RATE

DOWNBEAT, BEAT, CUE = "downbeat", "beat", "cue"
_SOUNDS = {  # frequency in hertz, length in seconds, amplitude
    DOWNBEAT: (1760.0, 0.030, 0.45),
    BEAT: (1175.0, 0.020, 0.30),
    CUE: (330.0, 0.120, 0.50),
}
"""High and short for beats, higher for the first of a bar, low and long where the model changes."""


def make_click(kind: str) -> Samples:
    """Return the samples of a click: a sine that fades out."""
    import numpy as np

    frequency, seconds, loudness = _SOUNDS[kind]
    time = np.arange(round(seconds * RATE)) / RATE
    tone = np.sin(2 * np.pi * frequency * time + np.pi / 2) * np.exp(-time * 5 / seconds)
    return (loudness * tone).astype(np.float32)


def write_clicks(
    path: Path,
    clicks: Iterable[tuple[Fraction, str]],
    *,
    seconds: Fraction,
    sound: tuple[Path, SoundTrack] | None = None,
) -> None:
    """Write a WAV file with clicks, in 16 bits and stereo; completely, or not at all.

    Args:
        path: The file to write.
        clicks: The second and the kind of each click: `DOWNBEAT`, `BEAT` or `CUE`.
        seconds: The length of the file.
        sound: The file of the song and where in it second 0 is, or None for clicks alone.

    Raises:
        SoundFileError: The song cannot be decoded.
        OutputError: The file cannot be written.
    """
    import numpy as np

    waiting = sorted(((round(at * RATE), kind) for at, kind in clicks), reverse=True)
    shapes = {kind: make_click(kind) for kind in _SOUNDS}
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as raw, wave.open(raw, "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(RATE)
            rest = np.zeros(max(map(len, shapes.values())), np.float32)
            position, total = 0, round(seconds * RATE)
            for song in _pieces(sound, total):
                size = song.shape[1]
                layer = np.zeros(size + len(rest), np.float32)
                layer[: len(rest)] = rest
                while waiting and waiting[-1][0] < position + size:
                    at, kind = waiting.pop()
                    shape = shapes[kind]
                    layer[at - position : at - position + len(shape)] += shape
                mixed = np.clip(song * SONG_LEVEL + layer[:size], -1, 1)
                file.writeframes((mixed.T * 32_767).astype("<i2").tobytes())
                rest = layer[size:]
                position += size
        partial.replace(path)
    except OSError as error:
        raise write_error(path, error) from None
    finally:
        remove(partial)


def _pieces(sound: tuple[Path, SoundTrack] | None, total: int) -> Iterator[Samples]:
    """Yield the song in stereo, or silence, with `total` samples in all."""
    import numpy as np

    left = total
    if sound is not None:
        file, track = sound
        for piece in decode_sound(file, rate=RATE, channels=2, start=track.start):
            if left <= 0:
                return
            yield np.nan_to_num(piece[:, :left])
            left -= piece.shape[1]
    while left > 0:
        yield np.zeros((2, min(left, _PIECE)), np.float32)
        left -= _PIECE
