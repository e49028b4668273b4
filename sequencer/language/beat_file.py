"""Beat files: the exact times of a song's beats and bars, as JSON.

`clock file "song.beats"` counts bars and beats by such a file. It is described in
docs/beat-files.md. An analysis of BeatLens, which has the same keys, is accepted too.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.timebase import Meter
from sequencer.language.interchange.decimals import read_decimal
from sequencer.language.interchange.json_input import Value, looks_like_json, parse_json
from sequencer.language.interchange.tempo_steps import parse_meter
from sequencer.language.score import SongTime
from sequencer.language.values.writing import render_number

FORMAT = "sequencer-beats"
VERSION = 1

MAX_BEATS = 100_000
"""How many beats a file may have: eleven hours at 150 bpm."""

MAX_SECONDS = 1_000_000
MAX_DECIMALS = 9
"""How exact a time may be written, so that no sum of times becomes long."""

MIN_BPM, MAX_BPM = 1, 1000
"""The tempi of a score, in quarters per minute."""

MAX_BEATS_OF_BAR = 64
SAME_BEAT = Fraction(20, 1000)
"""How far a downbeat of another program's file may be from its beat, in seconds."""

_HINT = 'write "beats": ["0.350", "0.850"], in order'


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatFile:
    """The beats of a song, as a file states them.

    `beats` are in seconds of the song, ascending. `downbeats` are the indices of the beats that
    begin a bar, ascending, the first of them that of bar 1. `meter` is that of a bar of the usual
    length, and the note of a beat.
    """

    beats: tuple[Fraction, ...]
    downbeats: tuple[int, ...]
    meter: Meter

    @property
    def song_time(self) -> SongTime:
        """The tempi and meters by quarter; quarter 0 is the first downbeat.

        Every beat has the tempo of its exact length. After the last beat the last tempo continues,
        and after the last downbeat the meter of the file.
        """
        first, unit = self.downbeats[0], self.meter.beat
        tempos: list[tuple[Fraction, Fraction]] = []
        for number, (time, later) in enumerate(pairwise(self.beats[first:])):
            bpm = 60 * unit / (later - time)
            if not tempos or tempos[-1][1] != bpm:
                tempos.append((number * unit, bpm))
        meters: list[tuple[Fraction, Meter]] = []
        lengths = [later - here for here, later in pairwise(self.downbeats)]
        for here, beats in zip(self.downbeats, [*lengths, self.meter.numerator], strict=True):
            meter = Meter(beats, self.meter.denominator)
            if not meters or meters[-1][1] != meter:
                meters.append(((here - first) * unit, meter))
        return SongTime(tuple(tempos), tuple(meters), self.beats[first])


def is_beat_file(data: bytes) -> bool:
    """Return whether this is a JSON object; whether it is a beat file, `read_beat_file` decides."""
    return looks_like_json(data)


def read_beat_file(data: bytes) -> BeatFile:
    """Read a beat file.

    Raises:
        UnreadableError: It is not a beat file, a time is not valid, or it exceeds a limit. The
            error has the JSON pointer of the value, or the line and column if it is not JSON.
    """
    root = parse_json(data)
    if not root.has("beats"):
        raise root.error("a beat file has a list of beats", _HINT)
    is_own = root.has("format")
    if is_own and root.get("format").content != FORMAT:
        raise root.get("format").error(f'the format must be "{FORMAT}"', f'write "{FORMAT}"')
    if is_own and root.has("version") and root.get("version").content != VERSION:
        raise root.get("version").error(
            f"only version {VERSION} is known", "install a newer version of helios-sequencer"
        )
    beats = _read_times(root.get("beats"), "beats")
    if len(beats) < 2:
        raise root.get("beats").error("a song has at least two beats", _HINT)
    downbeats = _read_downbeats(root.get("downbeats"), beats, Fraction(0) if is_own else SAME_BEAT)
    meter = _read_meter(root.get("meter"), downbeats)
    found = BeatFile(beats=tuple(beats), downbeats=tuple(downbeats), meter=meter)
    _check_lengths(found)
    return found


