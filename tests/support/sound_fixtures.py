"""Sound files for tests: clicks at exact samples, in the formats that PyAV can write."""

from __future__ import annotations

import wave
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 44_100
CLICK = 220
"""The samples of a click: five milliseconds."""


def click_track(
    seconds: Fraction | float, clicks: Iterable[Fraction | float], rate: int = RATE
) -> NDArray[np.int16]:
    """Return mono samples that are silent except for a click at each of the given seconds."""
    samples = np.zeros(round(seconds * rate), np.int16)
    tone = (20_000 * np.sin(np.arange(CLICK) * 2 * np.pi * 2000 / rate)).astype(np.int16)
    tone[0] = 20_000
    for at in clicks:
        start = round(at * rate)
        part = samples[start : start + CLICK]
        part[:] = tone[: len(part)]
    return samples


def write_wav(path: Path, samples: NDArray[np.int16], rate: int = RATE, channels: int = 1) -> Path:
    """Write samples, the same to each channel."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(samples, channels).astype("<i2").tobytes())
    return path


def write_encoded(path: Path, samples: NDArray[np.int16], codec: str, rate: int = RATE) -> Path:
    """Write samples to a file whose format follows from its name."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples[None, :], "s16", "mono")
        frame.sample_rate = rate
        frame.pts = 0
        frame.time_base = Fraction(1, rate)
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return path


def onsets(samples: NDArray[np.float32], rate: int) -> list[float]:
    """Return the seconds at which clicks begin, in mono samples."""
    loud = np.flatnonzero(np.abs(samples) > 0.2)
    if not len(loud):
        return []
    begins = np.concatenate(([True], np.diff(loud) > rate // 20))
    return [float(at) / rate for at in loud[begins]]
