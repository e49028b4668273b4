"""Find the beats of a sound file with librosa, which is an optional part: the extra `audio`.

Only this module uses librosa. It computes where something begins (onsets), finds the beats
among them, and refines each beat to the moment of its onset. What follows from that (one tempo,
downbeats, how certain it is) is computed in `beat_grid`, without librosa.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sequencer.core.errors import InputError, UsageError
from sequencer.media.beat_grid import Onsets, TrackedBeats
from sequencer.media.sound_files import decode_sound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

RATE = 22_050
"""Samples per second of the analysis."""

HOP = 256
"""Samples between two values of the onset strength: 11.6 ms."""

WINDOW = 1024
"""Samples of one spectrum."""

MELS = 64
"""Frequency bands of a spectrum."""

LOW_BANDS = 4
"""The lowest bands, up to about 300 Hz: a bass drum marks downbeats."""

FINE = 32
"""Samples of one value of the fine loudness: 1.5 ms."""

BLOCK = 20_672 * FINE
"""Samples whose spectra are computed at once, 30 seconds: an hour takes no more memory than needed.

A multiple of `FINE`, so that the values of the fine loudness stay evenly spaced.
"""
MAX_SECONDS = 2 * 3600
"""The longest song."""

SEARCH_SECONDS = 0.07
"""How far from a beat its onset is looked for."""

RISE = 1.0
"""How much the logarithm of the loudness rises at an onset: to more than twice the energy."""

Progress = Callable[[float, str], object]
"""Called with the second that has been read, and what is being done."""


def load_librosa() -> Any:
    """Return librosa. Raises UsageError if it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # warnings of its own dependencies are not ours
            return import_module("librosa")
    except ImportError as error:
        raise UsageError(
            f"finding beats needs librosa, which is not installed ({error})",
            'install it: pip install "helios-sequencer[audio]"',
        ) from None


