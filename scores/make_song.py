"""Makes `night-ferry.opus`, the song of `night-ferry.score`, and its beats: `python make_song.py`.

Everything is synthesised here, so the song has no other author and no other licence than the
project. It is played with a tempo that drifts, as people play: the times of its beats are written
to `night-ferry.beats` as they were played, in milliseconds.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

FOLDER = Path(__file__).parent
NAME = "night-ferry"
RATE = 48_000
"""Samples per second."""

BEATS_PER_BAR = 4
FIRST_BEAT_MS = 500
TAIL_SECONDS = 5
"""How long the last chord rings."""

Samples = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """A part of the song: its bars, the tempo at its first and at its last beat, who plays."""

    name: str
    bars: int
    tempi: tuple[int, int]
    players: str


PARTS = (
    Part("intro", 8, (94, 96), "pad bell"),
    Part("verse-1", 16, (96, 97), "pad bass pluck kick hat"),
    Part("chorus-1", 8, (99, 101), "pad bass pluck kick hat snare melody"),
    Part("verse-2", 16, (97, 98), "pad bass pluck kick hat snare"),
    Part("chorus-2", 8, (100, 102), "pad bass pluck kick hat snare melody"),
    Part("bridge", 8, (92, 94), "pad bell bass"),
    Part("last-chorus", 8, (101, 88), "pad bass pluck kick hat snare melody bell"),
)

CHORDS = ((57, 60, 64), (53, 57, 60), (48, 55, 64), (55, 59, 62))
"""A minor, F, C and G, one bar each, as MIDI notes."""

MELODY = ((76, 3), (74, 1), (72, 2), (74, 2), (76, 2), (79, 2), (74, 4))
"""Notes and their lengths in beats: four bars."""


def beat_times() -> list[Fraction]:
    """Return the time of each beat in seconds, exact to the millisecond, the end included."""
    times = [Fraction(FIRST_BEAT_MS, 1000)]
    hand = 12_345  # a small linear congruential generator: the same hand on every machine
    exact = times[0]
    for part in PARTS:
        count = part.bars * BEATS_PER_BAR
        slow, fast = part.tempi
        for beat in range(count):
            tempo = slow + Fraction((fast - slow) * beat, count - 1)
            exact += 60 / tempo
            hand = (hand * 1_103_515_245 + 12_345) % 2**31
            unsteady = Fraction(hand % 13 - 6, 1000)  # nobody plays steadier than this
            times.append(Fraction(round((exact + unsteady) * 1000), 1000))
    return times


def beat_file(times: list[Fraction]) -> str:
    """Return the beats as a beat file. The end of the last beat is a beat too: the last chord."""

    def write(seconds: Fraction) -> str:
        whole, part = divmod(int(seconds * 1000), 1000)
        return f"{whole}.{part:03}"

    document = {
        "format": "sequencer-beats",
        "version": 1,
        "meter": f"{BEATS_PER_BAR}/4",
        "downbeats": [write(time) for time in times[::BEATS_PER_BAR]],
        "beats": [write(time) for time in times],
    }
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in document.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


# ---- instruments: each returns one note, mono, from its first sample on --------------------------


def _seconds(length: float) -> Samples:
    return np.arange(int(length * RATE)) / RATE


def _hertz(note: float) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def _noise(length: float, seed: int) -> Samples:
    return np.random.Generator(np.random.PCG64(seed)).uniform(-1, 1, int(length * RATE))


def kick() -> Samples:
    """A falling sine."""
    time = _seconds(0.28)
    phase = 2 * np.pi * (48 * time + 9 * (1 - np.exp(-time * 30)))
    return np.asarray(np.sin(phase) * np.exp(-time * 14))


def snare() -> Samples:
    """Noise over a short tone."""
    time = _seconds(0.22)
    tone = np.sin(2 * np.pi * 185 * time) * np.exp(-time * 30)
    return 0.5 * _noise(0.22, 1) * np.exp(-time * 20) + 0.4 * tone


def hat() -> Samples:
    """Short bright noise: the difference of neighbouring samples has no low end."""
    time = _seconds(0.06)
    return np.diff(_noise(0.06, 2), prepend=0.0) * np.exp(-time * 70) * 0.5


def bass(note: int, length: float) -> Samples:
    """A sine with its octave."""
    time = _seconds(length)
    wave = np.sin(2 * np.pi * _hertz(note) * time) + 0.3 * np.sin(4 * np.pi * _hertz(note) * time)
    return wave * np.exp(-time * 2.5) * _edges(time, length)


def pluck(note: int) -> Samples:
    """A string: partials of which the higher ones die sooner."""
    time = _seconds(0.7)
    partials = range(1, 7)
    wave = sum(
        np.sin(2 * np.pi * _hertz(note) * k * time) * np.exp(-time * (4 + 3 * k)) / k
        for k in partials
    )
    return np.asarray(wave)


def bell(note: int) -> Samples:
    """Two sines that do not fit each other."""
    time = _seconds(2.5)
    bend = 2.5 * np.exp(-time * 3) * np.sin(2 * np.pi * _hertz(note) * 2.76 * time)
    return np.sin(2 * np.pi * _hertz(note) * time + bend) * np.exp(-time * 1.8)


def pad(notes: tuple[int, ...], length: float) -> Samples:
    """Three detuned sines for each note, slowly up and slowly down."""
    time = _seconds(length)
    wave = sum(
        np.sin(2 * np.pi * _hertz(note + cents / 100) * time + note)
        for note in notes
        for cents in (-7, 0, 6)
    )
    return np.asarray(wave) / 9 * np.minimum(1, np.minimum(time / 0.6, (length - time) / 0.4))


def lead(note: int, length: float) -> Samples:
    """A sine with vibrato and one soft overtone."""
    time = _seconds(length)
    sway = 0.012 * np.sin(2 * np.pi * 5.2 * time) * np.minimum(1, time * 2)
    phase = 2 * np.pi * _hertz(note) * time + sway * 60
    return np.asarray((np.sin(phase) + 0.25 * np.sin(2 * phase)) * _edges(time, length) * 0.8)


def _edges(time: Samples, length: float) -> Samples:
    """Ten milliseconds up and sixty down, so that no note clicks."""
    return np.minimum(1, np.minimum(time / 0.01, np.maximum(0, length - time) / 0.06))


# ---- the band ------------------------------------------------------------------------------------


def notes(times: list[Fraction]) -> Iterator[tuple[float, float, float, Samples]]:
    """Yield what is played: when, how loud, how far to the right (−1 to 1), and the samples."""
    beat = 0
    for part in PARTS:
        players = part.players.split()
        for bar in range(part.bars):
            chord = CHORDS[bar % len(CHORDS)]
            here = [float(time) for time in times[beat : beat + BEATS_PER_BAR + 1]]
            length = here[-1] - here[0]
            if "pad" in players:
                yield here[0], 0.5, 0.0, pad((*chord, chord[0] + 12), length + 0.3)
            if "bell" in players:
                yield here[0], 0.14, 0.4, bell(chord[2] + 12)
                yield here[2], 0.08, -0.4, bell(chord[1] + 24)
            for number in range(BEATS_PER_BAR):
                start, end = here[number], here[number + 1]
                middle = (start + end) / 2
                if "kick" in players and number in (0, 2):
                    yield start, 0.9, 0.0, kick()
                if "snare" in players and number in (1, 3):
                    yield start, 0.55, 0.05, snare()
                if "hat" in players:
                    yield start, 0.5, 0.3, hat()
                    yield middle, 0.35, 0.3, hat()
                if "bass" in players:
                    yield start, 0.4, 0.0, bass(chord[0] - 24, (end - start) * 0.9)
                if "pluck" in players:
                    first = chord[(2 * number) % 3] + 12
                    yield start, 0.14, -0.5, pluck(first)
                    yield middle, 0.10, 0.5, pluck(chord[(2 * number + 1) % 3] + 12)
            beat += BEATS_PER_BAR
        if "melody" in players:
            yield from _melody(times, beat - part.bars * BEATS_PER_BAR, part.bars)
    yield float(times[-1]), 0.6, 0.0, pad((45, 57, 60, 64, 69), TAIL_SECONDS - 0.5)
    yield float(times[-1]), 0.9, 0.0, kick()
    yield float(times[-1]), 0.2, 0.3, bell(81)


def _melody(
    times: list[Fraction], first: int, bars: int
) -> Iterator[tuple[float, float, float, Samples]]:
    beat = first
    while beat < first + bars * BEATS_PER_BAR:
        for note, beats in MELODY:
            start, end = float(times[beat]), float(times[beat + beats])
            yield start, 0.2, 0.1, lead(note, end - start)
            beat += beats


def render(times: list[Fraction], seconds: float | None = None) -> Samples:
    """Return the song as stereo samples of shape (count, 2), or only its first seconds."""
    whole = float(times[-1]) + TAIL_SECONDS if seconds is None else seconds
    mix = np.zeros((int(whole * RATE), 2))
    for start, level, right, samples in notes(times):
        first = round(start * RATE)
        last = min(first + len(samples), len(mix))
        if first >= last:
            continue
        for channel, share in ((0, 1 - right), (1, 1 + right)):
            mix[first:last, channel] += samples[: last - first] * level * share / 2
    return np.tanh(mix * 1.1) * 0.9  # tanh: loud places are rounded, never cut off


def write_opus(samples: Samples, path: Path) -> None:
    """Write the samples as Opus, about 40 kbit/s."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libopus", rate=RATE, layout="stereo", bit_rate=40_000)
        whole = np.ascontiguousarray((samples * 32767).astype(np.int16).reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(whole, format="s16", layout="stereo")
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)


def main() -> None:
    """Write the song and its beats next to this file."""
    times = beat_times()
    (FOLDER / f"{NAME}.beats").write_text(beat_file(times), encoding="utf-8")
    write_opus(render(times), FOLDER / f"{NAME}.opus")
    sys.stdout.write(f"{NAME}.opus, {NAME}.beats: {len(times)} beats, {float(times[-1]):.3f} s\n")


if __name__ == "__main__":
    main()
