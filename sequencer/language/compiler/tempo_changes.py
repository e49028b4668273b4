"""Build the meter map and the tempo map of a block's local time from the changes in its cues."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from sequencer.core.diagnostics import Diagnostics, Fix
from sequencer.core.timebase import MAX_TIME_BITS, Meter, TempoChange, TempoMap
from sequencer.language.compiler.ir import BlockPosition, ResolvedCue
from sequencer.language.compiler.local_time import (
    INEXACT_TIME_CODE,
    INEXACT_TIME_HINT,
    INEXACT_TIME_MESSAGE,
    MUSICAL_UNITS,
    NO_BEATS,
    TIME_CODE_HINT,
    BlockTime,
)
from sequencer.language.compiler.meters import MutableMeterMap
from sequencer.language.compiler.positions import PositionResolver
from sequencer.language.score import AtBar, AtTick, ChangeMeter, ChangeTempo, Position, Unit

MAX_REPEATED_WORK = 1_000
"""The maximum number of positions, in addition to one for each cue of a block, that may be found again because a change of
meter comes before another one that is written above it."""


class TempoMeterChanges:
    """The meter and tempo changes among a block's cues. Call `lay_meters` first, then `lay_tempo`; mistakes are reported."""

    def __init__(
        self, cues: tuple[ResolvedCue, ...], spots: PositionResolver, local: BlockTime, faults: Diagnostics, is_outer: bool
    ) -> None:
        self._cues = cues
        self._spots = spots
        self._local = local
        self._faults = faults
        self._is_outer = is_outer

    def apply_meters(self) -> None:
        """Enter the meter changes: first those written as a bar, then those that depend on the meters before them."""
        changing = [(index, cue.meters[-1]) for index, cue in enumerate(self._cues) if cue.meters]
        meters = self._local.meters
        if not changing or meters is None:
            for _, change in changing:
                self._local.require_meters(change.span)
            return
        found: list[tuple[int, Meter]] = []
        others: list[tuple[int, ChangeMeter]] = []
        for index, change in changing:
            place = self._cues[index].place
            if not isinstance(place, AtBar | AtTick):
                others.append((index, change))
                continue
            bar = self._resolve_meter_bar(place, change)
            if bar is not None:
                found.append((bar, change.meter))
        for bar, meter in sorted(dict(found).items()):
            meters.set_meter(bar, meter)
        self._apply_dependent_meters(others, meters)

    def _apply_dependent_meters(self, changing: list[tuple[int, ChangeMeter]], meters: MutableMeterMap) -> None:
        """Enter the changes whose bars are only known from the meters before them, in source order."""
        bars: dict[int, int | None] = {}
        work = MAX_REPEATED_WORK + len(self._cues)
        for index, change in changing:
            spot = self._spots.preview(index) if work > 0 else None
            bars[index] = None
            if spot is None:
                continue
            if spot.quarter is None:
                self._local.report_not_musical(change.span)
                del bars[index]
                continue
            here = meters.bar_beat_at(spot.quarter)
            if here.beat != 1 or here.rest:
                self._report_off_bar_line(change, here.bar, self._cues[index].place)
                del bars[index]
                continue
            bars[index] = here.bar - 1
            work -= meters.set_meter(here.bar - 1, change.meter)
            work -= self._spots.forget_after(spot.quarter)
        for index, bar in bars.items():
            spot = self._spots.preview(index)
            if spot is not None and (bar is None or meters.bar_start(bar) != spot.quarter):
                self._faults.error(
                    "E407",
                    "this change of meter is moved by another one behind it",
                    self._cues[index].span,
                    "write its place as a bar number",
                )

    def _resolve_meter_bar(self, place: Position | None, change: ChangeMeter) -> int | None:
        match place:
            case AtBar(bar=bar, beat=1, rest=Fraction(numerator=0)):
                return bar - 1
            case AtTick(bar=bar, beat=1, tick=0):
                return bar - 1
            case AtBar(bar=bar) | AtTick(bar=bar):
                self._report_off_bar_line(change, bar, place)
                return None
            case _:
                return None

    def _report_off_bar_line(self, change: ChangeMeter, bar: int, place: Position | None) -> None:
        fixes = () if place is None else (Fix(place.span, str(bar + 1)),)
        hint = f"change it at {bar + 1}, or at {bar}"
        self._faults.error("E408", "a meter begins on beat 1 of a bar", change.span, hint, fixes)

    def build_tempo_map(self, opening: ChangeTempo | None, bpm: Fraction | None, end: BlockPosition | None) -> None:
        """Build the tempo map of a block that opens at `bpm`, or with the ramp `opening`, and lasts until `end`.

        The positions of tempo changes are musical, so they need only the meters.
        """
        if bpm is None or self._local.meters is None:
            for cue in self._cues:
                for tempo in cue.tempos:
                    self._faults.error(
                        "E409",
                        f"a change of tempo needs a tempo to change, and {self._local.lacks[0]}",
                        tempo.span,
                        TIME_CODE_HINT if self._local.lacks is NO_BEATS else "give the score one: clock 120 bpm, 4/4",
                    )
            return
        changes = [_build_opening_change(opening, bpm, end)]
        measure = bpm.numerator
        for index, cue in enumerate(self._cues):
            for tempo in cue.tempos:
                measure = lcm(measure, tempo.bpm.numerator, 1 if tempo.to is None else tempo.to.numerator)
                if not self._has_exact_times(measure, tempo):
                    self._local.tempo = TempoMap.of(changes)
                    return
                change = self._resolve_tempo_change(index, tempo)
                if change is not None:
                    changes.append(change)
        self._local.tempo = TempoMap.of(changes)

    def _resolve_tempo_change(self, index: int, tempo: ChangeTempo) -> TempoChange | None:
        """Return the tempo change of a cue, or None if its position or its length cannot be found (reported)."""
        spot = self._spots.preview(index)
        if spot is None:
            return None
        if spot.quarter is None:
            self._local.report_not_musical(tempo.span)
            return None
        if self._is_outer:
            self._faults.warn(
                "W401",
                "an outer clock brings its own tempo; this one counts only in rehearsal",
                tempo.span,
                "leave it out where the music does not change its tempo",
            )
        return self._build_tempo_change(spot.quarter, tempo)

    def _has_exact_times(self, measure: int, tempo: ChangeTempo) -> bool:
        """Return whether exact times can be written with this common multiple of all tempi so far (reported if not)."""
        if measure.bit_length() <= MAX_TIME_BITS:
            return True
        self._faults.error(INEXACT_TIME_CODE, INEXACT_TIME_MESSAGE, tempo.span, INEXACT_TIME_HINT)
        return False

    def _build_tempo_change(self, quarter: Fraction, tempo: ChangeTempo) -> TempoChange | None:
        if tempo.to is None or tempo.over is None:
            return TempoChange(quarter, tempo.bpm)
        if tempo.over.unit not in MUSICAL_UNITS:
            seconds = self._local.to_seconds(tempo.over.amount, tempo.over.unit)
            return TempoChange.ramp_in_seconds(quarter, tempo.bpm, tempo.to, seconds)
        there = self._local.advance(
            BlockPosition(quarter, None, Unit.BARS), tempo.over.amount, tempo.over.unit, tempo.over.span
        )
        if there is None or there.quarter is None:
            return None
        return TempoChange(quarter, tempo.bpm, tempo.to, there.quarter - quarter)


def _build_opening_change(opening: ChangeTempo | None, bpm: Fraction, end: BlockPosition | None) -> TempoChange:
    """Return the tempo at the beginning of a block: `bpm`, or a ramp over the complete block."""
    if opening is not None and opening.to is not None and end is not None:
        if end.quarter is not None:
            return TempoChange(Fraction(0), opening.bpm, opening.to, end.quarter)
        if end.seconds is not None:
            return TempoChange.ramp_in_seconds(Fraction(0), opening.bpm, opening.to, end.seconds)
    return TempoChange(Fraction(0), bpm)