def track_beats(
    path: Path, *, bpm: float | None = None, progress: Progress | None = None
) -> TrackedBeats:
    """Find the beats of a sound file.

    Args:
        path: The file, in any format that PyAV decodes.
        bpm: The tempo in beats per minute, if it is known.
        progress: Called from time to time.

    Returns:
        The beats, with the onsets that they were found from.

    Raises:
        UsageError: librosa is not installed.
        InputError: The file cannot be decoded, is too long, or has no beats.
    """
    import numpy as np

    librosa = load_librosa()
    report = progress or (lambda _seconds, _what: None)
    mels, fine, samples = _spectra(path, librosa, report)
    seconds = samples / RATE
    report(seconds, "finding the beats (the first time, this takes up to a minute)")
    if mels.shape[1] < 8 or float(mels.max()) <= 0:
        raise InputError(f"{path}: there is no beat in it: it is silent or very short", None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loud = librosa.power_to_db(mels, ref=np.max)
        strength = _onset_strength(librosa, loud)
        bass = np.sqrt(mels[:LOW_BANDS].sum(axis=0))
        low = np.maximum(0, np.diff(bass, prepend=bass[:1])).astype(np.float32)
        options: dict[str, float] = {} if bpm is None else {"bpm": bpm}
        _, frames = librosa.beat.beat_track(
            onset_envelope=strength, sr=RATE, hop_length=HOP, trim=True, **options
        )
    onsets = Onsets(step=HOP / RATE, strength=strength, low=low)
    coarse = np.asarray(frames, np.float64) * HOP / RATE
    beats, exact = _refine(coarse, fine)
    if len(beats) > 2:
        beats, exact = _extend(beats, exact, fine, seconds)
    return TrackedBeats(seconds=seconds, beats=beats, exact=exact, onsets=onsets)


def _onset_strength(librosa: Any, loud: Floats) -> Floats:
    """Return how much begins at each step, from spectra in decibels."""
    import numpy as np

    found = librosa.onset.onset_strength(S=loud, sr=RATE, hop_length=HOP, n_fft=WINDOW)
    return np.asarray(found, np.float32)


def _spectra(path: Path, librosa: Any, report: Progress) -> tuple[Floats, Floats, int]:
    """Return the power in each band by step, the energy of each `FINE` samples, and the length."""
    import numpy as np

    mels: list[Floats] = []
    energies: list[Floats] = []
    samples = 0
    last: Floats = np.zeros(WINDOW // 2, np.float32)  # the first spectrum is centred at 0 s
    for block in _blocks(path):
        samples += len(block)
        if samples > MAX_SECONDS * RATE:
            raise InputError(
                f"{path} is longer than {MAX_SECONDS // 3600} hours", "use a part of it"
            )
        energies.append(_energies(block))
        waiting = np.concatenate((last, block))
        count = (len(waiting) - WINDOW) // HOP + 1
        if count > 0:
            used = waiting[: (count - 1) * HOP + WINDOW]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                mels.append(
                    librosa.feature.melspectrogram(
                        y=used, sr=RATE, n_fft=WINDOW, hop_length=HOP, n_mels=MELS, center=False
                    )
                )
            last = waiting[count * HOP :]
        else:
            last = waiting
        report(samples / RATE, "seconds read")
    if not mels:
        raise InputError(f"{path}: there is no beat in it: it is very short", None)
    return np.concatenate(mels, axis=1), np.concatenate(energies), samples


def _blocks(path: Path) -> Iterator[Floats]:
    """Yield the samples of a file, mixed to one channel, in pieces of `BLOCK` samples."""
    import numpy as np

    waiting: list[Floats] = []
    size = 0
    for piece in decode_sound(path, rate=RATE, channels=1):
        waiting.append(piece[0])
        size += piece.shape[1]
        if size >= BLOCK:
            whole = np.concatenate(waiting)
            yield np.nan_to_num(whole[:BLOCK])
            waiting, size = [whole[BLOCK:]], len(whole) - BLOCK
    if size:
        yield np.nan_to_num(np.concatenate(waiting))


def _energies(block: Floats) -> Floats:
    """Return the mean square of each `FINE` samples, with low frequencies made quieter."""
    import numpy as np

    sharp = np.diff(block, prepend=block[:1])
    count = len(sharp) // FINE  # all of them, except in the last block
    rest = sharp[count * FINE :]
    found = np.square(sharp[: count * FINE]).reshape(count, FINE).mean(axis=1)
    if len(rest):
        found = np.append(found, np.square(rest).mean())
    return np.asarray(found, np.float32)


def _extend(
    beats: NDArray[np.float64], exact: NDArray[np.bool_], fine: Floats, seconds: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Add beats before the first and after the last one while there are onsets.

    The tracker leaves out what it is not sure of at both ends.
    """
    import numpy as np

    for at_end in (False, True):
        while True:
            near = np.diff(beats[-5:] if at_end else beats[:5])
            pace = float(np.median(near))
            wanted = beats[-1] + pace if at_end else beats[0] - pace
            if not -SEARCH_SECONDS < wanted < seconds:
                break
            found, is_onset = _refine(np.array([max(wanted, 0.0)]), fine)
            if not is_onset[0] or abs(found[0] - wanted) > pace / 6:
                break
            beats = np.append(beats, found) if at_end else np.append(found, beats)
            exact = np.append(exact, True) if at_end else np.append(True, exact)
    return beats, exact


def _refine(
    coarse: NDArray[np.float64], fine: Floats
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Move each beat to the steepest rise of the loudness near it.

    Returns:
        The times, ascending, and which of them are at an onset.
    """
    import numpy as np

    step = FINE / RATE
    floor = float(np.percentile(fine, 90)) * 1e-4 + 1e-12
    wide = 6
    smooth = np.log(np.convolve(fine, np.ones(wide) / wide, "same") + floor)
    rise = np.zeros_like(smooth)
    rise[wide:-wide] = smooth[2 * wide :] - smooth[: -2 * wide]
    reach = round(SEARCH_SECONDS / step)
    times, exact = coarse.copy(), np.zeros(len(coarse), np.bool_)
    for number, time in enumerate(coarse):
        middle = round(time / step)
        first = max(0, middle - reach)
        near = rise[first : middle + reach]
        if not len(near):
            continue
        distance = (np.arange(first, first + len(near)) - middle) * step
        weighted = near * np.exp(-0.5 * np.square(distance / (SEARCH_SECONDS / 2)))
        best = int(weighted.argmax())
        if near[best] > RISE:
            times[number] = (first + best) * step
            exact[number] = True
    if exact.any() and not exact.all():
        # The others are moved as far as those beside them, which is how late the tracker is.
        numbers = np.arange(len(times))
        times += np.where(exact, 0.0, np.interp(numbers, numbers[exact], (times - coarse)[exact]))
    keep = np.concatenate(([True], np.diff(times) > 0.06))
    return times[keep], exact[keep]
