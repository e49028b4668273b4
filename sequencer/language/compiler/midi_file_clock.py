"""The time of a MIDI file as a clock: each pass of a section has the tempi and meters that the file has where it plays."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from fractions import Fraction
from itertools import islice

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.timebase import Meter, MeterMap, TempoChange, TempoMap
from sequencer.language.compiler.ir import Block, Resolved
from sequencer.language.compiler.meters import GrowingMeters
from sequencer.language.score import ClockKind, ClockLine, Duration, SongTime, Unit
from sequencer.schedule.model import GotoAct

MIN_WINDOW_QUARTERS = Fraction(64)
"""How many quarters of a file are looked at for a section, at least."""

UNKNOWN = SongTime(((Fraction(0), Fraction(120)),), ((Fraction(0), Meter(4, 4)),))
"""What is counted with where the file was not looked at (told)."""


@dataclass(frozen=True, slots=True)
class MidiFilePart:
    """The time of a file from some quarter on: tempi by local quarter, meters by local bar (from 0).

    `broken` is the local quarter of the first change of meter that falls inside of a bar as the section counts them. `is_whole`
    says that nothing of the file comes after it.
    """

    tempos: tuple[TempoChange, ...]
    meters: tuple[tuple[int, Meter], ...]
    broken: Fraction | None
    is_whole: bool = True

    def tempo_until(self, length: Fraction) -> TempoMap:
        """The tempi of so many quarters."""
        return TempoMap.of(one for one in self.tempos if not one.quarter or one.quarter < length)

    def meters_until(self, length: Fraction) -> MeterMap:
        """The meters of so many quarters."""
        whole = MeterMap.of(self.meters)
        return MeterMap.of((bar, meter) for bar, meter in self.meters if not bar or whole.bar_start(bar) < length)


def uses_file_clock(resolved: Resolved) -> bool:
    """Whether a file keeps the score's time."""
    clock = resolved.score.header.clock
    return clock is not None and clock.kind is ClockKind.FILE


def with_file_tempo(resolved: Resolved, faults: Diagnostics) -> Resolved:
    """The same score with a block for each pass: each has a time of its own. What a file cannot keep time for is told."""
    clock = resolved.score.header.clock or ClockLine()
    score = resolved.score
    if score.song is None:
        score = replace(score, song=UNKNOWN)
        faults.error(
            "E426",
            f"the MIDI file {clock.file} was not looked at: this score was read without its folder",
            clock.span,
            "read the score from its file, or say which folder it belongs to",
        )
    for block in resolved.blocks:
        _fits(block, faults)
    played = [resolved.blocks[index] for index in resolved.order]
    others = [block for index, block in enumerate(resolved.blocks) if index not in set(resolved.order)]
    return replace(resolved, score=score, blocks=(*played, *others), order=tuple(range(len(played))))


def _fits(block: Block, faults: Diagnostics) -> None:
    """Tell what contradicts a time that is written down elsewhere."""
    heads = [block.tempo.span] if block.tempo is not None else []
    heads += [block.meter.span] if block.meter is not None else []
    inside = [change.span for cue in block.cues for change in cue.tempos]
    inside += [change.span for cue in block.cues for change in cue.meters]
    for span in (*heads, *inside):
        faults.error("E427", "tempo and meter come from the MIDI file", span, "change them there, or write clock 120 bpm")
    waits: list[Span] = [block.span] if block.is_live else []
    waits += [rule.span for rule in block.rules if any(isinstance(act, GotoAct) for act in rule.acts)]
    for span in waits:
        message = "a file's time goes on: it waits for nobody and never jumps"
        faults.error("E428", message, span, "give the section a length; live sections and goto need clock 120 bpm")


def part_of(song: SongTime, quarter: Fraction, window: Fraction | None = None) -> MidiFilePart:
    """A file's time from a quarter on: all of it, or its changes within a window of so many quarters.

    The cost is that of the changes in the window, however long the file is.
    """
    first = max(0, bisect_right(song.tempos, quarter, key=_quarter_of) - 1)
    tempos = [TempoChange(Fraction(0), song.tempos[first][1])]
    whole = True
    for at, bpm in islice(song.tempos, first + 1, None):
        if window is not None and at >= quarter + window:
            whole = False
            break
        tempos.append(TempoChange(at - quarter, bpm))
    first = max(0, bisect_right(song.meters, quarter, key=_quarter_of) - 1)
    meters = GrowingMeters(MeterMap.of([(0, song.meters[first][1])]))
    broken: Fraction | None = None
    for at, meter in islice(song.meters, first + 1, None):
        if window is not None and at >= quarter + window:
            whole = False
            break
        here = meters.bar_beat_at(at - quarter)
        if here.beat != 1 or here.rest:
            broken = at - quarter
            break
        meters.put(here.bar - 1, meter)
    return MidiFilePart(tuple(tempos), tuple(meters.changes), broken, whole)


def _quarter_of(change: tuple[Fraction, object]) -> Fraction:
    return change[0]


def first_window(duration: Duration | None, song: SongTime) -> Fraction:
    """About how many quarters a block of this length takes: a window to begin with."""
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
