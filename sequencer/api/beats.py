"""Find the beats of a song and write them as a beat file, with how certain they are.

The command `beats` uses the same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from sequencer.api.files import refuse_overwrite, refuse_source_overwrite, write_text
from sequencer.api.importing import parse_meter
from sequencer.api.options import Arguments, in_python, python_names
from sequencer.api.output_formats import format_of
from sequencer.api.sources import wrong_type
from sequencer.core.errors import InputError, UsageError
from sequencer.core.timebase import COMMON_TIME, Meter
from sequencer.media.beat_grid import (
    CERTAIN_SHARE,
    EVEN_SECONDS,
    MIN_BEATS,
    UNSURE_SHARE,
    Candidate,
    Downbeat,
    EvenGrid,
    find_candidates,
    find_downbeat,
    fit_even_grid,
)

MAX_BPM = 400
MIN_BPM = 20
DECIMALS = 4
"""Decimals of the times that are written: a tenth of a millisecond."""

EVEN_DECIMALS = 9
"""With one tempo, all decimals of a beat file, so that the tempo stays the same."""

Progress = Callable[[float, str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBeats:
    """The beats of a song, and how certain they are.

    Attributes:
        text: The text of a beat file.
        lines: Sentences on what was found, and how certain it is.
        is_certain: Whether both beats and bars can be relied on.
    """

    text: str
    lines: tuple[str, ...]
    is_certain: bool


def beats(
    song: str | Path,
    *,
    output: str | Path | None = None,
    bpm: float | Fraction | str | None = None,
    meter: str | None = None,
    constant: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> FoundBeats:
    """Find the beats of a song, for `clock file`. It needs the extra `audio`.

    >>> import sequencer
    >>> try:
    ...     found = sequencer.beats("my-song.wav", output="my-song.beats")
    ... except sequencer.InputError as error:
    ...     print(error.message)
    my-song.wav cannot be read: No such file or directory

    Args:
        song: A sound file.
        output: The beat file to write: `.beats` or `.json`.
        bpm: The tempo in beats per minute, if it is known: 20 to 400.
        meter: The meter, such as `3/4`. Default: `4/4`; it cannot be found from the sound.
        constant: Whether one tempo is fitted to all beats, by least squares.
        force: Overwrite the file if it exists.
        progress: Called with the second that was read, and what is being done.

    Returns:
        The beats.

    Raises:
        TypeError: An argument has another type.
        UsageError: librosa is not installed, the output exists, or an option is not valid.
        InputError: The song cannot be decoded, or there are too few beats in it.
        OutputError: The output cannot be written.
    """
    arguments = Arguments("beats")
    arguments.flags(constant=constant, force=force)
    arguments.texts(meter=meter)
    arguments.functions(progress=progress)
    if not isinstance(song, str | Path):
        raise wrong_type("beats", "the path (str or Path) of a sound file", song)
    with python_names():
        found = find_and_write_beats(
            Path(song),
            arguments.path("output", output),
            bpm=arguments.amount("bpm", bpm),
            meter=meter,
            constant=constant,
            force=force,
            progress=progress,
        )
    return replace(found, lines=tuple(in_python(line) for line in found.lines))


def find_and_write_beats(
    song: Path,
    output: Path | None,
    *,
    bpm: Fraction | None,
    meter: str | None,
    constant: bool,
    force: bool,
    progress: Progress | None,
) -> FoundBeats:
    """Find the beats of a song, and write them if there is an output; see `beats`."""
    if output is not None:
        format_of(output, "beats", {".beats": "beats", ".json": "beats"}, "beats")
        refuse_overwrite(output, force)
        refuse_source_overwrite(output, song)
    found = find_beats(
        song, bpm=bpm, meter=parse_meter(meter), constant=constant, progress=progress
    )
    if output is not None:
        write_text(output, found.text)
    return found


def find_beats(
    song: Path,
    *,
    bpm: Fraction | None = None,
    meter: Meter | None = None,
    constant: bool = False,
    progress: Progress | None = None,
) -> FoundBeats:
    """Find the beats of a sound file.

    Args:
        song: The file, in any format that PyAV decodes.
        bpm: The tempo in beats per minute, if it is known.
        meter: The meter; 4/4 if omitted. It cannot be found from the sound.
        constant: Whether one tempo is fitted to all beats, by least squares.
        progress: Called with the second that was read, and what is being done.

    Returns:
        The beats.

    Raises:
        UsageError: librosa is not installed, or the tempo is out of range.
        InputError: The file cannot be decoded, or there are too few beats in it.
    """
    import numpy as np

    from sequencer.media.beat_tracking import track_beats
    from sequencer.media.sound_files import format_of_sound

    if bpm is not None and not MIN_BPM <= bpm <= MAX_BPM:
        raise UsageError(f"--bpm {float(bpm):g} is not from {MIN_BPM} to {MAX_BPM}")
    format_of_sound(song)  # a missing file is reported before a missing library
    tracked = track_beats(song, bpm=None if bpm is None else float(bpm), progress=progress)
    if len(tracked.beats) < MIN_BEATS:
        raise InputError(
            f"{song}: only {len(tracked.beats)} beats were found",
            "is it music with a beat? give its tempo: --bpm 120",
        )
    grid = fit_even_grid(tracked.beats)
    if constant:
        first, pace = _nanoseconds(grid.first), _nanoseconds(grid.pace)
        times = [first + number * pace for number in range(grid.count)]
    else:
        times = [
            Fraction(round(float(time) * 10**DECIMALS), 10**DECIMALS) for time in tracked.beats
        ]
    chosen = meter or COMMON_TIME
    downbeat = find_downbeat(
        tracked.onsets, np.array([float(time) for time in times]), chosen.numerator
    )
    found = _Found(
        times=times,
        share=float(tracked.exact.mean()),
        grid=grid,
        candidates=find_candidates(tracked),
        downbeat=downbeat,
        meter=chosen,
        is_constant=constant,
    )
    return FoundBeats(
        text=_render(song, found), lines=tuple(_lines(song, found)), is_certain=found.is_certain
    )


def _nanoseconds(seconds: float) -> Fraction:
    """Return a time that a beat file can hold exactly, so that one tempo stays one tempo."""
    return Fraction(round(seconds * 10**EVEN_DECIMALS), 10**EVEN_DECIMALS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    times: list[Fraction]
    share: float
    grid: EvenGrid
    candidates: tuple[Candidate, ...]
    downbeat: Downbeat
    meter: Meter
    is_constant: bool

    @property
    def first(self) -> Fraction:
        """The second of the first downbeat."""
        return self.times[self.downbeat.first]

    @property
    def is_even(self) -> bool:
        """Whether one tempo is enough."""
        return self.grid.worst <= EVEN_SECONDS and not self.grid.left_out

    @property
    def are_beats_certain(self) -> bool:
        """Whether the beats can be relied on."""
        return self.share >= CERTAIN_SHARE and (self.is_even or not self.is_constant)

    @property
    def is_certain(self) -> bool:
        """Whether both beats and bars can be relied on."""
        return self.are_beats_certain and self.downbeat.is_certain


def _render(song: Path, found: _Found) -> str:
    from sequencer.language.beat_file import BeatFile, render_beat_file

    downbeats = range(found.downbeat.first, len(found.times), found.meter.numerator)
    file = BeatFile(beats=tuple(found.times), downbeats=tuple(downbeats), meter=found.meter)
    return render_beat_file(
        file,
        {
            "sound": song.name,
            "tempo": {
                "bpm": round(found.grid.bpm, 3),
                "constant": found.is_constant,
                "beats_at_an_onset": round(found.share, 3),
                "worst_residual_ms": round(found.grid.worst * 1000, 1),
                "low_confidence_rhythm": found.share < UNSURE_SHARE,
                "downbeat_phase_uncertain": not found.downbeat.is_certain,
            },
        },
    )


def _lines(song: Path, found: _Found) -> Iterator[str]:
    """Return what was found, and how certain it is."""
    grid, count = found.grid, len(found.times)
    yield f"{song}: {count} beats, about {grid.bpm:.2f} bpm, {found.meter}"
    sure = "certain" if found.share >= CERTAIN_SHARE else "uncertain"
    doubt = "doubtful" if found.share < UNSURE_SHARE else sure
    yield f"beats: {doubt}; {found.share:.0%} of them are at an onset"
    even = (
        f"one tempo: a beat is at most {grid.worst * 1000:.0f} ms from an even grid "
        f"({grid.mean * 1000:.0f} ms on average)"
    )
    if grid.left_out:
        even += f"; {grid.left_out} beats do not fit at all"
    if found.is_constant:
        yield even if found.is_even else f"{even}: the song does not have one tempo"
    else:
        distances = [float(later - time) for time, later in pairwise(found.times)]
        slow, fast = 60 / max(distances), 60 / min(distances)
        yield f"beat by beat: from {slow:.1f} to {fast:.1f} bpm"
        yield f"{even}: --constant is enough" if found.is_even else even
    yield "tempi that fit:"
    for one in found.candidates:
        is_chosen = one is found.candidates[1]
        how = "chosen" if is_chosen else f"--bpm {one.bpm:.1f}"
        yield (
            f"  {one.bpm:7.2f} bpm  {one.beats:5} beats  {one.share:4.0%} at an onset  "
            f"strength {one.strength:.2f}  {how}"
        )
    margin = found.downbeat.margin
    first = f"first downbeat: {float(found.first):.3f} s, beat {found.downbeat.first + 1}"
    if found.downbeat.is_certain:
        yield f"{first}; certain: its bass is {margin:.1f} times as strong as on any other beat"
    else:
        yield (
            f"{first}; uncertain: its bass is only {margin:.1f} times as strong as on another "
            "beat. Listen to it: sequencer check SCORE --clicks clicks.wav"
        )
