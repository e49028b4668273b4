"""A file as the clock: each pass takes tempi and meters from the part that plays then.

It is a MIDI file, or a beat file, in which every beat has a tempo of its own.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from fractions import Fraction

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.timebase import Meter, MeterMap, TempoChange, TempoMap
from sequencer.language.compiler.ir import Block, Resolved
from sequencer.language.compiler.meters import MutableMeterMap
from sequencer.language.score import ClockKind, ClockLine, Duration, SongTime, Unit
from sequencer.schedule.model import GotoAct

MIN_WINDOW_QUARTERS = Fraction(64)
"""The minimum number of quarters of a file that are examined for a section."""

DEFAULT_SONG_TIME = SongTime(((Fraction(0), Fraction(120)),), ((Fraction(0), Meter(4, 4)),))
"""The time used if the file was not read (reported)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MidiFilePart:
    """A file's time from a quarter on: tempi by local quarter, meters by local bar (from 0).

    `broken` is the local quarter of the first change of meter that is inside a bar as the section
    counts bars. `is_whole` is whether the part extends to the end of the file.
    """

    tempos: tuple[TempoChange, ...]
    meters: tuple[tuple[int, Meter], ...]
    broken: Fraction | None
    is_whole: bool = True

    def tempo_until(self, length: Fraction) -> TempoMap:
        """Return the tempo map of the first `length` quarters."""
        return TempoMap.of(one for one in self.tempos if not one.quarter or one.quarter < length)

    def meters_until(self, length: Fraction) -> MeterMap:
        """Return the meter map of the first `length` quarters."""
        whole = MeterMap.of(self.meters)
        return MeterMap.of(
            (bar, meter) for bar, meter in self.meters if not bar or whole.bar_start(bar) < length
        )


def uses_file_clock(resolved: Resolved) -> bool:
    """Return whether the clock of the score is a file."""
    clock = resolved.score.header.clock
    return clock is not None and clock.kind is ClockKind.FILE


def with_file_tempo(resolved: Resolved, faults: Diagnostics) -> Resolved:
    """Return the same score with one block for each pass, since each has its own time.

    Report what a file clock rules out.
    """
    clock = resolved.score.header.clock or ClockLine()
    score = resolved.score
    if score.song is None:
        score = replace(score, song=DEFAULT_SONG_TIME)
        faults.error(
            "E426",
            f"the file {clock.file} was not read: the score was read without its folder",
            clock.span,
            hint="read the score from its file, or specify its folder",
        )
    for block in resolved.blocks:
        _check_block(block, score.song or DEFAULT_SONG_TIME, faults)
    return with_block_per_pass(replace(resolved, score=score))


def with_block_per_pass(resolved: Resolved) -> Resolved:
    """Return the same score with one block for each pass, then the blocks that are not played."""
    played = [resolved.blocks[index] for index in resolved.order]
    used = set(resolved.order)
    others = [block for index, block in enumerate(resolved.blocks) if index not in used]
    return replace(resolved, blocks=(*played, *others), order=tuple(range(len(played))))


def _check_block(block: Block, song: SongTime, faults: Diagnostics) -> None:
    """Report what contradicts a time that is defined by the file."""
    heads = [block.tempo.span] if block.tempo is not None else []
    heads += [block.meter.span] if block.meter is not None else []
    inside = [change.span for cue in block.cues for change in cue.tempos]
    inside += [change.span for cue in block.cues for change in cue.meters]
    for span in (*heads, *inside):
        faults.error(
            "E427",
            f"tempo and meter come from the {song.source}",
            span,
            hint="change them there, or write clock 120 bpm",
        )
    waits: list[Span] = [block.span] if block.is_live else []
    waits += [
        rule.span for rule in block.rules if any(isinstance(act, GotoAct) for act in rule.acts)
    ]
    for span in waits:
        message = f"the time of a {song.source} neither waits nor jumps"
        faults.error(
            "E428",
            message,
            span,
            hint="give the section a length; live sections and goto need clock 120 bpm",
        )


def extract_part(song: SongTime, quarter: Fraction, window: Fraction | None = None) -> MidiFilePart:
    """Return a file's time from a quarter on: all of it, or its changes in `window` quarters.

    The cost depends on the number of changes in the window, not on the length of the file.
    """
    first = max(0, bisect_right(song.tempos, quarter, key=_change_quarter) - 1)
    tempos = [TempoChange(quarter=Fraction(0), bpm=song.tempos[first][1])]
    whole = True
    for index in range(first + 1, len(song.tempos)):
        at, bpm = song.tempos[index]
        if window is not None and at >= quarter + window:
            whole = False
            break
        tempos.append(TempoChange(quarter=at - quarter, bpm=bpm))
    first = max(0, bisect_right(song.meters, quarter, key=_change_quarter) - 1)
    meters = MutableMeterMap(MeterMap.of([(0, song.meters[first][1])]))
    broken: Fraction | None = None
    for index in range(first + 1, len(song.meters)):
        at, meter = song.meters[index]
        if window is not None and at >= quarter + window:
            whole = False
            break
        here = meters.bar_beat_at(at - quarter)
        if here.beat != 1 or here.rest:
            broken = at - quarter
            break
        meters.set_meter(here.bar - 1, meter)
    return MidiFilePart(
        tempos=tuple(tempos), meters=tuple(meters.changes), broken=broken, is_whole=whole
    )


def _change_quarter(change: tuple[Fraction, object]) -> Fraction:
    return change[0]


def estimate_window(duration: Duration | None, song: SongTime) -> Fraction:
    """Return roughly how many quarters a block of this length takes, as the initial window."""
    if duration is None:
        return MIN_WINDOW_QUARTERS
    match duration.unit:
        case Unit.BARS:
            unit = song.meters[0][1].bar
        case Unit.BEATS:
            unit = song.meters[0][1].beat
        case _:
            unit = song.tempos[0][1] / 60
    return max(MIN_WINDOW_QUARTERS, 2 * duration.amount * unit)