def _read_times(value: Value, what: str) -> list[Fraction]:
    times: list[Fraction] = []
    for one in value.items(MAX_BEATS, what):
        content = one.content
        time = (
            read_decimal(content)
            if isinstance(content, str)
            else content
            if isinstance(content, Fraction)
            else None
        )
        if time is None:
            raise one.error(
                f"a time is a decimal number of seconds in quotes, not {one.kind}", 'write "0.350"'
            )
        if (time * 10**MAX_DECIMALS).denominator != 1:
            if isinstance(content, str):
                raise one.error(
                    f"a time has at most {MAX_DECIMALS} decimals", 'write, for example, "0.350"'
                )
            time = Fraction(round(time * 10**MAX_DECIMALS), 10**MAX_DECIMALS)
        if not 0 <= time <= MAX_SECONDS:
            raise one.error(
                f"{float(time):g} s is not from 0 to {MAX_SECONDS:,} s",
                "times count from the beginning of the sound",
            )
        if times and time <= times[-1]:
            raise one.error(
                f"{float(time):g} s is not later than the one before ({float(times[-1]):g} s)",
                "sort the times, and write each of them once",
            )
        times.append(time)
    return times


def _read_downbeats(value: Value, beats: Sequence[Fraction], tolerance: Fraction) -> list[int]:
    """Return the indices of the beats that begin a bar; the first beat if none are stated."""
    if value.is_missing:
        return [0]
    found: list[int] = []
    for at, time in enumerate(_read_times(value, "downbeats")):
        index = bisect_left(beats, time - tolerance)
        if index == len(beats) or beats[index] - time > tolerance or index in found[-1:]:
            raise Value(time, f"{value.pointer}/{at}").error(
                f"there is no beat at {float(time):g} s", "write the time of a beat"
            )
        found.append(index)
    if not found:
        raise value.error("there is no downbeat", 'write the time of the first: ["0.350"]')
    return found


def _read_meter(value: Value, downbeats: Sequence[int]) -> Meter:
    """Return the meter; by default as many quarters as most bars have beats."""
    if not value.is_missing:
        meter = parse_meter(value.text("the meter"))
        if meter is None:
            raise value.error(f"{value.text()[:20]!r} is not a meter", 'write, for example, "4/4"')
        return meter
    counts = Counter(later - here for here, later in pairwise(downbeats))
    beats = counts.most_common(1)[0][0] if counts else 4
    return Meter(min(beats, MAX_BEATS_OF_BAR), 4)


def _check_lengths(found: BeatFile) -> None:
    """Check that every bar and every tempo is one that a score can have."""
    for at, (here, later) in enumerate(pairwise(found.downbeats)):
        if later - here > MAX_BEATS_OF_BAR:
            raise Value(None, f"/downbeats/{at + 1}").error(
                f"the bar before has {later - here} beats; the maximum is {MAX_BEATS_OF_BAR}",
                "write the downbeats in between",
            )
    for at, (time, following) in enumerate(pairwise(found.beats)):
        bpm = 60 * found.meter.beat / (following - time)
        if not MIN_BPM <= bpm <= MAX_BPM:
            raise Value(None, f"/beats/{at + 1}").error(
                f"this beat is {float(following - time):g} s after the one before: "
                f"{float(bpm):g} bpm is not from {MIN_BPM} to {MAX_BPM:,}",
                "remove it" if bpm > MAX_BPM else "write the beats in between",
            )
    if len(found.beats) - found.downbeats[0] < 2:
        last = len(found.downbeats) - 1
        raise Value(None, f"/downbeats/{last}").error(
            "there is no beat after the first downbeat", "write the beats of the bar"
        )


def render_beat_file(found: BeatFile, further: Mapping[str, object] | None = None) -> str:
    """Render a beat file as JSON text, one beat to a line.

    Args:
        found: The beats; times have at most nine decimals.
        further: Keys that are added before the beats, which readers ignore.
    """
    document: dict[str, object] = {
        "format": FORMAT,
        "version": VERSION,
        **(further or {}),
        "meter": str(found.meter),
        "downbeats": [_decimal(found.beats[index]) for index in found.downbeats],
        "beats": [_decimal(time) for time in found.beats],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _decimal(time: Fraction) -> str:
    """Return a time with at least three decimals."""
    whole, _, part = render_number(time).partition(".")
    return f"{whole}.{part.ljust(3, '0')}"
