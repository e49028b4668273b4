"""Songs for tests: drums with beats at known times."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.support.sound_fixtures import write_wav

RATE = 22_050


def even_beats(bpm: float, seconds: float, first: float = 0.35) -> list[float]:
    """Beats of one tempo."""
    return [float(time) for time in np.arange(first, seconds - 1, 60 / bpm)]


def drifting_beats(low: float, high: float, seconds: float, first: float = 0.5) -> list[float]:
    """Beats whose tempo changes evenly from one value to another."""
    times = [first]
    while times[-1] < seconds - 2:
        times.append(times[-1] + 60 / (low + (high - low) * times[-1] / seconds))
    return times


def drums(beats: Sequence[float], seconds: float, beats_of_bar: int = 4) -> NDArray[np.int16]:
    """A bass drum on downbeats, a snare and a soft bass drum on the others, hats in between."""
    chance = np.random.default_rng(1)
    samples = np.zeros(round(seconds * RATE))
    time = np.arange(round(0.09 * RATE)) / RATE
    noise = chance.standard_normal(len(time))
    kick = np.sin(2 * np.pi * (50 + 90 * np.exp(-time * 40)) * time) * np.exp(-time * 25)
    hat = 0.25 * noise * np.exp(-time * 120)
    snare = (0.3 * noise + 0.25 * np.sin(2 * np.pi * 190 * time)) * np.exp(-time * 40)

    def add(sound: NDArray[np.float64], at: float) -> None:
        part = samples[round(at * RATE) :][: len(sound)]
        part += sound[: len(part)]

    for number, at in enumerate(beats):
        place = number % beats_of_bar
        add(kick if place == 0 else snare if place % 2 else kick / 2, at)
        add(hat, at)
        if number + 1 < len(beats):
            add(hat / 2, (at + beats[number + 1]) / 2)
    samples += 0.002 * chance.standard_normal(len(samples))
    return (np.clip(samples * 0.6, -1, 1) * 32_000).astype(np.int16)


def write_song(path: Path, beats: Sequence[float], seconds: float, beats_of_bar: int = 4) -> Path:
    """Write a song of drums as a WAV file."""
    return write_wav(path, drums(beats, seconds, beats_of_bar), RATE)
